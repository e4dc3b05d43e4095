// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/harness: the versioned git repository that holds an agent's harness, and what people decided about it.
///
///   repository.h  open, artifacts, versions, files at a version, landing, rollback
///   vault.h       the bare repository in the user's data directory that receives everything first and keeps it
///   journal.h     decisions as a chain of git commits under refs/tackroom/journal, in vault and repository
///   artifacts.h   which files are part of the harness, and of which layer
///   landing.h     how a decision becomes a commit: steps, order, what a kill at each point leaves
///   adopted.h     a plain folder (a skills or .claude folder) that gets a managed repository
///
/// The git command is never run, nor a hook, filter or helper of the repository. One thread at a time uses a HarnessRepository.
#include "core/base/strongid.h"

#include <string>

namespace tackroom
{

using CommitId = Strong<struct CommitIdTag, std::string>; ///< 40 hexadecimal digits
using BlobId = Strong<struct BlobIdTag, std::string>;     ///< 40 hexadecimal digits; empty: the file is not there
using HarnessId = Strong<struct HarnessIdTag, std::string>;
using ProposalId = Strong<struct ProposalIdTag, std::string>;

} // namespace tackroom
