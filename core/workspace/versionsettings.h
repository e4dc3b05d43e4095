// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How the harness version of a store's runs is told, where a person has said so: beside the other settings of the store
/// (storesettings.h), which keep it. A copy lies beside the index, where the reader's process finds it.
#include "core/traces/versionrule.h"
#include "core/workspace/workspace.h"

namespace tackroom
{

/// An empty one where none is set or it cannot be read.
[[nodiscard]] VersionRule readVersionRule(const Places& places, const std::filesystem::path& storeCacheFolder);
/// The next indexing resolves the versions by it.
[[nodiscard]] Status writeVersionRule(const Places& places, const std::filesystem::path& storeCacheFolder,
                                      const VersionRule& rule);
/// Whether the index was made under another rule, as after it was evicted; then the copy beside it is put right.
[[nodiscard]] Result<bool> mendVersionRule(const Places& places, const std::filesystem::path& storeCacheFolder);

} // namespace tackroom
