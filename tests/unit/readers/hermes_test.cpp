// SPDX-License-Identifier: GPL-3.0-or-later
// No real state.db can be had, so each generation's tables are written here from the facts of upstream's hermes_state*.py.
#include "core/base/format.h"
#include "core/base/hash.h"
#include "tests/unit/readers/storetest.h"

namespace tackroom::testing
{
namespace
{

/// Schema version 1: what every generation has.
constexpr auto kFirst =
    "CREATE TABLE schema_version(version INTEGER NOT NULL);"
    "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT NOT NULL, user_id TEXT, model TEXT, model_config TEXT,"
    " system_prompt TEXT, parent_session_id TEXT, started_at REAL NOT NULL, ended_at REAL, end_reason TEXT,"
    " message_count INTEGER DEFAULT 0, tool_call_count INTEGER DEFAULT 0, input_tokens INTEGER DEFAULT 0,"
    " output_tokens INTEGER DEFAULT 0, FOREIGN KEY(parent_session_id) REFERENCES sessions(id));"
    "CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions(id),"
    " role TEXT NOT NULL, content TEXT, tool_call_id TEXT, tool_calls TEXT, tool_name TEXT, timestamp REAL NOT NULL,"
    " token_count INTEGER);"
    "CREATE INDEX idx_messages_session ON messages(session_id, timestamp);"
    "INSERT INTO schema_version VALUES(1);";
/// Up to version 6: prices, reasoning, titles.
constexpr auto kSixth = "ALTER TABLE messages ADD finish_reason TEXT; ALTER TABLE sessions ADD title TEXT;"
                        "ALTER TABLE sessions ADD cache_read_tokens INTEGER DEFAULT 0;"
                        "ALTER TABLE sessions ADD cache_write_tokens INTEGER DEFAULT 0;"
                        "ALTER TABLE sessions ADD estimated_cost_usd REAL; ALTER TABLE sessions ADD actual_cost_usd REAL;"
                        "ALTER TABLE messages ADD reasoning TEXT; ALTER TABLE messages ADD reasoning_details TEXT;"
                        "UPDATE schema_version SET version = 6;";
/// Up to version 30: prompts in a table of their own, rows that were taken back or compacted, where it ran.
constexpr auto kThirtieth =
    "CREATE TABLE system_prompts(hash TEXT PRIMARY KEY, prompt TEXT NOT NULL);"
    "ALTER TABLE sessions ADD system_prompt_hash TEXT; ALTER TABLE sessions ADD git_repo_root TEXT;"
    "ALTER TABLE sessions ADD cwd TEXT; ALTER TABLE sessions ADD profile_name TEXT;"
    "ALTER TABLE sessions ADD rewind_count INTEGER NOT NULL DEFAULT 0; ALTER TABLE messages ADD reasoning_content TEXT;"
    "ALTER TABLE messages ADD active INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE messages ADD compacted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD _compressed_summary INTEGER NOT NULL DEFAULT 0;"
    "CREATE VIRTUAL TABLE messages_fts USING fts5(content, content=messages, content_rowid=id);"
    "CREATE VIEW messages_fts_src AS SELECT id, content FROM messages;"
    "UPDATE schema_version SET version = 30;";

class Hermes : public DatabaseStoreTest
{
protected:
    struct Row {
        std::string session, role, content;
        double time = 0;
        std::string calls = {}, callId = {}, tool = {}, more = {}, moreValues = {};
    };
    static void say(DatabaseFixture& db, const Row& row)
    {
        const auto orNull = [](const std::string& text) { return text.empty() ? std::string("NULL") : q(text); };
        db.exec(formatText("INSERT INTO messages(session_id, role, content, timestamp, tool_calls, tool_call_id, tool_name{}) "
                           "VALUES({}, {}, {}, {}, {}, {}, {}{})",
                           row.more, q(row.session), q(row.role), q(row.content), row.time, orNull(row.calls),
                           orNull(row.callId), orNull(row.tool), row.moreValues));
    }
    static void usualRun(DatabaseFixture& db, const std::string& id = "s1", double at = 1000)
    {
        db.exec(formatText("INSERT INTO sessions(id, source, user_id, model, system_prompt, started_at, ended_at, end_reason, "
                           "message_count, input_tokens, output_tokens) "
                           "VALUES({}, 'cli', 'ana', 'm-1', 'You are Hermes.', {}, {}, 'cli_close', 4, 100, 20)",
                           q(id), at, at + 60));
        say(db, {id, "user", "list the files", at + 1});
        say(db, {id, "assistant", "I look.", at + 3,
                 R"([{"id":"c1","type":"function","function":{"name":"terminal","arguments":"{\"command\":\"ls\"}"}}])"});
        say(db, {id, "tool", R"({"output":"no such folder","exit_code":2,"error":null})", at + 4, "", "c1", "terminal"});
        say(db, {id, "assistant", "There are none.", at + 6});
    }
};

TEST_F(Hermes, theFirstGenerationIsReadWhole)
{
    DatabaseFixture db(file("state.db"));
    db.exec(kFirst);
    usualRun(db);
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().kind, "hermes-state");
    EXPECT_EQ(reader->info().schema, "hermes (schema version 1)");
    EXPECT_EQ(reader->info().note, "");
    Collector got;
    ingest(*reader, got);
    ASSERT_EQ(got.order, std::vector<std::string>{"s1"});
    const RunRecord& record = got.runs.at("s1");
    const auto& run = record.run;
    EXPECT_EQ(run.key, runKeyOf("hermes-state", "s1"));
    EXPECT_EQ(run.sessionId, "s1");
    EXPECT_EQ(run.userId, "ana");
    EXPECT_EQ(run.project, "cli");
    EXPECT_EQ(run.task, "list the files");
    EXPECT_EQ(run.answer, "There are none.");
    EXPECT_EQ(run.harnessVersion, sha256Hex("You are Hermes."));
    EXPECT_EQ(run.harnessVersionSource, "system prompt hash");
    EXPECT_EQ(run.promptTokens, 100);
    EXPECT_EQ(run.completionTokens, 20);
    EXPECT_FALSE(run.costUsd);
    EXPECT_EQ(run.start, 1000'000'000'000);
    EXPECT_EQ(run.end, 1060'000'000'000);
    EXPECT_EQ(run.stepCount, 3);
    EXPECT_EQ(run.errorCount, 1);
    EXPECT_EQ(run.status, StepStatus::Unset);
    ASSERT_EQ(record.steps.size(), 3U);
    const Step& said = stepOf(record, "m2"); // behind the system prompt and the question
    EXPECT_EQ(said.model, "m-1");
    EXPECT_EQ(said.inputText, "list the files");
    EXPECT_EQ(said.start, 1001'000'000'000);
    EXPECT_EQ(said.end, 1003'000'000'000);
    const Step& call = stepOf(record, "m2.c1");
    EXPECT_EQ(call.toolName, "terminal");
    EXPECT_EQ(call.arguments, R"({"command":"ls"})");
    EXPECT_EQ(call.status, StepStatus::Error);
    EXPECT_EQ(call.start, 1003'000'000'000);
    EXPECT_EQ(call.end, 1004'000'000'000);
    EXPECT_TRUE(got.skips.empty());

    const Body body = fetch(*reader, "s1", "");
    ASSERT_EQ(body.messages.size(), 5U);
    EXPECT_EQ(body.messages[0].role, "system");
    EXPECT_EQ(body.messages[0].content, "You are Hermes.");
    EXPECT_EQ(body.messages[2].toolCalls.at(0).name, "terminal");
    EXPECT_EQ(body.messages[3].stepId, "m2.c1");
    EXPECT_EQ(fetch(*reader, "s1", "m2.c1").input, R"({"command":"ls"})");
    EXPECT_EQ(fetch(*reader, "s1", "m4").messages.size(), 5U);
    const auto missing = reader->fetch("s9", "", 100);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

TEST_F(Hermes, compressedSessionsAreOneRunAndCopiesAreToldOnce)
{
    DatabaseFixture db(file("state.db"));
    db.exec(std::string(kFirst) + kSixth);
    db.exec("INSERT INTO sessions(id, source, model, started_at, ended_at, end_reason, input_tokens, cache_read_tokens, "
            "cache_write_tokens, output_tokens, estimated_cost_usd, actual_cost_usd) VALUES"
            "('a', 'cli', 'm-1', 100, 200, 'compression', 10, 5, 1, 2, 0.5, 0.25),"
            "('b', 'cli', 'm-2', 200, NULL, NULL, 20, 0, 0, 4, 0.5, NULL)");
    db.exec("UPDATE sessions SET parent_session_id = 'a' WHERE id = 'b'");
    say(db, {"a", "user", "begin", 101});
    say(db, {"a", "assistant", "one", 102});
    say(db, {"a", "user", "go on", 103});
    say(db, {"a", "assistant", "two", 104});
    say(db, {"b", "user", "begin", 201}); // the head, copied with a new time
    say(db, {"b", "user", "[CONTEXT COMPACTION] it began and said one", 202});
    say(db, {"b", "user", "go on", 203});
    say(db, {"b", "assistant", "two", 204});
    say(db, {"b", "user", "go on", 205}); // not a copy: something new was said before
    say(db, {"b", "assistant", "three", 206});
    say(db, {"b", "user", "go on", 207});
    say(db, {"b", "assistant", "four", 208});
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    Collector got;
    ingest(*reader, got);
    ASSERT_EQ(got.runs.size(), 1U);
    const RunRecord& record = got.runs.at("a");
    EXPECT_EQ(record.run.promptTokens, 36);
    EXPECT_EQ(record.run.completionTokens, 6);
    EXPECT_DOUBLE_EQ(record.run.costUsd.value_or(0), 0.75); // what was paid, and what is estimated of the other
    EXPECT_EQ(record.run.answer, "four");
    EXPECT_EQ(record.run.end, 208'000'000'000); // still open
    std::vector<std::string> texts;
    for (const auto& message : fetch(*reader, "a", "").messages) texts.push_back(message.content);
    // "go on" of 205 equals an earlier one and stands behind copies only: it cannot be told from a copy, and is left out.
    EXPECT_THAT(texts, ::testing::ElementsAre("begin", "one", "go on", "two", "[CONTEXT COMPACTION] it began and said one",
                                              "three", "go on", "four"));
    EXPECT_EQ(stepOf(record, "m1").model, "m-1");
    EXPECT_EQ(stepOf(record, "m5").model, "m-2");
}

TEST_F(Hermes, branchesSubAgentsAndFreshStartsAreRunsOfTheirOwn)
{
    DatabaseFixture db(file("state.db"));
    db.exec(kFirst);
    // Each of them would be the better continuation of "a" than "next", if it were one.
    db.exec("INSERT INTO sessions(id, source, parent_session_id, started_at, ended_at, end_reason, model_config) VALUES"
            "('a', 'cli', NULL, 100, 200, 'compression', NULL),"
            "('tool', 'tool', 'a', 206, NULL, NULL, NULL),"
            "('early', 'cli', 'a', 150, 160, 'compression', NULL),"
            "('branch', 'cli', 'a', 205, NULL, NULL, '{\"_branched_from\":\"a\"}'),"
            "('sub', 'cli', 'a', 205, NULL, NULL, '{\"_delegate_from\":\"a\"}'),"
            "('fresh', 'cli', 'a', 205, NULL, NULL, '{\"_reset_from\":\"a\"}'),"
            "('late', 'cli', 'a', 250, 260, 'done', NULL),"
            "('next', 'cli', 'a', 203, NULL, NULL, '{\"_branched_from\":\"elsewhere\"}'),"
            "('after', 'cli', 'next', 300, NULL, NULL, NULL)");
    for (const char* id : {"a", "tool", "early", "branch", "sub", "fresh", "late", "next", "after"})
        say(db, {id, "user", std::string("I am ") + id, 101});
    const Collector got = readAll(db.path());
    std::vector<std::string> ids;
    for (const auto& [id, record] : got.runs) {
        ids.push_back(id);
        EXPECT_EQ(record.run.sessionId, "a") << id;
    }
    EXPECT_THAT(ids, ::testing::ElementsAre("a", "after", "branch", "early", "fresh", "late", "sub", "tool"));
    EXPECT_EQ(got.order.front(), "after"); // newest first
}

TEST_F(Hermes, sessionsInACircleAreRead)
{
    DatabaseFixture db(file("state.db"));
    db.exec(kFirst);
    db.exec("INSERT INTO sessions(id, source, parent_session_id, started_at, ended_at, end_reason) VALUES"
            "('a', 'cli', 'b', 100, 100, 'compression'), ('b', 'cli', 'a', 100, 100, 'compression'),"
            "('self', 'cli', 'self', 100, 100, 'compression')");
    say(db, {"b", "user", "hello", 101});
    const Collector got = readAll(db.path());
    EXPECT_EQ(got.runs.size(), 2U);
    EXPECT_EQ(got.runs.at("a").run.task, "hello");
}

TEST_F(Hermes, theThirtiethGeneration)
{
    DatabaseFixture db(file("state.db"));
    db.exec(std::string(kFirst) + kSixth + kThirtieth);
    db.exec("INSERT INTO system_prompts VALUES('abc123', 'You are the newest.');"
            "INSERT INTO sessions(id, source, profile_name, git_repo_root, cwd, system_prompt_hash, started_at) "
            "VALUES('s', 'telegram', 'work', '/home/ana/shop', '/home/ana/shop/src', 'abc123', 500)");
    const std::string parts = std::string("\0json:", 6) + R"([{"type":"text","text":"what is this"},{"type":"image_url"}])";
    say(db, {"s", "session_meta", "{}", 500});
    say(db,
        {.session = "s", .role = "user", .content = parts, .time = 501, .more = ", active, compacted", .moreValues = ", 0, 1"});
    say(db,
        {.session = "s", .role = "assistant", .content = "taken back", .time = 502, .more = ", active", .moreValues = ", 0"});
    say(db, {.session = "s",
             .role = "user",
             .content = "[CONTEXT SUMMARY]: a picture",
             .time = 503,
             .more = ", _compressed_summary",
             .moreValues = ", 1"});
    say(db, {"s", "user", parts, 501}); // kept beside its summary
    say(db, {.session = "s",
             .role = "assistant",
             .content = "A horse.",
             .time = 505,
             .more = ", reasoning_content",
             .moreValues = ", 'four legs'"});
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().schema, "hermes (schema version 30)");
    Collector got;
    ingest(*reader, got);
    const RunRecord& record = got.runs.at("s");
    EXPECT_EQ(record.run.harnessVersion, "abc123");
    EXPECT_EQ(record.run.agentName, "work");
    EXPECT_EQ(record.run.project, "/home/ana/shop");
    EXPECT_EQ(record.run.task, "what is this\n[image]");
    EXPECT_EQ(record.run.answer, "A horse.");
    ASSERT_EQ(record.steps.size(), 1U);
    EXPECT_EQ(record.steps[0].nativeId, "m3");
    const Body body = fetch(*reader, "s", "");
    ASSERT_EQ(body.messages.size(), 4U);
    EXPECT_EQ(body.messages[0].content, "You are the newest.");
    EXPECT_EQ(body.messages[3].content, "[reasoning]\nfour legs\n[/reasoning]\n\nA horse.");
    EXPECT_EQ(body.messages[3].stepId, "m3");

    db.exec("UPDATE schema_version SET version = 31");
    EXPECT_THAT(open(db.path())->info().note, ::testing::HasSubstr("31 is newer than 30"));
}

TEST_F(Hermes, answersAndDenialsAreDecisions)
{
    DatabaseFixture db(file("state.db"));
    db.exec(kFirst);
    db.exec("INSERT INTO sessions(id, source, user_id, started_at) VALUES('s', 'cli', 'ana', 100)");
    say(db, {"s", "user", "clean up", 101});
    say(db,
        {"s", "assistant", "", 102,
         R"([{"id":"1","function":{"name":"clarify","arguments":"{}"}},{"id":"2","function":{"name":"clarify","arguments":"{}"}},)"
         R"({"id":"3","function":{"name":"clarify","arguments":"{}"}},)"
         R"({"id":"4","function":{"name":"terminal","arguments":"{\"command\":\"rm -r x\"}"}}])"});
    say(db,
        {"s", "tool", R"({"question":"Which one?","choices_offered":["x","y"],"user_response":"x"})", 103, "", "1", "clarify"});
    say(db, {"s", "tool",
             R"({"question":"And?","user_response":"The user did not provide a response within the time limit. Go on."})", 104,
             "", "2", "clarify"});
    say(db,
        {"s", "tool", R"({"responses":[{"question":"Sure?","user_response":"yes"},{"question":"Now?","user_response":""}]})",
         105, "", "3", "clarify"});
    say(db, {"s", "tool", R"({"output":"","exit_code":-1,"error":"BLOCKED: User denied this command. Do NOT retry."})", 106, "",
             "4", "terminal"});
    const Collector got = readAll(db.path());
    const RunRecord& record = got.runs.at("s");
    ASSERT_EQ(record.decisions.size(), 3U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Answer);
    EXPECT_EQ(record.decisions[0].target, "Which one?");
    EXPECT_EQ(record.decisions[0].after, "x");
    EXPECT_EQ(record.decisions[0].by, "ana");
    EXPECT_EQ(record.decisions[0].stepId, "m1.c1");
    EXPECT_EQ(record.decisions[0].time, 103'000'000'000);
    EXPECT_EQ(record.decisions[1].target, "Sure?");
    EXPECT_EQ(record.decisions[2].kind, DecisionKind::Reject);
    EXPECT_EQ(record.decisions[2].target, R"({"command":"rm -r x"})");
    EXPECT_EQ(record.run.errorCount, 1);
}

TEST_F(Hermes, onlyWhatIsNewIsReadAgain)
{
    DatabaseFixture db(file("state.db"));
    db.exec(kFirst);
    for (int i = 0; i < 40; ++i) usualRun(db, formatText("s{:02}", i), 1000 + i * 100);
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    Collector first;
    const std::string cursor = ingest(*reader, first);
    EXPECT_EQ(first.runs.size(), 40U);
    EXPECT_EQ(first.order.front(), "s39");
    const std::string print = *reader->fingerprint();

    Collector nothing;
    EXPECT_EQ(ingest(*reader, nothing, cursor), cursor);
    EXPECT_EQ(nothing.startedOver, 0);
    EXPECT_TRUE(nothing.runs.empty());

    usualRun(db, "new", 9000);
    say(db, {"s07", "user", "one more", 9100});
    EXPECT_NE(*reader->fingerprint(), print);
    Collector more;
    const std::string later = ingest(*reader, more, cursor);
    EXPECT_EQ(more.startedOver, 0);
    EXPECT_TRUE(more.runs.contains("new"));
    EXPECT_TRUE(more.runs.contains("s07"));
    EXPECT_LE(more.runs.size(), 6U); // what shares a bucket comes along

    db.exec("UPDATE sessions SET ended_at = 99999 WHERE id = 's03'");
    Collector changed;
    ingest(*reader, changed, later);
    EXPECT_TRUE(changed.runs.contains("s03"));
    EXPECT_EQ(changed.startedOver, 0);

    db.exec("DELETE FROM messages WHERE session_id = 's05'; DELETE FROM sessions WHERE id = 's05'");
    Collector fewer;
    ingest(*reader, fewer, later);
    EXPECT_EQ(fewer.startedOver, 1);
    EXPECT_EQ(fewer.runs.size(), 40U);

    Collector garbage;
    ingest(*reader, garbage, R"({"version":1,"highest":99,"ids":"xyz","states":"01"})");
    EXPECT_EQ(garbage.startedOver, 1);
}

TEST_F(Hermes, brokenValuesAreSkippedAndTheRestIsRead)
{
    DatabaseFixture db(file("state.db"));
    db.exec(kFirst);
    db.exec("INSERT INTO sessions(id, source, started_at, ended_at, model_config) VALUES('s', 'cli', 'no time', 5e246, '{{')");
    say(db, {"s", "user", "hi \xff\xfe", 101});
    say(db, {"s", "assistant", "yes", 1e300, R"([{"id":"1","function")"});
    say(db, {"s", "tool", "{broken", 102, "", "1", "x"});
    say(db, {"gone", "user", "of no session", 102});
    const Collector got = readAll(db.path());
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_EQ(got.runs.at("s").run.task, "hi \uFFFD\uFFFD");
    EXPECT_EQ(got.runs.at("s").run.stepCount, 2);
    EXPECT_EQ(got.runs.at("s").run.start, 101'000'000'000);
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_EQ(got.skips[0].first, "message 2 of session s");
}

TEST_F(Hermes, otherSessionsAndViewsAreNotHermes)
{
    DatabaseFixture other(file("other.db"));
    other.exec("CREATE TABLE sessions(id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT, created_at INTEGER);"
               "CREATE TABLE messages(id TEXT PRIMARY KEY, session_id TEXT, role TEXT, parts TEXT)");
    EXPECT_EQ(openError(other.path()).code, ErrorCode::UnknownFormat);
    DatabaseFixture view(file("view.db"));
    view.exec(std::string(kFirst) + "DROP TABLE messages; CREATE VIEW messages AS SELECT 1 AS id");
    const Error error = openError(view.path());
    EXPECT_EQ(error.code, ErrorCode::Refused);
    EXPECT_THAT(error.detail, ::testing::HasSubstr("is a view"));
}

} // namespace
} // namespace tackroom::testing
