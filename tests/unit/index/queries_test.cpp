// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/index/filtersql.h"
#include "tests/unit/index/indexfixture.h"

#include <chrono>
#include <cstdlib>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;

std::vector<std::string> problemsOf(const RunFilter& filter)
{
    std::vector<std::string> texts;
    for (const QueryProblem& each : filter.notUnderstood)
        texts.push_back(each.typed + ": " + std::string(explanationOf(each.why)));
    return texts;
}

RunCondition oneOf(std::string_view text)
{
    const RunFilter filter = parseRunFilter(text);
    EXPECT_THAT(problemsOf(filter), ElementsAre()) << text;
    EXPECT_THAT(filter.words, ElementsAre()) << text;
    EXPECT_EQ(filter.fields.size(), 1U) << text;
    return filter.fields.empty() ? RunCondition() : filter.fields.front();
}

TEST(RunFilter, wordsFieldsAndWhatIsNotUnderstood)
{
    const RunFilter filter = parseRunFilter(
        R"(refund  tool:lookup "two words" version:v4 outcome:maybe nofield:x since:7d 12:30 cluster:"late refunds" error:)");
    EXPECT_THAT(filter.words, ElementsAre("refund", "two words", "12:30"));
    std::vector<std::string> fields;
    for (const RunCondition& each : filter.fields) fields.push_back(each.field + "=" + each.value);
    EXPECT_THAT(fields, ElementsAre("tool=lookup", "version=v4", "since=7d", "cluster=late refunds"));
    EXPECT_THAT(problemsOf(filter),
                ElementsAre("outcome:maybe: the field has no such value", "nofield:x: there is no such field",
                            "error:: nothing stands behind it"));
    EXPECT_TRUE(parseRunFilter("  ").words.empty());
    EXPECT_THAT(parseRunFilter("\"open").words, ElementsAre("open"));
}

TEST(RunFilter, everyComparisonIsRead)
{
    using Test = RunCondition::Test;
    const auto test = [](std::string_view text, Test wanted, double number) {
        const RunCondition condition = oneOf(text);
        EXPECT_EQ(condition.test, wanted) << text;
        EXPECT_DOUBLE_EQ(condition.number, number) << text;
        EXPECT_TRUE(condition.numeric) << text;
    };
    test("steps:>10", Test::Above, 10);
    test("steps>10", Test::Above, 10);
    test("STEPS:>=10", Test::AtLeast, 10);
    test("errors:<1", Test::Below, 1);
    test("errors:<=1", Test::AtMost, 1);
    test("errors:=2", Test::Is, 2);
    test("errors:2", Test::Is, 2);
    test("errors:!=2", Test::IsNot, 2);
    test("tokens:>2k", Test::Above, 2000);
    test("tokens:<1.5M", Test::Below, 1'500'000);
    test("cost:>$0.05", Test::Above, 0.05);
    test("duration:>30s", Test::Above, 30e9);
    test("duration:>30", Test::Above, 30e9);
    test("duration<1.5m", Test::Below, 90e9);
    test("duration:>=200ms", Test::AtLeast, 200e6);
    test("duration:<2h", Test::Below, 7200e9);
    const RunCondition between = oneOf("steps:10..20");
    EXPECT_EQ(between.test, Test::Between);
    EXPECT_EQ(between.number, 10);
    EXPECT_EQ(between.upTo, 20);
    EXPECT_EQ(oneOf("duration:1s..2m").upTo, 120e9);
}

TEST(RunFilter, whatIsNoNumberOrTimeIsSaid)
{
    EXPECT_THAT(problemsOf(parseRunFilter("steps:>many steps:1..x steps:> duration:>5y cost:0.05 duration:30s since:soon "
                                          "until:later has:luck source:nobody score: score:x<low score:x!9 score:>1")),
                ElementsAre("steps:>many: a number is needed", "steps:1..x: a number is needed", "steps:>: a number is needed",
                            "duration:>5y: a number is needed", "cost:0.05: write > or < before the number",
                            "duration:30s: write > or < before the number",
                            "since:soon: write an age (2w, 3d, 12h), a day or a time",
                            "until:later: write an age (2w, 3d, 12h), a day or a time",
                            "has:luck: the field has no such value", "source:nobody: the field has no such value",
                            "score:: nothing stands behind it", "score:x<low: a number is needed",
                            "score:x!9: a number is needed", "score:>1: nothing stands behind it"));
    for (const char* bad : {"steps:>1e999", "steps:>nan", "steps:>inf", "duration:>-1s"})
        EXPECT_EQ(parseRunFilter(bad).notUnderstood.size(), 1U) << bad;
}

