// SPDX-License-Identifier: GPL-3.0-or-later
// No real mlflow.db can be had, so each generation's tables are written here from the facts of upstream's alembic migrations.
#include "core/base/format.h"
#include "core/readers/mlflowspans.h"
#include "core/readers/textscan.h"
#include "core/traces/versionrule.h"
#include "tests/unit/readers/storetest.h"

#include <gmock/gmock.h>

#include <format>

namespace tackroom::testing
{
namespace
{

/// 2.13 and before: machine learning only.
constexpr auto kLearning =
    "CREATE TABLE alembic_version(version_num VARCHAR(32) NOT NULL); INSERT INTO alembic_version VALUES('acf3f17fdcc7');"
    "CREATE TABLE experiments(experiment_id INTEGER PRIMARY KEY, name VARCHAR(256), artifact_location VARCHAR(256),"
    " lifecycle_stage VARCHAR(32), creation_time BIGINT, last_update_time BIGINT);"
    "CREATE TABLE runs(run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), status VARCHAR(9), start_time BIGINT,"
    " end_time BIGINT, artifact_uri VARCHAR(200), experiment_id INTEGER);"
    "CREATE TABLE metrics(key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32), step BIGINT, is_nan BOOLEAN);"
    "INSERT INTO experiments(experiment_id, name, lifecycle_stage) VALUES(0, 'Default', 'active'), (1, 'Shop', 'active');";
/// 867495a8f9d4, April 2024.
constexpr auto kTraces =
    "CREATE TABLE trace_info(request_id VARCHAR(50) PRIMARY KEY, experiment_id INTEGER NOT NULL, timestamp_ms BIGINT NOT NULL,"
    " execution_time_ms BIGINT, status VARCHAR(50) NOT NULL);"
    "CREATE TABLE trace_tags(key VARCHAR(250), value VARCHAR(8000), request_id VARCHAR(50), PRIMARY KEY(key, request_id));"
    "CREATE TABLE trace_request_metadata(key VARCHAR(250), value VARCHAR(8000), request_id VARCHAR(50),"
    " PRIMARY KEY(key, request_id)); UPDATE alembic_version SET version_num = '867495a8f9d4';";
/// 770bee3ae1dd and a1b2c3d4e5f6, 2025.
constexpr auto kSpans =
    "ALTER TABLE trace_info ADD client_request_id VARCHAR(50); ALTER TABLE trace_info ADD request_preview VARCHAR(1000);"
    "ALTER TABLE trace_info ADD response_preview VARCHAR(1000);"
    "CREATE TABLE assessments(assessment_id VARCHAR(50) PRIMARY KEY, trace_id VARCHAR(50) NOT NULL, name VARCHAR(250) NOT NULL,"
    " assessment_type VARCHAR(20) NOT NULL, value TEXT NOT NULL, error TEXT, created_timestamp BIGINT NOT NULL,"
    " last_updated_timestamp BIGINT NOT NULL, source_type VARCHAR(50) NOT NULL, source_id VARCHAR(250), run_id VARCHAR(32),"
    " span_id VARCHAR(50), rationale TEXT, overrides VARCHAR(50), valid BOOLEAN NOT NULL, assessment_metadata TEXT);"
    "CREATE TABLE logged_models(model_id VARCHAR(36) PRIMARY KEY, experiment_id INTEGER, name VARCHAR(500));"
    "CREATE TABLE spans(trace_id VARCHAR(50) NOT NULL, experiment_id INTEGER NOT NULL, span_id VARCHAR(50) NOT NULL,"
    " parent_span_id VARCHAR(50), name TEXT, type VARCHAR(500), status VARCHAR(50) NOT NULL, start_time_unix_nano BIGINT NOT "
    "NULL,"
    " end_time_unix_nano BIGINT, duration_ns BIGINT GENERATED ALWAYS AS (end_time_unix_nano - start_time_unix_nano) STORED,"
    " content TEXT NOT NULL, PRIMARY KEY(trace_id, span_id)); UPDATE alembic_version SET version_num = 'a1b2c3d4e5f6';";
/// 76601a5f987d, b7e4c1a90f23 and 75868b020152, 2026.
constexpr auto kNewest =
    "CREATE TABLE issues(issue_id VARCHAR(36) PRIMARY KEY, experiment_id INTEGER, name VARCHAR(250), description TEXT,"
    " status VARCHAR(50));"
    "CREATE TABLE review_queues(queue_id VARCHAR(36) PRIMARY KEY, experiment_id INTEGER, name VARCHAR(250), queue_type "
    "VARCHAR(16));"
    "CREATE TABLE review_queue_traces(queue_id VARCHAR(36), target_type VARCHAR(16), target_id VARCHAR(50), status VARCHAR(16),"
    " completed_by VARCHAR(250), completed_time_ms BIGINT, creation_time_ms BIGINT, last_update_time_ms BIGINT,"
    " PRIMARY KEY(queue_id, target_id));"
    "ALTER TABLE trace_info ADD trace_name VARCHAR(8000); ALTER TABLE trace_info ADD session_id VARCHAR(8000);"
    "ALTER TABLE trace_info ADD input_tokens FLOAT; ALTER TABLE trace_info ADD output_tokens FLOAT;"
    "ALTER TABLE trace_info ADD total_tokens FLOAT; ALTER TABLE trace_info ADD total_cost FLOAT;"
    "ALTER TABLE spans ADD links JSON; ALTER TABLE spans ADD total_cost FLOAT; ALTER TABLE spans ADD model_name VARCHAR(500);"
    "UPDATE alembic_version SET version_num = '75868b020152';";

constexpr std::int64_t kStartMs = 1'772'438'400'000; // 2026-03-02T08:00:00Z

class Mlflow : public DatabaseStoreTest
{
protected:
    static void trace(DatabaseFixture& db, const std::string& id, const std::string& status = "OK", int second = 0)
    {
        db.exec(formatText("INSERT INTO trace_info(request_id, experiment_id, timestamp_ms, execution_time_ms, status) "
                           "VALUES({}, 1, {}, 2500, {})",
                           q(id), kStartMs + second * 1000, q(status)));
    }
    static void tag(DatabaseFixture& db, const std::string& id, const std::string& key, const std::string& value)
    {
        db.exec(formatText("INSERT INTO trace_tags VALUES({}, {}, {})", q(key), q(value), q(id)));
    }
    static void metadata(DatabaseFixture& db, const std::string& id, const std::string& key, const std::string& value)
    {
        db.exec(formatText("INSERT INTO trace_request_metadata VALUES({}, {}, {})", q(key), q(value), q(id)));
    }
    static void span(DatabaseFixture& db, const std::string& traceId, const std::string& id, const std::string& parent,
                     const std::string& name, const std::string& type, const std::string& content, int second = 0,
                     const std::string& status = "OK")
    {
        db.exec(formatText("INSERT INTO spans(trace_id, experiment_id, span_id, parent_span_id, name, type, status, "
                           "start_time_unix_nano, end_time_unix_nano, content) VALUES({}, 1, {}, {}, {}, {}, {}, {}, {}, {})",
                           q(traceId), q(id), parent.empty() ? "NULL" : q(parent), q(name), q(type), q(status),
                           kStartMs * 1'000'000 + second * 1'000'000'000LL,
                           kStartMs * 1'000'000 + second * 1'000'000'000LL + 500'000'000, q(content)));
    }
    struct Said {
        std::string id, name, value = "true", type = "feedback", source = "HUMAN", by = "ana", span = {}, why = {},
                              overrides = {}, error = {};
        int valid = 1;
    };
    static void assess(DatabaseFixture& db, const std::string& traceId, const Said& said)
    {
        const auto orNull = [](const std::string& text) { return text.empty() ? std::string("NULL") : q(text); };
        db.exec(formatText("INSERT INTO assessments(assessment_id, trace_id, name, assessment_type, value, created_timestamp, "
                           "last_updated_timestamp, source_type, source_id, span_id, rationale, overrides, valid, error) "
                           "VALUES({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
                           q(said.id), q(traceId), q(said.name), q(said.type), q(said.value), kStartMs, kStartMs + 1000,
                           q(said.source), q(said.by), orNull(said.span), orNull(said.why), orNull(said.overrides), said.valid,
                           orNull(said.error)));
    }
    /// An agent's span, its model's, and its tool's, as version 4 writes them.
    static void usualSpans(DatabaseFixture& db, const std::string& id)
    {
        const auto content = [&](const std::string& attributes, const std::string& status = R"({"code":"OK","message":""})") {
            return formatText(R"({{"trace_id":"{}","status":{},"attributes":{},"events":[]}})", id, status, attributes);
        };
        span(db, id, "00000000000000a1", "", "run_agent", "AGENT",
             content(R"({"mlflow.spanType":"\"AGENT\"","mlflow.spanInputs":"{\"question\": \"where is my order?\"}",)"
                     R"("mlflow.spanOutputs":"\"It is lost.\"","mlflow.traceRequestId":"\"tr\""})"));
        span(db, id, "00000000000000a2", "00000000000000a1", "chat", "CHAT_MODEL",
             content(
                 R"({"mlflow.spanType":"\"CHAT_MODEL\"","mlflow.llm.model":"\"m-1\"",)"
                 R"("mlflow.spanInputs":"{\"messages\": [{\"role\": \"user\", \"content\": \"where is it?\"}]}",)"
                 R"("mlflow.spanOutputs":"{\"choices\": [{\"message\": {\"role\": \"assistant\", \"content\": \"Lost.\"}}]}",)"
                 R"("mlflow.chat.tokenUsage":"{\"input_tokens\": 11, \"output_tokens\": 3}"})"),
             1);
        span(db, id, "00000000000000a3", "00000000000000a1", "look_up", "TOOL",
             content(R"({"mlflow.spanType":"\"TOOL\"","mlflow.spanInputs":"{\"order\": 7}"})",
                     R"({"code":"ERROR","message":"no such order"})"),
             2, "ERROR");
    }
};

