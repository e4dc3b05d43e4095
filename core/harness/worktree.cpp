// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/worktree.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/harness/files.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxFileBytes = 512U * 1024U * 1024U;

std::unexpected<Error> dirty(const std::string& path, std::string detail)
{
    return fail(ErrorCode::DirtyWorkTree, path, std::move(detail), "commit it, or put the file back, and try again");
}

/// What lies at a path: nothing, a file or link with the id its bytes would have, or something else.
struct Found {
    enum class Kind : std::uint8_t { Nothing, File, Link, Other } kind = Kind::Nothing;
    std::string id;
    struct stat status{};
};

std::pair<std::string, std::string> split(const std::string& path)
{
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {{}, path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

/// The folder of a path beneath the root, opened step by step. An invalid descriptor: it is not there. DirtyWorkTree: a link or
/// file is in the way.
Result<files::Fd> openFolder(int root, const std::string& folder, bool make, const std::filesystem::path& where)
{
    files::Fd at(::fcntl(root, F_DUPFD_CLOEXEC, 0));
    if (!at.valid()) return std::unexpected(errorFromErrno(errno, where.string(), "opening the folder"));
    if (folder.empty()) return at;
    for (const auto part : splitOn(folder, '/')) {
        const std::string name(part);
        files::Fd next(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next.valid() && errno == ENOENT && make) {
            if (::mkdirat(at.get(), name.c_str(), 0777) != 0 && errno != EEXIST)
                return std::unexpected(errorFromErrno(errno, (where / folder).string(), "making the folder"));
            (void)::fsync(at.get());
            next = files::Fd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        }
        if (!next.valid()) {
            if (errno == ENOENT) return files::Fd();
            if (errno == ELOOP || errno == ENOTDIR)
                return dirty((where / folder).string(), "a link or a file is in the way of a folder");
            return std::unexpected(errorFromErrno(errno, (where / folder).string(), "opening the folder"));
        }
        at = std::move(next);
    }
    return at;
}

Result<std::string> readAll(int fd, std::size_t size, const std::string& where)
{
    if (size > kMaxFileBytes) return fail(ErrorCode::Refused, where, "a file of more than 512 MiB");
    std::string bytes(size, '\0');
    std::size_t at = 0;
    while (at < size) {
        const ssize_t n = ::read(fd, bytes.data() + at, size - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(errorFromErrno(errno, where, "reading"));
        if (n == 0) break;
        at += static_cast<std::size_t>(n);
    }
    bytes.resize(at);
    return bytes;
}

Result<Found> look(int folder, const std::string& name, const std::string& where)
{
    Found found;
    if (::fstatat(folder, name.c_str(), &found.status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return found;
        return std::unexpected(errorFromErrno(errno, where, "looking at the file"));
    }
    if (S_ISLNK(found.status.st_mode)) {
        std::string target(4096, '\0');
        const ssize_t n = ::readlinkat(folder, name.c_str(), target.data(), target.size());
        if (n < 0) return std::unexpected(errorFromErrno(errno, where, "reading the link"));
        found.kind = Found::Kind::Link;
        found.id = objectIdOf(ObjectType::Blob, std::string_view(target).substr(0, static_cast<std::size_t>(n)));
        return found;
    }
    found.kind = Found::Kind::Other;
    if (!S_ISREG(found.status.st_mode)) return found;
    const files::Fd fd(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd.valid()) return std::unexpected(errorFromErrno(errno, where, "opening the file"));
    if (::fstat(fd.get(), &found.status) != 0) return std::unexpected(errorFromErrno(errno, where, "looking at the file"));
    TR_ASSIGN(const auto bytes, readAll(fd.get(), static_cast<std::size_t>(found.status.st_size), where));
    found.kind = Found::Kind::File;
    found.id = objectIdOf(ObjectType::Blob, bytes);
    return found;
}

bool isExactly(const Found& found, const std::string& id, unsigned mode, bool trustExecutableBit)
{
    if (id.empty()) return found.kind == Found::Kind::Nothing;
    if (found.id != id) return false;
    if (mode == 0120000) return found.kind == Found::Kind::Link;
    if (found.kind != Found::Kind::File) return false;
    return !trustExecutableBit || ((found.status.st_mode & S_IXUSR) != 0) == (mode == 0100755);
}

bool sameStat(const struct stat& one, const struct stat& two)
{
    return one.st_ino == two.st_ino && one.st_dev == two.st_dev && one.st_size == two.st_size &&
           one.st_mtim.tv_sec == two.st_mtim.tv_sec && one.st_mtim.tv_nsec == two.st_mtim.tv_nsec &&
           one.st_ctim.tv_sec == two.st_ctim.tv_sec && one.st_ctim.tv_nsec == two.st_ctim.tv_nsec;
}

std::filesystem::path stagedList(const std::filesystem::path& commonDirectory, const std::string& owner)
{
    return commonDirectory / ("tackroom-staged-" + owner);
}

} // namespace

/// One file that will be written or removed.
struct PlannedFile {
    WorkTreeEdit edit;
    Found found;
    PrivateFile staged; ///< empty path: the file is removed
};

struct WorkTreeUpdate::Private {
    WorkTreePlace place;
    files::Fd root;
    std::vector<PlannedFile> files;
    std::optional<PreparedFile> index;
    std::vector<std::string> notices;
    std::filesystem::path list;
    ~Private()
    {
        files.clear();
        if (!list.empty()) (void)files::removeFile(list);
    }

    Result<PrivateFile> stage(const WorkTreeEdit& edit, const Found& found);
    Status planFile(const WorkTreeEdit& edit, Strictness strictness, bool sparse);
    Status planIndex(const std::vector<WorkTreeEdit>& edits, Strictness strictness, GitIndex& index);
    Status checkIndexEntry(const WorkTreeEdit& edit, const GitIndex& index, bool* replace, Strictness strictness);
    Status applyFile(PlannedFile& file);
};

WorkTreeUpdate::WorkTreeUpdate() = default;
WorkTreeUpdate::WorkTreeUpdate(WorkTreeUpdate&&) noexcept = default;
WorkTreeUpdate& WorkTreeUpdate::operator=(WorkTreeUpdate&&) noexcept = default;
WorkTreeUpdate::~WorkTreeUpdate() = default;

Result<PrivateFile> WorkTreeUpdate::Private::stage(const WorkTreeEdit& edit, const Found& found)
{
    const bool executable = edit.next->mode == 0100755;
    // Where the git directory is on another disk, a rename from it would fail: stage at the root of the work tree then.
    struct stat here{};
    struct stat there{};
    auto folder = place.commonDirectory;
    std::string prefix = place.owner;
    if (::stat(place.commonDirectory.c_str(), &here) == 0 && ::fstat(root.get(), &there) == 0 && here.st_dev != there.st_dev) {
        folder = place.root;
        if (list.empty()) {
            list = stagedList(place.commonDirectory, place.owner);
            TR_TRY(files::removeFile(list));
            TR_TRY(files::writeNew(list, place.root.string()));
        }
    }
    TR_ASSIGN(auto staged, PrivateFile::make(folder, prefix, edit.next->bytes, executable ? 0777 : 0666));
    if (found.kind == Found::Kind::File) {
        mode_t mode = found.status.st_mode & 0777;
        if (executable)
            mode |= (mode & 0444) >> 2;
        else if (place.trustExecutableBit)
            mode &= ~static_cast<mode_t>(0111);
        if (::chmod(staged.path().c_str(), mode) != 0)
            return std::unexpected(errorFromErrno(errno, staged.path().string(), "setting the mode"));
    }
    return staged;
}

Status WorkTreeUpdate::Private::planFile(const WorkTreeEdit& edit, Strictness strictness, bool sparse)
{
    const auto [folder, name] = split(edit.path);
    auto opened = openFolder(root.get(), folder, false, place.root);
    if (!opened && strictness == Strictness::WhatIsClean) {
        notices.push_back(edit.path + ": left as it is, a link or file is in the way");
        return {};
    }
    if (!opened) return std::unexpected(opened.error());
    PlannedFile file{edit, {}, {}};
    if (opened->valid()) {
        TR_ASSIGN(file.found, look(opened->get(), name, edit.path));
    }
    if (sparse && file.found.kind == Found::Kind::Nothing) return {};
    if (!isExactly(file.found, edit.oldId, edit.oldMode, place.trustExecutableBit)) {
        const bool done = isExactly(file.found, edit.newId, edit.next ? edit.next->mode : 0, place.trustExecutableBit);
        if (strictness == Strictness::WhatIsClean) {
            if (!done) notices.push_back(edit.path + ": left as it is, for it holds changes of its own");
            return {};
        }
        if (edit.oldId.empty()) return dirty(edit.path, "a file that is not under version control is in the way");
        if (file.found.kind == Found::Kind::Nothing) return dirty(edit.path, "the file is missing in the work tree");
        return dirty(edit.path, "the file in the work tree differs from the live version");
    }
    if (edit.next) {
        TR_ASSIGN(file.staged, stage(edit, file.found));
    }
    files.push_back(std::move(file));
    return {};
}

Status WorkTreeUpdate::Private::checkIndexEntry(const WorkTreeEdit& edit, const GitIndex& index, bool* replace,
                                                Strictness strictness)
{
    const IndexEntry* entry = index.find(edit.path);
    const bool isOld =
        entry ? entry->id == edit.oldId && entry->mode() == edit.oldMode && !entry->intentToAdd() : edit.oldId.empty();
    const bool isNew = entry ? entry->id == edit.newId && edit.next && entry->mode() == edit.next->mode : edit.newId.empty();
    const bool conflicted = index.conflicted(edit.path);
    *replace = isOld && !conflicted;
    if (*replace || (strictness == Strictness::WhatIsClean && isNew)) return {};
    if (strictness == Strictness::WhatIsClean) {
        notices.push_back(edit.path + ": left as it is in git's index, for something else is staged there");
        return {};
    }
    if (conflicted) return dirty(edit.path, "a merge conflict is open in git's index");
    return dirty(edit.path, "git's index has something else staged for this file");
}

Status WorkTreeUpdate::Private::planIndex(const std::vector<WorkTreeEdit>& edits, Strictness strictness, GitIndex& index)
{
    for (const auto& edit : edits) {
        bool replace = false;
        TR_TRY(checkIndexEntry(edit, index, &replace, strictness));
        const IndexEntry* old = index.find(edit.path);
        const bool sparse = old && old->skipWorkTree();
        const auto extended = old ? old->extended : std::uint16_t{0};
        TR_TRY(planFile(edit, strictness, sparse));
        if (!replace) continue;
        if (!edit.next) {
            index.remove(edit.path);
            continue;
        }
        IndexEntry entry;
        struct stat status{};
        if (!files.empty() && files.back().edit.path == edit.path && ::lstat(files.back().staged.path().c_str(), &status) == 0)
            entry.setStat(status, edit.next->mode);
        entry.stat[6] = edit.next->mode;
        entry.id = edit.newId;
        entry.extended = static_cast<std::uint16_t>(extended & 0x4000);
        entry.path = edit.path;
        if (index.hasBelow(edit.path)) return dirty(edit.path, "git's index has a folder under the name of this file");
        index.put(std::move(entry));
    }
    return {};
}

Result<WorkTreeUpdate> WorkTreeUpdate::prepare(const WorkTreePlace& place, const std::vector<WorkTreeEdit>& edits,
                                               Strictness strictness)
{
    WorkTreeUpdate update;
    update.d = std::make_unique<Private>();
    auto& d = *update.d;
    d.place = place;
    d.root = files::Fd(::open(place.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!d.root.valid()) return std::unexpected(errorFromErrno(errno, place.root.string(), "opening the work tree"));
    if (place.gitDirectory.empty()) {
        for (const auto& edit : edits) TR_TRY(d.planFile(edit, strictness, false));
        return update;
    }
    const auto path = place.gitDirectory / "index";
    // Held while we look, so that no git program changes the index meanwhile.
    auto lockPath = path;
    lockPath += ".lock";
    TR_ASSIGN(auto guard, PreparedFile::make(place.commonDirectory, place.owner, path, {}));
    GitIndex index;
    auto bytes = readFile(path, kMaxFileBytes, false);
    if (bytes) {
        TR_ASSIGN(index, GitIndex::parse(*bytes, path.string()));
    } else if (bytes.error().code != ErrorCode::NotFound && bytes.error().code != ErrorCode::Empty)
        return std::unexpected(bytes.error());
    TR_TRY(d.planIndex(edits, strictness, index));
    const auto fresh = index.write();
    if (bytes && fresh == *bytes) return update;
    TR_TRY(guard.fill(fresh));
    d.index = std::move(guard);
    return update;
}

Status WorkTreeUpdate::Private::applyFile(PlannedFile& file)
{
    const auto [folder, name] = split(file.edit.path);
    TR_ASSIGN(const auto parent, openFolder(root.get(), folder, file.edit.next.has_value(), place.root));
    if (!parent.valid()) return {};
    struct stat now{};
    const bool there = ::fstatat(parent.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
    const bool wasThere = file.found.kind != Found::Kind::Nothing;
    if (there != wasThere || (there && !sameStat(now, file.found.status)))
        return fail(ErrorCode::DirtyWorkTree, file.edit.path, "left as it is, for it was changed in this very moment");
    if (file.edit.next) {
        if (::renameat(AT_FDCWD, file.staged.path().c_str(), parent.get(), name.c_str()) != 0)
            return std::unexpected(errorFromErrno(errno, file.edit.path, "writing the file"));
        file.staged.forget();
        (void)::fsync(parent.get());
        return {};
    }
    if (::unlinkat(parent.get(), name.c_str(), 0) != 0)
        return std::unexpected(errorFromErrno(errno, file.edit.path, "removing the file"));
    (void)::fsync(parent.get());
    for (std::string empty = folder; !empty.empty(); empty = split(empty).first)
        if (::unlinkat(root.get(), empty.c_str(), AT_REMOVEDIR) != 0) break;
    return {};
}

std::vector<std::string> WorkTreeUpdate::apply()
{
    if (!d) return {};
    for (auto& file : d->files)
        if (const auto status = d->applyFile(file); !status)
            d->notices.push_back(status.error().where + ": " + status.error().detail);
    if (d->index)
        if (const auto status = d->index->commit(); !status)
            d->notices.push_back(status.error().where + ": " + status.error().detail);
    d->index.reset();
    return std::exchange(d->notices, {});
}

Status sweepStaged(const std::filesystem::path& commonDirectory, const std::string& owner)
{
    const auto list = stagedList(commonDirectory, owner);
    const auto root = readFile(list, 4096, false);
    if (!root) return {};
    const std::string prefix = "tackroom-" + owner + "-";
    TR_ASSIGN(const auto names, files::namesIn(*root));
    for (const auto& name : names)
        if (name.starts_with(prefix)) TR_TRY(files::removeFile(std::filesystem::path(*root) / name));
    return files::removeFile(list);
}

} // namespace tackroom
