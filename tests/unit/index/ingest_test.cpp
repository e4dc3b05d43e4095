// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/index/treeorder.h"
#include "tests/unit/index/indexfixture.h"

#include <algorithm>

namespace tackroom::testing
{
namespace
{

class Ingest : public IndexTest
{
};

TEST_F(Ingest, anUnchangedStoreIsNoWorkAndAGrownOneOnlyTheNewPart)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 30; ++i) store.addUsualRun(i);
    const auto first = ingest(store.path());
    EXPECT_EQ(first.runs, 30);
    EXPECT_EQ(first.steps, 120);
    EXPECT_EQ(first.newRuns, 30);
    const auto before = state();
    const auto time = std::filesystem::last_write_time(indexFolder() / kRunsFile);

    const auto second = ingest(store.path());
    EXPECT_TRUE(second.wasCurrent);
    EXPECT_EQ(second.newRuns, 0);
    EXPECT_EQ(second.runs, 30);
    EXPECT_EQ(state(), before);
    EXPECT_EQ(std::filesystem::last_write_time(indexFolder() / kRunsFile), time);

    store.addUsualRun(77);
    const auto third = ingest(store.path());
    EXPECT_EQ(third.runs, 31);
    EXPECT_EQ(third.newRuns, 1);
    EXPECT_EQ(state().epoch, before.epoch);
    EXPECT_GT(state().generation, before.generation);
}

TEST_F(Ingest, aTouchedStoreBringsNothingNew)
{
    PhoenixFixture store(file("p.db"));
    store.addUsualRun(1);
    ingest(store.path());
    const auto before = state();
    std::filesystem::last_write_time(store.path(), std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
    const auto again = ingest(store.path());
    EXPECT_FALSE(again.wasCurrent);
    EXPECT_EQ(again.newRuns, 0);
    EXPECT_EQ(state(), before);
}

TEST_F(Ingest, aRunThatGrewKeepsItsRow)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 3; ++i) store.addUsualRun(i);
    ingest(store.path());
    const auto rowOf = [&] { return queries()->find(formatText("{:032x}", 0xabc001)).value(); };
    const RunRow row = rowOf();
    store.addSpan(2, {.id = "late", .parent = "0000000100000002", .name = "late", .second = 50});
    const auto grown = ingest(store.path());
    EXPECT_EQ(grown.runs, 3);
    EXPECT_EQ(grown.steps, 13);
    EXPECT_EQ(grown.newRuns, 1);
    EXPECT_EQ(rowOf(), row);
    const auto steps = queries()->steps(row);
    ASSERT_TRUE(steps);
    ASSERT_EQ(steps->size(), 5U);
    EXPECT_EQ((*steps)[2].step.nativeId, "late"); // below its parent, before that one's later sibling
    EXPECT_EQ((*steps)[2].parentRow, (*steps)[1].row);
    EXPECT_EQ((*steps)[2].depth, 2);
}

TEST_F(Ingest, whatLeftTheStoreLeavesTheIndex)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 5; ++i) store.addUsualRun(i);
    ingest(store.path());
    store.exec("DELETE FROM spans WHERE trace_rowid = 2; DELETE FROM span_costs WHERE trace_rowid = 2; DELETE FROM traces "
               "WHERE id = 2");
    const auto report = ingest(store.path());
    EXPECT_EQ(report.runs, 4);
    EXPECT_EQ(report.steps, 16);
    EXPECT_EQ(report.removedRuns, 1);
    EXPECT_EQ(report.newRuns, 0);
}

