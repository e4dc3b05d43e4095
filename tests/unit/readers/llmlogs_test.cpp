// SPDX-License-Identifier: GPL-3.0-or-later
// No real logs.db can be had, so each generation's tables are written here from the facts of upstream's migrations.
#include "core/base/format.h"
#include "core/base/hash.h"
#include "tests/unit/readers/storetest.h"

namespace tackroom::testing
{
namespace
{

constexpr auto kConversations =
    "CREATE TABLE _llm_migrations(name TEXT PRIMARY KEY, applied_at TEXT);"
    "INSERT INTO _llm_migrations VALUES('m001_initial', ''), ('m010_create_new_log_tables', '');"
    "CREATE TABLE conversations(id TEXT PRIMARY KEY, name TEXT, model TEXT);"
    "CREATE TABLE responses(id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT,"
    " response TEXT, response_json TEXT, conversation_id TEXT REFERENCES conversations(id), duration_ms INTEGER,"
    " datetime_utc TEXT);"
    "CREATE VIRTUAL TABLE responses_fts USING fts5(prompt, response, content=responses);";
constexpr auto kTools =
    "INSERT INTO _llm_migrations VALUES('m021_tool_results_exception', '');"
    "ALTER TABLE responses ADD input_tokens INTEGER; ALTER TABLE responses ADD output_tokens INTEGER;"
    "ALTER TABLE responses ADD token_details TEXT; ALTER TABLE responses ADD schema_id TEXT;"
    "ALTER TABLE responses ADD resolved_model TEXT; ALTER TABLE responses ADD reasoning TEXT;"
    "CREATE TABLE attachments(id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);"
    "CREATE TABLE prompt_attachments(response_id TEXT, attachment_id TEXT, \"order\" INTEGER);"
    "CREATE TABLE fragments(id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);"
    "CREATE TABLE prompt_fragments(response_id TEXT, fragment_id INTEGER, \"order\" INTEGER);"
    "CREATE TABLE system_fragments(response_id TEXT, fragment_id INTEGER, \"order\" INTEGER);"
    "CREATE TABLE tools(id INTEGER PRIMARY KEY, hash TEXT, name TEXT, description TEXT, input_schema TEXT);"
    "CREATE TABLE tool_calls(id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT,"
    " tool_call_id TEXT);"
    "CREATE TABLE tool_results(id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, output TEXT,"
    " tool_call_id TEXT, exception TEXT);";
constexpr auto kTurns =
    "CREATE TABLE messages(hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT, provider_metadata TEXT);"
    "CREATE TABLE parts(id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, tool_name TEXT, text TEXT,"
    " payload TEXT);"
    "CREATE TABLE threads(id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT, datetime_utc TEXT);"
    "CREATE TABLE turns(id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, model TEXT,"
    " resolved_model TEXT, options_json TEXT, schema_id TEXT, input_tokens INTEGER, output_tokens INTEGER, token_details TEXT,"
    " duration_ms INTEGER, datetime_utc TEXT);";

class LlmLogs : public DatabaseStoreTest
{
protected:
    static std::vector<std::string> texts(StoreReader& reader, const std::string& run)
    {
        std::vector<std::string> all;
        for (const auto& message : fetch(reader, run, "").messages) all.push_back(message.role + ": " + message.content);
        return all;
    }
};

TEST_F(LlmLogs, theFirstTableOfAllHasNoIds)
{
    DatabaseFixture db(file("log.db"));
    db.exec("CREATE TABLE log(provider TEXT, system TEXT, prompt TEXT, response TEXT, model TEXT, timestamp TEXT);"
            "INSERT INTO log VALUES('openai', 'Be brief.', 'hi', 'Hello.', 'gpt-3.5', '2023-04-01T10:00:00'),"
            "('openai', NULL, 'bye', 'Bye.', 'gpt-4', '2023-04-02 10:00:00.250000')");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().kind, "llm-logs");
    EXPECT_EQ(reader->info().schema, "llm (log)");
    Collector got;
    ingest(*reader, got);
    EXPECT_EQ(got.order, (std::vector<std::string>{"log-2", "log-1"}));
    const RunRecord& first = got.runs.at("log-1");
    EXPECT_EQ(first.run.key, runKeyOf("llm-logs", "log-1"));
    EXPECT_EQ(first.run.task, "hi");
    EXPECT_EQ(first.run.answer, "Hello.");
    EXPECT_EQ(first.run.harnessVersion, sha256Hex("Be brief."));
    EXPECT_EQ(first.run.harnessVersionSource, "system prompt hash");
    EXPECT_EQ(formatTime(first.run.start), "2023-04-01T10:00:00Z");
    EXPECT_EQ(first.steps.at(0).model, "gpt-3.5");
    EXPECT_EQ(got.runs.at("log-2").run.harnessVersion, "");
    EXPECT_EQ(formatTime(got.runs.at("log-2").run.start), "2023-04-02T10:00:00.250Z");
}

TEST_F(LlmLogs, logsAreJoinedByTheirChat)
{
    DatabaseFixture db(file("logs.db"));
    db.exec(
        "CREATE TABLE logs(id INTEGER PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT,"
        " response TEXT, response_json TEXT, reply_to_id INTEGER, chat_id INTEGER, duration_ms INTEGER, datetime_utc TEXT);"
        "INSERT INTO logs(id, model, prompt, response, response_json, chat_id, reply_to_id, duration_ms, datetime_utc) VALUES"
        "(1, 'm', 'one', 'ONE', '{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}', NULL, NULL, 1500,"
        " '2023-06-01T00:00:00'),"
        "(2, 'm', 'alone', 'ALONE', NULL, NULL, NULL, NULL, NULL),"
        "(3, 'm', 'two', 'TWO', NULL, 1, NULL, NULL, NULL), (4, 'm', 'three', 'THREE', NULL, NULL, 3, NULL, NULL),"
        "(5, 'm', 'self', 'SELF', NULL, 5, NULL, NULL, NULL), (6, 'm', 'later', 'LATER', NULL, 99, NULL, NULL, NULL)");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().schema, "llm (logs)");
    Collector got;
    ingest(*reader, got);
    EXPECT_EQ(got.runs.size(), 4U);
    EXPECT_THAT(texts(*reader, "log-1"), ::testing::ElementsAre("user: one", "assistant: ONE", "user: two", "assistant: TWO",
                                                                "user: three", "assistant: THREE"));
    const RunRecord& record = got.runs.at("log-1");
    EXPECT_EQ(record.run.promptTokens, 7);
    EXPECT_EQ(record.run.completionTokens, 3);
    EXPECT_EQ(record.run.end - record.run.start, 1'500'000'000);
}

TEST_F(LlmLogs, conversationsWithToolsFragmentsAndAttachments)
{
    DatabaseFixture db(file("logs.db"));
    db.exec(std::string(kConversations) + kTools);
    db.exec(
        "INSERT INTO conversations VALUES('c1', 'Files', 'gpt-4o');"
        "INSERT INTO responses(id, model, resolved_model, prompt, system, response, conversation_id, duration_ms, datetime_utc,"
        " input_tokens, output_tokens, reasoning) VALUES"
        "('r1', 'gpt-4o', 'gpt-4o-2024', 'How many files?', 'You count.', '', 'c1', 2000, '2025-06-01T12:00:00.000000+00:00',"
        " 50, 5, 'I must look'),"
        "('r2', 'gpt-4o', NULL, '', 'You count.', 'Two tries failed.', 'c1', 1000, '2025-06-01T12:00:05.000000+00:00', 80, 9,"
        " NULL), ('r3', 'm2', NULL, 'alone', NULL, 'yes', NULL, 1, NULL, NULL, NULL, NULL);"
        "INSERT INTO tool_calls VALUES(1, 'r1', 1, 'count', '{\"path\": \"/a\"}', 'call_1'),"
        "(2, 'r1', 1, 'count', '{\"path\": \"/b\"}', 'call_2');"
        "INSERT INTO tool_results VALUES(1, 'r2', 1, 'count', 'none there', 'call_1', 'FileNotFoundError: /a'),"
        "(2, 'r2', 1, 'count', '3', 'call_2', NULL);"
        "INSERT INTO attachments VALUES('a1', 'image/png', '/home/x.png', NULL, x'00'), ('a2', 'text/plain', NULL, NULL, "
        "x'00');"
        "INSERT INTO prompt_attachments VALUES('r1', 'a2', 1), ('r1', 'a1', 0);"
        "INSERT INTO fragments VALUES(1, 'h1', 'FRAGMENT ONE', '', ''), (2, 'h2', 'RULES', '', '');"
        "INSERT INTO prompt_fragments VALUES('r1', 1, 0); INSERT INTO system_fragments VALUES('r1', 2, 0), ('r2', 2, 0);");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().schema, "llm (responses, m021_tool_results_exception)");
    EXPECT_EQ(reader->info().note, "");
    Collector got;
    ingest(*reader, got);
    EXPECT_EQ(got.runs.size(), 2U);
    EXPECT_EQ(got.runs.at("r3").run.answer, "yes");
    const RunRecord& record = got.runs.at("c1");
    EXPECT_EQ(record.run.sessionId, "c1");
    EXPECT_EQ(record.run.task, "FRAGMENT ONE\nHow many files?\n[attachment image/png: /home/x.png]\n[attachment text/plain]");
    EXPECT_EQ(record.run.answer, "Two tries failed.");
    EXPECT_EQ(record.run.harnessVersion, sha256Hex("RULES\nYou count."));
    EXPECT_EQ(record.run.promptTokens, 130);
    EXPECT_EQ(record.run.completionTokens, 14);
    EXPECT_EQ(record.run.errorCount, 1);
    EXPECT_EQ(formatTime(record.run.start), "2025-06-01T12:00:00Z");
    EXPECT_EQ(formatTime(record.run.end), "2025-06-01T12:00:06Z");
    ASSERT_EQ(record.steps.size(), 4U);
    EXPECT_EQ(stepOf(record, "m2").model, "gpt-4o-2024");
    EXPECT_EQ(stepOf(record, "m2.c1").status, StepStatus::Error);
    EXPECT_EQ(stepOf(record, "m2.c1").result, "none there");
    EXPECT_EQ(stepOf(record, "m2.c1").arguments, R"({"path": "/a"})");
    EXPECT_EQ(stepOf(record, "m2.c2").status, StepStatus::Ok);
    EXPECT_EQ(stepOf(record, "m5").completionTokens, 9);
    const Body body = fetch(*reader, "c1", "");
    ASSERT_EQ(body.messages.size(), 6U); // the system prompt once
    EXPECT_EQ(body.messages[2].content, "[reasoning]\nI must look\n[/reasoning]\n\n");
    EXPECT_EQ(body.messages[3].toolCallId, "call_1");
    EXPECT_EQ(fetch(*reader, "c1", "m2.c2").output, "3");
}

