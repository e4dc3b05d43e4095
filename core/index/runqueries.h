// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/index/runfilter.h"
#include "core/traces/traces.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tackroom {

/// A row number of runs.db; good until the index is made anew. RunKey is the lasting name.
using RunRow = Strong<struct RunRowTag, std::int64_t>;
using ClusterId = Strong<struct ClusterIdTag, std::string>;

/// A run as the table shows it. Outcome and cluster come from derived.db where it is there.
struct RunListItem {
    RunRow row;
    Run run;
    Outcome outcome = Outcome::Unknown;
    OutcomeSource outcomeSource = OutcomeSource::None;
    std::string outcomeReason;  ///< "human: approved_by_hand", "reward 0.0"; untranslated evidence
    ClusterId cluster;          ///< empty: none
    std::string clusterLabel;
    std::string versionLabel;   ///< what is shown for the harness version: "v4" or a short commit id
};

struct StepItem {
    std::int64_t row = 0;
    std::int64_t parentRow = 0; ///< 0: a root
    int depth = 0;
    Step step;
};

enum class RunOrder : std::uint8_t { Start, Duration, Steps, Errors, Cost, Tokens, Outcome, Version, Task, Cluster };

struct RunCounts {
    std::int64_t runs = 0, steps = 0, scores = 0, decisions = 0, failures = 0, successes = 0, unknown = 0, unreadable = 0;
};

/// Read-only view of one index. One connection, one thread. Opening never waits for a writer.
class RunQueries {
public:
    [[nodiscard]] static Result<std::unique_ptr<RunQueries>> open(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel);
    ~RunQueries();
    [[nodiscard]] Result<RunCounts> counts();
    /// How many runs match.
    [[nodiscard]] Result<std::int64_t> count(const RunFilter& filter);
    /// The row ids of all that match, in order: 8 bytes a run, so that a table of a million rows scrolls without paging queries.
    [[nodiscard]] Result<std::vector<RunRow>> rows(const RunFilter& filter, RunOrder order, bool descending);
    /// The items of some rows, in the order asked for.
    [[nodiscard]] Result<std::vector<RunListItem>> items(const std::vector<RunRow>& rows);
    [[nodiscard]] Result<RunListItem> item(RunRow row);
    /// By key, native id, or an unambiguous beginning (>= 6 characters) of either.
    [[nodiscard]] Result<RunRow> find(std::string_view keyOrId);
    /// All steps in tree order (depth first, children by start).
    [[nodiscard]] Result<std::vector<StepItem>> steps(RunRow row);
    [[nodiscard]] Result<std::vector<Score>> scores(RunRow row);
    [[nodiscard]] Result<std::vector<HumanDecision>> decisions(RunRow row);
    struct Skipped {
        std::string where, why;
    };
    [[nodiscard]] Result<std::vector<Skipped>> skipped(std::size_t limit);
    /// Distinct values of a filter field (version, tool, outcome, cluster …) with their run counts, most first.
    [[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> values(std::string_view field, std::size_t limit);

private:
    struct Private;
    explicit RunQueries(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace tackroom
