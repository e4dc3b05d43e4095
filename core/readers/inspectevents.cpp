// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/inspectsample.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxSteps = 500'000;
/// Of all that the model calls of one run sent.
constexpr std::size_t kMaxMessageBytes = std::size_t{128} << 20;
/// Events within tool calls and subtasks, of logs before 2025, may nest.
constexpr int kMaxNesting = 12;

StepKind kindOfSpan(std::string_view type)
{
    if (type == "agent" || type == "handoff") return StepKind::Agent;
    if (type == "scorer" || type == "scorers") return StepKind::Evaluator;
    return type == "tool" ? StepKind::Tool : StepKind::Chain;
}

std::optional<DecisionKind> decisionKindOf(std::string_view decision)
{
    if (decision == "approve" || decision == "continue") return DecisionKind::Approve;
    if (decision == "modify") return DecisionKind::Edit;
    if (decision == "reject" || decision == "terminate") return DecisionKind::Reject;
    if (decision == "escalate") return DecisionKind::Answer;
    return std::nullopt;
}

class EventReader
{
public:
    EventReader(Value sample, const InspectAttachments& attachments, ParsedRun& run, bool bodies)
        : m_attachments(attachments), m_run(run), m_bodies(bodies)
    {
        readIds(member(sample, "messages"));
        // Three generations of one thing: messages that several calls sent, kept once.
        for (const auto& pool : {member(sample, "message_pool"), at(sample, "events_data.messages")})
            if (isArray(pool) && m_pool.empty())
                for (const Value message : simdjson::dom::array(*pool)) m_pool.push_back(message);
    }

    void readAll(Value events, const std::string& prefix, const std::string& parent, int nesting)
    {
        if (!isArray(events) || nesting > kMaxNesting) return;
        const auto opened = m_open.size();
        joinToolSpans(events, prefix);
        std::size_t index = 0;
        for (const Value event : simdjson::dom::array(events)) {
            const std::string id = formatText("{}{}", prefix, index++);
            if (steps().size() < kMaxSteps) read(event, id, parent, nesting);
        }
        m_open.resize(std::min(opened, m_open.size()));
    }

    /// Decisions name a tool call that may come after them.
    void finish()
    {
        for (const auto& [index, call] : m_callOfDecision)
            if (const auto step = m_stepOfCall.find(call); step != m_stepOfCall.end())
                m_run.record.decisions[index].stepId = step->second;
    }

private:
    [[nodiscard]] std::vector<Step>& steps() { return m_run.record.steps; }

    void readIds(std::optional<Value> messages)
    {
        for (std::size_t i = 0; i < m_run.conversation.size(); ++i)
            if (const Message& each = m_run.conversation[i]; each.role == "tool" && !each.toolCallId.empty())
                m_answerOfCall.emplace(each.toolCallId, i);
        if (!isArray(messages)) return;
        std::size_t index = 0;
        for (const Value message : simdjson::dom::array(*messages)) {
            if (index >= m_run.conversation.size()) break;
            if (const auto id = stringOf(member(message, "id"))) m_messageOfId.emplace(*id, index);
            ++index;
        }
    }

    /// The span that a tool call opens lies in the list beside the call's own event: what happens in it belongs to the call.
    void joinToolSpans(Value events, const std::string& prefix)
    {
        std::map<std::pair<std::string, std::string>, std::deque<std::string>> waiting;
        std::size_t index = 0;
        for (const Value event : simdjson::dom::array(events)) {
            const auto type = stringOf(member(event, "event")).value_or("");
            if (type == "span_begin" && stringOf(member(event, "type")).value_or("") == "tool")
                waiting[{textOf(member(event, "parent_id")), textOf(member(event, "name"))}].push_back(
                    textOf(member(event, "id")));
            if (type == "tool")
                if (const auto span = waiting.find({textOf(member(event, "span_id")), textOf(member(event, "function"))});
                    span != waiting.end() && !span->second.empty()) {
                    m_toolOfSpan[span->second.front()] = formatText("{}{}", prefix, index);
                    span->second.pop_front();
                }
            ++index;
        }
    }

