// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// tests/bench: each program measures something of ours and a named baseline in turns, and prints both medians and their ratio.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace tackroom::bench {

template <class Work>
double secondsOf(Work&& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Wall time, and the processor time of this process and of the children that were waited for meanwhile.
struct Cost {
    double wall = 0, processor = 0;
};
inline double processorSeconds()
{
    double seconds = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage usage{};
        getrusage(who, &usage);
        for (const timeval& time : {usage.ru_utime, usage.ru_stime})
            seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    }
    return seconds;
}
template <class Work> Cost costOf(Work&& work)
{
    const double before = processorSeconds();
    Cost cost;
    cost.wall = secondsOf(work);
    cost.processor = processorSeconds() - before;
    return cost;
}

/// The highest resident size of this process so far. Not getrusage's, which counts what its parent was before the exec.
inline double peakMegabytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1000;
    return 0;
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
