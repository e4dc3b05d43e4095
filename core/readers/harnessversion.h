// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The keys by which traces name the harness version that made them. One list for all readers.
#include "core/readers/jsonvalues.h"
#include "core/readers/readers.h"
#include "core/traces/versionrule.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What names the harness version, each with the key that said so.
struct VersionFacts {
    std::string commit, commitKey;
    std::string label, labelKey;
    std::string prompt, promptKey;
    std::vector<VersionKey> keys; ///< all that were there, each once
    [[nodiscard]] bool any() const { return !commit.empty() || !label.empty() || !prompt.empty(); }
    /// Takes from `other` what is still empty.
    void fillFrom(const VersionFacts& other);
};

/// Which keys are kept beside the known ones. Of the process, which reads one store; set before the reading begins.
struct WantedVersionKeys {
    std::vector<std::string> keys; ///< that the store's rule asks for (versionrule.h)
    bool all = false;              ///< every key with a short value: a look at what a store has
};
void wantVersionKeys(WantedVersionKeys wanted);
/// Whether findVersion() looks for more than the known keys.
[[nodiscard]] bool moreVersionKeysWanted();
/// The keys that findVersion() looks for in any case.
[[nodiscard]] std::vector<std::string_view> knownVersionKeys();
/// Whether it looks for this key in any case.
[[nodiscard]] bool isKnownVersionKey(std::string_view key);

using VersionKeyVisit = std::function<void(std::string_view key, std::string_view value)>;
/// Looks for the keys in the order in which they are believed. `lookUp` answers the text at a key, empty where there is none;
/// it may look in several places (attributes, metadata, resource). `each` visits whatever is there, by keys that `lookUp`
/// takes.
[[nodiscard]] VersionFacts findVersion(const std::function<std::string(std::string_view key)>& lookUp,
                                       const std::function<void(const VersionKeyVisit&)>& each);
/// The short values in an object, by paths as at() takes them.
void eachScalar(jsonvalues::Value object, const VersionKeyVisit& visit);

/// Sets harnessVersion, its label and its source: a commit, else a label, else a prompt version; leaves them where there is
/// none of these. The other keys go into versionKeys, a new value before one that was there.
void setVersion(RunRecord& record, const VersionFacts& facts);

} // namespace tackroom
