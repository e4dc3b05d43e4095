// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/aguithread.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/aguievents.h"
#include "core/readers/conversation.h"
#include "core/readers/humanresume.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxRuns = 100'000;
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;
constexpr std::size_t kShortIdBytes = 16;

UtcNs timeOf(Value event)
{
    const auto time = member(event, "timestamp");
    if (const auto text = stringOf(time)) return parseTime(*text).value_or(0);
    const auto ms = numberOf(time);
    return ms && *ms > 0 && *ms < 9e12 ? static_cast<UtcNs>(std::llround(*ms * 1e6)) : 0;
}

bool isFalse(std::optional<Value> value) { return value && value->is_bool() && !value->get_bool().value(); }

/// A message of a request or snapshot: camel case, else as in the chats of others.
Message inputMessage(Value value)
{
    Message message = chatMessage(value);
    if (const auto id = stringOf(member(value, "toolCallId"))) message.toolCallId = *id;
    if (const auto calls = member(value, "toolCalls"); isArray(calls) && message.toolCalls.empty())
        for (const Value call : simdjson::dom::array(*calls))
            message.toolCalls.push_back(
                {textOf(member(call, "id")), textOf(at(call, "function.name")), textOf(at(call, "function.arguments"))});
    if (message.role == "reasoning") message.content = "[thinking] " + message.content;
    if (message.role == "reasoning" || message.role == "activity" || message.role == "developer") message.role = "system";
    return message;
}

} // namespace

struct AgUiThread::OneRun {
    std::string threadId, runId;
    ParsedRun parsed;
    std::map<std::string, std::size_t, std::less<>> messageAt;   ///< by message id
    std::map<std::string, std::size_t, std::less<>> callMessage; ///< which message made the call
    std::map<std::string, std::size_t, std::less<>> stepOfCall;
    std::map<std::string, std::size_t, std::less<>> stepOfMessage;
    std::vector<std::size_t> open;                              ///< STEP_STARTED
    std::map<std::string, std::string, std::less<>> interrupts; ///< id → step
    std::map<std::string, std::string, std::less<>> asked;      ///< id → what was asked, as JSON
    std::set<std::string, std::less<>> known;                   ///< ids of messages of requests and snapshots
    std::vector<Message> history;                               ///< what the request brought
    std::string thought, lastMessageId, raw;
    std::size_t list = 0, others = 0;
    bool hasRequest = false, hasEvents = false, finished = false, streamed = false;

    std::vector<Step>& steps() { return parsed.record.steps; }
    Step& addStep(std::string id, StepKind kind, std::string_view name, UtcNs time)
    {
        Step step;
        step.nativeId = std::move(id);
        if (!open.empty()) step.parentId = steps()[open.back()].nativeId;
        step.kind = kind;
        step.name = cut(name, kStepTextBytes);
        step.start = step.end = time;
        steps().push_back(std::move(step));
        return steps().back();
    }
    std::string otherId() { return formatText("o{}", others++); }
};

struct AgUiThread::Data {
    explicit Data(bool wanted) : bodies(wanted) {}
    bool bodies;
    std::vector<std::unique_ptr<OneRun>> runs;
    std::map<std::pair<std::string, std::string>, OneRun*> byId;
    OneRun* now = nullptr;
    bool leftOut = false; ///< this list tells a run that is known
    std::size_t list = 0;
    std::set<std::string, std::less<>> answered;

    OneRun* runFor(const std::string& thread, const std::string& run)
    {
        OneRun*& found = byId[{thread, run}];
        if (!found && runs.size() < kMaxRuns) {
            runs.push_back(std::make_unique<OneRun>());
            found = runs.back().get();
            found->threadId = thread;
            found->runId = run;
        }
        return found;
    }

    void start(Value event)
    {
        leftOut = false;
        now = runFor(cut(textOf(member(event, "threadId")), 500), cut(textOf(member(event, "runId")), 500));
        if (!now) return;
        if (now->hasEvents) { // told again by another list, or started twice
            leftOut = now->list != list || now->finished;
            return;
        }
        now->hasEvents = true;
        now->list = list;
        if (const auto input = member(event, "input"); isObject(input)) takeRequest(*now, *input);
    }

