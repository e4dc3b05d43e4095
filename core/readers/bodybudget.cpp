// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/bodybudget.h"

#include "core/base/text.h"
#include "core/readers/jsonvalues.h"

#include <algorithm>

namespace tackroom
{

std::string BodyBudget::take(std::string_view text)
{
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, text.size()));
    std::string taken;
    if (most == text.size() && isUtf8(text))
        taken = std::string(text);
    else if (most > 0)
        taken = jsonvalues::cut(text, most);
    if (text.size() > taken.size()) m_omitted += text.size() - taken.size();
    m_left -= std::min<std::uint64_t>(m_left, taken.size());
    return taken;
}

Message BodyBudget::take(const Message& message)
{
    Message out;
    out.role = take(message.role);
    out.name = take(message.name);
    out.content = take(message.content);
    for (const auto& call : message.toolCalls) out.toolCalls.push_back({take(call.id), take(call.name), take(call.arguments)});
    out.toolCallId = take(message.toolCallId);
    out.stepId = message.stepId; // an id of ours to find the step by: never cut
    return out;
}

} // namespace tackroom
