// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What people say of runs: written to the private journal (privatejournal.h) and, where a harness repository is open beside the
/// store, to its journal too; read from the private one, which holds both.
#include "core/harness/repository.h"
#include "core/signals/outcomerules.h"
#include "core/workspace/workspace.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// The latest word on each run, by RunKey: by time, then by its place in the journal. Withdrawn ones are not in it.
using Judgements = std::map<std::string, JournalEntry, std::less<>>;
[[nodiscard]] Judgements latestJudgements(const std::vector<JournalEntry>& entries);
[[nodiscard]] Result<Judgements> readJudgements(const Places& places);
/// Every entry about runs, oldest first.
[[nodiscard]] Result<std::vector<JournalEntry>> judgementHistory(const Places& places);

struct Judged {
    JournalEntry entry;             ///< of the private journal
    std::optional<Error> notShared; ///< why the repository's journal did not get it; it will at the next exchange
};
/// Writes one down; `repository` may be null.
[[nodiscard]] Result<Judged> judgeRun(const Places& places, HarnessRepository* repository, RunJudgement judgement,
                                      const Reviewer& reviewer, const std::string& reason, const CancelToken& cancel);
/// "judged bad by Ann: wrong amount"
[[nodiscard]] std::string judgementText(const JournalEntry& judgement);
/// One line of an export: run, verdict, outcome, reason, reviewer, time and the annotations that are there. `item`: of the run,
/// where it is in the open store.
[[nodiscard]] Json exportOf(const JournalEntry& judgement, const RunListItem* item);

/// The judgements as they count, and the store's own rule (storesettings.h).
[[nodiscard]] Result<OutcomeRules> outcomeRulesOf(const Places& places, const std::filesystem::path& storeCacheFolder);

} // namespace tackroom
