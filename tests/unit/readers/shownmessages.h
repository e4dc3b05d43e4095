// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Messages as one line each, to compare them.
#include "core/base/format.h"
#include "core/traces/traces.h"

#include <string>
#include <vector>

namespace tackroom::testing
{

[[nodiscard]] inline std::string shown(const Message& message)
{
    std::string text = message.role + ": " + message.content;
    if (!message.toolCallId.empty()) text += " <" + message.toolCallId + ">";
    for (const auto& call : message.toolCalls) text += formatText(" {}:{}({})", call.id, call.name, call.arguments);
    return text;
}
[[nodiscard]] inline std::vector<std::string> shown(const std::vector<Message>& messages)
{
    std::vector<std::string> texts;
    for (const auto& message : messages) texts.push_back(shown(message));
    return texts;
}

} // namespace tackroom::testing
