// SPDX-License-Identifier: GPL-3.0-or-later
// What a file is, by its content. Names and suffixes say nothing.
#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/readers/databases.h"
#include "core/readers/filelist.h"
#include "core/readers/filesreader.h"
#include "core/readers/formats.h"
#include "core/readers/jsonelements.h"
#include "core/readers/readers.h"

#include <sys/stat.h>

namespace tackroom
{

namespace
{

constexpr std::string_view kSqliteMagic{"SQLite format 3\0", 16};
constexpr std::size_t kLookBytes = std::size_t{64} << 10;
constexpr std::string_view kHint = "`tackroom-cli stores` and the help's page on opening a store list the formats that are read";

} // namespace

Result<std::unique_ptr<StoreReader>> openStore(const std::filesystem::path& path, const CancelToken& cancel)
{
    std::error_code ignored;
    if (isGlob(path) || std::filesystem::is_directory(path, ignored)) return FilesReader::open(path, cancel);
    std::string beginning;
    {
        TR_ASSIGN(InputFile file, InputFile::open(path));
        TR_ASSIGN(beginning, file.read(0, kLookBytes));
        // Closed before SQLite opens it: closing it later would drop SQLite's locks.
    }
    if (beginning.starts_with(kSqliteMagic)) {
        auto reader = openDatabaseStore(path, cancel);
        if (!reader && reader.error().hint.empty()) reader.error().hint = kHint;
        return reader;
    }
    auto reader = FilesReader::open(path, cancel);
    if (!reader && reader.error().code == ErrorCode::UnknownFormat) reader.error().hint = kHint;
    return reader;
}

Result<std::filesystem::path> canonicalStore(const std::filesystem::path& path)
{
    std::error_code error;
    const bool glob = isGlob(path);
    const GlobParts parts = glob ? splitGlob(path) : GlobParts{path, {}};
    auto canonical = std::filesystem::canonical(parts.root, error);
    if (error) return fail(ErrorCode::NotFound, path.string(), "the file is no longer there");
    return glob ? canonical / parts.pattern : canonical;
}

std::string storeStamp(const std::filesystem::path& path)
{
    std::error_code error;
    std::string text;
    const auto add = [&](const std::filesystem::path& file) {
        struct stat st{};
        if (::stat(file.c_str(), &st) == 0)
            text += formatText("{}:{}.{}:{}\n", st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ino);
    };
    if (!isGlob(path) && !std::filesystem::is_directory(path, error)) {
        for (const char* suffix : {"", "-wal", "-journal"}) add(path.string() + suffix);
        return text;
    }
    const auto parts = isGlob(path) ? splitGlob(path) : GlobParts{path, {}};
    const auto files = listFiles(parts.root, parts.pattern, {});
    if (!files) return {};
    for (const ListedFile& file : *files)
        text += formatText("{}:{}:{}:{}\n", file.name, file.stamp.sizeBytes, file.stamp.mtimeNs, file.stamp.inode);
    return xxh128Hex(text);
}

std::vector<FormatInfo> knownFormats()
{
    std::vector<FormatInfo> formats = databaseFormats();
    for (const FileFormat* format : fileFormats()) formats.push_back(format->info());
    return formats;
}

} // namespace tackroom
