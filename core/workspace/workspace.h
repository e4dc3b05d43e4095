// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/workspace: the few steps that the window and the command line share: where things lie, opening a store up to its
/// clusters, the recent list, the sample's place.
#include "core/base/cancel.h"
#include "core/clusters/clusters.h"
#include "core/index/readerclient.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tackroom {

/// Directories of this user; overridable with --cache and --data.
struct Places {
    std::filesystem::path cache;   ///< indexes; may be deleted
    std::filesystem::path data;    ///< vaults, adopted repositories, the sample; keep
    std::filesystem::path config;  ///< settings, the recent list
};
[[nodiscard]] Places defaultPlaces();

/// Indexes what is new and brings the clusters up to date. `opened`: see ReaderClient::index.
[[nodiscard]] Result<IndexReport> openStoreIndex(const std::filesystem::path& store, const Places& places, const ReaderClient::Options& options,
                                                 const CancelToken& cancel, const Progress& progress,
                                                 const std::function<void(const IndexReport&)>& opened = {});

struct Recent {
    enum class Kind { Store, Repository } kind = Kind::Store;
    std::filesystem::path path;
    std::string title;             ///< "Arize Phoenix database"
    std::int64_t runs = 0, failures = 0, clusters = 0, proposals = 0, versions = 0;
    UtcNs lastOpened = 0;
    std::filesystem::path linked;  ///< the repository that was open with this store, or the other way round
};
/// At most 20, newest first. A list that cannot be read is an empty one.
[[nodiscard]] std::vector<Recent> readRecents(const Places& places);
[[nodiscard]] Status rememberRecent(const Places& places, Recent recent);
[[nodiscard]] Status forgetRecent(const Places& places, const std::filesystem::path& path);

/// Folder of the sample below the data directory.
[[nodiscard]] std::filesystem::path samplePlace(const Places& places);

} // namespace tackroom
