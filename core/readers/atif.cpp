// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/atif.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/atifdocuments.h"
#include "core/readers/conversation.h"

#include <algorithm>

namespace tackroom
{

namespace
{

using namespace jsonvalues;
using atif::Document;
using atif::Documents;

constexpr std::string_view kAtifKind = "atif";
constexpr int kMaxDepth = 6; ///< of sub-agents of sub-agents
constexpr std::size_t kMaxSteps = 200'000;

struct Metrics {
    UtcNs time = 0;
    std::int64_t prompt = 0, completion = 0;
    std::optional<double> cost;
    std::string model;
    std::string said; ///< without the reasoning
    bool isCopied = false;
};

struct SubagentRef {
    std::size_t message; ///< whose step the sub-agent belongs to
    const Document* agent;
};

/// What is read together, and how much of it was made into sub-agents: a hostile file may refer to one from everywhere.
struct Reading {
    const Documents& documents;
    bool bodies;
    std::size_t messagesLeft; ///< of sub-agents
};

/// A trajectory with all that continues it, on the way to a run.
struct Building {
    ParsedRun run;
    std::vector<Metrics> metrics; ///< of the messages
    std::vector<SubagentRef> subagents;
    std::optional<std::int64_t> prompt, completion;
    std::optional<double> cost;
};

bool flag(std::optional<Value> value)
{
    bool yes = false;
    return value && value->get(yes) == simdjson::SUCCESS && yes;
}

Message agentMessage(Value step, Metrics& metrics)
{
    Message message;
    message.role = "assistant";
    metrics.said = contentText(member(step, "message"));
    message.content = textOf(member(step, "reasoning_content"));
    if (!message.content.empty() && !metrics.said.empty()) message.content += '\n';
    message.content += metrics.said;
    for (const Value call : elementsOf(member(step, "tool_calls")))
        message.toolCalls.push_back(
            {textOf(member(call, "tool_call_id")), textOf(member(call, "function_name")), textOf(member(call, "arguments"))});
    return message;
}

void push(Building& to, Message message, Metrics metrics)
{
    to.run.conversation.push_back(std::move(message));
    to.metrics.push_back(std::move(metrics));
}

/// What a step got back; sub-agents are noted at the message of their call.
void addResults(Building& to, Value step, bool isAgent, const Metrics& ofStep, const Document& document, Reading& all)
{
    const std::size_t caller = to.run.conversation.size() - 1;
    for (const Value result : elementsOf(at(step, "observation.results"))) {
        const std::string call = textOf(member(result, "source_call_id"));
        const auto content = member(result, "content");
        std::size_t message = caller;
        if (!call.empty() || (content && !content->is_null())) {
            Message got;
            got.role = isAgent ? "tool" : "system";
            got.content = contentText(content);
            got.toolCallId = call;
            push(to, std::move(got),
                 Metrics{.time = ofStep.time, .cost = {}, .model = {}, .said = {}, .isCopied = ofStep.isCopied});
            message = to.run.conversation.size() - 1;
        }
        for (const Value ref : elementsOf(member(result, "subagent_trajectory_ref")))
            if (const Document* agent = all.documents.subagentOf(document, ref)) to.subagents.push_back({message, agent});
    }
}

void addSteps(Building& to, const Document& document, Reading& all, bool isContinuation)
{
    for (const Value step : elementsOf(member(document.value, "steps"))) {
        if (to.run.conversation.size() > kMaxSteps) break;
        Metrics metrics;
        metrics.isCopied = flag(member(step, "is_copied_context"));
        if (metrics.isCopied && isContinuation) continue;
        metrics.time = parseTime(textOf(member(step, "timestamp"))).value_or(0);
        metrics.prompt = integerOf(at(step, "metrics.prompt_tokens"));
        metrics.completion = integerOf(at(step, "metrics.completion_tokens"));
        metrics.cost = numberOf(at(step, "metrics.cost_usd"));
        const std::string source = textOf(member(step, "source"));
        const bool isAgent = source == "agent";
        if (isAgent) {
            metrics.model = cut(textOf(member(step, "model_name")), 400);
            if (metrics.model.empty()) metrics.model = cut(textOf(at(document.value, "agent.model_name")), 400);
        }
        Message message;
        if (isAgent) {
            message = agentMessage(step, metrics);
        } else {
            message.role = source == "user" ? "user" : "system";
            message.content = contentText(member(step, "message"));
        }
        if (to.run.record.run.userId.empty()) to.run.record.run.userId = cut(textOf(at(step, "extra.user_id")), 400);
        const Metrics ofStep = metrics;
        push(to, std::move(message), std::move(metrics));
        addResults(to, step, isAgent, ofStep, document, all);
    }
}

void addTotals(Building& to, const Document& document)
{
    const auto total = member(document.value, "final_metrics");
    if (!isObject(total)) return;
    const auto take = [](auto& known, const auto& more) {
        if (!more) return;
        // A continuation counts from the beginning of the run; one that has counted less counts only itself.
        known = known && *known > *more ? *known + *more : *more;
    };
    const auto count = [&](std::string_view key) -> std::optional<std::int64_t> {
        const auto value = member(*total, key);
        return numberOf(value) ? std::optional(integerOf(value)) : std::nullopt;
    };
    take(to.prompt, count("total_prompt_tokens"));
    take(to.completion, count("total_completion_tokens"));
    take(to.cost, numberOf(member(*total, "total_cost_usd")));
}

bool isError(const Message& message)
{
    return message.content.starts_with("Error") || message.content.starts_with("Previous response had parsing errors");
}

/// The message that a step of addConversationSteps() stands for: "m<i>" its own, of "m<i>.c<n>" the same.
std::size_t messageOf(const Step& step)
{
    std::size_t index = 0;
    for (const char c : std::string_view(step.nativeId).substr(1)) {
        if (c < '0' || c > '9') break;
        index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    return index;
}

void applyMetrics(Building& building)
{
    std::vector<Step>& steps = building.run.record.steps;
    std::erase_if(steps, [&](const Step& step) { return building.metrics[messageOf(step)].isCopied; });
    for (Step& step : steps) {
        const std::size_t index = messageOf(step);
        const Metrics& metrics = building.metrics[index];
        step.start = step.end = metrics.time;
        if (step.kind != StepKind::Llm) continue;
        step.promptTokens = metrics.prompt;
        step.completionTokens = metrics.completion;
        step.model = metrics.model;
        step.outputText = cut(metrics.said, kStepTextBytes);
    }
    for (std::size_t i = 0; i < building.metrics.size(); ++i)
        if (building.metrics[i].isCopied) building.run.conversation[i].stepId.clear();
}

ParsedRun build(const Document& head, Reading& all, int depth);

/// The texts of a sub-agent's steps: its conversation is not that of the run.
void keepTexts(ParsedRun& to, const ParsedRun& child, const std::string& prefix)
{
    for (const Step& step : child.record.steps) {
        const auto body = bodyOf(child, step.nativeId, std::uint64_t{1} << 40);
        if (!body) continue;
        to.texts[prefix + step.nativeId] = {body->messages, body->input, body->output, body->raw};
    }
    for (const auto& [id, texts] : child.texts) to.texts[prefix + id] = texts;
}

/// Puts the steps of the sub-agents below the steps that called them.
void graftSubagents(Building& building, Reading& all, int depth)
{
    std::size_t number = 0;
    for (const SubagentRef& ref : building.subagents) {
        if (depth >= kMaxDepth || all.messagesLeft == 0) return;
        ParsedRun child = build(*ref.agent, all, depth + 1);
        all.messagesLeft -= std::min(all.messagesLeft, child.conversation.size() + 1);
        std::vector<Step>& steps = building.run.record.steps;
        const std::string& caller = building.run.conversation[ref.message].stepId;
        Step agent;
        agent.nativeId = formatText("a{}", ++number);
        agent.parentId = caller;
        agent.kind = StepKind::Agent;
        agent.name = child.record.run.agentName.empty() ? "sub-agent" : child.record.run.agentName;
        agent.inputText = child.record.run.task;
        agent.outputText = child.record.run.answer;
        agent.start = child.record.run.start;
        agent.end = child.record.run.end;
        const std::string prefix = agent.nativeId + ".";
        if (all.bodies) {
            keepTexts(building.run, child, prefix);
            building.run.texts[agent.nativeId].messages = child.conversation;
        }
        std::vector<Step> grafted{agent};
        for (Step& step : child.record.steps) {
            step.parentId = step.parentId.empty() ? agent.nativeId : prefix + step.parentId;
            step.nativeId = prefix + step.nativeId;
            grafted.push_back(std::move(step));
        }
        // Behind the caller and what was grafted there before; without a caller behind the steps of earlier messages.
        auto place = std::ranges::find(steps, caller, &Step::nativeId);
        if (place != steps.end()) {
            ++place;
        } else {
            place = std::ranges::find_if(
                steps, [&](const Step& step) { return step.nativeId.starts_with('m') && messageOf(step) > ref.message; });
        }
        while (!caller.empty() && place != steps.end() && place->nativeId.starts_with('a')) ++place;
        steps.insert(place, std::make_move_iterator(grafted.begin()), std::make_move_iterator(grafted.end()));
    }
}

ParsedRun build(const Document& head, Reading& all, int depth)
{
    Building building;
    Run& out = building.run.record.run;
    out.sessionId = cut(head.sessionId, 400);
    out.nativeId = cut(head.nativeId(), 800);
    if (out.nativeId.empty()) out.nativeId = xxh128Hex(simdjson::minify(head.value));
    out.agentName = cut(textOf(at(head.value, "agent.name")), 400);
    out.harnessVersion = cut(textOf(at(head.value, "agent.version")), 400);
    if (!out.harnessVersion.empty()) out.harnessVersionSource = "version key";
    for (const Document* part : all.documents.chainOf(head)) {
        addSteps(building, *part, all, part != &head);
        addTotals(building, *part);
    }
    addConversationSteps(building.run, {.isError = isError});
    applyMetrics(building);
    out.promptTokens = building.prompt.value_or(0);
    out.completionTokens = building.completion.value_or(0);
    out.costUsd = building.cost;
    if (!out.costUsd)
        for (const Metrics& metrics : building.metrics)
            if (metrics.cost) out.costUsd = out.costUsd.value_or(0) + *metrics.cost;
    for (const Metrics& metrics : building.metrics) {
        if (!metrics.isCopied && !trimmed(metrics.said).empty()) out.answer = cut(metrics.said, kStepTextBytes);
        if (!metrics.time) continue;
        if (out.start == 0 || metrics.time < out.start) out.start = metrics.time;
        out.end = std::max(out.end, metrics.time);
    }
    graftSubagents(building, all, depth);
    fillRunFromConversation(building.run);
    return std::move(building.run);
}

void addRewards(ParsedRun& run, Value result)
{
    const auto add = [&](std::string_view name, std::optional<Value> value) {
        const auto number = numberOf(value);
        if (!number) return;
        Score score;
        score.name = cut(name, 400);
        score.value = number;
        score.annotator = Annotator::Code;
        score.by = "Harbor";
        score.says = *number >= 1.0 - 1e-6 ? Outcome::Success : *number <= 0 ? Outcome::Failure : Outcome::Unknown;
        score.weight = OutcomeSource::Verifier;
        run.record.scores.push_back(std::move(score));
    };
    simdjson::dom::object rewards;
    if (const auto all = at(result, "verifier_result.rewards"); all && all->get(rewards) == simdjson::SUCCESS)
        for (const auto& [name, value] : rewards) add(name, value);
    else
        add("reward", at(result, "verifier_result.reward"));
    Run& out = run.record.run;
    const std::string exception = textOf(at(result, "exception_info.exception_type"));
    if (!exception.empty()) {
        out.status = StepStatus::Error;
        Score score;
        score.name = "exception";
        score.label = cut(exception, 400);
        score.explanation = cut(textOf(at(result, "exception_info.exception_message")), kStepTextBytes);
        score.annotator = Annotator::Code;
        score.by = "Harbor";
        run.record.scores.push_back(std::move(score));
    }
    if (!out.start) out.start = parseTime(textOf(firstOf(result, {"agent_execution.started_at", "started_at"}))).value_or(0);
    if (!out.end) out.end = parseTime(textOf(firstOf(result, {"agent_execution.finished_at", "finished_at"}))).value_or(0);
    out.project = cut(textOf(member(result, "task_name")), 400);
}

/// "ATIF-v1.7" → 7; nothing where it is no version 1.
std::optional<int> minorOf(std::string_view schema)
{
    constexpr std::string_view kBegins = "ATIF-v1.";
    if (!schema.starts_with(kBegins) || schema.size() > kBegins.size() + 3) return std::nullopt;
    int minor = 0;
    for (const char c : schema.substr(kBegins.size())) {
        if (c < '0' || c > '9') return std::nullopt;
        minor = minor * 10 + (c - '0');
    }
    return minor;
}

class Atif final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kAtifKind), "ATIF trajectories (Harbor, JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Object) return std::nullopt;
        std::string schema;
        if (!look.values.empty()) {
            if (atif::isHarborResult(look.values.front()))
                return Recognised{"Harbor result", "a result without a trace: it is read with the trajectory beside it"};
            schema = atif::schemaOf(look.values.front());
        } else if (look.hasKey("schema_version") && look.beginning.contains("\"ATIF-v")) {
            schema = "ATIF-v1.0"; // too long to be looked at whole
        }
        if (!schema.starts_with("ATIF-v")) return std::nullopt;
        const auto minor = minorOf(schema);
        const bool newer = !minor || *minor > 7;
        return Recognised{schema, newer ? schema + " is newer than ATIF-v1.7 and read as far as that goes" : std::string()};
    }