    [[nodiscard]] std::string parentOf(std::optional<Value> span, const std::string& parent) const
    {
        const std::string id = textOf(span);
        if (const auto tool = m_toolOfSpan.find(id); tool != m_toolOfSpan.end()) return tool->second;
        if (const auto found = m_stepOfSpan.find(id); found != m_stepOfSpan.end()) return found->second.id;
        return m_open.empty() ? parent : m_open.back().id;
    }

    Step& addStep(Value event, const std::string& id, const std::string& parent, StepKind kind, std::string_view name)
    {
        Step step;
        step.nativeId = id;
        step.parentId = parentOf(member(event, "span_id"), parent);
        if (step.parentId == id) step.parentId = parent;
        step.kind = kind;
        step.name = cut(name, kStepTextBytes);
        step.start = timeOf(member(event, "timestamp"));
        step.end = std::max(step.start, timeOf(member(event, "completed")));
        steps().push_back(std::move(step));
        if (m_bodies) m_run.texts[id].raw = textOf(event);
        return steps().back();
    }

    void read(Value event, const std::string& id, const std::string& parent, int nesting)
    {
        const auto type = stringOf(member(event, "event")).value_or("");
        if (type == "model")
            readModel(event, id, parent);
        else if (type == "tool")
            readTool(event, id, parent, nesting);
        else if (type == "span_begin")
            beginSpan(event, id, parent);
        else if (type == "span_end")
            endSpan(event);
        else if (type == "step")
            readStep(event, id, parent);
        else if (type == "subtask")
            readSubtask(event, id, parent, nesting);
        else if (type == "sandbox")
            readSandbox(event, id, parent);
        else if (type == "input")
            readInput(event, id, parent);
        else if (type == "approval" || type == "review")
            readApproval(event, id, parent);
        else if (type == "interrupt")
            readInterrupt(event, parent);
        else if (type == "error")
            readError(event, id, parent);
        else if (type == "sample_limit")
            readLimit(event, id, parent);
        else if (type == "score")
            readScore(event, parent);
        else if (type == "compaction")
            addStep(event, id, parent, StepKind::Other, "compaction");
    }

    /// The messages that the call sent. Without bodies the last one is enough: each call sends all that was said before it.
    std::vector<Value> inputOf(Value event)
    {
        std::vector<Value> input;
        if (const auto refs = member(event, "input_refs"); isArray(refs)) {
            for (const Value ref : simdjson::dom::array(*refs)) {
                simdjson::dom::array pair;
                if (ref.get(pair) != simdjson::SUCCESS || pair.size() != 2) continue;
                auto from = std::max<std::int64_t>(0, integerOf(pair.at(0).value()));
                const auto to = std::min<std::int64_t>(integerOf(pair.at(1).value()), static_cast<std::int64_t>(m_pool.size()));
                if (!m_bodies) from = std::max(from, to - 1);
                for (auto i = from; i < to && input.size() < kMaxSteps; ++i)
                    input.push_back(m_pool[static_cast<std::size_t>(i)]);
            }
            if (!input.empty()) return input;
        }
        if (const auto own = member(event, "input"); isArray(own))
            for (const Value message : simdjson::dom::array(*own)) input.push_back(message);
        return input;
    }

    void readModel(Value event, const std::string& id, const std::string& parent)
    {
        Step& step = addStep(event, id, parent, StepKind::Llm, stringOf(member(event, "model")).value_or("model"));
        step.model = cut(textOf(member(event, "model")), kStepTextBytes);
        const auto input = inputOf(event);
        if (!input.empty()) step.inputText = cut(m_attachments.text(member(input.back(), "content")), kStepTextBytes);
        step.promptTokens = integerOf(at(event, "output.usage.input_tokens"));
        step.completionTokens = integerOf(at(event, "output.usage.output_tokens"));
        if (step.end == step.start)
            if (const auto seconds = numberOf(at(event, "output.time")); seconds && *seconds > 0 && *seconds < 1e8)
                step.end = step.start + static_cast<UtcNs>(*seconds * 1e9);
        std::string error = m_attachments.text(member(event, "error"));
        if (error.empty()) error = m_attachments.text(at(event, "output.error"));
        step.status = error.empty() ? StepStatus::Ok : StepStatus::Error;
        step.errorText = cut(error, kStepTextBytes);
        std::optional<Message> said;
        std::string saidId;
        if (const auto choices = at(event, "output.choices"); isArray(choices))
            for (const Value choice : simdjson::dom::array(*choices)) {
                if (const auto message = member(choice, "message"); isObject(message)) {
                    said = m_attachments.message(*message);
                    saidId = textOf(member(*message, "id"));
                }
                break;
            }
        if (said) {
            step.outputText = cut(said->content, kStepTextBytes);
            linkSaid(*said, saidId, id);
            said->stepId = id;
        }
        if (m_bodies) addMessages(id, input, std::move(said));
    }

