// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The keys by which traces name the harness version that made them. One list for all readers.
#include "core/traces/traces.h"

#include <functional>
#include <string>
#include <string_view>

namespace tackroom
{

/// What names the harness version, each with the key that said so.
struct VersionFacts {
    std::string commit, commitKey;
    std::string label, labelKey;
    std::string prompt, promptKey;
    [[nodiscard]] bool any() const { return !commit.empty() || !label.empty() || !prompt.empty(); }
    /// Takes from `other` what is still empty.
    void fillFrom(const VersionFacts& other);
};

/// Looks for the keys in the order in which they are believed. `lookUp` answers the text at a key, empty where there is none;
/// it may look in several places (attributes, metadata, resource).
[[nodiscard]] VersionFacts findVersion(const std::function<std::string(std::string_view key)>& lookUp);

/// Sets harnessVersion, its label and its source: a commit, else a label, else a prompt version.
void setVersion(Run& run, const VersionFacts& facts);

} // namespace tackroom