TEST_F(Mlflow, textsAreLookedForInTheRowsOrNotAtAll)
{
    DatabaseFixture db(file("mlflow.db"));
    db.exec(std::string(kLearning) + kTraces + kSpans);
    for (const char* id : {"tr-1", "tr-2"}) {
        trace(db, id);
        usualSpans(db, id);
    }
    assess(db, "tr-2", {.id = "a-1", .name = "good", .span = "00000000000000a2", .why = "the order was lost, 50%"});
    const auto reader = open(db.path());
    auto* scanner = dynamic_cast<TextScanner*>(reader.get());
    ASSERT_TRUE(scanner);
    std::vector<std::string> told;
    const auto scan = [&](std::string_view word) {
        told.clear();
        return scanner->scan(
            {TextNeedle(word)},
            [&](const ScanHit& hit) -> Status {
                told.push_back(hit.runId + " " + hit.stepId + " " + hit.place);
                return {};
            },
            [](std::uint64_t, std::uint64_t) -> Status { return {}; }, {});
    };
    EXPECT_TRUE(scan("WHERE IS IT?").value_or(false));
    EXPECT_THAT(told, ::testing::ElementsAre("tr-2 00000000000000a2 step", "tr-1 00000000000000a2 step"));
    EXPECT_TRUE(scan("lost, 50%").value_or(false));
    EXPECT_THAT(told, ::testing::ElementsAre("tr-2 00000000000000a2 judge"));
    EXPECT_TRUE(scan("mlflow.spanInputs").value_or(false));
    EXPECT_TRUE(told.empty());
    // A trace whose spans lie in a file: the rows are not everything.
    trace(db, "tr-3");
    EXPECT_FALSE(scan("where").value_or(true));
}

