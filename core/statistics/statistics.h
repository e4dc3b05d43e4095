// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/statistics: intervals for counts. Each formula names its source and is checked against reference values.
#include <cstdint>

namespace tackroom
{

struct ProportionInterval {
    double low = 0, high = 0;
};
/// Wilson score interval (Wilson 1927, without continuity correction), 95 % by default. `total` 0 gives [0, 1].
[[nodiscard]] ProportionInterval wilsonInterval(std::int64_t successes, std::int64_t total, double z = 1.959963984540054);

/// Two proportions compared: the difference b − a with Newcombe's interval (Newcombe 1998, method 10).
struct Difference {
    double estimate = 0, low = 0, high = 0;
};
[[nodiscard]] Difference newcombeDifference(std::int64_t aSuccesses, std::int64_t aTotal, std::int64_t bSuccesses,
                                            std::int64_t bTotal, double z = 1.959963984540054);

} // namespace tackroom
