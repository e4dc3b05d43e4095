// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/gitindex.h"
#include "core/harness/refs.h"
#include "core/harness/trees.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// Bringing the files of a work tree, and git's index beside them, from one commit to the next. Only files that are exactly the
/// old ones are touched. Everything that needs room on the disk is written by prepare(), which refuses before anything was
/// moved; apply() renames. Paths are walked folder by folder beneath the root and no symbolic link is followed.
namespace tackroom
{

struct WorkTreePlace {
    std::filesystem::path root;
    std::filesystem::path gitDirectory;    ///< with the index; empty for a plain folder
    std::filesystem::path commonDirectory; ///< where private files are kept
    std::string owner;
    bool trustExecutableBit = true;
};

struct WorkTreeEdit {
    std::string path;
    std::string oldId; ///< empty: it was not there
    unsigned oldMode = 0;
    std::string newId; ///< empty: it is removed
    std::optional<NewFile> next;
};

class WorkTreeUpdate
{
public:
    enum class Strictness : std::uint8_t {
        AllClean,    ///< DirtyWorkTree unless every path is exactly the old one, in index and work tree
        WhatIsClean, ///< for completing a killed landing: what is neither old nor new stays as it is
    };
    [[nodiscard]] static Result<WorkTreeUpdate> prepare(const WorkTreePlace& place, const std::vector<WorkTreeEdit>& edits,
                                                        Strictness strictness);
    WorkTreeUpdate();
    WorkTreeUpdate(WorkTreeUpdate&&) noexcept;
    WorkTreeUpdate& operator=(WorkTreeUpdate&&) noexcept;
    ~WorkTreeUpdate();
    /// Sentences about what could not be brought along; empty when all went well.
    [[nodiscard]] std::vector<std::string> apply();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// Takes away files that a killed update had put beside their targets (where git directory and work tree are on different
/// disks).
[[nodiscard]] Status sweepStaged(const std::filesystem::path& commonDirectory, const std::string& owner);

} // namespace tackroom
