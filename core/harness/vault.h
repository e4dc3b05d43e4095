// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/harness/gitstore.h"
#include "core/harness/harness.h"

#include <filesystem>
#include <string>

/// The vault: a bare repository `vaults/<harnessId>.git` in the user's data directory. It receives every object of a harness
/// first, the main line's and the proposals', and its journal is the one that counts: an agent may rewrite its own repository,
/// not this one. Which vault belongs to which repository is written in `registry.json` beside it, never in the repository.
///
/// Refs in a vault: refs/tackroom/journal; refs/tags/harness/v*; refs/tackroom/proposals/<id>/<n>; refs/tackroom/kept/<commit>
/// for what a repository lost; and for each repository (a clone is one of its own) refs/tackroom/repositories/<key>/seen, the
/// main line's tip when we looked last, and …/landed, the newest landing that was brought to its end.
namespace tackroom
{

struct Registration {
    std::string key; ///< of the repository: hash of its git directory's path
    HarnessId id;
    std::string root; ///< the first commit of the main line
    std::string mainBranch;
    std::filesystem::path vault;
    std::string notice; ///< what the user should know; mostly empty
};

/// Looks a repository up, or registers it and makes its vault. `mainBranch`, `tip`: what the repository names as its main line
/// now; a main branch that was registered earlier and is still there wins. Takes the registry's lock for a moment.
[[nodiscard]] Result<Registration> registerRepository(const std::filesystem::path& dataDirectory, const GitStore& repository,
                                                      const std::string& mainBranch, const CancelToken& cancel);
/// A bare repository at `vault` where there is none; it appears under its name only when it is complete.
[[nodiscard]] Status makeVault(const std::filesystem::path& vault);
/// The first commit of the first-parent line.
[[nodiscard]] Result<std::string> rootOf(const GitStore& store, std::string commit, const CancelToken& cancel);

} // namespace tackroom
