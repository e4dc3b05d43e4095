// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/gitstore.h"
#include "core/harness/pack.h"
#include "core/harness/repository.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Trees of git as flat lists of files, the difference of two, and new trees with some files replaced.
namespace tackroom
{

/// The files of a tree by path; submodules are left out. `limit` files, else Refused.
[[nodiscard]] Result<std::vector<HarnessRepository::FileEntry>> flattenTree(const GitStore& store, const std::string& tree,
                                                                            std::size_t limit = 500'000);
/// One file of a tree; nothing where the path is not there or is a folder.
[[nodiscard]] Result<std::optional<TreeEntry>> findInTree(const GitStore& store, const std::string& tree,
                                                          std::string_view path);

/// What changed between two trees without looking into the files: Added, Removed, Modified or ModeChanged, by path.
[[nodiscard]] Result<std::vector<FileChange>> compareTrees(const GitStore& store, const std::string& from,
                                                           const std::string& to);
/// Marks renames (of the same or nearly the same text), binary files and counts of lines.
[[nodiscard]] Status describeChanges(const GitStore& store, std::vector<FileChange>& changes);

/// A new file's bytes and mode, or nothing: it is removed.
struct NewFile {
    std::string bytes;
    unsigned mode = 0100644;
};
using FileEdits = std::map<std::string, std::optional<NewFile>, std::less<>>;
/// The id of `tree` with the edits; blobs and trees that are new go into `pack`. Conflict where a path leads through a file,
/// would replace a folder, or where a file to be removed is not there.
[[nodiscard]] Result<std::string> editTree(const GitStore& store, const std::string& tree, const FileEdits& edits,
                                           PackBuilder& pack);

/// The bytes of a commit object. Text is made fit: no NUL, header names without `<`, `>` and line ends.
[[nodiscard]] std::string commitBytes(const std::string& tree, const std::vector<std::string>& parents, const Reviewer& author,
                                      const Reviewer& committer, UtcNs time, std::string_view message);
[[nodiscard]] std::string tagBytes(const std::string& commit, const std::string& name, const Reviewer& tagger, UtcNs time,
                                   std::string_view message);
/// `tree` of a commit; empty for an empty id.
[[nodiscard]] Result<std::string> treeOf(const GitStore& store, const std::string& commit);

} // namespace tackroom
