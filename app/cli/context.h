// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// app/cli: the command line, a thin layer over core. arguments.h has the tables, one file a group of verbs does the work,
/// main.cpp parses, prints and maps errors to exit codes. A verb returns both forms of its answer and prints nothing itself.
#include "app/cli/arguments.h"
#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/harness/repository.h"
#include "core/proposals/proposals.h"
#include "core/workspace/workspace.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tackroom::cli
{

struct Answer {
    Json json = Json::object();
    std::string text;
    std::vector<std::string> notices; ///< what opening found and mended: told on stderr, and in the document
    int exitCode = 0;                 ///< 1 where the answer is no
    std::optional<Error> complaint;   ///< the line on stderr of an answer that is no
};

struct Context {
    Arguments arguments;
    Places places;
    CancelToken cancel;
    Progress progress;
    std::vector<std::string> notices;
};

/// Brings the index and the clusters of the store at the first position up to date.
[[nodiscard]] Result<IndexReport> indexed(Context& context);
/// The repository at the first position; what opening wants said goes into the context's notices.
[[nodiscard]] Result<std::unique_ptr<HarnessRepository>> repositoryOf(Context& context);
/// The one that --repo names; null without it.
[[nodiscard]] Result<std::unique_ptr<HarnessRepository>> repositoryBeside(Context& context);
[[nodiscard]] Answer answerOf(Context& context, Json json, std::string text);

/// Members that several documents have.
[[nodiscard]] Json jsonOf(const JournalEntry& entry);
[[nodiscard]] Json jsonOf(const FileChange& change);
[[nodiscard]] std::string_view nameOf(ChangeKind kind);
/// A time as text, null where there is none.
[[nodiscard]] Json jsonTime(UtcNs time);

[[nodiscard]] Result<Answer> runStores(Context& context);
[[nodiscard]] Result<Answer> runIndex(Context& context);
[[nodiscard]] Result<Answer> runRuns(Context& context);
[[nodiscard]] Result<Answer> runShow(Context& context);
[[nodiscard]] Result<Answer> runJudge(Context& context);
[[nodiscard]] Result<Answer> runJudgements(Context& context);
[[nodiscard]] Result<Answer> runRule(Context& context);
[[nodiscard]] Result<Answer> runVersionRule(Context& context);
[[nodiscard]] Result<Answer> runCache(Context& context);
[[nodiscard]] Result<Answer> runClusters(Context& context);
[[nodiscard]] Result<Answer> runEditCluster(Context& context);
[[nodiscard]] Result<Answer> runClusterEdits(Context& context);
[[nodiscard]] Result<Answer> runArtifacts(Context& context);
[[nodiscard]] Result<Answer> runVersions(Context& context);
[[nodiscard]] Result<Answer> runProposals(Context& context);
[[nodiscard]] Result<Answer> runJournal(Context& context);
[[nodiscard]] Result<Answer> runDiff(Context& context);
[[nodiscard]] Result<Answer> runApprove(Context& context);
[[nodiscard]] Result<Answer> runReject(Context& context);
[[nodiscard]] Result<Answer> runDefer(Context& context);
[[nodiscard]] Result<Answer> runRollback(Context& context);
[[nodiscard]] Result<Answer> runImport(Context& context);
[[nodiscard]] Result<Answer> runExport(Context& context);
[[nodiscard]] Result<Answer> runVerify(Context& context);
[[nodiscard]] Result<Answer> runSample(Context& context);

} // namespace tackroom::cli
