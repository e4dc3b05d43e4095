// SPDX-License-Identifier: GPL-3.0-or-later
// A store whose schema was made to do harm.
#include "tests/unit/sql/sqltesting.h"

#include <chrono>
#include <thread>

namespace tackroom
{
namespace
{

using namespace sqltesting;
using Hostile = StoreTest;

TEST_F(Hostile, AViewNamedLikeATableIsRefused)
{
    make("CREATE TABLE hidden(id INTEGER, name TEXT); INSERT INTO hidden VALUES(1,'x'); CREATE VIEW spans AS SELECT * FROM "
         "hidden;");
    auto opened = openForeign(db);
    ASSERT_TRUE(opened) << describe(opened.error());
    const auto found = tables(*opened);
    ASSERT_TRUE(found) << describe(found.error());
    const TableInfo* spans = findTable(*found, "SPANS");
    ASSERT_NE(spans, nullptr);
    EXPECT_TRUE(spans->isView);
    EXPECT_TRUE(spans->columns.empty());
    const auto stmt = opened->prepare("SELECT id FROM spans");
    ASSERT_FALSE(stmt);
    EXPECT_EQ(stmt.error().code, ErrorCode::Refused);
    EXPECT_EQ(stmt.error().detail, "`spans` is a view, and only real tables are read from a store");
}

TEST_F(Hostile, VirtualTablesAreRefused)
{
    make("CREATE VIRTUAL TABLE spans USING fts5(name); INSERT INTO spans VALUES('x'); CREATE TABLE traces(id);");
    auto opened = openForeign(db);
    ASSERT_TRUE(opened) << describe(opened.error());
    const auto found = tables(*opened);
    ASSERT_TRUE(found) << describe(found.error());
    ASSERT_NE(findTable(*found, "spans"), nullptr);
    EXPECT_TRUE(findTable(*found, "spans")->isVirtual);
    ASSERT_NE(findTable(*found, "traces"), nullptr);
    EXPECT_FALSE(findTable(*found, "traces")->isVirtual);
    EXPECT_EQ(opened->prepare("SELECT * FROM spans").error().code, ErrorCode::Refused);
    EXPECT_EQ(opened->prepare("SELECT * FROM json_each('[1]')").error().code, ErrorCode::UnknownFormat);
    EXPECT_EQ(opened->prepare("SELECT * FROM pragma_table_list").error().code, ErrorCode::Refused);
}

TEST_F(Hostile, OnlyReadingIsPossible)
{
    makeSpans(3);
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened);
        for (const char* sql :
             {"INSERT INTO spans VALUES(9,'x')", "DELETE FROM spans", "UPDATE spans SET name=''", "DROP TABLE spans",
              "CREATE TABLE t(a)", "CREATE TEMP TABLE t(a)", "ATTACH '/tmp/x.db' AS x", "VACUUM",
              "VACUUM INTO '/tmp/tackroom-never.db'", "ANALYZE", "PRAGMA journal_mode=WAL", "PRAGMA user_version=3",
              "PRAGMA query_only=OFF", "PRAGMA writable_schema=ON", "PRAGMA wal_checkpoint", "PRAGMA trusted_schema=ON",
              "SELECT load_extension('x')", "PRAGMA integrity_check"}) {
            const auto done = opened->exec(sql);
            ASSERT_FALSE(done) << sql;
            EXPECT_TRUE(done.error().code == ErrorCode::Refused || done.error().code == ErrorCode::UnknownFormat)
                << sql << describe(done.error());
        }
        EXPECT_FALSE(fs::exists("/tmp/tackroom-never.db"));
        // What readers need still works.
        EXPECT_EQ(opened->scalar("WITH s AS (SELECT id FROM spans) SELECT count(*) FROM s JOIN spans USING(id)"), 3);
        EXPECT_EQ(opened->scalar("SELECT json_extract('{\"a\":7}', '$.a')"), 7);
        EXPECT_TRUE(opened->scalar("PRAGMA data_version"));
        auto transaction = opened->transaction(Database::Begin::Read);
        ASSERT_TRUE(transaction);
        EXPECT_EQ(countSpans(*opened), 3);
        EXPECT_TRUE(transaction->commit());
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Hostile, WhatIsMissingIsAnotherFormat)
{
    makeSpans(1);
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    const auto table = opened->prepare("SELECT * FROM traces");
    EXPECT_EQ(table.error().code, ErrorCode::UnknownFormat);
    EXPECT_NE(table.error().detail.find("no such table: traces"), std::string::npos);
    EXPECT_EQ(opened->prepare("SELECT nothing FROM spans").error().code, ErrorCode::UnknownFormat);
    EXPECT_EQ(opened->prepare("SELECT \"nothing\" FROM spans").error().code, ErrorCode::UnknownFormat);
}

TEST_F(Hostile, AnEndlessQueryIsCancelled)
{
    makeSpans(1);
    CancelSource source;
    auto opened = openForeign(db, source.token());
    ASSERT_TRUE(opened);
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        source.cancel();
    });
    const auto start = std::chrono::steady_clock::now();
    const auto count = opened->scalar("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    canceller.join();
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(openForeign(db, source.token()).error().code, ErrorCode::Cancelled);
}

