// SPDX-License-Identifier: GPL-3.0-or-later
// Databases whose bytes and whose texts were damaged: whatever is read of them, the answer is a value or an error.
#include "core/base/format.h"

#include "tests/unit/readers/storetest.h"

#include <array>
#include <random>

namespace tackroom::testing
{
namespace
{

constexpr int kDamagedCopies = 60;

constexpr std::array kStores{
    "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT, parent_session_id TEXT, started_at REAL, ended_at REAL,"
    " end_reason TEXT, model_config TEXT, system_prompt TEXT);"
    "CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id TEXT, tool_calls "
    "TEXT,"
    " tool_name TEXT, timestamp REAL);"
    "INSERT INTO sessions VALUES('a','cli',NULL,1,2,'compression','{\"x\":[1]}','you'),('b','cli','a',2,3,NULL,'{}',NULL);"
    "INSERT INTO messages VALUES(1,'a','user','hi',NULL,NULL,NULL,1),"
    "(2,'a','assistant','',NULL,'[{\"id\":\"c\",\"function\":{\"name\":\"t\",\"arguments\":\"{}\"}}]',NULL,2),"
    "(3,'a','tool','{\"error\":\"no\"}','c',NULL,'t',3),(4,'b','assistant','done',NULL,NULL,NULL,4);",
    "CREATE TABLE conversations(id TEXT PRIMARY KEY, name TEXT, model TEXT);"
    "CREATE TABLE responses(id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT, response_json TEXT,"
    " conversation_id TEXT, duration_ms INTEGER, datetime_utc TEXT);"
    "CREATE TABLE messages(hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);"
    "CREATE TABLE parts(id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, text TEXT, payload TEXT);"
    "CREATE TABLE turns(id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, model TEXT);"
    "INSERT INTO responses VALUES('r','m','p','s','a','{\"usage\":{\"prompt_tokens\":1}}','c',5,'2025-01-01T00:00:00');"
    "INSERT INTO messages VALUES('u',NULL,'user'),('t','u','assistant');"
    "INSERT INTO parts VALUES(1,'u',0,'text',NULL,'{\"text_ref\":[{\"literal\":\"x\"},{\"fragment\":1}]}'),"
    "(2,'t',0,'tool_call',NULL,'{\"name\":\"n\",\"arguments\":{\"a\":1},\"tool_call_id\":\"i\"}');"
    "INSERT INTO turns VALUES('tt','th','u','t','m');",
    "CREATE TABLE experiments(experiment_id INTEGER PRIMARY KEY, name TEXT, lifecycle_stage TEXT);"
    "CREATE TABLE trace_info(request_id TEXT PRIMARY KEY, experiment_id INTEGER, timestamp_ms INTEGER, execution_time_ms "
    "INTEGER,"
    " status TEXT);"
    "CREATE TABLE trace_tags(key TEXT, value TEXT, request_id TEXT);"
    "CREATE TABLE spans(trace_id TEXT, span_id TEXT, parent_span_id TEXT, name TEXT, type TEXT, status TEXT,"
    " start_time_unix_nano INTEGER, end_time_unix_nano INTEGER, content TEXT);"
    "CREATE TABLE assessments(assessment_id TEXT, trace_id TEXT, name TEXT, assessment_type TEXT, value TEXT, source_type TEXT,"
    " overrides TEXT, valid INTEGER);"
    "INSERT INTO experiments VALUES(1,'e','active'); INSERT INTO trace_info "
    "VALUES('tr',1,1772438400000,5,'OK'),('t2',1,1,1,'OK');"
    "INSERT INTO trace_tags VALUES('mlflow.artifactLocation','file:///x/1/traces/t2/artifacts','t2'),"
    "('mlflow.linkedPrompts','[{\"name\":\"p\",\"version\":\"1\"}]','tr');"
    "INSERT INTO spans VALUES('tr','00000000000000a1',NULL,'n','AGENT','OK',1,2,"
    " '{\"status\":{\"code\":\"OK\"},\"attributes\":{\"mlflow.spanInputs\":\"\\\"q\\\"\"},\"events\":[{\"name\":\"exception\"}]"
    "}');"
    "INSERT INTO assessments "
    "VALUES('1','tr','ok','feedback','true','HUMAN','2',1),('2','tr','ok','feedback','\"no\"','CODE',NULL,0);",
    "CREATE TABLE agent_runs(id INTEGER PRIMARY KEY, thread_id TEXT, run_id TEXT, parent_run_id TEXT, events TEXT, input TEXT,"
    " created_at INTEGER);"
    "INSERT INTO agent_runs VALUES(1,'t','r',NULL,'[{\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"},"
    "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":\"n\"},{\"type\":\"RUN_FINISHED\",\"outcome\":"
    "{\"type\":\"interrupt\",\"interrupts\":[{\"id\":\"i\",\"toolCallId\":\"c\"}]}}]',"
    " '{\"threadId\":\"t\",\"runId\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}',5),"
    "(2,'t','s','r','[]','{\"resume\":[{\"interruptId\":\"i\",\"payload\":{\"approved\":true}}],\"messages\":[]}',6);"};

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
    for (std::size_t i = 0; i < kStores.size(); ++i) {
        const auto whole = file(formatText("whole{}.db", i));
        DatabaseFixture(whole).exec(kStores[i]);
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

TEST_F(DatabaseDamage, everyTextMayBeAnything)
{
    const std::array<std::string, 7> values{"NULL", "''", "'{'", "'[[[[{}]]]]'", "x'00ff00'", "-1e300", "9223372036854775807"};
    for (std::size_t i = 0; i < kStores.size(); ++i) {
        const auto path = file(formatText("s{}.db", i));
        DatabaseFixture db(path);
        db.exec(kStores[i]);
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
                    const std::string all = kStores[i];
                    for (auto at = all.find(formatText("INSERT INTO {} ", table)); at != std::string::npos;
                         at = all.find(formatText("INSERT INTO {} ", table), at + 1))
                        db.exec(all.substr(at, all.find(");", at) + 2 - at));
                }
        }
    }
}

} // namespace
} // namespace tackroom::testing
