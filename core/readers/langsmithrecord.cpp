// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/langsmithrecord.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/chatml.h"
#include "core/readers/conversation.h"

#include <algorithm>
#include <charconv>

namespace tackroom::langsmith
{

using namespace jsonvalues;

namespace
{

/// How deep child_runs are followed.
constexpr int kMaxChildDepth = 64;

std::string text(Value record, std::string_view path, std::size_t maxBytes = kIdBytes)
{
    return cut(textOf(at(record, path)), maxBytes);
}

std::string firstText(Value record, std::initializer_list<std::string_view> paths)
{
    for (const auto path : paths)
        if (const auto found = at(record, path); found && !isObject(found) && !isArray(found))
            if (std::string words = cut(textOf(found), kIdBytes); !words.empty()) return words;
    return {};
}

/// ISO 8601; or, of the JavaScript SDK, milliseconds.
UtcNs timeAt(Value record, std::string_view key)
{
    const auto value = member(record, key);
    if (const auto words = stringOf(value)) return parseTime(*words).value_or(0);
    const auto number = numberOf(value);
    return number && *number > 0 && *number < 9e12 ? static_cast<UtcNs>(*number * 1e6) : 0;
}

std::optional<double> numberAt(Value record, std::string_view path)
{
    const auto value = at(record, path);
    if (const auto number = numberOf(value)) return number;
    const auto words = stringOf(value); // costs are decimal texts
    if (!words) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(words->data(), words->data() + words->size(), number);
    if (error != std::errc() || end != words->data() + words->size()) return std::nullopt;
    return number;
}

/// The ids in a dotted order, "20241011T205823298773Z<id>.…": of the trace, and of the parent where there is one.
struct DottedOrder {
    std::string traceId, parentId;
};
DottedOrder dottedOrderOf(std::string_view dotted)
{
    const auto idOf = [](std::string_view part) {
        const auto z = part.find('Z');
        return z == std::string_view::npos ? std::string() : cut(part.substr(z + 1), kIdBytes);
    };
    DottedOrder order;
    if (dotted.empty()) return order;
    const auto parts = splitOn(dotted, '.');
    order.traceId = idOf(parts.front());
    if (parts.size() > 1) order.parentId = idOf(parts[parts.size() - 2]);
    return order;
}

StepKind kindOfType(std::string_view type)
{
    if (type == "llm") return StepKind::Llm;
    if (type == "tool") return StepKind::Tool;
    if (type == "chain") return StepKind::Chain;
    if (type == "retriever") return StepKind::Retriever;
    if (type == "embedding") return StepKind::Embedding;
    return StepKind::Other; // prompt, parser
}

/// "ValueError('no')Traceback …", "openai.RateLimitError: …": what stands before the first ( or :
std::string errorTypeOf(std::string_view error)
{
    const auto end = error.find_first_of("(: \n");
    if (end == std::string_view::npos || end == 0 || end > 120 || error[end] == ' ' || error[end] == '\n') return {};
    return std::string(error.substr(0, end));
}

/// LangGraph stops a graph for a person to answer by raising this; it is no error.
bool isInterrupt(std::string_view error) { return error.starts_with("GraphInterrupt(") || error.starts_with("NodeInterrupt("); }

void readStatus(Value run, Step& step)
{
    const auto error = member(run, "error");
    const std::string words = textOf(error);
    const auto status = stringOf(member(run, "status")).value_or("");
    if (!words.empty() && !isInterrupt(words)) {
        step.status = StepStatus::Error;
        step.errorText = cut(words, kStepTextBytes);
        step.errorType = errorTypeOf(words);
    } else if (status == "error" && words.empty())
        step.status = StepStatus::Error;
    else if (words.empty() && (status == "success" || (status.empty() && step.end != 0)))
        step.status = StepStatus::Ok; // ended without an error
}

void readUsage(Value run, NormalisedSpan& span)
{
    const auto first = [&](std::initializer_list<std::string_view> paths) {
        for (const auto path : paths)
            if (const auto found = at(run, path)) return integerOf(found);
        return std::int64_t{0};
    };
    span.step.promptTokens =
        first({"prompt_tokens", "outputs.usage_metadata.input_tokens", "extra.metadata.usage_metadata.input_tokens",
               "outputs.llm_output.token_usage.prompt_tokens", "outputs.usage.prompt_tokens", "outputs.usage.input_tokens"});
    span.step.completionTokens = first(
        {"completion_tokens", "outputs.usage_metadata.output_tokens", "extra.metadata.usage_metadata.output_tokens",
         "outputs.llm_output.token_usage.completion_tokens", "outputs.usage.completion_tokens", "outputs.usage.output_tokens"});
    for (const auto path : {"total_cost", "outputs.usage_metadata.total_cost", "extra.metadata.usage_metadata.total_cost"})
        if (!span.costUsd) span.costUsd = numberAt(run, path);
    if (span.costUsd && *span.costUsd == 0) span.costUsd.reset();
}

/// Usage that LangChain writes into the message: generations[0][0].message.kwargs.usage_metadata.
void readUsageOfMessage(Value run, Step& step)
{
    auto value = at(run, "outputs.generations");
    for (int i = 0; i < 2 && value && isArray(value); ++i) {
        std::optional<Value> first;
        for (const Value each : simdjson::dom::array(*value)) {
            first = each;
            break;
        }
        value = first;
    }
    if (!value || !isObject(value)) return;
    for (const auto path : {"message.kwargs.usage_metadata", "message.usage_metadata"})
        if (const auto usage = at(*value, path); isObject(usage)) {
            step.promptTokens = integerOf(member(*usage, "input_tokens"));
            step.completionTokens = integerOf(member(*usage, "output_tokens"));
            return;
        }
}

/// {"output": x} and {"input": x} alone are x.
std::optional<Value> aloneOf(std::optional<Value> value, std::string_view key)
{
    simdjson::dom::object object;
    if (!value || value->get(object) != simdjson::SUCCESS || object.size() != 1) return value;
    const auto inner = member(*value, key);
    return inner ? inner : value;
}

/// The value of Command(resume=…) that a graph was called with.
std::optional<Value> resumeOf(Value run)
{
    for (const auto path : {"inputs.input", "inputs", "inputs.command", "extra.metadata.command"}) {
        const auto command = at(run, path);
        if (!isObject(command)) continue;
        const auto resume = member(*command, "resume");
        const bool isCommand = std::string_view(path).ends_with("command") || member(*command, "goto") ||
                               member(*command, "update") || member(*command, "graph");
        if (resume && !resume->is_null() && isCommand) return resume;
    }
    return std::nullopt;
}

} // namespace

RecordKind kindOf(Value value)
{
    if (!isObject(value)) return RecordKind::Unknown;
    bool batch = false;
    for (const auto key : {"post", "patch"})
        if (const auto list = member(value, key); isArray(list))
            for (const Value first : simdjson::dom::array(*list)) {
                batch = batch || kindOf(first) == RecordKind::Run;
                break;
            }
    if (batch) return RecordKind::Batch;
    if (const auto runs = member(value, "runs"); isArray(runs))
        for (const Value first : simdjson::dom::array(*runs))
            return kindOf(first) == RecordKind::Run ? RecordKind::Page : RecordKind::Unknown;
    if (!stringOf(member(value, "id"))) return RecordKind::Unknown;
    const bool placed = member(value, "dotted_order") || member(value, "trace_id");
    if (stringOf(member(value, "run_type")) && (placed || member(value, "start_time"))) return RecordKind::Run;
    if (member(value, "dotted_order") && member(value, "trace_id")) return RecordKind::Run; // a patch
    const bool says = member(value, "score") || member(value, "value") || member(value, "comment");
    if (stringOf(member(value, "key")) && member(value, "run_id") && says) return RecordKind::Feedback;
    return RecordKind::Unknown;
}

CollectedTrace& Reader::collect(const std::string& traceId, std::optional<FileRange> range)
{
    CollectedTrace& trace = m_traces.trace(traceId);
    if (range && (trace.ranges.empty() || trace.ranges.back() != *range)) trace.ranges.push_back(*range);
    return trace;
}

std::string Reader::traceOf(Value run, const std::string& id) const
{
    if (std::string traceId = text(run, "trace_id"); !traceId.empty()) return traceId;
    if (std::string traceId = dottedOrderOf(textOf(member(run, "dotted_order"))).traceId; !traceId.empty()) return traceId;
    if (const auto known = m_traceOfRun.find(id); known != m_traceOfRun.end()) return known->second;
    // Runs of before 2023 name their parent alone; a root is its own trace.
    const std::string parent = text(run, "parent_run_id");
    if (const auto known = m_traceOfRun.find(parent); known != m_traceOfRun.end()) return known->second;
    return parent.empty() && member(run, "run_type") ? id : parent;
}

void Reader::readMetadata(Value run, NormalisedSpan& span) const
{
    Step& step = span.step;
    step.model = firstText(run, {"extra.metadata.ls_model_name", "extra.invocation_params.model",
                                 "extra.invocation_params.model_name", "inputs.model", "outputs.model"});
    span.sessionId = firstText(
        run, {"thread_id", "extra.metadata.thread_id", "extra.metadata.session_id", "extra.metadata.conversation_id"});
    span.userId = firstText(run, {"extra.metadata.user_id", "extra.metadata.userId", "extra.metadata.user"});
    span.agentName = firstText(run, {"extra.metadata.lc_agent_name", "extra.metadata.agent_name"});
    span.project = firstText(run, {"session_name", "session_id"}); // a session is LangSmith's older word for a project
    const auto metadata = at(run, "extra.metadata");
    if (!isObject(metadata)) return;
    if (step.kind == StepKind::Chain && member(*metadata, "ls_agent_type")) step.kind = StepKind::Agent;
    span.version = findVersion(
        [&](std::string_view key) {
            const auto found = at(*metadata, key);
            return found && !isObject(found) && !isArray(found) ? textOf(found) : std::string();
        },
        [&](const VersionKeyVisit& visit) { eachScalar(*metadata, visit); });
    if (const auto hash = text(*metadata, "lc_hub_commit_hash"); !hash.empty() && span.version.prompt.empty()) {
        const auto repo = text(*metadata, "lc_hub_repo");
        span.version.prompt = repo.empty() ? hash : repo + ":" + hash;
        span.version.promptKey = "lc_hub_commit_hash";
    }
}

void Reader::readToolTexts(Value run, NormalisedSpan& span)
{
    Step& step = span.step;
    if (step.kind == StepKind::Tool) step.toolName = step.name;
    const auto in = aloneOf(member(run, "inputs"), "input");
    const auto out = aloneOf(member(run, "outputs"), "output");
    std::string arguments = isObject(in) && simdjson::dom::object(*in).size() == 0 ? "" : textOf(in);
    std::string result = isObject(out) && simdjson::dom::object(*out).size() == 0 ? "" : textOf(out);
    if (out && isObject(out) && member(*out, "content")) { // LangChain's ToolMessage
        const auto said = chatml::saidOf(out, chatml::Side::Output, true, m_inner);
        if (!said.messages.empty()) result = said.messages.back().content;
        if (stringOf(at(*out, "status")) == "error" && step.status != StepStatus::Error) {
            step.status = StepStatus::Error;
            step.errorText = cut(result, kStepTextBytes);
        }
    }
    step.arguments = cut(arguments, kToolTextBytes);
    step.result = cut(result, kToolTextBytes);
    span.hasOutput = !result.empty();
    if (!m_wantBodies) return;
    span.inputText = std::move(arguments);
    span.outputText = std::move(result);
}

void Reader::readTexts(Value run, NormalisedSpan& span)
{
    Step& step = span.step;
    if (step.kind == StepKind::Tool || step.kind == StepKind::Retriever) return readToolTexts(run, span);
    const auto isEmpty = [](std::optional<Value> value) {
        return !value || value->is_null() || (isObject(value) && simdjson::dom::object(*value).size() == 0);
    };
    chatml::Said in, out;
    if (const auto inputs = member(run, "inputs"); !isEmpty(inputs)) {
        in = chatml::saidOf(inputs, chatml::Side::Input, true, m_inner);
        span.userText = cut(in.spoken.empty() ? openinference::userTextOf(in.text, m_parsers) : in.spoken, kStepTextBytes);
        step.inputText = in.messages.empty() ? span.userText : cut(in.messages.back().content, kStepTextBytes);
    }
    if (const auto outputs = member(run, "outputs"); !isEmpty(outputs)) {
        out = chatml::saidOf(outputs, chatml::Side::Output, true, m_inner);
        span.hasOutput = true;
        span.answerText =
            cut(out.messages.empty() ? openinference::answerTextOf(out.text, m_parsers) : out.spoken, kStepTextBytes);
        step.outputText = span.answerText;
    }
    if (m_wantBodies) fillBodies(std::move(in), std::move(out), span);
}

void Reader::readInterrupts(Value run, const NormalisedSpan& span, const std::string& traceId)
{
    if (!span.step.parentId.empty()) return; // a root's alone: its nodes repeat it
    if (!span.sessionId.empty()) m_threads[traceId] = span.sessionId;
    if (const auto asked = at(run, "outputs.__interrupt__"); isArray(asked))
        m_stops.push_back({traceId, span.step.end, humanresume::askedIn(*asked), m_range});
    if (const auto resume = resumeOf(run))
        m_resumes[span.step.nativeId] = {traceId, span.userId, std::string(simdjson::minify(*resume)), span.step.start};
}

std::string Reader::threadOf(const std::string& traceId) const
{
    const auto known = m_threads.find(traceId);
    return known == m_threads.end() ? std::string() : known->second;
}

void Reader::decideAll()
{
    StopsByThread stops;
    for (const Stop& stop : m_stops)
        if (const std::string thread = threadOf(stop.traceId); !thread.empty()) stops[thread].push_back(&stop);
    for (const auto& [run, resume] : m_resumes) decide(resume, stops);
    m_resumes.clear();
    m_stops.clear();
}

/// What was asked last in the same thread before, and the answer.
void Reader::decide(const Resume& resume, const StopsByThread& stops)
{
    const Stop* last = nullptr;
    if (const auto found = stops.find(threadOf(resume.traceId)); found != stops.end())
        for (const Stop* stop : found->second)
            if (stop->end <= resume.start && (!last || stop->end >= last->end)) last = stop;
    const auto answer = m_inner.parse(resume.answer);
    if (!answer) return; // it was JSON before
    CollectedTrace& trace = collect(resume.traceId, last ? last->range : std::nullopt);
    const auto asked = last ? std::span<const humanresume::Asked>(last->asked) : std::span<const humanresume::Asked>();
    for (HumanDecision& decision : humanresume::decisionsOf(*answer, asked)) {
        decision.by = resume.by;
        decision.time = resume.start;
        trace.decisions.push_back(std::move(decision));
    }
}

void Reader::readRun(Value run, int depth)
{
    const std::string id = text(run, "id");
    const std::string traceId = traceOf(run, id);
    if (traceId.empty()) {
        ++m_orphans;
        return;
    }
    m_traceOfRun.emplace(id, traceId);
    CollectedTrace& trace = collect(traceId, m_range);
    NormalisedSpan span;
    span.traceId = trace.facts.nativeId;
    span.dialect = "langsmith";
    Step& step = span.step;
    step.nativeId = id;
    step.parentId = text(run, "parent_run_id");
    if (step.parentId.empty()) step.parentId = dottedOrderOf(textOf(member(run, "dotted_order"))).parentId;
    step.kind = kindOfType(textOf(member(run, "run_type")));
    step.name = text(run, "name");
    step.start = timeAt(run, "start_time");
    step.end = timeAt(run, "end_time");
    // A patch does not always repeat what kind of run it completes.
    if (const auto known = trace.kindOf(id); step.kind == StepKind::Other && known) step.kind = *known;
    readStatus(run, step);
    readMetadata(run, span);
    readUsage(run, span);
    if (step.promptTokens == 0 && step.completionTokens == 0) readUsageOfMessage(run, step);
    readTexts(run, span);
    if (step.parentId.empty() && trace.facts.agentName.empty()) trace.facts.agentName = step.name;
    readFeedbackStats(run, trace, step.parentId.empty() ? std::string() : id);
    readInterrupts(run, span, traceId);
    std::string raw;
    if (m_wantBodies) raw = simdjson::minify(run);
    trace.add(std::move(span), std::move(raw));
    if (const auto children = member(run, "child_runs"); isArray(children) && depth < kMaxChildDepth)
        for (const Value child : simdjson::dom::array(*children))
            if (kindOf(child) == RecordKind::Run) readRun(child, depth + 1);
}

/// Averages over the feedback of one key: who gave it is not said, so it weighs nothing.
void Reader::readFeedbackStats(Value run, CollectedTrace& trace, const std::string& stepId) const
{
    simdjson::dom::object stats;
    const auto found = member(run, "feedback_stats");
    if (!found || found->get(stats) != simdjson::SUCCESS) return;
    for (const auto& [key, value] : stats) {
        Score score;
        score.stepId = stepId;
        score.name = cut(key, kIdBytes);
        score.value = numberOf(member(value, "avg"));
        simdjson::dom::object values;
        if (const auto labels = member(value, "values"); labels && labels->get(values) == simdjson::SUCCESS)
            for (const auto& [label, count] : values) score.label += (score.label.empty() ? "" : ", ") + cut(label, kIdBytes);
        score.label = cut(score.label, kStepTextBytes);
        const auto count = integerOf(member(value, "n"));
        if (count > 1) score.explanation = formatText("average of {}", count);
        if (score.value || !score.label.empty()) trace.addScore("stats/" + stepId + "/" + score.name, std::move(score));
    }
}

void Reader::readFeedback(Value feedback)
{
    Pending pending;
    pending.runId = text(feedback, "run_id");
    pending.scoreId = text(feedback, "id");
    pending.range = m_range;
    Score& score = pending.score;
    score.name = text(feedback, "key");
    score.value = numberOf(member(feedback, "score"));
    bool truth = false;
    if (const auto value = member(feedback, "score"); value && value->get(truth) == simdjson::SUCCESS)
        score.value = truth ? 1 : 0;
    score.label = text(feedback, "value", kStepTextBytes);
    score.explanation = text(feedback, "comment", kStepTextBytes);
    score.time = timeAt(feedback, "created_at");
    score.by = firstText(feedback, {"feedback_source.user_name", "feedback_source.user_id", "created_by"});
    const std::string source = text(feedback, "feedback_source.type");
    if (source == "app")
        score.annotator = Annotator::Human;
    else if (source == "model" || source == "auto_eval")
        score.annotator = Annotator::Llm;
    else if (source == "api") // what users press is sent by a program as user_score, user-feedback …
        score.annotator = asciiLower(score.name).starts_with("user") ? Annotator::Human : Annotator::Code;
    if (const auto correction = member(feedback, "correction"); correction && !correction->is_null())
        pending.decision = HumanDecision{.stepId = {},
                                         .kind = DecisionKind::Edit,
                                         .by = score.by,
                                         .time = score.time,
                                         .target = score.name,
                                         .before = {},
                                         .after = text(feedback, "correction", kStepTextBytes),
                                         .reason = score.explanation};
    m_pending.push_back(std::move(pending));
}

void Reader::finish(FormatSink& sink)
{
    std::size_t lost = 0;
    for (Pending& pending : m_pending) {
        const auto known = m_traceOfRun.find(pending.runId);
        if (known == m_traceOfRun.end()) {
            ++lost;
            continue;
        }
        CollectedTrace& trace = collect(known->second, pending.range);
        const std::string stepId = pending.runId == known->second ? std::string() : pending.runId;
        pending.score.stepId = stepId;
        if (pending.decision) {
            pending.decision->stepId = stepId;
            trace.decisions.push_back(std::move(*pending.decision));
        }
        trace.addScore(pending.scoreId, std::move(pending.score));
    }
    m_pending.clear();
    decideAll();
    if (lost) sink.skipped("feedback", formatText("{} of runs that are not here", lost));
    if (m_orphans) sink.skipped("patches", formatText("{} of runs that are not here", m_orphans));
}

Status Reader::readList(Value list)
{
    std::size_t count = 0, bad = 0;
    for (const Value run : simdjson::dom::array(list)) {
        ++count;
        // In a batch a patch may have no more than its id.
        if (isObject(run) && stringOf(member(run, "id")))
            readRun(run, 0);
        else
            ++bad;
    }
    if (bad == 0) return {};
    return fail(ErrorCode::Damaged, {}, formatText("{} of its {} runs are none", bad, count));
}

Status Reader::read(Value value, std::optional<FileRange> range)
{
    m_range = range;
    switch (kindOf(value)) {
    case RecordKind::Run:
        readRun(value, 0);
        return {};
    case RecordKind::Feedback:
        readFeedback(value);
        return {};
    case RecordKind::Batch: {
        Status status;
        for (const auto key : {"post", "patch"})
            if (const auto list = member(value, key); isArray(list))
                if (auto read = readList(*list); !read) status = std::move(read);
        return status;
    }
    case RecordKind::Page:
        return readList(*member(value, "runs"));
    case RecordKind::Unknown:
        break;
    }
    return fail(ErrorCode::Damaged, {}, "it is no run or feedback of LangSmith");
}

} // namespace tackroom::langsmith