TEST_F(Mlflow, spansInSqlAreReadWhole)
{
    DatabaseFixture db(file("mlflow.db"));
    db.exec(std::string(kLearning) + kTraces + kSpans);
    trace(db, "tr-1", "ERROR");
    usualSpans(db, "tr-1");
    metadata(db, "tr-1", "mlflow.trace.session", "session-9");
    metadata(db, "tr-1", "mlflow.trace.user", "user-3");
    metadata(db, "tr-1", "mlflow.source.git.commit", "0123456789012345678901234567890123456789");
    metadata(db, "tr-1", "mlflow.modelId", "m-abc");
    metadata(db, "tr-1", "mlflow.trace.tokenUsage", R"({"input_tokens": 110, "output_tokens": 30, "total_tokens": 140})");
    metadata(db, "tr-1", "mlflow.trace.cost", R"({"input_cost":0.1,"output_cost":0.15,"total_cost":0.25})");
    db.exec("INSERT INTO logged_models VALUES('m-abc', 1, 'support-agent-v4')");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().kind, "mlflow-sqlite");
    EXPECT_EQ(reader->info().schema, "mlflow (spans, alembic a1b2c3d4e5f6)");
    Collector got;
    ingest(*reader, got);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_TRUE(got.skips.empty());
    const RunRecord& record = got.runs.at("tr-1");
    const auto& run = record.run;
    EXPECT_EQ(run.key, runKeyOf("mlflow-sqlite", "tr-1"));
    EXPECT_EQ(run.sessionId, "session-9");
    EXPECT_EQ(run.userId, "user-3");
    EXPECT_EQ(run.project, "Shop");
    EXPECT_EQ(run.agentName, "run_agent");
    EXPECT_EQ(run.harnessVersion, "0123456789012345678901234567890123456789");
    EXPECT_EQ(run.harnessVersionLabel, "support-agent-v4");
    EXPECT_EQ(run.harnessVersionSource, "commit key: mlflow.source.git.commit");
    EXPECT_EQ(run.status, StepStatus::Error);
    EXPECT_EQ(run.task, "where is my order?");
    EXPECT_EQ(run.answer, "It is lost.");
    EXPECT_EQ(run.promptTokens, 110);
    EXPECT_EQ(run.completionTokens, 30);
    EXPECT_EQ(run.costUsd, 0.25);
    EXPECT_EQ(formatTime(run.start), "2026-03-02T08:00:00Z");
    EXPECT_EQ(formatTime(run.end), "2026-03-02T08:00:02.500Z");
    EXPECT_EQ(run.errorCount, 1);
    ASSERT_EQ(record.steps.size(), 3U);
    EXPECT_EQ(record.steps[0].kind, StepKind::Agent);
    const Step& model = stepOf(record, "00000000000000a2");
    EXPECT_EQ(model.kind, StepKind::Llm);
    EXPECT_EQ(model.parentId, "00000000000000a1");
    EXPECT_EQ(model.model, "m-1");
    EXPECT_EQ(model.inputText, "where is it?");
    EXPECT_EQ(model.outputText, "Lost.");
    EXPECT_EQ(model.promptTokens, 11);
    const Step& tool = stepOf(record, "00000000000000a3");
    EXPECT_EQ(tool.kind, StepKind::Tool);
    EXPECT_EQ(tool.toolName, "look_up");
    EXPECT_EQ(tool.arguments, R"({"order": 7})");
    EXPECT_EQ(tool.errorText, "no such order");

    const Body body = fetch(*reader, "tr-1", "00000000000000a2");
    ASSERT_EQ(body.messages.size(), 2U);
    EXPECT_EQ(body.messages[0].content, "where is it?");
    EXPECT_EQ(body.messages[1].content, "Lost.");
    EXPECT_THAT(body.raw, ::testing::HasSubstr("mlflow.llm.model"));
    EXPECT_EQ(fetch(*reader, "tr-1", "00000000000000a3").input, R"({"order": 7})");
    EXPECT_GE(fetch(*reader, "tr-1", "").messages.size(), 2U);
}

