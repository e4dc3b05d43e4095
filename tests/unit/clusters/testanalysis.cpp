// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "core/clusters/priornames.h"
#include "tests/unit/clusters/smallstore.h"

#include <fstream>
#include <numeric>
#include <set>

namespace tackroom
{
namespace
{

using testing::addCall;
using testing::dumpOf;
using testing::ingestRecords;
using testing::kDay;
using testing::kMonday;
using testing::overviewOf;
using testing::recordOf;
using testing::smallStore;
using testing::TemporaryFolder;

TEST(Analysis, countsGroupsAndNamesEachFailingRunOnce)
{
    TemporaryFolder folder;
    ingestRecords(smallStore(), folder.path());
    const auto report = analyse(folder.path(), {}, Progress());
    ASSERT_TRUE(report) << oneLine(report.error());
    EXPECT_EQ(report->runs, 50);
    EXPECT_EQ(report->failingRuns, 20);
    EXPECT_FALSE(report->wasCurrent);
    const ClusterOverview overview = overviewOf(folder.path());
    ASSERT_EQ(overview.clusters.size(), 3U);
    EXPECT_EQ(overview.unclustered, 0);
    const ClusterItem& first = overview.clusters[0];
    EXPECT_EQ(first.label, "lookup_order fails: unknown order id ‹id›");
    EXPECT_EQ(first.layer, Layer::Tools);
    EXPECT_EQ(first.runs, 12);
    EXPECT_EQ(first.failingRuns, 20);
    EXPECT_EQ(first.users, 7);
    EXPECT_TRUE(first.layerReason.starts_with("tools (1.00), because all 12 runs have \"tool error\" at lookup_order, which 12 "
                                              "of 20 failing and 0 of 30 passing runs have"))
        << first.layerReason;
    EXPECT_NE(first.description.find("12 of 20 failing runs; 24 % of all 50 runs (95 %: 14 % to 37 %)."), std::string::npos)
        << first.description;
    EXPECT_NEAR(first.share.low, 0.1430, 5e-5); // Wilson, 12 of 50
    EXPECT_NEAR(first.share.high, 0.3741, 5e-5);
    EXPECT_EQ(overview.clusters[1].label, "send_mail fails: no address for customer ‹n›");
    EXPECT_EQ(overview.clusters[1].runs, 6);
    EXPECT_EQ(overview.clusters[2].label, "ok fails: fail");
    EXPECT_EQ(overview.clusters[2].layer, Layer::Unknown);
    EXPECT_EQ(overview.clusters[2].runs, 2);
}

TEST(Analysis, versionsAndWeeksAddUp)
{
    TemporaryFolder folder;
    ingestRecords(smallStore(), folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    for (const ClusterItem& item : overviewOf(folder.path()).clusters) {
        ASSERT_EQ(item.perWeek.size(), 2U);
        EXPECT_EQ(std::accumulate(item.perWeek.begin(), item.perWeek.end(), std::int64_t{0}), item.runs);
        ASSERT_EQ(item.versions.size(), 2U);
        EXPECT_EQ(item.versions[0].version, "v1") << "in order of first use";
        EXPECT_EQ(item.versions[0].runs, item.perWeek[0]);
        EXPECT_EQ(item.versions[0].outOf + item.versions[1].outOf, 50);
        EXPECT_LE(item.firstSeen, item.lastSeen);
    }
}

TEST(Analysis, exemplarsShowTheDecisiveStepAndAPassingTwin)
{
    TemporaryFolder folder;
    ingestRecords(smallStore(), folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    auto queries = ClusterQueries::open(folder.path(), {});
    ASSERT_TRUE(queries);
    const ClusterItem first = (*queries)->overview()->clusters.front();
    const auto exemplars = (*queries)->exemplars(first.id);
    ASSERT_TRUE(exemplars);
    ASSERT_EQ(exemplars->size(), 4U);
    const auto members = (*queries)->members(first.id);
    ASSERT_EQ(members->size(), 12U);
    EXPECT_EQ((*queries)->memberKeys(first.id)->size(), 12U);
    std::set<std::int64_t> rows;
    for (const ExemplarRun& run : *exemplars) {
        EXPECT_TRUE(rows.insert(run.row.value).second);
        EXPECT_EQ(run.stepId, "call-1") << run.role;
        EXPECT_FALSE(run.task.empty());
        EXPECT_FALSE(run.explanation.empty());
        EXPECT_EQ(run.key, runKeyOf("given", run.nativeId));
        const bool isMember = std::ranges::find(*members, run.row) != members->end();
        EXPECT_EQ(isMember, run.role != "counter-example");
    }
    EXPECT_EQ((*exemplars)[0].role, "typical");
    EXPECT_EQ((*exemplars)[1].role, "borderline");
    EXPECT_EQ((*exemplars)[2].role, "newest");
    EXPECT_EQ((*exemplars)[3].role, "counter-example");
    auto runs = RunQueries::open(folder.path(), {});
    ASSERT_TRUE(runs);
    EXPECT_EQ((*runs)->item((*exemplars)[3].row)->outcome, Outcome::Success);
    EXPECT_EQ((*runs)->item((*exemplars)[0].row)->cluster, first.id);
    EXPECT_EQ((*runs)->item((*exemplars)[0].row)->clusterLabel, first.label);
    const auto signals = (*queries)->signalsOf((*exemplars)[0].row);
    ASSERT_TRUE(signals);
    ASSERT_EQ(signals->size(), 2U);
    EXPECT_EQ(signals->front().family, "tool-error");
    EXPECT_EQ(signals->front().layer, Layer::Tools);
    EXPECT_DOUBLE_EQ(signals->front().strength, 0.8);
}

TEST(Analysis, aClusterIsFoundByIdLabelAndWords)
{
    TemporaryFolder folder;
    ingestRecords(smallStore(), folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    auto queries = ClusterQueries::open(folder.path(), {});
    ASSERT_TRUE(queries);
    const ClusterItem mail = (*queries)->overview()->clusters[1];
    for (const std::string& words : {mail.id.value, mail.id.value.substr(0, 8), mail.label,
                                     std::string("tools/tool-error/send_mail"), std::string("Send_Mail address")})
        EXPECT_EQ((*queries)->find(words).value_or(ClusterId()), mail.id) << words;
    EXPECT_EQ((*queries)->find("nothing of the kind").error().code, ErrorCode::NotFound);
    EXPECT_EQ((*queries)->find("  ").error().code, ErrorCode::NotFound);
}

TEST(Analysis, theSameStoreGivesTheSameContentHoweverItWasRead)
{
    TemporaryFolder one, other;
    std::vector<RunRecord> records = smallStore();
    ingestRecords(records, one.path());
    std::ranges::reverse(records);
    ingestRecords(records, other.path());
    ASSERT_TRUE(analyse(one.path(), {}, Progress()));
    ASSERT_TRUE(analyse(other.path(), {}, Progress()));
    const std::string dump = dumpOf(one.path(), true);
    EXPECT_GT(dump.size(), 5000U);
    EXPECT_EQ(dump, dumpOf(other.path(), true));

    const std::string whole = dumpOf(one.path(), false);
    std::filesystem::remove(one.path() / kDerivedFile);
    ASSERT_TRUE(analyse(one.path(), {}, Progress()));
    EXPECT_EQ(whole, dumpOf(one.path(), false));
}

TEST(Analysis, isDoneOnceAndAgainWhenTheStoreGrows)
{
    TemporaryFolder folder;
    std::vector<RunRecord> records = smallStore();
    ingestRecords(records, folder.path());
    const auto first = analyse(folder.path(), {}, Progress());
    const auto before = overviewOf(folder.path());
    const auto second = analyse(folder.path(), {}, Progress());
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->wasCurrent);
    EXPECT_EQ(second->runs, first->runs);
    EXPECT_EQ(second->failingRuns, first->failingRuns);
    EXPECT_EQ(second->signals, first->signals);
    EXPECT_EQ(second->clusters, first->clusters);

    RunRecord late = recordOf(900, 13, true);
    addCall(late, "lookup_order", "unknown order id 'X1'");
    records.push_back(late);
    ingestRecords(records, folder.path());
    const auto third = analyse(folder.path(), {}, Progress());
    ASSERT_TRUE(third);
    EXPECT_FALSE(third->wasCurrent);
    EXPECT_EQ(third->runs, 51);
    const auto after = overviewOf(folder.path());
    ASSERT_EQ(after.clusters.size(), before.clusters.size());
    for (std::size_t i = 0; i < after.clusters.size(); ++i) EXPECT_EQ(after.clusters[i].id, before.clusters[i].id);
    EXPECT_EQ(after.clusters[0].runs, 13);
}

TEST(Analysis, aCancelledJobLeavesWhatWasThere)
{
    TemporaryFolder folder;
    std::vector<RunRecord> records = smallStore();
    ingestRecords(records, folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    const std::string before = dumpOf(folder.path(), false);
    records.push_back(recordOf(901, 13, true));
    ingestRecords(records, folder.path());
    CancelSource source;
    source.cancel();
    const auto cancelled = analyse(folder.path(), source.token(), Progress());
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(dumpOf(folder.path(), false), before);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        EXPECT_EQ(entry.path().filename().string().find(".new"), std::string::npos);
    // What a killed job left behind does not hinder the next one.
    std::ofstream(folder.path() / "derived.db.new") << "half of a database";
    std::ofstream(folder.path() / "derived.db.new-wal") << "and of its log";
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    EXPECT_EQ(overviewOf(folder.path()).runs, 51);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "derived.db-wal"));
}

TEST(Analysis, aDamagedDerivedFileIsMadeAnew)
{
    TemporaryFolder folder;
    ingestRecords(smallStore(), folder.path());
    std::ofstream(folder.path() / kDerivedFile) << "not a database at all, but of some length, so that it is looked at";
    const auto report = analyse(folder.path(), {}, Progress());
    ASSERT_TRUE(report) << oneLine(report.error());
    EXPECT_EQ(overviewOf(folder.path()).runs, 50);
}

TEST(Analysis, saysWhatIsMissing)
{
    TemporaryFolder folder;
    EXPECT_EQ(analyse(folder.path(), {}, Progress()).error().code, ErrorCode::NotFound);
    EXPECT_EQ(ClusterQueries::open(folder.path(), {}).error().code, ErrorCode::NotFound);
    ingestRecords(smallStore(), folder.path());
    EXPECT_EQ(ClusterQueries::open(folder.path(), {}).error().code, ErrorCode::NotFound);
}

TEST(Analysis, aSignalThatPassingRunsHaveAsWellNamesNothing)
{
    TemporaryFolder folder;
    std::vector<RunRecord> records;
    for (int i = 0; i < 200; ++i) {
        RunRecord record = recordOf(i, i % 14, i % 4 == 0);
        addCall(record, "get_weather", "no station near"); // in all of them
        records.push_back(std::move(record));
    }
    ingestRecords(std::move(records), folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    const auto overview = overviewOf(folder.path());
    ASSERT_EQ(overview.clusters.size(), 1U);
    EXPECT_EQ(overview.clusters[0].family, "failed-evaluator");
    EXPECT_EQ(overview.clusters[0].runs, 50);
}

TEST(Analysis, runsThatFailedWithoutASignalAreAClusterToo)
{
    TemporaryFolder folder;
    std::vector<RunRecord> records;
    for (int i = 0; i < 40; ++i) {
        RunRecord record = recordOf(i, i % 14, false);
        record.scores.clear();
        if (i % 4 == 0) { // an error where no detector looks
            record.run.status = record.steps.front().status = StepStatus::Error;
            record.steps.front().kind = StepKind::Evaluator;
        }
        records.push_back(std::move(record));
    }
    ingestRecords(std::move(records), folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    const auto overview = overviewOf(folder.path());
    EXPECT_EQ(overview.failingRuns, 10);
    EXPECT_EQ(overview.unclustered, 0);
    ASSERT_EQ(overview.clusters.size(), 1U);
    EXPECT_EQ(overview.clusters[0].family, "no-signal");
    EXPECT_EQ(overview.clusters[0].layer, Layer::Unknown);
    EXPECT_EQ(overview.clusters[0].runs, 10);
    auto queries = ClusterQueries::open(folder.path(), {});
    ASSERT_TRUE(queries);
    EXPECT_FALSE((*queries)->exemplars(overview.clusters[0].id)->empty());
}

TEST(Analysis, aNameThatTheStoreHasForHalfOfAClusterIsOffered)
{
    TemporaryFolder folder;
    std::vector<RunRecord> records = smallStore();
    // Of the cluster with 12 runs six carry one name (twice each) and five another; of that with 6 runs two carry one.
    int lookups = 0, mails = 0;
    const auto issue = [](RunRecord& record, const std::string& name, const std::string& label) {
        Score score;
        score.name = name;
        score.label = label;
        record.scores.push_back(score);
    };
    for (RunRecord& record : records) {
        const auto calls = [&](std::string_view tool) {
            return std::ranges::any_of(
                record.steps, [&](const Step& step) { return step.toolName == tool && step.status == StepStatus::Error; });
        };
        if (calls("lookup_order") && lookups++ < 6) {
            issue(record, "issue", "Unknown orders");
            issue(record, "issue", "Unknown orders");
        } else if (calls("lookup_order") && lookups < 12) {
            issue(record, "issue", "Something else");
            issue(record, "rejected issue", "Refused");
        } else if (calls("send_mail") && mails++ < 2)
            issue(record, "issue", "Mail");
    }
    ingestRecords(std::move(records), folder.path());
    ASSERT_TRUE(analyse(folder.path(), {}, Progress()));
    const ClusterOverview overview = overviewOf(folder.path());
    ASSERT_EQ(overview.clusters.size(), 3U);
    ASSERT_EQ(overview.clusters[0].runs, 12);
    const auto name = priorNameOf(folder.path(), overview.clusters[0].id, {});
    ASSERT_TRUE(name) << oneLine(name.error());
    ASSERT_TRUE(*name);
    EXPECT_EQ((*name)->name, "Unknown orders");
    EXPECT_EQ((*name)->runs, 6);
    EXPECT_EQ((*name)->outOf, 12);
    ASSERT_EQ(overview.clusters[1].runs, 6);
    const auto few = priorNameOf(folder.path(), overview.clusters[1].id, {});
    ASSERT_TRUE(few);
    EXPECT_FALSE(*few) << "two of six are not half";
    EXPECT_FALSE(*priorNameOf(folder.path(), overview.clusters[2].id, {}));
}

TEST(Analysis, anEmptyStoreAndRunsWithoutTimesAreFine)
{
    TemporaryFolder empty;
    ingestRecords({}, empty.path());
    const auto report = analyse(empty.path(), {}, Progress());
    ASSERT_TRUE(report) << oneLine(report.error());
    EXPECT_EQ(report->runs, 0);
    EXPECT_TRUE(overviewOf(empty.path()).clusters.empty());

    TemporaryFolder timeless;
    std::vector<RunRecord> records = smallStore();
    for (RunRecord& record : records) record.run.start = record.run.end = 0;
    ingestRecords(std::move(records), timeless.path());
    ASSERT_TRUE(analyse(timeless.path(), {}, Progress()));
    const auto overview = overviewOf(timeless.path());
    ASSERT_FALSE(overview.clusters.empty());
    EXPECT_TRUE(overview.clusters[0].perWeek.empty());
    EXPECT_EQ(overview.clusters[0].firstSeen, 0);
}

} // namespace
} // namespace tackroom
