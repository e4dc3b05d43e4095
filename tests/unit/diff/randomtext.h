// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <random>
#include <string>
#include <vector>

namespace tackroom::test
{

/// Seeded texts and edits for property tests: few distinct lines (so that they repeat), all kinds of line ends, bytes that are
/// no UTF-8, NUL.
class RandomText
{
public:
    explicit RandomText(unsigned seed) : m_random(seed) {}

    unsigned below(unsigned bound) { return static_cast<unsigned>(m_random() % bound); }

    std::string line(bool nasty)
    {
        static const std::vector<std::string> kPlain = {"",  "",  "the agent may refund", "# Limits", "  - item", "}", "a",
                                                        "b", "c", "Refund up to 2,000"};
        static const std::vector<std::string> kNasty = {
            "lone\rCR", std::string("N\0L", 3), "\xff\xfe", "caf\xc3\xa9", "-- ", "\\ No newline", "+plus",
            "-minus",   "@@ -1 +1 @@",          "\r"};
        std::string text =
            nasty && below(3) == 0 ? kNasty[below(unsigned(kNasty.size()))] : kPlain[below(unsigned(kPlain.size()))];
        if (below(3) == 0) text += std::to_string(below(20));
        return text + (nasty && below(4) == 0 ? "\r\n" : "\n");
    }

    std::vector<std::string> lines(unsigned most, bool nasty)
    {
        std::vector<std::string> out;
        for (unsigned i = below(most + 1); i > 0; --i) out.push_back(line(nasty));
        return out;
    }

    std::vector<std::string> edited(std::vector<std::string> lines, unsigned edits, bool nasty)
    {
        for (unsigned i = 0; i < edits; ++i) {
            const auto place = std::ptrdiff_t(below(unsigned(lines.size()) + 1));
            const auto count = std::ptrdiff_t(std::min<std::size_t>(below(4), lines.size() - std::size_t(place)));
            if (below(2) == 0) lines.erase(lines.begin() + place, lines.begin() + place + count);
            for (unsigned added = below(4); added > 0; --added) lines.insert(lines.begin() + place, line(nasty));
        }
        return lines;
    }

    /// Sometimes without the last line's end.
    std::string joined(const std::vector<std::string>& lines)
    {
        std::string out;
        for (const std::string& l : lines) out += l;
        if (below(4) == 0 && out.ends_with('\n')) out.pop_back();
        return out;
    }

private:
    std::mt19937 m_random;
};

struct TextPair {
    std::string before, after;
};

inline TextPair randomPair(unsigned seed, bool nasty = true, unsigned most = 40)
{
    RandomText random(seed);
    const auto before = random.lines(most, nasty);
    const auto after = random.below(8) == 0 ? random.lines(most, nasty) : random.edited(before, 1 + random.below(6), nasty);
    return {random.joined(before), random.joined(after)};
}

} // namespace tackroom::test