TEST_F(Ingest, aResultsFileWrittenAnewKeepsWhatIsTheSame)
{
    const auto element = [](int task, double reward) {
        return formatText(
            R"({{"task_id":{},"trial":0,"reward":{},"info":{{}},"traj":[{{"role":"user","content":"q"}},{{"role":"assistant","content":"a"}}]}})",
            task, reward);
    };
    const auto path = write("r.json", "[" + element(1, 0) + "," + element(2, 1) + "]");
    EXPECT_EQ(ingest(path).newRuns, 2);
    (void)write("r.json", "[" + element(1, 0) + "," + element(2, 1) + ",\n" + element(3, 1) + ", {}]");
    const auto grown = ingest(path);
    EXPECT_EQ(grown.runs, 3);
    EXPECT_EQ(grown.newRuns, 1);
    EXPECT_EQ(grown.unreadable, 1);
    (void)write("r.json", "[" + element(3, 1) + "]");
    const auto shrunk = ingest(path);
    EXPECT_EQ(shrunk.runs, 1);
    EXPECT_EQ(shrunk.removedRuns, 2);
    EXPECT_EQ(shrunk.unreadable, 0);
}

TEST_F(Ingest, twoRunsOfOneIdAreOneAndSaidSo)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 3; ++i) store.addUsualRun(i);
    // Without its constraint, as only a hostile or broken store is.
    store.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, project_rowid INTEGER, trace_id VARCHAR, start_time TIMESTAMP, end_time "
               "TIMESTAMP, project_session_rowid INTEGER);"
               "INSERT INTO t SELECT * FROM traces; DROP TABLE traces; ALTER TABLE t RENAME TO traces;"
               "UPDATE traces SET trace_id = (SELECT trace_id FROM traces WHERE id = 1) WHERE id = 2");
    const auto report = ingest(store.path());
    EXPECT_EQ(report.runs, 2);
    EXPECT_EQ(report.unreadable, 1);
    EXPECT_EQ(report.steps, 8);
    ASSERT_EQ(queries()->skipped(9)->size(), 1U);
    EXPECT_THAT(queries()->skipped(9)->front().why, ::testing::HasSubstr("two runs of this id"));
}

std::string otlpLine(char trace, int span, std::string_view name)
{
    return std::format(
        R"({{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{:016x}","name":"{}",)"
        R"("startTimeUnixNano":"1770000000000000000","endTimeUnixNano":"1770000001000000000","attributes":[{{"key":"gen_ai.operation.name","value":{{"stringValue":"chat"}}}}]}}]}}]}}]}})"
        "\n",
        std::string(32, trace), span, name);
}

TEST_F(Ingest, aRunThatTwoFilesTellAlikeIsNoConflict)
{
    std::filesystem::create_directory(file("copies"));
    (void)write("copies/a.jsonl", otlpLine('a', 1, "one") + otlpLine('b', 2, "two"));
    (void)write("copies/b.jsonl", otlpLine('a', 1, "one"));
    auto report = ingest(file("copies"));
    EXPECT_EQ(report.runs, 2);
    EXPECT_EQ(report.unreadable, 0);

    (void)write("copies/c.jsonl", otlpLine('d', 1, "one"));
    (void)write("copies/d.jsonl", otlpLine('d', 1, "another"));
    std::filesystem::remove_all(indexFolder());
    report = ingest(file("copies"));
    EXPECT_EQ(report.runs, 3);
    EXPECT_EQ(report.unreadable, 1);
    const auto skipped = queries()->skipped(9);
    ASSERT_EQ(skipped->size(), 1U);
    EXPECT_THAT(skipped->front().why, ::testing::AllOf(::testing::HasSubstr("two runs of this id"),
                                                       ::testing::HasSubstr("c.jsonl"), ::testing::HasSubstr("d.jsonl")));
}

TEST_F(Ingest, aFileThatWasMovedKeepsItsRunsAndTheirPlace)
{
    std::filesystem::create_directory(file("moved"));
    (void)write("moved/a.jsonl", otlpLine('a', 1, "one"));
    ingest(file("moved"));
    const auto row = queries()->find(std::string(32, 'a'));
    const auto before = state();
    std::filesystem::rename(file("moved/a.jsonl"), file("moved/z.jsonl"));
    const auto report = ingest(file("moved"));
    EXPECT_EQ(report.runs, 1);
    EXPECT_EQ(report.newRuns, 0);
    EXPECT_EQ(queries()->find(std::string(32, 'a')), row);
    EXPECT_EQ(queries()->item(*row)->run.source, "z.jsonl");
    EXPECT_EQ(state(), before) << "nothing that is analysed has changed";
}