TEST(RunFilter, scoresAreComparedByNumberOrLabel)
{
    using Test = RunCondition::Test;
    const RunCondition below = oneOf("score:helpful<0.5");
    EXPECT_EQ(below.subject, "helpful");
    EXPECT_EQ(below.test, Test::Below);
    EXPECT_EQ(below.number, 0.5);
    const RunCondition label = oneOf("score:\"two words=not good\"");
    EXPECT_EQ(label.subject, "two words");
    EXPECT_EQ(label.test, Test::Is);
    EXPECT_EQ(label.value, "not good");
    EXPECT_FALSE(label.numeric);
    EXPECT_EQ(oneOf("score:x!=1").test, Test::IsNot);
    EXPECT_TRUE(oneOf("score:x!=1").numeric);
    EXPECT_EQ(oneOf("score:x").test, Test::Exists);
}

TEST(RunFilter, aDashMakesANot)
{
    EXPECT_TRUE(oneOf("-tool:lookup").negated);
    EXPECT_EQ(oneOf("-tool:lookup").value, "lookup");
    EXPECT_TRUE(oneOf("-steps:>10").negated);
    EXPECT_EQ(oneOf("-refund").field, "");
    EXPECT_TRUE(oneOf("-\"late delivery\"").negated);
    EXPECT_EQ(oneOf("-\"late delivery\"").value, "late delivery");
    EXPECT_EQ(oneOf("tool:-x").value, "-x");
    EXPECT_THAT(parseRunFilter("- -5 --").words, ElementsAre("-", "-5", "--"));
    EXPECT_THAT(problemsOf(parseRunFilter("-nofield:x")), ElementsAre("-nofield:x: there is no such field"));
}

TEST(RunFilter, hasTakesOneOrMany)
{
    EXPECT_EQ(oneOf("has:decision").value, "decision");
    EXPECT_EQ(oneOf("has:Decisions").value, "decision");
    EXPECT_FALSE(queryFields().empty());
    for (const QueryField& field : queryFields())
        for (const std::string_view word : wordsOf(field.name)) oneOf(std::string(field.name) + ":" + std::string(word));
}

TEST(RunFilter, sinceIsADayATimeOrAnAge)
{
    constexpr UtcNs kDay = 86'400'000'000'000;
    EXPECT_EQ(filtersql::sinceValue("2026-03-02", 0), parseTime("2026-03-02T00:00:00Z"));
    EXPECT_EQ(filtersql::sinceValue("2w", 20 * kDay), 6 * kDay);
    EXPECT_EQ(filtersql::sinceValue("12h", kDay), kDay / 2);
    EXPECT_FALSE(filtersql::sinceValue("-3d", 0));
    EXPECT_FALSE(filtersql::sinceValue("soon", 0));
}

class Queries : public IndexTest
{
protected:
    void SetUp() override
    {
        IndexTest::SetUp();
        PhoenixFixture store(file("p.db"));
        for (int i = 0; i < 12; ++i) store.addUsualRun(i);
        const auto odd = store.addTrace("odd", 40);
        store.addSpan(odd, {.id = "o1",
                            .parent = {},
                            .name = "agent",
                            .kind = "AGENT",
                            .attributes = R"({"input":{"value":"100% sure_thing"},"output":{"value":"Zebra"}})",
                            .second = 40});
        store.addSpan(odd, {.id = "o2", .parent = "o1", .name = "search", .kind = "TOOL", .second = 41});
        ingest(store.path());
    }
    std::vector<std::int64_t> rowsOf(const std::string& filter, RunOrder order = RunOrder::Start, bool descending = false)
    {
        const auto query = queries();
        const auto rows = query->rows(parseRunFilter(filter), order, descending);
        EXPECT_TRUE(rows) << textOf(rows.error());
        std::vector<std::int64_t> numbers;
        for (const RunRow row : rows.value_or(std::vector<RunRow>{})) numbers.push_back(row.value);
        const auto count = query->count(parseRunFilter(filter));
        EXPECT_EQ(count.value_or(-1), static_cast<std::int64_t>(numbers.size()));
        return numbers;
    }
    /// A derived.db as the analysis writes it, with one cluster.
    void makeDerived(const std::string& epoch)
    {
        auto db = openCacheWriter(indexFolder() / kDerivedFile);
        ASSERT_TRUE(db) << textOf(db.error());
        ASSERT_TRUE(db->exec(kDerivedDdl));
        ASSERT_TRUE(db->exec(
            formatText("PRAGMA user_version={}; INSERT INTO meta VALUES('runs_epoch', '{}')", kDerivedSchemaVersion, epoch)));
        const auto done = db->exec("INSERT INTO outcomes VALUES(1, 2, 5, 'human: no'), (2, 1, 3, 'rule'), (3, 2, 3, 'rule');"
                                   "INSERT INTO clusters VALUES('c-1', 1, 3, 1, '', 'tool-error', 'lookup_order', 'sig', "
                                   "'Lookup fails', '', 2, 2, 1, 0, 1, 0, 0, '[]', '[]', '');"
                                   "INSERT INTO cluster_members VALUES('c-1', 1, 1), ('c-1', 3, 1);");
        ASSERT_TRUE(done) << textOf(done.error());
    }
};