    OneRun* current()
    {
        if (leftOut) return nullptr;
        if (!now) { // a stream that was cut off at its beginning
            now = runFor({}, formatText("list-{}", list));
            if (now) now->hasEvents = true;
        }
        return now;
    }

    // ---- messages and calls

    std::size_t messageFor(OneRun& run, const std::string& id, std::string_view role, UtcNs time)
    {
        if (const auto known = run.messageAt.find(id); known != run.messageAt.end() && !id.empty()) return known->second;
        Message message;
        message.role = role.empty() ? "assistant" : std::string(role);
        if (message.role == "developer") message.role = "system";
        run.parsed.conversation.push_back(std::move(message));
        const std::size_t index = run.parsed.conversation.size() - 1;
        if (!id.empty()) run.messageAt[id] = index;
        Message& added = run.parsed.conversation.back();
        if (added.role != "assistant") return index;
        run.streamed = true;
        if (!run.thought.empty()) added.content = "[thinking] " + std::exchange(run.thought, {}) + "\n";
        Step& step = run.addStep(formatText("m{}", index), StepKind::Llm, "assistant", time);
        step.status = StepStatus::Ok;
        if (index > 0)
            step.inputText = cut(run.parsed.conversation[index - 1].content, kStepTextBytes);
        else if (!run.history.empty())
            step.inputText = cut(run.history.back().content, kStepTextBytes);
        added.stepId = step.nativeId;
        run.stepOfMessage[step.nativeId] = run.steps().size() - 1;
        return index;
    }

    void addText(OneRun& run, std::size_t index, std::string_view delta, Value event)
    {
        Message& message = run.parsed.conversation[index];
        if (message.content.size() + delta.size() > (bodies ? kMaxTextBytes : kStepTextBytes * 4)) return;
        message.content += delta;
        if (const auto found = run.stepOfMessage.find(message.stepId); found != run.stepOfMessage.end()) {
            Step& step = run.steps()[found->second];
            step.end = std::max(step.end, timeOf(event));
            if (step.outputText.size() < kStepTextBytes)
                step.outputText = cut(step.outputText + std::string(delta), kStepTextBytes);
            if (const auto model = stringOf(at(event, "rawEvent.modelId")); model && !model->empty())
                step.model = cut(*model, kStepTextBytes);
        }
    }

    void beginCall(OneRun& run, Value event)
    {
        const std::string id = textOf(member(event, "toolCallId"));
        if (!id.empty() && run.stepOfCall.contains(id)) return;
        const std::string parent = textOf(member(event, "parentMessageId"));
        // Calls without a message of their own that follow each other were made at once.
        const bool goesOn =
            parent.empty() && !run.parsed.conversation.empty() && run.parsed.conversation.back().role == "assistant";
        const std::size_t index =
            goesOn ? run.parsed.conversation.size() - 1 : messageFor(run, parent, "assistant", timeOf(event));
        Message& message = run.parsed.conversation[index];
        message.toolCalls.push_back({id, textOf(member(event, "toolCallName")), {}});
        const std::size_t number = message.toolCalls.size();
        Step& step =
            run.addStep(formatText("m{}.c{}", index, number), StepKind::Tool, message.toolCalls.back().name, timeOf(event));
        if (!message.stepId.empty()) step.parentId = message.stepId;
        step.toolName = step.name;
        if (!id.empty()) run.stepOfCall[id] = run.steps().size() - 1;
        if (!id.empty()) run.callMessage[id] = index;
    }

    void addArguments(OneRun& run, Value event)
    {
        const std::string id = textOf(member(event, "toolCallId"));
        const auto made = run.callMessage.find(id);
        if (made == run.callMessage.end()) return;
        auto& calls = run.parsed.conversation[made->second].toolCalls;
        const auto call = std::ranges::find(calls, id, &Message::ToolCall::id);
        const std::string delta = textOf(member(event, "delta"));
        if (call == calls.end() || call->arguments.size() + delta.size() > (bodies ? kMaxTextBytes : kToolTextBytes * 2))
            return;
        call->arguments += delta;
        Step& step = run.steps()[run.stepOfCall[id]];
        step.arguments = cut(call->arguments, kToolTextBytes);
        step.end = std::max(step.end, timeOf(event));
    }

