// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/langfuserecord.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/chatml.h"
#include "core/readers/conversation.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tackroom::langfuse
{

using namespace jsonvalues;

namespace
{

std::string text(Value record, std::string_view name, std::size_t maxBytes = kIdBytes)
{
    return cut(textOf(field(record, name)), maxBytes);
}

UtcNs timeAt(Value record, std::string_view name) { return parseTime(textOf(field(record, name))).value_or(0); }

bool has(Value record, std::string_view name) { return field(record, name).has_value(); }

StepKind kindOfType(std::string_view type)
{
    static constexpr std::array<std::pair<std::string_view, StepKind>, 10> kTypes{{{"GENERATION", StepKind::Llm},
                                                                                   {"AGENT", StepKind::Agent},
                                                                                   {"TOOL", StepKind::Tool},
                                                                                   {"CHAIN", StepKind::Chain},
                                                                                   {"RETRIEVER", StepKind::Retriever},
                                                                                   {"EMBEDDING", StepKind::Embedding},
                                                                                   {"EVALUATOR", StepKind::Evaluator},
                                                                                   {"GUARDRAIL", StepKind::Guardrail},
                                                                                   {"SPAN", StepKind::Other},
                                                                                   {"EVENT", StepKind::Other}}};
    for (const auto& [name, kind] : kTypes)
        if (name == type) return kind;
    return StepKind::Other;
}

bool isObservationType(std::string_view type)
{
    return type == "SPAN" || type == "EVENT" || kindOfType(type) != StepKind::Other;
}

/// What the instrumentation says of a plain span: Langfuse keeps its attributes in the metadata.
StepKind kindOfAttributes(Value attributes)
{
    if (const auto kind = stringOf(at(attributes, "openinference.span.kind"))) return openinference::kindOf(*kind);
    for (const auto key : {"langsmith.span.kind", "traceloop.span.kind"})
        if (const auto kind = stringOf(at(attributes, key))) {
            if (*kind == "workflow" || *kind == "task") return StepKind::Chain;
            return stepKindOf(*kind);
        }
    const auto operation = stringOf(at(attributes, "gen_ai.operation.name")).value_or("");
    if (operation == "execute_tool") return StepKind::Tool;
    if (operation == "invoke_agent" || operation == "create_agent") return StepKind::Agent;
    if (operation == "chat" || operation == "text_completion" || operation == "generate_content") return StepKind::Llm;
    if (operation == "embeddings") return StepKind::Embedding;
    if (stringOf(at(attributes, "operation.name")) == "ai.toolCall") return StepKind::Tool;
    return StepKind::Other;
}

/// "ab12cd3" and longer: the id of a commit.
bool isCommitId(std::string_view word)
{
    return word.size() >= 7 && word.size() <= 40 &&
           std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) &&
           std::ranges::any_of(word, [](char c) { return c >= 'a' && c <= 'f'; });
}

/// Who gave a score. The API's own source says only that a program sent it; Langfuse's convention for what users press is a
/// score named user-feedback (user_feedback, userRating …), which a program passes on.
Annotator annotatorOfSource(std::string_view source, std::string_view name)
{
    if (source == "ANNOTATION") return Annotator::Human;
    if (source == "EVAL") return Annotator::Llm;
    if (source != "API") return Annotator::Unknown;
    const std::string word = asciiLower(name);
    const bool ofUser = word.starts_with("user") && (word.contains("feedback") || word.contains("rating"));
    return ofUser ? Annotator::Human : Annotator::Code;
}

std::string eventBodyKind(std::string_view type) { return std::string(type.substr(0, type.rfind('-'))); }

std::string asciiUpper(std::string text)
{
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string lastWords(const chatml::Said& said)
{
    if (!said.messages.empty() || trimmed(said.text) == "None") return said.spoken; // Python's word for no text
    return said.text;
}

} // namespace

std::optional<Value> field(Value record, std::string_view camelName)
{
    auto found = member(record, camelName);
    if (!found) {
        std::string snake;
        for (const char c : camelName) {
            if (c >= 'A' && c <= 'Z') {
                snake += '_';
                snake += static_cast<char>(c - 'A' + 'a');
            } else
                snake += c;
        }
        found = member(record, snake);
    }
    return found && !found->is_null() ? found : std::nullopt;
}

RecordKind kindOf(Value value)
{
    if (!isObject(value)) return RecordKind::Unknown;
    for (const auto key : {"data", "batch"})
        if (const auto list = member(value, key); isArray(list) && (member(value, "meta") || key == std::string_view("batch")))
            for (const Value first : simdjson::dom::array(*list)) {
                const RecordKind inner = kindOf(first);
                return inner == RecordKind::Unknown || inner == RecordKind::Page ? RecordKind::Unknown : RecordKind::Page;
            }
    if (const auto traces = member(value, "traces"); isArray(traces) && stringOf(member(value, "id")))
        for (const Value first : simdjson::dom::array(*traces)) {
            const RecordKind inner = kindOf(first);
            return inner == RecordKind::Trace || inner == RecordKind::TraceDocument ? RecordKind::Page : RecordKind::Unknown;
        }
    const auto observations = member(value, "observations");
    if (isObject(member(value, "trace")) && isArray(observations)) return RecordKind::TraceDocument;
    const auto type = stringOf(member(value, "type")).value_or("");
    if (isObject(member(value, "body")) && (type.ends_with("-create") || type.ends_with("-update") || type == "sdk-log"))
        return RecordKind::Event;
    if (!stringOf(member(value, "id"))) return RecordKind::Unknown;
    const bool ofTrace = has(value, "traceId");
    if (isObservationType(type) && ofTrace && has(value, "startTime")) return RecordKind::Observation;
    if (has(value, "name") && has(value, "source") && has(value, "dataType") && (ofTrace || has(value, "sessionId")))
        return RecordKind::Score;
    if (!stringOf(member(value, "timestamp")) || ofTrace) return RecordKind::Unknown;
    if (isArray(observations) && isArray(member(value, "scores"))) {
        for (const Value first : simdjson::dom::array(*observations))
            return isObject(first) ? RecordKind::TraceDocument : RecordKind::Trace;
        return RecordKind::Trace;
    }
    const bool ofTable = member(value, "bookmarked") || member(value, "public");
    const bool known = member(value, "release") || member(value, "userId") || member(value, "user_id");
    return ofTable && known ? RecordKind::Trace : RecordKind::Unknown;
}

CollectedTrace& Reader::collect(std::string_view traceId)
{
    CollectedTrace& trace = m_traces.trace(traceId);
    if (m_range && (trace.ranges.empty() || trace.ranges.back() != *m_range)) trace.ranges.push_back(*m_range);
    return trace;
}

std::optional<Value> Reader::metadataOf(Value record)
{
    const auto metadata = member(record, "metadata");
    if (const auto json = stringOf(metadata)) {
        const auto parsed = m_metadata.parse(*json);
        return parsed && isObject(*parsed) ? std::optional<Value>(*parsed) : std::nullopt;
    }
    return isObject(metadata) ? metadata : std::nullopt;
}

VersionFacts Reader::versionOf(std::optional<Value> metadata) const
{
    if (!metadata) return {};
    return findVersion(
        [&](std::string_view key) {
            for (const auto place : {metadata, member(*metadata, "attributes"), member(*metadata, "resourceAttributes")}) {
                if (!place) continue;
                const auto found = at(*place, key);
                if (found && !isObject(found) && !isArray(found)) return textOf(found);
            }
            return std::string();
        },
        [&](const VersionKeyVisit& visit) {
            for (const auto place : {member(*metadata, "attributes"), member(*metadata, "resourceAttributes"), metadata})
                if (place) eachScalar(*place, visit);
        });
}

void Reader::readUsage(Value observation, NormalisedSpan& span) const
{
    const auto usage = field(observation, "usageDetails"), older = field(observation, "usage");
    const auto first = [&](std::initializer_list<std::string_view> detailNames, std::initializer_list<std::string_view> names) {
        for (const auto place : {usage, older})
            for (const auto name : detailNames)
                if (const auto found = place ? field(*place, name) : std::nullopt) return integerOf(found);
        for (const auto name : names)
            if (const auto found = field(observation, name)) return integerOf(found);
        return std::int64_t{0};
    };
    span.step.promptTokens = first({"input", "promptTokens", "input_tokens"}, {"inputUsage", "promptTokens", "inputTokens"});
    span.step.completionTokens =
        first({"output", "completionTokens", "output_tokens"}, {"outputUsage", "completionTokens", "outputTokens"});
    const auto costs = field(observation, "costDetails");
    if (costs) span.costUsd = numberOf(member(*costs, "total"));
    for (const auto name : {"calculatedTotalCost", "totalCost"})
        if (!span.costUsd) span.costUsd = numberOf(field(observation, name));
    if (span.costUsd && *span.costUsd == 0) span.costUsd.reset(); // every span has one; of none is not for nothing
}

void Reader::readMetadata(Value record, NormalisedSpan& span)
{
    const auto metadata = metadataOf(record);
    if (!metadata) return;
    span.version = versionOf(metadata);
    const auto attributes = member(*metadata, "attributes");
    if (!isObject(attributes)) return;
    if (span.step.kind == StepKind::Other) span.step.kind = kindOfAttributes(*attributes);
    span.agentName = cut(textOf(at(*attributes, "gen_ai.agent.name")), kIdBytes);
    span.toolCallId = cut(textOf(at(*attributes, "gen_ai.tool.call.id")), kIdBytes);
    for (const auto key : {"gen_ai.tool.name", "tool.name", "ai.toolCall.name"})
        if (span.step.toolName.empty()) span.step.toolName = cut(textOf(at(*attributes, key)), kIdBytes);
}

/// LangChain's tools answer with a message that names the call: what gave it was a tool, if it was told as a plain span.
bool Reader::readToolMessage(const chatml::Said& out, NormalisedSpan& span)
{
    Step& step = span.step;
    const bool one = step.kind == StepKind::Other && out.messages.size() == 1 && out.messages[0].role == "tool";
    if (!one || out.messages[0].toolCallId.empty()) return false;
    const auto message = m_inner.parse(out.text);
    if (!message || !member(*message, "tool_call_id")) return false; // a list of one: a node of the graph, not the tool
    step.kind = StepKind::Tool;
    step.toolName = out.messages[0].name.empty() ? step.name : cut(out.messages[0].name, kIdBytes);
    step.arguments = step.inputText;
    span.toolCallId = cut(out.messages[0].toolCallId, kIdBytes);
    if (stringOf(member(*message, "status")) == "error") {
        step.status = StepStatus::Error;
        step.errorText = cut(out.messages[0].content, kStepTextBytes);
    }
    return true;
}

/// Input and output, by what the step is.
void Reader::readTexts(Value observation, NormalisedSpan& span)
{
    Step& step = span.step;
    const bool isTool = step.kind == StepKind::Tool || step.kind == StepKind::Retriever;
    // Tools are asked with arguments and answer with anything; what looks like a message there is none.
    auto in = chatml::saidOf(field(observation, "input"), chatml::Side::Input, !isTool, m_inner);
    const bool isRoot = !has(observation, "parentObservationId");
    if (isTool) {
        if (step.toolName.empty() && step.kind == StepKind::Tool) step.toolName = step.name;
        step.arguments = cut(in.text, kToolTextBytes);
    } else {
        step.inputText = cut(in.messages.empty() ? in.text : in.messages.back().content, kStepTextBytes);
        span.userText = cut(in.spoken, kStepTextBytes);
        if (isRoot && span.userText.empty()) span.userText = cut(openinference::userTextOf(in.text, m_parsers), kStepTextBytes);
    }
    auto out = chatml::saidOf(field(observation, "output"), chatml::Side::Output, !isTool, m_inner);
    span.hasOutput = !out.text.empty();
    if (isTool || readToolMessage(out, span))
        step.result = cut(isTool ? out.text : out.messages.back().content, kToolTextBytes);
    else {
        step.outputText = cut(lastWords(out), kStepTextBytes);
        span.answerText = step.outputText;
    }
    if (m_wantBodies) fillBodies(std::move(in), std::move(out), span);
}

void Reader::readObservation(Value observation, std::string type)
{
    const std::string traceId = text(observation, "traceId");
    const std::string id = text(observation, "id");
    if (id.empty()) return;
    CollectedTrace& trace = collect(traceId.empty() ? id : traceId);
    NormalisedSpan span;
    span.traceId = trace.facts.nativeId;
    span.dialect = "langfuse";
    Step& step = span.step;
    step.nativeId = id;
    step.parentId = text(observation, "parentObservationId");
    if (const auto own = stringOf(field(observation, "type"))) type = *own;
    step.kind = kindOfType(type);
    step.name = text(observation, "name");
    step.start = timeAt(observation, "startTime");
    step.end = timeAt(observation, "endTime");
    const std::string level = text(observation, "level");
    if (level == "ERROR") {
        step.status = StepStatus::Error;
        step.errorText = text(observation, "statusMessage", kStepTextBytes);
    }
    for (const auto name : {"model", "providedModelName", "modelId"})
        if (step.model.empty()) step.model = text(observation, name);
    readUsage(observation, span);
    readMetadata(observation, span);
    readTexts(observation, span);
    // Rows of the newer export carry what is the trace's.
    span.sessionId = text(observation, "sessionId");
    span.userId = text(observation, "userId");
    span.project = text(observation, "projectId");
    if (span.agentName.empty() && step.kind == StepKind::Agent) span.agentName = step.name;
    if (const auto prompt = text(observation, "promptName"); !prompt.empty() && span.version.prompt.empty()) {
        const auto version = text(observation, "promptVersion");
        span.version.prompt = version.empty() ? prompt : prompt + ":" + version;
        span.version.promptKey = "promptName";
    }
    if (const auto version = text(observation, "version"); !version.empty() && span.version.label.empty()) {
        span.version.label = version;
        span.version.labelKey = "version";
    }
    if (const auto release = text(observation, "release"); isCommitId(release) && span.version.commit.empty()) {
        span.version.commit = release;
        span.version.commitKey = "release";
    } else if (span.version.label.empty() && !release.empty()) {
        span.version.label = release;
        span.version.labelKey = "release";
    }
    if (trace.facts.agentName.empty()) trace.facts.agentName = text(observation, "traceName");
    readComments(observation, trace.facts.nativeId, id);
    trace.add(std::move(span), m_wantBodies ? simdjson::minify(observation) : std::string());
}

void Reader::readScore(Value value, std::string_view ownerId)
{
    std::string traceId = text(value, "traceId");
    if (traceId.empty()) traceId = ownerId;
    if (traceId.empty()) return; // of a session or of a run over a data set
    CollectedTrace& trace = collect(traceId);
    Score score;
    score.stepId = text(value, "observationId");
    score.name = text(value, "name");
    score.value = numberOf(field(value, "value"));
    const std::string type = text(value, "dataType");
    score.label = text(value, "stringValue", kStepTextBytes);
    if (score.label.empty()) score.label = cut(stringOf(field(value, "value")).value_or(""), kStepTextBytes);
    // The number of a category is its place in a list, not a measure; a truth value needs no word beside its number.
    if (type == "CATEGORICAL" || type == "TEXT") score.value.reset();
    if (type == "BOOLEAN" && score.value) score.label.clear();
    score.explanation = text(value, "comment", kStepTextBytes);
    score.annotator = annotatorOfSource(text(value, "source"), score.name);
    score.by = text(value, "authorUserId");
    score.time = timeAt(value, "timestamp");
    if (type == "CORRECTION") { // a person wrote what the output should have been
        HumanDecision decision{.stepId = score.stepId,
                               .kind = DecisionKind::Edit,
                               .by = score.by,
                               .time = score.time,
                               .target = score.name,
                               .before = {},
                               .after = text(value, "longStringValue", kStepTextBytes),
                               .reason = score.explanation};
        if (decision.after.empty()) decision.after = score.label;
        trace.decisions.push_back(std::move(decision));
        return;
    }
    trace.addScore(text(value, "id"), std::move(score));
}

/// A list of scores, or the table's {"name": [value …]}.
void Reader::readScores(Value owner, std::string_view traceId)
{
    for (const auto key : {"scores", "corrections"}) {
        const auto scores = member(owner, key);
        if (isArray(scores)) {
            for (const Value score : simdjson::dom::array(*scores))
                if (isObject(score)) readScore(score, traceId);
        } else if (isObject(scores))
            for (const auto& [name, values] : simdjson::dom::object(*scores)) {
                Value one = values;
                if (isArray(one))
                    for (const Value each : simdjson::dom::array(one)) one = each;
                Score score;
                score.name = cut(name, kIdBytes);
                score.value = numberOf(one);
                score.label = cut(stringOf(one).value_or(""), kStepTextBytes);
                if (score.value || !score.label.empty()) collect(traceId).addScore({}, std::move(score));
            }
    }
}

/// What people wrote beside a trace or observation.
void Reader::readComments(Value owner, std::string_view traceId, std::string_view stepId)
{
    const auto comments = member(owner, "comments");
    if (!isArray(comments)) return;
    for (const Value comment : simdjson::dom::array(*comments)) {
        Score score;
        score.stepId = stepId;
        score.name = "comment";
        score.explanation = text(comment, "content", kStepTextBytes);
        score.annotator = Annotator::Human;
        score.by = text(comment, "authorUserId");
        score.time = timeAt(comment, "createdAt");
        if (!score.explanation.empty()) collect(traceId).addScore(text(comment, "id"), std::move(score));
    }
}

void Reader::readTrace(Value record, bool isWhole)
{
    const std::string id = text(record, "id");
    if (id.empty()) return;
    CollectedTrace& trace = collect(id);
    trace.hasRecord = true;
    Run& run = trace.facts;
    run.sessionId = text(record, "sessionId");
    run.userId = text(record, "userId");
    run.project = text(record, "projectId");
    run.agentName = text(record, "name");
    run.start = timeAt(record, "timestamp");
    run.end = run.start;
    run.costUsd = numberOf(field(record, "totalCost"));
    if (run.costUsd && *run.costUsd == 0) run.costUsd.reset();
    const auto in = chatml::saidOf(field(record, "input"), chatml::Side::Input, true, m_inner);
    run.task = cut(in.spoken.empty() ? openinference::userTextOf(in.text, m_parsers) : in.spoken, kStepTextBytes);
    const auto out = chatml::saidOf(field(record, "output"), chatml::Side::Output, true, m_inner);
    run.answer = cut(out.messages.empty() ? openinference::answerTextOf(out.text, m_parsers) : out.spoken, kStepTextBytes);
    trace.version = versionOf(metadataOf(record));
    const std::string release = text(record, "release"), version = text(record, "version");
    const auto fill = [](std::string& to, std::string& key, const std::string& value, std::string_view name) {
        if (!to.empty() || value.empty()) return;
        to = value;
        key = name;
    };
    if (isCommitId(release)) fill(trace.version.commit, trace.version.commitKey, release, "release");
    fill(trace.version.label, trace.version.labelKey, version, "version");
    fill(trace.version.label, trace.version.labelKey, release, "release");
    for (const std::string_view key : {"release", "version", "environment"})
        if (std::string value = text(record, key); !value.empty())
            trace.version.keys.push_back({std::string(key), std::move(value)});
    if (m_wantBodies && isWhole) trace.raw = simdjson::minify(record);
    readScores(record, id);
    readComments(record, id, {});
}

Status Reader::readAll(Value list, int depth)
{
    std::size_t count = 0, bad = 0;
    for (const Value record : simdjson::dom::array(list)) {
        ++count;
        if (!readOne(record, depth + 1)) ++bad;
    }
    if (bad == 0) return {};
    return fail(ErrorCode::Damaged, {},
                formatText("{} of its {} records are no trace, observation or score of Langfuse", bad, count));
}

Status Reader::readOne(Value value, int depth)
{
    switch (depth < 3 ? kindOf(value) : RecordKind::Unknown) {
    case RecordKind::TraceDocument: {
        const auto inner = member(value, "trace");
        const Value trace = isObject(inner) ? *inner : value;
        readTrace(trace, true);
        for (const Value observation : simdjson::dom::array(*member(value, "observations")))
            if (isObject(observation)) readObservation(observation, {});
        if (isObject(inner)) readScores(value, text(trace, "id")); // some versions put them beside
        return {};
    }
    case RecordKind::Trace:
        readTrace(value, true);
        return {};
    case RecordKind::Observation:
        readObservation(value, {});
        return {};
    case RecordKind::Score:
        readScore(value, {});
        return {};
    case RecordKind::Page:
        for (const auto key : {"data", "batch", "traces"})
            if (const auto list = member(value, key); isArray(list)) return readAll(*list, depth);
        break;
    case RecordKind::Event: {
        const Value body = *member(value, "body");
        const std::string kind = eventBodyKind(textOf(member(value, "type")));
        if (kind == "trace")
            readTrace(body, true);
        else if (kind == "score")
            readScore(body, {});
        else if (kind != "sdk")
            readObservation(body, kind == "observation" ? std::string() : asciiUpper(kind));
        return {};
    }
    case RecordKind::Unknown:
        break;
    }
    return fail(ErrorCode::Damaged, {}, "it is no trace, observation or score of Langfuse");
}

Status Reader::read(Value value, std::optional<FileRange> range)
{
    m_range = range;
    return readOne(value, 0);
}

} // namespace tackroom::langfuse