TEST_F(Ingest, whatAGrownFileSkippedIsForgottenWithIt)
{
    std::filesystem::create_directory(file("grown"));
    const auto path = file("grown/a.jsonl");
    const auto append = [&](const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::app) << text; };
    append(otlpLine('a', 1, "one"));
    (void)write("grown/b.json", R"({"nobody":"knows this"})");
    EXPECT_EQ(ingest(file("grown")).unreadable, 1) << "b.json";
    append("{ this is no line of it }\n" + otlpLine('b', 2, "two"));
    auto report = ingest(file("grown"));
    EXPECT_EQ(report.runs, 2);
    EXPECT_EQ(report.unreadable, 2);
    append("{ nor is this }\n" + otlpLine('c', 3, "three"));
    report = ingest(file("grown"));
    EXPECT_EQ(report.runs, 3);
    EXPECT_EQ(report.unreadable, 3) << "what was said before still holds";

    std::ofstream(path, std::ios::binary) << otlpLine('a', 1, "one again");
    report = ingest(file("grown"));
    EXPECT_EQ(report.runs, 1);
    EXPECT_EQ(report.unreadable, 1) << "the file was read anew";
    std::filesystem::remove(file("grown/b.json"));
    EXPECT_EQ(ingest(file("grown")).unreadable, 0) << "the other one has gone";
}

TEST_F(Ingest, aDamagedOrForeignIndexIsMadeAnew)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 4; ++i) store.addUsualRun(i);
    ingest(store.path());
    const auto epoch = state().epoch;
    const auto index = indexFolder() / kRunsFile;

    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(index.string() + suffix);
    std::ofstream(index, std::ios::binary) << "this is no database, and longer than a header of one hundred bytes, so that it "
                                              "is looked at ........................";
    EXPECT_EQ(ingest(store.path()).newRuns, 4);
    EXPECT_NE(state().epoch, epoch);

    {
        auto db = openCacheWriter(index);
        ASSERT_TRUE(db);
        ASSERT_TRUE(db->exec("PRAGMA user_version=9999"));
    }
    EXPECT_EQ(RunQueries::open(indexFolder(), {}).error().code, ErrorCode::NotFound);
    EXPECT_EQ(ingest(store.path()).newRuns, 4);
    EXPECT_EQ(queries()->counts()->runs, 4);
}

TEST_F(Ingest, aFailingReaderLeavesWhatCameAndTriesAgain)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 250; ++i) store.addUsualRun(i);
    // A sink's error and a cancel look the same from here: the reader ends early.
    auto reader = openStore(store.path(), {});
    ASSERT_TRUE(reader);
    CancelSource cancel;
    const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
        if (done >= 100) cancel.cancel();
    });
    const auto stopped = ingestStore(**reader, store.path(), indexFolder(), progress, cancel.token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    const auto partly = state().runs;
    EXPECT_GE(partly, 100);
    EXPECT_LT(partly, 250);
    const auto whole = ingest(store.path());
    EXPECT_EQ(whole.runs, 250);
    EXPECT_EQ(whole.newRuns, 250 - partly);
}

