// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The ledger of hand edits: what people did to clusters, replayed onto any later grouping of the same store.
///
///   journal entries ─ clusterLedgerOf() (core/workspace) ─→ ClusterLedger, undone ones left out, in the order of their times
///   derived.db: clusters as they were grouped ─ applyLedger() ─→ clusters as people left them, beside the former
///
/// A cluster is found by its id, which comes from what its runs have in common; where no cluster has that id any more, by the
/// runs that it had when it was edited. An edit whose cluster is not found does nothing and is counted; it is never dropped.
#include "core/clusters/clusteredit.h"
#include "core/sql/sql.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tackroom
{

struct LedgerEntry {
    std::string id; ///< of the entry where it was first written
    UtcNs time = 0;
    std::string by; ///< the reviewer's name
    ClusterEdit edit;
    friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

struct ClusterLedger {
    std::vector<LedgerEntry> entries; ///< by time, then id; none that was undone, none that undoes
    /// Another ledger, another fingerprint.
    [[nodiscard]] std::string fingerprint() const;
};
/// Of all edits, in any order and with repetitions (the same id): what counts. The same whoever merges.
[[nodiscard]] ClusterLedger ledgerOf(std::vector<LedgerEntry> all);

struct LedgerReport {
    std::int64_t applied = 0;
    std::int64_t withoutPlace = 0; ///< edits whose cluster is not in this store
};
/// Makes the clusters as people left them out of those as they were grouped, within the caller's transaction. `folder`: of the
/// index, whose runs.db is read.
[[nodiscard]] Result<LedgerReport> applyLedger(Database& derived, const std::filesystem::path& folder,
                                               const ClusterLedger& ledger, const CancelToken& cancel);

} // namespace tackroom
