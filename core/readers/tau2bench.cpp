// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/tau2bench.h"

#include "core/base/format.h"
#include "core/base/joined.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonfile.h"
#include "core/readers/tau2conversation.h"

#include <algorithm>
#include <functional>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kTau2Kind = "tau2-bench";
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxSimulations = 1'000'000;
constexpr std::size_t kMaxListed = 50; ///< checks in an explanation

/// Where the parts of a results file lie.
struct Stretches {
    std::optional<FileRange> info;
    std::vector<FileRange> simulations;
    bool isWhole = false;
};

/// Follows brackets and strings; what is between them is for the parser.
class Cutter
{
public:
    void take(std::string_view chunk)
    {
        for (const char c : chunk) {
            if (m_inString)
                inString(c);
            else
                outside(c);
            ++m_at;
        }
    }
    Stretches found;

private:
    void inString(char c)
    {
        if (m_escaped) {
            m_escaped = false;
        } else if (c == '\\') {
            m_escaped = true;
        } else if (c == '"') {
            m_inString = m_isKey = false;
        } else if (m_isKey && m_key.size() < 64) {
            m_key += c;
        }
    }
    void outside(char c)
    {
        switch (c) {
        case '"':
            m_inString = true;
            m_isKey = m_depth == 1 && m_expectsKey;
            if (m_isKey) m_key.clear();
            break;
        case '{':
        case '[':
            ++m_depth;
            if (m_depth == 1) m_expectsKey = true;
            if (m_depth == 2) m_valueAt = m_at;
            if (m_depth == 2) m_inSimulations = c == '[' && m_key == "simulations";
            if (m_depth == 3) m_elementAt = m_at;
            break;
        case '}':
        case ']':
            if (m_depth == 3 && m_inSimulations && found.simulations.size() < kMaxSimulations)
                found.simulations.push_back({m_elementAt, m_at + 1 - m_elementAt});
            if (m_depth == 2 && m_key == "info") found.info = FileRange{m_valueAt, m_at + 1 - m_valueAt};
            if (m_depth == 2) m_inSimulations = false;
            if (m_depth == 1) found.isWhole = true;
            if (m_depth > 0) --m_depth;
            break;
        case ',':
            if (m_depth == 1) m_expectsKey = true;
            break;
        case ':':
            if (m_depth == 1) m_expectsKey = false;
            break;
        default:
            break;
        }
    }

    std::uint64_t m_at = 0, m_valueAt = 0, m_elementAt = 0, m_depth = 0;
    std::string m_key;
    bool m_inString = false, m_escaped = false, m_isKey = false, m_expectsKey = false, m_inSimulations = false;
};

/// What the checks of one kind did not find.
std::string unmet(Value reward, std::string_view list, std::string_view flag, std::string_view words,
                  const std::function<std::string(Value)>& name)
{
    std::vector<std::string> missing;
    for (const Value check : elementsOf(member(reward, list)))
        if (textOf(member(check, flag)) == "false" && missing.size() < kMaxListed) missing.push_back(cut(name(check), 300));
    return missing.empty() ? std::string() : formatText("; {}: {}", words, joined(missing));
}

std::string explanationOf(Value reward, bool isFailure)
{
    std::string text;
    simdjson::dom::object parts;
    if (const auto breakdown = member(reward, "reward_breakdown"); breakdown && breakdown->get(parts) == simdjson::SUCCESS)
        for (const auto& [key, value] : parts)
            if (const auto number = numberOf(value); number && text.size() < kStepTextBytes)
                text += formatText("{}{} = {:g}", text.empty() ? "" : ", ", key, *number);
    if (!isFailure) return text;
    if (textOf(at(reward, "db_check.db_match")) == "false") text += "; the database differs from what was expected";
    text += unmet(reward, "action_checks", "action_match", "not done", [](Value check) {
        return formatText("{}({})", textOf(at(check, "action.name")), cut(textOf(at(check, "action.arguments")), 240));
    });
    text += unmet(reward, "communicate_checks", "met", "not said", [](Value check) { return textOf(member(check, "info")); });
    text += unmet(reward, "env_assertions", "met", "not so", [](Value check) {
        const auto assertion = firstOf(check, {"env_assertion.message", "env_assertion.func_name"});
        return textOf(assertion);
    });
    text += unmet(reward, "nl_assertions", "met", "not met", [](Value check) {
        return formatText("{} ({})", textOf(member(check, "nl_assertion")), textOf(member(check, "justification")));
    });
    if (const std::string note = textOf(at(reward, "info.note")); !note.empty()) text += "; " + note;
    return text.starts_with("; ") ? text.substr(2) : text;
}

