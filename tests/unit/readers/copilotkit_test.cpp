// SPDX-License-Identifier: GPL-3.0-or-later
// No real database of the runner can be had: its table is written here as upstream's sqlite-runner makes it, with AG-UI inputs
// and events, some of them the protocol's own baselines of real runs.
#include "core/base/format.h"

#include "tests/unit/readers/storetest.h"

#include <cstdlib>

namespace tackroom::testing
{
namespace
{

constexpr auto kSchema =
    "CREATE TABLE agent_runs(id INTEGER PRIMARY KEY AUTOINCREMENT, thread_id TEXT NOT NULL, run_id TEXT NOT NULL UNIQUE,"
    " parent_run_id TEXT, events TEXT NOT NULL, input TEXT NOT NULL, created_at INTEGER NOT NULL, version INTEGER NOT NULL);"
    "CREATE TABLE run_state(thread_id TEXT PRIMARY KEY, is_running INTEGER DEFAULT 0, current_run_id TEXT,"
    " updated_at INTEGER NOT NULL);"
    "CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL);"
    "INSERT INTO schema_version VALUES(1, 0);";

class CopilotKit : public DatabaseStoreTest
{
protected:
    static void add(DatabaseFixture& db, const std::string& thread, const std::string& run, const std::string& parent,
                    const std::string& input, const std::string& events, std::int64_t createdMs = 1'772'438'400'000)
    {
        db.exec(formatText("INSERT INTO agent_runs(thread_id, run_id, parent_run_id, events, input, created_at, version) "
                           "VALUES({}, {}, {}, {}, {}, {}, 1)",
                           q(thread), q(run), parent.empty() ? "NULL" : q(parent), q(events), q(input), createdMs));
    }
    static std::string fileText(const std::filesystem::path& path)
    {
        std::ifstream in(path, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
    }
};

TEST_F(CopilotKit, aRunIsReadWhole)
{
    DatabaseFixture db(file("runs.db"));
    db.exec(kSchema);
    add(db, "thread-1", "run-1", "",
        R"({"threadId":"thread-1","runId":"run-1","messages":[{"id":"u1","role":"user","content":"how warm is it?"}]})",
        R"([{"type":"RUN_STARTED","threadId":"thread-1","runId":"run-1","timestamp":1772438400000},)"
        R"({"type":"TEXT_MESSAGE_START","messageId":"a1","role":"assistant"},)"
        R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"a1","delta":"I look."},{"type":"TEXT_MESSAGE_END","messageId":"a1"},)"
        R"({"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"weather","parentMessageId":"a1"},)"
        R"({"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"{\"city\":\"Bern\"}"},{"type":"TOOL_CALL_END","toolCallId":"c1"},)"
        R"({"type":"TOOL_CALL_RESULT","messageId":"t1","toolCallId":"c1","content":"Error: no such city"},)"
        R"({"type":"TEXT_MESSAGE_START","messageId":"a2","role":"assistant"},)"
        R"({"type":"TEXT_MESSAGE_CONTENT","messageId":"a2","delta":"I cannot tell."},)"
        R"({"type":"RUN_FINISHED","threadId":"thread-1","runId":"run-1","timestamp":1772438403000}])");
    add(db, "thread-1", "run-2", "run-1",
        R"({"threadId":"thread-1","runId":"run-2","messages":[{"id":"u1","role":"user","content":"how warm is it?"},)"
        R"({"id":"a2","role":"assistant","content":"I cannot tell."},{"id":"u2","role":"user","content":"try again"}]})",
        R"([{"type":"RUN_STARTED","threadId":"thread-1","runId":"run-2"},)"
        R"({"type":"RUN_ERROR","message":"it broke","code":"E7"}])");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().kind, "copilotkit-sqlite");
    EXPECT_EQ(reader->info().schema, "copilotkit (schema version 1)");
    Collector got;
    ingest(*reader, got);
    EXPECT_EQ(got.order, (std::vector<std::string>{"run-2", "run-1"}));
    EXPECT_TRUE(got.skips.empty());
    const RunRecord& first = got.runs.at("run-1");
    EXPECT_EQ(first.run.key, runKeyOf("copilotkit-sqlite", "run-1"));
    EXPECT_EQ(first.run.sessionId, "thread-1");
    EXPECT_EQ(first.run.task, "how warm is it?");
    EXPECT_EQ(first.run.answer, "I cannot tell.");
    EXPECT_EQ(first.run.status, StepStatus::Ok);
    EXPECT_EQ(formatTime(first.run.start), "2026-03-02T08:00:00Z");
    EXPECT_EQ(formatTime(first.run.end), "2026-03-02T08:00:03Z");
    EXPECT_EQ(first.run.errorCount, 1);
    const auto tool = std::ranges::find(first.steps, StepKind::Tool, &Step::kind);
    ASSERT_NE(tool, first.steps.end());
    EXPECT_EQ(tool->toolName, "weather");
    EXPECT_EQ(tool->arguments, R"({"city":"Bern"})");
    EXPECT_EQ(tool->result, "Error: no such city");
    const RunRecord& second = got.runs.at("run-2");
    EXPECT_EQ(second.run.status, StepStatus::Error);
    EXPECT_EQ(second.run.task, "try again");
    EXPECT_EQ(second.run.answer, "");
    EXPECT_EQ(formatTime(second.run.start), "2026-03-02T08:00:00Z"); // when it was written
    const Body body = fetch(*reader, "run-1", "");
    ASSERT_EQ(body.messages.size(), 4U);
    EXPECT_EQ(body.messages[3].content, "I cannot tell.");
}

