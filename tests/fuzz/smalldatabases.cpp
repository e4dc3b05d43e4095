// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/smalldatabases.h"

#include "core/base/format.h"
#include "core/platform/directories.h"
#include "tests/support/databaseseeds.h"
#include "tests/support/phoenixfixture.h"
#include "tests/support/promptfixture.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace tackroom::fuzz
{

namespace fs = std::filesystem;

/// What libFuzzer and the campaign both notice.
[[noreturn]] void broken(const char* promise)
{
    std::fprintf(stderr, "a promise is broken: %s\n", promise);
    std::abort();
}

const fs::path& scratch()
{
    static const auto folder = TemporaryFolder::make("fuzz");
    if (!folder) broken("there is a folder for scratch files");
    return folder->path();
}

std::string bytesOf(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

namespace
{

void execAll(const fs::path& path, const std::string& sql)
{
    sqlite3* db = nullptr;
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK || sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        broken("SQLite works");
    sqlite3_close(db);
}

int addColumn(void* out, int, char** row, char**)
{
    static_cast<std::vector<Column>*>(out)->push_back({row[0], row[1], {}});
    return 0;
}

SmallDatabase smallDatabase(const std::string& kind)
{
    SmallDatabase made;
    const fs::path path = scratch() / "small.db";
    fs::remove(path);
    if (const auto seed = std::ranges::find(testing::kDatabaseSeeds, kind, &testing::DatabaseSeed::kind);
        seed != testing::kDatabaseSeeds.end()) {
        execAll(path, seed->sql);
    } else if (kind == kMlflowPrompts) {
        execAll(path, testing::mlflowPromptsSql());
    } else {
        testing::PhoenixFixture store(path, testing::PhoenixFixture::Generation::New);
        for (int i = 0; i < 3; ++i) store.addUsualRun(i);
        store.annotate("span_annotations", "span_rowid", 3, {.name = "manager_decision", .label = "rejected"});
        if (kind == kPhoenixPrompts) store.exec(testing::phoenixPromptsSql());
    }
    sqlite3* db = nullptr;
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) broken("SQLite works");
    // Small pages: damage meets more of them, and inputs are short.
    sqlite3_exec(db, "PRAGMA page_size=512; VACUUM", nullptr, nullptr, nullptr);
    sqlite3_exec(db,
                 "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type='table' AND m.name NOT "
                 "LIKE 'sqlite%' ORDER BY m.name, c.cid",
                 addColumn, &made.columns, nullptr);
    for (Column& column : made.columns)
        sqlite3_exec(
            db, formatText("SELECT \"{}\" FROM \"{}\" LIMIT 1", column.name, column.table).c_str(),
            [](void* out, int, char** row, char**) {
                *static_cast<std::string*>(out) = row[0] ? row[0] : "";
                return 0;
            },
            &column.value, nullptr);
    sqlite3_close(db);
    made.bytes = bytesOf(path);
    return made;
}

void bindValue(sqlite3_stmt* statement, char type, std::string_view value)
{
    const int size = static_cast<int>(value.size());
    switch (type & 3) {
    case 0:
        sqlite3_bind_null(statement, 1);
        break;
    case 1:
        sqlite3_bind_int64(statement, 1, std::strtoll(std::string(value).c_str(), nullptr, 10));
        break;
    case 2:
        sqlite3_bind_blob(statement, 1, value.data(), size, SQLITE_TRANSIENT);
        break;
    default:
        sqlite3_bind_text(statement, 1, value.data(), size, SQLITE_TRANSIENT);
    }
}

/// The database with the chunks in its columns.
std::string withTexts(const SmallDatabase& small, std::string_view chunks)
{
    constexpr int kMostChunks = 40;
    const fs::path path = scratch() / "texts.db";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << small.bytes;
    sqlite3* db = nullptr;
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) broken("SQLite works");
    sqlite3_exec(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN", nullptr, nullptr, nullptr);
    for (int n = 0; n < kMostChunks && chunks.size() >= 2; ++n) {
        const std::string_view chunk = chunks.substr(0, chunks.find(kEndOfChunk));
        chunks.remove_prefix(std::min(chunk.size() + 1, chunks.size()));
        if (chunk.size() < 2) continue;
        const Column& column = small.columns[static_cast<unsigned char>(chunk[0]) % small.columns.size()];
        sqlite3_stmt* statement = nullptr;
        const auto sql = formatText("UPDATE OR IGNORE \"{}\" SET \"{}\" = ?", column.table, column.name);
        if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) broken("SQLite works");
        bindValue(statement, chunk[1], chunk.substr(2));
        sqlite3_step(statement);
        sqlite3_finalize(statement);
    }
    sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    return bytesOf(path);
}

} // namespace

const SmallDatabase& databaseOf(const std::string& kind)
{
    static std::map<std::string, SmallDatabase> known;
    auto at = known.find(kind);
    if (at == known.end()) at = known.emplace(kind, smallDatabase(kind)).first;
    return at->second;
}

std::vector<std::string> databaseSeeds(const std::string& kind)
{
    const SmallDatabase& small = databaseOf(kind);
    std::vector<std::string> seeds{small.bytes};
    std::string all;
    for (std::size_t i = 0; i < small.columns.size(); ++i) {
        const std::string chunk = std::string(1, static_cast<char>(i)) + '\3' + small.columns[i].value;
        seeds.push_back(chunk);
        all += chunk + kEndOfChunk;
    }
    seeds.push_back(all);
    return seeds;
}

std::string asDatabase(const std::string& kind, std::string_view bytes)
{
    return bytes.starts_with(kDatabaseMagic) ? std::string(bytes) : withTexts(databaseOf(kind), bytes);
}

} // namespace tackroom::fuzz
