// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/repositoryimpl.h"

namespace tackroom
{

/// What taking `target` back would make of the tip: for each file that it changed, a three-way merge with the version itself as
/// base, the tip as ours and the version before as theirs. Writes nothing.
[[nodiscard]] Result<RollbackPreview> previewRollback(const RepositoryState& d, const Version& target);

} // namespace tackroom
