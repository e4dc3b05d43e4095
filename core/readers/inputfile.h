// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace tackroom
{

/// The largest size of what a compressed file unpacks to; it is held in memory.
inline constexpr std::uint64_t kMaxUnpackedBytes = std::uint64_t{512} << 20;

/// A regular file that is read in pieces. Opened so that a FIFO or device never blocks. A file that is compressed as a whole
/// (zstd, gzip, xz, bzip2; told by its first bytes) is unpacked into memory: size and offsets are those of the text within.
class InputFile
{
public:
    /// NotFound, NotAFile (directory, FIFO, socket, device), NotReadable, Empty, Io; of a compressed one also Damaged, Refused.
    [[nodiscard]] static Result<InputFile> open(const std::filesystem::path& path);
    /// Bytes that stand for a file, or a part of one.
    [[nodiscard]] static InputFile ofBytes(std::filesystem::path path, std::string bytes);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&&) = delete;
    ~InputFile();

    [[nodiscard]] std::uint64_t sizeBytes() const { return m_sizeBytes; }
    /// Of the file itself, as it was when it was opened.
    struct Stamp {
        std::uint64_t sizeBytes = 0; ///< on disk
        std::int64_t mtimeNs = 0;
        std::uint64_t inode = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] const Stamp& stamp() const { return m_stamp; }
    [[nodiscard]] std::int64_t mtimeNs() const { return m_stamp.mtimeNs; }
    [[nodiscard]] bool isUnpacked() const { return m_bytes != nullptr; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    /// At most `count` bytes from `offset`; fewer at the end of the file.
    [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t count) const;
    /// The same into memory that is there; answers how many. Several threads may read at once.
    [[nodiscard]] Result<std::size_t> readInto(std::uint64_t offset, char* to, std::size_t count) const;
    /// From now on the file ends there, if it was longer: what is behind is half-written.
    void endAt(std::uint64_t bytes);

private:
    InputFile(int fd, std::filesystem::path path) : m_fd(fd), m_path(std::move(path)) {}
    [[nodiscard]] Status unpack();
    int m_fd = -1;
    std::filesystem::path m_path;
    std::uint64_t m_sizeBytes = 0;
    Stamp m_stamp;
    std::unique_ptr<std::string> m_bytes;
};

} // namespace tackroom
