// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/clusters: failing runs grouped by layer → family → normalised signature. Same store, same bytes.
///
///   signature.h   masks what differs between runs (ids, numbers, names, quoted text) and leaves what is the same
///   analysis.h    the job that reads runs.db, runs the detectors, groups, and writes derived.db
///   ledger.h      what people do to clusters by hand, replayed onto whatever the analysis gives
///   (here)        what the window and the CLI ask of derived.db
#include "core/base/cancel.h"
#include "core/clusters/ledger.h"
#include "core/index/runqueries.h"
#include "core/signals/outcomerules.h"
#include "core/signals/signals.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

struct Interval {
    double low = 0, high = 0;
};

/// Counts of one harness version, for "14 of 39 runs (36 %, 23–52 %)".
struct VersionCount {
    std::string version;    ///< as the traces name it
    std::string label;      ///< v4
    std::int64_t runs = 0;  ///< of the cluster
    std::int64_t outOf = 0; ///< all runs of that version
};

struct ExemplarRun {
    RunRow row;
    RunKey key;
    std::string nativeId;
    std::string role;   ///< "typical", "borderline", "newest", "counter-example" (a passing run with the same tool or intent)
    std::string stepId; ///< decisive step, where the run opens
    std::string task;
    std::string explanation; ///< of its signal
};

enum class ClusterState : std::uint8_t {
    New,        ///< its first run is of the last seven days of a store that is older than two weeks
    Ongoing,    ///< none of the others
    Escalating, ///< in the last week more runs of it than the share of the four weeks before explains (Poisson, p < 0.01)
    Watching,   ///< resolved, and not enough runs of the store since then to say more
    Resolved,   ///< resolved, and none of at least kRunsToTrust runs of the store since then
    Regressed,  ///< resolved, and it came back
    Ignored     ///< muted
};
[[nodiscard]] std::string_view nameOf(ClusterState state); ///< "new", "ongoing", …
/// So many runs of the store without one of the cluster before "resolved" is more than what somebody said.
inline constexpr std::int64_t kRunsToTrust = 50;

/// What people said of a cluster (ledger.h), and what has become of it since.
struct ClusterWords {
    bool isNamed = false, isDescribed = false; ///< by a person; what is made from its runs stands in:
    std::string madeLabel, madeDescription;
    std::string expected; ///< what the agent should have done
    std::string owner;
    bool isPinned = false, isSplit = false;
    std::vector<std::string> mergedFrom; ///< ids of clusters that are part of it now
    struct Mute {
        UtcNs since = 0, until = 0;
        std::int64_t count = 0, runsSince = 0; ///< until so many more; how many there have been
        bool untilEscalating = false;
        std::string by;
    };
    struct Resolution {
        UtcNs time = 0;
        std::string by, reason;
        std::int64_t runsSince = 0, storeRunsSince = 0;
        std::string version; ///< label of the version of the first run that came after it
    };
    std::optional<Mute> mute;
    std::optional<Resolution> resolution;
};

/// As JSON documents have it; what is not said is not there.
[[nodiscard]] Json wordsToJson(const ClusterWords& words);

struct ClusterItem {
    ClusterId id; ///< "c-" and 12 hex digits of layer, family, subject and signature: stable between openings
    Layer layer = Layer::Unknown;
    double layerShare = 0; ///< share of the members' signals that point to that layer
    std::string layerReason;
    std::string family;
    std::string subject;
    std::string signature;
    std::string label;       ///< made from family, subject and signature; foreign text inside
    std::string description; ///< one paragraph, English
    std::int64_t runs = 0;
    std::int64_t failingRuns = 0; ///< all failing runs of the store, for the share
    std::int64_t users = 0;
    Interval share; ///< Wilson 95 % of runs / all runs of the store
    UtcNs firstSeen = 0, lastSeen = 0;
    std::vector<VersionCount> versions; ///< in order of first use
    std::vector<std::int64_t> perWeek;  ///< runs a week from the store's first to its last week
    ClusterWords words;
    ClusterState state = ClusterState::Ongoing;
};
/// `now` decides on a mute with a time alone; all else is measured by the store's own times. `storePerWeek`: all runs a week.
[[nodiscard]] ClusterState stateOf(const ClusterItem& cluster, const std::vector<std::int64_t>& storePerWeek, UtcNs storeLast,
                                   UtcNs now);

struct ClusterOverview {
    std::vector<ClusterItem> clusters; ///< pinned ones, then by runs, most first, then id
    std::int64_t runs = 0, failingRuns = 0, unclustered = 0;
    std::int64_t editsWithoutPlace = 0; ///< hand edits whose cluster is not in this store
};

class ClusterQueries
{
public:
    /// NotFound where no analysis has run.
    [[nodiscard]] static Result<std::unique_ptr<ClusterQueries>> open(const std::filesystem::path& storeCacheFolder,
                                                                      const CancelToken& cancel);
    ~ClusterQueries();
    [[nodiscard]] Result<ClusterOverview> overview();
    [[nodiscard]] Result<std::vector<ExemplarRun>> exemplars(const ClusterId& id);
    [[nodiscard]] Result<std::vector<RunRow>> members(const ClusterId& id);
    [[nodiscard]] Result<std::vector<RunKey>> memberKeys(const ClusterId& id);
    [[nodiscard]] Result<std::vector<Signal>> signalsOf(RunRow run);
    /// The cluster that a proposal's `Cluster:` trailer names: an id (also of one that was merged), a label (also the one that
    /// was made, where a person renamed it), or words of layer/family/subject.
    [[nodiscard]] Result<ClusterId> find(std::string_view idOrWords);

private:
    [[nodiscard]] Result<std::string> meta(std::string_view key);
    struct Private;
    explicit ClusterQueries(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

struct AnalysisReport {
    std::int64_t runs = 0, failingRuns = 0, signals = 0, clusters = 0;
    bool wasCurrent = false; ///< derived.db already fitted runs.db; nothing was done
    double seconds = 0;
};
/// Brings derived.db up to date with runs.db. Takes derived.lock; cancellable; safe to kill.
/// `rules`: what people have said of its runs; other rules make another derived.db.
[[nodiscard]] Result<AnalysisReport> analyse(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel,
                                             const Progress& progress, const OutcomeRules& rules = {},
                                             const ClusterLedger& ledger = {});
/// The clusters as the ledger has them, without another analysis. Nothing is done where no analysis has run.
[[nodiscard]] Result<LedgerReport> updateClusters(const std::filesystem::path& storeCacheFolder, const ClusterLedger& ledger,
                                                  const CancelToken& cancel);
/// The outcomes of these runs alone, at once, so that a judgement is seen when it is made; the clusters follow with the next
/// analyse(). A run that is not in the index is passed over. Nothing is done where no analysis has run.
[[nodiscard]] Status updateOutcomes(const std::filesystem::path& storeCacheFolder, const std::vector<RunKey>& runs,
                                    const OutcomeRules& rules, const CancelToken& cancel);

} // namespace tackroom