TEST_F(CopilotKit, anAnswerBelongsToTheRunThatAsked)
{
    const auto asked = [](const std::string& thread, const std::string& run, const std::string& interrupt) {
        return formatText(
            R"([{{"type":"RUN_STARTED","threadId":"{0}","runId":"{1}"}},)"
            R"({{"type":"TOOL_CALL_START","toolCallId":"c-{1}","toolCallName":"delete_file"}},)"
            R"({{"type":"TOOL_CALL_ARGS","toolCallId":"c-{1}","delta":"{{\"name\":\"x\"}}"}},{{"type":"TOOL_CALL_END","toolCallId":"c-{1}"}},)"
            R"({{"type":"RUN_FINISHED","threadId":"{0}","runId":"{1}","outcome":{{"type":"interrupt","interrupts":)"
            R"([{{"id":"{2}","reason":"tool_call","message":"Delete it?","toolCallId":"c-{1}"}}]}}}}])",
            thread, run, interrupt);
    };
    const auto input = [](const std::string& thread, const std::string& run, const std::string& resume) {
        return formatText(
            R"({{"threadId":"{}","runId":"{}","messages":[{{"id":"u","role":"user","content":"clean up"}}],"resume":{}}})",
            thread, run, resume);
    };
    DatabaseFixture db(file("runs.db"));
    db.exec(kSchema);
    add(db, "t", "r1", "", input("t", "r1", "[]"), asked("t", "r1", "i1"));
    add(db, "other", "o1", "", input("other", "o1", "[]"), asked("other", "o1", "i9"));
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    Collector before;
    const std::string cursor = ingest(*reader, before);
    EXPECT_TRUE(before.runs.at("r1").decisions.empty());
    add(db, "t", "r2", "r1",
        input("t", "r2", R"([{"interruptId":"i1","status":"resolved","payload":{"approved":false,"reason":"mine"}}])"),
        asked("t", "r2", "i2"));
    add(db, "t", "r3", "r2", input("t", "r3", R"([{"interruptId":"i2","status":"resolved","payload":{"approved":true}}])"),
        "[]");
    Collector got;
    ingest(*reader, got, cursor);
    EXPECT_EQ(got.startedOver, 0);
    ASSERT_TRUE(got.runs.contains("r1")); // it has grown: it was answered
    const RunRecord& first = got.runs.at("r1");
    ASSERT_EQ(first.decisions.size(), 1U);
    EXPECT_EQ(first.decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(first.decisions[0].reason, "mine");
    EXPECT_EQ(first.decisions[0].before, R"({"name":"x"})");
    EXPECT_EQ(stepOf(first, first.decisions[0].stepId).toolName, "delete_file");
    ASSERT_EQ(got.runs.at("r2").decisions.size(), 1U);
    EXPECT_EQ(got.runs.at("r2").decisions[0].kind, DecisionKind::Approve);
    EXPECT_TRUE(got.runs.at("r3").decisions.empty());
    Collector whole = readAll(db.path());
    EXPECT_TRUE(whole.runs.at("o1").decisions.empty());
}

