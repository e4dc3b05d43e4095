// SPDX-License-Identifier: GPL-3.0-or-later
// Databases whose bytes and whose texts were damaged: whatever is read of them, the answer is a value or an error.
#include "core/base/format.h"
#include "tests/support/databaseseeds.h"
#include "tests/support/phoenixfixture.h"
#include "tests/unit/readers/storetest.h"

#include <array>
#include <random>

namespace tackroom::testing
{
namespace
{

constexpr int kDamagedCopies = 60;

class DatabaseDamage : public DatabaseStoreTest
{
protected:
    /// Reads all that can be read; answers whether the store was opened.
    static bool survives(const std::filesystem::path& path)
    {
        auto reader = openStore(path, {});
        if (!reader) return false;
        Collector got;
        const auto cursor = (*reader)->ingest({}, got, {});
        Collector again;
        const bool readAgain = !cursor || (*reader)->ingest(*cursor, again, {});
        EXPECT_TRUE(readAgain) << "what was read once is read again";
        for (const auto& [id, record] : got.runs) {
            (void)(*reader)->fetch(id, {}, 10'000);
            for (const Step& step : record.steps) (void)(*reader)->fetch(id, step.nativeId, 10'000);
        }
        (void)(*reader)->fetch("no such run", {}, 10);
        return true;
    }
};

TEST_F(DatabaseDamage, flippedBytesEndInAValueOrAnError)
{
    std::mt19937 random(20261121);
    int opened = 0;
    for (std::size_t i = 0; i < kDatabaseSeeds.size(); ++i) {
        const auto whole = file(formatText("whole{}.db", i));
        DatabaseFixture(whole).exec(kDatabaseSeeds[i].sql);
        ASSERT_TRUE(survives(whole)) << i;
        std::ifstream in(whole, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        for (int n = 0; n < kDamagedCopies; ++n) {
            std::string damaged = bytes;
            // Behind the header, which would only say that this is no database.
            for (unsigned k = 0; k <= random() % 12; ++k)
                damaged[100 + random() % (damaged.size() - 100)] = static_cast<char>(random());
            if (n % 6 == 0) damaged.resize(damaged.size() - random() % (damaged.size() / 2));
            opened += survives(write(formatText("d{}-{}.db", i, n), damaged));
        }
    }
    EXPECT_GT(opened, kDamagedCopies); // most of the damage lies where it is read
}

/// One page of many is lost: the runs on the others are read, and what is missing is named.
TEST_F(DatabaseDamage, aLostPageHidesNoOthers)
{
    constexpr int kRuns = 3'000;
    const std::array<std::pair<const char*, std::string>, 3> stores{
        std::pair{"sessions",
                  std::string(
                      "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT, parent_session_id TEXT, started_at REAL);"
                      "CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_calls TEXT,"
                      " timestamp REAL); CREATE INDEX m ON messages(session_id);"
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO sessions SELECT"
                      " printf('session-%06d', i), 'cli', NULL, i FROM n;"
                      "INSERT INTO messages(session_id, role, content, timestamp) SELECT id, 'user', 'q', started_at FROM "
                      "sessions;")},
        std::pair{
            "agent_runs",
            std::string(
                "CREATE TABLE agent_runs(id INTEGER PRIMARY KEY, thread_id TEXT, run_id TEXT, parent_run_id TEXT, events TEXT,"
                " input TEXT, created_at INTEGER);"
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO agent_runs SELECT i,"
                " 't'||i, printf('session-%06d', i), NULL, '[]', '{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}', i "
                "FROM n;")},
        std::pair{"traces", std::string()}};
    for (const auto& [table, sql] : stores) {
        const auto path = file(formatText("{}.db", table));
        if (sql.empty()) {
            PhoenixFixture store(path);
            store.exec("BEGIN");
            for (int i = 0; i < kRuns; ++i) store.addTrace(formatText("session-{:06}", i + 1), i);
            store.exec("INSERT INTO spans(trace_rowid, span_id, name, attributes, events) SELECT id, trace_id, 'n', '{}', '[]' "
                       "FROM traces");
            store.exec("COMMIT");
        } else {
            DatabaseFixture(path).exec(sql);
        }
        std::ifstream in(path, std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        in.close();
        // The table's own page comes before that of an index on it.
        const auto at = bytes.find("session-001500");
        ASSERT_NE(at, std::string::npos);
        bytes.replace(at / 4096 * 4096, 4096, std::string(4096, '\0'));
        ASSERT_EQ(write(path.filename().string(), bytes), path);
        const auto reader = open(path);
        ASSERT_TRUE(reader);
        Collector got;
        const auto done = reader->ingest({}, got, {});
        ASSERT_TRUE(done) << table << ": " << textOf(done.error());
        EXPECT_LT(got.runs.size(), static_cast<std::size_t>(kRuns)) << table;
        EXPECT_GT(got.runs.size(), static_cast<std::size_t>(kRuns) - 300) << table;
        ASSERT_FALSE(got.skips.empty()) << table;
        EXPECT_THAT(got.skips.back().second, ::testing::HasSubstr("rows could be read")) << table;
        EXPECT_TRUE(reader->fetch(RunAddress(got.runs.begin()->second.run), {}, 10'000)) << table;
        std::printf("[          ] %s: %zu of %d runs read; %s: %s\n", table, got.runs.size(), kRuns,
                    got.skips.back().first.c_str(), got.skips.back().second.c_str());
    }
}

TEST_F(DatabaseDamage, everyTextMayBeAnything)
{
    const std::array<std::string, 7> values{"NULL", "''", "'{'", "'[[[[{}]]]]'", "x'00ff00'", "-1e300", "9223372036854775807"};
    for (std::size_t i = 0; i < kDatabaseSeeds.size(); ++i) {
        const auto path = file(formatText("s{}.db", i));
        DatabaseFixture db(path);
        db.exec(kDatabaseSeeds[i].sql);
        for (const char* table : {"sessions", "messages", "responses", "parts", "turns", "trace_info", "trace_tags", "spans",
                                  "assessments", "agent_runs"}) {
            std::vector<std::string> columns;
            sqlite3_exec(
                db.handle(), formatText("SELECT name FROM pragma_table_info('{}') WHERE pk = 0", table).c_str(),
                [](void* out, int, char** row, char**) {
                    static_cast<std::vector<std::string>*>(out)->emplace_back(row[0]);
                    return 0;
                },
                &columns, nullptr);
            for (const auto& column : columns)
                for (const auto& value : values) {
                    db.exec("SAVEPOINT s");
                    db.exec(formatText("UPDATE {} SET \"{}\" = {}", table, column, value));
                    db.exec("RELEASE s");
                    survives(path);
                    // As it was, for the next.
                    db.exec(formatText("DELETE FROM {}", table));
                    const std::string all = kDatabaseSeeds[i].sql;
                    for (auto at = all.find(formatText("INSERT INTO {} ", table)); at != std::string::npos;
                         at = all.find(formatText("INSERT INTO {} ", table), at + 1))
                        db.exec(all.substr(at, all.find(");", at) + 2 - at));
                }
        }
    }
}

} // namespace
} // namespace tackroom::testing
