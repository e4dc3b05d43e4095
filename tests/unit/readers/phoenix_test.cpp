// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/platform/childprocess.h"
#include "core/readers/phoenixrun.h"
#include "core/traces/versionrule.h"
#include "tests/support/phoenixfixture.h"
#include "tests/unit/readers/collector.h"

namespace tackroom::testing
{
namespace
{

using Fixture = PhoenixFixture;

class Phoenix : public FolderTest
{
protected:
    std::unique_ptr<StoreReader> open(const std::filesystem::path& path)
    {
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        return reader ? std::move(*reader) : nullptr;
    }
    std::string ingest(StoreReader& reader, Collector& into, const std::string& cursor = {})
    {
        auto done = reader.ingest(cursor, into, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return done.value_or("");
    }
};

TEST_F(Phoenix, aRunIsReadWhole)
{
    Fixture store(file("p.db"));
    const auto trace = store.addUsualRun(5);
    const auto reader = open(store.path());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->info().kind, "phoenix-sqlite");
    EXPECT_THAT(reader->info().schema, ::testing::HasSubstr("735d3d93c33e"));
    Collector got;
    ingest(*reader, got);
    ASSERT_EQ(got.runs.size(), 1U);
    const RunRecord& record = got.runs.begin()->second;
    EXPECT_EQ(record.run.nativeId, formatText("{:032x}", 0xabc005));
    EXPECT_EQ(record.run.key, runKeyOf("phoenix-sqlite", record.run.nativeId));
    EXPECT_EQ(record.run.sessionId, "session-5");
    EXPECT_EQ(record.run.userId, "user-2");
    EXPECT_EQ(record.run.project, "default");
    EXPECT_EQ(record.run.agentName, "refund-agent");
    EXPECT_EQ(record.run.task, "refund order 5");
    EXPECT_EQ(record.run.answer, "done 5");
    EXPECT_EQ(record.run.harnessVersion, formatText("{:040x}", 3));
    EXPECT_EQ(record.run.harnessVersionLabel, "v2");
    EXPECT_EQ(record.run.harnessVersionSource, "commit key: harness.git_commit");
    EXPECT_EQ(record.run.promptTokens, 220);
    EXPECT_EQ(record.run.completionTokens, 30);
    EXPECT_EQ(record.run.costUsd, 0.25);
    EXPECT_EQ(record.run.stepCount, 4);
    EXPECT_EQ(record.run.errorCount, 1);
    EXPECT_EQ(record.run.status, StepStatus::Ok);
    EXPECT_EQ(formatTime(record.run.start), "2026-03-02T08:00:05Z");
    ASSERT_EQ(record.steps.size(), 4U);
    EXPECT_EQ(record.steps[0].kind, StepKind::Agent);
    EXPECT_EQ(record.steps[1].outputText, "");
    EXPECT_EQ(record.steps[1].model, "m1");
    EXPECT_EQ(record.steps[2].toolName, "lookup_order");
    EXPECT_EQ(record.steps[2].arguments, R"({"order_id":"#5"})");
    EXPECT_EQ(record.steps[2].result, "no such order");
    EXPECT_EQ(record.steps[2].errorType, "ValueError");
    EXPECT_EQ(record.steps[2].errorText, "order_id does not match");
    EXPECT_EQ(record.steps[3].inputText, "no such order");
    EXPECT_EQ(record.steps[3].outputText, "done 5");
    EXPECT_TRUE(got.skips.empty());
    EXPECT_GT(trace, 0);
}

TEST_F(Phoenix, annotationsBecomeScoresAndDecisions)
{
    Fixture store(file("p.db"));
    const auto trace = store.addUsualRun(1);
    store.annotate("span_annotations", "span_rowid", 3,
                   {.name = "manager_decision",
                    .label = "approved_by_hand",
                    .score = "0",
                    .explanation = "a loyal customer",
                    .kind = "HUMAN",
                    .metadata = R"({"agent_decision":"not refunded","human_decision":"refunded"})",
                    .by = "7"});
    store.annotate("trace_annotations", "trace_rowid", trace, {.name = "user_feedback", .label = "thumbs_up", .score = "1"});
    store.annotate("span_annotations", "span_rowid", 1,
                   {.name = "closing_message", .label = "fail", .score = "0", .kind = "CODE"});
    store.annotate("span_annotations", "span_rowid", 1, {.name = "correctness", .label = "correct", .kind = "LLM"});
    store.annotate("document_annotations", "span_rowid", 3, {.name = "relevance", .label = "bad", .score = "0", .kind = "LLM"});
    Collector got;
    ingest(*open(store.path()), got);
    const RunRecord& record = got.runs.begin()->second;
    ASSERT_EQ(record.scores.size(), 5U);
    const auto score = [&](std::string_view name) -> const Score& {
        for (const auto& each : record.scores)
            if (each.name.starts_with(name)) return each;
        ADD_FAILURE() << name;
        return record.scores.front();
    };
    EXPECT_EQ(score("manager_decision").says, Outcome::Failure);
    EXPECT_EQ(score("manager_decision").weight, OutcomeSource::Human);
    EXPECT_EQ(score("manager_decision").by, "Ines");
    EXPECT_EQ(score("manager_decision").stepId, record.steps[2].nativeId);
    EXPECT_EQ(score("user_feedback").says, Outcome::Success);
    EXPECT_EQ(score("user_feedback").stepId, "");
    EXPECT_EQ(score("closing_message").weight, OutcomeSource::Rule);
    EXPECT_EQ(score("closing_message").says, Outcome::Failure);
    EXPECT_EQ(score("correctness").weight, OutcomeSource::ModelJudge);
    EXPECT_EQ(score("correctness").says, Outcome::Success);
    EXPECT_EQ(score("relevance").says, Outcome::Unknown);
    ASSERT_EQ(record.decisions.size(), 1U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Override);
    EXPECT_EQ(record.decisions[0].by, "Ines");
    EXPECT_EQ(record.decisions[0].target, "lookup_order");
    EXPECT_EQ(record.decisions[0].before, "not refunded");
    EXPECT_EQ(record.decisions[0].after, "refunded");
    EXPECT_EQ(record.decisions[0].reason, "a loyal customer");
}

TEST_F(Phoenix, anOldGenerationIsRead)
{
    Fixture store(file("old.db"), Fixture::Generation::Old);
    store.addUsualRun(1);
    store.annotate("span_annotations", "span_rowid", 1, {.name = "x", .label = "pass", .kind = "CODE"});
    Collector got;
    ingest(*open(store.path()), got);
    ASSERT_EQ(got.runs.size(), 1U);
    const RunRecord& record = got.runs.begin()->second;
    EXPECT_EQ(record.run.sessionId, "");
    EXPECT_FALSE(record.run.costUsd);
    EXPECT_EQ(record.run.promptTokens, 220);
    EXPECT_EQ(record.scores.size(), 1U);
}

TEST_F(Phoenix, malformedAttributesAreSkippedAndTheSpanStays)
{
    Fixture store(file("p.db"));
    const auto trace = store.addTrace("t1");
    store.addSpan(trace, {.id = "a",
                          .parent = {},
                          .name = "root",
                          .kind = "AGENT",
                          .attributes = "{\"input\": oops",
                          .status = "ERROR",
                          .message = "boom"});
    store.addSpan(trace, {.id = "b", .parent = "a", .name = "child", .attributes = "[1]", .events = "{{{"});
    store.addTrace("without spans");
    Collector got;
    ingest(*open(store.path()), got);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_EQ(got.runs["t1"].steps.size(), 2U);
    EXPECT_EQ(got.runs["t1"].steps[0].errorText, "boom");
    EXPECT_EQ(got.skips.size(), 4U); // two attributes, one list of events, one trace without spans
}

TEST_F(Phoenix, ofTheKeysTheCommitWinsAndMetadataMayBeText)
{
    Fixture store(file("p.db"));
    const auto version = [&](const std::string& id, const std::string& attributes) {
        const auto trace = store.addTrace(id);
        store.addSpan(trace, {.id = id + "s", .parent = {}, .name = "r", .attributes = attributes});
    };
    version("commit", R"({"service":{"version":"1.2"},"git":{"commit":{"sha":"abc123"}}})");
    version("label", R"({"metadata":"{\"agent.version\":\"7\"}"})");
    version("prompt", R"({"llm":{"prompt_template":{"version":"p9"}}})");
    version("none", R"({"input":{"value":"x"}})");
    Collector got;
    ingest(*open(store.path()), got);
    EXPECT_EQ(got.runs["commit"].run.harnessVersion, "abc123");
    EXPECT_EQ(got.runs["commit"].run.harnessVersionLabel, "1.2");
    EXPECT_EQ(got.runs["label"].run.harnessVersion, "7");
    EXPECT_EQ(got.runs["label"].run.harnessVersionSource, "version key: agent.version");
    EXPECT_EQ(got.runs["prompt"].run.harnessVersion, "p9");
    EXPECT_EQ(got.runs["prompt"].run.harnessVersionSource, "prompt version: llm.prompt_template.version");
    EXPECT_EQ(got.runs["none"].run.harnessVersion, "");
}

TEST_F(Phoenix, newestFirstAndOnlyWhatIsNewTheNextTime)
{
    Fixture store(file("p.db"));
    for (int i = 0; i < 350; ++i) store.addUsualRun(i);
    const auto reader = open(store.path());
    Collector all;
    const std::string cursor = ingest(*reader, all);
    EXPECT_EQ(all.runs.size(), 350U);
    EXPECT_EQ(all.startedOver, 1);
    EXPECT_TRUE(std::ranges::is_sorted(all.order, std::greater{}));

    Collector nothing;
    EXPECT_EQ(ingest(*reader, nothing, cursor), cursor);
    EXPECT_TRUE(nothing.runs.empty());
    EXPECT_EQ(nothing.startedOver, 0);

    store.addUsualRun(400);
    store.addSpan(10, {.id = "late", .parent = {}, .name = "late"});                             // a trace that grew
    store.annotate("span_annotations", "span_rowid", 4 * 20 + 1, {.name = "q", .label = "bad"}); // another
    store.exec("UPDATE span_annotations SET updated_at = '2027-01-01 00:00:00.000000'");
    Collector grown;
    const std::string next = ingest(*reader, grown, cursor);
    EXPECT_EQ(grown.order,
              (std::vector<std::string>{formatText("{:032x}", 0xabc000 + 400), formatText("{:032x}", 0xabc000 + 20),
                                        formatText("{:032x}", 0xabc000 + 9)}));
    EXPECT_EQ(grown.runs[formatText("{:032x}", 0xabc000 + 9)].steps.size(), 5U);

    store.exec("UPDATE span_annotations SET label = 'good', updated_at = '2027-01-02 00:00:00.000000'");
    Collector changed;
    const std::string third = ingest(*reader, changed, next);
    ASSERT_EQ(changed.runs.size(), 1U);
    EXPECT_EQ(changed.runs.begin()->second.scores[0].says, Outcome::Success);

    store.exec("DELETE FROM spans WHERE trace_rowid = 3; DELETE FROM traces WHERE id = 3");
    Collector anew;
    ingest(*reader, anew, third);
    EXPECT_EQ(anew.startedOver, 1);
    EXPECT_EQ(anew.runs.size(), 350U);

    Collector garbage;
    ingest(*reader, garbage, "not a cursor");
    EXPECT_EQ(garbage.startedOver, 1);
}

/// However the spans of the traces lie among each other (as they came from one agent, or from hundreds at once), the runs are
/// the same. What lies close together is read by its rows, the other by the index of its traces.
TEST_F(Phoenix, theOrderInWhichSpansArrivedDoesNotMatter)
{
    const auto told = [&](const std::string& name, int stride) {
        Fixture store(file(name));
        store.exec("BEGIN");
        constexpr int kTraces = 250, kSpans = 6;
        for (int t = 0; t < kTraces; ++t) store.addTrace(formatText("trace {}", t), t);
        for (int first = 0; first < kTraces; first += stride)
            for (int s = kSpans - 1; s >= 0; --s)
                for (int t = first; t < std::min(first + stride, kTraces); ++t) {
                    const auto row = store.addSpan(
                        t + 1, {.id = formatText("{}-{}", t, s),
                                .parent = s ? formatText("{}-0", t) : "",
                                .name = formatText("span {}", s),
                                .kind = s ? "TOOL" : "AGENT",
                                .attributes = formatText(
                                    R"({{"input":{{"value":"in {0} {1}"}},"output":{{"value":"out {0} {1}"}}}})", t, s),
                                .second = t + s});
                    if (s == 2)
                        store.annotate("span_annotations", "span_rowid", row, {.name = "q", .label = formatText("l{}", t)});
                }
        store.exec("COMMIT");
        Collector got;
        ingest(*open(store.path()), got);
        EXPECT_EQ(got.runs.size(), 250U);
        EXPECT_TRUE(got.skips.empty());
        std::string text;
        for (const auto& id : got.order) {
            const RunRecord& record = got.runs[id];
            text += record.run.nativeId + record.run.task + record.run.answer + std::to_string(record.run.start);
            for (const auto& step : record.steps) text += step.nativeId + step.parentId + step.arguments + step.result;
            for (const auto& score : record.scores) text += score.stepId + score.label;
            text += '\n';
        }
        return text;
    };
    const std::string alone = told("alone.db", 1);
    EXPECT_THAT(alone, ::testing::HasSubstr("249-5249-0in 249 5out 249 5249-2l249\n"));
    EXPECT_EQ(told("few.db", 3), alone);
    EXPECT_EQ(told("all.db", 250), alone);
}

/// A trace of more texts than are kept in memory at once: read in slices, its spans once each, and what only the run wants of
/// them (the question, which no root has here) is found all the same.
TEST_F(Phoenix, aTraceLargerThanASliceIsReadInPieces)
{
    for (const bool apart : {false, true}) {
        Fixture store(file(apart ? "apart.db" : "p.db"));
        const auto trace = store.addTrace("large"), other = store.addTrace("other");
        const std::string filling(std::size_t{1} << 20, 'f');
        store.exec("BEGIN");
        for (int i = 0; i < 40; ++i) {
            store.addSpan(
                trace,
                {.id = formatText("s{}", i),
                 .parent = i ? "s0" : "",
                 .name = "chat",
                 .kind = i ? "LLM" : "CHAIN",
                 .attributes =
                     i ? formatText(
                             R"({{"filling":"{}","input":{{"value":"{{\"messages\":[{{\"role\":\"user\",\"content\":\"ask {}\"}}]}}"}},"output":{{"value":"said {}"}}}})",
                             filling, i, i)
                       : formatText(R"({{"filling":"{}"}})", filling),
                 .second = i});
            if (apart)
                for (int k = 0; k < 9; ++k) store.addSpan(other, {.id = formatText("o{}-{}", i, k), .parent = {}, .name = "o"});
        }
        if (apart)
            store.exec(formatText("UPDATE traces SET id = 1000 WHERE id = {}; UPDATE spans SET trace_rowid = 1000 WHERE "
                                  "trace_rowid = {}; DELETE FROM spans WHERE trace_rowid = {} AND span_id <> 'o0-0'",
                                  trace, trace, other));
        store.exec("COMMIT");
        Collector got;
        ingest(*open(store.path()), got);
        ASSERT_EQ(got.runs.count("large"), 1U);
        const RunRecord& record = got.runs["large"];
        ASSERT_EQ(record.steps.size(), 40U);
        for (int i = 0; i < 40; ++i) EXPECT_EQ(record.steps[static_cast<std::size_t>(i)].nativeId, formatText("s{}", i));
        EXPECT_EQ(record.run.task, "ask 1");
        EXPECT_EQ(record.run.answer, "said 39");
        EXPECT_EQ(record.steps[7].inputText, "ask 7");
    }
}

