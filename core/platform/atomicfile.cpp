// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/atomicfile.h"

#include "core/base/format.h"
#include "core/platform/uniquefd.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

std::unexpected<Error> failure(int errnoValue, const std::string& where, std::string_view doing)
{
    return std::unexpected(errorFromErrno(errnoValue, where, doing));
}

std::string temporaryName()
{
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
        // Only its uniqueness matters; O_EXCL keeps it safe.
        static std::uint64_t next = 0;
        number = (static_cast<std::uint64_t>(::getpid()) << 32) + ++next;
    }
    return formatText(".tackroom-{:016x}.tmp", number);
}

Status writeAll(int fd, std::string_view bytes, const std::string& where)
{
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return failure(errno, where, "cannot write the file");
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
}

Status fillAndSync(UniqueFd& file, std::string_view bytes, const std::string& where)
{
    TR_TRY(writeAll(file.get(), bytes, where));
    if (::fsync(file.get()) != 0) return failure(errno, where, "cannot bring the file to the disk");
    // Some file systems tell of a full disk only here.
    if (::close(file.release()) != 0) return failure(errno, where, "cannot close the file");
    return {};
}

} // namespace

Status writeFileAtomicallyAt(int folderFd, const std::string& name, std::string_view bytes, unsigned mode,
                             const std::string& where)
{
    std::string temporary;
    UniqueFd file;
    for (int attempt = 0; attempt < 16 && !file; ++attempt) {
        temporary = temporaryName();
        file.reset(::openat(folderFd, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0777u));
        if (!file && errno != EEXIST) return failure(errno, where, "cannot write in this folder");
    }
    if (!file) return failure(EEXIST, where, "cannot make a temporary file");
    Status done = fillAndSync(file, bytes, where);
    if (done && ::renameat(folderFd, temporary.c_str(), folderFd, name.c_str()) != 0)
        done = failure(errno, where, "cannot put the new file in place");
    if (!done) {
        // The first error is the one to tell; a temporary file that cannot be removed has a name that says what it is.
        ::unlinkat(folderFd, temporary.c_str(), 0);
        return done;
    }
    if (::fsync(folderFd) != 0) return failure(errno, where, "cannot bring the folder to the disk");
    return {};
}

Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes, unsigned mode)
{
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const UniqueFd folderFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folderFd) return failure(errno, folder.string(), "cannot open the folder");
    return writeFileAtomicallyAt(folderFd.get(), path.filename().string(), bytes, mode, path.string());
}

Status syncDirectory(const std::filesystem::path& path)
{
    const UniqueFd folderFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folderFd) return failure(errno, path.string(), "cannot open the folder");
    if (::fsync(folderFd.get()) != 0) return failure(errno, path.string(), "cannot bring the folder to the disk");
    return {};
}

} // namespace tackroom
