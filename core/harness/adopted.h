// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/time.h"
#include "core/harness/journal.h"

#include <filesystem>

/// A plain folder (skills, `.claude`) that is no git repository: it gets a managed bare repository `adopted/<uuid>.git` in the
/// data directory, whose first commit holds the files that are recognised as a harness. The folder's own files stay as they
/// are; nothing is put into it. Landing writes the folder's files where they are exactly the live version.
namespace tackroom
{

struct AdoptedFolder {
    std::filesystem::path repository;
    bool made = false;         ///< just now
    std::uint64_t files = 0;   ///< in the first commit, where it was made just now
    std::uint64_t skipped = 0; ///< links, devices, files above 4 MiB, unreadable ones
};

/// The managed repository of a folder, made where there is none yet. Empty where nothing in the folder is recognised.
[[nodiscard]] Result<AdoptedFolder> adoptFolder(const std::filesystem::path& dataDirectory, const std::filesystem::path& folder,
                                                const Reviewer& by, UtcNs now, const CancelToken& cancel);
/// Where the managed repository of a folder is, made or not.
[[nodiscard]] std::filesystem::path adoptedRepositoryOf(const std::filesystem::path& dataDirectory,
                                                        const std::filesystem::path& folder);

} // namespace tackroom
