// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/openinference.h"

#include "core/base/text.h"

#include <array>
#include <initializer_list>

namespace tackroom::openinference
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kTextBytes = 2000;
constexpr std::size_t kToolBytes = 4000;
constexpr std::size_t kIdBytes = 512;

/// Without any of these words the text holds no key of harnessversion.cpp, which spares most spans the search.
constexpr std::array<std::string_view, 6> kVersionWords{"commit", "version", "revision", "sha", "release", "prompt"};

VersionFacts versionOf(std::string_view text, Value attributes, std::optional<Value> metadata)
{
    bool possible = false;
    for (const auto word : kVersionWords) possible = possible || text.find(word) != std::string_view::npos;
    if (!possible) return {};
    return findVersion([&](std::string_view key) -> std::string {
        for (const auto& place : {std::optional<Value>(attributes), metadata}) {
            const auto found = place ? at(*place, key) : std::nullopt;
            if (!found || isObject(found) || isArray(found)) continue;
            if (std::string value = textOf(found); !trimmed(value).empty()) return value;
        }
        return {};
    });
}

/// A content that is a text, or a list of parts of which some are texts ({"text":…}, {"message_content":{"text":…}}).
std::string contentOf(std::optional<Value> content)
{
    if (!isArray(content)) return textOf(content);
    std::string text;
    for (const Value part : simdjson::dom::array(*content)) {
        auto piece = stringOf(part);
        if (!piece) piece = stringOf(at(part, "message_content.text"));
        if (!piece) piece = stringOf(member(part, "text"));
        if (!piece) piece = stringOf(member(part, "content"));
        if (!piece) continue;
        if (!text.empty()) text += '\n';
        text += *piece;
    }
    return text;
}

std::string messageContentOf(Value item)
{
    if (auto content = at(item, "message.content"); content && !content->is_null()) return contentOf(content);
    return contentOf(at(item, "message.contents"));
}

Message messageOf(Value item)
{
    Message message;
    message.role = textOf(at(item, "message.role"));
    message.name = textOf(at(item, "message.name"));
    message.content = messageContentOf(item);
    message.toolCallId = textOf(at(item, "message.tool_call_id"));
    simdjson::dom::array calls;
    if (const auto list = at(item, "message.tool_calls"); list && list->get(calls) == simdjson::SUCCESS)
        for (const Value call : calls)
            message.toolCalls.push_back({textOf(at(call, "tool_call.id")), textOf(at(call, "tool_call.function.name")),
                                         textOf(at(call, "tool_call.function.arguments"))});
    return message;
}

std::vector<Message> listOf(std::optional<Value> list)
{
    std::vector<Message> messages;
    simdjson::dom::array items;
    if (list && list->get(items) == simdjson::SUCCESS)
        for (const Value item : items) messages.push_back(messageOf(item));
    return messages;
}

/// The content of the last item of a message list; nothing where there is no list.
std::optional<std::string> lastContentOf(std::optional<Value> list)
{
    simdjson::dom::array items;
    if (!list || list->get(items) != simdjson::SUCCESS || items.size() == 0) return std::nullopt;
    std::optional<Value> last;
    for (const Value item : items) last = item;
    return messageContentOf(*last);
}

/// Role and content of a message as chat APIs and graph frameworks write it.
struct PlainMessage {
    std::string role, content;
};
PlainMessage plainMessageOf(Value item)
{
    PlainMessage message;
    simdjson::dom::array pair;
    if (item.get(pair) == simdjson::SUCCESS) { // ["user", "text"]
        std::size_t index = 0;
        for (const Value part : pair) {
            if (index == 0) message.role = asciiLower(textOf(part));
            if (index == 1) message.content = contentOf(part);
            ++index;
        }
        return message;
    }
    Value body = item;
    if (const auto inner = member(item, "message"); isObject(inner)) body = *inner;
    if (const auto inner = member(item, "kwargs"); isObject(inner)) body = *inner;
    auto role = stringOf(member(body, "role"));
    if (!role) role = stringOf(member(body, "type"));
    if (role) message.role = asciiLower(*role);
    auto content = member(body, "content");
    if (!content) content = member(body, "parts");
    message.content = contentOf(content);
    return message;
}

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    for (const auto word : words)
        if (text == word) return true;
    return false;
}

