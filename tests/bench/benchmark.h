// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// tests/bench: each program measures something of ours and a named baseline in turns, and prints both medians and their ratio.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace tackroom::bench {

template <class Work>
double secondsOf(Work&& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values.at(values.size() / 2);
}

/// Ours and the baseline by turns, `rounds` times.
template <class Ours, class Baseline>
void compare(const char* what, const char* baselineName, int rounds, Ours&& ours, Baseline&& baseline)
{
    std::vector<double> a, b;
    for (int i = 0; i < rounds; ++i) {
        b.push_back(secondsOf(baseline));
        a.push_back(secondsOf(ours));
    }
    const double x = median(a), y = median(b);
    std::printf("%s: %.3f s; %s: %.3f s; ratio %.2f (medians of %d)\n", what, x, baselineName, y, x / y, rounds);
}

} // namespace tackroom::bench
