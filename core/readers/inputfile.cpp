// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/inputfile.h"

#include "core/base/format.h"
#include "core/readers/archivepointer.h"

#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tackroom
{

namespace
{

constexpr std::size_t kUnpackChunkBytes = std::size_t{256} << 10;

bool looksCompressed(std::string_view beginning)
{
    return beginning.starts_with("\x28\xB5\x2F\xFD") || beginning.starts_with("\x1F\x8B\x08") ||
           beginning.starts_with(std::string_view("\xFD"
                                                  "7zXZ\0",
                                                  6)) ||
           (beginning.starts_with("BZh") && beginning.size() > 9 && beginning.substr(4, 6) == "1AY&SY");
}

std::string archiveWords(archive* a)
{
    const char* words = archive_error_string(a);
    return words ? words : "it ends too early";
}

Result<std::size_t> readAt(int fd, std::uint64_t offset, char* to, std::size_t count, const std::filesystem::path& path)
{
    std::size_t have = 0;
    while (have < count) {
        const ssize_t got = ::pread(fd, to + have, count - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errorFromErrno(errno, path.string(), "cannot read the file"));
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    return have;
}

Result<std::string> readExactly(int fd, std::uint64_t offset, std::size_t count, const std::filesystem::path& path)
{
    std::string bytes;
    Status failure;
    bytes.resize_and_overwrite(count, [&](char* data, std::size_t size) {
        const auto read = readAt(fd, offset, data, size, path);
        if (!read) failure = std::unexpected(read.error());
        return read.value_or(0);
    });
    if (!failure) return std::unexpected(failure.error());
    return bytes;
}

} // namespace

Result<InputFile> InputFile::open(const std::filesystem::path& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        if (errno == ENXIO)
            return fail(ErrorCode::NotAFile, path.string(), "this is a socket or a device without a reader, not a file");
        return std::unexpected(errorFromErrno(errno, path.string(), "cannot open the file"));
    }
    InputFile file(fd, path);
    struct stat st{};
    if (::fstat(fd, &st) != 0) return std::unexpected(errorFromErrno(errno, path.string(), "cannot look at the file"));
    if (S_ISDIR(st.st_mode)) return fail(ErrorCode::NotAFile, path.string(), "this is a directory, not a file");
    if (S_ISFIFO(st.st_mode)) return fail(ErrorCode::NotAFile, path.string(), "this is a FIFO (a named pipe), not a file");
    if (!S_ISREG(st.st_mode)) return fail(ErrorCode::NotAFile, path.string(), "this is not a regular file");
    if (st.st_size == 0) return fail(ErrorCode::Empty, path.string(), "the file is empty");
    file.m_stamp = {.sizeBytes = static_cast<std::uint64_t>(st.st_size),
                    .mtimeNs = std::int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec,
                    .inode = st.st_ino};
    file.m_sizeBytes = file.m_stamp.sizeBytes;
    TR_ASSIGN(const std::string beginning, readExactly(fd, 0, 16, path));
    if (looksCompressed(beginning)) TR_TRY(file.unpack());
    return file;
}

InputFile InputFile::ofBytes(std::filesystem::path path, std::string bytes)
{
    InputFile file(-1, std::move(path));
    file.m_sizeBytes = bytes.size();
    file.m_stamp.sizeBytes = bytes.size();
    file.m_bytes = std::make_unique<std::string>(std::move(bytes));
    return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1)),
      m_path(std::move(other.m_path)),
      m_sizeBytes(other.m_sizeBytes),
      m_stamp(other.m_stamp),
      m_bytes(std::move(other.m_bytes))
{
}

InputFile::~InputFile()
{
    if (m_fd >= 0) ::close(m_fd);
}

Status InputFile::unpack()
{
    const ArchivePointer reader(archive_read_new());
    if (!reader) return fail(ErrorCode::Refused, m_path.string(), "there is not enough memory to unpack the file");
    archive_read_support_filter_zstd(reader.get());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_xz(reader.get());
    archive_read_support_filter_bzip2(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_entry* entry = nullptr;
    // By descriptor: what was looked at is what is read. The archive reads from its offset and does not close it.
    if (::lseek(m_fd, 0, SEEK_SET) != 0 || archive_read_open_fd(reader.get(), m_fd, kUnpackChunkBytes) != ARCHIVE_OK ||
        archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
        return fail(ErrorCode::Damaged, m_path.string(),
                    "the compressed file cannot be unpacked: " + archiveWords(reader.get()));
    auto bytes = std::make_unique<std::string>();
    std::string chunk(kUnpackChunkBytes, '\0');
    for (;;) {
        const la_ssize_t got = archive_read_data(reader.get(), chunk.data(), chunk.size());
        if (got == 0) break;
        if (got < 0) {
            // A log that is being written, or cut off: what came out so far is good.
            if (!bytes->empty()) break;
            return fail(ErrorCode::Damaged, m_path.string(),
                        "the compressed file cannot be unpacked: " + archiveWords(reader.get()));
        }
        if (bytes->size() + static_cast<std::size_t>(got) > kMaxUnpackedBytes)
            return fail(ErrorCode::Refused, m_path.string(),
                        formatText("the compressed file holds more than {} MiB", kMaxUnpackedBytes >> 20),
                        "unpack it to a file and open that");
        bytes->append(chunk.data(), static_cast<std::size_t>(got));
    }
    if (bytes->empty()) return fail(ErrorCode::Empty, m_path.string(), "the compressed file is empty");
    m_sizeBytes = bytes->size();
    m_bytes = std::move(bytes);
    return {};
}

Result<std::string> InputFile::read(std::uint64_t offset, std::size_t count) const
{
    if (offset >= m_sizeBytes) return std::string();
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, m_sizeBytes - offset));
    if (!m_bytes) return readExactly(m_fd, offset, count, m_path);
    return m_bytes->substr(static_cast<std::size_t>(offset), count);
}

Result<std::size_t> InputFile::readInto(std::uint64_t offset, char* to, std::size_t count) const
{
    if (offset >= m_sizeBytes) return std::size_t{0};
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, m_sizeBytes - offset));
    if (!m_bytes) return readAt(m_fd, offset, to, count, m_path);
    std::memcpy(to, m_bytes->data() + offset, count);
    return count;
}

void InputFile::endAt(std::uint64_t bytes) { m_sizeBytes = std::min(m_sizeBytes, bytes); }

} // namespace tackroom