TEST_F(LlmLogs, turnsWalkTheTreeOfMessages)
{
    DatabaseFixture db(file("logs.db"));
    db.exec(std::string(kConversations) + kTools + kTurns);
    db.exec("INSERT INTO _llm_migrations VALUES('m023_message_store', '');"
            "INSERT INTO fragments VALUES(1, 'h1', 'a long novel', '', '');"
            "INSERT INTO messages VALUES('s', NULL, 'system', NULL), ('u', 's', 'user', NULL), ('a', 'u', 'assistant', NULL),"
            "('t', 'a', 'tool', NULL), ('b', 't', 'assistant', NULL), ('fork', 'u', 'assistant', NULL);"
            "INSERT INTO parts(message_hash, position, type, tool_name, text, payload) VALUES"
            "('s', 0, 'text', NULL, 'Be kind.', NULL),"
            "('u', 0, 'text', NULL, NULL, '{\"text_ref\":[{\"literal\":\"Read \"},{\"fragment\":1},{\"literal\":\"!\"}]}'),"
            "('u', 1, 'attachment', NULL, NULL, '{\"attachment\":{\"id\":\"a1\"}}'),"
            "('a', 1, 'tool_call', 'look', NULL, '{\"name\":\"look\",\"arguments\":{\"n\":1},\"tool_call_id\":\"x1\"}'),"
            "('a', 0, 'reasoning', NULL, 'hm', NULL),"
            "('t', 0, 'tool_result', 'look', NULL,"
            " '{\"name\":\"look\",\"output\":\"\",\"tool_call_id\":\"x1\",\"exception\":\"ValueError: no\"}'),"
            "('b', 0, 'text', NULL, 'It ended.', NULL), ('fork', 0, 'text', NULL, 'Other.', NULL);"
            "INSERT INTO threads VALUES('th', 'Novel', 'b', NULL, ''), ('th2', 'Fork', 'fork', 'th', '');"
            "INSERT INTO turns(id, thread_id, parent_message_hash, tip_message_hash, model, input_tokens, output_tokens,"
            " duration_ms, datetime_utc) VALUES('t1', 'th', 'u', 'a', 'm', 10, 1, 100, '2026-05-01T00:00:00'),"
            "('t2', 'th', 't', 'b', 'm', 20, 2, 100, '2026-05-01T00:00:01'),"
            "('t3', 'th2', 'u', 'fork', 'm', 30, 3, 100, '2026-05-01T00:00:02'),"
            "('t4', 'th3', 'gone', 'gone too', 'm', 0, 0, 0, '');"
            // Told by its turn already, and one that only the old table has.
            "INSERT INTO responses(id, model, prompt, response, conversation_id) VALUES('t1', 'm', 'x', 'y', 'th'),"
            "('old', 'm', 'before', 'BEFORE', 'th');");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().schema, "llm (turns, m023_message_store)");
    Collector got;
    ingest(*reader, got);
    EXPECT_EQ(got.runs.size(), 3U);
    EXPECT_THAT(texts(*reader, "th"),
                ::testing::ElementsAre("user: before", "assistant: BEFORE", "system: Be kind.",
                                       "user: Read a long novel![attachment]", "assistant: [reasoning]\nhm\n[/reasoning]\n\n",
                                       "tool: ValueError: no", "assistant: It ended."));
    const RunRecord& record = got.runs.at("th");
    EXPECT_EQ(record.run.errorCount, 1);
    EXPECT_EQ(record.run.promptTokens, 30);
    EXPECT_EQ(stepOf(record, "m4.c1").toolName, "look");
    EXPECT_EQ(stepOf(record, "m4.c1").arguments, R"({"n":1})");
    EXPECT_EQ(stepOf(record, "m6").promptTokens, 20);
    EXPECT_EQ(got.runs.at("th2").run.task, "Read a long novel![attachment]");
    EXPECT_EQ(got.runs.at("th2").run.promptTokens, 30);
    EXPECT_EQ(got.runs.at("th3").steps.size(), 0U);
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_EQ(got.skips[0].first, "turn t4");

    db.exec("INSERT INTO _llm_migrations VALUES('m031_what_comes', '')");
    EXPECT_THAT(open(db.path())->info().note, ::testing::HasSubstr("m031_what_comes, is newer"));
}

