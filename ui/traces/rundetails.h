// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"
#include "core/index/runqueries.h"

#include <QString>
#include <QStringList>

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tackroom::ui
{

/// Everything of one run but its bodies.
struct RunDetails {
    RunListItem item;
    std::vector<StepItem> steps;
    std::vector<Score> scores;
    std::vector<HumanDecision> decisions;
    std::vector<Signal> findings; ///< strongest first
    std::optional<Signal> marked; ///< the step that a person named as the mistake
    /// The finding that names the decisive step of a failing run; nothing where there is none.
    [[nodiscard]] const Signal* decisive() const;
    [[nodiscard]] const StepItem* step(const std::string& stepId) const;
    /// The first step that failed, or the next one after `after` (round to the first again); empty: no step failed.
    [[nodiscard]] std::string errorAfter(const std::string& after) const;
    /// The last one before `before` (round to the last again); with nothing before it, the last of all.
    [[nodiscard]] std::string errorBefore(const std::string& before) const;
    /// Once, when the steps are complete: step() then finds without looking through all of them.
    void indexSteps();

private:
    std::unordered_map<std::string, std::size_t> m_byId;
};

/// Worker thread.
[[nodiscard]] Result<RunDetails> readRunDetails(RunQueries& queries, const std::filesystem::path& storeCacheFolder, RunRow row);

/// "A human decided: manager_decision = approved_by_hand. Against it: resolved = 1 (program)."
[[nodiscard]] QString outcomeSentence(const RunDetails& details);
/// "12 steps", "1 error", "8.2 s", "$0.03", "1,204 tokens", "session …", "user …"
[[nodiscard]] QStringList runFacts(const Run& run);
/// "resolved = 1 (program): the order was found"
[[nodiscard]] QString scoreText(const Score& score);
/// "approved by hand by manager-3: “loyal customer”"
[[nodiscard]] QString decisionText(const HumanDecision& decision);
[[nodiscard]] QString decisionKindText(DecisionKind kind);
[[nodiscard]] QString annotatorText(Annotator annotator);

} // namespace tackroom::ui