std::optional<std::string> lastOf(Value list, bool ofUser, int depth = 0)
{
    std::optional<std::string> found;
    simdjson::dom::array items;
    if (depth > 2 || list.get(items) != simdjson::SUCCESS) return found;
    for (const Value item : items) {
        simdjson::dom::array inner; // a list of lists of messages
        if (item.get(inner) == simdjson::SUCCESS && inner.size() > 0 && !inner.at(0).is_string()) {
            if (auto deeper = lastOf(item, ofUser, depth + 1)) found = std::move(deeper);
            continue;
        }
        const PlainMessage message = plainMessageOf(item);
        const bool wanted = ofUser ? isOneOf(message.role, {"user", "human", "humanmessage"})
                                   : isOneOf(message.role, {"assistant", "ai", "aimessage", "model", "agent"});
        if (wanted) found = message.content;
    }
    return found;
}

std::optional<std::string> fromJson(Value value, bool ofUser)
{
    if (const auto text = stringOf(value)) return std::string(*text);
    if (isArray(value)) return lastOf(value, ofUser);
    if (!isObject(value)) return std::nullopt;
    for (const std::string_view key : {"messages", "chat_history", "contents"})
        if (const auto list = member(value, key); isArray(list))
            if (auto found = lastOf(*list, ofUser)) return found;
    if (!ofUser)
        if (const auto choices = member(value, "choices"); isArray(choices))
            if (auto found = lastOf(*choices, false)) return found;
    static constexpr std::array<std::string_view, 13> kAsked{"input",       "query",   "question", "user_input", "user_message",
                                                             "user_query",  "message", "prompt",   "request",    "task",
                                                             "instruction", "text",    "content"};
    static constexpr std::array<std::string_view, 12> kSaid{"output",       "answer", "response",   "final_output",
                                                            "final_answer", "reply",  "result",     "message",
                                                            "content",      "text",   "completion", "return_value"};
    const auto pick = [&](const auto& keys) -> std::optional<std::string> {
        for (const std::string_view key : keys) {
            const auto found = member(value, key);
            if (const auto text = stringOf(found)) return std::string(*text);
            if (isObject(found))
                if (auto text = contentOf(member(*found, "content")); !text.empty()) return text;
        }
        return std::nullopt;
    };
    return ofUser ? pick(kAsked) : pick(kSaid);
}

std::string textIn(std::string_view text, bool ofUser, Parsers& parsers)
{
    const auto start = trimmed(text);
    if (start.starts_with('{') || start.starts_with('[') || (start.starts_with('"') && start.ends_with('"')))
        if (const auto value = parsers.inner.parse(start))
            if (auto found = fromJson(*value, ofUser)) return *found;
    return std::string(text);
}

void readTokens(Value attributes, Step& step)
{
    if (step.promptTokens == 0) step.promptTokens = integerOf(at(attributes, "llm.token_count.prompt"));
    if (step.completionTokens == 0) step.completionTokens = integerOf(at(attributes, "llm.token_count.completion"));
}

void readTool(Value attributes, const Texts& texts, Step& step)
{
    step.toolName = cut(textOf(at(attributes, "tool.name")), kIdBytes);
    if (step.toolName.empty()) step.toolName = step.name;
    step.arguments = cut(texts.input, kToolBytes);
    if (step.arguments.empty()) step.arguments = cut(textOf(at(attributes, "tool_call.function.arguments")), kToolBytes);
    step.result = cut(texts.output, kToolBytes);
}

void readLlm(Value attributes, const Texts& texts, Step& step, Parsers& parsers)
{
    if (const auto content = lastContentOf(at(attributes, "llm.input_messages")))
        step.inputText = cut(*content, kTextBytes);
    else
        step.inputText = cut(userTextOf(texts.input, parsers), kTextBytes);
    // A list whose message has no content is an answer without words (calls alone, or silence), not a missing one.
    if (const auto content = lastContentOf(at(attributes, "llm.output_messages")))
        step.outputText = cut(*content, kTextBytes);
    else
        step.outputText = cut(answerTextOf(texts.output, parsers), kTextBytes);
}

} // namespace

StepKind kindOf(std::string_view spanKind) { return stepKindOf(spanKind); }

LlmMessages messagesOf(Value attributes)
{
    return {listOf(at(attributes, "llm.input_messages")), listOf(at(attributes, "llm.output_messages"))};
}

