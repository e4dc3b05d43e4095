// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixbody.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"

namespace tackroom
{

namespace
{

using namespace jsonvalues;

/// More of a run's messages than anybody reads; the bytes are limited besides.
constexpr std::size_t kMaxMessages = 50'000;

std::string digestOf(const Message& message)
{
    std::string text = message.role + '\0' + message.content + '\0' + message.toolCallId;
    for (const auto& call : message.toolCalls) text += '\0' + call.name + '\0' + call.arguments;
    return xxh128Hex(text);
}

/// `"key": text`, where the text is JSON already; nothing where it is empty.
void appendJson(std::string& out, std::string_view key, std::string_view json)
{
    if (json.empty()) return;
    out += formatText("{}\"{}\":{}", out.size() > 1 ? "," : "", key, json);
}

} // namespace

Body PhoenixBodyBuilder::step(const PhoenixSpanRow& row)
{
    Body body;
    const auto attributes = m_parsers.attributes.parse(row.attributes);
    if (attributes && isObject(*attributes)) {
        const auto messages = openinference::messagesOf(*attributes);
        const auto texts = openinference::textsOf(*attributes);
        for (const auto& message : messages.input) body.messages.push_back(m_budget.take(message));
        for (auto message : messages.output) {
            message.stepId = std::string(row.spanId);
            body.messages.push_back(m_budget.take(message));
        }
        if (body.messages.empty()) {
            body.input = m_budget.take(texts.input);
            body.output = m_budget.take(texts.output);
        }
    }
    std::string raw = "{";
    appendJson(raw, "attributes", row.attributes);
    appendJson(raw, "events", row.events);
    raw += '}';
    body.raw = m_budget.take(raw);
    // What was too long to be loaded at all.
    if (row.attributes.empty()) body.omittedBytes += row.attributesBytes;
    if (row.events.empty()) body.omittedBytes += row.eventsBytes;
    body.omittedBytes += m_budget.omittedBytes();
    return body;
}

void PhoenixBodyBuilder::addLlm(const openinference::LlmMessages& messages, const std::string& spanId)
{
    std::map<std::string, int> here;
    for (const auto& message : messages.input) {
        const std::string digest = digestOf(message);
        if (++here[digest] <= m_said[digest] || m_messages.size() >= kMaxMessages) continue;
        ++m_said[digest];
        m_kept += message.content.size();
        m_messages.push_back(message);
    }
    for (auto message : messages.output) {
        if (m_messages.size() >= kMaxMessages) return;
        ++m_said[digestOf(message)];
        message.stepId = spanId;
        m_kept += message.content.size();
        m_messages.push_back(std::move(message));
    }
}

void PhoenixBodyBuilder::addToRun(const PhoenixSpanRow& row)
{
    // What was too long to be loaded at all, or comes when there is more than enough.
    if (row.attributes.empty() || m_kept > m_maxKept) {
        m_notRead += std::max<std::uint64_t>(row.attributesBytes, row.attributes.size());
        return;
    }
    const auto attributes = m_parsers.attributes.parse(row.attributes);
    if (!attributes || !isObject(*attributes)) return;
    auto texts = openinference::textsOf(*attributes);
    const std::string spanId(row.spanId);
    if (!m_hasRoot && row.parentId.empty()) {
        m_hasRoot = true;
        m_rootId = spanId;
        m_root = texts;
    }
    const auto kind = openinference::kindOf(row.kind);
    if (kind == StepKind::Llm) addLlm(openinference::messagesOf(*attributes), spanId);
    if (kind != StepKind::Tool) return;
    Message message;
    message.role = "tool";
    message.name = textOf(at(*attributes, "tool.name"));
    if (message.name.empty()) message.name = std::string(row.name);
    message.content = texts.output;
    message.stepId = spanId;
    m_kept += 2 * texts.output.size();
    m_toolResults.push_back({spanId, texts.output, false});
    m_toolMessages.push_back(std::move(message));
}

/// A tool message belongs to the first tool span with the same result that no earlier message took; where texts differ
/// (frameworks wrap results), to the span at its place if there are as many of both.
void PhoenixBodyBuilder::nameToolMessages()
{
    std::vector<Message*> unnamed;
    std::size_t toolMessages = 0;
    for (auto& message : m_messages) {
        if (message.role != "tool") continue;
        ++toolMessages;
        for (auto& result : m_toolResults) {
            if (result.used || result.output != message.content) continue;
            result.used = true;
            message.stepId = result.spanId;
            break;
        }
        if (message.stepId.empty()) unnamed.push_back(&message);
    }
    if (toolMessages != m_toolResults.size()) return;
    auto next = m_toolResults.begin();
    for (Message* message : unnamed) {
        while (next != m_toolResults.end() && next->used) ++next;
        if (next == m_toolResults.end()) return;
        next->used = true;
        message->stepId = next->spanId;
    }
}

Body PhoenixBodyBuilder::finishRun()
{
    Body body;
    nameToolMessages();
    const std::string asked = openinference::userTextOf(m_root.input, m_parsers);
    const std::string said = openinference::answerTextOf(m_root.output, m_parsers);
    if (m_messages.empty()) {
        if (!asked.empty())
            m_messages.push_back(
                {.role = "user", .name = {}, .content = asked, .toolCalls = {}, .toolCallId = {}, .stepId = m_rootId});
        for (auto& message : m_toolMessages) m_messages.push_back(std::move(message));
    }
    const bool isSaid = !m_messages.empty() && m_messages.back().content == said;
    if (!trimmed(said).empty() && !isSaid)
        m_messages.push_back(
            {.role = "assistant", .name = {}, .content = said, .toolCalls = {}, .toolCallId = {}, .stepId = m_rootId});
    for (const auto& message : m_messages) body.messages.push_back(m_budget.take(message));
    body.input = m_budget.take(m_root.input);
    body.output = m_budget.take(m_root.output);
    body.omittedBytes = m_budget.omittedBytes() + m_notRead;
    return body;
}

} // namespace tackroom
