// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/sweagent.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/annotations.h"
#include "core/readers/conversation.h"
#include "core/readers/filenames.h"
#include "core/readers/jsonfile.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kSweAgentKind = "swe-agent";
constexpr std::size_t kMaxSteps = 100'000;

enum class PartKind : std::uint8_t { Other, Trajectory, Predictions };

bool isHistory(std::optional<Value> value)
{
    simdjson::dom::array list;
    if (!value || value->get(list) != simdjson::SUCCESS || list.size() == 0) return false;
    const Value first = *list.begin();
    return member(first, "role") && member(first, "content") && (member(first, "agent") || member(first, "message_type"));
}

bool isTrajectory(std::optional<Value> value)
{
    simdjson::dom::array list;
    if (!value || value->get(list) != simdjson::SUCCESS) return false;
    if (list.size() == 0) return true;
    const Value first = *list.begin();
    return member(first, "action") && member(first, "observation") && (member(first, "response") || member(first, "thought"));
}

bool isPrediction(Value value) { return member(value, "model_patch") && member(value, "instance_id"); }

PartKind kindOf(Value value)
{
    if (!isObject(value)) return PartKind::Other;
    const bool history = isHistory(member(value, "history"));
    if (member(value, "trajectory")) {
        const bool known = isTrajectory(member(value, "trajectory")) &&
                           (history || (isObject(member(value, "info")) && member(value, "history")));
        return known ? PartKind::Trajectory : PartKind::Other;
    }
    if (history) return PartKind::Trajectory;
    if (isPrediction(value)) return PartKind::Predictions;
    const simdjson::dom::object entries = value;
    return entries.size() > 0 && isPrediction((*entries.begin()).value) ? PartKind::Predictions : PartKind::Other;
}

std::string generationOf(Value value)
{
    if (!member(value, "trajectory")) return "demonstration (history alone)";
    if (member(value, "replay_config")) return "SWE-agent 1";
    for (const Value entry : elementsOf(member(value, "history")))
        if (member(entry, "message_type")) return "SWE-agent 0.7";
    return "SWE-agent 0";
}

bool isDemonstration(Value entry)
{
    bool demo = false;
    const auto said = member(entry, "is_demo");
    return said && said->get(demo) == simdjson::SUCCESS && demo;
}

Message messageOf(Value entry)
{
    Message message = chatMessage(entry);
    if (message.toolCallId.empty())
        if (const auto ids = elementsOf(member(entry, "tool_call_ids")); !ids.empty()) message.toolCallId = textOf(ids.front());
    return message;
}

/// A command line as a call: its first word names the command.
Message::ToolCall commandCall(std::string_view action)
{
    const std::string_view line = trimmed(action);
    return {{}, cut(line.substr(0, line.find_first_of(" \t\r\n")), 200), std::string(action)};
}

/// The answers in the history, in order, to say which calls a step of the trajectory made.
class Answers
{
public:
    explicit Answers(const std::vector<Value>& history)
    {
        for (const Value entry : history)
            if (stringOf(member(entry, "role")) == "assistant" && !isDemonstration(entry)) m_entries.push_back(entry);
    }
    /// The calls of the next answer with this action; its command line where it has none.
    std::vector<Message::ToolCall> callsOf(std::string_view action)
    {
        for (std::size_t i = m_next; i < m_entries.size() && i < m_next + 8; ++i) {
            if (stringOf(member(m_entries[i], "action")) != action) continue;
            m_next = i + 1;
            auto calls = chatMessage(m_entries[i]).toolCalls;
            if (!calls.empty()) return calls;
            break;
        }
        if (trimmed(action).empty()) return {};
        return {commandCall(action)};
    }

private:
    std::vector<Value> m_entries;
    std::size_t m_next = 0;
};

void addTrajectory(ParsedRun& run, const std::vector<Value>& steps, const std::vector<Value>& history)
{
    for (const Value entry : history) {
        if (stringOf(member(entry, "role")) == "assistant" && !isDemonstration(entry)) break;
        run.conversation.push_back(messageOf(entry));
    }
    Answers answers(history);
    for (const Value step : steps) {
        Message said;
        said.role = "assistant";
        said.content = contentText(firstOf(step, {"response", "thought"}));
        said.toolCalls = answers.callsOf(stringOf(member(step, "action")).value_or(""));
        Message got;
        got.content = contentText(member(step, "observation"));
        got.role = said.toolCalls.empty() ? "user" : "tool";
        if (!said.toolCalls.empty()) got.toolCallId = said.toolCalls.back().id;
        run.conversation.push_back(std::move(said));
        if (got.role == "tool" || !got.content.empty()) run.conversation.push_back(std::move(got));
    }
}