TEST_F(Phoenix, theFingerprintChangesWithTheStoreOnly)
{
    Fixture store(file("p.db"));
    store.addUsualRun(1);
    const auto one = open(store.path())->fingerprint();
    const auto two = open(store.path())->fingerprint();
    ASSERT_TRUE(one && two);
    EXPECT_EQ(*one, *two);
    store.addUsualRun(2);
    EXPECT_NE(*open(store.path())->fingerprint(), *one);
}

TEST_F(Phoenix, aConversationIsToldOnceAndInOrder)
{
    Fixture store(file("p.db"));
    store.addUsualRun(1);
    const auto reader = open(store.path());
    const std::string run = formatText("{:032x}", 0xabc001);
    const auto body = reader->fetch(run, {}, 1 << 20);
    ASSERT_TRUE(body) << textOf(body.error());
    ASSERT_EQ(body->messages.size(), 4U);
    EXPECT_EQ(body->messages[0].role, "user");
    EXPECT_EQ(body->messages[0].content, "refund order 1");
    ASSERT_EQ(body->messages[1].toolCalls.size(), 1U);
    EXPECT_EQ(body->messages[1].toolCalls[0].name, "lookup_order");
    EXPECT_EQ(body->messages[1].stepId, "0000000100000002");
    EXPECT_EQ(body->messages[2].role, "tool");
    EXPECT_EQ(body->messages[2].stepId, "0000000100000003");
    EXPECT_EQ(body->messages[3].content, "done 1");
    EXPECT_EQ(body->messages[3].stepId, "0000000100000004");
    EXPECT_EQ(body->omittedBytes, 0U);

    const auto step = reader->fetch(run, "0000000100000003", 1 << 20);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->input, R"({"order_id":"#1"})");
    EXPECT_EQ(step->output, "no such order");
    EXPECT_THAT(step->raw, ::testing::HasSubstr("\"tool\":{\"name\":\"lookup_order\"}"));

    const auto cut = reader->fetch(run, "0000000100000003", 20);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->input.size() + cut->output.size() + cut->raw.size(), 20U);
    EXPECT_EQ(cut->omittedBytes, step->input.size() + step->output.size() + step->raw.size() - 20);
    EXPECT_EQ(reader->fetch("nobody", {}, 100).error().code, ErrorCode::NotFound);
    EXPECT_EQ(reader->fetch(run, "nobody", 100).error().code, ErrorCode::NotFound);
}