TEST_F(Ingest, anIndexThatWasBeingFilledWhenTheSystemFellIsMadeAnew)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 250; ++i) store.addUsualRun(i);
    const auto stopHalfway = [&] {
        auto reader = openStore(store.path(), {});
        CancelSource cancel;
        const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
            if (done >= 100) cancel.cancel();
        });
        EXPECT_FALSE(ingestStore(**reader, store.path(), indexFolder(), progress, cancel.token()));
    };
    const auto bulkMark = [&] {
        auto db = openCacheReader(indexFolder() / kRunsFile);
        auto mark = db->prepare("SELECT value FROM meta WHERE key = 'bulk'");
        return *mark->step() ? mark->stringAt(0) : std::string();
    };
    stopHalfway();
    EXPECT_EQ(bulkMark().size(), 36U);
    const auto epoch = state().epoch;
    ingest(store.path()); // the same boot: goes on
    EXPECT_EQ(state().epoch, epoch);
    EXPECT_EQ(bulkMark().size(), 36U) << "nobody has waited for the disk";
    ingest(store.path());
    EXPECT_EQ(bulkMark().size(), 36U);
    // Written long ago: then the system has it on the disk, and looking costs nothing.
    std::filesystem::last_write_time(indexFolder() / kRunsFile,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5));
    EXPECT_TRUE(ingest(store.path()).wasCurrent);
    EXPECT_EQ(bulkMark(), "");
    EXPECT_EQ(state().epoch, epoch);

    std::filesystem::remove_all(indexFolder());
    stopHalfway();
    {
        auto db = openCacheWriter(indexFolder() / kRunsFile);
        ASSERT_TRUE(db->exec("UPDATE meta SET value = 'another boot' WHERE key = 'bulk'"));
    }
    const auto before = state().epoch;
    EXPECT_EQ(ingest(store.path()).newRuns, 250);
    EXPECT_NE(state().epoch, before);
}

TEST_F(Ingest, runsShareTheSetOfTheirToolsUntilOneGrows)
{
    PhoenixFixture store(file("p.db"));
    const auto trace = store.addUsualRun(1);
    store.addUsualRun(2);
    store.addUsualRun(3);
    ingest(store.path());
    const auto sets = [&] {
        return openCacheReader(indexFolder() / kRunsFile)
            ->scalar("SELECT count(DISTINCT s.name_set) FROM set_names s JOIN names n ON n.id = s.name WHERE n.field = 1")
            .value_or(-1);
    };
    const auto before = sets(); // these are of three versions
    EXPECT_EQ(before, 3);
    using Value = std::pair<std::string, std::int64_t>;
    EXPECT_THAT(*queries()->values("tool", 9), ::testing::ElementsAre(Value("lookup_order", 3)));
    store.addSpan(
        trace, {.id = "ff01", .parent = {}, .name = "search", .kind = "TOOL", .attributes = R"({"tool":{"name":"search"}})"});
    EXPECT_EQ(ingest(store.path()).newRuns, 1);
    EXPECT_EQ(sets(), before + 1);
    EXPECT_THAT(*queries()->values("tool", 9), ::testing::ElementsAre(Value("lookup_order", 3), Value("search", 1)));
    EXPECT_THAT(*queries()->values("model", 9), ::testing::ElementsAre(Value("m1", 3)));
}

/// The indexes that the first filling leaves for its end are there afterwards, whether it was disturbed or not.
TEST_F(Ingest, allIndexesAreThereInTheEnd)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 30; ++i) store.addUsualRun(i);
    ingest(store.path());
    auto db = openCacheReader(indexFolder() / kRunsFile);
    ASSERT_TRUE(db);
    EXPECT_EQ(db->scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name LIKE 'runs_%'"), 9);
    for (const std::string_view order :
         {"end_ns - r.start_ns", "step_count", "cost_usd", "prompt_tokens + r.completion_tokens"}) {
        auto plan = db->prepare(formatText("EXPLAIN QUERY PLAN SELECT r.id FROM runs r ORDER BY r.{} DESC, r.id DESC", order));
        ASSERT_TRUE(plan);
        ASSERT_TRUE(*plan->step());
        EXPECT_THAT(plan->stringAt(3), ::testing::HasSubstr("INDEX runs_numbers"));
    }
}