/// Of a demonstration: an answer with an action is answered by the next message.
void addHistory(ParsedRun& run, const std::vector<Value>& history)
{
    bool expectsObservation = false;
    for (const Value entry : history) {
        Message message = messageOf(entry);
        if (expectsObservation && message.role == "user") message.role = "tool";
        expectsObservation = false;
        if (message.role == "assistant" && message.toolCalls.empty())
            if (const auto action = stringOf(member(entry, "action")); action && !trimmed(*action).empty()) {
                message.toolCalls.push_back(commandCall(*action));
                expectsObservation = true;
            }
        run.conversation.push_back(std::move(message));
    }
}

bool isError(const Message& message)
{
    static constexpr std::array<std::string_view, 6> kBegins{"Error",
                                                             "Traceback (most recent call last)",
                                                             "bash: ",
                                                             "/bin/bash: ",
                                                             "EXECUTION TIMED OUT",
                                                             "Your proposed edit has introduced new syntax error(s)"};
    const std::string_view text = trimmed(std::string_view(message.content).substr(0, 4096));
    return std::ranges::any_of(kBegins, [&](std::string_view words) { return text.starts_with(words); });
}

/// replay_config as an object, or as the JSON text of one.
std::optional<Value> configOf(Value value, Parser& parser)
{
    const auto config = member(value, "replay_config");
    if (isObject(config)) return config;
    const auto text = stringOf(config);
    if (!text) return std::nullopt;
    const auto parsed = parser.parse(*text);
    return parsed ? std::optional<Value>(*parsed) : std::nullopt;
}

void fillFromConfig(ParsedRun& run, Value config)
{
    Run& out = run.record.run;
    out.nativeId = cut(textOf(at(config, "problem_statement.id")), 400);
    out.agentName = cut(textOf(at(config, "agent.name")), 400);
    out.project = cut(textOf(firstOf(config, {"env.repo.github_url", "env.repo.repo_name", "env.repo.path"})), 400);
    const std::string model = cut(textOf(at(config, "agent.model.name")), 400);
    for (Step& step : run.record.steps)
        if (step.kind == StepKind::Llm) step.model = model;
}

void fillFromInfo(ParsedRun& run, Value info)
{
    Run& out = run.record.run;
    if (const auto stats = member(info, "model_stats"); isObject(stats)) {
        out.promptTokens = integerOf(member(*stats, "tokens_sent"));
        out.completionTokens = integerOf(member(*stats, "tokens_received"));
        out.costUsd = numberOf(firstOf(*stats, {"instance_cost", "total_cost"}));
    }
    const std::string hash = cut(textOf(member(info, "swe_agent_hash")), 200);
    const std::string version = cut(textOf(member(info, "swe_agent_version")), 200);
    const bool hasHash = !hash.empty() && hash != "unavailable";
    out.harnessVersion = hasHash ? hash : version;
    if (hasHash) out.harnessVersionLabel = version;
    if (!out.harnessVersion.empty()) out.harnessVersionSource = hasHash ? "commit key" : "version key";

    const std::string status = cut(textOf(member(info, "exit_status")), 400);
    if (!status.empty()) {
        if (!status.starts_with("submitted")) out.status = StepStatus::Error;
        Score score;
        score.name = "exit_status";
        score.label = status;
        score.explanation = "how the run ended; whether the patch is right was not tested here";
        score.annotator = Annotator::Code;
        score.by = "SWE-agent";
        run.record.scores.push_back(std::move(score));
    }
    if (const auto accept = at(info, "review.accept")) {
        bool yes = false;
        Score score;
        score.name = "review";
        score.value = accept->get(yes) == simdjson::SUCCESS ? (yes ? 1.0 : 0.0) : numberOf(accept);
        score.annotator = Annotator::Llm;
        score.by = "SWE-agent reviewer";
        judgeScore(score);
        if (score.value) run.record.scores.push_back(std::move(score));
    }
}

