// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a person sets for one store: `stores/<key>.json` in the configuration directory, the key being that of its index.
#include "core/signals/outcomerules.h"
#include "core/workspace/workspace.h"

#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// A query with a name.
struct SavedView {
    std::string name, query;
    friend bool operator==(const SavedView&, const SavedView&) = default;
};

struct StoreSettings {
    std::optional<ScoreRule> rule; ///< what of a score counts as a failure
    std::vector<SavedView> views;  ///< by name
};
/// Settings that cannot be read are empty ones.
[[nodiscard]] StoreSettings readStoreSettings(const Places& places, const std::filesystem::path& storeCacheFolder);
[[nodiscard]] Status writeStoreSettings(const Places& places, const std::filesystem::path& storeCacheFolder,
                                        const StoreSettings& settings);
/// Puts a view in its place by name; one of the same name is replaced.
void keepView(StoreSettings& settings, SavedView view);

} // namespace tackroom