TEST_F(Queries, filtersFindWhatTheySay)
{
    EXPECT_EQ(rowsOf("").size(), 13U);
    EXPECT_EQ(rowsOf("order").size(), 12U);
    EXPECT_EQ(rowsOf("\"order 11\"").size(), 1U);
    EXPECT_EQ(rowsOf("does not match").size(), 12U); // the error's text
    EXPECT_EQ(rowsOf("zebra").size(), 1U);
    EXPECT_EQ(rowsOf("100% sure_").size(), 1U);
    EXPECT_EQ(rowsOf("%").size(), 1U); // a percent sign is one
    EXPECT_EQ(rowsOf("tool:search").size(), 1U);
    EXPECT_EQ(rowsOf("tool:LOOKUP").size(), 12U);
    EXPECT_EQ(rowsOf("tool:search tool:lookup_order").size(), 13U);
    EXPECT_EQ(rowsOf("tool:nothing").size(), 0U);
    EXPECT_EQ(rowsOf("error:any").size(), 12U);
    EXPECT_EQ(rowsOf("error:none").size(), 1U);
    EXPECT_EQ(rowsOf("error:ValueError").size(), 12U);
    EXPECT_EQ(rowsOf("version:v2").size(), 4U);
    EXPECT_EQ(rowsOf("version:none").size(), 1U);
    EXPECT_EQ(rowsOf(formatText("version:{:040x}", 1)).size(), 4U);
    EXPECT_EQ(rowsOf("session:session-1").size(), 3U); // 1, 10, 11
    EXPECT_EQ(rowsOf("user:user-2 order").size(), 4U);
    EXPECT_EQ(rowsOf("id:odd").size(), 1U);
    EXPECT_EQ(rowsOf("since:2026-03-02T08:00:11Z").size(), 2U);
    EXPECT_EQ(rowsOf("since:2027-01-01").size(), 0U);
    EXPECT_EQ(rowsOf("outcome:failure").size(), 0U); // no analysis yet
    EXPECT_EQ(rowsOf("outcome:unknown").size(), 13U);
    EXPECT_EQ(rowsOf("cluster:none").size(), 13U);
    EXPECT_EQ(rowsOf("it's; DROP TABLE runs").size(), 0U);
}

TEST_F(Queries, comparisonsNegationsAndScores)
{
    EXPECT_EQ(rowsOf("steps:>3").size(), 12U);
    EXPECT_EQ(rowsOf("steps:>=4 steps:<9").size(), 12U);
    EXPECT_EQ(rowsOf("steps:2..3").size(), 1U);
    EXPECT_EQ(rowsOf("-steps:2..3").size(), 12U);
    EXPECT_EQ(rowsOf("errors:0").size(), 1U);
    EXPECT_EQ(rowsOf("errors:>0 -tool:search").size(), 12U);
    EXPECT_EQ(rowsOf("-tool:lookup_order").size(), 1U);
    EXPECT_EQ(rowsOf("-zebra").size(), 12U);
    EXPECT_EQ(rowsOf("-\"refund order\"").size(), 1U);
    EXPECT_EQ(rowsOf("-user:user-2 order").size(), 8U);
    EXPECT_EQ(rowsOf("duration:>1ms").size() + rowsOf("-duration:>1ms").size(), 13U);
    EXPECT_EQ(rowsOf("duration:>1d").size(), 0U);
    EXPECT_EQ(rowsOf("-cost:>1").size(), 13U); // what is not known is not more than that
    EXPECT_EQ(rowsOf("has:cost").size() + rowsOf("-has:cost").size(), 13U);
    EXPECT_EQ(rowsOf("has:error").size(), 12U);
    EXPECT_EQ(rowsOf("has:version").size(), 12U);
    EXPECT_EQ(rowsOf("has:session has:user").size(), 12U);
    EXPECT_EQ(rowsOf("has:cluster").size(), 0U);
    EXPECT_EQ(rowsOf("has:judgement").size(), 0U);
    EXPECT_EQ(rowsOf("until:2026-03-02T08:00:10Z").size(), 11U);
    EXPECT_EQ(rowsOf("until:2026-03-02").size(), 13U); // the whole day
    EXPECT_EQ(rowsOf("until:2026-03-01").size(), 0U);
    EXPECT_EQ(rowsOf("model:m1").size(), 12U);
    EXPECT_EQ(rowsOf("-model:m1").size(), 1U);
    EXPECT_EQ(rowsOf("tokens:>100").size(), 12U);
    const auto query = queries();
    const auto models = query->values("model", 9);
    ASSERT_TRUE(models);
    ASSERT_EQ(models->size(), 1U);
    EXPECT_EQ(models->front(), (std::pair<std::string, std::int64_t>("m1", 12)));
    const auto has = query->values("has", 20);
    ASSERT_TRUE(has);
    EXPECT_TRUE(std::ranges::contains(*has, std::pair<std::string, std::int64_t>("error", 12)));
}

