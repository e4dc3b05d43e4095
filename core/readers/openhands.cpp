// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/openhands.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/filenames.h"
#include "core/readers/jsonfile.h"
#include "core/readers/openhandsevents.h"

#include <algorithm>

namespace tackroom
{

namespace
{

using namespace jsonvalues;
using openhands::EventModel;
using openhands::Events;
using openhands::modelOf;

constexpr std::string_view kOpenHandsKind = "openhands";

enum class Content : std::uint8_t { Other, Event, State, EventList, Evaluation };

bool isState(Value value)
{
    return isObject(member(value, "agent")) && isObject(member(value, "workspace")) && stringOf(member(value, "id")) &&
           (member(value, "execution_status") || member(value, "agent_status") || member(value, "max_iterations"));
}

bool isEvaluation(Value value)
{
    return member(value, "instance_id") && isArray(member(value, "history")) &&
           (member(value, "test_result") || member(value, "instruction")) && !member(value, "mistake_agent");
}

EventModel modelOfList(std::optional<Value> list)
{
    std::size_t seen = 0;
    for (const Value event : elementsOf(list)) {
        if (const EventModel model = modelOf(event); model != EventModel::None) return model;
        if (++seen == 8) break;
    }
    return EventModel::None;
}

Content contentOf(Value value)
{
    if (modelOf(value) != EventModel::None) return Content::Event;
    if (!isObject(value)) return modelOfList(value) != EventModel::None ? Content::EventList : Content::Other;
    if (isEvaluation(value)) return Content::Evaluation;
    if (isState(value)) return Content::State;
    return modelOfList(member(value, "trajectory")) != EventModel::None ? Content::EventList : Content::Other;
}

std::string parentOf(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

/// The folder of the conversation that a file of its own belongs to.
std::string sessionFolder(const std::string& name)
{
    std::string folder = parentOf(name);
    if (lastOfPath(folder) == "events") folder = parentOf(folder);
    return folder.empty() ? "." : folder;
}

void addScore(ParsedRun& run, std::string_view from, Value value)
{
    bool yes = false;
    if (value.get(yes) != simdjson::SUCCESS) {
        const auto number = numberOf(value);
        if (!number || (*number != 0.0 && *number != 1.0)) return;
        yes = *number == 1.0;
    }
    Score score;
    score.name = "resolved";
    score.label = yes ? "resolved" : "unresolved";
    score.value = yes ? 1.0 : 0.0;
    score.explanation = from;
    score.annotator = Annotator::Code;
    score.by = "evaluation";
    score.says = yes ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    run.record.scores.push_back(std::move(score));
}

void addMetrics(Run& run, Value metrics)
{
    if (const auto cost = numberOf(member(metrics, "accumulated_cost"))) run.costUsd = run.costUsd.value_or(0) + *cost;
    run.promptTokens += integerOf(at(metrics, "accumulated_token_usage.prompt_tokens"));
    run.completionTokens += integerOf(at(metrics, "accumulated_token_usage.completion_tokens"));
}

void fillFromState(ParsedRun& run, Value state)
{
    Run& out = run.record.run;
    out.nativeId = out.sessionId = cut(textOf(member(state, "id")), 400);
    out.agentName = cut(textOf(firstOf(state, {"agent.name", "agent.kind"})), 400);
    simdjson::dom::object usages;
    if (const auto all = at(state, "stats.usage_to_metrics"); all && all->get(usages) == simdjson::SUCCESS) {
        out.promptTokens = out.completionTokens = 0;
        for (const auto& [usage, metrics] : usages) addMetrics(out, metrics);
    }
    const std::string status = cut(textOf(firstOf(state, {"execution_status", "agent_status"})), 400);
    if (status.empty()) return;
    if (status == "error" || status == "stuck") out.status = StepStatus::Error;
    Score score;
    score.name = "execution_status";
    score.label = status;
    score.explanation = "the state of the conversation; it says nothing of the result";
    score.annotator = Annotator::Code;
    score.by = "OpenHands";
    run.record.scores.push_back(std::move(score));
}

Result<ParsedRun> evaluationOf(Value value, std::string_view text)
{
    if (!isEvaluation(value)) return fail(ErrorCode::Damaged, {}, "there is no instance_id with a history in it");
    Events events;
    events.setModel(cut(textOf(firstOf(value, {"metadata.llm_config.model", "metadata.llm.model"})), 400));
    for (const Value event : elementsOf(member(value, "history"))) {
        if (isArray(event)) // the older form: pairs of an action and what it led to
            for (const Value each : elementsOf(event)) events.take(each);
        else
            events.take(event);
    }
    ParsedRun run = std::move(events).finish();
    Run& out = run.record.run;
    out.nativeId = cut(textOf(member(value, "instance_id")), 400);
    out.key = runKeyOf(kOpenHandsKind, out.nativeId + "\n" + xxh128Hex(text));
    out.agentName = cut(textOf(at(value, "metadata.agent_class")), 400);
    out.project = cut(textOf(at(value, "metadata.dataset")), 400);
    out.harnessVersion = cut(textOf(at(value, "metadata.git_commit")), 200);
    if (!out.harnessVersion.empty()) out.harnessVersionSource = "commit key";
    if (out.task.empty()) out.task = cut(contentText(member(value, "instruction")), kStepTextBytes);
    if (const auto metrics = member(value, "metrics"); isObject(metrics)) {
        out.costUsd.reset();
        if (isObject(member(*metrics, "accumulated_token_usage"))) out.promptTokens = out.completionTokens = 0;
        addMetrics(out, *metrics);
    }
    for (const std::string_view key : {"report.resolved", "test_result.report.resolved", "test_result.resolved",
                                       "test_result.passed", "test_result.success", "test_result.score", "test_result.result"})
        if (const auto verdict = at(value, key); verdict && !verdict->is_null()) {
            addScore(run, key, *verdict);
            break;
        }
    if (const std::string error = textOf(member(value, "error")); !error.empty()) {
        out.status = StepStatus::Error;
        Score score;
        score.name = "error";
        score.label = cut(firstLine(error), 200);
        score.explanation = cut(error, kStepTextBytes);
        score.annotator = Annotator::Code;
        score.by = "evaluation";
        run.record.scores.push_back(std::move(score));
    }
    return run;
}

class OpenHands final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kOpenHandsKind), "OpenHands conversations and evaluations (JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.values.empty()) {
            const bool isLong =
                look.shape == FileLook::Shape::Lines && look.hasKey("instance_id") && look.hasKey("instruction");
            return isLong ? std::optional(Recognised{"evaluation", {}}) : std::nullopt;
        }
        const Value first = look.values.front();
        if (look.shape == FileLook::Shape::Array) {
            for (const Value value : look.values) {
                const EventModel model = modelOf(value);
                if (model != EventModel::None) return Recognised{model == EventModel::V0 ? "V0 events" : "V1 events", {}};
            }
            return std::nullopt;
        }
        const Content content = contentOf(first);
        if (look.shape == FileLook::Shape::Lines && content != Content::Evaluation) return std::nullopt;
        switch (content) {
        case Content::Event:
            return Recognised{modelOf(first) == EventModel::V0 ? "V0 events" : "V1 conversation", {}};
        case Content::EventList:
            return Recognised{"V0 events", {}};
        case Content::State:
            return Recognised{"V1 conversation", {}};
        case Content::Evaluation:
            return Recognised{"evaluation", {}};
        case Content::Other:
            break;
        }
        return std::nullopt;
    }

    std::string unitOf(const std::string& name, const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Object || look.values.empty()) return name;
        const Content content = contentOf(look.values.front());
        return content == Content::Event || content == Content::State ? sessionFolder(name) : name;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        if (unit.parts.size() > 1) return readSession(unit, request, sink, cancel);
        const auto file = JsonFile::read(unit.first());
        if (!file) { // lines, or an array that is cut off
            if (file.error().code != ErrorCode::Damaged) return std::unexpected(file.error());
            return readElements(unit, request, sink, cancel, file.error());
        }
        switch (contentOf(file->value())) {
        case Content::Event:
        case Content::State:
            return readSession(unit, request, sink, cancel);
        case Content::EventList: {
            Events events;
            const auto list = isObject(file->value()) ? member(file->value(), "trajectory") : file->value();
            for (const Value event : elementsOf(list)) events.take(event);
            return deliver(std::move(events), stemOfFile(unit.parts.front().name), file->text(), request, sink);
        }
        case Content::Evaluation: {
            auto run = evaluationOf(file->value(), trimmed(file->text()));
            return add(std::move(*run), file->text(), request, sink).transform([](bool) {});
        }
        case Content::Other:
            break;
        }
        return fail(ErrorCode::Damaged, unit.parts.front().name, "there are no events of OpenHands in it");
    }

