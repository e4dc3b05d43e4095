// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace tackroom
{

/// Calls `work(begin, end)` for pieces of [0, count) on up to so many threads. Each number belongs to one call alone; which
/// thread makes it is left open, so that what is the same on any number of threads is what writes only to its own numbers.
template <class Work> void inParallel(unsigned threads, std::size_t count, std::size_t piece, Work work)
{
    piece = std::max<std::size_t>(piece, 1);
    const std::size_t pieces = (count + piece - 1) / piece;
    std::atomic<std::size_t> next{0};
    const auto run = [&] {
        for (std::size_t i = next++; i < pieces; i = next++) work(i * piece, std::min(count, (i + 1) * piece));
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min<std::size_t>(threads, pieces); ++i) others.emplace_back(run);
    run();
}

} // namespace tackroom