void addReward(ParsedRun& run, Value simulation)
{
    const auto info = member(simulation, "reward_info");
    const auto reward = isObject(info) ? numberOf(member(*info, "reward")) : std::nullopt;
    if (!reward) return;
    Score score;
    score.name = "reward";
    score.value = reward;
    score.says = *reward >= 1.0 - 1e-6 ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    score.explanation = cut(explanationOf(*info, score.says == Outcome::Failure), kStepTextBytes);
    score.annotator = Annotator::Code;
    score.by = kTau2Kind;
    run.record.scores.push_back(std::move(score));
}

void addReview(ParsedRun& run, Value simulation)
{
    const auto review = member(simulation, "review");
    if (!isObject(review)) return;
    const auto add = [&](std::string name, std::string label, std::string explanation, std::string stepId) {
        Score score;
        score.stepId = std::move(stepId);
        score.name = std::move(name);
        score.label = cut(label, 400);
        score.explanation = cut(explanation, kStepTextBytes);
        score.annotator = Annotator::Llm;
        score.by = "tau2-bench review";
        score.weight = OutcomeSource::ModelJudge; // a mistake may be small: it says nothing of the outcome
        run.record.scores.push_back(std::move(score));
    };
    if (const std::string found = textOf(member(*review, "agent_error")); !found.empty())
        add("review", found == "true" ? "agent error" : "no agent error", textOf(member(*review, "summary")), {});
    for (const Value error : elementsOf(member(*review, "errors"))) {
        std::string label = textOf(member(error, "source"));
        for (const Value tag : elementsOf(member(error, "error_tags"))) label += " " + textOf(tag);
        const std::string turn = "m" + textOf(member(error, "turn_idx"));
        const bool known = std::ranges::contains(run.record.steps, turn, &Step::nativeId);
        add("review error", std::move(label), textOf(member(error, "reasoning")), known ? turn : std::string());
    }
}

ParsedRun runOf(Value simulation, std::optional<Value> info)
{
    ParsedRun run = tau2::conversationOf(simulation, info ? cut(textOf(at(*info, "agent_info.llm")), 400) : std::string());
    Run& out = run.record.run;
    out.nativeId = cut(textOf(member(simulation, "id")), 400);
    if (out.nativeId.empty())
        out.nativeId = cut(
            formatText("task_{}/trial_{}", textOf(member(simulation, "task_id")), textOf(member(simulation, "trial"))), 400);
    if (const auto start = parseTime(textOf(member(simulation, "start_time")))) out.start = *start;
    if (const auto end = parseTime(textOf(member(simulation, "end_time")))) out.end = *end;
    out.costUsd = numberOf(member(simulation, "agent_cost"));
    if (info) {
        out.agentName = cut(textOf(at(*info, "agent_info.implementation")), 400);
        out.project = cut(textOf(at(*info, "environment_info.domain_name")), 400);
        out.harnessVersion = cut(textOf(member(*info, "git_commit")), 200);
        if (!out.harnessVersion.empty()) out.harnessVersionSource = "commit key";
    }
    addReward(run, simulation);
    if (const std::string reason = textOf(member(simulation, "termination_reason")); !reason.empty()) {
        if (reason != "user_stop" && reason != "agent_stop") out.status = StepStatus::Error;
        Score score;
        score.name = "termination_reason";
        score.label = cut(reason, 400);
        score.annotator = Annotator::Code;
        score.by = kTau2Kind;
        run.record.scores.push_back(std::move(score));
    }
    addReview(run, simulation);
    return run;
}

