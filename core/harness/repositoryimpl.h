// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What repository.cpp, landing.cpp, versions.cpp and rollback.cpp share.
#include "core/harness/files.h"
#include "core/harness/gitstore.h"
#include "core/harness/journalstore.h"
#include "core/harness/repository.h"
#include "core/harness/trees.h"
#include "core/harness/vault.h"
#include "core/harness/worktree.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tackroom
{

/// How much of a file is looked at to tell whether it is a tool's schema.
inline constexpr std::size_t kMaxToolBytes = 1024U * 1024U;
inline constexpr const char* kVersionTags = "refs/tags/harness/";

struct RepositoryState {
    HarnessRepository::Options options;
    RepositoryInfo info;
    Manifest manifest;
    std::string owner; ///< marks files of ours in a repository: hash of the vault's path
    Registration registration;
    std::filesystem::path workTree;  ///< empty: none
    std::string prefix;              ///< ".claude/" where the adopted folder is one: its files are known by such paths
    std::filesystem::path elsewhere; ///< another work tree that has the main line checked out; empty: none
    std::optional<GitStore> repository;
    std::optional<GitStore> vault;
    std::string journalTip;
    std::vector<JournalEntry> entries;
    std::string pending;                  ///< why an interrupted landing is not completed; empty: there is none
    std::string pendingId;                ///< its entry
    std::unordered_set<std::string> line; ///< the main line's commits, by first parents
    std::vector<std::string> notices;     ///< of the last bringUpToDate()
    std::vector<std::string> lasting;     ///< said at each opening: from locating and registering

    JournalReader reader;
    std::optional<std::vector<Version>> versions;
    std::map<std::string, std::string> versionTags; ///< label -> commit, from the vault
    std::unordered_map<std::string, bool> touches;  ///< commit -> its difference to the first parent holds artifacts

    [[nodiscard]] std::string mainRef() const { return "refs/heads/" + info.mainBranch; }
    [[nodiscard]] std::string vaultRef(const char* what) const
    {
        return "refs/tackroom/repositories/" + registration.key + '/' + what;
    }
    [[nodiscard]] UtcNs now() const { return options.now(); }
    [[nodiscard]] Result<files::Lock> lock(const CancelToken& cancel) const;
    void say(std::string notice);

    /// All of it under the lock: what a kill left is cleared and completed, objects go to the vault, projections are made
    /// again.
    [[nodiscard]] Status bringUpToDate(const CancelToken& cancel);
    [[nodiscard]] Status reopen();
    [[nodiscard]] Status sweep();
    [[nodiscard]] Status readJournal();
    [[nodiscard]] Status readTip();
    [[nodiscard]] Status copyToVault(const CancelToken& cancel);
    [[nodiscard]] Status writeBaseline();
    [[nodiscard]] Status lookForLosses();
    [[nodiscard]] Status projectTags(const CancelToken& cancel);
    [[nodiscard]] Status projectJournal(const CancelToken& cancel);
    [[nodiscard]] Status readManifest();
    /// The ref in the vault, whatever it was before.
    [[nodiscard]] Status setVaultRef(const std::string& name, const std::string& id);
    /// Appends one batch to the vault's journal; `pack` may hold more objects.
    [[nodiscard]] Result<std::vector<JournalEntry>> append(std::vector<JournalEntry> batch);

    [[nodiscard]] Result<std::string> treeAt(const std::string& commit) const { return treeOf(*vault, commit); }
    [[nodiscard]] const std::vector<JournalEntry>& journal() const { return entries; }
    /// Ids of decisions whose landing was given up (a later entry says so).
    [[nodiscard]] std::set<std::string> givenUp() const;
    /// These and the one that still waits to be completed.
    [[nodiscard]] std::set<std::string> notLanded() const;

    // versions.cpp
    [[nodiscard]] Status listVersions();
    [[nodiscard]] Result<bool> touchesArtifacts(const std::string& commit, const std::string& parent);
    /// What a file is, by its path and, for tools, by its text.
    [[nodiscard]] std::optional<ArtifactKind> kindOf(const std::string& path, std::string_view contentStart) const;
    [[nodiscard]] std::string labelOf(const std::string& commit) const;
    [[nodiscard]] int nextVersionNumber() const;
};

struct HarnessRepository::Private : RepositoryState {
};

} // namespace tackroom
