// SPDX-License-Identifier: GPL-3.0-or-later
// A user's store is opened and read, and the folder is the same afterwards.
#include "tests/unit/sql/sqltesting.h"

#include <array>
#include <chrono>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace tackroom
{
namespace
{

using namespace sqltesting;
using Foreign = StoreTest;

TEST_F(Foreign, RollbackModeIsReadInPlace)
{
    makeSpans(2'000);
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->foreignMode(), ForeignMode::Plain);
        EXPECT_EQ(countSpans(*opened), 2'000);
        EXPECT_TRUE(opened->recheck());
        EXPECT_EQ(fingerprint(folder()), before);
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Foreign, WalModeWithoutAWalFile)
{
    makeSpans(2'000, "PRAGMA journal_mode=WAL;");
    const auto before = fingerprint(folder());
    ASSERT_EQ(before.size(), 2u) << "the checkpoint left something behind";
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->foreignMode(), ForeignMode::StaleWal);
        EXPECT_EQ(countSpans(*opened), 2'000);
        EXPECT_EQ(fingerprint(folder()), before);
        EXPECT_TRUE(opened->recheck());
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

/// A writer that is killed with its last rows in the WAL alone.
void leaveStaleWal(const fs::path& db, bool keepShm)
{
    OtherProcess other(db);
    other.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE spans(id INTEGER PRIMARY KEY, name TEXT);"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1500) INSERT INTO spans SELECT i, 'span "
              "'||i FROM n;");
    other.kill();
    if (!keepShm) fs::remove(fs::path(db) += "-shm");
}

TEST_F(Foreign, AStaleWalIsReadInPlace)
{
    for (const bool keepShm : {true, false}) {
        fs::remove_all(folder());
        fs::create_directory(folder());
        leaveStaleWal(db, keepShm);
        ASSERT_TRUE(fs::exists(fs::path(db) += "-wal"));
        const auto before = fingerprint(folder());
        {
            auto opened = openForeign(db);
            ASSERT_TRUE(opened) << describe(opened.error());
            EXPECT_EQ(opened->foreignMode(), ForeignMode::StaleWal);
            EXPECT_EQ(countSpans(*opened), 1'500);
            EXPECT_TRUE(opened->recheck());
            EXPECT_EQ(fingerprint(folder()), before);
        }
        EXPECT_EQ(fingerprint(folder()), before);
    }
}

TEST_F(Foreign, ATornFrameAtTheEndOfTheWalIsLeftOut)
{
    leaveStaleWal(db, true);
    std::ofstream(fs::path(db) += "-wal", std::ios::app | std::ios::binary) << std::string(1'000, '\x5a');
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(countSpans(*opened), 1'500);
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Foreign, AnEmptyWalFileIsReadInPlace)
{
    makeSpans(100, "PRAGMA journal_mode=WAL;");
    writeBytes(fs::path(db) += "-wal", "");
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(countSpans(*opened), 100);
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Foreign, ALiveWriterIsFollowed)
{
    OtherProcess other(db);
    other.run(
        "PRAGMA journal_mode=WAL; CREATE TABLE spans(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO spans VALUES(1,'one');");
    const auto before = fingerprint(folder(), "store.db-shm");
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->foreignMode(), ForeignMode::LiveWal);
        EXPECT_EQ(countSpans(*opened), 1);
        EXPECT_EQ(fingerprint(folder(), "store.db-shm"), before);
        other.run("INSERT INTO spans VALUES(2,'two');");
        EXPECT_EQ(countSpans(*opened), 2);
        EXPECT_TRUE(opened->recheck());
    }
    // Our leaving is no checkpoint and takes nothing away; the writer goes on.
    EXPECT_TRUE(fs::exists(fs::path(db) += "-wal"));
    other.run("INSERT INTO spans VALUES(3,'three');");
    other.end();
}

TEST_F(Foreign, ASecondConnectionsEndDoesNotDropTheLocksOfTheFirst)
{
    OtherProcess other(db);
    other.run(
        "PRAGMA journal_mode=WAL; CREATE TABLE spans(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO spans VALUES(1,'one');");
    auto first = openForeign(db);
    ASSERT_TRUE(first);
    EXPECT_EQ(countSpans(*first), 1);
    {
        auto second = openForeign(db);
        ASSERT_TRUE(second);
        EXPECT_EQ(countSpans(*second), 1);
    }
    other.end();
    // The last writer takes the WAL away only when it sees no other connection.
    EXPECT_TRUE(fs::exists(fs::path(db) += "-wal"));
    EXPECT_EQ(countSpans(*first), 1);
}

TEST_F(Foreign, AWriterThatComesLaterIsNoticed)
{
    leaveStaleWal(db, true);
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    ASSERT_EQ(opened->foreignMode(), ForeignMode::StaleWal);
    OtherProcess other(db);
    other.run("INSERT INTO spans VALUES(9000,'late');");
    EXPECT_EQ(opened->recheck().error().code, ErrorCode::Locked);
    auto again = openForeign(db);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->foreignMode(), ForeignMode::LiveWal);
    EXPECT_EQ(countSpans(*again), 1'501);
    other.end();
}

/// Between our look (somebody holds a lock) and SQLite's (there is no -wal any more) SQLite by itself would make a -wal.
TEST_F(Foreign, AWalThatHasJustGoneIsNotMadeAnew)
{
    makeSpans(100, "PRAGMA journal_mode=WAL;");
    auto holder = ChildProcess::start(
        {"python3", "-c",
         "import fcntl, sys\nf = open(sys.argv[1], 'rb')\nfcntl.lockf(f, fcntl.LOCK_SH, 510, 0x40000002)\nprint('locked', "
         "flush=True)\n"
         "sys.stdin.read()",
         db.string()},
        {.in = ChildOptions::Stream::Pipe, .out = ChildOptions::Stream::Pipe, .err = ChildOptions::Stream::Inherit});
    ASSERT_TRUE(holder) << holder.error().detail;
    std::array<char, 7> said{};
    ASSERT_TRUE(holder->readOutExactly(said, 20'000));
    const auto before = fingerprint(folder());
    EXPECT_EQ(openForeign(db).error().code, ErrorCode::Locked);
    EXPECT_EQ(fingerprint(folder()), before);
    holder->closeIn();
    ASSERT_TRUE(holder->waitFor(5'000));
    auto opened = openForeign(db);
    ASSERT_TRUE(opened) << describe(opened.error());
    EXPECT_EQ(countSpans(*opened), 100);
}

TEST_F(Foreign, APlainStoreThatTurnsToWalIsNoticed)
{
    makeSpans(10);
    auto opened = openForeign(db);
    ASSERT_TRUE(opened);
    EXPECT_EQ(countSpans(*opened), 10);
    make("PRAGMA journal_mode=WAL; INSERT INTO spans VALUES(11,'x');");
    EXPECT_EQ(opened->recheck().error().code, ErrorCode::Locked);
}

/// A writer that is killed in the middle of a transaction, half of which has reached the database.
void leaveHotJournal(const fs::path& db)
{
    OtherProcess other(db);
    other.run("CREATE TABLE spans(id INTEGER PRIMARY KEY, name TEXT);"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO spans SELECT i, 'span "
              "'||i FROM n;"
              "PRAGMA cache_size=5; BEGIN; UPDATE spans SET name = 'half done '||id; DELETE FROM spans WHERE id % 3 = 0;");
    other.kill();
}

TEST_F(Foreign, AHotJournalIsRecoveredInAPrivateCopy)
{
    leaveHotJournal(db);
    ASSERT_GT(fs::file_size(fs::path(db) += "-journal"), 0u);
    ASSERT_NE(readFile(db, 1 << 24)->find("half done"), std::string::npos) << "nothing of the transaction has reached the file";
    const auto before = fingerprint(folder());
    const auto temporary = [] {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(fs::temp_directory_path()))
            if (entry.path().filename().string().starts_with("tackroom-store-")) names.push_back(entry.path().string());
        return names;
    };
    const auto others = temporary();
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->foreignMode(), ForeignMode::PrivateCopy);
        EXPECT_EQ(countSpans(*opened), 3'000);
        EXPECT_EQ(opened->scalar("SELECT count(*) FROM spans WHERE name LIKE 'half%'"), 0);
        EXPECT_EQ(opened->path(), db);
        EXPECT_TRUE(opened->recheck());
        EXPECT_EQ(fingerprint(folder()), before);
        EXPECT_EQ(temporary().size(), others.size() + 1);
    }
    EXPECT_EQ(fingerprint(folder()), before);
    EXPECT_EQ(temporary(), others);
}

TEST_F(Foreign, AColdJournalIsLeftAlone)
{
    makeSpans(50, "PRAGMA journal_mode=PERSIST;");
    ASSERT_TRUE(fs::exists(fs::path(db) += "-journal"));
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->foreignMode(), ForeignMode::Plain);
        EXPECT_EQ(countSpans(*opened), 50);
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Foreign, AWriterInTheMiddleOfATransactionInRollbackMode)
{
    makeSpans(50);
    OtherProcess other(db);
    other.run("BEGIN IMMEDIATE; UPDATE spans SET name='x';");
    auto opened = openForeign(db);
    ASSERT_TRUE(opened) << describe(opened.error());
    EXPECT_EQ(opened->foreignMode(), ForeignMode::Plain);
    EXPECT_EQ(opened->scalar("SELECT count(*) FROM spans WHERE name='x'"), 0);
    other.run("ROLLBACK;");
    other.end();
}

TEST_F(Foreign, AnExclusiveWriterIsToldAsLocked)
{
    makeSpans(50);
    OtherProcess other(db);
    other.run("BEGIN EXCLUSIVE;");
    const auto opened = openForeign(db);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Locked);
    // A cancel ends the waiting at once.
    CancelSource source;
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        source.cancel();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(openForeign(db, source.token()).error().code, ErrorCode::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    canceller.join();
    other.end();
}

TEST_F(Foreign, AFolderThatMayNotBeWritten)
{
    if (::geteuid() == 0) GTEST_SKIP() << "root writes everywhere";
    for (const bool wal : {false, true}) {
        fs::remove_all(folder());
        fs::create_directory(folder());
        if (wal)
            leaveStaleWal(db, true);
        else
            makeSpans(1'500);
        for (const auto& entry : fs::directory_iterator(folder())) ::chmod(entry.path().c_str(), 0400);
        ::chmod(folder().c_str(), 0500);
        const auto before = fingerprint(folder());
        {
            auto opened = openForeign(db);
            EXPECT_TRUE(opened) << describe(opened.error());
            if (opened) {
                EXPECT_EQ(countSpans(*opened), 1'500);
            }
        }
        EXPECT_EQ(fingerprint(folder()), before);
        ::chmod(folder().c_str(), 0700);
    }
}

TEST_F(Foreign, NamesThatLookLikeParameters)
{
    db = folder() / "a?mode=rwc&x=#%41 'q\".db";
    makeSpans(3);
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(countSpans(*opened), 3);
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Foreign, ALinkIsResolvedFirst)
{
    leaveStaleWal(db, true);
    const auto link = folder() / "link.db";
    fs::create_symlink(db, link);
    const auto before = fingerprint(folder());
    {
        auto opened = openForeign(link);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(countSpans(*opened), 1'500);
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

ErrorCode codeOfOpening(const fs::path& path)
{
    const auto start = std::chrono::steady_clock::now();
    const auto opened = openForeign(path);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << path;
    EXPECT_FALSE(opened) << path;
    if (opened) return ErrorCode::Internal;
    EXPECT_FALSE(opened.error().detail.empty());
    EXPECT_EQ(opened.error().detail.find('\n'), std::string::npos);
    return opened.error().code;
}

TEST_F(Foreign, WhatIsNoDatabase)
{
    EXPECT_EQ(codeOfOpening(folder() / "none"), ErrorCode::NotFound);
    EXPECT_EQ(codeOfOpening(folder()), ErrorCode::NotAFile);
    ASSERT_EQ(::mkfifo((folder() / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(codeOfOpening(folder() / "fifo"), ErrorCode::NotAFile);
    EXPECT_EQ(codeOfOpening("/dev/null"), ErrorCode::NotAFile);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = (folder() / "sock").string();
    ASSERT_LT(name.size(), sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(codeOfOpening(folder() / "sock"), ErrorCode::NotAFile);
    ::close(fd);
    writeBytes(folder() / "empty", "");
    EXPECT_EQ(codeOfOpening(folder() / "empty"), ErrorCode::Empty);
    writeBytes(folder() / "text", "{\"spans\": []}");
    EXPECT_EQ(codeOfOpening(folder() / "text"), ErrorCode::UnknownFormat);
    writeBytes(folder() / "long", std::string(5'000, 'x'));
    EXPECT_EQ(codeOfOpening(folder() / "long"), ErrorCode::UnknownFormat);
}

TEST_F(Foreign, AnUnreadableFile)
{
    if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
    makeSpans(3);
    ::chmod(db.c_str(), 0);
    EXPECT_EQ(codeOfOpening(db), ErrorCode::NotReadable);
}

TEST_F(Foreign, DamagedDatabases)
{
    makeSpans(5'000);
    const std::string whole = *readFile(db, 1 << 24);
    writeBytes(db, std::string_view(whole).substr(0, whole.size() / 2));
    const auto cut = openForeign(db);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::Damaged);
    EXPECT_NE(cut.error().detail.find(" of " + std::to_string(whole.size()) + " bytes"), std::string::npos)
        << cut.error().detail;
    writeBytes(db, std::string_view(whole).substr(0, 50));
    EXPECT_EQ(codeOfOpening(db), ErrorCode::Damaged);

    std::string header = whole;
    header[16] = 3; // a page size that there is not
    writeBytes(db, header);
    EXPECT_EQ(codeOfOpening(db), ErrorCode::Damaged);

    std::string schema = whole;
    schema.replace(100, 300, std::string(300, '\x7f'));
    writeBytes(db, schema);
    EXPECT_EQ(codeOfOpening(db), ErrorCode::Damaged);

    // Damage further down shows where it is read.
    std::string middle = whole;
    middle.replace(8'192, 16'384, std::string(16'384, '\xee'));
    writeBytes(db, middle);
    auto opened = openForeign(db);
    ASSERT_TRUE(opened) << describe(opened.error());
    const auto count = opened->scalar("SELECT count(*) + sum(length(name)) FROM spans");
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, ErrorCode::Damaged);
    EXPECT_EQ(count.error().where, db.string());
}

TEST_F(Foreign, CompanionsThatAreNoFilesAreRefused)
{
    makeSpans(3);
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        const fs::path path = fs::path(db) += suffix;
        ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
        EXPECT_EQ(codeOfOpening(db), ErrorCode::Refused);
        fs::remove(path);
        fs::create_symlink("/etc/hostname", path);
        EXPECT_EQ(codeOfOpening(db), ErrorCode::Refused);
        fs::remove(path);
    }
}

} // namespace
} // namespace tackroom
