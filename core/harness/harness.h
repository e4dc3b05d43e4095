// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/harness: the versioned git repository that holds an agent's harness, and what people decided about it.
///
///   repository.h    open, artifacts, versions, files at a version, landing, rollback: what others use
///   journal.h       one entry of the journal; reviewers
///   artifacts.h     which files are part of the harness, and of which layer; harness.json
///
///   vault.h         the bare repository in the user's data directory that receives everything first and keeps it
///   landing.h       how a decision becomes a commit: steps, order, what a kill at each point leaves
///   rollback.h      taking a version back by three-way merge
///   journalstore.h  the journal as a chain of git commits under refs/tackroom/journal, in vault and repository
///   adopted.h       a plain folder (a skills or .claude folder) that gets a managed repository
///   locate.h        which repository a path means, and which branch is its main line
///   worktree.h      files of a work tree and git's index (gitindex.h) from one commit to the next
///   refs.h pack.h trees.h gitstore.h files.h   moving refs, packs, trees, reading git, durable file operations
///
/// libgit2 is only read with (and makes new bare repositories); what is written is written by refs.h, pack.h, worktree.h and
/// files.h, through plain system calls that can be counted and killed one by one (tests/campaign). The git command is never
/// run, nor a hook, filter or helper of the repository. One thread at a time uses a HarnessRepository.
#include "core/base/strongid.h"

#include <string>

namespace tackroom
{

using CommitId = Strong<struct CommitIdTag, std::string>; ///< 40 hexadecimal digits
using BlobId = Strong<struct BlobIdTag, std::string>;     ///< 40 hexadecimal digits; empty: the file is not there
using HarnessId = Strong<struct HarnessIdTag, std::string>;
using ProposalId = Strong<struct ProposalIdTag, std::string>;

} // namespace tackroom
