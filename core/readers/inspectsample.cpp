// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/inspectsample.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"

#include <algorithm>
#include <cctype>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxMessages = 200'000;
constexpr std::size_t kMaxResolvedBytes = std::size_t{64} << 20;
constexpr std::string_view kReference = "attachment://";

std::string jsonEscaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\', out += c;
        else if (c == '\n')
            out += "\\n";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += formatText("\\u{:04x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

/// What the sample was asked: a text, or the last thing that the user says in a list of messages.
std::string taskOf(Value sample, const InspectAttachments& attachments)
{
    const auto input = member(sample, "input");
    if (!isArray(input)) return attachments.text(input);
    std::string task;
    for (const Value message : simdjson::dom::array(*input))
        if (stringOf(member(message, "role")).value_or("") == "user") task = attachments.text(member(message, "content"));
    return task;
}

void addUsage(Value sample, Run& run)
{
    simdjson::dom::object models;
    const auto usage = member(sample, "model_usage");
    if (!usage || usage->get(models) != simdjson::SUCCESS) return;
    for (const auto& [name, each] : models) {
        const std::int64_t input = integerOf(member(each, "input_tokens")), output = integerOf(member(each, "output_tokens"));
        const std::int64_t cached =
            integerOf(member(each, "input_tokens_cache_read")) + integerOf(member(each, "input_tokens_cache_write"));
        // Some providers count what came from the cache within the input, some beside it; the total tells which.
        run.promptTokens +=
            input + (cached > 0 && integerOf(member(each, "total_tokens")) == input + output + cached ? cached : 0);
        run.completionTokens += output;
        if (const auto cost = numberOf(member(each, "total_cost"))) run.costUsd = run.costUsd.value_or(0) + *cost;
    }
}

void setHarness(const InspectLog& log, Run& run)
{
    if (log.commit.empty()) return;
    run.harnessVersion = cut(log.commit, kStepTextBytes);
    run.harnessVersionSource = std::string("commit key: eval.revision.commit") + (log.dirty ? " (with changes beside it)" : "");
}

/// Tool messages of a log without events name their error in a member of their own.
void addStepsFromMessages(ParsedRun& run, const std::vector<std::string>& errors)
{
    ConversationRules rules;
    rules.isError = [&](const Message& message) {
        const auto at = static_cast<std::size_t>(&message - run.conversation.data());
        return at < errors.size() && !errors[at].empty();
    };
    addConversationSteps(run, rules);
    std::map<std::string, std::size_t, std::less<>> stepAt;
    for (std::size_t i = 0; i < run.record.steps.size(); ++i) stepAt.emplace(run.record.steps[i].nativeId, i);
    for (std::size_t i = 0; i < run.conversation.size(); ++i) {
        Message& message = run.conversation[i];
        if (message.role != "tool") continue;
        if (message.stepId.empty()) { // no assistant said the call
            Step step;
            step.nativeId = message.stepId = formatText("t{}", i);
            step.kind = StepKind::Tool;
            step.toolName = step.name = message.name.empty() ? "tool" : cut(message.name, kStepTextBytes);
            step.result = cut(message.content, kToolTextBytes);
            step.status = errors[i].empty() ? StepStatus::Ok : StepStatus::Error;
            stepAt.emplace(step.nativeId, run.record.steps.size());
            run.record.steps.push_back(std::move(step));
        }
        const auto found = stepAt.find(message.stepId);
        const auto colon = errors[i].find(": ");
        if (found == stepAt.end() || colon == std::string::npos) continue;
        Step& step = run.record.steps[found->second];
        step.errorType = errors[i].substr(0, colon);
        step.errorText = cut(std::string_view(errors[i]).substr(colon + 2), kStepTextBytes);
    }
}

void readMessages(Value sample, const InspectAttachments& attachments, ParsedRun& run, std::vector<std::string>& errors)
{
    const auto messages = member(sample, "messages");
    if (!isArray(messages)) return;
    for (const Value value : simdjson::dom::array(*messages)) {
        if (run.conversation.size() >= kMaxMessages) break;
        run.conversation.push_back(attachments.message(value));
        const auto error = member(value, "error");
        errors.push_back(isObject(error) ? textOf(member(*error, "type")) + ": " + textOf(member(*error, "message"))
                                         : std::string());
    }
}

/// An error that halted the sample; of a summary it is a text.
void addSampleError(Value sample, ParsedRun& run)
{
    auto& steps = run.record.steps;
    const auto error = member(sample, "error");
    if (error && !error->is_null()) {
        run.record.run.status = StepStatus::Error;
        if (std::ranges::none_of(steps, [](const Step& each) { return each.name == "error"; })) {
            Step step;
            step.nativeId = "error";
            step.name = "error";
            step.status = StepStatus::Error;
            step.errorText = cut(textOf(isObject(error) ? member(*error, "message") : error), kStepTextBytes);
            step.start = step.end = run.record.run.end;
            steps.push_back(std::move(step));
        }
    }
    const auto limit = member(sample, "limit");
    const std::string type = textOf(isObject(limit) ? member(*limit, "type") : limit);
    if (type.empty() || std::ranges::any_of(steps, [](const Step& each) { return each.name == "limit"; })) return;
    Step step;
    step.nativeId = "limit";
    step.name = "limit";
    step.status = StepStatus::Error;
    step.errorType = cut("limit: " + type, kStepTextBytes);
    step.errorText = cut(formatText("halted by the {} limit {}", type, isObject(limit) ? textOf(member(*limit, "limit")) : ""),
                         kStepTextBytes);
    step.start = step.end = run.record.run.end;
    steps.push_back(std::move(step));
}

std::string answerOf(Value sample, const InspectAttachments& attachments, const ParsedRun& run)
{
    if (const auto choices = at(sample, "output.choices"); isArray(choices))
        for (const Value choice : simdjson::dom::array(*choices)) {
            std::string text = attachments.text(at(choice, "message.content"));
            if (!trimmed(text).empty()) return text;
            break;
        }
    for (auto message = run.conversation.rbegin(); message != run.conversation.rend(); ++message)
        if (message->role == "assistant" && !trimmed(message->content).empty()) return message->content;
    return {};
}

} // namespace