    void answerCall(Step& step, const std::string& content, UtcNs time)
    {
        step.result = cut(content, kToolTextBytes);
        step.end = std::max(step.end, time);
        const bool isError = content.starts_with("Error");
        step.status = isError ? StepStatus::Error : StepStatus::Ok;
        if (isError) step.errorText = cut(content, kStepTextBytes);
    }

    /// The latest run before this one that made the call.
    OneRun* callerOf(const OneRun& asking, const std::string& callId)
    {
        for (auto run = runs.rbegin(); run != runs.rend(); ++run)
            if (run->get() != &asking && (*run)->stepOfCall.contains(callId)) return run->get();
        return nullptr;
    }

    void addResult(OneRun& run, const std::string& id, std::string content, UtcNs time)
    {
        Message message;
        message.role = "tool";
        message.toolCallId = id;
        if (const auto found = run.stepOfCall.find(id); found != run.stepOfCall.end()) {
            Step& step = run.steps()[found->second];
            message.name = step.toolName;
            message.stepId = step.nativeId;
            answerCall(step, content, time);
        } else if (OneRun* caller = id.empty() ? nullptr : callerOf(run, id)) { // called before the run stopped for its user
            Step& step = caller->steps()[caller->stepOfCall[id]];
            message.name = step.toolName;
            answerCall(step, content, 0);
        } else { // the call was not told
            Step& step = run.addStep(formatText("m{}.t", run.parsed.conversation.size()), StepKind::Tool, "tool", time);
            message.stepId = step.nativeId;
            answerCall(step, content, time);
        }
        message.content = std::move(content);
        run.parsed.conversation.push_back(std::move(message));
    }

    // ---- interrupts and their answers

    void addInterrupt(OneRun& run, Value interrupt, UtcNs time)
    {
        const std::string id = textOf(member(interrupt, "id"));
        const std::string reason = textOf(member(interrupt, "reason"));
        Step& step = run.addStep(run.otherId(), StepKind::Human, reason.empty() ? "interrupt" : "interrupt: " + reason, time);
        const auto message = member(interrupt, "message");
        step.outputText = cut(message ? contentText(message) : textOf(member(interrupt, "value")), kStepTextBytes);
        if (const auto call = run.stepOfCall.find(textOf(member(interrupt, "toolCallId"))); call != run.stepOfCall.end())
            run.interrupts[id] = run.steps()[call->second].nativeId;
        else
            run.interrupts[id] = step.nativeId;
        if (const auto value = member(interrupt, "value")) run.asked[id] = textOf(value);
        if (bodies) run.parsed.texts[step.nativeId].raw = textOf(interrupt);
    }

    /// The run that asked, latest first; with the step.
    std::pair<OneRun*, std::string> asked(const std::string& interruptId)
    {
        for (auto run = runs.rbegin(); run != runs.rend(); ++run)
            if (const auto found = (*run)->interrupts.find(interruptId); found != (*run)->interrupts.end())
                return {run->get(), found->second};
        return {nullptr, {}};
    }