TEST_F(Mlflow, assessmentsIssuesAndReviewQueues)
{
    DatabaseFixture db(file("mlflow.db"));
    db.exec(std::string(kLearning) + kTraces + kSpans + kNewest);
    trace(db, "tr-1");
    usualSpans(db, "tr-1");
    db.exec("UPDATE trace_info SET session_id = 's-2', input_tokens = 5.0, output_tokens = 6.0, total_cost = 0.5");
    assess(db, "tr-1", {.id = "a1", .name = "correct", .value = "false", .source = "LLM_JUDGE", .by = "judge", .valid = 0});
    assess(db, "tr-1", {.id = "a2", .name = "correct", .value = "true", .why = "I looked it up", .overrides = "a1"});
    assess(db, "tr-1", {.id = "a3", .name = "relevance", .value = "\"no\"", .source = "LLM_JUDGE", .span = "00000000000000a2"});
    assess(db, "tr-1", {.id = "a4", .name = "length", .value = "0.5", .source = "CODE"});
    assess(db, "tr-1", {.id = "a5", .name = "answer", .value = R"("It is at the depot")", .type = "expectation"});
    assess(db, "tr-1", {.id = "a6", .name = "i-1", .value = "true", .type = "issue", .source = "LLM_JUDGE"});
    assess(db, "tr-1",
           {.id = "a7", .name = "safety", .value = "null", .source = "LLM_JUDGE", .error = R"({"error_code":"TIMEOUT"})"});
    assess(db, "tr-1", {.id = "a8", .name = "manager_decision", .value = "\"approved\""});
    assess(db, "tr-1", {.id = "a9", .name = "i-2", .value = "true", .type = "issue", .source = "LLM_JUDGE"});
    db.exec("INSERT INTO issues VALUES('i-1', 1, 'Loses orders', 'It says lost too soon.', 'accepted'),"
            "('i-2', 1, 'Too polite', 'It thanks twice.', 'rejected');"
            "INSERT INTO review_queues VALUES('q1', 1, 'ana', 'user'), ('q2', 1, 'weekly', 'custom');"
            "INSERT INTO review_queue_traces VALUES('q1', 'trace', 'tr-1', 'complete', 'ana', 1772438460000, 0, 1),"
            "('q2', 'trace', 'tr-1', 'pending', NULL, NULL, 0, 1)");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().schema, "mlflow (analytics, alembic 75868b020152)");
    Collector got;
    ingest(*reader, got);
    const RunRecord& record = got.runs.at("tr-1");
    EXPECT_EQ(record.run.sessionId, "s-2");
    EXPECT_EQ(record.run.promptTokens, 5);
    EXPECT_EQ(record.run.completionTokens, 6);
    EXPECT_EQ(record.run.costUsd, 0.5);
    ASSERT_EQ(record.scores.size(), 9U);
    EXPECT_EQ(record.scores[8].name, "rejected issue");
    EXPECT_EQ(record.scores[8].label, "Too polite");
    EXPECT_EQ(record.scores[0].says, Outcome::Unknown); // overridden
    EXPECT_EQ(record.scores[0].label, "false");
    EXPECT_EQ(record.scores[1].says, Outcome::Success);
    EXPECT_EQ(record.scores[1].weight, OutcomeSource::Human);
    EXPECT_EQ(record.scores[1].by, "ana");
    EXPECT_EQ(record.scores[1].time, (kStartMs + 1000) * 1'000'000);
    EXPECT_EQ(record.scores[2].says, Outcome::Failure);
    EXPECT_EQ(record.scores[2].weight, OutcomeSource::ModelJudge);
    EXPECT_EQ(record.scores[2].stepId, "00000000000000a2");
    EXPECT_EQ(record.scores[3].value, 0.5);
    EXPECT_EQ(record.scores[3].annotator, Annotator::Code);
    EXPECT_EQ(record.scores[4].name, "expected answer");
    EXPECT_EQ(record.scores[4].label, "It is at the depot");
    EXPECT_EQ(record.scores[4].says, Outcome::Unknown);
    EXPECT_EQ(record.scores[5].name, "issue");
    EXPECT_EQ(record.scores[5].label, "Loses orders");
    EXPECT_EQ(record.scores[5].explanation, "It says lost too soon.");
    EXPECT_EQ(record.scores[6].says, Outcome::Unknown);
    EXPECT_THAT(record.scores[6].explanation, ::testing::HasSubstr("TIMEOUT"));
    ASSERT_EQ(record.decisions.size(), 3U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Approve);
    EXPECT_EQ(record.decisions[1].kind, DecisionKind::Override);
    EXPECT_EQ(record.decisions[1].before, "false");
    EXPECT_EQ(record.decisions[1].after, "true");
    EXPECT_EQ(record.decisions[1].reason, "I looked it up");
    EXPECT_EQ(record.decisions[2].target, "review queue ana");
    EXPECT_EQ(record.decisions[2].after, "complete");
    EXPECT_EQ(record.decisions[2].by, "ana");
    EXPECT_EQ(formatTime(record.decisions[2].time), "2026-03-02T08:01:00Z");
}

