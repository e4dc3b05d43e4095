// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/locate.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/harness/artifacts.h"
#include "core/harness/glob.h"
#include "core/harness/trees.h"

#include <unistd.h>

namespace tackroom
{

namespace
{

bool isGitDirectory(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::exists(folder / "HEAD", error) && std::filesystem::is_directory(folder / "objects", error) &&
           std::filesystem::is_directory(folder / "refs", error);
}

/// The nearest folder at or above `folder` that is a work tree or a bare repository.
std::optional<Located> searchUpwards(std::filesystem::path folder, bool first)
{
    for (;; first = false) {
        std::error_code error;
        if (std::filesystem::exists(std::filesystem::symlink_status(folder / ".git", error))) return Located{folder, folder};
        if (isGitDirectory(folder)) {
            if (folder.filename() == ".git") return Located{folder.parent_path(), folder.parent_path()};
            if (first) return Located{folder, {}};
            return std::nullopt; // inside of a git directory: nothing to open
        }
        if (!folder.has_relative_path()) return std::nullopt;
        folder = folder.parent_path();
    }
}

/// The path lies in the newest commit of the repository above it, or is that repository.
bool belongsTo(const Located& located, const std::filesystem::path& folder)
{
    if (located.root == folder || !located.workTree.has_relative_path() || folder == located.root / ".git") return true;
    const auto store = GitStore::open(located.root);
    if (!store) return false;
    const auto head = store->ref("HEAD");
    if (!head || !*head) return false;
    auto tree = treeOf(*store, **head);
    for (const auto& part : folder.lexically_relative(located.root)) {
        if (!tree) return false;
        const auto entries = store->tree(*tree);
        if (!entries) return false;
        std::string next;
        for (const auto& entry : *entries)
            if (entry.isTree() && entry.name == part.string()) next = entry.id;
        if (next.empty()) return false;
        tree = next;
    }
    return true;
}

} // namespace

Result<std::optional<Located>> locateRepository(const std::filesystem::path& path)
{
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        if (error == std::errc::permission_denied)
            return fail(ErrorCode::NotReadable, path.string(), "the folder cannot be read");
        return fail(ErrorCode::NotFound, path.string(), "there is no such folder");
    }
    if (!std::filesystem::is_directory(status))
        return fail(ErrorCode::BadRepository, path.string(), "this is a file, not a git repository",
                    "give the folder of the repository");
    const auto folder = std::filesystem::canonical(path, error);
    if (error) return fail(ErrorCode::NotReadable, path.string(), "the folder cannot be read: " + error.message());
    if (::access(folder.c_str(), R_OK | X_OK) != 0)
        return fail(ErrorCode::NotReadable, path.string(), "the folder cannot be read: permission denied");
    auto located = searchUpwards(folder, true);
    if (located && !belongsTo(*located, folder)) located.reset();
    return located;
}

Result<std::string> nameMainBranch(const GitStore& store, const std::string& where)
{
    constexpr std::string_view kHeads = "refs/heads/";
    TR_ASSIGN(const auto heads, store.refs(kHeads));
    TR_ASSIGN(const auto symbolic, store.symbolicTarget("HEAD"));
    TR_ASSIGN(const auto head, store.ref("HEAD"));
    if (heads.empty() && !head)
        return fail(ErrorCode::Empty, where, "this repository has no commits yet",
                    "commit the harness once, then open it again");
    if (!symbolic)
        return fail(ErrorCode::DetachedHead, where, "no branch is checked out (detached HEAD), so no main line can be named",
                    "git switch main");
    if (head) {
        TR_ASSIGN(const auto tree, treeOf(store, *head));
        TR_ASSIGN(const auto file, findInTree(store, tree, "harness.json"));
        if (file) {
            TR_ASSIGN(const auto text, store.bytes(file->id, ObjectType::Blob));
            const auto manifest = parseManifest(text);
            if (!manifest.mainBranch.empty() && heads.contains(std::string(kHeads) + manifest.mainBranch))
                return manifest.mainBranch;
        }
    }
    const auto branch = symbolic->starts_with(kHeads) ? symbolic->substr(kHeads.size()) : std::string{};
    if (heads.contains(*symbolic) && !globMatches("proposals/*", branch)) return branch;
    for (const char* usual : {"main", "master"})
        if (heads.contains(std::string(kHeads) + usual)) return std::string(usual);
    if (heads.contains(*symbolic)) return branch;
    return fail(ErrorCode::Empty, where, "the branch that HEAD names has no commits yet",
                "git switch to the main branch, then open it again");
}

std::filesystem::path otherCheckoutOf(const GitStore& store, const std::string& ref)
{
    const auto names = [&](const std::filesystem::path& gitDirectory) {
        const auto head = readFile(gitDirectory / "HEAD", 4096);
        return head && trimmed(*head) == "ref: " + ref;
    };
    const auto& common = store.commonDirectory();
    std::error_code error;
    if (store.gitDirectory() != common && common.filename() == ".git" && names(common)) return common.parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(common / "worktrees", error)) {
        std::error_code ignored;
        if (std::filesystem::weakly_canonical(entry.path(), ignored) == store.gitDirectory() || !names(entry.path())) continue;
        const auto link = readFile(entry.path() / "gitdir", 4096);
        if (!link) return entry.path();
        const auto tree = std::filesystem::path(std::string(trimmed(*link))).parent_path();
        // A work tree whose folder is gone holds nothing that could be harmed.
        if (std::filesystem::exists(tree, ignored)) return tree;
    }
    return {};
}

} // namespace tackroom
