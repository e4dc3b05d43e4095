// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/adopted.h"

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/harness/artifacts.h"
#include "core/harness/files.h"
#include "core/harness/refs.h"
#include "core/harness/trees.h"

#include <set>
#include <sys/stat.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxAdoptedBytes = 4U * 1024U * 1024U;
constexpr std::size_t kMaxFiles = 20'000;

struct Walk {
    std::set<std::string> skillFolders;
    std::vector<std::string> paths; ///< of regular files
    std::uint64_t skipped = 0;
};

bool isForeignFolder(std::string_view name)
{
    return name == ".git" || name == "node_modules" || name == ".venv" || name == "__pycache__";
}

Status walk(const std::filesystem::path& folder, const std::string& below, int depth, Walk& out, const CancelToken& cancel)
{
    if (cancel.cancelled()) return CancelToken::error();
    if (depth > 32) return fail(ErrorCode::Refused, folder.string(), "folders nested deeper than 32");
    TR_ASSIGN(const auto names, files::namesIn(folder));
    for (const auto& name : names) {
        const auto path = below.empty() ? name : below + '/' + name;
        struct stat status{};
        if (::lstat((folder / name).c_str(), &status) != 0) {
            ++out.skipped;
        } else if (S_ISDIR(status.st_mode)) {
            if (!isForeignFolder(name)) TR_TRY(walk(folder / name, path, depth + 1, out, cancel));
        } else if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kMaxAdoptedBytes) {
            ++out.skipped;
        } else {
            if (out.paths.size() >= kMaxFiles)
                return fail(ErrorCode::Refused, folder.string(), "more than 20,000 files: this looks like no harness");
            if (name == "SKILL.md") out.skillFolders.insert(below);
            out.paths.push_back(path);
        }
    }
    return {};
}

Result<FileEdits> recognised(const std::filesystem::path& folder, Walk& found)
{
    FileEdits edits;
    // What lies in a folder named .claude is known by paths that begin with its name.
    const std::string prefix = folder.filename() == ".claude" ? ".claude/" : "";
    for (const auto& path : found.paths) {
        const auto bytes = readFile(folder / path, kMaxAdoptedBytes, false);
        if (!bytes && bytes.error().code != ErrorCode::Empty) {
            ++found.skipped;
            continue;
        }
        const std::string text = bytes ? *bytes : std::string{};
        const auto start = std::string_view(text).substr(0, 65536);
        if (!artifactKindOf(path, start, {}) && !artifactKindOf(prefix + path, start, {}) &&
            !isBelowAny(found.skillFolders, path))
            continue;
        struct stat status{};
        const bool executable = ::lstat((folder / path).c_str(), &status) == 0 && (status.st_mode & S_IXUSR) != 0;
        edits[path] = NewFile{text, executable ? 0100755U : 0100644U};
    }
    return edits;
}

} // namespace

std::filesystem::path adoptedRepositoryOf(const std::filesystem::path& dataDirectory, const std::filesystem::path& folder)
{
    return dataDirectory / "adopted" / (uuidV5("adopted " + folder.string()) + ".git");
}

Result<AdoptedFolder> adoptFolder(const std::filesystem::path& dataDirectory, const std::filesystem::path& folder,
                                  const Reviewer& by, UtcNs now, const CancelToken& cancel)
{
    AdoptedFolder adopted;
    adopted.repository = adoptedRepositoryOf(dataDirectory, folder);
    std::error_code error;
    if (std::filesystem::exists(adopted.repository / "HEAD", error)) return adopted;
    Walk found;
    TR_TRY(walk(folder, {}, 0, found, cancel));
    TR_ASSIGN(const auto edits, recognised(folder, found));
    if (edits.empty())
        return fail(ErrorCode::Empty, folder.string(), "nothing in this folder is recognised as part of a harness",
                    "instructions, skills, prompts, tools and the like are; harness.json in a git repository can name more");
    TR_TRY(files::makeFolders(adopted.repository.parent_path()));
    TR_ASSIGN(const auto lock,
              files::Lock::take(dataDirectory / "registry.lock", files::kLockMs, [&] { return cancel.cancelled(); }));
    if (std::filesystem::exists(adopted.repository / "HEAD", error)) return adopted;
    auto fresh = adopted.repository;
    fresh += ".new";
    std::filesystem::remove_all(fresh, error);
    TR_TRY(GitStore::makeBare(fresh));
    TR_ASSIGN(const auto store, GitStore::open(fresh));
    PackBuilder pack;
    TR_ASSIGN(const auto tree, editTree(store, {}, edits, pack));
    const auto name = folder.filename().string();
    const auto commit =
        pack.add(ObjectType::Commit, commitBytes(tree, {}, by, by, now, "The folder " + name + " as it was found\n"));
    TR_ASSIGN(const auto image, pack.finish());
    TR_TRY(installPack(image, fresh / "objects", "adopt", now));
    TR_TRY(moveRef(fresh, "adopt", "refs/heads/main", std::nullopt, commit));
    TR_TRY(files::rename(fresh, adopted.repository));
    TR_TRY(files::syncFolder(adopted.repository.parent_path()));
    adopted.made = true;
    adopted.files = edits.size();
    adopted.skipped = found.skipped;
    return adopted;
}

} // namespace tackroom