TEST_F(Hostile, InterruptFromAnotherThread)
{
    makeSpans(1);
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    std::atomic<bool> done = false;
    std::thread other([&] {
        while (!done) {
            opened->interrupt();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    const auto count = opened->scalar("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n");
    done = true;
    other.join();
    EXPECT_EQ(count.error().code, ErrorCode::Cancelled);
}

TEST_F(Hostile, LimitsHold)
{
    makeSpans(1);
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    std::string deep = "1";
    for (int i = 0; i < 500; ++i) deep = "(" + deep + "+1)";
    EXPECT_FALSE(opened->prepare("SELECT " + deep));
    const auto large = opened->scalar("SELECT length(zeroblob(300000000))");
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, ErrorCode::Refused);
    EXPECT_FALSE(opened->scalar("SELECT 'x' LIKE '" + std::string(2'000, '%') + "'"));
}

TEST_F(Hostile, ASchemaThatDoesNotParseIsDamage)
{
    make("CREATE TABLE spans(id);\n.dbconfig defensive off\nPRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE "
         "TABLE spans(id' WHERE name='spans';");
    const auto opened = openForeign(db);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Damaged);
}

TEST_F(Hostile, TablesTellTheirColumns)
{
    make("CREATE TABLE b(\"odd \"\"name\" TEXT, k INTEGER PRIMARY KEY); CREATE TABLE a(x REAL, y, PRIMARY KEY(y, x)); CREATE "
         "INDEX i ON b(k);");
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    const auto found = tables(*opened);
    ASSERT_TRUE(found) << describe(found.error());
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ((*found)[0].name, "a");
    ASSERT_EQ((*found)[0].columns.size(), 2u);
    EXPECT_EQ((*found)[0].columns[0].declaredType, "REAL");
    EXPECT_EQ((*found)[0].columns[0].primaryKeyRank, 2);
    EXPECT_EQ((*found)[0].columns[1].primaryKeyRank, 1);
    EXPECT_TRUE((*found)[1].hasColumn("ODD \"NAME"));
    EXPECT_FALSE((*found)[1].hasColumn("x"));
    EXPECT_EQ(findTable(*found, "c"), nullptr);
}

TEST_F(Hostile, ComputedColumnsAreToldApart)
{
    make("CREATE TABLE t(a, b AS (a * 2), c AS (a * 3) STORED, d);");
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    const auto found = tables(*opened);
    ASSERT_TRUE(found);
    const TableInfo& table = found->front();
    EXPECT_TRUE(table.hasColumn("A") && table.hasColumn("c") && table.hasColumn("d"));
    EXPECT_FALSE(table.hasColumn("b"));
    EXPECT_TRUE(table.computes("B"));
    EXPECT_FALSE(table.computes("c"));
}

TEST_F(Hostile, TextAsItIs)
{
    make("PRAGMA encoding='UTF-16le'; CREATE TABLE spans(t, b); INSERT INTO spans VALUES('é'||char(0)||'x', x'ff00fe'), (NULL, "
         "12), ('7', 1.5);");
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    auto stmt = opened->prepare("SELECT t, b FROM spans ORDER BY rowid");
    ASSERT_TRUE(stmt);
    ASSERT_EQ(stmt->step(), true);
    EXPECT_EQ(stmt->columnCount(), 2);
    EXPECT_EQ(stmt->columnName(0), "t");
    EXPECT_EQ(stmt->textAt(0), std::string_view("\xC3\xA9\0x", 4));
    EXPECT_EQ(stmt->typeAt(1), ColumnType::Blob);
    EXPECT_EQ(stmt->blobAt(1), std::string_view("\xff\0\xfe", 3));
    ASSERT_EQ(stmt->step(), true);
    EXPECT_TRUE(stmt->isNullAt(0));
    EXPECT_EQ(stmt->textAt(0), "");
    EXPECT_EQ(stmt->intAt(1), 12);
    ASSERT_EQ(stmt->step(), true);
    EXPECT_EQ(stmt->intAt(0), 7);
    EXPECT_EQ(stmt->doubleAt(1), 1.5);
    EXPECT_EQ(stmt->typeAt(1), ColumnType::Real);
    EXPECT_EQ(stmt->step(), false);
}

} // namespace
} // namespace tackroom
