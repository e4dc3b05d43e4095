// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/conversation.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/bodybudget.h"

#include <algorithm>
#include <unordered_map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

/// The longest text that a list of content parts is joined to.
constexpr std::size_t kMaxContentBytes = std::size_t{16} << 20;

bool beginsWithError(const Message& message) { return message.content.starts_with("Error"); }

Step llmStep(const std::vector<Message>& messages, std::size_t index)
{
    Step step;
    step.nativeId = formatText("m{}", index);
    step.kind = StepKind::Llm;
    step.name = "assistant";
    step.outputText = cut(messages[index].content, kStepTextBytes);
    if (index > 0) step.inputText = cut(messages[index - 1].content, kStepTextBytes);
    return step;
}

/// Tool messages by the call that they name, the first one last; what is behind the caller or used is dropped for good.
using ByCall = std::unordered_map<std::string_view, std::vector<std::size_t>>;

/// What a call got back: the message behind it that names the call, else the first unused tool message that names none before
/// the next assistant message; 0 where there is neither.
std::size_t resultOf(const std::vector<Message>& messages, std::size_t caller, const Message::ToolCall& call,
                     const std::vector<bool>& used, ByCall& byCall)
{
    if (const auto named = call.id.empty() ? byCall.end() : byCall.find(call.id); named != byCall.end()) {
        std::vector<std::size_t>& left = named->second;
        while (!left.empty() && (left.back() <= caller || used[left.back()])) left.pop_back();
        if (!left.empty()) return left.back();
    }
    for (std::size_t i = caller + 1; i < messages.size() && messages[i].role != "assistant"; ++i) {
        // One that names another call is that one's, even if it came first.
        const bool free = call.id.empty() || messages[i].toolCallId.empty();
        if (messages[i].role == "tool" && !used[i] && free) return i;
    }
    return 0;
}

Step toolStep(const Step& parent, std::size_t number, const Message::ToolCall& call, const Message* result,
              const ConversationRules& rules)
{
    Step step;
    step.nativeId = formatText("{}.c{}", parent.nativeId, number);
    step.parentId = parent.nativeId;
    step.kind = StepKind::Tool;
    step.toolName = cut(call.name.empty() && result ? result->name : call.name, kStepTextBytes);
    step.name = step.toolName.empty() ? "tool" : step.toolName;
    step.arguments = cut(call.arguments, kToolTextBytes);
    if (result) {
        step.result = cut(result->content, kToolTextBytes);
        const bool isError = rules.isError ? rules.isError(*result) : beginsWithError(*result);
        step.status = isError ? StepStatus::Error : StepStatus::Ok;
        if (isError) step.errorText = cut(result->content, kStepTextBytes);
    }
    return step;
}

std::string partText(Value part)
{
    if (const auto text = stringOf(part)) return std::string(*text);
    if (!isObject(part)) return textOf(part);
    if (const auto text = stringOf(member(part, "text"))) return std::string(*text);
    const auto type = stringOf(member(part, "type")).value_or("");
    if (type == "thinking" || type == "reasoning")
        return textOf(member(part, "thinking") ? member(part, "thinking") : member(part, "reasoning"));
    if (type.starts_with("image") || type == "input_image") return "[image]";
    if (type.starts_with("audio") || type == "input_audio") return "[audio]";
    if (type == "file" || type == "document" || type == "video") return formatText("[{}]", type);
    if (const auto inner = member(part, "content")) return contentText(inner);
    return textOf(part);
}

Message::ToolCall toolCall(Value value)
{
    Message::ToolCall call;
    call.id = textOf(member(value, "id"));
    const auto function = member(value, "function");
    const Value from = isObject(function) ? *function : value;
    call.name = textOf(member(from, "name"));
    if (call.name.empty() && !isObject(function)) call.name = textOf(function); // Inspect: {"function": "bash"}
    for (const auto key : {"arguments", "args", "input"})
        if (const auto arguments = member(from, key)) {
            call.arguments = textOf(arguments);
            break;
        }
    return call;
}

/// The call that a tool step stands for, by "m<i>.c<n>".
const Message::ToolCall* callOf(const ParsedRun& run, const std::string& stepId)
{
    const auto dot = stepId.rfind(".c");
    if (dot == std::string::npos) return nullptr;
    std::size_t number = 0;
    for (const char c : std::string_view(stepId).substr(dot + 2)) {
        if (c < '0' || c > '9' || number > 1'000'000) return nullptr;
        number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    for (const Message& message : run.conversation)
        if (message.role == "assistant" && message.stepId == std::string_view(stepId).substr(0, dot))
            return number >= 1 && number <= message.toolCalls.size() ? &message.toolCalls[number - 1] : nullptr;
    return nullptr;
}

Body toolBody(const ParsedRun& run, const Step& step, BodyBudget& budget)
{
    Body body;
    const Message::ToolCall* call = callOf(run, step.nativeId);
    body.input = budget.take(call ? std::string_view(call->arguments) : std::string_view(step.arguments));
    for (const Message& message : run.conversation)
        if (message.role == "tool" && message.stepId == step.nativeId) {
            body.output = budget.take(message.content);
            return body;
        }
    body.output = budget.take(step.result);
    return body;
}

} // namespace

