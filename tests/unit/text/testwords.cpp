// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/agreement.h"
#include "core/text/words.h"

#include <gmock/gmock.h>

namespace tackroom
{

using testing::ElementsAre;

TEST(TextWords, takesNamesApartAndFiguresTogether)
{
    EXPECT_THAT(textWords("Can't open issueRefund(order_id=4711) at /tmp/x1"),
                ElementsAre("cant", "open", "issue", "refund", "order", "id", "0", "at", "tmp", "0"));
    EXPECT_THAT(textWords(""), ElementsAre());
    EXPECT_THAT(textWords(" ... 'quoted' --"), ElementsAre("quoted"));
}

TEST(TextWords, lowersOtherScriptsAndLivesThroughBytesThatAreNoText)
{
    EXPECT_THAT(textWords("ÄRGER Привет ΩΣ"), ElementsAre("ärger", "привет", "ωσ"));
    EXPECT_EQ(textWords("a\xff\xfe z").size(), 2U);
}

TEST(TextWords, stemsBringFormsTogether)
{
    for (const auto& [a, b] : {std::pair{"cards", "card"},
                               {"flies", "fly"},
                               {"booked", "book"},
                               {"booking", "book"},
                               {"stopped", "stop"},
                               {"changes", "change"},
                               {"calling", "call"},
                               {"classes", "class"}})
        EXPECT_EQ(stemmed(a), stemmed(b)) << a;
    for (const char* whole : {"this", "status", "bring", "red", "class", "sing", "gas"}) EXPECT_EQ(stemmed(whole), whole);
    EXPECT_NE(stemmed("order"), stemmed("odd"));
}

TEST(Agreement, isThatOfTheLiterature)
{
    // scikit-learn: adjusted_rand_score and homogeneity_completeness_v_measure of the same lists.
    const std::vector<std::uint32_t> labels{0, 0, 1, 2}, groups{0, 0, 1, 1};
    const Agreement some = agreementOf(groups, labels);
    EXPECT_NEAR(some.adjustedRand, 0.5714285714, 1e-9);
    EXPECT_NEAR(some.homogeneity, 0.6666666667, 1e-9);
    EXPECT_NEAR(some.completeness, 1.0, 1e-9);
    EXPECT_NEAR(some.vMeasure, 0.8, 1e-9);
    const Agreement same = agreementOf(std::vector<std::uint32_t>{5, 5, 7}, std::vector<std::uint32_t>{1, 1, 0});
    EXPECT_DOUBLE_EQ(same.adjustedRand, 1);
    EXPECT_DOUBLE_EQ(same.vMeasure, 1);
    EXPECT_NEAR(agreementOf(std::vector<std::uint32_t>{0, 1, 0, 1}, std::vector<std::uint32_t>{0, 0, 1, 1}).adjustedRand, -0.5,
                1e-9);
    EXPECT_DOUBLE_EQ(agreementOf({}, {}).adjustedRand, 1);
}

} // namespace tackroom
