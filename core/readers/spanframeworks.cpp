// SPDX-License-Identifier: GPL-3.0-or-later
// The dialects of single frameworks and of the backends' own SDKs.
#include "core/readers/spandialects.h"

#include "core/base/text.h"
#include "core/readers/annotations.h"

#include <algorithm>

namespace tackroom::spandialects
{

using namespace jsonvalues;

namespace
{

/// A member of JSON in a text.
std::optional<double> numberInside(const SpanAttributes& attributes, const AttributeKey& key,
                                   std::initializer_list<std::string_view> members, openinference::Parsers& parsers)
{
    std::optional<Value> value = attributes.json(key);
    if (!value) {
        const std::string text = attributes.text(key);
        if (!text.starts_with('{')) return std::nullopt;
        const auto parsed = parsers.inner.parse(text);
        if (!parsed) return std::nullopt;
        for (const auto name : members)
            if (const auto number = numberOf(member(*parsed, name))) return number;
        return std::nullopt;
    }
    for (const auto name : members)
        if (const auto number = numberOf(member(*value, name))) return number;
    return std::nullopt;
}

StepKind kindOfVercel(std::string_view operation)
{
    if (operation == "ai.toolCall") return StepKind::Tool;
    if (operation.ends_with(".doGenerate") || operation.ends_with(".doStream")) return StepKind::Llm;
    if (operation.ends_with(".doEmbed")) return StepKind::Embedding;
    if (operation.ends_with(".doRerank")) return StepKind::Reranker;
    if (operation == "ai.generateText" || operation == "ai.streamText") return StepKind::Agent;
    return StepKind::Chain;
}

/// `name` of "call_llm", "execute_tool x" …
bool isSpan(std::string_view name, std::string_view word)
{
    return name.starts_with(word) && (name.size() == word.size() || name[word.size()] == ' ');
}

void addLogfireFeedback(Reading& reading)
{
    const auto name = reading.attributes.view("logfire.feedback.name");
    if (!name || name->empty()) return;
    Score score; // who judged is not said
    score.stepId = reading.span.parentId;
    score.name = cut(*name, 512);
    score.value = reading.attributes.number(*name);
    if (!score.value) score.label = cut(reading.attributes.text(*name), 2000);
    score.explanation = cut(reading.attributes.text("logfire.feedback.comment"), 2000);
    score.by = cut(reading.attributes.firstText({"user", "user_id", "annotator"}), 512);
    score.time = reading.span.start;
    judgeScore(score);
    reading.out.scores.push_back(std::move(score));
}

} // namespace

void readVercel(Reading& reading)
{
    const auto& attributes = reading.attributes;
    const auto operation = attributes.view("ai.operationId");
    if (!operation && !attributes.has("ai.toolCall.name") && !attributes.has("ai.prompt.messages")) return;
    reading.dialect("vercel");
    if (operation)
        reading.kind(kindOfVercel(*operation));
    else
        reading.kind(attributes.has("ai.toolCall.name") ? StepKind::Tool : StepKind::Llm);
    auto& out = reading.out;
    if (out.step.kind == StepKind::Tool) {
        reading.fillId(out.step.toolName, {"ai.toolCall.name"});
        reading.fillText(out.inputText, {"ai.toolCall.args", "ai.toolCall.input"});
        reading.fillText(out.outputText, {"ai.toolCall.result", "ai.toolCall.output"});
        return;
    }
    reading.fillMessages(out.input, "ai.prompt.messages");
    reading.fillMessages(out.input, "ai.prompt");
    if (out.output.empty()) {
        Message answer;
        answer.role = "assistant";
        const std::string reasoning = attributes.text("ai.response.reasoning");
        if (!reasoning.empty()) answer.content = "[reasoning] " + reasoning + '\n';
        answer.content +=
            attributes.firstText({"ai.response.text", "ai.response.object", "ai.result.text", "ai.result.object"});
        answer.content = cut(answer.content, reading.maxTextBytes);
        std::vector<Message> calls;
        reading.fillMessages(calls, "ai.response.toolCalls");
        reading.fillMessages(calls, "ai.result.toolCalls");
        if (!calls.empty()) answer.toolCalls = std::move(calls.front().toolCalls);
        if (!answer.content.empty() || !answer.toolCalls.empty()) out.output.push_back(std::move(answer));
    }
    reading.fillText(out.inputText, {"ai.value", "ai.values"});
    reading.fillId(out.step.model, {"ai.response.model", "ai.model.id"});
    reading.tokens(attributes.firstInteger({"ai.usage.promptTokens", "ai.usage.inputTokens", "ai.usage.tokens"}),
                   attributes.firstInteger({"ai.usage.completionTokens", "ai.usage.outputTokens"}));
    if (out.step.kind == StepKind::Agent) reading.fillId(out.agentName, {"ai.telemetry.functionId", "resource.name"});
    reading.fillId(out.sessionId, {"ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id",
                                   "ai.telemetry.metadata.threadId", "ai.telemetry.metadata.chatId"});
    reading.fillId(out.userId, {"ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id"});
}

void readAdk(Reading& reading)
{
    const auto& attributes = reading.attributes;
    const std::string_view name = reading.span.name;
    const bool isScope = reading.span.scope == "gcp.vertex.agent";
    if (!isScope && !attributes.hasPrefix("gcp.vertex.agent.")) return;
    reading.dialect("adk");
    auto& out = reading.out;
    if (isSpan(name, "call_llm"))
        reading.kind(StepKind::Llm);
    else if (isSpan(name, "execute_tool") || isSpan(name, "tool_response") || attributes.has("gcp.vertex.agent.tool_call_args"))
        reading.kind(StepKind::Tool);
    else if (isSpan(name, "agent_run") || isSpan(name, "invoke_agent"))
        reading.kind(StepKind::Agent);
    else if (isSpan(name, "invocation"))
        reading.kind(StepKind::Chain);
    reading.fillId(out.sessionId, {"gcp.vertex.agent.session_id"});
    if (out.step.kind == StepKind::Tool) {
        reading.fillText(out.inputText, {"gcp.vertex.agent.tool_call_args"});
        reading.fillText(out.outputText, {"gcp.vertex.agent.tool_response"});
        if (isSpan(name, "execute_tool") && name.size() > 13 && !attributes.has("gen_ai.tool.name"))
            out.step.toolName = cut(name.substr(13), 512);
    } else if (out.step.kind == StepKind::Llm) {
        reading.fillMessages(out.input, "gcp.vertex.agent.llm_request");
        reading.fillMessages(out.output, "gcp.vertex.agent.llm_response");
    } else if (isSpan(name, "agent_run") && name.size() > 12 && out.agentName.empty())
        out.agentName = cut(name.substr(11, name.size() - 12), 512); // agent_run [name]
}

void readPydantic(Reading& reading)
{
    const auto& attributes = reading.attributes;
    addLogfireFeedback(reading);
    const bool isScope = reading.span.scope == "pydantic-ai";
    if (!isScope && !attributes.has("all_messages_events") && !attributes.has("pydantic_ai.all_messages") &&
        !attributes.has("tool_response") && !(attributes.has("events") && attributes.has("gen_ai.operation.name")))
        return;
    reading.dialect("pydantic-ai");
    auto& out = reading.out;
    const bool isAgent = attributes.has("agent_name") || attributes.has("all_messages_events") ||
                         attributes.has("pydantic_ai.all_messages") || attributes.has("final_result");
    if (isAgent)
        reading.kind(StepKind::Agent);
    else if (attributes.has("gen_ai.tool.name"))
        reading.kind(StepKind::Tool);
    if (out.step.kind == StepKind::Agent) {
        reading.fillId(out.agentName, {"agent_name", "gen_ai.agent.name"});
        reading.fillId(out.step.model, {"model_name"});
        reading.fillMessages(out.input, "pydantic_ai.all_messages");
        reading.fillMessages(out.input, "all_messages_events");
        if (attributes.has("final_result")) {
            reading.fillText(out.outputText, {"final_result"});
            out.hasOutput = true;
        }
    } else if (out.step.kind == StepKind::Tool) {
        reading.fillText(out.inputText, {"tool_arguments"});
        reading.fillText(out.outputText, {"tool_response"});
    } else if (out.input.empty() && attributes.has("events")) {
        reading.fillMessages(out.input, "events");
        // The last one is the choice: what the model said.
        if (!out.input.empty() && out.input.back().role == "assistant" && out.output.empty()) {
            out.output.push_back(std::move(out.input.back()));
            out.input.pop_back();
        }
    }
    if (!out.costUsd) out.costUsd = attributes.number("operation.cost");
}

void readAgentFramework(Reading& reading)
{
    const std::string_view scope = reading.span.scope, name = reading.span.name;
    const bool isScope =
        scope == "agent_framework" || scope.contains("Microsoft.Agents.AI") || scope.contains("Microsoft.Extensions.AI");
    if (!isScope && !reading.attributes.has("executor.id") && !reading.attributes.has("workflow.id")) return;
    reading.dialect("agent-framework");
    if (isSpan(name, "executor.process") || isSpan(name, "workflow.run") || name == "workflow_invoke" ||
        name == "workflow.session" || name == "workflow.build" || name == "message.send" ||
        name.starts_with("edge_group.process"))
        reading.kind(StepKind::Chain);
    auto& out = reading.out;
    if (isSpan(name, "workflow.run") || name == "workflow_invoke") reading.fillId(out.agentName, {"workflow.name"});
    reading.fillText(out.inputText, {"executor.input", "message.content"});
    reading.fillText(out.outputText, {"executor.output"});
}

void readAnyAgent(Reading& reading)
{
    const auto& attributes = reading.attributes;
    if (!attributes.has("gen_ai.output") && !attributes.has("gen_ai.tool.args") && !attributes.has("any_agent.version")) return;
    reading.dialect("any-agent");
    auto& out = reading.out;
    const std::string operation = attributes.text("gen_ai.operation.name");
    if (operation == "execute_tool") {
        reading.kind(StepKind::Tool);
        reading.fillText(out.inputText, {"gen_ai.tool.args"});
        reading.fillText(out.outputText, {"gen_ai.output"});
    } else if (operation == "call_llm") {
        reading.kind(StepKind::Llm);
        // A list of calls, or what was said: an answer that happens to be JSON is no list of messages.
        const std::string output = attributes.text("gen_ai.output");
        auto made = output.starts_with('[') && output.contains("\"tool.name\"") ? messagesOfText(output, reading.maxTextBytes)
                                                                                : std::vector<Message>();
        if (made.size() == 1 && !made[0].toolCalls.empty())
            out.output = std::move(made);
        else if (attributes.has("gen_ai.output")) {
            Message message;
            message.role = "assistant";
            message.content = cut(output, reading.maxTextBytes);
            out.output.push_back(std::move(message));
        }
    }
    const auto input = attributes.number("gen_ai.usage.input_cost"), output = attributes.number("gen_ai.usage.output_cost");
    if (!out.costUsd && (input || output)) out.costUsd = input.value_or(0) + output.value_or(0);
}

void readBackends(Reading& reading)
{
    const auto& attributes = reading.attributes;
    auto& out = reading.out;
    if (attributes.has("mlflow.spanType") || attributes.has("mlflow.spanInputs")) {
        reading.dialect("mlflow");
        std::string type = asciiLower(attributes.text("mlflow.spanType"));
        std::erase(type, '"'); // JSON in a text
        reading.kind(type == "chat_model" ? StepKind::Llm : stepKindOf(type));
        reading.fillText(out.inputText, {"mlflow.spanInputs"});
        reading.fillText(out.outputText, {"mlflow.spanOutputs"});
        out.hasOutput = out.hasOutput || attributes.has("mlflow.spanOutputs");
        reading.tokens(static_cast<std::int64_t>(
                           numberInside(attributes, "mlflow.chat.tokenUsage", {"input_tokens"}, reading.parsers).value_or(0)),
                       static_cast<std::int64_t>(
                           numberInside(attributes, "mlflow.chat.tokenUsage", {"output_tokens"}, reading.parsers).value_or(0)));
    }
    if (attributes.hasPrefix("langfuse.")) {
        const std::string type = attributes.text("langfuse.observation.type");
        if (!type.empty()) reading.dialect("langfuse");
        if (type != "span" && type != "event") reading.kind(type == "generation" ? StepKind::Llm : stepKindOf(type));
        reading.fillText(out.inputText, {"langfuse.observation.input", "langfuse.trace.input"});
        reading.fillText(out.outputText, {"langfuse.observation.output", "langfuse.trace.output"});
        out.hasOutput = out.hasOutput || attributes.has("langfuse.observation.output");
        reading.fillId(out.step.model, {"langfuse.observation.model.name"});
        reading.fillId(out.sessionId, {"langfuse.session.id"});
        reading.fillId(out.userId, {"langfuse.user.id"});
        reading.tokens(static_cast<std::int64_t>(numberInside(attributes, "langfuse.observation.usage_details",
                                                              {"input", "input_tokens"}, reading.parsers)
                                                     .value_or(0)),
                       static_cast<std::int64_t>(numberInside(attributes, "langfuse.observation.usage_details",
                                                              {"output", "output_tokens"}, reading.parsers)
                                                     .value_or(0)));
        if (!out.costUsd)
            out.costUsd = numberInside(attributes, "langfuse.observation.cost_details", {"total"}, reading.parsers);
    }
    if (const auto kind = attributes.view("langsmith.span.kind")) {
        reading.dialect("langsmith");
        reading.kind(stepKindOf(*kind));
        reading.fillId(out.sessionId, {"langsmith.trace.session_id", "langsmith.metadata.thread_id"});
    }
}

} // namespace tackroom::spandialects