void addConversationSteps(ParsedRun& run, const ConversationRules& rules)
{
    std::vector<Message>& messages = run.conversation;
    std::vector<bool> used(messages.size());
    ByCall byCall;
    for (std::size_t i = messages.size(); i-- > 0;)
        if (messages[i].role == "tool" && !messages[i].toolCallId.empty()) byCall[messages[i].toolCallId].push_back(i);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role != "assistant") continue;
        const Step parent = llmStep(messages, i);
        messages[i].stepId = parent.nativeId;
        run.record.steps.push_back(parent);
        std::size_t number = 1;
        const auto add = [&](const Message::ToolCall& call, std::size_t result) {
            run.record.steps.push_back(toolStep(parent, number++, call, result ? &messages[result] : nullptr, rules));
            if (!result) return;
            used[result] = true;
            messages[result].stepId = run.record.steps.back().nativeId;
        };
        for (const auto& call : messages[i].toolCalls) add(call, resultOf(messages, i, call, used, byCall));
        // Results without a recorded call.
        for (std::size_t k = i + 1; k < messages.size() && messages[k].role != "assistant"; ++k)
            if (messages[k].role == "tool" && !used[k]) add({}, k);
    }
}

void fillRunFromConversation(ParsedRun& run)
{
    Run& out = run.record.run;
    for (const Message& message : run.conversation) {
        if (message.role != "user") continue;
        if (out.task.empty()) out.task = cut(message.content, kStepTextBytes);
    }
    if (out.answer.empty())
        for (const Message& message : run.conversation)
            if (message.role == "assistant" && !trimmed(message.content).empty())
                out.answer = cut(message.content, kStepTextBytes);
    const bool countTokens = out.promptTokens == 0 && out.completionTokens == 0;
    for (const Step& step : run.record.steps) {
        if (step.start && (out.start == 0 || step.start < out.start)) out.start = step.start;
        out.end = std::max({out.end, step.start, step.end});
        if (!countTokens) continue;
        out.promptTokens += step.promptTokens;
        out.completionTokens += step.completionTokens;
    }
    out.stepCount = static_cast<std::int64_t>(run.record.steps.size());
    out.errorCount = std::ranges::count(run.record.steps, StepStatus::Error, &Step::status);
}

Result<Body> bodyOf(const ParsedRun& run, const std::string& stepId, std::uint64_t maxBytes)
{
    BodyBudget budget(maxBytes);
    Body body;
    std::size_t upTo = run.conversation.size();
    const StepTexts* texts = nullptr;
    if (!stepId.empty()) {
        const auto step = std::ranges::find(run.record.steps, stepId, &Step::nativeId);
        if (step == run.record.steps.end()) return fail(ErrorCode::NotFound, stepId, "there is no such step in the run");
        const auto found = run.texts.find(stepId);
        if (found != run.texts.end()) texts = &found->second;
        const auto said = std::ranges::find_if(
            run.conversation, [&](const Message& each) { return each.stepId == stepId && each.role != "tool"; });
        if (!texts && said == run.conversation.end()) {
            body = toolBody(run, *step, budget);
            body.omittedBytes = budget.omittedBytes();
            return body;
        }
        upTo = static_cast<std::size_t>(said - run.conversation.begin()) + 1;
    }
    if (texts) {
        for (const Message& message : texts->messages) body.messages.push_back(budget.take(message));
        body.input = budget.take(texts->input);
        body.output = budget.take(texts->output);
        body.raw = budget.take(texts->raw);
    } else {
        for (std::size_t i = 0; i < upTo; ++i) body.messages.push_back(budget.take(run.conversation[i]));
        if (stepId.empty()) body.raw = budget.take(run.raw);
    }
    body.omittedBytes = budget.omittedBytes();
    return body;
}

std::string contentText(std::optional<Value> content)
{
    if (!content) return {};
    if (const auto text = stringOf(content)) return std::string(*text);
    if (!isArray(content)) return isObject(content) ? partText(*content) : textOf(content);
    std::string text;
    for (const Value part : simdjson::dom::array(*content)) {
        const std::string next = isArray(part) ? textOf(part) : partText(part);
        if (next.empty()) continue;
        if (!text.empty()) text += '\n';
        text += next;
        if (text.size() > kMaxContentBytes) break;
    }
    return text;
}

Message chatMessage(Value value)
{
    Message message;
    message.role = textOf(member(value, "role"));
    message.content = contentText(member(value, "content"));
    message.name = textOf(member(value, "name"));
    message.toolCallId = textOf(member(value, "tool_call_id"));
    if (const auto calls = member(value, "tool_calls"); isArray(calls))
        for (const Value call : simdjson::dom::array(*calls)) message.toolCalls.push_back(toolCall(call));
    return message;
}

} // namespace tackroom