TEST_F(CopilotKit, theProtocolsOwnInterrupts)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const auto folder = std::filesystem::path(data ? data : "../shared/data") / "ag-ui" / "baselines";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the real AG-UI baselines are not at " << folder;
    const auto put = [&](DatabaseFixture& db, const std::string& step, const std::string& name, int turn) {
        const auto stem = folder / step;
        add(db, formatText("thread_Id_{}", turn), formatText("run_Id_{}", turn),
            turn > 1 ? formatText("run_Id_{}", turn - 1) : "",
            fileText(stem / formatText("{}#Turn_{:02}.03.Request.Server.AGUI.verified.json", name, turn)),
            fileText(stem / formatText("{}#Turn_{:02}.06.Response.Server.AGUI.verified.json", name, turn)));
    };
    DatabaseFixture db(file("runs.db"));
    db.exec(kSchema);
    put(db, "Step09_InterruptsApproval", "PostRun_DeleteRequest_EmitsInterruptThenResumes", 1);
    put(db, "Step09_InterruptsApproval", "PostRun_DeleteRequest_EmitsInterruptThenResumes", 2);
    db.exec("UPDATE agent_runs SET thread_id = 'thread'"); // scrubbed: the two turns are one thread
    const Collector got = readAll(db.path());
    EXPECT_EQ(got.runs.size(), 2U);
    for (const auto& [id, record] : got.runs) EXPECT_EQ(record.run.sessionId, "thread") << id;
    // Counted with jq: turn 1 calls delete_file and stops for approval (182 and 155 tokens), turn 2 resumes it as approved.
    const RunRecord& first = got.runs.at("run_Id_1");
    EXPECT_EQ(first.run.task, "Please delete the file report-draft.txt");
    EXPECT_EQ(first.run.promptTokens, 182);
    EXPECT_EQ(first.run.completionTokens, 155);
    ASSERT_EQ(first.decisions.size(), 1U);
    EXPECT_EQ(first.decisions[0].kind, DecisionKind::Approve);
    EXPECT_EQ(stepOf(first, first.decisions[0].stepId).toolName, "delete_file");
    const RunRecord& second = got.runs.at("run_Id_2");
    EXPECT_TRUE(second.decisions.empty());
    EXPECT_THAT(second.run.answer, ::testing::StartsWith("Done"));
    const auto tool = std::ranges::find(second.steps, StepKind::Tool, &Step::kind);
    ASSERT_NE(tool, second.steps.end());
    EXPECT_THAT(tool->result, ::testing::HasSubstr("deleted successfully"));
}

TEST_F(CopilotKit, brokenRowsAreSkippedAndTheRestIsRead)
{
    DatabaseFixture db(file("runs.db"));
    db.exec(kSchema);
    add(db, "t", "r1", "", "{}", "[{\"type\":");
    add(db, "t", "r2", "r1", "7",
        R"([1,null,{"type":"RUN_STARTED","threadId":"t","runId":"r2"},{"type":"TEXT_MESSAGE_CHUNK",)"
        R"("messageId":"m","role":"assistant","delta":"fine"},{"type":"NEWS"}])");
    const Collector got = readAll(db.path());
    ASSERT_EQ(got.runs.size(), 2U);
    EXPECT_EQ(got.runs.at("r2").run.answer, "fine");
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_EQ(got.skips[0].first, "run r1");
    db.exec("INSERT INTO schema_version VALUES(2, 0)");
    EXPECT_THAT(open(db.path())->info().note, ::testing::HasSubstr("2 is newer than 1"));
    DatabaseFixture other(file("other.db"));
    other.exec("CREATE TABLE agent_runs(id INTEGER, thread_id TEXT, events TEXT)");
    EXPECT_EQ(openError(other.path()).code, ErrorCode::UnknownFormat);
}

} // namespace
} // namespace tackroom::testing
