// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/inspectsample.h"

#include <algorithm>
#include <set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxParts = 64;
constexpr std::size_t kMaxScores = 1000;

/// The letters that upstream's own scorers give, with the numbers that its metrics give them.
std::optional<double> numberOfLetter(std::string_view letter)
{
    if (letter == "C") return 1.0;
    if (letter == "P") return 0.5;
    if (letter == "I" || letter == "N") return 0.0;
    return std::nullopt;
}

bool hasTarget(Value sample)
{
    const auto target = member(sample, "target");
    if (isArray(target)) return simdjson::dom::array(*target).size() > 0;
    return !trimmed(textOf(target)).empty();
}

/// Whether a model was called inside the scorer: its evaluator step has an llm step below it.
bool calledModel(const ParsedRun& run, std::string_view scorer)
{
    std::set<std::string_view> scorers;
    for (const Step& step : run.record.steps)
        if (step.kind == StepKind::Evaluator && step.name == scorer) scorers.insert(step.nativeId);
    return std::ranges::any_of(run.record.steps,
                               [&](const Step& step) { return step.kind == StepKind::Llm && scorers.contains(step.parentId); });
}

class ScoreReader
{
public:
    ScoreReader(const InspectLog& log, Value sample, ParsedRun& run) : m_log(log), m_run(run), m_hasTarget(hasTarget(sample)) {}

    void read(std::string_view name, Value value)
    {
        // A reducer's or an old log's score may be the bare value.
        const auto inner = isObject(value) ? member(value, "value") : std::optional<Value>(value);
        Score score;
        score.name = cut(name, kStepTextBytes);
        score.explanation = cut(textOf(member(value, "explanation")), kStepTextBytes);
        score.by = score.name;
        judge(score, value);
        readHistory(member(value, "history"), score);
        simdjson::dom::object parts;
        if (inner && inner->get(parts) == simdjson::SUCCESS) {
            std::size_t count = 0;
            for (const auto& [key, part] : parts) {
                if (++count > kMaxParts) break;
                Score each = score;
                each.name = cut(std::string(name) + "." + std::string(key), kStepTextBytes);
                setValue(each, part, name);
                m_run.record.scores.push_back(std::move(each));
            }
            return;
        }
        if (inner) setValue(score, *inner, name);
        m_run.record.scores.push_back(std::move(score));
    }

private:
    /// Who gave it, and how much it weighs.
    void judge(Score& score, Value value)
    {
        const bool graded = score.name.find("model_graded") != std::string::npos || isArray(at(value, "metadata.grading")) ||
                            calledModel(m_run, score.name);
        score.annotator = graded ? Annotator::Llm : score.name.starts_with("human") ? Annotator::Human : Annotator::Code;
        score.weight = graded                                ? OutcomeSource::ModelJudge
                       : score.annotator == Annotator::Human ? OutcomeSource::Human
                       : m_hasTarget                         ? OutcomeSource::Verifier
                                                             : OutcomeSource::Rule;
        const auto step = std::ranges::find_if(
            m_run.record.steps, [&](const Step& each) { return each.kind == StepKind::Evaluator && each.name == score.name; });
        score.time = step != m_run.record.steps.end() ? step->end : m_run.record.run.end;
    }

    void setValue(Score& score, Value value, std::string_view scorer) const
    {
        const auto letter = stringOf(value);
        const bool truth = value.is_bool();
        if (letter) score.label = cut(*letter, kStepTextBytes);
        score.value = letter ? numberOfLetter(*letter) : truth ? (value.get_bool().value() ? 1.0 : 0.0) : numberOf(value);
        if (!letter && !score.value) score.label = cut(textOf(value), kStepTextBytes);
        const auto scale = m_log.scorerIsAccuracy.find(scorer);
        const bool zeroOne = letter || truth || scale == m_log.scorerIsAccuracy.end() || scale->second;
        if (!score.value || !zeroOne) return;
        if (*score.value == 1.0) score.says = Outcome::Success;
        if (*score.value == 0.0) score.says = Outcome::Failure;
    }

    /// The original score and its edits in order; an edit has who made it.
    void readHistory(std::optional<Value> history, Score& score)
    {
        if (!isArray(history)) return;
        std::string before;
        for (const Value edit : simdjson::dom::array(*history)) {
            const std::string after = textOf(member(edit, "value"));
            const auto who = member(edit, "provenance");
            if (isObject(who)) {
                HumanDecision decision;
                decision.kind = DecisionKind::Override;
                decision.by = cut(textOf(member(*who, "author")), kStepTextBytes);
                decision.time = timeOf(member(*who, "timestamp"));
                decision.target = "score: " + score.name;
                decision.before = cut(before, kStepTextBytes);
                decision.after = cut(after == "UNCHANGED" ? before : after, kStepTextBytes);
                decision.reason = cut(textOf(member(*who, "reason")), kStepTextBytes);
                if (after != "UNCHANGED") {
                    score.annotator = Annotator::Human;
                    score.weight = OutcomeSource::Human;
                    score.by = decision.by;
                    score.time = decision.time;
                }
                m_run.record.decisions.push_back(std::move(decision));
            }
            if (after != "UNCHANGED") before = after;
        }
    }

    const InspectLog& m_log;
    ParsedRun& m_run;
    const bool m_hasTarget;
};

} // namespace

void addInspectScores(const InspectLog& log, Value sample, ParsedRun& run)
{
    ScoreReader reader(log, sample, run);
    simdjson::dom::object scores;
    if (const auto all = member(sample, "scores"); all && all->get(scores) == simdjson::SUCCESS)
        for (const auto& [name, value] : scores) {
            if (run.record.scores.size() >= kMaxScores) break;
            reader.read(name, value);
        }
    else if (const auto one = member(sample, "score"); isObject(one))
        reader.read("score", *one);
}

} // namespace tackroom