    void decide(OneRun& fallback, const std::string& interruptId, const std::string& status, std::optional<Value> payload)
    {
        if (!interruptId.empty() && !answered.insert("resume " + interruptId).second) return;
        auto [run, stepId] = asked(interruptId);
        HumanDecision decision;
        decision.stepId = stepId;
        decision.target = "interrupt";
        if (run)
            if (const auto step = std::ranges::find(run->steps(), stepId, &Step::nativeId); step != run->steps().end()) {
                decision.target = step->kind == StepKind::Tool ? "tool call: " + step->toolName : step->name;
                decision.before = cut(step->kind == StepKind::Tool ? step->arguments : step->outputText, kStepTextBytes);
            }
        if (payload && humanresume::isKnownAnswer(*payload)) { // LangGraph's forms: accept, edit, ignore …
            std::vector<humanresume::Asked> asked;
            Parser parser;
            if (run)
                if (const auto value = parser.parse(run->asked[interruptId])) asked = humanresume::askedIn(*value);
            for (HumanDecision& each : humanresume::decisionsOf(*payload, asked)) {
                each.stepId = stepId;
                if (each.before.empty()) each.before = decision.before;
                if (each.target == "interrupt") each.target = decision.target;
                (run ? *run : fallback).parsed.record.decisions.push_back(std::move(each));
            }
            return;
        }
        const auto approved = payload ? member(*payload, "approved") : std::nullopt;
        const bool edited = payload && (member(*payload, "editedArgs") || member(*payload, "editedArguments"));
        if (status == "cancelled" || isFalse(approved))
            decision.kind = DecisionKind::Reject;
        else if (edited)
            decision.kind = DecisionKind::Edit;
        else if (isTrue(approved))
            decision.kind = DecisionKind::Approve;
        else
            decision.kind = DecisionKind::Answer;
        decision.after = cut(payload ? textOf(payload) : status, kStepTextBytes);
        if (payload) decision.reason = cut(textOf(member(*payload, "reason")), kStepTextBytes);
        (run ? *run : fallback).parsed.record.decisions.push_back(std::move(decision));
    }

    /// A tool message of a request: the answer of a frontend tool, which an earlier run called.
    void takeToolAnswer(OneRun& asking, const Message& message, Parser& parser)
    {
        if (message.toolCallId.empty()) return;
        OneRun* caller = callerOf(asking, message.toolCallId);
        if (!caller) return;
        const Step& step = caller->steps()[caller->stepOfCall[message.toolCallId]];
        if (step.status != StepStatus::Unset) return;
        const auto value = parser.parse(message.content);
        if (value && isObject(*value) && (isTrue(member(*value, "approved")) || isFalse(member(*value, "approved"))) &&
            answered.insert("call " + message.toolCallId).second) {
            HumanDecision decision;
            decision.stepId = step.nativeId;
            decision.kind = isTrue(member(*value, "approved")) ? DecisionKind::Approve : DecisionKind::Reject;
            decision.target = "tool call: " + step.toolName;
            decision.before = cut(step.arguments, kStepTextBytes);
            decision.after = cut(message.content, kStepTextBytes);
            decision.reason = cut(textOf(member(*value, "reason")), kStepTextBytes);
            caller->parsed.record.decisions.push_back(std::move(decision));
        }
        addResult(*caller, message.toolCallId, message.content, 0);
    }

    void takeRequest(OneRun& run, Value request)
    {
        if (run.hasRequest) return; // the server's copy of the client's request
        run.hasRequest = true;
        Parser parser;
        if (const auto messages = member(request, "messages"); isArray(messages))
            for (const Value value : simdjson::dom::array(*messages)) {
                Message message = inputMessage(value);
                if (const auto id = stringOf(member(value, "id"))) run.known.emplace(*id);
                if (message.role == "tool") takeToolAnswer(run, message, parser);
                if (message.role == "user") run.parsed.record.run.task = cut(message.content, kStepTextBytes);
                run.history.push_back(std::move(message));
            }
        if (const auto resume = member(request, "resume"); isArray(resume))
            for (const Value answer : simdjson::dom::array(*resume))
                decide(run, textOf(member(answer, "interruptId")), textOf(member(answer, "status")), member(answer, "payload"));
        if (const auto command = at(request, "forwardedProps.command.resume")) decide(run, {}, "resolved", command);
    }

    void takeSnapshot(OneRun& run, Value event)
    {
        const auto messages = member(event, "messages");
        if (!isArray(messages)) return;
        for (const Value value : simdjson::dom::array(*messages)) {
            const std::string id = textOf(member(value, "id"));
            if (!id.empty() && (run.messageAt.contains(id) || !run.known.insert(id).second)) continue;
            Message message = inputMessage(value);
            if (message.role == "tool" && run.stepOfCall.contains(message.toolCallId)) continue;
            if (message.role == "user") run.parsed.record.run.task = cut(message.content, kStepTextBytes);
            if (!run.streamed) run.history.push_back(std::move(message));
        }
    }