bool isSimulation(Value value)
{
    return member(value, "task_id") && member(value, "termination_reason") &&
           (isArray(member(value, "messages")) || isArray(member(value, "ticks")));
}

class Tau2Bench final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kTau2Kind), "tau2-bench results (JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Object) return std::nullopt;
        const bool keys = look.hasKey("info") && look.hasKey("tasks") && look.beginning.contains("\"agent_info\"");
        if (look.values.empty()) return keys ? std::optional(Recognised{"results", {}}) : std::nullopt;
        const Value value = look.values.front();
        if (isSimulation(value)) return Recognised{"simulation", {}};
        if (isArray(member(value, "simulations")) && isArray(member(value, "tasks")) && isObject(member(value, "info")))
            return Recognised{"results", {}};
        return std::nullopt;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        TR_ASSIGN(const Stretches stretches, cutResults(unit.first(), cancel));
        if (stretches.simulations.empty() && !stretches.info) return readOne(unit, request, sink);
        Parser infoParser, parser;
        std::string infoText;
        std::optional<Value> info;
        if (stretches.info && stretches.info->bytes <= kMaxJsonElementBytes) {
            TR_ASSIGN(infoText, unit.first().read(stretches.info->offset, static_cast<std::size_t>(stretches.info->bytes)));
            if (const auto parsed = infoParser.parse(infoText)) info = *parsed;
        }
        for (std::size_t i = 0; i < stretches.simulations.size(); ++i) {
            if (cancel.cancelled()) return CancelToken::error();
            const FileRange& range = stretches.simulations[i];
            sink.progress(range.offset);
            const std::string where = formatText("simulation {}", i);
            if (range.bytes > kMaxJsonElementBytes) {
                sink.skipped(where, formatText("it has {} bytes, more than are read", range.bytes));
                continue;
            }
            TR_ASSIGN(const std::string text, unit.first().read(range.offset, static_cast<std::size_t>(range.bytes)));
            const auto value = parser.parse(text);
            if (!value || !isSimulation(*value)) {
                sink.skipped(where, value ? "it has no task_id, termination_reason and messages" : value.error().detail);
                continue;
            }
            ParsedRun run = runOf(*value, info);
            run.ranges.push_back(range);
            TR_ASSIGN(const bool more, add(std::move(run), text, request, sink));
            if (!more) return {};
        }
        if (!stretches.isWhole) sink.skipped("the rest of the file", "it ends in the middle");
        return {};
    }

private:
    static Result<bool> add(ParsedRun run, std::string_view raw, const FormatRequest& request, FormatSink& sink)
    {
        if (request.bodies) {
            run.raw = raw;
        } else {
            run.conversation.clear();
            run.texts.clear();
        }
        return sink.add(std::move(run));
    }

    static Status readOne(const FileUnit& unit, const FormatRequest& request, FormatSink& sink)
    {
        TR_ASSIGN(const JsonFile file, JsonFile::read(unit.first()));
        if (!isSimulation(file.value())) return {}; // results of a run that has only begun
        return add(runOf(file.value(), std::nullopt), file.text(), request, sink).transform([](bool) {});
    }

    static Result<Stretches> cutResults(const InputFile& file, const CancelToken& cancel)
    {
        Cutter cutter;
        for (std::uint64_t at = 0; at < file.sizeBytes();) {
            if (cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(const std::string chunk, file.read(at, kChunkBytes));
            if (chunk.empty()) break;
            cutter.take(chunk);
            at += chunk.size();
        }
        return std::move(cutter.found);
    }
};

} // namespace

const FileFormat& tau2BenchFormat()
{
    static const Tau2Bench format;
    return format;
}

} // namespace tackroom