    /// What a call sent and got. Where the calls of a long run repeat too much, the conversation up to the step has to do.
    void addMessages(const std::string& id, const std::vector<Value>& input, std::optional<Message> said)
    {
        StepTexts& texts = m_run.texts[id];
        for (const Value value : input) {
            Message message = m_attachments.message(value);
            m_messageBytes += message.content.size() + sizeof(Message);
            if (m_messageBytes > kMaxMessageBytes) break;
            texts.messages.push_back(std::move(message));
        }
        if (m_messageBytes > kMaxMessageBytes) {
            m_run.texts.erase(id);
            return;
        }
        if (said) texts.messages.push_back(std::move(*said));
    }

    /// Which message of the conversation the call said: by id, else (logs before ids) the next one with the same words.
    void linkSaid(const Message& said, const std::string& saidId, const std::string& step)
    {
        if (const auto known = m_messageOfId.find(saidId); known != m_messageOfId.end()) {
            m_run.conversation[known->second].stepId = step;
            return;
        }
        if (!m_messageOfId.empty()) return;
        constexpr std::size_t kMaxAhead = 200; // a model that the conversation does not know (a grader) is looked for in vain
        for (std::size_t i = m_linked; i < m_run.conversation.size() && i - m_linked < kMaxAhead; ++i) {
            Message& message = m_run.conversation[i];
            if (message.role != "assistant" || message.content != said.content) continue;
            message.stepId = step;
            m_linked = i + 1;
            return;
        }
    }

    void readTool(Value event, const std::string& id, const std::string& parent, int nesting)
    {
        const std::string arguments = m_attachments.json(member(event, "arguments"));
        const std::string result = m_attachments.text(member(event, "result"));
        Step& step = addStep(event, id, parent, StepKind::Tool, stringOf(member(event, "function")).value_or("tool"));
        step.toolName = step.name;
        step.arguments = cut(arguments, kToolTextBytes);
        step.result = cut(result, kToolTextBytes);
        const auto error = member(event, "error");
        const bool failed = isObject(error) || textOf(member(event, "failed")) == "true";
        step.status = failed ? StepStatus::Error : StepStatus::Ok;
        if (isObject(error)) {
            step.errorType = cut(textOf(member(*error, "type")), kStepTextBytes);
            step.errorText = cut(m_attachments.text(member(*error, "message")), kStepTextBytes);
        }
        const std::string call = textOf(member(event, "id"));
        m_stepOfCall.emplace(call, id);
        if (m_bodies) {
            m_run.texts[id].input = arguments;
            m_run.texts[id].output = result;
        }
        if (const auto answer = m_answerOfCall.find(call); answer != m_answerOfCall.end()) {
            m_run.conversation[answer->second].stepId = id;
            m_answerOfCall.erase(answer);
        }
        if (const auto inner = member(event, "events")) readAll(*inner, id + ".", id, nesting + 1);
    }

    struct Opened {
        std::string id;
        std::size_t index = 0;
    };

    void beginSpan(Value event, const std::string& id, const std::string& parent)
    {
        const std::string span = textOf(member(event, "id"));
        if (m_toolOfSpan.contains(span) || m_stepOfSpan.contains(span)) return;
        const auto name = stringOf(member(event, "name")).value_or("span");
        Step& step = addStep(event, id, parent, kindOfSpan(stringOf(member(event, "type")).value_or("")), name);
        step.parentId = parentOf(member(event, "parent_id"), parent);
        m_stepOfSpan[span] = {id, steps().size() - 1};
    }