private:
    static Result<bool> add(ParsedRun run, std::string_view raw, const FormatRequest& request, FormatSink& sink)
    {
        if (request.bodies)
            run.raw = raw;
        else
            run.conversation.clear();
        return sink.add(std::move(run));
    }

    static Status deliver(Events events, std::string nativeId, std::string_view raw, const FormatRequest& request,
                          FormatSink& sink)
    {
        const std::string first = events.firstEvent();
        ParsedRun run = std::move(events).finish();
        Run& out = run.record.run;
        out.key = runKeyOf(kOpenHandsKind, xxh128Hex(first));
        out.nativeId = nativeId.empty() || nativeId == "." ? xxh128Hex(first) : std::move(nativeId);
        return add(std::move(run), raw, request, sink).transform([](bool) {});
    }

    /// V0 numbers its files (9.json, 10.json), V1 too, with leading zeros before an id; other files come first.
    static std::string orderOf(const std::string& name)
    {
        const std::string last = lastOfPath(name);
        const bool isNumber = !last.empty() && last.front() >= '0' && last.front() <= '9';
        return isNumber ? formatText("e{:0>40}", cut(last, 40)) : last;
    }

    /// The files of one conversation, one after the other.
    static Status readSession(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel)
    {
        std::vector<std::pair<std::string, const FileUnit::Part*>> parts;
        for (const FileUnit::Part& part : unit.parts) parts.emplace_back(orderOf(part.name), &part);
        std::ranges::stable_sort(parts, {}, &std::pair<std::string, const FileUnit::Part*>::first);
        std::optional<JsonFile> state;
        Events events;
        std::string raw;
        std::uint64_t done = 0;
        for (const auto& [order, part] : parts) {
            if (cancel.cancelled()) return CancelToken::error();
            auto file = JsonFile::read(part->file);
            if (!file && unit.parts.size() == 1) return std::unexpected(file.error());
            sink.progress(done += part->file.sizeBytes());
            if (!file) {
                sink.skipped(part->name, file.error().detail);
                continue;
            }
            if (request.bodies) raw.append(file->text()).append("\n");
            events.take(file->value());
            if (modelOf(file->value()) == EventModel::None && isState(file->value())) state = std::move(*file);
        }
        if (state) events.setModel(cut(textOf(at(state->value(), "agent.llm.model")), 400));
        const std::string folder = lastOfPath(sessionFolder(unit.parts.front().name));
        if (!state) return deliver(std::move(events), folder, raw, request, sink);
        ParsedRun run = std::move(events).finish();
        fillFromState(run, state->value());
        return add(std::move(run), raw, request, sink).transform([](bool) {});
    }

    /// A line or element a run or event; `damage` is why the file is no single value.
    static Status readElements(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel,
                               const Error& damage)
    {
        TR_ASSIGN(const std::string beginning, unit.first().read(0, 64));
        const bool isArray = trimmed(beginning.starts_with("\xEF\xBB\xBF") ? beginning.substr(3) : beginning).starts_with('[');
        Events events;
        Parser parser;
        std::uint64_t good = 0;
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            sink.progress(element.offset);
            const std::string where = formatText("{} {}", isArray ? "element" : "line", element.index + (isArray ? 0 : 1));
            const auto value = parser.parse(element.text, true);
            if (!value && good == 0 && !isArray) return std::unexpected(damage); // a broken object, not so many broken lines
            if (!value) {
                sink.skipped(where, value.error().detail);
                return true;
            }
            ++good;
            if (isArray) {
                events.take(*value);
                return true;
            }
            auto run = evaluationOf(*value, element.text);
            if (!run) {
                sink.skipped(where, run.error().detail);
                return true;
            }
            run->ranges.push_back({element.offset, element.text.size()});
            return add(std::move(*run), element.text, request, sink);
        };
        visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
            sink.skipped(formatText("line {}", index + 1), formatText("it has {} bytes, more than are read", bytes));
        };
        const auto read = forEachJsonElement(unit.first(), isArray ? JsonLayout::Array : JsonLayout::Lines, visitor, cancel);
        if (!read && (read.error().code != ErrorCode::Damaged || good == 0)) return read;
        if (!read) sink.skipped("the rest of the file", read.error().detail);
        return events.count() ? deliver(std::move(events), stemOfFile(unit.parts.front().name), {}, request, sink) : Status();
    }
};

} // namespace

const FileFormat& openHandsFormat()
{
    static const OpenHands format;
    return format;
}

} // namespace tackroom