void InspectLog::readEval(Value eval)
{
    known = true;
    runId = textOf(member(eval, "run_id"));
    taskId = textOf(member(eval, "task_id"));
    evalId = textOf(member(eval, "eval_id"));
    task = textOf(member(eval, "task"));
    solver = textOf(member(eval, "solver"));
    commit = textOf(at(eval, "revision.commit"));
    dirty = textOf(at(eval, "revision.dirty")) == "true";
    created = timeOf(member(eval, "created"));
    const auto scorers = member(eval, "scorers");
    if (!isArray(scorers)) return;
    for (const Value scorer : simdjson::dom::array(*scorers)) {
        const std::string metrics = textOf(member(scorer, "metrics"));
        scorerIsAccuracy[textOf(member(scorer, "name"))] =
            metrics.find("accuracy\"") != std::string::npos || metrics.empty() || metrics == "[]";
    }
}

void InspectLog::readHeader(Value header)
{
    version = integerOf(member(header, "version"));
    if (const auto eval = member(header, "eval"); isObject(eval)) readEval(*eval);
    if (solver.empty()) solver = textOf(at(header, "plan.name"));
    if (solver == "plan") solver.clear(); // upstream's word for none
    completed = timeOf(at(header, "stats.completed_at"));
    // Logs before eval.scorers name the metrics with the results.
    const auto scores = at(header, "results.scores");
    if (!isArray(scores)) return;
    for (const Value score : simdjson::dom::array(*scores))
        scorerIsAccuracy.try_emplace(textOf(member(score, "name")),
                                     !isObject(member(score, "metrics")) || at(score, "metrics.accuracy").has_value());
}