TEST_F(Mlflow, spansInArtifactsOfVersionsTwoAndThree)
{
    DatabaseFixture db(file("mlflow.db"));
    db.exec(std::string(kLearning) + kTraces);
    const std::string two =
        R"({"spans":[{"name":"predict","context":{"trace_id":"0xabc","span_id":"0x00000000000000b1"},"parent_id":null,)"
        R"("start_time":1772438400000000000,"end_time":1772438401000000000,"status_code":"OK","status_message":"",)"
        R"("attributes":{"mlflow.spanType":"\"CHAIN\"","mlflow.spanInputs":"\"two?\"","mlflow.spanOutputs":"\"2\""},"events":[]},)"
        R"({"name":"fail","context":{"span_id":"0x00000000000000b2"},"parent_id":"0x00000000000000b1","start_time":1772438400500000000,)"
        R"("end_time":1772438400600000000,"status_code":"ERROR","status_message":"bad","attributes":{"mlflow.spanType":"\"TOOL\""},)"
        R"("events":[{"name":"exception","timestamp":1,"attributes":{"exception.type":"KeyError","exception.message":"'x'"}}]}]})";
    const std::string three =
        R"({"spans":[{"trace_id":"AAAAAAAAAAAAAAAAAAAAAQ==","span_id":"AAAAAAAAAME=","parent_span_id":"","name":"root",)"
        R"("start_time_unix_nano":"1772438400000000000","end_time_unix_nano":"1772438402000000000",)"
        R"("status":{"code":"STATUS_CODE_OK","message":""},"attributes":{"mlflow.spanType":"\"AGENT\"",)"
        R"("mlflow.spanInputs":"{\"query\":\"three?\"}","mlflow.spanOutputs":"\"3\""}}]})";
    const auto put = [&](const std::string& folder, const std::string& text) {
        std::filesystem::create_directories(file(folder));
        return write(folder + "/traces.json", text);
    };
    put("mlruns/1/traces/tr-2/artifacts", two);
    put("mlartifacts/1/traces/tr-3/artifacts", three);
    put("mlruns/1/traces/tr-moved/artifacts", two);
    put("mlruns/1/traces/tr-broken/artifacts", "{\"spans\": [");
    trace(db, "tr-2", "OK", 1);
    tag(db, "tr-2", "mlflow.artifactLocation", "file://" + file("mlruns/1/traces/tr-2/artifacts").string());
    trace(db, "tr-3", "OK", 2);
    tag(db, "tr-3", "mlflow.artifactLocation", "mlflow-artifacts:/1/traces/tr-3/artifacts");
    trace(db, "tr-moved", "OK", 3);
    tag(db, "tr-moved", "mlflow.artifactLocation", "/home/elsewhere/mlruns/1/traces/tr-moved/artifacts");
    trace(db, "tr-broken", "OK", 4);
    tag(db, "tr-broken", "mlflow.artifactLocation", "./mlruns/1/traces/tr-broken/artifacts");
    trace(db, "tr-s3", "OK", 5);
    tag(db, "tr-s3", "mlflow.artifactLocation", "s3://bucket/1/traces/tr-s3/artifacts");
    metadata(db, "tr-s3", "mlflow.traceInputs", R"({"question": "what is kept?"})");
    metadata(db, "tr-s3", "mlflow.traceOutputs", R"("This.")");
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().schema, "mlflow (traces in artifacts, alembic 867495a8f9d4)");
    Collector got;
    ingest(*reader, got);
    ASSERT_EQ(got.runs.size(), 5U);
    const RunRecord& second = got.runs.at("tr-2");
    ASSERT_EQ(second.steps.size(), 2U);
    EXPECT_EQ(second.steps[0].nativeId, "00000000000000b1");
    EXPECT_EQ(second.steps[1].parentId, "00000000000000b1");
    EXPECT_EQ(second.steps[1].status, StepStatus::Error);
    EXPECT_EQ(second.steps[1].errorType, "KeyError");
    EXPECT_EQ(second.run.task, "two?");
    EXPECT_EQ(second.run.answer, "2");
    const RunRecord& third = got.runs.at("tr-3");
    ASSERT_EQ(third.steps.size(), 1U);
    EXPECT_EQ(third.steps[0].nativeId, "00000000000000c1");
    EXPECT_EQ(third.steps[0].status, StepStatus::Ok);
    EXPECT_EQ(third.steps[0].end - third.steps[0].start, 2'000'000'000);
    EXPECT_EQ(third.run.task, "three?");
    EXPECT_EQ(got.runs.at("tr-moved").steps.size(), 2U);
    EXPECT_EQ(got.runs.at("tr-s3").run.task, "what is kept?");
    EXPECT_EQ(got.runs.at("tr-s3").run.answer, "This.");
    ASSERT_EQ(got.skips.size(), 2U);
    EXPECT_EQ(got.skips[0].first, "trace tr-s3");
    EXPECT_THAT(got.skips[0].second, ::testing::HasSubstr("s3://bucket"));
    EXPECT_EQ(got.skips[1].first, "trace tr-broken");
    EXPECT_EQ(fetch(*reader, "tr-2", "00000000000000b1").output, "2");
}

