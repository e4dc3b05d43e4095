// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What people do to clusters by hand: written, as judgements are, to the private journal (privatejournal.h) and, where a
/// harness repository is open beside the store, to its journal too; read from the private one, which holds both (exchange.h).
#include "core/clusters/clusters.h"
#include "core/harness/repository.h"
#include "core/workspace/workspace.h"

#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// Whether some of the runs that the cluster had are in the store. One journal serves many stores.
[[nodiscard]] bool isEditOfStore(const ClusterEdit& edit, RunQueries& runs);

/// Every edit of the store's clusters, undone ones and undoings too, by time.
[[nodiscard]] Result<std::vector<LedgerEntry>> clusterEditHistory(const Places& places,
                                                                  const std::filesystem::path& storeCacheFolder);
/// What of it counts.
[[nodiscard]] Result<ClusterLedger> readClusterLedger(const Places& places, const std::filesystem::path& storeCacheFolder);

struct ClustersEdited {
    std::vector<LedgerEntry> entries;
    std::optional<Error> notShared; ///< why the repository's journal did not get them; it will at the next exchange
    LedgerReport report;
};
/// Writes edits down, one after the other, with the runs of their clusters, and brings the clusters to them; the first that
/// cannot be made ends it. `repository` may be null.
/// Errors: NotFound (no such cluster), Usage (what makes no sense: merged with itself, a split without a query or runs …).
[[nodiscard]] Result<ClustersEdited> editClusters(const Places& places, HarnessRepository* repository,
                                                  const std::filesystem::path& storeCacheFolder, std::vector<ClusterEdit> edits,
                                                  const Reviewer& reviewer, const CancelToken& cancel);
/// The last edit of the store that counts, taken back by a new one; NotFound where there is none. With `id`: that one.
[[nodiscard]] Result<ClusterEdit> undoOf(const Places& places, const std::filesystem::path& storeCacheFolder,
                                         const std::string& id = {});

/// "renamed to “…” by Ann", in English, for the command line and logs.
[[nodiscard]] std::string editText(const LedgerEntry& entry);

} // namespace tackroom
