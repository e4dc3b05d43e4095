// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/statistics.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

/// Newcombe 1998 ("Two-sided confidence intervals for the single proportion"), table I, method 3: four decimals.
TEST(Wilson, agreesWithNewcombesTable)
{
    struct Case {
        std::int64_t successes, total;
        double low, high;
    };
    for (const auto& [successes, total, low, high] : {Case{81, 263, 0.2553, 0.3662}, Case{15, 148, 0.0624, 0.1605},
                                                      Case{0, 20, 0.0000, 0.1611}, Case{1, 29, 0.0061, 0.1718}}) {
        const auto interval = wilsonInterval(successes, total);
        EXPECT_NEAR(interval.low, low, 5e-5) << successes << " of " << total;
        EXPECT_NEAR(interval.high, high, 5e-5) << successes << " of " << total;
    }
}

TEST(Wilson, agreesWithTheFormulaComputedElsewhere)
{
    const auto interval = wilsonInterval(14, 39);
    EXPECT_NEAR(interval.low, 0.2274208546, 1e-9);
    EXPECT_NEAR(interval.high, 0.5158185145, 1e-9);
}

TEST(Wilson, staysWithinZeroAndOne)
{
    EXPECT_EQ(wilsonInterval(0, 10).low, 0);
    EXPECT_EQ(wilsonInterval(10, 10).high, 1);
    EXPECT_EQ(wilsonInterval(0, 0).low, 0);
    EXPECT_EQ(wilsonInterval(0, 0).high, 1);
    EXPECT_LT(wilsonInterval(10, 10).low, 1);
}

/// Newcombe 1998 ("Interval estimation for the difference between independent proportions"), table II, method 10.
TEST(Newcombe, agreesWithNewcombesTable)
{
    struct Case {
        std::int64_t a, m, b, n;
        double low, high;
    };
    for (const auto& [a, m, b, n, low, high] :
         {Case{56, 70, 48, 80, 0.0524, 0.3339}, Case{9, 10, 3, 10, 0.1705, 0.8090}, Case{10, 10, 0, 20, 0.6791, 1.0000}}) {
        const auto difference = newcombeDifference(b, n, a, m); // the table has first minus second, ours is b minus a
        EXPECT_NEAR(difference.low, low, 5e-5) << a << '/' << m << " - " << b << '/' << n;
        EXPECT_NEAR(difference.high, high, 5e-5) << a << '/' << m << " - " << b << '/' << n;
    }
}

TEST(Newcombe, saysNothingWithoutRuns)
{
    const auto difference = newcombeDifference(0, 0, 5, 10);
    EXPECT_EQ(difference.low, -1);
    EXPECT_EQ(difference.high, 1);
}

} // namespace
} // namespace tackroom
