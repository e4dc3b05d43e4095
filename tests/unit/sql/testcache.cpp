// SPDX-License-Identifier: GPL-3.0-or-later
// Our own databases: one writer, readers that may not write.
#include "tests/unit/sql/sqltesting.h"

#include <limits>
#include <thread>

namespace tackroom
{
namespace
{

using namespace sqltesting;

class Cache : public StoreTest
{
protected:
    Database writer()
    {
        auto opened = openCacheWriter(db);
        EXPECT_TRUE(opened) << describe(opened.error());
        return std::move(*opened);
    }
};

TEST_F(Cache, IsPrivateAndInWalMode)
{
    {
        Database database = writer();
        ASSERT_TRUE(database.exec("CREATE TABLE runs(id INTEGER PRIMARY KEY, name TEXT)"));
        struct stat info{};
        for (const char* suffix : {"", "-wal", "-shm"}) {
            ASSERT_EQ(::stat((fs::path(db) += suffix).c_str(), &info), 0) << suffix;
            EXPECT_EQ(info.st_mode & 0777u, 0600u) << suffix;
        }
        EXPECT_EQ(database.scalar("PRAGMA foreign_keys"), 1);
        EXPECT_EQ(database.scalar("PRAGMA synchronous"), 1);
        EXPECT_EQ(database.foreignMode(), ForeignMode::None);
    }
    EXPECT_TRUE(openCacheWriter(db));
}

TEST_F(Cache, AnotherApplicationsDatabaseIsNotTaken)
{
    makeSpans(3);
    const auto before = fingerprint(folder());
    EXPECT_EQ(openCacheWriter(db).error().code, ErrorCode::UnknownFormat);
    EXPECT_EQ(fingerprint(folder()), before);
    fs::remove(db);
    EXPECT_TRUE(openCacheWriter(db, 77));
    EXPECT_TRUE(openCacheWriter(db, 77));
    EXPECT_EQ(openCacheWriter(db, 78).error().code, ErrorCode::UnknownFormat);
    writeBytes(db, std::string(4'096, 'x'));
    EXPECT_EQ(openCacheWriter(db).error().code, ErrorCode::Damaged);
    EXPECT_EQ(openCacheReader(db).error().code, ErrorCode::Damaged);
    EXPECT_EQ(openCacheReader(folder() / "none").error().code, ErrorCode::NotFound);
    EXPECT_EQ(openCacheReader(folder()).error().code, ErrorCode::NotAFile);
    EXPECT_EQ(openCacheWriter(folder() / "none" / "x.db").error().code, ErrorCode::NotFound);
}

TEST_F(Cache, StatementsAndTypes)
{
    Database database = writer();
    ASSERT_TRUE(database.exec("CREATE TABLE t(a, b, c, d, e); CREATE INDEX i ON t(a); -- and a remark"));
    {
        auto insert = database.prepare("INSERT INTO t VALUES(?,?,?,?,?)");
        ASSERT_TRUE(insert);
        insert->bind(1, std::numeric_limits<std::int64_t>::min())
            .bind(2, 1.5)
            .bind(3, std::string_view())
            .bind(4, nullptr)
            .bindBlob(5, {});
        ASSERT_TRUE(insert->run());
        insert->bind(1, true)
            .bind(2, 7u)
            .bind(3, "text")
            .bind(4, std::string("owned"))
            .bindBlob(5, std::string_view("\0\1", 2));
        ASSERT_TRUE(insert->run());
        EXPECT_EQ(database.lastInsertRowId(), 2);
        EXPECT_EQ(database.changeCount(), 1);
    }
    auto select = database.prepare("SELECT * FROM t ORDER BY rowid");
    ASSERT_TRUE(select);
    ASSERT_EQ(select->step(), true);
    EXPECT_EQ(select->intAt(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(select->typeAt(2), ColumnType::Text);
    EXPECT_EQ(select->textAt(2), "");
    EXPECT_TRUE(select->isNullAt(3));
    EXPECT_EQ(select->typeAt(4), ColumnType::Blob);
    ASSERT_EQ(select->step(), true);
    EXPECT_EQ(select->intAt(0), 1);
    EXPECT_EQ(select->textAt(3), "owned");
    EXPECT_EQ(select->blobAt(4), std::string_view("\0\1", 2));
    EXPECT_EQ(select->step(), false);
}

TEST_F(Cache, MistakesAreTold)
{
    Database database = writer();
    ASSERT_TRUE(database.exec("CREATE TABLE t(a UNIQUE)"));
    const auto wrong = database.prepare("SELEKT 1");
    EXPECT_EQ(wrong.error().code, ErrorCode::Internal);
    EXPECT_NE(wrong.error().detail.find("SELEKT 1"), std::string::npos);
    EXPECT_EQ(database.prepare("  ").error().code, ErrorCode::Internal);
    auto stmt = database.prepare("SELECT ?");
    ASSERT_TRUE(stmt);
    stmt->bind(2, 1);
    EXPECT_EQ(stmt->step().error().code, ErrorCode::Internal);
    ASSERT_TRUE(database.exec("INSERT INTO t VALUES(1)"));
    EXPECT_EQ(database.exec("INSERT INTO t VALUES(1)").error().code, ErrorCode::Internal);
}

TEST_F(Cache, APreparedStatementIsKeptAndCleared)
{
    Database database = writer();
    {
        auto stmt = database.prepare("SELECT ?1");
        ASSERT_TRUE(stmt);
        stmt->bind(1, "left over");
        ASSERT_EQ(stmt->step(), true);
    }
    auto again = database.prepare("SELECT ?1");
    ASSERT_TRUE(again);
    ASSERT_EQ(again->step(), true);
    EXPECT_TRUE(again->isNullAt(0));
    // Twice at once: two statements.
    auto second = database.prepare("SELECT ?1");
    ASSERT_TRUE(second);
    second->bind(1, 5);
    ASSERT_EQ(second->step(), true);
    EXPECT_EQ(second->intAt(0), 5);
    EXPECT_TRUE(again->isNullAt(0));
    for (int i = 0; i < 200; ++i) EXPECT_EQ(database.scalar("SELECT " + std::to_string(i)), i);
}

TEST_F(Cache, AStatementKeepsItsConnection)
{
    std::optional<Statement> stmt;
    {
        Database database = writer();
        auto prepared = database.prepare("SELECT 42");
        ASSERT_TRUE(prepared);
        stmt.emplace(std::move(*prepared));
        Database moved = std::move(database);
    }
    ASSERT_EQ(stmt->step(), true);
    EXPECT_EQ(stmt->intAt(0), 42);
}

TEST_F(Cache, Transactions)
{
    Database database = writer();
    ASSERT_TRUE(database.exec("CREATE TABLE t(a)"));
    {
        auto transaction = database.transaction();
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database.exec("INSERT INTO t VALUES(1)"));
    }
    EXPECT_EQ(database.scalar("SELECT count(*) FROM t"), 0);
    {
        auto transaction = database.transaction();
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database.exec("INSERT INTO t VALUES(1)"));
        ASSERT_TRUE(transaction->commit());
    }
    EXPECT_EQ(database.scalar("SELECT count(*) FROM t"), 1);
    // A full database rolls back by itself; the guard must not mind.
    ASSERT_TRUE(database.scalar("PRAGMA max_page_count=20"));
    {
        auto transaction = database.transaction();
        ASSERT_TRUE(transaction);
        const auto full = database.exec("INSERT INTO t VALUES(zeroblob(1000000))");
        ASSERT_FALSE(full);
        EXPECT_EQ(full.error().code, ErrorCode::DiskFull);
    }
    EXPECT_EQ(database.scalar("SELECT count(*) FROM t"), 1);
}

TEST_F(Cache, ReadersSeeWhatIsCommittedAndCannotWrite)
{
    Database database = writer();
    ASSERT_TRUE(database.exec(
        "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE VIEW v AS SELECT * FROM t; CREATE VIRTUAL TABLE f USING fts5(x);"
        "INSERT INTO f VALUES('found');"));
    auto reader = openCacheReader(db);
    ASSERT_TRUE(reader) << describe(reader.error());
    EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), 1);
    EXPECT_EQ(reader->scalar("SELECT count(*) FROM f WHERE f MATCH 'found'"), 1);
    ASSERT_TRUE(database.exec("INSERT INTO t VALUES(2)"));
    EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), 2);
    EXPECT_FALSE(reader->exec("INSERT INTO t VALUES(3)"));
    EXPECT_EQ(reader->prepare("SELECT * FROM v").error().code, ErrorCode::Refused);
    {
        // A consistent view while the writer goes on.
        auto transaction = reader->transaction(Database::Begin::Read);
        ASSERT_TRUE(transaction);
        EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), 2);
        ASSERT_TRUE(database.exec("INSERT INTO t VALUES(4)"));
        EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), 2);
    }
    EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), 3);
}

TEST_F(Cache, AReaderIsCancelled)
{
    writer();
    CancelSource source;
    auto reader = openCacheReader(db, source.token());
    ASSERT_TRUE(reader);
    source.cancel();
    EXPECT_EQ(reader->scalar("SELECT 1").error().code, ErrorCode::Cancelled);
    reader->setCancel({});
    EXPECT_EQ(reader->scalar("SELECT 1"), 1);
}

TEST_F(Cache, TwoWritersWaitForEachOther)
{
    Database first = writer();
    ASSERT_TRUE(first.exec("CREATE TABLE t(a)"));
    std::optional<Transaction> transaction;
    {
        auto begun = first.transaction();
        ASSERT_TRUE(begun);
        transaction.emplace(std::move(*begun));
    }
    Database second = writer();
    CancelSource source;
    second.setCancel(source.token());
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        source.cancel();
    });
    EXPECT_EQ(second.exec("INSERT INTO t VALUES(2)").error().code, ErrorCode::Cancelled);
    canceller.join();
    second.setCancel({});
    std::thread committer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        EXPECT_TRUE(transaction->commit());
    });
    EXPECT_TRUE(second.exec("INSERT INTO t VALUES(3)"));
    committer.join();
}

} // namespace
} // namespace tackroom
