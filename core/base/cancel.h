// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

/// Shared flag of one job. Copies refer to the same flag; thread-safe. A default-made token is never cancelled.
class CancelToken
{
public:
    CancelToken() = default;
    [[nodiscard]] bool cancelled() const noexcept { return m_state && m_state->flag.load(std::memory_order_relaxed); }
    /// The error to return when cancelled() is seen.
    [[nodiscard]] static std::unexpected<Error> error() { return fail(ErrorCode::Cancelled, {}, "cancelled"); }

    /// Calls `action` once from the cancelling thread (at once if already cancelled) until the returned guard dies.
    /// For what blocks: interrupting a database connection, killing a child. The guard's end waits for an action that is
    /// just running; an action must therefore be short and neither make nor end a guard of the same token.
    class Guard;
    [[nodiscard]] Guard onCancel(std::function<void()> action) const;

private:
    friend class CancelSource;
    struct State {
        std::atomic<bool> flag{false};
        std::mutex mutex;
        std::vector<std::pair<std::uint64_t, std::function<void()>>> actions;
        std::uint64_t nextId = 1;
    };
    std::shared_ptr<State> m_state;
};

class CancelToken::Guard
{
public:
    Guard() = default;
    Guard(std::shared_ptr<State> state, std::uint64_t id) : m_state(std::move(state)), m_id(id) {}
    Guard(Guard&& other) noexcept : m_state(std::move(other.m_state)), m_id(other.m_id) { other.m_state.reset(); }
    Guard& operator=(Guard&&) = delete;
    ~Guard();

private:
    std::shared_ptr<State> m_state;
    std::uint64_t m_id = 0;
};

class CancelSource
{
public:
    CancelSource();
    [[nodiscard]] CancelToken token() const { return m_token; }
    void cancel();

private:
    CancelToken m_token;
};

/// Where a job tells how far it is. Called from the job's thread; the receiver must be quick and thread-safe.
/// `total` 0 means not known. `what` is a short untranslated key such as "reading", "indexing", "clustering".
class Progress
{
public:
    using Sink = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;
    Progress() = default;
    explicit Progress(Sink sink) : m_sink(std::move(sink)) {}
    void report(std::string_view what, std::uint64_t done, std::uint64_t total) const
    {
        if (m_sink) m_sink(what, done, total);
    }

private:
    Sink m_sink;
};

} // namespace tackroom
