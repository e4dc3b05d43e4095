// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Versions of a registered prompt (core/readers/promptregistry.h) as a proposal. Each version is a patch set, in their order;
/// it adds or changes one file. Nothing lands by itself.
#include "core/proposals/proposals.h"

namespace tackroom
{

struct PromptImport {
    struct Version {
        std::int64_t number = 0;
        std::string author; ///< foreign, as all texts here
        std::string note;
        UtcNs time = 0;
        std::vector<std::string> labels;
        std::string bytes; ///< of the file
    };
    std::string store;    ///< the name of the file, for people: "phoenix.db"
    std::string registry; ///< "Arize Phoenix"
    std::string name;
    std::vector<Version> versions; ///< oldest first
    /// All versions, which makes one proposal that grows with the registry; else one chosen version, a proposal of its own.
    bool whole = true;
    std::int64_t leftOut = 0; ///< older versions that are not among `versions`
};

struct PromptImported {
    std::optional<Proposal> proposal; ///< nothing: the main line has it already
    std::string path;                 ///< of the file
    std::int64_t contained = 0;       ///< the version that the main line's file is now; 0: none
    std::int64_t patchSets = 0;       ///< made this time
    std::int64_t leftOut = 0;
};

/// `prompts/<name>.md`: the name with what a path should not hold replaced, and then a part of its hash, so that no two names
/// are one file.
[[nodiscard]] std::string promptPathOf(std::string_view name);
/// Proposal id = hash of registry, store, name and, of a chosen version, its number. Patch sets that are there already (a later
/// version, or this one with the same bytes) are not made again; versions up to the one that the main line holds are left out.
/// Errors: NotFound without versions, Refused where the path is no plain file, and those of the repository.
[[nodiscard]] Result<PromptImported> importPrompt(HarnessRepository& repository, const PromptImport& import,
                                                  const CancelToken& cancel);

} // namespace tackroom
