// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"

#include "core/base/format.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

class OpenFile
{
public:
    explicit OpenFile(int fd) : m_fd(fd) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile()
    {
        if (m_fd >= 0) ::close(m_fd);
    }
    [[nodiscard]] int fd() const { return m_fd; }

private:
    int m_fd;
};

std::unexpected<Error> openError(int errnoValue, const std::filesystem::path& path)
{
    if (errnoValue == ENXIO) return fail(ErrorCode::NotAFile, path.string(), "this is a socket or device, not a regular file");
    if (errnoValue == ELOOP)
        return fail(ErrorCode::NotAFile, path.string(), "this is a symbolic link, which is not followed here");
    return std::unexpected(errorFromErrno(errnoValue, path.string(), "cannot open the file"));
}

std::unexpected<Error> tooLarge(const std::filesystem::path& path, std::size_t maxBytes)
{
    return fail(ErrorCode::Refused, path.string(), formatText("the file is larger than {} bytes, the limit here", maxBytes));
}

} // namespace

Result<std::string> readFile(const std::filesystem::path& path, std::size_t maxBytes, bool followLinks)
{
    const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followLinks ? 0 : O_NOFOLLOW)));
    if (file.fd() < 0) return openError(errno, path);
    struct stat info{};
    if (::fstat(file.fd(), &info) != 0) return std::unexpected(errorFromErrno(errno, path.string(), "cannot look at the file"));
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::NotAFile, path.string(),
                    S_ISDIR(info.st_mode) ? "this is a directory, not a regular file" : "this is not a regular file");
    if (static_cast<std::uint64_t>(info.st_size) > maxBytes) return tooLarge(path, maxBytes);

    // The size is only a first guess: files in /proc say 0, and a file may grow while it is read.
    std::string bytes;
    std::size_t room = std::min(static_cast<std::size_t>(info.st_size), maxBytes) + 1;
    std::size_t used = 0;
    for (;;) {
        if (bytes.size() < used + room) bytes.resize(used + room);
        const ssize_t got = ::read(file.fd(), bytes.data() + used, bytes.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errorFromErrno(errno, path.string(), "cannot read the file"));
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
        if (used > maxBytes) return tooLarge(path, maxBytes);
        room = std::max<std::size_t>(1, std::min<std::size_t>(65'536, maxBytes - used + 1));
    }
    bytes.resize(used);
    return bytes;
}

} // namespace tackroom
