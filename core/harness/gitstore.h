// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/time.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

enum class ObjectType : std::uint8_t { Commit = 1, Tree = 2, Blob = 3, Tag = 4 };
[[nodiscard]] std::string_view nameOf(ObjectType);

struct GitObject {
    ObjectType type = ObjectType::Blob;
    std::string bytes;
};

/// A commit, read from its own bytes. Grafts and replacements of a repository have no say in it. All text is foreign.
struct CommitData {
    std::string tree;
    std::vector<std::string> parents;
    std::string authorName, authorMail;
    UtcNs authorTime = 0;
    UtcNs commitTime = 0;
    std::string message;
};

struct TreeEntry {
    unsigned mode = 0;
    std::string name;
    std::string id;
    [[nodiscard]] bool isTree() const { return mode == 0040000; }
    [[nodiscard]] bool isSubmodule() const { return mode == 0160000; }
};

[[nodiscard]] bool isObjectId(std::string_view text); ///< 40 lower-case hexadecimal digits
/// SHA-1 as git takes it: over "<type> <size>\0" and the bytes.
[[nodiscard]] std::string objectIdOf(ObjectType type, std::string_view bytes);
[[nodiscard]] std::string idToRaw(std::string_view hex);
[[nodiscard]] std::string idFromRaw(std::string_view raw20);
[[nodiscard]] Result<CommitData> parseCommit(std::string_view bytes, const std::string& where);
[[nodiscard]] Result<std::vector<TreeEntry>> parseTree(std::string_view bytes, const std::string& where);

/// Reading one git repository through libgit2: objects and refs. It writes nothing, runs nothing and reads no configuration of
/// the user or the system. One thread at a time. A new GitStore reads from the disk again.
class GitStore
{
public:
    /// `folder` is the work tree, the git directory or a folder with a `.git` file; nothing above it is searched.
    /// Errors: BadRepository, Refused (owned by another user, shallow).
    [[nodiscard]] static Result<GitStore> open(const std::filesystem::path& folder);
    /// A new bare repository; the folder must not be there.
    [[nodiscard]] static Status makeBare(const std::filesystem::path& folder);
    GitStore(GitStore&&) noexcept;
    GitStore& operator=(GitStore&&) noexcept;
    ~GitStore();

    [[nodiscard]] const std::filesystem::path& gitDirectory() const; ///< holds HEAD and index
    [[nodiscard]] const std::filesystem::path&
    commonDirectory() const; ///< holds objects and refs; the same but in linked work trees
    [[nodiscard]] bool bare() const;
    /// The work tree as git's configuration has it, canonical; empty: none.
    [[nodiscard]] std::filesystem::path workDirectory() const;
    [[nodiscard]] bool configBool(const char* key, bool fallback) const;
    /// An operation such as a merge or rebase is under way in the work tree.
    [[nodiscard]] bool busy() const;

    [[nodiscard]] bool has(const std::string& id) const;
    [[nodiscard]] Result<GitObject> read(const std::string& id) const;
    [[nodiscard]] Result<std::string> bytes(const std::string& id, ObjectType type) const;
    [[nodiscard]] Result<CommitData> commit(const std::string& id) const;
    [[nodiscard]] Result<std::vector<TreeEntry>> tree(const std::string& id) const; ///< empty id: no entries
    /// What an annotated tag points at in the end; a commit gives itself.
    [[nodiscard]] Result<std::string> peelToCommit(const std::string& id) const;
    /// Every object, in no order.
    [[nodiscard]] Result<std::vector<std::string>> allIds() const;
    void refresh();

    /// The id a ref holds, symbolic refs resolved; nothing where it is absent.
    [[nodiscard]] Result<std::optional<std::string>> ref(const std::string& name) const;
    /// What a symbolic ref names; nothing where it is absent or direct.
    [[nodiscard]] Result<std::optional<std::string>> symbolicTarget(const std::string& name) const;
    /// Direct refs below a prefix such as "refs/heads/", by name.
    [[nodiscard]] Result<std::map<std::string, std::string>> refs(std::string_view prefix) const;

    /// `commit` is `ancestor` or comes after it.
    [[nodiscard]] Result<bool> descends(const std::string& commit, const std::string& ancestor) const;
    /// Empty where the two have no common history.
    [[nodiscard]] Result<std::string> mergeBase(const std::string& one, const std::string& two) const;

private:
    struct Private;
    explicit GitStore(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace tackroom
