// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/readerframes.h"
#include "core/index/runversions.h"
#include "tests/unit/index/indexfixture.h"

#include <algorithm>
#include <format>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class Versions : public IndexTest
{
protected:
    /// Run i of ten: prompt version r0 or r1 among the attributes, a commit in the metadata of the even ones, a flavour nobody
    /// knows.
    void addRuns(PhoenixFixture& store, int from, int to)
    {
        for (int i = from; i < to; ++i) {
            const auto trace = store.addTrace(std::format("trace-{:04}", i), i);
            const std::string commit = i % 2 == 0 ? std::format(R"(,"metadata":{{"git_commit":"{:040x}"}})", 1) : "";
            store.addSpan(trace, {.id = std::format("span-{:04}", i),
                                  .name = "agent",
                                  .kind = "AGENT",
                                  .attributes = std::format(R"({{"prompt_version":"r{}","flavour":"{}"{}}})",
                                                            i % 3 == 0 ? 1 : 0, i < 5 ? "mild" : "hot", commit),
                                  .second = i});
        }
    }
    IngestReport ingestBy(const std::filesystem::path& store, const std::vector<std::string>& terms)
    {
        auto reader = openStore(store, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        const auto rule = parseVersionRule(terms);
        EXPECT_TRUE(rule);
        auto report = ingestStore(**reader, store, indexFolder(), {}, {}, *rule);
        EXPECT_TRUE(report) << textOf(report.error());
        return report.value_or(IngestReport{});
    }
    std::vector<std::pair<std::string, std::int64_t>> versions() { return queries()->values("version", 20).value(); }
    VersionPreview preview(const std::vector<std::string>& terms)
    {
        const auto made = previewVersions(indexFolder(), *parseVersionRule(terms), {});
        EXPECT_TRUE(made) << textOf(made.error());
        return made.value_or(VersionPreview{});
    }
};

TEST_F(Versions, aRuleIsAppliedAndTakenBackWithoutReadingTheStore)
{
    PhoenixFixture store(file("p.db"));
    addRuns(store, 0, 10);
    ingestBy(store.path(), {});
    EXPECT_THAT(versions(), ElementsAre(Pair("00000000", 5), Pair("r0", 3), Pair("r1", 2)));
    const auto before = state();

    const VersionPreview shown = preview({"key prompt_version"});
    EXPECT_EQ(shown.runs, 10);
    EXPECT_EQ(shown.changed, 5) << "the others have that already";
    EXPECT_THAT(shown.unread, IsEmpty());
    EXPECT_THAT(shown.versions, ElementsAre(Pair("r0", 6), Pair("r1", 4)));
    EXPECT_EQ(state(), before) << "a preview changes nothing";

    const auto report = ingestBy(store.path(), {"key prompt_version"});
    EXPECT_TRUE(report.wasCurrent) << "nothing was read";
    EXPECT_THAT(versions(), ElementsAre(Pair("r0", 6), Pair("r1", 4)));
    EXPECT_GT(state().generation, before.generation) << "clusters are to be made anew";
    const auto run = queries()->item(*queries()->find("trace-0000"));
    ASSERT_TRUE(run);
    EXPECT_EQ(run->run.harnessVersionSource, "chosen key: prompt_version");
    EXPECT_EQ(preview({"key prompt_version"}).changed, 0);

    ingestBy(store.path(), {});
    EXPECT_THAT(versions(), ElementsAre(Pair("00000000", 5), Pair("r0", 3), Pair("r1", 2)));
    EXPECT_EQ(queries()->item(*queries()->find("trace-0000"))->run.harnessVersionSource, "commit key: git_commit");
}

TEST_F(Versions, runsThatComeLaterFollowTheRule)
{
    PhoenixFixture store(file("p.db"));
    addRuns(store, 0, 10);
    ingestBy(store.path(), {"where prompt_version = r1 is v9"});
    EXPECT_THAT(versions(), ElementsAre(Pair("v9", 4), Pair("00000000", 3), Pair("r0", 3)));
    addRuns(store, 10, 13);
    const auto grown = ingestBy(store.path(), {"where prompt_version = r1 is v9"});
    EXPECT_EQ(grown.newRuns, 3) << "what is there stays";
    EXPECT_THAT(versions(), ElementsAre(Pair("v9", 5), Pair("00000000", 4), Pair("r0", 4)));
    const auto again = ingestBy(store.path(), {"where prompt_version = r1 is v9"});
    EXPECT_TRUE(again.wasCurrent);
}

TEST_F(Versions, aKeyThatWasNotKeptIsLookedForOnce)
{
    PhoenixFixture store(file("p.db"));
    addRuns(store, 0, 10);
    ingestBy(store.path(), {});
    const auto row = queries()->find("trace-0007");
    EXPECT_THAT(preview({"key flavour"}).unread, ElementsAre("flavour"));
    const auto read = ingestBy(store.path(), {"key flavour"});
    EXPECT_FALSE(read.wasCurrent);
    EXPECT_EQ(read.runs, 10);
    EXPECT_THAT(versions(), ElementsAre(Pair("hot", 5), Pair("mild", 5)));
    EXPECT_EQ(queries()->find("trace-0007"), row) << "rows keep their numbers";
    EXPECT_THAT(preview({"key flavour"}).unread, IsEmpty());
    EXPECT_TRUE(ingestBy(store.path(), {"key flavour"}).wasCurrent);
    EXPECT_TRUE(ingestBy(store.path(), {}).wasCurrent);
    EXPECT_TRUE(ingestBy(store.path(), {"key flavour"}).wasCurrent) << "undone and done again";
    addRuns(store, 10, 12);
    ingestBy(store.path(), {"key flavour"});
    EXPECT_THAT(versions(), ElementsAre(Pair("hot", 7), Pair("mild", 5)));
}

TEST_F(Versions, keysWithTheirRunsAndValues)
{
    PhoenixFixture store(file("p.db"));
    addRuns(store, 0, 10);
    ingestBy(store.path(), {});
    const auto kept = versionKeysOf(indexFolder(), {});
    ASSERT_TRUE(kept) << textOf(kept.error());
    EXPECT_EQ(kept->runs, 10);
    const auto keyOf = [](const VersionKeys& keys, std::string_view key) {
        const auto at = std::ranges::find(keys.keys, key, &VersionKeySummary::key);
        return at == keys.keys.end() ? VersionKeySummary{} : *at;
    };
    EXPECT_EQ(keyOf(*kept, "prompt_version").runs, 10);
    EXPECT_THAT(keyOf(*kept, "prompt_version").samples, ElementsAre(Pair("r0", 6), Pair("r1", 4)));
    EXPECT_EQ(keyOf(*kept, "git_commit").runs, 5);
    EXPECT_EQ(keyOf(*kept, "version").values, 3);
    EXPECT_EQ(keyOf(*kept, "flavour").runs, 0) << "the index keeps what usually names a version alone";

    auto reader = openStore(store.path(), {});
    ASSERT_TRUE(reader);
    const auto looked = sampleVersionKeys(**reader, 6, {}, {});
    ASSERT_TRUE(looked) << textOf(looked.error());
    EXPECT_EQ(looked->runs, 6);
    EXPECT_EQ(keyOf(*looked, "flavour").runs, 6);
    EXPECT_EQ(keyOf(*looked, "metadata.git_commit").runs, 3);
    const VersionKeys sent = frames::versionKeysOf(frames::versionKeysJson(*looked));
    EXPECT_EQ(sent.runs, looked->runs);
    EXPECT_EQ(sent.keys, looked->keys);
}

TEST_F(Versions, whatTellsNothingComesLast)
{
    VersionKeyCounts counts;
    for (int i = 0; i < 10; ++i) {
        VersionFactsOfRun facts;
        facts.keys = {{"unique", std::to_string(i)}, {"same", "x"}, {"half", i % 2 ? "a" : "b"}, {"release", "r"}};
        counts.add(facts);
    }
    const VersionKeys keys = counts.take();
    std::vector<std::string> order;
    for (const auto& each : keys.keys) order.push_back(each.key);
    EXPECT_THAT(order, ElementsAre("release", "half", "same", "unique"));
}

} // namespace
} // namespace tackroom::testing