/// What is too long for the index is read where it is asked for with room, and is counted where it is not.
TEST_F(Phoenix, aBodyOfManyMegabytesIsFetchedWhole)
{
    Fixture store(file("p.db"));
    const std::string id = formatText("{:032x}", 0xabc111), line(static_cast<std::size_t>(kMaxAttributesBytes) + 1000, 'w');
    const std::string attributes =
        R"({"llm":{"output_messages":[{"message":{"role":"assistant","content":")" + line + R"("}}]}})";
    store.addSpan(store.addTrace(id), {.id = "00000000000000aa", .name = "chat", .kind = "LLM", .attributes = attributes});
    const auto reader = open(store.path());
    ASSERT_TRUE(reader);
    constexpr std::uint64_t kRoom = std::uint64_t{256} << 20;
    const auto step = reader->fetch(RunAddress(id), "00000000000000aa", kRoom);
    ASSERT_TRUE(step) << textOf(step.error());
    EXPECT_EQ(step->omittedBytes, 0U);
    EXPECT_TRUE(step->raw == R"({"attributes":)" + attributes + R"(,"events":[]})");
    ASSERT_EQ(step->messages.size(), 1U);
    EXPECT_TRUE(step->messages[0].content == line);
    const auto run = reader->fetch(RunAddress(id), {}, kRoom);
    ASSERT_TRUE(run);
    ASSERT_EQ(run->messages.size(), 1U);
    EXPECT_TRUE(run->messages[0].content == line);
    for (const char* part : {"00000000000000aa", ""}) {
        const auto little = reader->fetch(RunAddress(id), part, 1 << 20);
        ASSERT_TRUE(little);
        EXPECT_GE(little->omittedBytes, attributes.size());
    }
}