Result<ParsedRun> runOf(Value value, std::string_view text, const std::string& name)
{
    const auto steps = elementsOf(member(value, "trajectory"));
    const auto history = elementsOf(member(value, "history"));
    if (steps.size() > kMaxSteps || history.size() > kMaxSteps)
        return fail(ErrorCode::Refused, name, formatText("it has more than {} steps", kMaxSteps));
    ParsedRun run;
    if (steps.empty())
        addHistory(run, history);
    else
        addTrajectory(run, steps, history);
    addConversationSteps(run, {.isError = isError});
    Parser parser;
    if (const auto config = configOf(value, parser)) fillFromConfig(run, *config);
    if (const auto info = member(value, "info"); isObject(info)) fillFromInfo(run, *info);
    Run& out = run.record.run;
    for (const Value entry : history) {
        if (out.agentName.empty()) out.agentName = cut(textOf(member(entry, "agent")), 400);
        if (stringOf(member(entry, "role")) != "user" || isDemonstration(entry)) continue;
        out.task = cut(contentText(member(entry, "content")), kStepTextBytes);
        break;
    }
    out.key = runKeyOf(kSweAgentKind, out.nativeId + "\n" + xxh128Hex(text));
    if (out.nativeId.empty()) out.nativeId = stemOfFile(name);
    fillRunFromConversation(run);
    return run;
}

class SweAgent final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kSweAgentKind), "SWE-agent trajectories (JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Object && look.shape != FileLook::Shape::Lines) return std::nullopt;
        if (look.values.empty()) {
            // Too long to be looked at whole: its first keys, and the keys of its first step.
            const bool known = look.shape == FileLook::Shape::Object && look.hasKey("trajectory") &&
                               look.beginning.contains("\"observation\"") && look.beginning.contains("\"action\"");
            return known ? std::optional(Recognised{"SWE-agent", {}}) : std::nullopt;
        }
        const Value first = look.values.front();
        switch (kindOf(first)) {
        case PartKind::Trajectory:
            if (look.shape == FileLook::Shape::Lines) return std::nullopt;
            return Recognised{generationOf(first), {}};
        case PartKind::Predictions:
            return Recognised{"predictions", "patches without traces: there are no runs to read in them"};
        case PartKind::Other:
            break;
        }
        return std::nullopt;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        std::uint64_t done = 0;
        for (const FileUnit::Part& part : unit.parts) {
            if (cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(const bool predictions, isOfPredictions(part));
            if (predictions) continue;
            TR_ASSIGN(const bool more, readOne(part, unit.parts.size() == 1, request, sink));
            if (!more) return {};
            done += part.file.sizeBytes();
            sink.progress(done);
        }
        return {};
    }

private:
    /// By its first keys where they tell, so that a trajectory is parsed when its turn comes.
    static Result<bool> isOfPredictions(const FileUnit::Part& part)
    {
        TR_ASSIGN(const std::string beginning, part.file.read(0, std::size_t{64} << 10));
        const auto keys = objectKeys(beginning.starts_with("\xEF\xBB\xBF") ? beginning.substr(3) : beginning);
        const auto has = [&](std::string_view key) { return std::ranges::contains(keys, key); };
        if (has("trajectory") || has("history")) return false;
        const auto file = JsonFile::read(part.file);
        if (!file) return has("model_patch"); // its damage is told there
        return kindOf(file->value()) == PartKind::Predictions;
    }

    static Result<bool> readOne(const FileUnit::Part& part, bool isAlone, const FormatRequest& request, FormatSink& sink)
    {
        const auto file = JsonFile::read(part.file);
        if (!file && isAlone) return std::unexpected(file.error());
        if (!file || kindOf(file->value()) != PartKind::Trajectory) {
            sink.skipped(part.name, file ? "there is no trajectory and no history of SWE-agent in it" : file.error().detail);
            return true;
        }
        auto run = runOf(file->value(), trimmed(file->text()), part.name);
        if (!run) {
            sink.skipped(part.name, run.error().detail);
            return true;
        }
        if (request.bodies)
            run->raw = file->text();
        else
            run->conversation.clear();
        return sink.add(std::move(*run));
    }
};

} // namespace

const FileFormat& sweAgentFormat()
{
    static const SweAgent format;
    return format;
}

} // namespace tackroom