    void endSpan(Value event)
    {
        const auto span = m_stepOfSpan.find(textOf(member(event, "id")));
        if (span != m_stepOfSpan.end()) endAt(steps()[span->second.index], event);
    }

    static void endAt(Step& step, Value event)
    {
        step.end = std::max(step.end, timeOf(member(event, "timestamp")));
        if (step.status == StepStatus::Unset) step.status = StepStatus::Ok;
    }

    /// The generation before spans: begin and end without ids, nested like brackets.
    void readStep(Value event, const std::string& id, const std::string& parent)
    {
        if (stringOf(member(event, "action")).value_or("") == "end") {
            if (m_open.empty()) return;
            endAt(steps()[m_open.back().index], event);
            m_open.pop_back();
            return;
        }
        const auto kind = kindOfSpan(stringOf(member(event, "type")).value_or(""));
        addStep(event, id, parent, kind, stringOf(member(event, "name")).value_or("step"));
        m_open.push_back({id, steps().size() - 1});
    }

    void readSubtask(Value event, const std::string& id, const std::string& parent, int nesting)
    {
        const auto kind = kindOfSpan(stringOf(member(event, "type")).value_or(""));
        Step& step = addStep(event, id, parent, kind, stringOf(member(event, "name")).value_or("subtask"));
        step.arguments = cut(m_attachments.json(member(event, "input")), kToolTextBytes);
        step.result = cut(m_attachments.text(member(event, "result")), kToolTextBytes);
        if (const auto inner = member(event, "events")) readAll(*inner, id + ".", id, nesting + 1);
    }

    void readSandbox(Value event, const std::string& id, const std::string& parent)
    {
        Step& step = addStep(event, id, parent, StepKind::Other, "sandbox " + textOf(member(event, "action")));
        const auto what = member(event, "cmd") ? member(event, "cmd") : member(event, "file");
        step.arguments = cut(m_attachments.text(what), kToolTextBytes);
        std::string result = m_attachments.text(member(event, "output"));
        // A command that fails is no failure of the agent; its exit code is told.
        if (const auto code = member(event, "result"); code && integerOf(code) != 0)
            result = formatText("exit code {}\n{}", integerOf(code), result);
        step.result = cut(trimmed(result), kToolTextBytes);
    }

    void readInput(Value event, const std::string& id, const std::string& parent)
    {
        const std::string text = m_attachments.text(member(event, "input"));
        Step& step = addStep(event, id, parent, StepKind::Human, "input");
        step.status = StepStatus::Ok;
        step.outputText = cut(text, kStepTextBytes);
        if (m_bodies) m_run.texts[id].output = text;
        HumanDecision decision;
        decision.stepId = id;
        decision.kind = DecisionKind::Answer;
        decision.time = step.start;
        decision.target = "input screen";
        decision.after = step.outputText;
        m_run.record.decisions.push_back(std::move(decision));
    }

    void readApproval(Value event, const std::string& id, const std::string& parent)
    {
        const bool review = member(event, "reviewer").has_value();
        const std::string by = textOf(member(event, review ? "reviewer" : "approver"));
        const std::string word = textOf(member(event, "decision"));
        const auto kind = decisionKindOf(word);
        if (!kind) return;
        const auto call = member(event, "call");
        const std::string name = call ? textOf(member(*call, "function")) : std::string();
        const std::string reason = m_attachments.text(member(event, "explanation"));
        if (by != "human") {
            Step& step = addStep(event, id, parent, StepKind::Guardrail, by.empty() ? "approval" : by);
            step.outputText = cut(reason.empty() ? word : word + ": " + reason, kStepTextBytes);
            step.status = StepStatus::Ok;
            return;
        }
        HumanDecision decision;
        decision.kind = *kind;
        decision.by = by;
        decision.time = timeOf(member(event, "timestamp"));
        decision.target = cut(name.empty() ? "a tool call" : "tool call: " + name, kStepTextBytes);
        if (call) decision.before = cut(m_attachments.json(member(*call, "arguments")), kStepTextBytes);
        decision.after = word;
        if (const auto modified = member(event, "modified"); isObject(modified))
            decision.after = cut(m_attachments.json(member(*modified, "arguments")), kStepTextBytes);
        decision.reason = cut(reason, kStepTextBytes);
        if (call) m_callOfDecision.emplace_back(m_run.record.decisions.size(), textOf(member(*call, "id")));
        m_run.record.decisions.push_back(std::move(decision));
    }

