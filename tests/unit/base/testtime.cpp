// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/time.h"

#include <gtest/gtest.h>
#include <limits>

namespace tackroom
{
namespace
{

constexpr UtcNs kNoon = 1'772'366'400'000'000'000; // 2026-03-01T12:00:00Z

TEST(Time, Parses)
{
    EXPECT_EQ(parseTime("2026-03-01T12:00:00Z"), kNoon);
    EXPECT_EQ(parseTime("2026-03-01 12:00:00"), kNoon);
    EXPECT_EQ(parseTime("2026-03-01 12:00:00.000000"), kNoon);
    EXPECT_EQ(parseTime("2026-03-01T14:30:00+02:30"), kNoon);
    EXPECT_EQ(parseTime("2026-03-01T14:30:00+0230"), kNoon);
    EXPECT_EQ(parseTime("2026-03-01T07:00:00-05"), kNoon);
    EXPECT_EQ(parseTime("2026-03-01T12:00:00.123456789Z"), kNoon + 123'456'789);
    EXPECT_EQ(parseTime("2026-03-01T12:00:00.1234567899999Z"), kNoon + 123'456'789);
    EXPECT_EQ(parseTime("2026-03-01T12:00:00.5"), kNoon + 500'000'000);
    EXPECT_EQ(parseTime("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parseTime("1969-12-31T23:59:59.5Z"), -500'000'000);
    EXPECT_EQ(parseTime("2016-12-31T23:59:60Z"), parseTime("2017-01-01T00:00:00Z"));
    EXPECT_TRUE(parseTime("2024-02-29T00:00:00Z"));
}

TEST(Time, RefusesWhatIsNoTime)
{
    for (const char* text : {"",
                             "2026-03-01",
                             "2026-03-01T",
                             "2026-03-01T12",
                             "2026-03-01T12:00",
                             "2026-3-1T12:00:00",
                             "2026-02-30T00:00:00Z",
                             "2025-02-29T00:00:00",
                             "2026-13-01T00:00:00",
                             "2026-00-01T00:00:00",
                             "2026-03-01T24:00:00",
                             "2026-03-01T12:60:00",
                             "2026-03-01T12:00:61",
                             "2026-03-01T12:00:00.",
                             "2026-03-01T12:00:00,5",
                             "2026-03-01T12:00:00ZZ",
                             "2026-03-01T12:00:00 Z",
                             "2026-03-01T12:00:00+",
                             "2026-03-01T12:00:00+2",
                             "2026-03-01T12:00:00+24:00",
                             "2026-03-01T12:00:00+02:3",
                             " 2026-03-01T12:00:00",
                             "2026-03-01T12:00:00 ",
                             "1500-01-01T00:00:00Z",
                             "2300-01-01T00:00:00Z",
                             "+026-03-01T12:00:00",
                             "yesterday"})
        EXPECT_FALSE(parseTime(text)) << text;
}

TEST(Time, Formats)
{
    EXPECT_EQ(formatTime(kNoon), "2026-03-01T12:00:00Z");
    EXPECT_EQ(formatTime(kNoon + 7'000'000), "2026-03-01T12:00:00.007Z");
    EXPECT_EQ(formatTime(kNoon + 999), "2026-03-01T12:00:00Z");
    EXPECT_EQ(formatTime(-1'000'000), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(formatDay(kNoon), "2026-03-01");
    EXPECT_EQ(parseTime(formatTime(kNoon + 7'000'000)), kNoon + 7'000'000);
    EXPECT_GT(utcNow(), kNoon - 400 * 86'400'000'000'000);
}

TEST(Time, Durations)
{
    EXPECT_EQ(formatDuration(0), "0 ms");
    EXPECT_EQ(formatDuration(250'000), "250 µs");
    EXPECT_EQ(formatDuration(85'000'000), "85 ms");
    EXPECT_EQ(formatDuration(999'600'000), "1.0 s");
    EXPECT_EQ(formatDuration(8'200'000'000), "8.2 s");
    EXPECT_EQ(formatDuration(59'960'000'000), "1 min");
    EXPECT_EQ(formatDuration(200'000'000'000), "3 min 20 s");
    EXPECT_EQ(formatDuration(3'599'700'000'000), "1 h");
    EXPECT_EQ(formatDuration(7'500'000'000'000), "2 h 5 min");
    EXPECT_EQ(formatDuration(76LL * 3'600'000'000'000), "3 d 4 h");
    EXPECT_EQ(formatDuration(-85'000'000), "-85 ms");
    EXPECT_EQ(formatDuration(std::numeric_limits<std::int64_t>::min()).front(), '-');
}

TEST(Time, Counts)
{
    EXPECT_EQ(formatCount(0), "0");
    EXPECT_EQ(formatCount(999), "999");
    EXPECT_EQ(formatCount(1'204), "1,204");
    EXPECT_EQ(formatCount(123'456), "123,456");
    EXPECT_EQ(formatCount(18'446'744'073'709'551'615u), "18,446,744,073,709,551,615");
}

} // namespace
} // namespace tackroom