TEST_F(LlmLogs, aConversationThatGrowsIsDeliveredAgain)
{
    DatabaseFixture db(file("logs.db"));
    db.exec(kConversations);
    db.exec("INSERT INTO conversations VALUES('c1', '', ''), ('c2', '', '')");
    const auto respond = [&](const std::string& id, const std::string& conversation) {
        db.exec(formatText(
            "INSERT INTO responses(id, model, prompt, response, conversation_id) VALUES('{}', 'm', '{}?', '{}.', '{}')", id, id,
            id, conversation));
    };
    respond("r1", "c1");
    respond("r2", "c2");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    Collector first;
    const std::string cursor = ingest(*reader, first);
    respond("r3", "c1");
    Collector more;
    ingest(*reader, more, cursor);
    EXPECT_EQ(more.startedOver, 0);
    ASSERT_TRUE(more.runs.contains("c1"));
    EXPECT_EQ(more.runs.at("c1").run.answer, "r3.");
    db.exec("DELETE FROM responses WHERE id = 'r2'");
    Collector fewer;
    ingest(*reader, fewer, cursor);
    EXPECT_EQ(fewer.startedOver, 1);
}

TEST_F(LlmLogs, brokenPayloadsAndEmptyStores)
{
    DatabaseFixture db(file("logs.db"));
    db.exec(kTurns);
    EXPECT_TRUE(readAll(db.path()).runs.empty());
    db.exec("INSERT INTO messages VALUES('a', 'b', 'user', NULL), ('b', 'a', 'assistant', NULL);"
            "INSERT INTO parts(message_hash, position, type, payload) VALUES('a', 0, 'text', '{\"text_ref\":[{\"frag'),"
            "('b', 0, 'tool_call', '[]'), ('b', 1, 'hologram', '{}');"
            "INSERT INTO turns(id, thread_id, parent_message_hash, tip_message_hash, duration_ms, datetime_utc) "
            "VALUES('t', NULL, 'a', 'b', 9223372036854775807, 'yesterday')");
    const Collector got = readAll(db.path());
    ASSERT_EQ(got.runs.size(), 1U); // messages in a circle are told once
    EXPECT_EQ(got.runs.at("t").run.answer, "[hologram]");
    EXPECT_EQ(got.skips.size(), 1U);
    DatabaseFixture other(file("other.db"));
    other.exec("CREATE TABLE log(id INTEGER, message TEXT, level TEXT); CREATE TABLE responses(id TEXT, body TEXT)");
    EXPECT_EQ(openError(other.path()).code, ErrorCode::UnknownFormat);
}

} // namespace
} // namespace tackroom::testing
