// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/text/agreement.h"
#include "core/text/texts.h"
#include "tests/unit/text/generatedtexts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace tackroom
{

namespace
{

TextGrouping grouped(const std::vector<std::string_view>& texts, unsigned threads = 2)
{
    auto grouping = groupTexts(texts, threads, {}, {});
    EXPECT_TRUE(grouping);
    EXPECT_EQ(grouping->assignment.size(), texts.size());
    return std::move(*grouping);
}

} // namespace

TEST(GroupTexts, findsHowManySubjectsThereAre)
{
    for (const auto& [subjects, each] : {std::pair{12U, 60U}, {40U, 25U}, {100U, 8U}}) {
        const GeneratedTexts generated = generatedTexts(subjects, each);
        const TextGrouping grouping = grouped(generated.views());
        const Agreement agreement = agreementOf(grouping.assignment, generated.subjects);
        std::printf("generated: %u subjects of %u texts: k %u, ari %.3f, v %.3f\n", subjects, each, grouping.groups,
                    agreement.adjustedRand, agreement.vMeasure);
        EXPECT_GT(agreement.adjustedRand, 0.85);
        EXPECT_GE(grouping.groups, subjects * 8 / 10);
        EXPECT_LE(grouping.groups, subjects * 13 / 10);
    }
}

TEST(GroupTexts, givesTheSameOnAnyNumberOfThreads)
{
    const GeneratedTexts generated = generatedTexts(30, 40, 9);
    const TextGrouping one = grouped(generated.views(), 1);
    EXPECT_EQ(one.assignment, grouped(generated.views(), 2).assignment);
    EXPECT_EQ(one.assignment, grouped(generated.views(), 7).assignment);
}

TEST(GroupTexts, numbersGroupsInOrderAndKeepsEqualTextsTogether)
{
    const std::vector<std::string_view> texts = {"Order 17 was not found",   "",   "refund the flight",
                                                 "order 4711 was not found", "  ", "Refund the flight!"};
    const TextGrouping grouping = grouped(texts);
    EXPECT_EQ(grouping.distinct, 3U);
    EXPECT_EQ(grouping.assignment[0], 0U);
    EXPECT_EQ(grouping.assignment[3], 0U) << "they differ in their figures alone";
    EXPECT_EQ(grouping.assignment[4], grouping.assignment[1]);
    EXPECT_EQ(grouping.assignment[5], grouping.assignment[2]);
    EXPECT_NE(grouping.assignment[2], grouping.assignment[0]);
}

TEST(GroupTexts, livesThroughFewTextsAndNone)
{
    EXPECT_EQ(grouped({}).groups, 0U);
    EXPECT_EQ(grouped({"one"}).groups, 1U);
    EXPECT_EQ(grouped({"", "", ""}).groups, 1U);
    EXPECT_EQ(grouped({"\xff\xfe", "a b c", std::string_view("x\0y", 3)}).assignment.size(), 3U);
    const std::string wide(100'000, 'x');
    EXPECT_EQ(grouped({wide, wide, "short"}).groups, 2U);
}

TEST(GroupTexts, stopsWhenCancelled)
{
    CancelSource source;
    source.cancel();
    const GeneratedTexts generated = generatedTexts(5, 5);
    const auto grouping = groupTexts(generated.views(), 2, source.token(), {});
    ASSERT_FALSE(grouping);
    EXPECT_EQ(grouping.error().code, ErrorCode::Cancelled);
}

namespace
{

struct Labelled {
    std::vector<std::string> texts;
    std::vector<std::uint32_t> labels;

    void add(const Json& rows, const std::map<std::string, std::size_t>& most = {})
    {
        std::map<std::string, std::uint32_t> numbers;
        std::map<std::string, std::size_t> taken;
        for (const Json& row : rows) {
            const std::string label = row[1];
            if (const auto at = most.find(label); !most.empty() && (at == most.end() || taken[label]++ >= at->second)) continue;
            texts.push_back(row[0]);
            labels.push_back(numbers.try_emplace(label, static_cast<std::uint32_t>(numbers.size())).first->second);
        }
    }
    Agreement measure(const char* name) const
    {
        const TextGrouping grouping = grouped({texts.begin(), texts.end()});
        const Agreement agreement = agreementOf(grouping.assignment, labels);
        std::printf("%s: n %zu, labels %u, k %u, ari %.3f, v %.3f\n", name, texts.size(), *std::ranges::max_element(labels) + 1,
                    grouping.groups, agreement.adjustedRand, agreement.vMeasure);
        EXPECT_LE(grouping.groups, 300U);
        return agreement;
    }
};

} // namespace

TEST(GroupTexts, reachesTheGoalOnRecordedIntents)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const std::filesystem::path folder = std::filesystem::path(data ? data : "../shared/data") / "labelled/clinc150/data";
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "there is no labelled/clinc150 in TACKROOM_SHARED_DATA";
    const auto file = readFile(folder / "data_full.json", 64 << 20);
    ASSERT_TRUE(file);
    const auto json = parseJson(*file, "data_full.json");
    ASSERT_TRUE(json);
    Labelled test;
    test.add((*json)["test"]);
    const Agreement ofTest = test.measure("CLINC150 test");
    EXPECT_GE(ofTest.adjustedRand, 0.52);
    EXPECT_GE(ofTest.vMeasure, 0.82);
    // Others of its texts in other numbers: half of the intents, from 4 to 60 texts each.
    std::map<std::string, std::size_t> most;
    for (const Json& row : (*json)["val"]) most.try_emplace(row[1], 0);
    std::size_t number = 0;
    for (auto at = most.begin(); at != most.end(); ++number)
        if (number % 2 == 0)
            at = most.erase(at);
        else
            (at++)->second = 4 + (number * 37) % 57;
    Labelled uneven;
    uneven.add((*json)["train"], most);
    const Agreement ofUneven = uneven.measure("CLINC150 train, 75 intents of 4 to 60 texts");
    EXPECT_GE(ofUneven.adjustedRand, 0.52);
    EXPECT_GE(ofUneven.vMeasure, 0.82);
}

} // namespace tackroom
