// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/json.h"

#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

/// What a person says of a recorded run. Withdrawn: nothing any more; an undo is a new entry of the journal.
enum class JudgeVerdict : std::uint8_t { Good, Bad, Unsure, Withdrawn };
[[nodiscard]] std::string_view nameOf(JudgeVerdict); ///< "good", "bad", "unsure", "withdrawn"
[[nodiscard]] std::optional<JudgeVerdict> judgeVerdictOf(std::string_view name);

/// A person's word on one run: the verdict, and the four annotations of production practice, each empty where nothing is said.
/// Reason, reviewer and time stand in the journal entry around it.
struct RunJudgement {
    std::string run; ///< RunKey
    JudgeVerdict verdict = JudgeVerdict::Unsure;
    std::string adopted;          ///< "yes", "no": whether people used what the agent answered
    std::string preference;       ///< what the answer should rather have been
    std::string relevance;        ///< "relevant", "partly", "not relevant": what was retrieved, for this question
    std::string missingKnowledge; ///< what the agent would have needed to know
    std::string copyOf;           ///< id of the same entry in the journal where it was first written; empty: here

    friend bool operator==(const RunJudgement&, const RunJudgement&) = default;
    [[nodiscard]] Json toJson() const;
    /// Nothing where no run or no known verdict is named.
    [[nodiscard]] static std::optional<RunJudgement> fromJson(const Json& json);
};

} // namespace tackroom
