// SPDX-License-Identifier: GPL-3.0-or-later
// The verdicts of SWE-bench on the runs of the files beside them: which files say one, of which run, and what happens when they
// come later, change or go.
#include "core/readers/swebench.h"

#include "filestore.h"

#include <gmock/gmock.h>

namespace tackroom::testing
{
namespace
{

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kTrajectory =
    R"({"environment":"swe","trajectory":[{"action":"ls","observation":"a","response":"r","state":"","thought":"t"}],)"
    R"("history":[],"info":{"exit_status":"submitted"}})";

std::string miniTrajectory(const std::string& id)
{
    return R"({"trajectory_format":"mini-swe-agent-1.1","instance_id":")" + id +
           R"(","info":{"exit_status":"Submitted","mini_version":"1.9"},"messages":[{"role":"system","content":"s"},)"
           R"({"role":"user","content":"Fix it"},{"role":"assistant","content":"Done"}]})";
}

class SweBenchTest : public FileStoreTest
{
protected:
    Collector sink;
    std::string cursor;

    void put(const std::string& name, std::string_view bytes) const { EXPECT_FALSE(writeBelow(name, bytes).empty()); }
    void ingest(const std::filesystem::path& path)
    {
        sink.order.clear();
        auto reader = openStore(path, {});
        ASSERT_TRUE(reader) << textOf(reader.error());
        auto next = (*reader)->ingest(cursor, sink, {});
        ASSERT_TRUE(next) << textOf(next.error());
        cursor = *next;
    }
    [[nodiscard]] std::string verdict(const std::string& id) const
    {
        const auto run = sink.runs.find(id);
        if (run == sink.runs.end()) return "no such run";
        std::string all;
        for (const Score& each : run->second.scores)
            if (each.name == "resolved") all += each.label + " ";
        return all.empty() ? "none" : all.substr(0, all.size() - 1);
    }
};

TEST_F(SweBenchTest, aReportJudgesTheRunsBesideAndBelow)
{
    put("out/a__b-1/a__b-1.traj", kTrajectory);
    for (const char* id : {"a__b-2", "a__b-3", "a__b-4", "a__b-5", "a__b-6"})
        put(std::string("out/") + id + "/" + id + ".traj.json", miniTrajectory(id));
    put("elsewhere/a__b-9.traj", kTrajectory);
    put("out/model.run.json",
        R"({"total_instances":6,"submitted_ids":["a__b-1","a__b-2","a__b-3","a__b-4","a__b-5","a__b-6","a__b-9"],)"
        R"("resolved_ids":["a__b-1","a__b-9"],"unresolved_ids":["a__b-2","a__b-4"],"empty_patch_ids":["a__b-3"],)"
        R"("error_ids":["a__b-4"],"incomplete_ids":["a__b-5"],"schema_version":2})");
    const Store store = read(folder());
    EXPECT_THAT(store.got.skips, IsEmpty());
    ASSERT_EQ(store.got.runs.size(), 7U);
    const Score& resolved = score(store.run("a__b-1"), "resolved");
    EXPECT_EQ(resolved.label, "resolved");
    EXPECT_EQ(resolved.value, 1.0);
    EXPECT_EQ(resolved.says, Outcome::Success);
    EXPECT_EQ(resolved.weight, OutcomeSource::Verifier);
    EXPECT_EQ(resolved.annotator, Annotator::Code);
    EXPECT_EQ(resolved.by, "SWE-bench");
    EXPECT_EQ(resolved.explanation, "by out/model.run.json");
    const Score& unresolved = score(store.run("a__b-2"), "resolved");
    EXPECT_EQ(unresolved.label, "unresolved");
    EXPECT_EQ(unresolved.value, 0.0);
    EXPECT_EQ(unresolved.says, Outcome::Failure);
    EXPECT_EQ(score(store.run("a__b-3"), "resolved").label, "empty patch");
    EXPECT_EQ(score(store.run("a__b-4"), "resolved").label, "error");
    for (const char* unjudged : {"a__b-5", "a__b-6", "a__b-9"})
        for (const Score& each : store.run(unjudged).scores) EXPECT_NE(each.name, "resolved") << unjudged;
    expectWhole(store.got);
}

TEST_F(SweBenchTest, theHarnessesOwnReportsAndOlderResultsAreKnown)
{
    put("one.traj", kTrajectory);
    put("two.traj", kTrajectory);
    put("three.traj", kTrajectory);
    put("report.json", R"({"one":{"patch_is_None":false,"patch_exists":true,"patch_successfully_applied":true,)"
                       R"("resolved":true,"tests_status":{}}})");
    put("report2.json", R"({"two":{"patch_is_None":true,"patch_exists":false,"resolved":false}})");
    put("results.json", R"({"no_generation":[],"generated":["one","three"],"applied":["three"],"resolved":["three"]})");
    // Of two files beside each other the later one counts.
    std::filesystem::last_write_time(file("results.json"),
                                     std::filesystem::last_write_time(file("report.json")) - std::chrono::hours(1));
    ingest(folder());
    EXPECT_EQ(verdict("one"), "resolved");
    EXPECT_EQ(verdict("two"), "empty patch");
    EXPECT_EQ(verdict("three"), "resolved");
    EXPECT_THAT(sink.skips, IsEmpty());
    const auto alone = openStore(file("report.json"), {});
    ASSERT_TRUE(alone) << textOf(alone.error());
    EXPECT_THAT((*alone)->info().note, HasSubstr("without traces"));
}

TEST_F(SweBenchTest, verdictsComeChangeAndGo)
{
    put("one.traj", kTrajectory);
    put("deep/two.traj", kTrajectory);
    ingest(folder());
    EXPECT_EQ(verdict("one"), "none");

    put("r.json", R"({"resolved_ids":["one"],"unresolved_ids":["two"]})");
    ingest(folder());
    EXPECT_EQ(verdict("one"), "resolved");
    EXPECT_EQ(verdict("two"), "unresolved");

    ingest(folder());
    EXPECT_THAT(sink.order, IsEmpty()) << "nothing is read again without a reason";

    // A nearer file is the more particular one.
    put("deep/r.json", R"({"resolved_ids":["two"]})");
    ingest(folder());
    EXPECT_EQ(verdict("two"), "resolved");
    EXPECT_THAT(sink.order, ::testing::ElementsAre("two")) << "the runs of other folders are left alone";

    // A trajectory that comes later finds the verdict that is there.
    put("deep/three.traj", kTrajectory);
    put("r.json", R"({"resolved_ids":[],"unresolved_ids":["one","three"]})");
    ingest(folder());
    EXPECT_EQ(verdict("one"), "unresolved");
    EXPECT_EQ(verdict("three"), "unresolved");
    put("deep/four.traj", kTrajectory);
    put("r.json", R"({"resolved_ids":["four"],"unresolved_ids":["one","three"]})");
    ingest(folder());
    EXPECT_EQ(verdict("four"), "resolved");

    put("r.json", R"({"colours":[]})");
    ingest(folder());
    EXPECT_EQ(verdict("one"), "none") << "it is no verdict any more";
    EXPECT_EQ(verdict("two"), "resolved");
    std::filesystem::remove(file("deep/r.json"));
    ingest(folder());
    EXPECT_EQ(verdict("two"), "none");
}

TEST_F(SweBenchTest, realTrajectoriesTakeAVerdict)
{
    const auto data = shared("mini-swe-agent/github_issue.traj.json");
    if (data.empty()) GTEST_SKIP() << "the recorded runs of shared/data are not there";
    std::filesystem::copy_file(data, file("github_issue.traj.json"));
    put("preds.run.json", R"({"resolved_ids":[],"unresolved_ids":["github_issue"],"empty_patch_ids":[],"error_ids":[]})");
    ingest(folder());
    EXPECT_EQ(sink.runs.size(), 1U);
    EXPECT_EQ(verdict("github_issue"), "unresolved");
}

} // namespace
} // namespace tackroom::testing
