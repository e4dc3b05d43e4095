// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/readers.h"
#include "core/signals/signals.h"

#include <map>
#include <optional>
#include <string>

namespace tackroom
{

/// What a reviewer says of one run, as it counts for the outcome. Unknown: the person looked and is unsure.
struct PersonsWord {
    Outcome outcome = Outcome::Unknown;
    std::string reason; ///< "judged bad by Ann: wrong amount"
    friend bool operator==(const PersonsWord&, const PersonsWord&) = default;
};

/// How a person has a score of this store read: which one, and what of it counts as a failure. All else of it is a success.
struct ScoreRule {
    enum class Test : std::uint8_t { Below, AtMost, Above, AtLeast, Label, NotLabel };
    std::string score; ///< its name
    Test test = Test::Below;
    double threshold = 0;
    std::string label; ///< of the tests by label; letters of either case
    friend bool operator==(const ScoreRule&, const ScoreRule&) = default;
};
/// "resolved < 0.5", "grade = fail"; what parseScoreRule() takes.
[[nodiscard]] std::string toString(const ScoreRule& rule);
/// `name < 0.5`, `<=`, `>`, `>=`, `= label`, `!= label`. Usage where it is not of that form.
[[nodiscard]] Result<ScoreRule> parseScoreRule(std::string_view text);
/// What the rule says of one score; Unknown where it is about another one, or the score has no such value.
[[nodiscard]] Outcome outcomeBy(const ScoreRule& rule, const Score& score);

/// What people have said, beside the store itself, about how its runs went.
struct OutcomeRules {
    std::map<std::string, PersonsWord, std::less<>> words; ///< by RunKey
    std::optional<ScoreRule> rule;
    /// The same for the same rules; empty where there are none.
    [[nodiscard]] std::string fingerprint() const;
};

/// A person's word on the run outranks everything else; the person's rule replaces what the reader made of that score.
[[nodiscard]] OutcomeVerdict resolveOutcome(const RunRecord& record, const OutcomeRules& rules);

} // namespace tackroom
