// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/harness/journal.h"

#include <filesystem>
#include <vector>

/// The private vault: `vaults/private.git` in the data directory, whose journal takes what a person says of runs while no
/// harness repository is open. A run is known in it by its RunKey, never by the path of its store, so that a store may move. When
/// a repository is opened beside a store, what is said of that store's runs goes over to the repository's own journal, and back.
namespace tackroom
{

/// Replay order, oldest first; none where nothing has been said yet. Blocking; reads alone.
[[nodiscard]] Result<std::vector<JournalEntry>> readPrivateJournal(const std::filesystem::path& dataDirectory);
/// Appends one batch and returns it with ids; on the disk when this returns. An entry without a time gets that of now.
/// Errors: Locked, DiskFull, NotReadable, Usage (a reviewer without a name).
[[nodiscard]] Result<std::vector<JournalEntry>> appendPrivateJournal(const std::filesystem::path& dataDirectory,
                                                                     std::vector<JournalEntry> entries,
                                                                     const CancelToken& cancel);

} // namespace tackroom
