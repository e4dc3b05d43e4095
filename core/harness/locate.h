// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/gitstore.h"

#include <filesystem>
#include <optional>
#include <string>

/// Finding the repository that a path means, and the branch that is its main line.
namespace tackroom
{

struct Located {
    std::filesystem::path root;     ///< canonical: the work tree, or the git directory of a bare repository
    std::filesystem::path workTree; ///< empty: none
};

/// `path` may be a work tree, a folder inside of one, a `.git` directory, a bare repository or a work tree with a `.git` file.
/// Nothing: there is a folder, but no repository. Errors: NotFound, NotAFile's opposite as BadRepository (a file), NotReadable.
[[nodiscard]] Result<std::optional<Located>> locateRepository(const std::filesystem::path& path);
/// Errors: Empty (no commits), DetachedHead.
[[nodiscard]] Result<std::string> nameMainBranch(const GitStore& store, const std::string& where);
/// Another work tree of the repository that has `ref` checked out; empty: none.
[[nodiscard]] std::filesystem::path otherCheckoutOf(const GitStore& store, const std::string& ref);

} // namespace tackroom
