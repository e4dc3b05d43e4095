// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/readers/readers.h"
#include "core/sample/player.h"
#include "core/sample/sample.h"
#include "core/sample/samplerepo.h"
#include "core/signals/signals.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

using namespace tackroom;
namespace fs = std::filesystem;

namespace
{

class Records : public RunSink
{
public:
    void beginSource(std::string_view, Extent) override {}
    Status endSource() override { return {}; }
    Status sourceIsGone(std::string_view) override { return {}; }
    Result<std::string> placeOf(std::string_view, std::string_view) override { return std::string(); }
    void startsOver() override { runs.clear(); }
    Status add(RunRecord record) override
    {
        runs.push_back(std::move(record));
        return {};
    }
    void skipped(std::string where, std::string why) override { ADD_FAILURE() << where << ": " << why; }
    void progress(std::uint64_t, std::uint64_t) override {}
    std::vector<RunRecord> runs;
};

struct Found : testing::Test {
    static void SetUpTestSuite()
    {
        std::string pattern = (fs::temp_directory_path() / "tackroom-found-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        const auto made = makeSample(folder, {}, {}, {});
        ASSERT_TRUE(made) << oneLine(made.error());
        const auto text = readFile(made->truth, 64u << 20);
        ASSERT_TRUE(text);
        auto json = parseJson(*text, "truth");
        ASSERT_TRUE(json);
        truth = std::move(*json);
        auto store = openStore(made->store, {});
        ASSERT_TRUE(store) << oneLine(store.error());
        const auto cursor = (*store)->ingest("", records, {});
        ASSERT_TRUE(cursor) << oneLine(cursor.error());
    }
    static void TearDownTestSuite()
    {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    static inline fs::path folder;
    static inline Json truth;
    static inline Records records;
};

std::string trailer(const std::string& message, const std::string& key)
{
    const auto at = message.find("\n" + key + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + key.size() + 3;
    return message.substr(from, message.find('\n', from) - from);
}

} // namespace

TEST_F(Found, EveryRunFailsOrNotAsItWasPlayed)
{
    ASSERT_EQ(records.runs.size(), 2000u);
    for (const RunRecord& record : records.runs) {
        const bool failed = truth["failures"].contains(record.run.nativeId);
        EXPECT_EQ(resolveOutcome(record).outcome, failed ? Outcome::Failure : Outcome::Success) << record.run.nativeId;
    }
}

TEST_F(Found, EveryPlantedKindIsOneThingInItsLayerAtItsStep)
{
    std::map<std::string, std::map<std::string, int>> places; // kind → layer/family/subject → runs
    std::map<std::string, int> atStep;
    for (const RunRecord& record : records.runs) {
        const Json& failure = memberAt(truth["failures"], record.run.nativeId);
        if (!boolAt(failure, "planted")) continue;
        const auto signals = detectSignals(record);
        ASSERT_FALSE(signals.empty());
        const Signal& strongest = signals.front();
        const std::string kind = stringAt(failure, "kind");
        EXPECT_EQ(nameOf(strongest.layer), stringAt(failure, "layer")) << kind;
        ++places[kind][std::string(nameOf(strongest.layer)) + "/" + strongest.family + "/" + strongest.subject];
        atStep[kind] += strongest.stepId == stringAt(failure, "step");
    }
    EXPECT_EQ(places.size(), std::size(kPlantedFailures));
    for (const auto& [kind, found] : places) {
        EXPECT_EQ(found.size(), 1u) << kind;
        const int runs = static_cast<int>(intAt(truth["kinds"][kind], "runs"));
        EXPECT_EQ(found.begin()->second, runs);
        EXPECT_EQ(atStep[kind], runs) << kind;
        std::printf("  %-22s %3d of %3d runs in %s\n", kind.c_str(), found.begin()->second, runs, found.begin()->first.c_str());
    }
}

TEST_F(Found, ProposalsNameWhatIsFound)
{
    std::set<std::string> places;
    for (const RunRecord& record : records.runs)
        for (const Signal& signal : detectSignals(record)) {
            places.insert(std::string(nameOf(signal.layer)) + "/" + signal.family);
            places.insert(std::string(nameOf(signal.layer)) + "/" + signal.family + "/" + signal.subject);
        }
    const auto harness = sampleHarness();
    ASSERT_TRUE(harness);
    for (const SampleVersion& proposal : harness->proposals) {
        const std::string cluster = trailer(proposal.message, "Cluster");
        EXPECT_TRUE(places.contains(cluster)) << proposal.name << ": " << cluster;
    }
}
