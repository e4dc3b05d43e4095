// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/refs.h"

#include "core/harness/files.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

std::filesystem::path lockOf(const std::filesystem::path& target)
{
    auto lock = target;
    lock += ".lock";
    return lock;
}

/// A symbolic link stands between `base` and `base / relative`: whoever put it there would lead our writing elsewhere.
bool leadsThroughLink(std::filesystem::path base, const std::filesystem::path& relative)
{
    for (const auto& part : relative.parent_path()) {
        base /= part;
        struct stat status{};
        if (::lstat(base.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) return true;
    }
    return false;
}

/// A reflog is the user's convenience and no part of a landing: it is appended to where it is kept, in one write.
void appendReflog(const std::filesystem::path& log, const std::string& line)
{
    const files::Fd fd(::open(log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status{};
    if (fd.valid() && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode)) (void)files::writeAll(fd.get(), line, log);
}

} // namespace

Result<PrivateFile> PrivateFile::make(const std::filesystem::path& commonDirectory, const std::string& owner,
                                      std::string_view bytes, unsigned mode)
{
    static std::atomic<std::uint64_t> counter{0};
    PrivateFile file;
    const auto path =
        commonDirectory / ("tackroom-" + owner + "-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    TR_TRY(files::removeFile(path));
    TR_TRY(files::writeNew(path, bytes, mode));
    file.m_path = path;
    return file;
}

PrivateFile& PrivateFile::operator=(PrivateFile&& other) noexcept
{
    if (this != &other) {
        if (!m_path.empty()) (void)files::removeFile(m_path);
        m_path = std::move(other.m_path);
        other.m_path.clear();
    }
    return *this;
}

PrivateFile::~PrivateFile()
{
    if (!m_path.empty()) (void)files::removeFile(m_path);
}

Result<PreparedFile> PreparedFile::make(const std::filesystem::path& commonDirectory, const std::string& owner,
                                        const std::filesystem::path& target, std::string_view bytes)
{
    PreparedFile prepared;
    TR_ASSIGN(prepared.m_private, PrivateFile::make(commonDirectory, owner, bytes));
    TR_TRY(files::link(prepared.m_private.path(), lockOf(target)));
    prepared.m_target = target;
    prepared.m_lock = lockOf(target);
    return prepared;
}

PreparedFile::PreparedFile(PreparedFile&& other) noexcept
    : m_private(std::move(other.m_private)), m_target(std::move(other.m_target)), m_lock(std::move(other.m_lock))
{
    other.m_lock.clear();
}

PreparedFile& PreparedFile::operator=(PreparedFile&& other) noexcept
{
    if (this != &other) {
        drop();
        m_private = std::move(other.m_private);
        m_target = std::move(other.m_target);
        m_lock = std::move(other.m_lock);
        other.m_lock.clear();
    }
    return *this;
}

PreparedFile::~PreparedFile() { drop(); }

void PreparedFile::drop()
{
    // The lock first: as long as the private file is there, the lock can be proved ours.
    if (!m_lock.empty()) (void)files::removeFile(m_lock);
    m_lock.clear();
}

Status PreparedFile::fill(std::string_view bytes)
{
    const files::Fd fd(::open(m_private.path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid()) return std::unexpected(errorFromErrno(errno, m_private.path().string(), "opening"));
    TR_TRY(files::writeAll(fd.get(), bytes, m_private.path()));
    if (::fsync(fd.get()) != 0) return std::unexpected(errorFromErrno(errno, m_private.path().string(), "writing to the disk"));
    return {};
}

Status PreparedFile::commit()
{
    if (m_lock.empty()) return fail(ErrorCode::Internal, m_target.string(), "a file that was not prepared");
    TR_TRY(files::rename(m_lock, m_target));
    m_lock.clear();
    m_moved = true;
    TR_TRY(files::syncFolder(m_target.parent_path()));
    m_private = PrivateFile();
    return {};
}

Result<PreparedRef> PreparedRef::make(const std::filesystem::path& gitDirectory, const std::string& owner,
                                      const std::string& name, const std::optional<std::string>& expected,
                                      const std::string& newId)
{
    if (!name.starts_with("refs/") || !isObjectId(newId)) return fail(ErrorCode::Internal, name, "not the name of a ref");
    PreparedRef prepared;
    TR_ASSIGN(const auto before, GitStore::open(gitDirectory));
    prepared.m_gitDirectory = before.gitDirectory();
    prepared.m_commonDirectory = before.commonDirectory();
    prepared.m_name = name;
    prepared.m_owner = owner;
    const auto target = prepared.m_commonDirectory / name;
    if (leadsThroughLink(prepared.m_commonDirectory, name))
        return fail(ErrorCode::Refused, target.string(), "a symbolic link stands in the way of this ref");
    TR_TRY(files::makeFolders(target.parent_path()));
    TR_ASSIGN(prepared.m_file, PreparedFile::make(prepared.m_commonDirectory, owner, target, newId + '\n'));
    // Looked at again by fresh eyes now that nobody else can move it.
    TR_ASSIGN(const auto store, GitStore::open(gitDirectory));
    TR_ASSIGN(const auto symbolic, store.symbolicTarget(name));
    if (symbolic) return fail(ErrorCode::Refused, name, "this ref is a symbolic one");
    TR_ASSIGN(const auto current, store.ref(name));
    if (current != expected)
        return fail(ErrorCode::Conflict, name,
                    current ? "it was moved meanwhile, to " + current->substr(0, 12) : "it was removed meanwhile",
                    "look at it again and decide anew");
    struct stat status{};
    if (::lstat(target.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode))
            TR_TRY(files::removeEmptyFolder(target));
        else if (!S_ISREG(status.st_mode))
            return fail(ErrorCode::Refused, target.string(), "this ref is no regular file");
    }
    return prepared;
}

void PreparedRef::setReflog(const std::string& oldId, const std::string& newId, std::string line, bool alsoHead)
{
    m_reflog = oldId + ' ' + newId + ' ' + std::move(line) + '\n';
    m_alsoHead = alsoHead;
}

Status PreparedRef::commit()
{
    if (!m_reflog.empty()) {
        const auto log = std::filesystem::path("logs") / m_name;
        if (!leadsThroughLink(m_commonDirectory, log)) appendReflog(m_commonDirectory / log, m_reflog);
        if (m_alsoHead && !leadsThroughLink(m_gitDirectory, "logs/HEAD")) appendReflog(m_gitDirectory / "logs/HEAD", m_reflog);
    }
    return m_file.commit();
}

Status PreparedRef::keepOld(const std::string& oldId)
{
    TR_ASSIGN(m_old, PrivateFile::make(m_commonDirectory, m_owner, oldId + '\n'));
    return {};
}

Status PreparedRef::revert()
{
    if (!m_file.moved()) return {};
    const auto target = m_commonDirectory / m_name;
    if (m_old.path().empty()) return fail(ErrorCode::Internal, m_name, "nothing was kept to go back to");
    TR_TRY(files::link(m_old.path(), lockOf(target)));
    if (auto status = files::rename(lockOf(target), target); !status) {
        (void)files::removeFile(lockOf(target));
        return status;
    }
    return files::syncFolder(target.parent_path());
}

Status moveRef(const std::filesystem::path& gitDirectory, const std::string& owner, const std::string& name,
               const std::optional<std::string>& expected, const std::string& newId)
{
    TR_ASSIGN(auto prepared, PreparedRef::make(gitDirectory, owner, name, expected, newId));
    return prepared.commit();
}

Result<int> sweepLocks(const std::filesystem::path& commonDirectory, const std::string& owner)
{
    const std::string prefix = "tackroom-" + owner + "-";
    std::vector<std::pair<std::filesystem::path, files::FileId>> left;
    TR_ASSIGN(const auto names, files::namesIn(commonDirectory));
    for (const auto& name : names) {
        if (!name.starts_with(prefix)) continue;
        TR_ASSIGN(const auto id, files::idOf(commonDirectory / name));
        left.emplace_back(commonDirectory / name, id);
    }
    if (left.empty()) return 0;
    std::vector<std::filesystem::path> locks{commonDirectory / "index.lock"};
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(commonDirectory / "worktrees", error))
        locks.push_back(entry.path() / "index.lock");
    error.clear();
    for (auto it = std::filesystem::recursive_directory_iterator(commonDirectory / "refs", error);
         !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error))
        if (it->path().extension() == ".lock") locks.push_back(it->path());
    if (error) return fail(ErrorCode::Io, (commonDirectory / "refs").string(), "the refs cannot be listed: " + error.message());
    int freed = 0;
    for (const auto& lock : locks) {
        const auto id = files::idOf(lock);
        if (!id) continue;
        for (const auto& [path, ours] : left) {
            if (!id->sameFile(ours)) continue;
            TR_TRY(files::removeFile(lock));
            ++freed;
            break;
        }
    }
    for (const auto& [path, id] : left) TR_TRY(files::removeFile(path));
    return freed;
}

bool isPlainRefName(std::string_view name)
{
    if (name.empty() || name.size() > 200 || name.front() == '/' || name.back() == '/' || name.back() == '.' ||
        name.contains("..") || name.contains("//") || name.contains("/.") || name.front() == '.' || name.front() == '-' ||
        name.ends_with(".lock") || name.contains(".lock/"))
        return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
              c == '/'))
            return false;
    return true;
}

} // namespace tackroom