/// Most indexes are made while runs still come, and hold those that come later.
TEST_F(Ingest, indexesAreMadeWhileTheStoreIsRead)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 1200; ++i) store.addUsualRun(i);
    const auto indexes = [&] {
        return openCacheReader(indexFolder() / kRunsFile)
            ->scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name LIKE 'runs_%'")
            .value_or(-1);
    };
    const auto readUpTo = [&](std::uint64_t runs) {
        auto reader = openStore(store.path(), {});
        CancelSource cancel;
        const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
            if (done >= runs) cancel.cancel();
        });
        return ingestStore(**reader, store.path(), indexFolder(), progress, cancel.token()).has_value();
    };
    EXPECT_FALSE(readUpTo(100));
    EXPECT_EQ(indexes(), 2) << "those that are there from the start";
    std::filesystem::remove_all(indexFolder());
    EXPECT_FALSE(readUpTo(600));
    EXPECT_GT(indexes(), 2);
    EXPECT_LT(indexes(), 9);
    std::filesystem::remove_all(indexFolder());
    EXPECT_EQ(ingest(store.path()).newRuns, 1200);
    EXPECT_EQ(indexes(), 9);
    auto db = openCacheWriter(indexFolder() / kRunsFile);
    auto check = db->prepare("PRAGMA integrity_check");
    ASSERT_TRUE(*check->step());
    EXPECT_EQ(check->stringAt(0), "ok");
}

TEST_F(Ingest, recordsComeBackAsTheyWereRead)
{
    PhoenixFixture store(file("p.db"));
    const auto trace = store.addUsualRun(9);
    store.addUsualRun(3);
    store.annotate("trace_annotations", "trace_rowid", trace,
                   {.name = "manager_decision", .label = "approved_by_hand", .score = "0", .by = "7"});
    ingest(store.path());
    std::vector<RunRecord> records;
    const auto done = forEachRecord(indexFolder(),
                                    [&](RunRow row, const RunRecord& record) -> Status {
                                        EXPECT_EQ(readRecord(indexFolder(), row)->run.nativeId, record.run.nativeId);
                                        records.push_back(record);
                                        return {};
                                    },
                                    {});
    ASSERT_TRUE(done) << textOf(done.error());
    EXPECT_EQ(*done, state());
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].run.nativeId, formatText("{:032x}", 0xabc003)); // oldest first
    const RunRecord& record = records[1];
    EXPECT_EQ(record.run.costUsd, 0.25);
    EXPECT_EQ(record.run.harnessVersionLabel, "v0");
    EXPECT_EQ(record.steps.at(2).errorText, "order_id does not match");
    ASSERT_EQ(record.scores.size(), 1U);
    EXPECT_EQ(record.scores[0].value, 0.0);
    EXPECT_EQ(record.scores[0].says, Outcome::Failure);
    ASSERT_EQ(record.decisions.size(), 1U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Override);
    const auto stopped = forEachRecord(
        indexFolder(), [](RunRow, const RunRecord&) -> Status { return fail(ErrorCode::DiskFull, "x", "y"); }, {});
    EXPECT_EQ(stopped.error().code, ErrorCode::DiskFull);
}

Step stepOf(std::string id, std::string parent, UtcNs start)
{
    Step step;
    step.nativeId = std::move(id);
    step.parentId = std::move(parent);
    step.start = start;
    return step;
}

TEST(TreeOrder, isDepthFirstAndHoldsEveryStepOnce)
{
    const std::vector<Step> steps{stepOf("c2", "r", 9), stepOf("r", "", 1),          stepOf("c1", "r", 2),
                                  stepOf("g", "c1", 3), stepOf("lost", "nobody", 5), stepOf("x", "y", 6),
                                  stepOf("y", "x", 7),  stepOf("self", "self", 8),   stepOf("r", "", 10)};
    const auto order = treeOrder(steps);
    std::vector<std::string> ids;
    for (const auto& place : order) ids.push_back(steps[place.step].nativeId);
    EXPECT_EQ(ids, (std::vector<std::string>{"r", "c1", "g", "c2", "lost", "self", "r", "x", "y"}));
    EXPECT_EQ(order[2].depth, 2);
    EXPECT_EQ(order[2].parent, 2U);
    EXPECT_EQ(order[8].parent, 8U);
}

TEST(TreeOrder, aLongChainIsNoRecursion)
{
    std::vector<Step> steps;
    for (int i = 0; i < 200'000; ++i) steps.push_back(stepOf(std::to_string(i), i ? std::to_string(i - 1) : "", i));
    const auto order = treeOrder(steps);
    ASSERT_EQ(order.size(), steps.size());
    EXPECT_EQ(order.back().depth, 199'999);
}

} // namespace
} // namespace tackroom::testing
