// SPDX-License-Identifier: GPL-3.0-or-later
// Mutated seeds for everything that reads foreign bytes: the same sequence on every machine. A crash, a hang or a broken
// promise (feed() aborts) fails it. What counts is the processor's time: a machine may be busy, or stand still. TACKROOM_CAMPAIGN=full runs a hundred times as many, a number so many times as many.
#include "core/base/hash.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/formatseeds.h"
#include "tests/fuzz/readersfuzz.h"
#include "tests/fuzz/targets.h"
#include "tests/support/formatfixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

namespace tackroom::fuzz
{
namespace
{

template <class Feed> void campaign(std::uint64_t number, Feed&& feedOne, const std::vector<std::string>& seeds, int count)
{
    count *= campaignScale();
    Random random(number + 20260302);
    for (const auto& seed : seeds) feedOne(seed);
    feedCounts() = {};
    double longestSeconds = 0;
    for (int i = 0; i < count; ++i) {
        const std::clock_t started = std::clock();
        feedOne(damaged(seeds[random.below(seeds.size())], random));
        const double tookSeconds = static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
        longestSeconds = std::max(longestSeconds, tookSeconds);
        ASSERT_LT(tookSeconds, 20) << "case " << i;
    }
    const FeedCounts& counts = feedCounts();
    std::printf("[          ] %d damaged inputs, the slowest took %.0f ms", count, longestSeconds * 1000);
    if (counts.stores)
        std::printf("; as stores: %lld opened of %lld, %lld read to the end, %lld to the damage; %lld runs read, %lld things "
                    "named as not readable",
                    static_cast<long long>(counts.opened), static_cast<long long>(counts.stores),
                    static_cast<long long>(counts.whole), static_cast<long long>(counts.broken),
                    static_cast<long long>(counts.runs), static_cast<long long>(counts.skipped));
    std::printf("\n");
}

/// Every format of files and databases, and all else that takes foreign bytes; those of fuzzmain.cpp.
class EveryTarget : public ::testing::TestWithParam<FuzzTarget>
{
};

TEST_P(EveryTarget, isFedWithDamage)
{
    const FuzzTarget& target = GetParam();
    const auto seeds = fuzzSeeds(target);
    ASSERT_FALSE(seeds.empty());
    const bool isQuick = target.what == FuzzTarget::What::Part || (target.other && !target.other->throughFiles);
    const int count = isQuick ? 20'000 : target.what == FuzzTarget::What::File || target.other ? 300 : 120;
    const auto feedIt = [&](const std::string& bytes) { feed(target, bytes); };
    campaign(xxh64(target.name), feedIt, seeds, count);
    // Of a database's seeds the first is the file, the others are texts in its columns.
    if (target.what == FuzzTarget::What::Database) campaign(xxh64(target.name) + 1, feedIt, {seeds.front()}, count);
}

INSTANTIATE_TEST_SUITE_P(ReadersCampaign, EveryTarget, ::testing::ValuesIn(fuzzTargets()), [](const auto& tested) {
    std::string name;
    bool upper = false;
    for (const char c : tested.param.name) {
        if (c == '-' || c == '.')
            upper = true;
        else
            name += std::exchange(upper, false) ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    return name;
});

/// Every format, damaged: its own seed, and half of one put behind half of another.
TEST(ReadersCampaign, formats)
{
    const auto seeds = formatSeeds();
    std::vector<std::string> texts{
        "{\"messages_display\":\"user: a\\nassistant: b\\ntool: c\"}\n{\"messages_display\":\"user: d\"}\n"};
    for (const FormatSeed& seed : seeds) {
        auto file = InputFile::ofBytes("seed", seed.text);
        EXPECT_EQ(testing::recognisedKind(file), seed.kind);
        const auto looked = LookedFile::at(file, {});
        ASSERT_TRUE(looked);
        const auto known = filesingest::formatOf(looked->look());
        if (!known) continue;
        EXPECT_GE(testing::readTextWith(*known->format, seed.text).runs.size(), 1U) << seed.kind;
        texts.push_back(seed.text);
    }
    for (std::size_t i = 0; i + 1 < seeds.size(); ++i)
        texts.push_back(seeds[i].text.substr(0, seeds[i].text.size() / 2) +
                        seeds[i + 1].text.substr(seeds[i + 1].text.size() / 2));
    campaign(1, [](const std::string& bytes) { feed(Target::Store, bytes); }, texts, 6000);
}

/// The recorded files themselves, damaged, where they are there.
TEST(ReadersCampaign, recordedFiles)
{
    const auto folder = testing::sharedData();
    if (folder.empty()) GTEST_SKIP() << "the folder of recorded runs (TACKROOM_SHARED_DATA) is not there";
    constexpr std::uintmax_t kMostBytes = 40'000;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.file_size() <= kMostBytes && !testing::recognisedKind(entry.path()).empty())
            files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<std::string> texts;
    for (const auto& path : files) {
        std::ifstream in(path, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    ASSERT_GT(texts.size(), 50U);
    std::printf("[          ] %zu files\n", texts.size());
    campaign(2, [](const std::string& bytes) { feed(Target::Store, bytes); }, texts, 1000);
}

} // namespace
} // namespace tackroom::fuzz
