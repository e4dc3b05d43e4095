// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/repository.h"
#include "core/workspace/workspace.h"

#include <filesystem>

namespace tackroom
{

/// How many entries the private journal got.
struct Exchanged {
    std::size_t judgements = 0;   ///< the outcomes of their runs have to be resolved anew
    std::size_t clusterEdits = 0; ///< the clusters have to be made anew (readClusterLedger, updateClusters)
};
/// Carries what only one of the two journals has, the private one and the repository's, over to the other: what people say of
/// the runs and clusters of one store.
[[nodiscard]] Result<Exchanged> exchangeWords(const Places& places, HarnessRepository& repository,
                                              const std::filesystem::path& storeCacheFolder, const CancelToken& cancel);

} // namespace tackroom
