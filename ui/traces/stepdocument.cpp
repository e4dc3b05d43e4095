// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/stepdocument.h"

#include "core/base/json.h"
#include "core/base/jsonpieces.h"
#include "core/base/text.h"
#include "core/traces/blobs.h"

namespace tackroom::ui
{

namespace
{

constexpr std::size_t kMostPrettyBytes = 512 * 1024;

std::string readable(std::string_view foreign)
{
    const std::string text = foldBlobs(foreign);
    const std::string_view inner = trimmed(text);
    if (inner.size() > 1 && inner.size() <= kMostPrettyBytes && (inner.front() == '{' || inner.front() == '['))
        if (const auto json = parseJson(inner, {}); json && json->is_structured()) return dumpJson(*json, 2);
    return text;
}

void add(std::string& out, std::string_view title, std::string_view text)
{
    if (text.empty()) return;
    if (!out.empty()) out += '\n';
    out += title;
    out += '\n';
    out += readable(text);
    out += '\n';
}

bool isAnswer(const Message& message)
{
    const std::string role = asciiLower(message.role);
    return role == "assistant" || role == "agent" || role == "ai" || role == "model";
}

} // namespace

std::string stepDocument(const Step& step)
{
    std::string out;
    add(out, "--- error", step.errorType.empty() ? step.errorText : step.errorType + ": " + step.errorText);
    add(out, "--- arguments", step.arguments);
    add(out, "--- result", step.result);
    add(out, "--- input", step.inputText);
    add(out, "--- output", step.outputText);
    return out.empty() ? "(no texts)\n" : out;
}

std::string inputDocument(const Body& body)
{
    std::size_t end = body.messages.size();
    if (end > 1 && isAnswer(body.messages[end - 1])) --end;
    std::string out;
    for (std::size_t i = 0; i < end; ++i) {
        const Message& message = body.messages[i];
        std::string text = message.content;
        for (const Message::ToolCall& call : message.toolCalls)
            text += (text.empty() ? "" : "\n") + std::string("-> ") + call.name + " " + readable(call.arguments);
        add(out, "--- " + message.role + (message.name.empty() ? "" : " " + message.name), text.empty() ? " " : text);
    }
    if (body.messages.empty()) out = readable(body.input);
    return out;
}

std::string bodyDocument(const Body& body)
{
    std::string out;
    const auto whole = [&](const std::string& title, std::string_view text) {
        if (text.empty()) return;
        if (!out.empty()) out += '\n';
        out += "--- " + title + "\n";
        if (jsonRoot(text, {}))
            out += indentedJson(text);
        else
            out += text;
        out += '\n';
    };
    for (const Message& message : body.messages) {
        whole(message.name.empty() ? message.role : message.role + " " + message.name, message.content);
        for (const Message::ToolCall& call : message.toolCalls) whole("-> " + call.name, call.arguments);
    }
    if (body.messages.empty()) {
        whole("input", body.input);
        whole("output", body.output);
    }
    return out;
}

} // namespace tackroom::ui
