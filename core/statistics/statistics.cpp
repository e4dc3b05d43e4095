// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/statistics.h"

#include <algorithm>
#include <cmath>

namespace tackroom
{

ProportionInterval wilsonInterval(std::int64_t successes, std::int64_t total, double z)
{
    if (total <= 0) return {0, 1};
    const double n = static_cast<double>(total);
    const double p = static_cast<double>(successes) / n;
    const double z2 = z * z;
    const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    // At the ends the formula gives exactly 0 and 1; rounding would not.
    return {successes <= 0 ? 0.0 : std::max(0.0, centre - half), successes >= total ? 1.0 : std::min(1.0, centre + half)};
}

Difference newcombeDifference(std::int64_t aSuccesses, std::int64_t aTotal, std::int64_t bSuccesses, std::int64_t bTotal,
                              double z)
{
    if (aTotal <= 0 || bTotal <= 0) return {0, -1, 1};
    const double a = static_cast<double>(aSuccesses) / static_cast<double>(aTotal);
    const double b = static_cast<double>(bSuccesses) / static_cast<double>(bTotal);
    const auto ia = wilsonInterval(aSuccesses, aTotal, z), ib = wilsonInterval(bSuccesses, bTotal, z);
    const double d = b - a;
    return {d, d - std::hypot(b - ib.low, ia.high - a), d + std::hypot(ib.high - b, a - ia.low)};
}

} // namespace tackroom
