// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signals/outcomerules.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tackroom
{

namespace
{

struct Sign {
    std::string_view text;
    ScoreRule::Test test;
};
/// Longer ones first: "<=" begins with "<".
constexpr std::array kSigns{Sign{"<=", ScoreRule::Test::AtMost}, Sign{">=", ScoreRule::Test::AtLeast},
                            Sign{"!=", ScoreRule::Test::NotLabel}, Sign{"<", ScoreRule::Test::Below},
                            Sign{">", ScoreRule::Test::Above},  Sign{"=", ScoreRule::Test::Label}};

bool isByLabel(ScoreRule::Test test) { return test == ScoreRule::Test::Label || test == ScoreRule::Test::NotLabel; }

std::string_view signOf(ScoreRule::Test test) { return std::ranges::find(kSigns, test, &Sign::test)->text; }

} // namespace

std::string toString(const ScoreRule& rule)
{
    return isByLabel(rule.test) ? formatText("{} {} {}", rule.score, signOf(rule.test), rule.label)
                                : formatText("{} {} {:g}", rule.score, signOf(rule.test), rule.threshold);
}

Result<ScoreRule> parseScoreRule(std::string_view text)
{
    const auto wrong = [&](std::string detail) {
        return fail(ErrorCode::Usage, std::string(text), std::move(detail),
                    "write what counts as a failure: 'resolved < 0.5', 'grade = fail' or 'grade != pass'");
    };
    for (const Sign& sign : kSigns) {
        const auto at = text.find(sign.text);
        if (at == std::string_view::npos) continue;
        ScoreRule rule;
        rule.test = sign.test;
        rule.score = std::string(trimmed(text.substr(0, at)));
        const std::string_view value = trimmed(text.substr(at + sign.text.size()));
        if (rule.score.empty() || value.empty()) return wrong("the rule needs a score's name and a value");
        if (isByLabel(rule.test)) {
            rule.label = std::string(value);
            return rule;
        }
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rule.threshold);
        if (error != std::errc() || end != value.data() + value.size())
            return wrong("the threshold is no number");
        return rule;
    }
    return wrong("the rule compares a score with a value");
}

Outcome outcomeBy(const ScoreRule& rule, const Score& score)
{
    if (score.name != rule.score) return Outcome::Unknown;
    bool failure = false;
    if (isByLabel(rule.test)) {
        if (score.label.empty()) return Outcome::Unknown;
        failure = (asciiLower(score.label) == asciiLower(rule.label)) == (rule.test == ScoreRule::Test::Label);
    } else {
        if (!score.value) return Outcome::Unknown;
        const double value = *score.value, limit = rule.threshold;
        failure = rule.test == ScoreRule::Test::Below    ? value < limit
                  : rule.test == ScoreRule::Test::AtMost ? value <= limit
                  : rule.test == ScoreRule::Test::Above  ? value > limit
                                                         : value >= limit;
    }
    return failure ? Outcome::Failure : Outcome::Success;
}

std::string OutcomeRules::fingerprint() const
{
    if (words.empty() && !rule) return {};
    std::string text = rule ? toString(*rule) : std::string();
    for (const auto& [run, word] : words) text += formatText("\n{}\t{}\t{}", run, static_cast<int>(word.outcome), word.reason);
    return xxh128Hex(text);
}

OutcomeVerdict resolveOutcome(const RunRecord& record, const OutcomeRules& rules)
{
    if (const auto word = rules.words.find(record.run.key.value); word != rules.words.end())
        return {word->second.outcome, OutcomeSource::Human, word->second.reason};
    if (!rules.rule) return resolveOutcome(record);
    RunRecord others; // without the scores that the rule is about
    others.run = record.run;
    others.decisions = record.decisions;
    OutcomeVerdict byRule;
    for (const Score& score : record.scores) {
        const Outcome says = outcomeBy(*rules.rule, score);
        if (says == Outcome::Unknown) {
            others.scores.push_back(score);
            continue;
        }
        if (byRule.outcome == Outcome::Failure) continue; // one that fails is enough
        const std::string value =
            score.label.empty() || score.value ? formatText("{:g}", score.value.value_or(0)) : score.label;
        byRule = {says, OutcomeSource::Rule, formatText("rule: {} ({} = {})", toString(*rules.rule), score.name, value)};
    }
    if (byRule.outcome == Outcome::Unknown) return resolveOutcome(record);
    others.steps = record.steps;
    // A person's decision and another external check outrank a rule; what models say does not.
    const OutcomeVerdict verdict = resolveOutcome(others);
    return verdict.outcome != Outcome::Unknown && verdict.source >= OutcomeSource::Verifier ? verdict : byRule;
}

} // namespace tackroom
