// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A zip file as a list of entries that can be read one by one, in any order, wherever they lie. The table at its end is read
/// where there is one; without it (a log that was cut off while it was written, or stretches of one) the entries are found by
/// their own headers. libarchive unpacks (stored, deflate, zstd …) into memory; no path is ever written. Everything is bounded.
#include "core/readers/fileformat.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tackroom
{

inline constexpr std::size_t kMaxZipEntries = 1'000'000;
inline constexpr std::uint64_t kMaxZipTableBytes = std::uint64_t{256} << 20;

struct ZipEntry {
    std::string name;
    std::uint16_t method = 0; ///< 0 stored, 8 deflate, 93 zstd
    std::uint16_t flags = 0;
    std::uint32_t crc = 0;
    std::uint64_t packedBytes = 0;
    std::uint64_t bytes = 0;  ///< unpacked; 0 where it is not known
    std::uint64_t offset = 0; ///< of its own header in the file
    bool sizesKnown = true;
};

struct ZipList {
    std::vector<ZipEntry> entries; ///< in the order of the table, else of the file; of one name only the last
    bool hasTable = false;         ///< whether the table at the end was there and good
};

/// Damaged where no entry can be found; Refused for a table beyond the limits; Io.
[[nodiscard]] Result<ZipList> listZip(const InputFile& file);
/// The entry's bytes. Refused above `maxBytes` or where it is encrypted; Damaged where it cannot be unpacked or its check sum
/// is wrong.
[[nodiscard]] Result<std::string> readZipEntry(const InputFile& file, const ZipEntry& entry, std::uint64_t maxBytes);
/// The stretch of the file that is enough to find and read the entry without the table; nothing where there is none such.
[[nodiscard]] Result<std::optional<FileRange>> zipEntryRange(const InputFile& file, const ZipEntry& entry);

} // namespace tackroom
