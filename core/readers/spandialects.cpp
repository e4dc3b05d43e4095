// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/spandialects.h"

#include "core/base/text.h"
#include "core/readers/annotations.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace tackroom::spandialects
{

using namespace jsonvalues;

namespace
{

constexpr std::uint32_t kMaxFlatIndex = 100'000;

/// "12.rest" is 12 and "rest".
std::optional<std::pair<std::uint32_t, std::string_view>> indexed(std::string_view key)
{
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (error != std::errc() || index > kMaxFlatIndex) return std::nullopt;
    std::string_view rest = key.substr(static_cast<std::size_t>(end - key.data()));
    if (rest.starts_with('.')) rest.remove_prefix(1);
    return std::pair{index, rest};
}

/// A message that is written as flat keys, while they come.
struct FlatMessage {
    Message message;
    std::map<std::uint32_t, Message::ToolCall> calls;
    std::map<std::uint32_t, std::string> parts;

    void set(std::string_view key, std::string_view text, std::size_t maxTextBytes)
    {
        if (key.starts_with("message.")) key.remove_prefix(8);
        if (key == "role")
            message.role = asciiLower(text);
        else if (key == "content")
            message.content = cut(text, maxTextBytes);
        else if (key == "name")
            message.name = text;
        else if (key == "tool_call_id")
            message.toolCallId = text;
        else if (key.starts_with("tool_calls.")) {
            if (const auto call = indexed(key.substr(11))) setCall(calls[call->first], call->second, text, maxTextBytes);
        } else if (key.starts_with("function_call."))
            setCall(calls[0], key.substr(14), text, maxTextBytes);
        else if (key.starts_with("contents.")) {
            const auto part = indexed(key.substr(9));
            if (part && part->second.ends_with("text")) parts[part->first] = cut(text, maxTextBytes);
        }
    }
    static void setCall(Message::ToolCall& call, std::string_view key, std::string_view text, std::size_t maxTextBytes)
    {
        if (key.ends_with("arguments"))
            call.arguments = cut(text, maxTextBytes);
        else if (key.ends_with("name"))
            call.name = text;
        else if (key == "id" || key.ends_with(".id"))
            call.id = text;
    }
    Message take(std::size_t maxTextBytes)
    {
        for (auto& [index, call] : calls) message.toolCalls.push_back(std::move(call));
        for (auto& [index, text] : parts) message.content += (message.content.empty() ? "" : "\n") + text;
        if (message.role == "human") message.role = "user";
        if (message.role == "ai" || message.role == "model") message.role = "assistant";
        if (message.content.starts_with('[') && message.content.contains("\"type\"")) unpackParts(maxTextBytes);
        return std::move(message);
    }
    /// OpenLLMetry writes a content of several parts as JSON.
    void unpackParts(std::size_t maxTextBytes)
    {
        auto made = messagesOfText("{\"role\":\"user\",\"content\":" + message.content + "}", maxTextBytes);
        if (made.size() == 1 && !made[0].content.empty()) message.content = std::move(made[0].content);
    }
};

StepKind kindOfOperation(std::string_view operation)
{
    static constexpr std::pair<std::string_view, StepKind> kKinds[] = {
        {"chat", StepKind::Llm},
        {"text_completion", StepKind::Llm},
        {"completion", StepKind::Llm},
        {"generate_content", StepKind::Llm},
        {"call_llm", StepKind::Llm},
        {"execute_tool", StepKind::Tool},
        {"invoke_agent", StepKind::Agent},
        {"create_agent", StepKind::Agent},
        {"invoke_workflow", StepKind::Chain},
        {"plan", StepKind::Chain},
        {"embeddings", StepKind::Embedding},
        {"retrieval", StepKind::Retriever},
        {"search_memory", StepKind::Retriever},
        {"evaluate", StepKind::Evaluator},
    };
    for (const auto& [name, kind] : kKinds)
        if (name == operation) return kind;
    return StepKind::Other;
}

/// An event that is one message of the conversation (the conventions up to 1.36).
void addMessageEvent(Reading& reading, const SpanEvent& event)
{
    const bool isChoice = event.name == "gen_ai.choice";
    const bool isTool = reading.out.step.kind == StepKind::Tool;
    const auto& fields = event.attributes;
    Message message;
    message.role = isChoice ? "assistant" : std::string(event.name.substr(7, event.name.size() - 7 - 8));
    std::vector<Message> made;
    for (const std::string_view key : {"message", "content", "gen_ai.event.content"}) {
        if (const auto value = fields.json(key))
            made = messagesOfJson(*value, reading.maxTextBytes);
        else
            made = messagesOfText(fields.text(key), reading.maxTextBytes);
        if (!made.empty()) break;
    }
    if (!made.empty() && (made.front().role == message.role || made.size() == 1)) {
        const std::string role = made.front().role == "tool" ? "tool" : message.role;
        message = std::move(made.front());
        message.role = role;
    } else
        message.content = cut(fields.firstText({"content", "message.content", "message", "body"}), reading.maxTextBytes);
    if (message.toolCallId.empty() && message.role == "tool") message.toolCallId = fields.text("id");
    if (message.toolCalls.empty())
        if (auto calls = messagesOfText(
                "{\"role\":\"assistant\",\"tool_calls\":" + fields.firstText({"tool_calls", "message.tool_calls"}) + "}");
            !calls.empty())
            message.toolCalls = std::move(calls.front().toolCalls);
    if (isTool) { // what went into the tool and came out of it (Strands)
        auto& text = isChoice ? reading.out.outputText : reading.out.inputText;
        if (text.empty()) text = std::move(message.content);
        return;
    }
    (isChoice ? reading.out.output : reading.out.input).push_back(std::move(message));
}

void readMessageEvents(Reading& reading)
{
    const bool hasInput = !reading.out.input.empty(), hasOutput = !reading.out.output.empty();
    for (const SpanEvent& event : reading.span.events) {
        const std::string_view name = event.name;
        if (!name.starts_with("gen_ai.")) continue;
        if (name == "gen_ai.choice") {
            if (!hasOutput) addMessageEvent(reading, event);
        } else if (name.ends_with(".message")) {
            if (!hasInput) addMessageEvent(reading, event);
        } else if (name == "gen_ai.content.prompt") {
            if (reading.out.input.empty())
                reading.out.input = messagesOfText(event.attributes.text("gen_ai.prompt"), reading.maxTextBytes);
        } else if (name == "gen_ai.content.completion") {
            if (reading.out.output.empty())
                reading.out.output = messagesOfText(event.attributes.text("gen_ai.completion"), reading.maxTextBytes);
        } else if (name == "gen_ai.client.inference.operation.details") {
            const Reading inner{reading.span, event.attributes, reading.out, reading.maxTextBytes, reading.parsers};
            inner.fillMessages(reading.out.input, "gen_ai.input.messages");
            inner.fillMessages(reading.out.output, "gen_ai.output.messages");
        }
    }
    for (auto& message : reading.out.output)
        if (message.role == "user") message.role = "assistant";
}

void addEvaluation(Reading& reading, const SpanAttributes& fields, UtcNs time)
{
    Score score;
    score.name = cut(fields.text("gen_ai.evaluation.name"), 512);
    if (score.name.empty()) return;
    score.stepId = reading.out.step.nativeId;
    score.value = fields.number("gen_ai.evaluation.score.value");
    score.label = cut(fields.text("gen_ai.evaluation.score.label"), 2000);
    score.explanation = cut(fields.text("gen_ai.evaluation.explanation"), 2000);
    // The conventions do not say who judged; a model is named only where a model did.
    const std::string by = fields.firstText({"gen_ai.evaluation.evaluator.name", "gen_ai.evaluation.evaluator"});
    if (!fields.firstText({"gen_ai.request.model", "gen_ai.response.model", "gen_ai.evaluation.model"}).empty())
        score.annotator = Annotator::Llm;
    score.annotator = score.annotator == Annotator::Unknown
                          ? annotatorOf(fields.firstText({"gen_ai.evaluation.evaluator.type", "gen_ai.evaluation.type"}))
                          : score.annotator;
    score.by = cut(by, 512);
    score.time = time;
    judgeScore(score);
    reading.out.scores.push_back(std::move(score));
}

} // namespace

void Reading::fillFrom(const SpanAttributes& attributes, std::string& to, std::initializer_list<AttributeKey> keys,
                       std::size_t maxBytes)
{
    if (!to.empty()) return;
    for (const AttributeKey& key : keys) {
        if (const auto text = attributes.view(key))
            assignCut(to, *text, maxBytes);
        else if (attributes.has(key))
            to = cut(attributes.text(key), maxBytes);
        if (!to.empty()) return;
    }
}

void Reading::fillText(std::string& to, std::initializer_list<AttributeKey> keys) const
{
    if (!to.empty()) return;
    for (const AttributeKey& key : keys) {
        const auto text = attributes.view(key);
        const bool mayBeJson = !text || text->starts_with('{') || text->starts_with('[');
        fill(to, {key}, mayBeJson ? kWholeText : maxTextBytes);
        if (!to.empty()) return;
    }
}

void Reading::fillMessages(std::vector<Message>& to, const AttributeKey& key) const
{
    if (!to.empty()) return;
    std::vector<HumanDecision> decisions;
    auto value = attributes.json(key);
    if (const auto text = attributes.view(key)) value = jsonIn(*text);
    std::string made; // lives as long as the value
    if (!value && attributes.has(key)) value = jsonIn(made = attributes.text(key));
    if (!value) return;
    if (maxTextBytes == kWholeText)
        to = messagesOfJson(*value, maxTextBytes, &decisions);
    else
        addLastMessagesOf(*value, maxTextBytes, to, &decisions);
    for (auto& decision : decisions) {
        decision.stepId = out.step.nativeId;
        decision.time = out.step.start;
        out.decisions.push_back(std::move(decision));
    }
}

void Reading::fillFlatMessages(std::vector<Message>& to, std::string_view prefix) const
{
    if (!to.empty()) return;
    std::map<std::uint32_t, FlatMessage> found;
    attributes.eachBelow(prefix, [&](std::string_view key, std::string_view text) {
        if (const auto place = indexed(key)) found[place->first].set(place->second, text, maxTextBytes);
    });
    to.reserve(found.size());
    for (auto& [index, message] : found) to.push_back(message.take(maxTextBytes));
}

void Reading::tokens(std::int64_t prompt, std::int64_t completion) const
{
    if (out.step.promptTokens == 0) out.step.promptTokens = std::max<std::int64_t>(0, prompt);
    if (out.step.completionTokens == 0) out.step.completionTokens = std::max<std::int64_t>(0, completion);
}

void readOpenInference(Reading& reading)
{
    const auto& attributes = reading.attributes;
    const auto kind = attributes.view("openinference.span.kind");
    if (!kind && !attributes.has("llm.model_name") && !attributes.has("input.value") && !attributes.has("output.value")) return;
    if (kind) {
        reading.dialect("openinference");
        reading.kind(openinference::kindOf(*kind));
    }
    auto& out = reading.out;
    const auto fillList = [&](std::vector<Message>& to, const AttributeKey& key) {
        if (!to.empty()) return;
        if (const auto list = attributes.json(key))
            to = openinference::messageList(*list);
        else
            reading.fillFlatMessages(to, std::string(key.text()) + ".");
    };
    fillList(out.input, "llm.input_messages");
    fillList(out.output, "llm.output_messages");
    reading.fillText(out.inputText, {"input.value"});
    out.hasOutput = out.hasOutput || attributes.has("output.value");
    if (out.step.kind == StepKind::Retriever || out.step.kind == StepKind::Reranker) {
        std::string documents;
        for (const std::string_view prefix : {"retrieval.documents.", "reranker.output_documents."})
            attributes.eachBelow(prefix, [&](std::string_view key, std::string_view text) {
                if (!key.ends_with("document.content")) return;
                documents += (documents.empty() ? "" : "\n\n") + std::string(text);
            });
        if (const auto list = attributes.json("retrieval.documents")) documents = openinference::documentList(*list);
        if (!documents.empty()) out.outputText = cut(documents, reading.maxTextBytes);
    }
    reading.fillText(out.outputText, {"output.value"});
    reading.fillId(out.step.model, {"llm.model_name", "embedding.model_name", "reranker.model_name"});
    reading.fillId(out.step.toolName, {"tool.name"});
    if (out.step.kind == StepKind::Tool) reading.fillText(out.inputText, {"tool_call.function.arguments", "tool.parameters"});
    reading.tokens(attributes.integer("llm.token_count.prompt"), attributes.integer("llm.token_count.completion"));
    if (!out.costUsd) out.costUsd = attributes.number("llm.cost.total");
    reading.fillId(out.agentName, {"agent.name"});
}

void readOpenLlmetry(Reading& reading)
{
    const auto& attributes = reading.attributes;
    const bool hasPrompts = attributes.has("gen_ai.prompt.0.role") || attributes.has("gen_ai.prompt.0.content") ||
                            attributes.has("gen_ai.completion.0.role") || attributes.has("gen_ai.completion.0.content") ||
                            attributes.has("llm.prompts.0.content") || attributes.has("llm.completions.0.content");
    const auto kind = attributes.view("traceloop.span.kind");
    const auto request = attributes.view("llm.request.type");
    if (!hasPrompts && !kind && !request && !attributes.has("traceloop.entity.name") &&
        !attributes.has("traceloop.workflow.name"))
        return;
    reading.dialect("openllmetry");
    if (kind) {
        if (*kind == "workflow" || *kind == "task") reading.kind(StepKind::Chain);
        if (*kind == "agent") reading.kind(StepKind::Agent);
        if (*kind == "tool") reading.kind(StepKind::Tool);
    }
    if (request) {
        if (*request == "chat" || *request == "completion") reading.kind(StepKind::Llm);
        if (*request == "embedding") reading.kind(StepKind::Embedding);
        if (*request == "rerank") reading.kind(StepKind::Reranker);
    }
    if (hasPrompts) reading.kind(StepKind::Llm);
    auto& out = reading.out;
    reading.fillFlatMessages(out.input, "gen_ai.prompt.");
    reading.fillFlatMessages(out.output, "gen_ai.completion.");
    reading.fillFlatMessages(out.input, "llm.prompts.");
    reading.fillFlatMessages(out.output, "llm.completions.");
    reading.fillText(out.inputText, {"traceloop.entity.input"});
    reading.fillText(out.outputText, {"traceloop.entity.output"});
    out.hasOutput = out.hasOutput || attributes.has("traceloop.entity.output");
    if (out.step.kind == StepKind::Tool) reading.fillId(out.step.toolName, {"traceloop.entity.name"});
    if (out.step.kind == StepKind::Agent) reading.fillId(out.agentName, {"traceloop.entity.name"});
    reading.fillId(out.step.model, {"llm.response.model", "llm.request.model"});
    reading.tokens(attributes.firstInteger({"gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"}),
                   attributes.firstInteger({"gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"}));
    reading.fillId(out.sessionId,
                   {"traceloop.association.properties.session_id", "traceloop.association.properties.chat_id",
                    "traceloop.association.properties.thread_id", "traceloop.association.properties.conversation_id"});
    reading.fillId(out.userId, {"traceloop.association.properties.user_id", "traceloop.association.properties.user"});
}

void readGenAi(Reading& reading)
{
    const auto& attributes = reading.attributes;
    auto& out = reading.out;
    for (const SpanEvent& event : reading.span.events)
        if (event.name.starts_with("gen_ai.evaluation")) addEvaluation(reading, event.attributes, event.time);
    const bool hasEvents =
        std::ranges::any_of(reading.span.events, [](const auto& event) { return event.name.starts_with("gen_ai."); });
    if (!hasEvents && !attributes.hasPrefix("gen_ai.")) return;
    const auto operation = attributes.view("gen_ai.operation.name");
    if (operation || attributes.has("gen_ai.system") || attributes.has("gen_ai.provider.name") || hasEvents)
        reading.dialect("gen_ai");
    if (operation) reading.kind(kindOfOperation(*operation));
    if (attributes.has("gen_ai.evaluation.name")) {
        reading.kind(StepKind::Evaluator);
        addEvaluation(reading, attributes, reading.span.end);
    }
    if (attributes.has("gen_ai.tool.name") && !attributes.has("gen_ai.request.model")) reading.kind(StepKind::Tool);
    if (attributes.has("gen_ai.response.model") || attributes.has("gen_ai.request.model")) reading.kind(StepKind::Llm);
    reading.fillMessages(out.input, "gen_ai.input.messages");
    reading.fillMessages(out.output, "gen_ai.output.messages");
    reading.fillMessages(out.input, "gen_ai.prompt");
    reading.fillMessages(out.output, "gen_ai.completion");
    if (hasEvents) readMessageEvents(reading);
    if (!out.input.empty() && out.input.front().role != "system" && attributes.has("gen_ai.system_instructions")) {
        auto made = messagesOfText("{\"role\":\"system\",\"parts\":" + attributes.text("gen_ai.system_instructions") + "}",
                                   reading.maxTextBytes);
        Message system;
        system.role = "system";
        system.content = made.empty() ? attributes.text("gen_ai.system_instructions") : std::move(made.front().content);
        out.input.insert(out.input.begin(), std::move(system));
    }
    for (auto& message : out.output)
        if (message.role == "user") message.role = "assistant";
    if (out.step.kind == StepKind::Tool) {
        reading.fillId(out.step.toolName, {"gen_ai.tool.name"});
        reading.fillText(out.inputText, {"gen_ai.tool.call.arguments", "gen_ai.tool.input", "gen_ai.tool.arguments"});
        reading.fillText(out.outputText, {"gen_ai.tool.call.result", "gen_ai.tool.output", "gen_ai.tool.message"});
    } else {
        if (out.input.empty()) reading.fillText(out.inputText, {"gen_ai.prompt", "gen_ai.input.messages"});
        if (out.output.empty()) reading.fillText(out.outputText, {"gen_ai.completion", "gen_ai.output.messages"});
    }
    if (out.step.kind == StepKind::Retriever) {
        reading.fillText(out.inputText, {"gen_ai.retrieval.query.text", "gen_ai.retrieval.query"});
        reading.fillText(out.outputText, {"gen_ai.retrieval.documents"});
    }
    if (out.step.kind != StepKind::Tool) reading.fillId(out.step.model, {"gen_ai.response.model", "gen_ai.request.model"});
    reading.tokens(attributes.firstInteger({"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"}),
                   attributes.firstInteger({"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"}));
    if (!out.costUsd) out.costUsd = attributes.number("gen_ai.usage.cost");
    reading.fillId(out.agentName, {"gen_ai.agent.name"});
    reading.fillId(out.sessionId, {"gen_ai.conversation.id"});
}

} // namespace tackroom::spandialects
