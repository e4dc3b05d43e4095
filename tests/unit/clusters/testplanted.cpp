// SPDX-License-Identifier: GPL-3.0-or-later
/// What was planted in the sample is found: one cluster a kind, whole, in its layer. And real runs give clusters that say
/// something.
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/sample/sample.h"
#include "tests/unit/clusters/clustertesting.h"

#include <cstdio>

namespace tackroom
{
namespace
{

using testing::TemporaryFolder;

struct Kind {
    std::string layer;
    bool planted = false;
    std::vector<std::string> runs; ///< native ids
};

std::map<std::string, Kind> readTruth(const std::filesystem::path& file)
{
    std::map<std::string, Kind> kinds;
    const auto text = readFile(file, 64 << 20);
    const auto json = text ? parseJson(*text, file.string()) : Result<Json>(Json());
    if (!json) return kinds;
    for (const auto& [name, kind] : memberAt(*json, "kinds").items()) {
        kinds[name].layer = stringAt(kind, "layer");
        kinds[name].planted = boolAt(kind, "planted");
    }
    for (const auto& [run, failure] : memberAt(*json, "failures").items())
        if (const std::string kind = stringAt(failure, "kind"); kinds.contains(kind)) kinds[kind].runs.push_back(run);
    return kinds;
}

TEST(Planted, eachKindIsOneClusterInItsLayer)
{
    TemporaryFolder folder;
    const auto made = makeSample(folder.path() / "sample", SampleOptions(), {}, Progress());
    ASSERT_TRUE(made) << oneLine(made.error());
    const auto index = folder.path() / "index";
    testing::ingestFile(made->store, index);
    const auto report = analyse(index, {}, Progress());
    ASSERT_TRUE(report) << oneLine(report.error());
    auto queries = ClusterQueries::open(index, {});
    ASSERT_TRUE(queries) << oneLine(queries.error());
    const auto overview = (*queries)->overview();
    ASSERT_TRUE(overview) << oneLine(overview.error());
    EXPECT_EQ(overview->runs, made->runs);
    EXPECT_EQ(overview->unclustered, 0);

    auto runs = RunQueries::open(index, {});
    ASSERT_TRUE(runs) << oneLine(runs.error());
    const auto truth = readTruth(made->truth);
    ASSERT_FALSE(truth.empty());
    std::printf("%-24s %8s %8s %8s %8s  %-14s %s\n", "kind", "planted", "found", "size", "purity", "layer", "cluster");
    int plantedKinds = 0;
    for (const auto& [name, kind] : truth) {
        if (kind.runs.empty()) continue;
        std::map<std::string, std::int64_t> found; // by cluster
        for (const std::string& id : kind.runs) {
            const auto row = (*runs)->find(id);
            ASSERT_TRUE(row) << oneLine(row.error());
            const auto item = (*runs)->item(*row);
            ASSERT_TRUE(item) << oneLine(item.error());
            ++found[item->cluster.value];
        }
        const auto most = std::ranges::max_element(found, {}, [](const auto& entry) { return entry.second; });
        const auto cluster = std::ranges::find(overview->clusters, ClusterId(most->first), &ClusterItem::id);
        ASSERT_NE(cluster, overview->clusters.end()) << name;
        const double recall = static_cast<double>(most->second) / static_cast<double>(kind.runs.size());
        const double purity = static_cast<double>(most->second) / static_cast<double>(cluster->runs);
        std::printf("%-24s %8zu %8lld %8lld %8.3f  %-14s %s\n", name.c_str(), kind.runs.size(),
                    static_cast<long long>(most->second), static_cast<long long>(cluster->runs), purity,
                    std::string(nameOf(cluster->layer)).c_str(), cluster->label.c_str());
        if (!kind.planted) continue;
        ++plantedKinds;
        EXPECT_GE(recall, 0.95) << name;
        EXPECT_GE(purity, 0.95) << name;
        EXPECT_EQ(nameOf(cluster->layer), kind.layer) << name;
    }
    std::printf("%lld runs, %lld failing, %lld signals, %lld clusters, %.2f s\n", static_cast<long long>(report->runs),
                static_cast<long long>(report->failingRuns), static_cast<long long>(report->signals),
                static_cast<long long>(report->clusters), report->seconds);
    EXPECT_EQ(plantedKinds, 6);
    // What the sample's proposals name.
    for (const char* words : {"tools/invalid-arguments/lookup_order", "orchestration/double-action/issue_refund",
                              "instructions/premature-hand-over", "instructions/silent-abandonment",
                              "retrieval/stale-retrieval", "memory/human-override"})
        EXPECT_TRUE((*queries)->find(words)) << words;
}

TEST(Planted, realRunsOfAnAirlineAgentGiveClustersThatSaySomething)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const auto store = std::filesystem::path(data ? data : "") / "tau-bench" / "gpt-4o-airline.json";
    if (!data || !std::filesystem::exists(store)) GTEST_SKIP() << "no shared data";
    TemporaryFolder folder;
    testing::ingestFile(store, folder.path());
    const auto report = analyse(folder.path(), {}, Progress());
    ASSERT_TRUE(report) << oneLine(report.error());
    EXPECT_EQ(report->runs, 200);
    EXPECT_EQ(report->failingRuns, 116) << "reward 0.0, by SOURCE.md";
    auto queries = ClusterQueries::open(folder.path(), {});
    ASSERT_TRUE(queries);
    const auto overview = (*queries)->overview();
    ASSERT_TRUE(overview);
    EXPECT_EQ(overview->unclustered, 0);
    ASSERT_FALSE(overview->clusters.empty());
    EXPECT_LT(overview->clusters.front().runs, 40) << "not one heap of everything";
    EXPECT_LT(overview->clusters.size(), 25U) << "nor one cluster a run";
    for (const ClusterItem& item : overview->clusters) {
        std::printf("%4lld  %-14s %s\n", static_cast<long long>(item.runs), std::string(nameOf(item.layer)).c_str(),
                    item.label.c_str());
        const auto exemplars = (*queries)->exemplars(item.id);
        ASSERT_TRUE(exemplars);
        EXPECT_FALSE(exemplars->empty());
    }
}

} // namespace
} // namespace tackroom
