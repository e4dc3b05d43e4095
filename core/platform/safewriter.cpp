// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/safewriter.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/platform/atomicfile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <span>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

/// Characters that HFS+ drops from names.
bool isIgnoredInNames(char32_t c)
{
    return (c >= 0x200C && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x206A && c <= 0x206F) || c == 0xFEFF;
}

bool isGitFolder(std::string_view component)
{
    std::string name;
    for (std::size_t at = 0; at < component.size();) {
        const char32_t c = nextCodePoint(component, &at);
        if (!isIgnoredInNames(c)) appendUtf8(name, c);
    }
    name = asciiLower(name);
    // NTFS: a stream's name after a colon, and dots and spaces at the end, do not count.
    name.resize(std::min(name.find(':'), name.size()));
    while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
    return name == ".git" || (name.size() == 5 && name.starts_with("git~") && name[4] >= '0' && name[4] <= '9');
}

std::unexpected<Error> refused(std::string_view relative, std::string why)
{
    return fail(ErrorCode::Refused, std::string(relative), std::move(why));
}

/// The error of an open beneath the root, in words about links where the kernel says ELOOP.
std::unexpected<Error> openFailure(int errnoValue, std::string_view relative, std::string_view doing)
{
    if (errnoValue == ELOOP) return refused(relative, "a symbolic link stands in this path, and links are not followed here");
    if (errnoValue == EXDEV) return refused(relative, "this path leaves the folder");
    if (errnoValue == ENOTDIR)
        return fail(ErrorCode::NotAFile, std::string(relative), "a file stands where a folder is needed");
    if (errnoValue == ENXIO) return fail(ErrorCode::NotAFile, std::string(relative), "this is not a regular file");
    return std::unexpected(errorFromErrno(errnoValue, std::string(relative), doing));
}

