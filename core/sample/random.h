// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace tackroom
{

/// Splitmix64: the same numbers on every machine and library, which std's distributions do not promise.
class Random
{
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next()
    {
        m_state += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    /// 0 .. count-1; count must not be 0. The bias at these sizes is below 2^-40.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    std::int64_t between(std::int64_t low, std::int64_t high) ///< both ends included
    {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
    }
    bool chance(int perMille) { return below(1000) < static_cast<std::uint64_t>(perMille); }
    template <class T, std::size_t n> const T& pick(const T (&list)[n]) { return list[below(n)]; }
    template <class T> const T& pick(std::span<const T> list) { return list[below(list.size())]; }

private:
    std::uint64_t m_state;
};

} // namespace tackroom
