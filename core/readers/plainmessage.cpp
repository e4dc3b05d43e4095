// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/plainmessage.h"

#include <utility>

namespace tackroom
{

using jsonvalues::Value;

namespace
{

/// A text, where the member comes for the first time.
bool take(std::string_view& to, bool& isThere, Value value)
{
    return !std::exchange(isThere, true) && value.get(to) == simdjson::SUCCESS;
}

bool readPart(Value value, PlainMessage::Part& part)
{
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return false;
    part = {};
    std::string_view type, content, response;
    bool hasType = false, hasContent = false, hasId = false, hasName = false, hasResponse = false;
    for (const auto [key, member] : object) {
        if (key == "type") {
            if (!take(type, hasType, member)) return false;
        } else if (key == "content") {
            if (!take(content, hasContent, member)) return false;
        } else if (key == "id") {
            if (!take(part.id, hasId, member)) return false;
        } else if (key == "name") {
            if (!take(part.name, hasName, member)) return false;
        } else if (key == "arguments") {
            if (part.arguments) return false;
            part.arguments = member;
        } else if (key == "response" || key == "result") {
            if (!take(response, hasResponse, member)) return false;
        } else
            return false;
    }
    using Kind = PlainMessage::Part::Kind;
    if (type == "text" && hasContent && !hasId && !hasName && !part.arguments && !hasResponse) {
        part.kind = Kind::Text;
        part.text = content;
        return true;
    }
    if (type == "tool_call" && !hasContent && !hasResponse) {
        part.kind = Kind::Call;
        return true;
    }
    part.kind = Kind::Answer;
    part.text = response;
    return type == "tool_call_response" && hasResponse && !hasContent && !hasName && !part.arguments;
}

bool readParts(Value value, PlainMessage& message)
{
    simdjson::dom::array parts;
    if (value.get(parts) != simdjson::SUCCESS) return false;
    for (const Value part : parts)
        if (message.partCount == PlainMessage::kMostParts || !readPart(part, message.parts[message.partCount++])) return false;
    return message.partCount > 0;
}

} // namespace

bool readPlainMessage(Value value, PlainMessage& message)
{
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return false;
    message.partCount = 0;
    bool hasRole = false, hasBody = false;
    for (const auto [key, member] : object) {
        if (key == "role") {
            if (!take(message.role, hasRole, member)) return false;
        } else if (key == "parts") {
            if (std::exchange(hasBody, true) || !readParts(member, message)) return false;
        } else if (key == "content") {
            auto& part = message.parts[0];
            part = {};
            if (!take(part.text, hasBody, member)) return false;
            message.partCount = 1;
        } else if (key != "finish_reason")
            return false;
    }
    if (!hasRole || !hasBody) return false;
    for (const std::string_view role : {"system", "user", "assistant", "tool"})
        if (message.role == role) return true;
    return false;
}

} // namespace tackroom