TEST_F(Mlflow, aPlaceOutsideOfTheFolderIsNeverFollowed)
{
    const auto folder = std::filesystem::canonical(file(".").parent_path());
    const auto store = folder / "store";
    std::filesystem::create_directories(store / "mlruns" / "1" / "traces" / "inside" / "artifacts");
    std::filesystem::create_directories(folder / "secret" / "traces" / "t" / "artifacts");
    std::ofstream(folder / "secret" / "traces.json") << "{}";
    std::ofstream(folder / "secret" / "traces" / "t" / "artifacts" / "traces.json") << "{}";
    std::ofstream(store / "mlruns" / "1" / "traces" / "inside" / "artifacts" / "traces.json") << "{}";
    std::filesystem::create_directory_symlink(folder / "secret", store / "link");
    std::filesystem::create_symlink(folder / "secret" / "traces.json", store / "mlruns" / "traces.json");
    EXPECT_TRUE(mlflowTraceFile(store, "mlruns/1/traces/inside/artifacts"));
    EXPECT_TRUE(mlflowTraceFile(store, "file:" + (store / "mlruns/1/traces/inside/artifacts").string()));
    EXPECT_TRUE(mlflowTraceFile(store, "mlflow-artifacts://host:5000/1/traces/inside/artifacts"));
    for (const std::string& location :
         {(folder / "secret").string(), std::string("../secret"), std::string("file:../secret"), std::string("link"),
          std::string("mlruns"), "file://localhost" + (folder / "secret").string(), std::string("%2e%2e/secret"),
          std::string("mlflow-artifacts:/../../../secret/traces/t/artifacts")}) {
        const auto found = mlflowTraceFile(store, location);
        ASSERT_FALSE(found) << location << " led to " << *found;
        if (location.starts_with("mlflow-artifacts")) continue;
        EXPECT_THAT(found.error(), ::testing::HasSubstr("outside")) << location;
    }
    EXPECT_THAT(mlflowTraceFile(store, "").error(), ::testing::HasSubstr("does not say"));
    EXPECT_THAT(mlflowTraceFile(store, "dbfs://x/traces/y").error(), ::testing::HasSubstr("no folder here"));
}

