// SPDX-License-Identifier: GPL-3.0-or-later
// Databases whose schema was made to do harm, or is odd: each is refused with one clear sentence or read right, soon.
#include "core/base/format.h"
#include "tests/support/phoenixfixture.h"
#include "tests/unit/readers/storetest.h"

#include <chrono>
#include <functional>

namespace tackroom::testing
{
namespace
{

using ::testing::AnyOf;
using ::testing::HasSubstr;

/// The tables of Hermes with their columns, which a case may replace.
constexpr auto kSessions =
    "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT, parent_session_id TEXT, started_at REAL, ended_at REAL,"
    " end_reason TEXT, model_config TEXT, system_prompt TEXT);";
constexpr auto kMessages =
    "CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id TEXT,"
    " tool_calls TEXT, tool_name TEXT, timestamp REAL);";
constexpr auto kRows =
    "INSERT INTO sessions(id, source, started_at) VALUES('a', 'cli', 1), ('b', 'cli', 2);"
    "INSERT INTO messages(id, session_id, role, content, timestamp) VALUES(1, 'a', 'user', 'where is h\u00E9', 1),"
    "(2, 'a', 'assistant', 'here', 2), (3, 'b', 'user', 'and now', 3), (4, 'b', 'assistant', 'gone', 4);";

/// SQL that only the schema's own text can carry.
std::string rewritten(const std::string& table, const std::string& set)
{
    return formatText("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET {} WHERE name = '{}'; PRAGMA writable_schema=OFF;",
                      set, table);
}
std::string withColumn(const std::string& table, const std::string& column, const std::string& definition)
{
    std::string all = table;
    const std::string from = column + " TEXT";
    all.replace(all.find(from), from.size(), definition);
    return all;
}

struct Case {
    std::string name;
    std::string sql;
    int runs = 2;             ///< that are read; -1: the store is refused
    std::string refusal = {}; ///< what the sentence says
};

class HostileStores : public DatabaseStoreTest
{
protected:
    struct Outcome {
        Error error;
        Collector got;
        bool opened = false, whole = false;
        double seconds = 0;
    };
    static Outcome readIt(const std::filesystem::path& path)
    {
        Outcome out;
        const auto started = std::chrono::steady_clock::now();
        auto reader = openStore(path, {});
        if (reader) {
            out.opened = true;
            const auto cursor = (*reader)->ingest({}, out.got, {});
            out.whole = cursor.has_value();
            if (!cursor) out.error = cursor.error();
            for (const auto& [id, record] : out.got.runs) (void)(*reader)->fetch(RunAddress(record.run), {}, 100'000);
        } else {
            out.error = reader.error();
        }
        out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        return out;
    }
    std::filesystem::path make(const std::string& sql)
    {
        const auto path = file(formatText("h{}.db", ++m_stores));
        DatabaseFixture db(path);
        int defensive = 0;
        sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, &defensive);
        db.exec(sql);
        return path;
    }
    void check(const Case& each)
    {
        const Outcome out = readIt(make(each.sql));
        std::printf("[          ] %-52s %s\n", each.name.c_str(),
                    out.whole ? formatText("{} runs", out.got.runs.size()).c_str() : textOf(out.error).substr(0, 150).c_str());
        EXPECT_LT(out.seconds, 10) << each.name;
        if (each.runs >= 0) {
            EXPECT_TRUE(out.whole) << each.name << ": " << textOf(out.error);
            EXPECT_EQ(static_cast<int>(out.got.runs.size()), each.runs) << each.name;
            if (each.runs == 2 && out.got.runs.contains("a")) {
                EXPECT_EQ(out.got.runs.at("a").run.task, "where is h\u00E9") << each.name;
            }
            return;
        }
        EXPECT_FALSE(out.whole) << each.name;
        EXPECT_THAT(out.error.code, AnyOf(ErrorCode::Refused, ErrorCode::Damaged, ErrorCode::UnknownFormat)) << each.name;
        EXPECT_FALSE(out.error.detail.empty()) << each.name;
        EXPECT_EQ(out.error.detail.find('\n'), std::string::npos) << each.name;
        EXPECT_THAT(out.error.detail, HasSubstr(each.refusal)) << each.name;
    }

private:
    int m_stores = 0;
};

const std::string kStore = std::string(kSessions) + kMessages + kRows;

TEST_F(HostileStores, viewsTriggersAndVirtualTables)
{
    for (const Case& each : std::vector<Case>{
             {"a view without end named like a table",
              kStore + "ALTER TABLE messages RENAME TO m2; CREATE VIEW messages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
                       "SELECT x+1 FROM c) SELECT m2.* FROM m2, c;",
              -1, "\"messages\" is a view here"},
             {"a view that would load an extension",
              kStore + "CREATE VIEW other AS SELECT load_extension('/tmp/x.so') FROM messages;"},
             {"triggers that would load an extension",
              kStore + "CREATE TRIGGER t AFTER INSERT ON messages BEGIN SELECT load_extension('/tmp/x.so'); END;"
                       "CREATE TRIGGER sessions_ AFTER DELETE ON sessions BEGIN DELETE FROM messages; END;"},
             {"a full-text table named like a table",
              std::string(kSessions) +
                  "CREATE VIRTUAL TABLE messages USING fts5(id, session_id, role, content, timestamp, tool_calls);",
              -1, "\"messages\" is a virtual table here"},
             {"an r-tree named like a table",
              std::string(kMessages) +
                  "CREATE VIRTUAL TABLE sessions USING rtree(id, source, parent_session_id, started_at, x);",
              -1, "\"sessions\" is a virtual table here"},
             {"a table of a module that is not there",
              std::string(kSessions) + kMessages +
                  rewritten("messages",
                            "sql = 'CREATE VIRTUAL TABLE messages USING csv(filename=\"/etc/passwd\")', rootpage = 0"),
              -1, "\"messages\" is a virtual table here"},
             {"a full-text table beside the others",
              kStore + "CREATE VIRTUAL TABLE messages_fts USING fts5(content, content=messages);"},
         })
        check(each);
}

TEST_F(HostileStores, whatTheSchemaComputes)
{
    const std::string endless = "replace(hex(zeroblob(60000000)),'0','xx')";
    for (const Case& each : std::vector<Case>{
             {"a needed column computed with 250 MB",
              kSessions + withColumn(kMessages, "content", "content TEXT AS (" + endless + ") VIRTUAL") +
                  "INSERT INTO sessions(id, source, started_at) VALUES('a','cli',1);"
                  "INSERT INTO messages(session_id, role, timestamp) VALUES('a','user',1);",
              -1, "the column \"content\" of \"messages\" is computed by the database"},
             {"a column of no need computed with 250 MB",
              kSessions + withColumn(kMessages, "tool_name", "tool_name TEXT AS (" + endless + ") VIRTUAL") + kRows},
             {"a stored generated column",
              kSessions + withColumn(kMessages, "tool_name", "tool_name TEXT AS (role||'x') STORED") + kRows},
             {"a CHECK with a function without end",
              kSessions +
                  withColumn(kMessages, "tool_name", "tool_name TEXT CHECK(tool_name IS NULL OR " + endless + " IS NULL)") +
                  kRows},
             {"a DEFAULT of random bytes",
              kSessions + withColumn(kMessages, "tool_name", "tool_name TEXT DEFAULT (hex(randomblob(9)))") + kRows},
             {"a DEFAULT that would load an extension",
              kStore + rewritten("messages",
                                 "sql = replace(sql, 'tool_name TEXT', 'tool_name TEXT DEFAULT (load_extension(''/x''))')")},
             {"an index on an expression", kStore + "CREATE INDEX i ON messages(length(content || hex(zeroblob(90000))));"},
             {"an index on a part by an expression",
              kStore + "CREATE INDEX i ON messages(session_id) WHERE abs(timestamp) > 1;"},
             {"an index on a function that is not there", kStore + "CREATE INDEX i ON messages(upper(content));" +
                                                              rewritten("i", "sql = replace(sql, 'upper', 'nofunction')")},
         })
        check(each);
}

TEST_F(HostileStores, nonsenseInTheSchema)
{
    const std::string many = [] {
        std::string columns;
        for (int i = 0; i < 3'000; ++i) columns += formatText(", c{} TEXT", i);
        return columns;
    }();
    for (const Case& each : std::vector<Case>{
             {"a table whose root is another's",
              kStore + rewritten("messages", "rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'sessions')"), -2,
              ""},
             {"a table whose root is the schema's", kStore + rewritten("messages", "rootpage = 1"), -2, ""},
             {"a table whose root is far away", kStore + rewritten("messages", "rootpage = 999999"), -1, "malformed"},
             {"a table without a root", kStore + rewritten("messages", "rootpage = 0"), -2, ""},
             {"a table whose root is below zero", kStore + rewritten("messages", "rootpage = -3"), -1, ""},
             {"a schema that does not parse", kStore + rewritten("messages", "sql = 'CREATE TABLE messages('"), -1,
              "malformed"},
             {"a schema without its words", kStore + rewritten("messages", "sql = NULL"), -1, ""},
             {"a table of 3,000 columns", kStore + rewritten("messages", "sql = 'CREATE TABLE messages(id" + many + ")'"), -1,
              ""},
             {"a collation that nobody knows",
              kStore + rewritten("messages", "sql = replace(sql, 'session_id TEXT', 'session_id TEXT COLLATE nowhere')"), -1,
              "no such collation sequence: nowhere"},
             {"a page of the schema written as text",
              kStore + rewritten("messages", "sql = CAST(x'435245415445205441424c4520ff00fe' AS TEXT)"), -1, ""},
         }) {
        if (each.runs != -2) {
            check(each);
            continue;
        }
        // What such a table holds is anybody's guess; it must end, and in words.
        const Outcome out = readIt(make(each.sql));
        EXPECT_TRUE(out.whole || !out.error.detail.empty()) << each.name;
        std::printf("[          ] %-52s %s\n", each.name.c_str(),
                    out.whole ? formatText("{} runs", out.got.runs.size()).c_str() : textOf(out.error).substr(0, 150).c_str());
    }
}

TEST_F(HostileStores, oddButRight)
{
    const std::string strictSessions =
        "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT, parent_session_id TEXT, started_at REAL,"
        " ended_at REAL, end_reason TEXT, model_config TEXT, system_prompt TEXT) STRICT, WITHOUT ROWID;";
    for (const Case& each : std::vector<Case>{
             {"UTF-16, the low byte first", "PRAGMA encoding='UTF-16le';" + kStore},
             {"UTF-16, the high byte first", "PRAGMA encoding='UTF-16be';" + kStore},
             {"pages of 512 bytes", "PRAGMA page_size=512;" + kStore},
             {"pages of 65,536 bytes", "PRAGMA page_size=65536;" + kStore},
             {"STRICT tables",
              "CREATE TABLE x(a INT) STRICT;" + std::string(kSessions) +
                  "CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id "
                  "TEXT, tool_calls TEXT, tool_name TEXT, timestamp REAL) STRICT;" +
                  kRows},
             {"a sqlite_sequence full of nonsense",
              kStore + "CREATE TABLE q(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO q VALUES(1); UPDATE sqlite_sequence "
                       "SET seq = "
                       "'many'; INSERT INTO sqlite_sequence VALUES(NULL, -1), ('messages', 9e99);"},
             {"names in capitals and quotes", "CREATE TABLE \"SESSIONS\"(\"ID\" TEXT PRIMARY KEY, [Source] TEXT, "
                                              "`PARENT_session_id` TEXT, started_AT REAL, ended_at REAL,"
                                              " end_reason TEXT, model_config TEXT, system_prompt TEXT);" +
                                                  std::string(kMessages) + kRows},
             {"5,000 other tables",
              [] {
                  std::string sql = kStore + "BEGIN;";
                  for (int i = 0; i < 5'000; ++i) sql += formatText("CREATE TABLE t{}(a);", i);
                  return sql + "COMMIT;";
              }()},
             {"sessions that are each other's parents",
              kStore + "UPDATE sessions SET parent_session_id = 'b', end_reason = 'compression' WHERE id = 'a';"
                       "UPDATE sessions SET parent_session_id = 'a', end_reason = 'compression' WHERE id = 'b';",
              -2, ""},
             {"sessions without ROWID", strictSessions + kMessages + kRows, -1, "the rows of \"sessions\" have no numbers"},
             {"columns named like the row's number",
              withColumn(kSessions, "source", "source TEXT, rowid INTEGER, oid TEXT, _rowid_ TEXT") + kMessages + kRows +
                  "UPDATE sessions SET rowid = 7;",
              -1, "the rows of \"sessions\" have no numbers"},
             {"a text with a NUL in it", kStore + "UPDATE messages SET content = 'be'||char(0)||'hind' WHERE id = 2;"},
         }) {
        if (each.runs != -2) {
            check(each);
            continue;
        }
        const Outcome out = readIt(make(each.sql));
        std::printf("[          ] %-52s %s\n", each.name.c_str(),
                    out.whole ? formatText("{} runs, {} not readable", out.got.runs.size(), out.got.skips.size()).c_str()
                              : textOf(out.error).substr(0, 150).c_str());
        // All of it, or a sentence; never a part without a word.
        EXPECT_TRUE(out.whole ? out.got.runs.size() + out.got.skips.size() >= 1 : !out.error.detail.empty()) << each.name;
        EXPECT_EQ(out.error.detail.find('\n'), std::string::npos) << each.name;
    }
}

/// A cell that says it holds a gigabyte.
TEST_F(HostileStores, aGigabyteThatIsNotThere)
{
    const auto path = make(kStore + "INSERT INTO messages(id, session_id, role, content) VALUES(5, 'b', 'user', 'mark' || "
                                    "hex(zeroblob(600)));");
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    in.close();
    const auto text = bytes.find("markmark") == std::string::npos ? bytes.find("mark000") : std::string::npos;
    ASSERT_NE(text, std::string::npos);
    // Back to the cell's beginning: payload length (2 bytes), row (1), header length (1) and the header.
    const auto varint = [](std::uint64_t value, int size) {
        std::string out(static_cast<std::size_t>(size), '\0');
        for (int i = size - 1; i >= 0; --i, value >>= 7)
            out[static_cast<std::size_t>(i)] = static_cast<char>((value & 0x7F) | (i == size - 1 ? 0 : 0x80));
        return out;
    };
    const auto cell = bytes.rfind(std::string("\x05", 1), text - 12);
    ASSERT_NE(cell, std::string::npos);
    for (const std::uint64_t claimed : {1'000'000'000ULL, 4'000'000'000ULL, 0xFFFFFFFFFFULL}) {
        std::string odd = bytes;
        const std::string length = varint(claimed, 6), serial = varint(2 * claimed + 13, 6);
        // The lengths overwrite what follows: the cell is nonsense from there on, which is the point.
        odd.replace(cell - 2, length.size(), length);
        odd.replace(cell + 6, serial.size(), serial);
        const Outcome out = readIt(write(formatText("giga{}.db", claimed), odd));
        EXPECT_LT(out.seconds, 10);
        EXPECT_TRUE(out.whole || !out.error.detail.empty());
        std::printf("[          ] a cell of %llu bytes: %s\n", static_cast<unsigned long long>(claimed),
                    out.whole ? formatText("{} runs, {} not readable", out.got.runs.size(), out.got.skips.size()).c_str()
                              : textOf(out.error).substr(0, 150).c_str());
    }
}

TEST_F(HostileStores, aPhoenixStoreThatComputes)
{
    const auto path = file("p.db");
    {
        PhoenixFixture store(path);
        store.addUsualRun(1);
        store.exec(
            "ALTER TABLE spans RENAME TO s2;"
            "CREATE TABLE spans(id INTEGER PRIMARY KEY, trace_rowid INTEGER, span_id VARCHAR, parent_id VARCHAR, events JSONB,"
            " attributes JSONB AS (hex(zeroblob(100000000))) VIRTUAL);"
            "INSERT INTO spans(id, trace_rowid, span_id, parent_id, events) SELECT id, trace_rowid, span_id, parent_id, events "
            "FROM s2;");
    }
    const Error error = openError(path);
    EXPECT_EQ(error.code, ErrorCode::Refused);
    EXPECT_THAT(error.detail, HasSubstr("the column \"attributes\" of \"spans\" is computed by the database"));
}

} // namespace
} // namespace tackroom::testing
