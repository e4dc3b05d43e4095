// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Names that the store itself has for what its runs have in common: MLflow's issues, which its reader gives as scores named
/// "issue". Read when a cluster is shown; nothing is kept of them.
#include "core/clusters/clusters.h"

namespace tackroom
{

inline constexpr std::string_view kPriorClusterScore = "issue";

struct PriorName {
    std::string name;      ///< of the issue; foreign text
    std::int64_t runs = 0; ///< of the cluster that carry it
    std::int64_t outOf = 0;
};
/// The name that most of the cluster's runs carry, where at least half of them do; nothing else.
[[nodiscard]] Result<std::optional<PriorName>> priorNameOf(const std::filesystem::path& storeCacheFolder, const ClusterId& id,
                                                           const CancelToken& cancel);

} // namespace tackroom
