// SPDX-License-Identifier: GPL-3.0-or-later
// What a file is, by its content. Names and suffixes say nothing.
#include "core/base/text.h"
#include "core/readers/filelist.h"
#include "core/readers/filesreader.h"
#include "core/readers/formats.h"
#include "core/readers/phoenix.h"
#include "core/readers/readers.h"
#include "core/readers/taubench.h"
#include "core/sql/sql.h"

#include <format>

namespace tackroom
{

namespace
{

constexpr std::string_view kSqliteMagic{"SQLite format 3\0", 16};
constexpr std::size_t kLookBytes = std::size_t{64} << 10;
constexpr std::string_view kHint = "Tackroom reads Arize Phoenix databases (SQLite) and tau-bench results (JSON)";

std::string tableNames(const std::vector<TableInfo>& tables)
{
    constexpr std::size_t kMaxNames = 12;
    if (tables.empty()) return "without any tables";
    std::string text = "with the tables ";
    for (std::size_t i = 0; i < tables.size() && i < kMaxNames; ++i)
        text += std::format("{}{}{}", i ? ", " : "", cutUtf8(toUtf8(tables[i].name), 60), tables[i].isView ? " (a view)" : "");
    if (tables.size() > kMaxNames) text += std::format(" and {} more", tables.size() - kMaxNames);
    return text;
}

Result<std::unique_ptr<StoreReader>> openDatabase(const std::filesystem::path& path, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openForeign(path, cancel));
    TR_ASSIGN(auto found, tables(db));
    TR_ASSIGN(const bool isPhoenix, PhoenixReader::recognise(found, path));
    if (isPhoenix) {
        auto reader = std::make_unique<PhoenixReader>(std::move(db), std::move(found), path);
        TR_TRY(reader->prepare(cancel));
        return reader;
    }
    const auto code = found.empty() ? ErrorCode::Empty : ErrorCode::UnknownFormat;
    return fail(code, path.string(), "this is a SQLite database " + tableNames(found), std::string(kHint));
}

} // namespace

Result<std::unique_ptr<StoreReader>> openStore(const std::filesystem::path& path, const CancelToken& cancel)
{
    std::error_code ignored;
    if (isGlob(path) || std::filesystem::is_directory(path, ignored)) return FilesReader::open(path, cancel);
    std::string beginning;
    {
        TR_ASSIGN(InputFile file, InputFile::open(path));
        TR_ASSIGN(beginning, file.read(0, kLookBytes));
        if (!beginning.starts_with(kSqliteMagic)) {
            TR_ASSIGN(auto reader, TauBenchReader::recognise(file, cancel));
            if (reader) return reader;
        }
        // Closed before SQLite opens it: closing it later would drop SQLite's locks.
    }
    if (beginning.starts_with(kSqliteMagic)) return openDatabase(path, cancel);
    auto reader = FilesReader::open(path, cancel);
    if (!reader && reader.error().code == ErrorCode::UnknownFormat) reader.error().hint = kHint;
    return reader;
}

std::vector<FormatInfo> knownFormats()
{
    std::vector<FormatInfo> formats{
        {std::string(PhoenixReader::kKind), "Arize Phoenix database (SQLite)"},
        {std::string(TauBenchReader::kKind), "tau-bench results (JSON) and few-shot conversations (JSON lines)"}};
    for (const FileFormat* format : fileFormats()) formats.push_back(format->info());
    return formats;
}

} // namespace tackroom