/// One component, without following a link. errno is set on failure.
int openChild(int folderFd, const std::string& name, int flags)
{
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    for (int attempt = 0;; ++attempt) {
        const long fd = ::syscall(SYS_openat2, folderFd, name.c_str(), &how, sizeof how);
        if (fd >= 0) return static_cast<int>(fd);
        // EAGAIN: something was renamed meanwhile and the kernel could not be sure.
        if (errno == EINTR || (errno == EAGAIN && attempt < 100)) continue;
        break;
    }
    // An older kernel or a filter: for a single component that is no `..`, O_NOFOLLOW says the same.
    if (errno == ENOSYS || errno == EPERM) return ::openat(folderFd, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    return -1;
}

struct Place {
    UniqueFd folder; ///< can be read and synced
    std::string name;
};

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY;

/// What a link in place of a folder gives: ELOOP from openat2, ENOTDIR from openat with O_DIRECTORY.
int folderError(int folderFd, const std::string& name, int errnoValue)
{
    struct stat info{};
    const bool isLink =
        errnoValue == ENOTDIR && ::fstatat(folderFd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
    return isLink ? ELOOP : errnoValue;
}

Result<UniqueFd> duplicate(int fd, std::string_view relative)
{
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot open the folder"));
    return copy;
}

Result<UniqueFd> openFolder(int rootFd, std::span<const std::string_view> components, std::string_view relative)
{
    TR_ASSIGN(UniqueFd folder, duplicate(rootFd, relative));
    for (const auto component : components) {
        const std::string name(component);
        UniqueFd next(openChild(folder.get(), name, kFolderFlags));
        if (!next) return openFailure(folderError(folder.get(), name, errno), relative, "cannot open the folder");
        folder = std::move(next);
    }
    return folder;
}

Result<Place> parentOf(int rootFd, std::string_view relative)
{
    TR_TRY(checkRelativePath(relative));
    const auto parts = splitOn(relative, '/');
    TR_ASSIGN(UniqueFd folder, openFolder(rootFd, std::span(parts).first(parts.size() - 1), relative));
    return Place{std::move(folder), std::string(parts.back())};
}

/// Makes the missing parents of a path, and takes its own away again unless they are kept.
class ParentMaker
{
public:
    ParentMaker() = default;
    ParentMaker(const ParentMaker&) = delete;
    ParentMaker& operator=(const ParentMaker&) = delete;
    ~ParentMaker()
    {
        for (auto it = m_made.rbegin(); it != m_made.rend(); ++it) ::unlinkat(it->folder.get(), it->name.c_str(), AT_REMOVEDIR);
    }

    Result<Place> open(int rootFd, std::string_view relative)
    {
        TR_TRY(checkRelativePath(relative));
        const auto parts = splitOn(relative, '/');
        TR_ASSIGN(UniqueFd folder, duplicate(rootFd, relative));
        for (const auto component : std::span(parts).first(parts.size() - 1)) {
            const std::string name(component);
            UniqueFd next(openChild(folder.get(), name, kFolderFlags));
            if (!next && errno == ENOENT) {
                const bool made = ::mkdirat(folder.get(), name.c_str(), 0777) == 0;
                if (!made && errno != EEXIST)
                    return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot make the folder of this file"));
                next.reset(openChild(folder.get(), name, kFolderFlags));
                const int openErrno = errno;
                if (made) TR_TRY(remember(folder, name, relative));
                errno = openErrno;
            }
            if (!next)
                return openFailure(folderError(folder.get(), name, errno), relative, "cannot open the folder of this file");
            folder = std::move(next);
        }
        return Place{std::move(folder), std::string(parts.back())};
    }

    /// They stay, and are on the disk.
    Status keep(std::string_view relative)
    {
        for (const auto& place : m_made)
            if (::fsync(place.folder.get()) != 0)
                return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot bring the folder to the disk"));
        m_made.clear();
        return {};
    }

private:
    Status remember(const UniqueFd& folder, const std::string& name, std::string_view relative)
    {
        TR_ASSIGN(UniqueFd copy, duplicate(folder.get(), relative));
        m_made.push_back({std::move(copy), name});
        return {};
    }

    std::vector<Place> m_made;
};

SafeFolder::Entry entryOf(std::string name, const struct stat& info)
{
    using Kind = SafeFolder::Kind;
    const Kind kind = S_ISREG(info.st_mode)   ? Kind::File
                      : S_ISDIR(info.st_mode) ? Kind::Folder
                      : S_ISLNK(info.st_mode) ? Kind::Link
                                              : Kind::Other;
    return {std::move(name), kind, static_cast<std::uint64_t>(info.st_size), info.st_mode & 07777u};
}

Result<std::string> readAll(int fd, std::size_t maxBytes, std::string_view relative)
{
    std::string bytes;
    std::array<char, 65'536> buffer;
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot read the file"));
        if (got == 0) return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        if (bytes.size() > maxBytes)
            return refused(relative, formatText("the file is larger than {} bytes, the limit here", maxBytes));
    }
}

} // namespace

Status checkRelativePath(std::string_view relative)
{
    if (relative.empty()) return refused(relative, "an empty path");
    if (relative.front() == '/') return refused(relative, "an absolute path, where one beneath the folder is needed");
    if (relative.find('\0') != std::string_view::npos) return refused(relative, "a path with a NUL in it");
    for (const auto component : splitOn(relative, '/')) {
        if (component.empty()) return refused(relative, "a path with an empty component");
        if (component == "." || component == "..")
            return refused(relative, "a path with the component `" + std::string(component) + "`");
        if (isGitFolder(component)) return refused(relative, "a path into git's own folder");
    }
    return {};
}

Result<SafeFolder> SafeFolder::open(const std::filesystem::path& root)
{
    UniqueFd fd(::open(root.c_str(), kFolderFlags | O_CLOEXEC));
    if (!fd && errno == ENOTDIR) return fail(ErrorCode::NotAFile, root.string(), "this is not a folder");
    if (!fd) return std::unexpected(errorFromErrno(errno, root.string(), "cannot open the folder"));
    return SafeFolder(root, std::move(fd));
}

Result<std::string> SafeFolder::read(std::string_view relative, std::size_t maxBytes) const
{
    TR_ASSIGN(const Place place, parentOf(m_fd.get(), relative));
    const UniqueFd file(openChild(place.folder.get(), place.name, O_RDONLY | O_NONBLOCK));
    if (!file) return openFailure(errno, relative, "cannot open the file");
    struct stat info{};
    if (::fstat(file.get(), &info) != 0)
        return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot look at the file"));
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::NotAFile, std::string(relative), "this is not a regular file");
    return readAll(file.get(), maxBytes, relative);
}

