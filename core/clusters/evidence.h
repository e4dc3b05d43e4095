// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

namespace tackroom
{

/// In how many failing and passing runs something occurs.
struct Occurrence {
    std::int64_t failing = 0, passing = 0;
};

/// How much of the occurrence in failing runs goes beyond what passing runs would lead one to expect: 1 − P(s|pass) /
/// P(s|fail), between 0 (as frequent in passing runs) and 1 (only in failing ones). Small counts are drawn to `prior`, the
/// evidence of the wider class that it belongs to (0 where there is none), with the weight of kPriorRuns failing runs. Where
/// the store has few passing runs nothing can be compared, and the answer is drawn to kUncompared.
inline constexpr double kPriorRuns = 4;
inline constexpr double kUncompared = 0.7;
inline constexpr double kPassingRunsForHalf = 20;
[[nodiscard]] double evidenceOf(Occurrence seen, Occurrence all, double prior);

/// P(s|fail) / P(s|pass), half a run added to each count where one is zero. For people.
[[nodiscard]] double liftOf(Occurrence seen, Occurrence all);

} // namespace tackroom
