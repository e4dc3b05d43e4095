// SPDX-License-Identifier: GPL-3.0-or-later
// Rows straight from pages are the rows that SQLite tells, for every size of page and shape of tree; and whatever a page holds,
// it is read without harm.
#include "core/base/format.h"
#include "core/sql/tablepages.h"
#include "tests/unit/sql/sqltesting.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <random>

namespace tackroom
{

namespace
{

using namespace sqltesting;
using Found = TablePages::Found;
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

struct Row {
    std::int64_t id = 0;
    std::string text;
    std::int64_t number = 0;
    friend bool operator==(const Row&, const Row&) = default;
};

class TablePagesTest : public testing::Test
{
protected:
    void SetUp() override
    {
        auto folder = TemporaryFolder::make("tackroom-test");
        ASSERT_TRUE(folder);
        m_folder.emplace(std::move(*folder));
        m_file = m_folder->path() / "store.db";
    }
    void run(const std::string& sql) { OtherProcess(m_file).run(sql); }

    static std::vector<Row> fromSqlite(Database& db, std::int64_t from)
    {
        std::vector<Row> rows;
        auto statement = db.prepare("SELECT id, text, number FROM spans WHERE id >= ? ORDER BY id");
        EXPECT_TRUE(statement);
        statement->bind(1, from);
        while (statement->step().value_or(false))
            rows.push_back({statement->intAt(0), statement->stringAt(1), statement->intAt(2)});
        return rows;
    }
    /// Until the end, or until something is unusual.
    static Found fromPages(TablePages& pages, Database& db, std::int64_t from, std::vector<Row>& rows,
                           std::size_t most = std::numeric_limits<std::size_t>::max())
    {
        const auto view = db.transaction(Database::Begin::Read);
        if (!pages.begin(db, "spans")) return Found::Unusual;
        Found found = pages.seek(from);
        for (; found == Found::Row && rows.size() < most; found = pages.next())
            if (!addRow(pages, rows)) return Found::Unusual;
        return found;
    }
    static Found backFromPages(TablePages& pages, Database& db, std::int64_t from, std::vector<Row>& rows,
                               std::size_t most = std::numeric_limits<std::size_t>::max())
    {
        const auto view = db.transaction(Database::Begin::Read);
        if (!pages.begin(db, "spans")) return Found::Unusual;
        Found found = pages.seekBack(from);
        for (; found == Found::Row && rows.size() < most; found = pages.previous())
            if (!addRow(pages, rows)) return Found::Unusual;
        return found;
    }
    static bool addRow(TablePages& pages, std::vector<Row>& rows)
    {
        std::string record(pages.recordBytes(), ' ');
        if (!pages.copyRecord(record.data()) || !record.starts_with(pages.recordHere())) return false;
        RecordColumns columns;
        Row row{pages.row(), {}, 0};
        std::string_view text;
        if (!columns.read(record, 3) || !columns.isNull(0) || !columns.textAt(1, text) || !columns.intAt(2, row.number))
            return false;
        row.text = text;
        rows.push_back(std::move(row));
        return true;
    }
    void compare(std::int64_t from)
    {
        auto db = openForeign(m_file);
        ASSERT_TRUE(db) << db.error().detail;
        TablePages pages;
        std::vector<Row> rows;
        EXPECT_EQ(fromPages(pages, *db, from, rows), Found::End);
        const auto wanted = fromSqlite(*db, from);
        ASSERT_EQ(rows.size(), wanted.size());
        EXPECT_TRUE(rows == wanted) << "from " << from;
    }
    /// From the last row up to `from` to the first.
    void compareBack(std::int64_t from)
    {
        auto db = openForeign(m_file);
        ASSERT_TRUE(db) << db.error().detail;
        TablePages pages;
        std::vector<Row> rows;
        EXPECT_EQ(backFromPages(pages, *db, from, rows), Found::End);
        auto wanted = fromSqlite(*db, kLowest);
        std::erase_if(wanted, [&](const Row& row) { return row.id > from; });
        std::ranges::reverse(wanted);
        ASSERT_EQ(rows.size(), wanted.size());
        EXPECT_TRUE(rows == wanted) << "back from " << from;
    }
    static std::string numbers(int from, int upTo)
    {
        return formatText("WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) ", from, upTo);
    }
    /// Rows of nothing, of a few bytes, and of many pages, whose numbers need every count of bytes.
    void fill(int pageBytes, int rows)
    {
        run(formatText("PRAGMA page_size={}; CREATE TABLE other(x); CREATE TABLE spans(id INTEGER PRIMARY KEY, text TEXT, "
                       "number INTEGER); CREATE INDEX by_text ON spans(text);",
                       pageBytes));
        run(numbers(1, rows) + "INSERT INTO spans SELECT i * 3 - 60, substr(hex(zeroblob(i * 7919 % 9001)) || '-' || i, -(i * "
                               "6151 % (i % 17 = 0 AND 18000 OR 300 + i % 40 * 40))), "
                               "CASE i % 9 WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE (1 << (i % 63)) * (1 - i % 2 * 2) END FROM n;");
        run(numbers(1, 400) +
            formatText("INSERT INTO spans SELECT 1 << (i % 62) + i, 'far ' || i, i FROM n WHERE i % 7 = 3 AND "
                       "(1 << (i % 62)) > {} ON CONFLICT DO NOTHING;",
                       rows * 10));
    }

