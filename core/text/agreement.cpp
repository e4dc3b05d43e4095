// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/agreement.h"

#include <cmath>
#include <map>

namespace tackroom
{

namespace
{

double pairsOf(double n) { return n * (n - 1) / 2; }

template <class Key> double pairsWithin(const std::map<Key, double>& counts)
{
    double sum = 0;
    for (const auto& [key, n] : counts) sum += pairsOf(n);
    return sum;
}

template <class Key> double entropyOf(const std::map<Key, double>& counts, double all)
{
    double sum = 0;
    for (const auto& [key, n] : counts) sum -= n / all * std::log(n / all);
    return sum;
}

} // namespace

Agreement agreementOf(std::span<const std::uint32_t> groups, std::span<const std::uint32_t> labels)
{
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> both;
    std::map<std::uint32_t, double> byGroup, byLabel;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        ++both[{groups[i], labels[i]}];
        ++byGroup[groups[i]];
        ++byLabel[labels[i]];
    }
    const auto n = static_cast<double>(groups.size());
    Agreement out;
    const double a = pairsWithin(byGroup), b = pairsWithin(byLabel), all = pairsOf(n);
    const double expected = all > 0 ? a * b / all : 0, most = (a + b) / 2;
    out.adjustedRand = most == expected ? 1 : (pairsWithin(both) - expected) / (most - expected);
    const double ofGroups = entropyOf(byGroup, n), ofLabels = entropyOf(byLabel, n);
    const double shared = ofGroups + ofLabels - entropyOf(both, n);
    out.homogeneity = ofLabels > 0 ? shared / ofLabels : 1;
    out.completeness = ofGroups > 0 ? shared / ofGroups : 1;
    const double sum = out.homogeneity + out.completeness;
    out.vMeasure = sum > 0 ? 2 * out.homogeneity * out.completeness / sum : 0;
    return out;
}

} // namespace tackroom