std::string InspectLog::nativeIdOf(Value sample) const
{
    return formatText("{}/{}/{}/{}", runId, taskId, cut(textOf(member(sample, "id")), 1000),
                      integerOf(member(sample, "epoch")));
}

InspectAttachments::InspectAttachments(Value sample) : m_attachments(member(sample, "attachments"))
{
    if (!isObject(m_attachments)) m_attachments.reset();
}

std::string InspectAttachments::replaced(std::string text, bool asJson) const
{
    if (!m_attachments || text.find(kReference) == std::string::npos) return text;
    std::string out;
    std::size_t from = 0;
    for (auto at = text.find(kReference); at != std::string::npos; at = text.find(kReference, from)) {
        const std::size_t name = at + kReference.size();
        std::size_t end = name;
        while (end < text.size() && end - name < 128 && (std::isalnum(static_cast<unsigned char>(text[end])) != 0)) ++end;
        const auto found = stringOf(member(*m_attachments, std::string_view(text).substr(name, end - name)));
        out += std::string_view(text).substr(from, at - from);
        if (found && out.size() + found->size() <= kMaxResolvedBytes)
            out += asJson ? jsonEscaped(*found) : std::string(*found);
        else
            out += std::string_view(text).substr(at, end - at);
        from = end;
    }
    return out + text.substr(from);
}

std::string InspectAttachments::resolved(std::string text) const { return replaced(std::move(text), false); }
std::string InspectAttachments::resolvedJson(std::string json) const { return replaced(std::move(json), true); }
std::string InspectAttachments::text(std::optional<Value> value) const { return resolved(contentText(value)); }

std::string InspectAttachments::json(std::optional<Value> value) const
{
    if (const auto plain = stringOf(value)) return resolved(std::string(*plain));
    return resolvedJson(textOf(value));
}

Message InspectAttachments::message(Value value) const
{
    Message message = chatMessage(value);
    message.content = resolved(std::move(message.content));
    for (Message::ToolCall& call : message.toolCalls) call.arguments = resolvedJson(std::move(call.arguments));
    if (message.role == "tool" && message.name.empty()) message.name = textOf(member(value, "function"));
    return message;
}

ParsedRun inspectRun(const InspectLog& log, Value sample, bool bodies)
{
    ParsedRun run;
    Run& out = run.record.run;
    const InspectAttachments attachments(sample);
    out.nativeId = log.nativeIdOf(sample);
    out.sessionId = cut(log.evalId.empty() ? log.runId : log.evalId, kStepTextBytes);
    out.project = cut(log.task, kStepTextBytes);
    out.agentName = cut(log.solver, kStepTextBytes);
    setHarness(log, out);
    out.start = timeOf(member(sample, "started_at"));
    out.end = timeOf(member(sample, "completed_at"));
    addUsage(sample, out);
    std::vector<std::string> errors;
    readMessages(sample, attachments, run, errors);
    addInspectEvents(sample, attachments, run, bodies);
    const auto isWork = [](const Step& step) { return step.kind == StepKind::Llm || step.kind == StepKind::Tool; };
    if (std::ranges::none_of(run.record.steps, isWork)) addStepsFromMessages(run, errors);
    addSampleError(sample, run);
    addInspectScores(log, sample, run);
    out.task = cut(taskOf(sample, attachments), kStepTextBytes);
    out.answer = cut(answerOf(sample, attachments, run), kStepTextBytes);
    fillRunFromConversation(run);
    if (out.start == 0) out.start = log.created;
    if (out.end == 0) out.end = log.completed;
    out.end = std::max(out.start, out.end);
    if (out.status == StepStatus::Unset && isObject(member(sample, "output"))) out.status = StepStatus::Ok;
    if (bodies) run.raw = textOf(sample);
    return run;
}

} // namespace tackroom