    std::optional<TemporaryFolder> m_folder;
    fs::path m_file;
};

TEST_F(TablePagesTest, RowsAreThoseThatSqliteTells)
{
    for (const int pageBytes : {512, 1024, 4096, 65'536}) {
        SCOPED_TRACE(pageBytes);
        fs::remove(m_file);
        fill(pageBytes, 3000);
        for (const std::int64_t from : {kLowest, std::int64_t{-58}, std::int64_t{0}, std::int64_t{4000}, std::int64_t{8940},
                                        std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::max()}) {
            compare(from);
            compareBack(from);
        }
        run("DELETE FROM spans WHERE id % 5 <> 0 OR id BETWEEN 2000 AND 5000;");
        for (const std::int64_t from : {kLowest, std::int64_t{1999}, std::int64_t{5001}, std::int64_t{7000}}) {
            compare(from);
            compareBack(from);
        }
        run("DELETE FROM spans;");
        compare(kLowest);
        compareBack(8940);
    }
}

TEST_F(TablePagesTest, WhatAnotherProgramChangedIsSeen)
{
    fill(4096, 500);
    auto db = openForeign(m_file);
    ASSERT_TRUE(db);
    TablePages pages;
    for (int round = 0; round < 4; ++round) {
        std::vector<Row> rows;
        ASSERT_EQ(fromPages(pages, *db, kLowest, rows), Found::End);
        EXPECT_TRUE(rows == fromSqlite(*db, kLowest)) << round;
        run(formatText("UPDATE spans SET text = 'round {}' WHERE id % 4 = {}; DELETE FROM spans WHERE id % 11 = {};", round,
                       round, round));
    }
}

/// In a WAL rows lie beside the file; in other encodings texts are not as they are shown.
TEST_F(TablePagesTest, SqliteIsAskedWhereTheFileIsNotTheWhole)
{
    fill(4096, 50);
    OtherProcess writer(m_file);
    writer.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO spans VALUES(100000, 'in the log', 1);");
    {
        auto db = openForeign(m_file);
        ASSERT_TRUE(db);
        TablePages pages;
        std::vector<Row> rows;
        EXPECT_EQ(fromPages(pages, *db, kLowest, rows), Found::Unusual);
    }
    writer.run("PRAGMA journal_mode=DELETE;");
    compare(kLowest);
    const fs::path wide = m_folder->path() / "wide.db";
    OtherProcess(wide).run("PRAGMA encoding='UTF-16'; CREATE TABLE spans(id INTEGER PRIMARY KEY, text TEXT, number INTEGER); "
                           "INSERT INTO spans VALUES(1, 'a', 1);");
    auto db = openForeign(wide);
    ASSERT_TRUE(db);
    TablePages pages;
    std::vector<Row> rows;
    EXPECT_EQ(fromPages(pages, *db, kLowest, rows), Found::Unusual);
}

/// A database that was in WAL mode and was closed properly lies whole in its file.
TEST_F(TablePagesTest, AClosedWalStoreIsReadFromItsPages)
{
    fill(4096, 300);
    const auto done =
        runProcess({"sqlite3", m_file.string(), "PRAGMA journal_mode=WAL; INSERT INTO spans VALUES(100000, 'x', 1);"}, {}, {},
                   10'000, 1 << 20);
    ASSERT_TRUE(done && done->exitCode == 0);
    ASSERT_FALSE(fs::exists(m_file.string() + "-wal"));
    compare(kLowest);
}

TEST_F(TablePagesTest, RowsOfAnOlderTableAreUnusual)
{
    run("CREATE TABLE spans(id INTEGER PRIMARY KEY, text TEXT); INSERT INTO spans VALUES(1, 'short'); ALTER TABLE spans ADD "
        "COLUMN number INTEGER DEFAULT 7; INSERT INTO spans VALUES(2, 'long', 8);");
    auto db = openForeign(m_file);
    ASSERT_TRUE(db);
    TablePages pages;
    std::vector<Row> rows;
    EXPECT_EQ(fromPages(pages, *db, 1, rows), Found::Unusual);
    EXPECT_EQ(fromPages(pages, *db, 2, rows), Found::End);
    EXPECT_EQ(rows.size(), 1U);
}

TEST(RecordColumnsTest, WhatIsBehindTheRecordIsNotLookedAt)
{
    const std::string behind(100, '\0'); // types of so many NULLs
    RecordColumns columns;
    EXPECT_FALSE(columns.read(std::string_view(behind).substr(0, 1), 3)) << "a header of no bytes";
    EXPECT_FALSE(columns.read(std::string_view("\x01\0\0\0", 4), 1)) << "a header of nothing but its own size";
    EXPECT_TRUE(columns.read(std::string_view("\x02\0", 2), 1));
    EXPECT_FALSE(columns.read(std::string_view("\x80\x02\0\0", 4), 1)) << "a size in two bytes, which is all of the header";
    EXPECT_FALSE(columns.read(std::string_view("\x80\x01\0\0", 4), 1)) << "… of which the second is behind it";
}

/// A leaf with lower rows than its place says would lead back to where somebody came from, without an end.
TEST_F(TablePagesTest, NoRowBelowTheOneThatWasSought)
{
    run("PRAGMA page_size=512; CREATE TABLE spans(id INTEGER PRIMARY KEY, text TEXT, number INTEGER);" + numbers(1, 300) +
        "INSERT INTO spans SELECT i, 'row ' || i, i FROM n;");
    std::string bytes = readFile(m_file, 1U << 24).value_or("");
    std::string leaf;
    for (std::size_t page = 512; page < bytes.size(); page += 512) {
        if (bytes[page] != 0x0D) continue;
        if (leaf.empty()) leaf = bytes.substr(page, 512);
        bytes.replace(page, 512, leaf);
    }
    ASSERT_FALSE(leaf.empty());
    std::ofstream(m_file, std::ios::binary) << bytes;
    auto db = openForeign(m_file);
    ASSERT_TRUE(db);
    TablePages pages;
    const auto view = db->transaction(Database::Begin::Read);
    ASSERT_TRUE(pages.begin(*db, "spans"));
    for (std::int64_t row = 1; row <= 300; ++row)
        EXPECT_TRUE(pages.seek(row) != Found::Row || pages.row() >= row) << row << " leads to " << pages.row();
    for (std::int64_t row = 1; row <= 300; ++row)
        EXPECT_TRUE(pages.seekBack(row) != Found::Row || pages.row() <= row) << row << " leads back to " << pages.row();
}

/// Bytes changed and pages swapped anywhere: rows or Unusual, never anything outside of a page (which ASan would see) and never
/// without an end.
TEST_F(TablePagesTest, DamagedPagesDoNoHarm)
{
    fill(1024, 700);
    const std::string whole = readFile(m_file, 1U << 30).value_or("");
    ASSERT_GT(whole.size(), 100U * 1024);
    std::mt19937 random(7);
    int unusual = 0;
    for (int round = 0; round < 200; ++round) {
        std::string bytes = whole;
        const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
        for (std::size_t i = 0, n = 1 + any(30); i < n; ++i)
            bytes[1024 + any(bytes.size() - 1024)] = static_cast<char>(random());
        for (std::size_t i = 0; i < 20; ++i) { // where the trees' own numbers stand
            const std::size_t page = 1 + any(bytes.size() / 1024 - 1);
            bytes[page * 1024 + any(24)] = static_cast<char>(random());
        }
        if (round % 4 == 0) bytes.replace((1 + any(90)) * 1024, 1024, bytes.substr((1 + any(90)) * 1024, 1024));
        std::ofstream(m_file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        auto db = openForeign(m_file);
        if (!db) continue;
        TablePages pages;
        std::vector<Row> rows;
        if (fromPages(pages, *db, kLowest, rows, 100'000) == Found::Unusual) ++unusual;
        ASSERT_LT(rows.size(), 100'000U);
        EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &Row::id));
        rows.clear();
        if (backFromPages(pages, *db, std::numeric_limits<std::int64_t>::max(), rows, 100'000) == Found::Unusual) ++unusual;
        ASSERT_LT(rows.size(), 100'000U);
        EXPECT_TRUE(std::ranges::is_sorted(rows, std::ranges::greater(), &Row::id));
    }
    EXPECT_GT(unusual, 100);
}

} // namespace

} // namespace tackroom