    void finishRun(OneRun& run, Value event)
    {
        run.finished = true;
        Run& out = run.parsed.record.run;
        // A run that waits for a person has not come to its end.
        const bool waits = stringOf(at(event, "outcome.type")).value_or("") == "interrupt";
        if (out.status == StepStatus::Unset && !waits) out.status = StepStatus::Ok;
        if (const auto usage = member(event, "usage"); isArray(usage))
            for (const Value each : simdjson::dom::array(*usage)) {
                out.promptTokens += integerOf(member(each, "inputTokens"));
                out.completionTokens += integerOf(member(each, "outputTokens"));
            }
        if (waits)
            if (const auto interrupts = at(event, "outcome.interrupts"); isArray(interrupts))
                for (const Value each : simdjson::dom::array(*interrupts)) addInterrupt(run, each, timeOf(event));
    }

    void fail(OneRun& run, Value event)
    {
        run.finished = true;
        run.parsed.record.run.status = StepStatus::Error;
        Step& step = run.addStep(run.otherId(), StepKind::Other, "error", timeOf(event));
        step.status = StepStatus::Error;
        step.errorType = cut(textOf(member(event, "code")), kStepTextBytes);
        step.errorText = cut(textOf(member(event, "message")), kStepTextBytes);
    }

    void takeStep(OneRun& run, Value event, bool begins)
    {
        const std::string name = cut(textOf(member(event, "stepName")), kStepTextBytes);
        if (begins) {
            run.addStep(run.otherId(), StepKind::Chain, name, timeOf(event));
            run.open.push_back(run.steps().size() - 1);
            return;
        }
        for (std::size_t i = run.open.size(); i-- > 0;) {
            Step& step = run.steps()[run.open[i]];
            if (step.name != name) continue;
            step.end = std::max(step.end, timeOf(event));
            step.status = StepStatus::Ok;
            run.open.resize(i);
            return;
        }
    }

    void takeMessage(OneRun& run, Value event, const std::string& type)
    {
        const std::string id = textOf(member(event, "messageId"));
        if (!id.empty()) run.lastMessageId = id;
        const auto delta = stringOf(member(event, "delta")).value_or("");
        const bool begins = type == "textmessagestart";
        if (!begins && id.empty() && run.lastMessageId.empty() && delta.empty()) return;
        const std::size_t index =
            messageFor(run, run.lastMessageId, stringOf(member(event, "role")).value_or(""), timeOf(event));
        addText(run, index, delta, event);
    }

    void take(OneRun& run, Value event, const std::string& type)
    {
        if (type.starts_with("textmessage"))
            takeMessage(run, event, type);
        else if (type == "toolcallstart")
            beginCall(run, event);
        else if (type == "toolcallargs")
            addArguments(run, event);
        else if (type == "toolcallchunk") {
            if (member(event, "toolCallName")) beginCall(run, event);
            addArguments(run, event);
        } else if (type == "toolcallresult")
            addResult(run, textOf(member(event, "toolCallId")), contentText(member(event, "content")), timeOf(event));
        else if (type == "messagessnapshot")
            takeSnapshot(run, event);
        else if (type == "stepstarted" || type == "stepfinished")
            takeStep(run, event, type == "stepstarted");
        else if (type == "runfinished")
            finishRun(run, event);
        else if (type == "runerror")
            fail(run, event);
        else if (type == "custom" && stringOf(member(event, "name")).value_or("") == "on_interrupt")
            addInterrupt(run, event, timeOf(event));
        else if ((type.starts_with("reasoning") || type.starts_with("thinking")) && type != "reasoningencryptedvalue")
            if (const auto delta = stringOf(member(event, "delta"));
                delta && run.thought.size() + delta->size() < kMaxTextBytes)
                run.thought += *delta;
    }

    // ---- the end