    void readInterrupt(Value event, const std::string& parent)
    {
        if (stringOf(member(event, "source")).value_or("") != "user_cancel") return;
        HumanDecision decision;
        decision.stepId = parentOf(member(event, "span_id"), parent);
        decision.kind = DecisionKind::Reject;
        decision.time = timeOf(member(event, "timestamp"));
        decision.target = cut("what ran: " + textOf(member(event, "interrupted")), kStepTextBytes);
        decision.after = "cancelled by the user";
        if (const auto call = stringOf(member(event, "interrupted_tool_call_id")))
            m_callOfDecision.emplace_back(m_run.record.decisions.size(), *call);
        m_run.record.decisions.push_back(std::move(decision));
    }

    void readError(Value event, const std::string& id, const std::string& parent)
    {
        const std::string text = m_attachments.text(at(event, "error.message"));
        Step& step = addStep(event, id, parent, StepKind::Other, "error");
        step.status = StepStatus::Error;
        step.errorText = cut(text, kStepTextBytes);
        if (m_bodies) m_run.texts[id].output = m_attachments.text(at(event, "error.traceback"));
    }

    void readLimit(Value event, const std::string& id, const std::string& parent)
    {
        const std::string type = textOf(member(event, "type"));
        const std::string text = m_attachments.text(member(event, "message"));
        Step& step = addStep(event, id, parent, StepKind::Other, "limit");
        step.status = StepStatus::Error;
        step.errorType = cut("limit: " + type, kStepTextBytes);
        step.errorText = cut(text, kStepTextBytes);
        if (type != "operator") return;
        HumanDecision decision;
        decision.stepId = id;
        decision.kind = DecisionKind::Reject;
        decision.time = step.start;
        decision.target = "the run";
        decision.after = "stopped by the operator";
        decision.reason = step.errorText;
        m_run.record.decisions.push_back(std::move(decision));
    }

    /// Scores given on the way; the last ones stand in the sample.
    void readScore(Value event, const std::string& parent)
    {
        if (textOf(member(event, "intermediate")) != "true") return;
        Score score;
        score.stepId = parentOf(member(event, "span_id"), parent);
        score.name = "intermediate score";
        const auto value = at(event, "score.value");
        score.value = numberOf(value);
        if (!score.value) score.label = cut(textOf(value), kStepTextBytes);
        score.explanation = cut(m_attachments.text(at(event, "score.explanation")), kStepTextBytes);
        score.time = timeOf(member(event, "timestamp"));
        m_run.record.scores.push_back(std::move(score));
    }

    const InspectAttachments& m_attachments;
    ParsedRun& m_run;
    const bool m_bodies;
    std::vector<Value> m_pool;
    std::map<std::string, std::size_t, std::less<>> m_messageOfId;
    std::map<std::string, std::size_t, std::less<>> m_answerOfCall; ///< of those that no tool event has taken yet
    std::map<std::string, std::string, std::less<>> m_toolOfSpan;   ///< span id → step of the tool call
    std::map<std::string, Opened, std::less<>> m_stepOfSpan;
    std::map<std::string, std::string, std::less<>> m_stepOfCall;
    std::vector<std::pair<std::size_t, std::string>> m_callOfDecision;
    std::vector<Opened> m_open; ///< steps that have begun and not ended
    std::size_t m_linked = 0, m_messageBytes = 0;
};

} // namespace

void addInspectEvents(Value sample, const InspectAttachments& attachments, ParsedRun& run, bool bodies)
{
    const auto events = member(sample, "events");
    if (!isArray(events)) return;
    EventReader reader(sample, attachments, run, bodies);
    reader.readAll(*events, "e", {}, 0);
    reader.finish();
}

} // namespace tackroom
