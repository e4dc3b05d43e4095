// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/chatml.h"

namespace tackroom::chatml
{

/// What the content of one message holds: its words, the calls in it and the answers of tools in it.
struct Content {
    std::string text;
    std::vector<Message::ToolCall> calls;
    std::vector<ChatMessage> results;
};
/// Reads a content: a text, a list of parts or blocks, one part, Gemini's {"parts": […]}.
[[nodiscard]] Content contentOf(std::optional<jsonvalues::Value> value);

/// OpenAI's {id, function: {name, arguments}} and flat {id, name, args | arguments | input}, Vercel's {toolCallId, toolName}.
[[nodiscard]] Message::ToolCall toolCallOf(jsonvalues::Value value);

/// The text of a Python string literal that begins at `offset` with its quote, which is moved behind it; nothing where there is
/// none.
[[nodiscard]] std::optional<std::string> pythonString(std::string_view text, std::size_t& offset);

} // namespace tackroom::chatml