TEST_F(Mlflow, whatHasNoTracesSaysWhatItIs)
{
    DatabaseFixture learning(file("learning.db"));
    learning.exec(kLearning);
    EXPECT_EQ(openError(learning.path()).code, ErrorCode::Empty);
    learning.exec("INSERT INTO runs(run_uuid, experiment_id) VALUES('r1', 0), ('r2', 1)");
    const Error error = openError(learning.path());
    EXPECT_EQ(error.code, ErrorCode::UnknownFormat);
    EXPECT_EQ(error.detail,
              "this is an MLflow database with 2 runs of machine learning in 2 experiments, and without a trace of an "
              "agent");
    DatabaseFixture empty(file("empty.db"));
    empty.exec(std::string(kLearning) + kTraces + kSpans);
    EXPECT_EQ(openError(empty.path()).code, ErrorCode::Empty);
    EXPECT_THAT(openError(empty.path()).detail, ::testing::HasSubstr("no trace was recorded yet"));
    DatabaseFixture view(file("view.db"));
    view.exec(std::string(kLearning) + "CREATE VIEW trace_info AS SELECT 1 AS request_id");
    EXPECT_EQ(openError(view.path()).code, ErrorCode::Refused);
}

TEST_F(Mlflow, aTraceThatGrowsOrIsJudgedIsDeliveredAgain)
{
    DatabaseFixture db(file("mlflow.db"));
    db.exec(std::string(kLearning) + kTraces + kSpans);
    for (int i = 0; i < 40; ++i) {
        trace(db, formatText("tr-{}", i), "OK", i);
        usualSpans(db, formatText("tr-{}", i));
    }
    const auto reader = open(db.path());
    ASSERT_TRUE(reader);
    Collector first;
    const std::string cursor = ingest(*reader, first);
    EXPECT_EQ(first.order.front(), "tr-39");
    assess(db, "tr-4", {.id = "a1", .name = "ok"});
    trace(db, "tr-new");
    Collector more;
    const std::string later = ingest(*reader, more, cursor);
    EXPECT_EQ(more.startedOver, 0);
    EXPECT_TRUE(more.runs.contains("tr-new"));
    ASSERT_TRUE(more.runs.contains("tr-4"));
    EXPECT_EQ(more.runs.at("tr-4").scores.size(), 1U);
    EXPECT_LE(more.runs.size(), 6U);
    db.exec("UPDATE assessments SET valid = 0");
    Collector changed;
    ingest(*reader, changed, later);
    EXPECT_TRUE(changed.runs.contains("tr-4"));
    Collector same;
    ingest(*reader, same, ingest(*reader, changed, later));
    EXPECT_TRUE(same.runs.empty());
}