TEST_F(Queries, scoresAreLookedUpWhereTheyLiePacked)
{
    PhoenixFixture store(file("p.db"));
    // Spans 1 to 4 are of the first run, 5 to 8 of the second.
    store.annotate("span_annotations", "span_rowid", 1, {.name = "helpful", .score = "0.4"});
    store.annotate("span_annotations", "span_rowid", 5, {.name = "grade", .label = "Fail"});
    ingest(store.path());
    const auto usual = rowsOf("has:score").size();
    EXPECT_EQ(rowsOf("score:helpful<0.5").size(), 1U);
    EXPECT_EQ(rowsOf("score:Helpful>=0.5").size(), 0U);
    EXPECT_EQ(rowsOf("score:helpful=0.4").size(), 1U);
    EXPECT_EQ(rowsOf("-score:helpful").size(), 12U);
    EXPECT_EQ(rowsOf("score:grade=FAIL").size(), 1U);
    EXPECT_EQ(rowsOf("score:grade!=fail").size(), 0U);
    EXPECT_EQ(rowsOf("score:grade!=pass score:grade").size(), 1U);
    EXPECT_EQ(rowsOf("score:nothing").size(), 0U);
    EXPECT_GE(usual, 2U);
    const auto names = queries()->values("score", 40);
    ASSERT_TRUE(names) << textOf(names.error());
    EXPECT_TRUE(std::ranges::contains(*names, std::pair<std::string, std::int64_t>("helpful", 1)));
}

TEST_F(Queries, everyOrderHoldsEveryRunBothWays)
{
    makeDerived(state().epoch);
    for (int order = 0; order <= static_cast<int>(RunOrder::Cluster); ++order) {
        auto up = rowsOf("", static_cast<RunOrder>(order), false);
        const auto down = rowsOf("", static_cast<RunOrder>(order), true);
        EXPECT_EQ(up.size(), 13U) << order;
        std::ranges::reverse(up);
        EXPECT_EQ(up, down) << order;
    }
    const auto query = queries();
    const auto items = query->items(*query->rows({}, RunOrder::Version, false));
    ASSERT_TRUE(items);
    EXPECT_EQ(items->front().versionLabel, "v0"); // in the order of first use
    EXPECT_EQ(items->back().versionLabel, "");    // the odd one came last
    const auto longest = query->items(*query->rows({}, RunOrder::Steps, true));
    EXPECT_EQ(longest->front().run.stepCount, 4);
    EXPECT_EQ(longest->back().run.nativeId, "odd");
}