Status SafeFolder::writeAtomically(std::string_view relative, std::string_view bytes, unsigned mode) const
{
    ParentMaker parents;
    TR_ASSIGN(const Place place, parents.open(m_fd.get(), relative));
    struct stat info{};
    // A link would be replaced, not followed, by the rename; but then the file that it names would silently go its own way.
    if (::fstatat(place.folder.get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(info.st_mode)) {
        if (S_ISLNK(info.st_mode)) return refused(relative, "a symbolic link stands in place of this file");
        return fail(ErrorCode::NotAFile, std::string(relative),
                    "something that is not a regular file stands in place of this file");
    }
    TR_TRY(writeFileAtomicallyAt(place.folder.get(), place.name, bytes, mode, std::string(relative)));
    return parents.keep(relative);
}

Status SafeFolder::remove(std::string_view relative, bool emptyParentsToo) const
{
    {
        TR_ASSIGN(const Place place, parentOf(m_fd.get(), relative));
        if (::unlinkat(place.folder.get(), place.name.c_str(), 0) != 0)
            return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot remove the file"));
        if (::fsync(place.folder.get()) != 0)
            return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot bring the folder to the disk"));
    }
    while (emptyParentsToo) {
        const auto slash = relative.rfind('/');
        if (slash == std::string_view::npos) break;
        relative = relative.substr(0, slash);
        TR_ASSIGN(const Place place, parentOf(m_fd.get(), relative));
        if (::unlinkat(place.folder.get(), place.name.c_str(), AT_REMOVEDIR) != 0) {
            if (errno == ENOTEMPTY || errno == EEXIST) break;
            return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot remove the empty folder"));
        }
        if (::fsync(place.folder.get()) != 0)
            return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot bring the folder to the disk"));
    }
    return {};
}

Result<std::optional<SafeFolder::Entry>> SafeFolder::look(std::string_view relative) const
{
    TR_TRY(checkRelativePath(relative));
    auto place = parentOf(m_fd.get(), relative);
    if (!place && place.error().code == ErrorCode::NotFound) return std::nullopt;
    if (!place) return std::unexpected(std::move(place).error());
    struct stat info{};
    if (::fstatat(place->folder.get(), place->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return std::nullopt;
        return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot look at the file"));
    }
    return entryOf(place->name, info);
}

Result<std::vector<SafeFolder::Entry>> SafeFolder::list(std::string_view relative) const
{
    std::vector<std::string_view> parts;
    if (!relative.empty()) {
        TR_TRY(checkRelativePath(relative));
        parts = splitOn(relative, '/');
    }
    TR_ASSIGN(const UniqueFd folder, openFolder(m_fd.get(), parts, relative));
    // A descriptor of its own: reading moves a position that duplicates share.
    const int own = openChild(folder.get(), ".", kFolderFlags);
    const std::string where = relative.empty() ? m_root.string() : std::string(relative);
    if (own < 0) return std::unexpected(errorFromErrno(errno, where, "cannot open the folder"));
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), ::closedir);
    if (!stream) {
        const int failed = errno;
        ::close(own);
        return std::unexpected(errorFromErrno(failed, where, "cannot read the folder"));
    }
    std::vector<Entry> entries;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (!entry && errno != 0) return std::unexpected(errorFromErrno(errno, where, "cannot read the folder"));
        if (!entry) break;
        const std::string name(entry->d_name);
        if (name == "." || name == ".." || isGitFolder(name)) continue;
        struct stat info{};
        if (::fstatat(own, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
            entries.push_back(entryOf(name, info));
        else if (errno != ENOENT) // gone meanwhile
            return std::unexpected(errorFromErrno(errno, where + "/" + name, "cannot look at the file"));
    }
    std::ranges::sort(entries, {}, &Entry::name);
    return entries;
}

Result<std::string> SafeFolder::readLink(std::string_view relative) const
{
    TR_ASSIGN(const Place place, parentOf(m_fd.get(), relative));
    std::string target(4097, '\0');
    const ssize_t got = ::readlinkat(place.folder.get(), place.name.c_str(), target.data(), target.size());
    if (got < 0) return std::unexpected(errorFromErrno(errno, std::string(relative), "cannot read the link"));
    target.resize(static_cast<std::size_t>(got));
    return target;
}

} // namespace tackroom