    std::string unitOf(const std::string& name, const FileLook& look) const override
    {
        const auto slash = name.rfind('/');
        const std::string folder = slash == std::string::npos ? std::string() : name.substr(0, slash);
        if (folder == "agent") return ".";
        if (folder.ends_with("/agent")) return folder.substr(0, folder.size() - 6);
        if (look.values.empty()) return name;
        if (atif::isHarborResult(look.values.front())) return folder.empty() ? "." : folder;
        const std::string base = atif::baseSession(textOf(member(look.values.front(), "session_id")));
        if (base.empty()) return name;
        return (folder.empty() ? "" : folder + "/") + base;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        Documents documents;
        for (const FileUnit::Part& part : unit.parts) {
            if (cancel.cancelled()) return CancelToken::error();
            auto file = JsonFile::read(part.file);
            if (!file && unit.parts.size() == 1) return std::unexpected(file.error());
            if (!file)
                sink.skipped(part.name, file.error().detail);
            else if (!documents.take(part.name, std::move(*file)))
                sink.skipped(part.name, "there is no ATIF trajectory with steps in it");
        }
        documents.connect();
        for (const Document* head : documents.heads()) {
            if (cancel.cancelled()) return CancelToken::error();
            Reading reading{documents, request.bodies, kMaxSteps};
            ParsedRun run = build(*head, reading, 0);
            if (const auto result = documents.harborResult()) addRewards(run, *result);
            if (request.bodies)
                run.raw = head->text();
            else
                run.conversation.clear();
            TR_ASSIGN(const bool more, sink.add(std::move(run)));
            if (!more) break;
        }
        return {};
    }
};

} // namespace

const FileFormat& atifFormat()
{
    static const Atif format;
    return format;
}

} // namespace tackroom
