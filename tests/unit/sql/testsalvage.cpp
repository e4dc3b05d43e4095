// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged pages: what lies on the others is read, and what is missing is said.
#include "core/base/format.h"
#include "tests/unit/sql/sqltesting.h"

namespace tackroom
{
namespace
{

using namespace sqltesting;

constexpr std::size_t kPage = 4096;

class Salvage : public StoreTest
{
protected:
    /// A page of the table that holds a span, overwritten.
    void wipePageWith(std::string_view text)
    {
        std::string bytes = *readFile(db, 1 << 26);
        const auto at = bytes.find(text);
        ASSERT_NE(at, std::string::npos);
        bytes.replace(at / kPage * kPage, kPage, std::string(kPage, '\0'));
        writeBytes(db, bytes);
    }
};

TEST_F(Salvage, aWholeStoreIsCopiedWhole)
{
    makeSpans(5'000);
    const auto before = fingerprint(folder());
    {
        auto saved = openSalvaged(db);
        ASSERT_TRUE(saved) << describe(saved.error());
        EXPECT_TRUE(saved->losses.empty());
        EXPECT_EQ(saved->db.foreignMode(), ForeignMode::PrivateCopy);
        EXPECT_EQ(countSpans(saved->db), 5'000);
        EXPECT_TRUE(saved->db.recheck());
        EXPECT_FALSE(saved->db.exec("DELETE FROM spans"));
    }
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Salvage, pagesInTheMiddleAndAtTheEnds)
{
    makeSpans(20'000);
    for (const char* text :
         {"span number 1000", "span number 70", "span number 19999", "span number 12345", "span number 12800"})
        wipePageWith(text);
    {
        auto opened = openForeign(db);
        ASSERT_TRUE(opened) << describe(opened.error());
        EXPECT_EQ(opened->scalar("SELECT count(*) + sum(length(name)) FROM spans").error().code, ErrorCode::Damaged);
    }
    const auto before = fingerprint(folder());
    auto saved = openSalvaged(db);
    ASSERT_TRUE(saved) << describe(saved.error());
    ASSERT_EQ(saved->losses.size(), 1U);
    EXPECT_EQ(saved->losses[0].where, "table spans");
    EXPECT_NE(saved->losses[0].why.find("rows could be read"), std::string::npos) << saved->losses[0].why;
    // Five pages of at most 200 rows each.
    const auto rows = countSpans(saved->db);
    EXPECT_LT(rows, 20'000);
    EXPECT_GT(rows, 20'000 - 5 * 200);
    for (const int row : {500, 5'000, 11'000, 15'000})
        EXPECT_EQ(saved->db.scalar(formatText("SELECT count(*) FROM spans WHERE id = {0} AND name = 'span number {0}'", row)),
                  1);
    std::printf("[          ] %s\n", saved->losses[0].why.c_str());
    EXPECT_EQ(fingerprint(folder()), before);
}

TEST_F(Salvage, countsFromAnIndexThatIsWhole)
{
    makeSpans(5'000, "");
    make("CREATE INDEX i ON spans(length(name)); CREATE INDEX j ON spans(name);");
    wipePageWith("span number 3000");
    auto saved = openSalvaged(db);
    ASSERT_TRUE(saved) << describe(saved.error());
    ASSERT_EQ(saved->losses.size(), 1U);
    EXPECT_NE(saved->losses[0].why.find(" of 5000 rows could be read"), std::string::npos) << saved->losses[0].why;
    // The index on a column came along, the one on an expression did not.
    EXPECT_EQ(saved->db.scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'index'"), 1);
}

TEST_F(Salvage, oddTables)
{
    make("CREATE TABLE a(rowid TEXT, _rowid_ TEXT, x); INSERT INTO a VALUES('r', 's', 1.5), ('t', 'u', x'00ff');"
         "CREATE TABLE b(k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO b VALUES('k', NULL), ('l', 7);"
         "CREATE TABLE \"c \"\"d\"(\"e f\" VARCHAR(20), g AS (hex(zeroblob(100000000))), h AS (1+1) STORED);"
         "INSERT INTO \"c \"\"d\" VALUES('g'); CREATE TABLE n(id INTEGER PRIMARY KEY, x); INSERT INTO n VALUES(-5, 'below');"
         "CREATE VIEW v AS SELECT * FROM a; CREATE VIRTUAL TABLE f USING fts5(x);");
    auto saved = openSalvaged(db);
    ASSERT_TRUE(saved) << describe(saved.error());
    EXPECT_TRUE(saved->losses.empty());
    EXPECT_EQ(saved->db.scalar("SELECT count(*) FROM a WHERE typeof(x) IN ('real', 'blob')"), 2);
    EXPECT_EQ(saved->db.scalar("SELECT v FROM b WHERE k = 'l'"), 7);
    EXPECT_EQ(saved->db.scalar("SELECT h FROM \"c \"\"d\" WHERE \"e f\" = 'g'"), 2);
    EXPECT_EQ(saved->db.scalar("SELECT id FROM n"), -5);
    EXPECT_EQ(saved->db.prepare("SELECT * FROM v").error().code, ErrorCode::UnknownFormat);
}

TEST_F(Salvage, aWriterThatComesIsNoticedAndACancelHeard)
{
    makeSpans(5'000);
    auto saved = openSalvaged(db);
    ASSERT_TRUE(saved);
    make("INSERT INTO spans VALUES(9000, 'late');");
    EXPECT_EQ(saved->db.recheck().error().code, ErrorCode::Locked);
    CancelSource source;
    source.cancel();
    EXPECT_EQ(openSalvaged(db, source.token()).error().code, ErrorCode::Cancelled);
}

} // namespace
} // namespace tackroom