    /// The history stands before what was streamed; steps keep their ids, the conversation knows them by stepId.
    ParsedRun made(OneRun& run, bool contentKeys)
    {
        ParsedRun parsed = std::move(run.parsed);
        if (!run.thought.empty()) { // thought, and nothing said
            Message message;
            message.role = "assistant";
            message.content = "[thinking] " + run.thought;
            parsed.conversation.push_back(std::move(message));
        }
        const bool fromHistory = !run.streamed && run.hasEvents;
        std::vector<Message> all = std::move(run.history);
        std::ranges::move(parsed.conversation, std::back_inserter(all));
        parsed.conversation = std::move(all);
        if (fromHistory) addSnapshotSteps(parsed);
        Run& out = parsed.record.run;
        out.nativeId = run.threadId + "/" + run.runId;
        out.sessionId = run.threadId;
        for (const Step& step : parsed.record.steps)
            if (step.kind == StepKind::Llm && !trimmed(step.outputText).empty()) out.answer = step.outputText;
        // What was said in earlier runs is no answer of this one.
        const bool said = !out.answer.empty();
        if (!said) out.answer = "-";
        fillRunFromConversation(parsed);
        if (!said) out.answer.clear();
        if (contentKeys && (run.threadId.size() < kShortIdBytes || run.runId.size() < kShortIdBytes))
            out.key = runKeyOf("ag-ui", out.nativeId + "\n" + run.raw);
        return parsed;
    }

    /// Nothing was streamed: what the snapshot has behind the last user message was said in this run.
    static void addSnapshotSteps(ParsedRun& parsed)
    {
        std::size_t first = 0;
        for (std::size_t i = 0; i < parsed.conversation.size(); ++i)
            if (parsed.conversation[i].role == "user") first = i + 1;
        ParsedRun part;
        for (std::size_t i = first; i < parsed.conversation.size(); ++i)
            part.conversation.push_back(std::move(parsed.conversation[i]));
        parsed.conversation.resize(first);
        addConversationSteps(part);
        std::ranges::move(part.conversation, std::back_inserter(parsed.conversation));
        std::ranges::move(part.record.steps, std::back_inserter(parsed.record.steps));
    }
};

AgUiThread::AgUiThread(bool bodies) : d(std::make_unique<Data>(bodies)) {}
AgUiThread::~AgUiThread() = default;

void AgUiThread::beginList()
{
    d->now = nullptr;
    d->leftOut = false;
    ++d->list;
}

void AgUiThread::addEvent(Value event, std::string_view text, const FileRange& place)
{
    const std::string type = agUiType(event);
    if (type == "runstarted") d->start(event);
    OneRun* run = d->current();
    if (!run) return;
    auto& ranges = run->parsed.ranges;
    if (!ranges.empty() && ranges.back().offset + ranges.back().bytes + 16 >= place.offset)
        ranges.back().bytes = place.offset + place.bytes - ranges.back().offset;
    else
        ranges.push_back(place);
    run->raw = xxh128Hex(run->raw + std::string(text));
    if (d->bodies) {
        std::string& raw = run->parsed.raw;
        raw += (raw.empty() ? "" : "\n") + std::string(text);
    }
    UtcNs& start = run->parsed.record.run.start;
    if (start == 0) start = timeOf(event);
    run->parsed.record.run.end = std::max(run->parsed.record.run.end, timeOf(event));
    d->take(*run, event, type);
}

void AgUiThread::addRequest(Value request, std::string_view text, const FileRange& place)
{
    OneRun* run = d->runFor(cut(textOf(member(request, "threadId")), 500), cut(textOf(member(request, "runId")), 500));
    if (!run || run->hasRequest) return;
    run->raw = xxh128Hex(run->raw + std::string(text));
    run->parsed.ranges.push_back(place);
    d->takeRequest(*run, request);
}

std::vector<ParsedRun> AgUiThread::finish(bool contentKeys)
{
    std::vector<ParsedRun> all;
    for (auto& run : d->runs) all.push_back(d->made(*run, contentKeys));
    return all;
}

} // namespace tackroom
