// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a user has settled for one store: a JSON file of the configuration folder, of which each part of the program knows its
/// own members and leaves the others (also those of a newer program) as they are.
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/platform/directories.h"

#include <filesystem>

namespace tackroom
{

[[nodiscard]] std::filesystem::path settingsFileOf(const Places& places, const std::filesystem::path& storeCacheFolder);

/// An empty object where there is none, or none that can be read.
[[nodiscard]] Json readSettingsFile(const std::filesystem::path& file);

/// Makes the folders on its way.
[[nodiscard]] Status writeSettingsFile(const Places& places, const std::filesystem::path& file, const Json& settings);

} // namespace tackroom