TEST_F(Queries, outcomesAndClustersComeFromTheAnalysis)
{
    const auto query = queries(); // opened before there was one
    EXPECT_EQ(query->counts()->failures, 0);
    makeDerived(state().epoch);
    EXPECT_EQ(query->counts()->failures, 2);
    EXPECT_EQ(query->counts()->successes, 1);
    EXPECT_EQ(query->counts()->unknown, 10);
    EXPECT_EQ(rowsOf("outcome:failed").size(), 2U);
    EXPECT_EQ(rowsOf("outcome:failure outcome:success").size(), 3U);
    EXPECT_EQ(rowsOf("outcome:unknown").size(), 10U);
    EXPECT_EQ(rowsOf("source:human").size(), 1U);
    EXPECT_EQ(rowsOf("source:rule").size(), 2U);
    EXPECT_EQ(rowsOf("source:judge").size(), 0U);
    EXPECT_EQ(rowsOf("cluster:c-1"), (std::vector<std::int64_t>{3, 1})); // row 1 is the newest run
    EXPECT_EQ(rowsOf("cluster:\"lookup fails\"").size(), 2U);
    EXPECT_EQ(rowsOf("cluster:none").size(), 11U);
    const auto item = query->item(RunRow(1));
    ASSERT_TRUE(item) << textOf(item.error());
    EXPECT_EQ(item->outcome, Outcome::Failure);
    EXPECT_EQ(item->outcomeSource, OutcomeSource::Human);
    EXPECT_EQ(item->outcomeReason, "human: no");
    EXPECT_EQ(item->cluster.value, "c-1");
    EXPECT_EQ(item->clusterLabel, "Lookup fails");
    using Value = std::pair<std::string, std::int64_t>;
    EXPECT_THAT(*query->values("outcome", 9), ElementsAre(Value("unknown", 10), Value("failure", 2), Value("success", 1)));
    EXPECT_THAT(*query->values("cluster", 9), ElementsAre(Value("c-1", 2)));
}

TEST_F(Queries, anAnalysisOfAnotherIndexIsIgnored)
{
    makeDerived("another epoch");
    EXPECT_EQ(queries()->counts()->failures, 0);
    EXPECT_EQ(queries()->item(RunRow(1))->cluster.value, "");
}

TEST_F(Queries, valuesAreCountedMostFirst)
{
    using Value = std::pair<std::string, std::int64_t>;
    const auto query = queries();
    EXPECT_THAT(*query->values("tool", 9), ElementsAre(Value("lookup_order", 12), Value("search", 1)));
    EXPECT_THAT(*query->values("version", 2), ElementsAre(Value("v0", 4), Value("v1", 4)));
    EXPECT_THAT(*query->values("error", 9), ElementsAre(Value("ValueError", 12)));
    EXPECT_EQ(query->values("user", 9)->size(), 3U);
    EXPECT_TRUE(query->values("since", 9)->empty());
}

TEST_F(Queries, runsAreFoundByIdAndByTheirBeginnings)
{
    const auto query = queries();
    const auto item = query->item(*query->find("odd"));
    ASSERT_TRUE(item);
    EXPECT_EQ(query->find(item->run.key.value)->value, item->row.value);
    EXPECT_EQ(query->find(item->run.key.value.substr(0, 10))->value, item->row.value);
    EXPECT_EQ(query->find("000000000000").error().detail, "several runs begin like this");
    EXPECT_EQ(query->find("od").error().code, ErrorCode::NotFound);
    EXPECT_EQ(query->find("").error().code, ErrorCode::NotFound);
    EXPECT_EQ(query->item(RunRow(999)).error().code, ErrorCode::NotFound);
    EXPECT_EQ(query->items({RunRow(1), RunRow(999), RunRow(2)})->size(), 3U);
}

/// A table of a million rows has to scroll: 100,000 here (1,000,000 in full), against a limit that only a missing index breaks.
TEST_F(Queries, manyRunsAreOrderedFast)
{
    const char* campaign = std::getenv("TACKROOM_CAMPAIGN");
    const int runs = campaign && std::string_view(campaign) == "full" ? 1'000'000 : 100'000;
    {
        auto db = openCacheWriter(indexFolder() / kRunsFile);
        ASSERT_TRUE(db);
        const auto done = db->exec(
            formatText("BEGIN; WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < {} + 1000) "
                       "INSERT INTO runs SELECT i, 'k' || i, 0, 'n' || i, 's' || i % 1000, 'u' || i % 100, '', '', 'v' || i % "
                       "7, '', '', i * 7919 % 1000003, i * 7919 % 1000003 + i % 977, 1, i % 5000, "
                       "i % 300, NULL, i % 20, i % 3, 0, 0, 0, 'task number ' || i || ' ' || hex(zeroblob(200)), "
                       "hex(zeroblob(200)), '', '' FROM n; COMMIT",
                       runs));
        ASSERT_TRUE(done) << textOf(done.error());
    }
    const auto query = queries();
    for (int order = 0; order <= static_cast<int>(RunOrder::Cluster); ++order) {
        const auto started = std::chrono::steady_clock::now();
        const auto rows = query->rows({}, static_cast<RunOrder>(order), true);
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count();
        ASSERT_TRUE(rows);
        EXPECT_GT(rows->size(), static_cast<std::size_t>(runs));
        EXPECT_LT(took, 50 * runs / 1000) << "order " << order;
        RecordProperty("order" + std::to_string(order) + "Ms", static_cast<int>(took));
    }
}

} // namespace
} // namespace tackroom::testing
