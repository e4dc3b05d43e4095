// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/chatmlparts.h"

#include "core/base/format.h"
#include "core/base/text.h"

namespace tackroom::chatml
{

using namespace jsonvalues;

namespace
{

/// The longest text that the parts of one message are joined to.
constexpr std::size_t kMaxContentBytes = std::size_t{16} << 20;

std::optional<Value> firstMember(Value value, std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys)
        if (const auto found = member(value, key); found && !found->is_null()) return found;
    return std::nullopt;
}

std::string firstText(Value value, std::initializer_list<std::string_view> keys) { return textOf(firstMember(value, keys)); }

void addText(Content& content, std::string_view text)
{
    if (text.empty() || content.text.size() > kMaxContentBytes) return;
    if (!content.text.empty()) content.text += '\n';
    content.text += text;
}

/// What a tool gave back: its text; Vercel's {"type", "value"}; blocks as their texts; else as JSON.
std::string resultText(std::optional<Value> value)
{
    if (!value) return {};
    if (isObject(value) && member(*value, "type") && member(*value, "value")) return textOf(member(*value, "value"));
    if (isArray(value)) {
        Content inner;
        for (const Value part : simdjson::dom::array(*value)) {
            const auto text = stringOf(member(part, "text"));
            if (!text) return textOf(value);
            addText(inner, *text);
        }
        return inner.text;
    }
    return textOf(value);
}

ChatMessage toolResult(Value part, std::string_view id, std::string_view name, std::optional<Value> result)
{
    ChatMessage answer;
    answer.isToolResult = true;
    answer.message.role = "tool";
    answer.message.toolCallId = textOf(member(part, id));
    answer.toolName = textOf(member(part, name));
    answer.message.content = resultText(result);
    return answer;
}

/// A part that says by its type what it is.
void readTypedPart(Content& content, Value part, std::string_view type)
{
    if (type == "tool_use" || type == "tool-call" || type == "tool_call" || type == "server_tool_use" || type == "mcp_tool_use")
        content.calls.push_back(toolCallOf(part));
    else if (type == "tool_result" || type == "mcp_tool_result")
        content.results.push_back(toolResult(part, "tool_use_id", "name", member(part, "content")));
    else if (type == "tool-result")
        content.results.push_back(toolResult(part, "toolCallId", "toolName", firstMember(part, {"output", "result"})));
    else if (type == "tool_call_response")
        content.results.push_back(toolResult(part, "id", "name", firstMember(part, {"response", "result"})));
    else if (type == "thinking" || type == "reasoning")
        addText(content, firstText(part, {"thinking", "reasoning", "content", "text"}));
    else if (type.starts_with("image") || type == "input_image")
        addText(content, "[image]");
    else if (type.starts_with("audio") || type == "input_audio")
        addText(content, "[audio]");
    else if (type == "file" || type == "document" || type == "video" || type == "media" || type == "input_file" ||
             type == "blob" || type == "redacted_thinking")
        addText(content, formatText("[{}]", type));
    else if (const auto text = stringOf(firstMember(part, {"text", "content", "refusal"})))
        addText(content, *text);
    else
        addText(content, textOf(part));
}

void readPart(Content& content, Value part)
{
    if (const auto text = stringOf(part)) return addText(content, *text);
    if (!isObject(part)) return addText(content, textOf(part));
    if (const auto type = stringOf(firstMember(part, {"type", "kind"}))) return readTypedPart(content, part, *type);
    if (const auto call = firstMember(part, {"function_call", "functionCall"}); isObject(call))
        content.calls.push_back(toolCallOf(*call));
    else if (const auto answer = firstMember(part, {"function_response", "functionResponse"}); isObject(answer)) {
        content.results.push_back(toolResult(*answer, "id", "name", member(*answer, "response")));
        content.results.back().message.role = "user"; // so the API has it
    } else if (firstMember(part, {"inline_data", "inlineData", "file_data", "fileData"}))
        addText(content, "[file]");
    else if (const auto text = stringOf(member(part, "text")))
        addText(content, *text);
    else
        addText(content, textOf(part));
}

} // namespace

Content contentOf(std::optional<Value> value)
{
    Content content;
    if (!value || value->is_null()) return content;
    if (const auto text = stringOf(value)) {
        content.text = *text;
        return content;
    }
    if (isObject(value))
        if (const auto parts = member(*value, "parts"); isArray(parts)) return contentOf(parts);
    if (!isArray(value)) {
        readPart(content, *value);
        return content;
    }
    // A list is one of parts where its elements look like some; any other is a value and stays as it is.
    bool parts = true;
    for (const Value part : simdjson::dom::array(*value))
        parts =
            parts &&
            (part.is_string() ||
             (isObject(part) && firstMember(part, {"type", "kind", "text", "function_call", "functionCall", "function_response",
                                                   "functionResponse", "inline_data", "inlineData", "file_data", "fileData"})));
    if (!parts) {
        content.text = textOf(value);
        return content;
    }
    for (const Value part : simdjson::dom::array(*value)) readPart(content, part);
    return content;
}

Message::ToolCall toolCallOf(Value value)
{
    Message::ToolCall call;
    call.id = firstText(value, {"id", "toolCallId", "call_id", "tool_call_id"});
    const auto function = member(value, "function");
    const Value from = isObject(function) ? *function : value;
    call.name = firstText(from, {"name", "toolName", "tool_name"});
    call.arguments = firstText(from, {"arguments", "args", "input"});
    return call;
}

std::optional<std::string> pythonString(std::string_view text, std::size_t& offset)
{
    if (offset >= text.size() || (text[offset] != '\'' && text[offset] != '"')) return std::nullopt;
    const char quote = text[offset];
    std::string out;
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            offset = i + 1;
            return out;
        }
        if (text[i] != '\\' || i + 1 >= text.size()) {
            out += text[i];
            continue;
        }
        const char escape = text[++i];
        const std::size_t digits = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
        char32_t code = 0;
        std::size_t read = 0;
        for (; read < digits && i + 1 + read < text.size(); ++read) {
            const auto digit = std::string_view("0123456789abcdef").find(asciiLower(text.substr(i + 1 + read, 1)));
            if (digit == std::string_view::npos) break;
            code = code * 16 + static_cast<char32_t>(digit);
        }
        if (digits && read == digits) {
            appendUtf8(out, code);
            i += digits;
        } else if (escape == 'n' || escape == 't' || escape == 'r')
            out += escape == 'n' ? '\n' : escape == 't' ? '\t' : '\r';
        else
            out += escape;
    }
    return std::nullopt;
}

} // namespace tackroom::chatml