std::vector<Message> messageList(Value list) { return listOf(list); }

std::string documentList(Value list)
{
    std::string text;
    simdjson::dom::array documents;
    if (list.get(documents) != simdjson::SUCCESS) return text;
    for (const Value document : documents) {
        if (!text.empty()) text += "\n\n";
        const std::string id = textOf(at(document, "document.id"));
        if (!id.empty()) text += id + ": ";
        text += textOf(at(document, "document.content"));
    }
    return text;
}

Texts textsOf(Value attributes)
{
    Texts texts{textOf(at(attributes, "input.value")), textOf(at(attributes, "output.value"))};
    const auto list = at(attributes, "retrieval.documents");
    const std::string documents = list ? documentList(*list) : std::string();
    if (!documents.empty()) texts.output = documents;
    return texts;
}

std::string userTextOf(std::string_view input, Parsers& parsers) { return textIn(input, true, parsers); }
std::string answerTextOf(std::string_view output, Parsers& parsers) { return textIn(output, false, parsers); }

Result<SpanFacts> readAttributes(std::string_view text, Step& step, Parsers& parsers)
{
    TR_ASSIGN(const Value attributes, parsers.attributes.parse(text));
    if (!isObject(attributes)) return fail(ErrorCode::Damaged, {}, "the attributes are not a JSON object");
    if (step.kind == StepKind::Other) step.kind = kindOf(textOf(at(attributes, "openinference.span.kind")));
    step.model = cut(textOf(at(attributes, "llm.model_name")), kIdBytes);
    readTokens(attributes, step);

    const Texts texts = textsOf(attributes);
    SpanFacts facts;
    facts.userText = cut(userTextOf(texts.input, parsers), kTextBytes);
    facts.answerText = cut(answerTextOf(texts.output, parsers), kTextBytes);
    facts.hasOutput = at(attributes, "output.value").has_value();
    if (step.kind == StepKind::Tool)
        readTool(attributes, texts, step);
    else if (step.kind == StepKind::Llm)
        readLlm(attributes, texts, step, parsers);
    else {
        step.inputText = facts.userText;
        step.outputText = facts.answerText;
        if (step.kind == StepKind::Retriever || step.kind == StepKind::Reranker) step.result = cut(texts.output, kToolBytes);
    }

    // Metadata is an object, or (from some exporters) JSON in a text.
    std::optional<Value> metadata = member(attributes, "metadata");
    if (const auto inText = stringOf(metadata)) {
        metadata.reset();
        if (const auto parsed = parsers.metadata.parse(*inText); parsed && isObject(*parsed)) metadata = *parsed;
    }
    facts.sessionId = cut(textOf(at(attributes, "session.id")), kIdBytes);
    facts.userId = cut(textOf(at(attributes, "user.id")), kIdBytes);
    facts.agentName = cut(textOf(at(attributes, "agent.name")), kIdBytes);
    if (metadata && facts.userId.empty()) facts.userId = cut(textOf(at(*metadata, "user_id")), kIdBytes);
    if (metadata && facts.sessionId.empty()) facts.sessionId = cut(textOf(at(*metadata, "session_id")), kIdBytes);
    facts.costUsd = numberOf(at(attributes, "llm.cost.total"));
    facts.version = versionOf(text, attributes, metadata);
    return facts;
}

Status readEvents(std::string_view text, Step& step, Parsers& parsers)
{
    if (text.size() <= 2) return {}; // "[]", by far the most frequent
    TR_ASSIGN(const Value events, parsers.events.parse(text));
    simdjson::dom::array list;
    if (events.get(list) != simdjson::SUCCESS) return fail(ErrorCode::Damaged, {}, "the events are not a JSON array");
    for (const Value event : list) {
        if (textOf(member(event, "name")) != "exception") continue;
        const auto attributes = member(event, "attributes");
        if (!attributes) continue;
        // A caught exception of a step that ended well is no error of the step.
        if (step.status != StepStatus::Error) continue;
        step.errorType = cut(textOf(at(*attributes, "exception.type")), kIdBytes);
        const std::string message = textOf(at(*attributes, "exception.message"));
        if (!message.empty()) step.errorText = cut(message, kTextBytes);
    }
    return {};
}

} // namespace tackroom::openinference
