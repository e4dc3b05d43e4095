// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Damage to files and databases, the same on every machine.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

namespace tackroom::fuzz
{

class Random
{
public:
    explicit Random(std::uint64_t seed) : m_state(seed * 0x9E3779B97F4A7C15ULL + 1) {}
    std::size_t below(std::size_t limit)
    {
        m_state ^= m_state << 13;
        m_state ^= m_state >> 7;
        m_state ^= m_state << 17;
        return limit ? m_state % limit : 0;
    }

private:
    std::uint64_t m_state;
};

inline constexpr std::string_view kPieces[] = {"{",
                                               "}",
                                               "[",
                                               "]",
                                               "\"",
                                               ":",
                                               ",",
                                               "\\",
                                               "\\ud800",
                                               "null",
                                               "1e999",
                                               "-",
                                               "\xFF",
                                               "\xC0\x80",
                                               "\0",
                                               "\xED\xA0\x80",
                                               "{\"message\":",
                                               "99999999999999999999",
                                               "true",
                                               "\n",
                                               "[[[[[[[[[[[[[[[[",
                                               "\x01\x00\x00\x00"};

inline std::string mutated(std::string text, Random& random)
{
    for (std::size_t n = 1 + random.below(6); n > 0; --n) {
        const std::size_t at = random.below(text.size() + 1);
        const std::size_t some = 1 + random.below(40);
        switch (random.below(7)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(random.below(256));
            break;
        case 2:
            text.insert(at, kPieces[random.below(std::size(kPieces))]);
            break;
        case 3:
            text.erase(at, some);
            break;
        case 4:
            text.insert(at, text.substr(random.below(text.size() + 1), some));
            break;
        case 5:
            if (random.below(4) == 0) text.resize(at);
            break;
        case 6: // a run of one byte, as of a bad block
            for (std::size_t i = at; i < text.size() && i < at + some; ++i)
                text[i] = static_cast<char>(random.below(2) ? 0 : 0xFF);
            break;
        }
    }
    return text;
}

/// A page that was lost, mixed up with another one or written over.
inline std::string withBadPages(std::string database, Random& random)
{
    constexpr std::size_t kPage = 512;
    const std::size_t pages = database.size() / kPage;
    for (std::size_t n = 1 + random.below(3); n > 0 && pages > 1; --n) {
        const std::size_t at = (1 + random.below(pages - 1)) * kPage;
        switch (random.below(4)) {
        case 0:
            database.replace(at, kPage, kPage, '\0');
            break;
        case 1:
            database.replace(at, kPage, kPage, '\xFF');
            break;
        case 2:
            database.replace(at, kPage, database, random.below(pages) * kPage, kPage);
            break;
        case 3: // the page's header: its kind, the number of cells, where they begin
            for (std::size_t i = 0; i < 12; ++i)
                if (random.below(3) == 0) database[at + i] = static_cast<char>(random.below(256));
            break;
        }
    }
    return database;
}

inline std::string damaged(const std::string& seed, Random& random)
{
    const bool database = seed.starts_with("SQLite format 3");
    return database && random.below(3) == 0 ? withBadPages(seed, random) : mutated(seed, random);
}

/// 1, or as TACKROOM_CAMPAIGN says: "full" is a hundred.
inline int campaignScale()
{
    const char* named = std::getenv("TACKROOM_CAMPAIGN");
    if (!named) return 1;
    return std::string_view(named) == "full" ? 100 : std::clamp(std::atoi(named), 1, 100);
}

} // namespace tackroom::fuzz