TEST_F(Phoenix, notOneByteOfTheStoreChanges)
{
    {
        Fixture store(file("p.db"));
        store.exec("PRAGMA journal_mode=WAL");
        store.addUsualRun(1);
    }
    const auto digest = [&] {
        std::ifstream in(file("p.db"), std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const std::string before = digest();
    const auto time = std::filesystem::last_write_time(file("p.db"));
    Collector got;
    ingest(*open(file("p.db")), got);
    EXPECT_EQ(got.runs.size(), 1U);
    EXPECT_EQ(digest(), before);
    EXPECT_EQ(std::filesystem::last_write_time(file("p.db")), time);
    EXPECT_FALSE(std::filesystem::exists(file("p.db-wal")));
}

TEST_F(Phoenix, aLiveStoreIsReadWhileItGrows)
{
    Fixture store(file("p.db"));
    store.exec("PRAGMA journal_mode=WAL");
    for (int i = 0; i < 20; ++i) store.addUsualRun(i);
    const auto reader = open(store.path());
    Collector got;
    const auto cursor = ingest(*reader, got);
    EXPECT_EQ(got.runs.size(), 20U);
    store.addUsualRun(50);
    Collector more;
    ingest(*reader, more, cursor);
    EXPECT_EQ(more.runs.size(), 1U);
}

/// Counts by the sqlite3 program, which knows nothing of this reader.
TEST_F(Phoenix, countsAgreeWithTheSqliteProgram)
{
    {
        Fixture store(file("p.db"));
        for (int i = 0; i < 40; ++i) store.addUsualRun(i);
        store.exec("INSERT INTO span_annotations(span_rowid, name, metadata, annotator_kind) SELECT id, 'x', '{}', 'CODE' FROM "
                   "spans WHERE id % 3 = 0");
    }
    const auto counted =
        runProcess({"sqlite3", file("p.db").string(),
                    "SELECT count(*), (SELECT count(*) FROM spans), (SELECT count(*) FROM span_annotations) FROM traces"},
                   {}, {}, 20'000, 1000);
    ASSERT_TRUE(counted) << textOf(counted.error());
    Collector got;
    ingest(*open(file("p.db")), got);
    std::size_t steps = 0, scores = 0;
    for (const auto& [id, record] : got.runs) {
        steps += record.steps.size();
        scores += record.scores.size();
    }
    EXPECT_EQ(formatText("{}|{}|{}\n", got.runs.size(), steps, scores), counted->out);
}

TEST_F(Phoenix, annotationsOfSessionsAndExperimentsComeAlong)
{
    // 0df286449799 and the experiments of 2024, as upstream's migrations make them.
    Fixture store(file("p.db"));
    const auto first = store.addUsualRun(1);
    store.addUsualRun(2);
    store.exec(
        "CREATE TABLE project_session_annotations(id INTEGER PRIMARY KEY, project_session_id INTEGER NOT NULL, name TEXT,"
        " label TEXT, score FLOAT, explanation TEXT, metadata TEXT, annotator_kind TEXT, user_id INTEGER, identifier TEXT,"
        " source TEXT, created_at TEXT, updated_at TEXT);"
        "CREATE TABLE experiment_runs(id INTEGER PRIMARY KEY, experiment_id INTEGER, trace_id TEXT, output TEXT);"
        "CREATE TABLE experiment_run_annotations(id INTEGER PRIMARY KEY, experiment_run_id INTEGER, name TEXT,"
        " annotator_kind TEXT, label TEXT, score FLOAT, explanation TEXT, trace_id TEXT, error TEXT, metadata TEXT,"
        " start_time TEXT, end_time TEXT)");
    const auto reader = open(store.path());
    ASSERT_TRUE(reader);
    Collector before;
    const std::string cursor = ingest(*reader, before);
    EXPECT_EQ(before.runs.size(), 2U);
    store.exec(
        formatText("INSERT INTO project_session_annotations SELECT 1, project_session_rowid, 'happy', 'good', 1, 'smiled', "
                   "'{{}}', 'HUMAN', 7, '', 'APP', '2026-03-02 09:00:00', '2026-03-02 09:00:00' FROM traces WHERE id = {}",
                   first));
    store.exec("INSERT INTO experiment_runs SELECT 5, 1, trace_id, '' FROM traces ORDER BY id DESC LIMIT 1;"
               "INSERT INTO experiment_run_annotations VALUES(1, 5, 'exact_match', 'CODE', 'fail', 0, 'not the same', NULL, "
               "NULL, '{}',"
               " '2026-03-02 09:00:00', '2026-03-02 09:00:01')");
    Collector got;
    ingest(*reader, got, cursor);
    EXPECT_EQ(got.startedOver, 0);
    ASSERT_EQ(got.runs.size(), 2U);
    const auto& happy = got.runs.at(formatText("{:032x}", 0xabc001)).scores;
    ASSERT_EQ(happy.size(), 1U);
    EXPECT_EQ(happy[0].name, "session happy");
    EXPECT_EQ(happy[0].says, Outcome::Unknown);
    EXPECT_EQ(happy[0].by, "Ines");
    EXPECT_TRUE(got.runs.at(formatText("{:032x}", 0xabc001)).decisions.empty());
    const auto& exact = got.runs.at(formatText("{:032x}", 0xabc002)).scores;
    ASSERT_EQ(exact.size(), 1U);
    EXPECT_EQ(exact[0].says, Outcome::Failure);
    EXPECT_EQ(exact[0].weight, OutcomeSource::Verifier);
    EXPECT_EQ(exact[0].explanation, "not the same");
    EXPECT_EQ(formatTime(exact[0].time), "2026-03-02T09:00:01Z");
    Collector whole;
    ingest(*reader, whole);
    EXPECT_EQ(whole.runs.at(formatText("{:032x}", 0xabc001)).scores.size(), 1U);
}

} // namespace
} // namespace tackroom::testing
