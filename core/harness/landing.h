// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/repositoryimpl.h"

/// How a decision becomes a commit, and what a kill leaves behind.
///
///   1. our own lock on the vault; what an earlier kill left is completed or cleared
///   2. the main line's tip is compared with the one that the reviewer saw                              (Conflict)
///   3. index.lock is taken; the touched paths must be exactly the live version in index and work tree   (DirtyWorkTree)
///      the new files and the new index are written under private names, synced                         (DiskFull)
///   4. blobs, trees, commit, tag and journal entry go as one pack into the vault, then into the repository
///   5. `refs/heads/main.lock` in the repository and the journal's lock in the vault are taken, their new values on the disk
///   6. **decision**: the vault's journal ref is renamed into place
///   7. **landing**: the repository's main ref is renamed into place
///   8. ref, commit, tree and bytes are read again from the disk through a new handle
///   9. the work tree's files and the index are renamed into place; tag and journal are copied to the repository
///  10. the vault notes the landing as brought to its end
///
/// A kill between 3 and 9 leaves git's locks (index.lock, main.lock) held, which keeps git programs from committing on a
/// half-moved index; the next opening proves them ours and frees them. Up to 5 nothing is visible and everything private is
/// removed, by ourselves or at the next opening. If 7 fails, 6 is taken back (its old value was put on the disk beforehand).
/// Killed between 6 and 10, the next opening goes on from where it stopped: the entry holds base, result and tag. If the main
/// line has moved meanwhile, an entry says that the landing was given up, and the proposal is open again.
namespace tackroom
{

/// Steps 2 to 10 under a lock that the caller holds and after bringUpToDate().
[[nodiscard]] Result<Landed> landUnderLock(RepositoryState& d, const LandRequest& request, const CancelToken& cancel);
/// Completes, or gives up, the newest decision of this repository if a kill interrupted it.
[[nodiscard]] Status recoverLanding(RepositoryState& d, const CancelToken& cancel);

} // namespace tackroom
