// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The parts of analyse() (declared in clusters.h):
///
///   forEachRecord → outcome, signals → DerivedWriter (outcomes, signals)   one run at a time, nothing kept but numbers
///                                    → Grouping, PassingPool
///   Grouping::finish → ClusterItem, exemplars, members → DerivedWriter
///
/// derived.db is written whole under another name and renamed into place, so that a reader sees the old one or the new one,
/// and a killed job leaves nothing but a temporary file that the next one removes.
#include "core/clusters/clusters.h"
#include "core/clusters/exemplars.h"
#include "core/index/runrecords.h"
#include "core/sql/sql.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tackroom
{

/// Raised whenever the same runs.db may give another derived.db: detectors, masks, weights, sentences.
inline constexpr int kAnalysisVersion = 3;

/// A cluster with all that is written of it.
struct ClusterDraft {
    ClusterItem item;
    const Group* group = nullptr; ///< of those that draftClusters was given, which must outlive it
    std::vector<ChosenRun> exemplars;
};

inline constexpr UtcNs kWeek = std::int64_t{7} * 86'400 * 1'000'000'000;
/// Which of the weeks that are counted a time is in; what lies before or behind them is counted into the first or last.
[[nodiscard]] std::size_t weekOf(UtcNs time, UtcNs firstWeek, std::size_t weeks);

/// With more versions than this only those that a cluster occurs in are listed.
inline constexpr std::size_t kMaxListedVersions = 64;
/// A commit id as people write it; another version as it is.
[[nodiscard]] std::string shortVersion(const std::string& version);

/// What is known of the store as a whole.
struct StoreFrame {
    std::vector<std::int64_t> runsOfVersion; ///< by interned version
    std::vector<std::string> labelOfVersion; ///< the same
    UtcNs firstWeek = 0;                     ///< a Monday, 00:00 UTC; 0 where no run has a time
    std::size_t weeks = 0;
    std::vector<std::int64_t> runsPerWeek; ///< of all runs
    UtcNs lastRun = 0;                     ///< its start
};
[[nodiscard]] StoreFrame frameOf(const Grouping& grouping, const std::map<std::string, std::string>& labels);
/// The clusters by size, largest first, then id.
[[nodiscard]] std::vector<ClusterDraft> draftClusters(const Grouping& grouping, const std::vector<Group>& groups,
                                                      const PassingPool& pool, const StoreFrame& frame);

/// Fills a new derived.db.
class DerivedWriter
{
public:
    [[nodiscard]] static Result<DerivedWriter> create(const std::filesystem::path& file);
    [[nodiscard]] Status addRun(RunRow row, const OutcomeVerdict& verdict, const std::vector<Signal>& signals);
    /// After all runs. Explanations and steps of exemplars are looked up among the signals that were added.
    [[nodiscard]] Status addCluster(const Grouping& grouping, const ClusterDraft& draft, std::int64_t position);
    /// The explanation of one signal that was added, for descriptions.
    [[nodiscard]] Result<std::string> explanationOf(RunRow row, std::int64_t ordinal);
    /// `folder`: of the index, for the ledger.
    [[nodiscard]] Status finish(const RunsState& state, const std::string& rules, const StoreFrame& frame,
                                const std::filesystem::path& folder, const ClusterLedger& ledger, const CancelToken& cancel);

private:
    explicit DerivedWriter(Database db) : m_db(std::move(db)) {}
    Database m_db;
    std::vector<Transaction> m_transaction; ///< one, or none after finish(); a vector for it cannot be assigned
};

} // namespace tackroom