TEST_F(Mlflow, brokenSpansAreSkippedAndTheRestIsRead)
{
    DatabaseFixture db(file("mlflow.db"));
    db.exec(std::string(kLearning) + kTraces + kSpans);
    trace(db, "tr-1", "IN_PROGRESS");
    span(db, "tr-1", "00000000000000a1", "", "root", "AGENT", "{\"attributes\": ", 0, "OK");
    span(db, "tr-1", "00000000000000a2", "00000000000000a1", "odd", "TOOL", R"({"attributes":[1],"events":{},"status":7})", 1);
    span(db, "tr-1", "not hex!", "not hex!", "self", "UNKNOWN", "[]", 2);
    assess(db, "tr-1", {.id = "a1", .name = "ok", .value = "{oh"});
    trace(db, "tr-2", "IN_PROGRESS");
    const Collector got = readAll(db.path());
    ASSERT_EQ(got.runs.size(), 2U);
    const RunRecord& record = got.runs.at("tr-1");
    ASSERT_EQ(record.steps.size(), 3U);
    EXPECT_EQ(record.run.status, StepStatus::Unset);
    EXPECT_EQ(stepOf(record, "00000000000000a1").kind, StepKind::Agent); // by its column
    EXPECT_EQ(record.scores.at(0).label, "{oh");
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_EQ(got.skips[0].first, "span 00000000000000a1 of trace tr-1");
    EXPECT_TRUE(got.runs.at("tr-2").steps.empty());
}

TEST(MlflowSpans, idsOfAllVersionsAreHexadecimalDigits)
{
    EXPECT_EQ(mlflowSpanId("0x00000000000000B1"), "00000000000000b1");
    EXPECT_EQ(mlflowSpanId("00000000000000b1"), "00000000000000b1");
    EXPECT_EQ(mlflowSpanId("AAAAAAAAAME="), "00000000000000c1");
    EXPECT_EQ(mlflowSpanId(""), "");
    EXPECT_EQ(mlflowSpanId("not an id"), "not an id");
}

} // namespace
} // namespace tackroom::testing
