// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/cancel.h"

#include <algorithm>

namespace tackroom
{

CancelToken::Guard CancelToken::onCancel(std::function<void()> action) const
{
    if (!m_state) return {};
    {
        const std::lock_guard lock(m_state->mutex);
        if (!m_state->flag.load()) {
            const auto id = m_state->nextId++;
            m_state->actions.emplace_back(id, std::move(action));
            return {m_state, id};
        }
    }
    action();
    return {};
}

CancelToken::Guard::~Guard()
{
    if (!m_state) return;
    // Taking the mutex also waits for an action that is just being called: after this, what it refers to may die.
    const std::lock_guard lock(m_state->mutex);
    std::erase_if(m_state->actions, [this](const auto& entry) { return entry.first == m_id; });
}

CancelSource::CancelSource() { m_token.m_state = std::make_shared<CancelToken::State>(); }

void CancelSource::cancel()
{
    auto& state = *m_token.m_state;
    state.flag.store(true);
    // The actions run under the mutex, so that no guard can die, and with it what its action refers to, in the middle.
    const std::lock_guard lock(state.mutex);
    for (auto& [id, action] : state.actions) action();
    state.actions.clear();
}

} // namespace tackroom
