// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/words.h"

#include "core/base/hash.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace tackroom
{
namespace
{

/// Two lines less alike than this are not the same line before and after.
constexpr double kMinLikeness = 0.4;
constexpr float kBlankPair = 0.01F;
constexpr std::size_t kMaxTotalCells = 1'000'000;
constexpr std::size_t kMaxTableSide = 100;
/// Bytes of a line that are looked at.
constexpr std::size_t kMaxLineBytes = 2'000;

struct Word {
    std::uint64_t hash;
    std::uint32_t weight;
};
/// The words of a line, sorted by hash. Coarser than UAX #29 on purpose: this runs for every changed line at opening.
struct Bag {
    std::vector<Word> words;
    std::uint64_t weight = 0;
};

bool isWordByte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

Bag bagOf(std::string_view line)
{
    line = line.substr(0, kMaxLineBytes);
    Bag bag;
    for (std::size_t i = 0; i < line.size();) {
        const std::size_t begin = i++;
        if (isWordByte(static_cast<unsigned char>(line[begin])))
            while (i < line.size() && isWordByte(static_cast<unsigned char>(line[i]))) ++i;
        const std::string_view word = line.substr(begin, i - begin);
        if (word.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos) continue;
        // A long word says more than a comma, but not in proportion to its length.
        const auto weight = isWordByte(static_cast<unsigned char>(word[0])) ? 2 + std::min<std::size_t>(word.size(), 10) : 1;
        bag.words.push_back({xxh64(word), static_cast<std::uint32_t>(weight)});
        bag.weight += weight;
    }
    std::ranges::sort(bag.words, {}, &Word::hash);
    return bag;
}

/// `floor`: below it the answer may be 0.
double likenessOf(const Bag& a, const Bag& b, double floor)
{
    if (a.weight + b.weight == 0) return 1;
    const double bound = 2.0 * static_cast<double>(std::min(a.weight, b.weight)) / static_cast<double>(a.weight + b.weight);
    if (bound < floor) return 0; // spares most comparisons of a block
    std::uint64_t common = 0;
    for (auto i = a.words.begin(), j = b.words.begin(); i != a.words.end() && j != b.words.end();) {
        if (i->hash < j->hash)
            ++i;
        else if (j->hash < i->hash)
            ++j;
        else
            common += i->weight, ++i, ++j;
    }
    return 2.0 * static_cast<double>(common) / static_cast<double>(a.weight + b.weight);
}

std::vector<Bag> bagsOf(const Lines& lines, LineRange range)
{
    std::vector<Bag> bags;
    bags.reserve(range.count());
    for (std::uint32_t i = range.begin.value; i < range.end.value; ++i) bags.push_back(bagOf(lines.text(LineNo{i})));
    return bags;
}

using Bags = std::span<const Bag>;

/// What a pair is worth; 0 for no pair. Two empty lines only break a tie.
float pairValue(const Bag& a, const Bag& b)
{
    if (a.weight == 0 || b.weight == 0) return a.weight == b.weight ? kBlankPair : 0.0F;
    const double value = likenessOf(a, b, kMinLikeness);
    return value >= kMinLikeness ? static_cast<float>(value * value) : 0.0F;
}

/// The pairs in order with the greatest sum of (squared) likenesses, by the usual table.
void pairTable(Bags a, Bags b, std::uint32_t aFirst, std::uint32_t bFirst, std::vector<LinePair>& out)
{
    const std::size_t width = b.size() + 1;
    std::vector<float> score((a.size() + 1) * width), like(a.size() * b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < b.size(); ++j) {
            const float kept = pairValue(a[i], b[j]);
            like[i * b.size() + j] = kept;
            float& best = score[(i + 1) * width + j + 1];
            best = std::max(score[i * width + j + 1], score[(i + 1) * width + j]);
            if (kept > 0) best = std::max(best, score[i * width + j] + kept);
        }
    }
    const std::size_t firstNew = out.size();
    for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
        const float kept = like[(i - 1) * b.size() + j - 1];
        const float here = score[i * width + j];
        if (kept > 0 && here == score[(i - 1) * width + j - 1] + kept) {
            --i, --j;
            out.push_back({aFirst + static_cast<std::uint32_t>(i), bFirst + static_cast<std::uint32_t>(j)});
        } else if (here == score[i * width + j - 1]) {
            --j;
        } else {
            --i;
        }
    }
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(firstNew), out.end());
}

} // namespace

double pairingWorth(const Lines& oldLines, LineRange oldRange, const Lines& newLines, LineRange newRange)
{
    double worth = 0;
    for (const LinePair& pair : pairLines(oldLines, oldRange, newLines, newRange)) {
        const float value = pairValue(bagOf(oldLines.text(LineNo{oldRange.begin.value + pair.oldIndex})),
                                      bagOf(newLines.text(LineNo{newRange.begin.value + pair.newIndex})));
        if (value > kBlankPair) worth += static_cast<double>(value);
    }
    return worth;
}

double likeness(std::string_view oldLine, std::string_view newLine) { return likenessOf(bagOf(oldLine), bagOf(newLine), 0); }

std::vector<LinePair> pairLines(const Lines& oldLines, LineRange oldRange, const Lines& newLines, LineRange newRange)
{
    if (oldRange.empty() || newRange.empty()) return {};
    const std::vector<Bag> a = bagsOf(oldLines, oldRange), b = bagsOf(newLines, newRange);
    // Large blocks are cut into as many parts on each side, so that the tables together stay below about a million cells.
    const std::size_t side = std::clamp<std::size_t>(kMaxTotalCells / (a.size() + b.size()), 8, kMaxTableSide);
    const double parts =
        std::ceil(std::sqrt(static_cast<double>(a.size()) * static_cast<double>(b.size())) / static_cast<double>(side));
    const auto count = std::max<std::size_t>(1, static_cast<std::size_t>(parts));
    std::vector<LinePair> pairs;
    for (std::size_t part = 0; part < count; ++part) {
        const std::size_t aBegin = part * a.size() / count, aEnd = (part + 1) * a.size() / count;
        const std::size_t bBegin = part * b.size() / count, bEnd = (part + 1) * b.size() / count;
        pairTable(Bags(a).subspan(aBegin, aEnd - aBegin), Bags(b).subspan(bBegin, bEnd - bBegin),
                  static_cast<std::uint32_t>(aBegin), static_cast<std::uint32_t>(bBegin), pairs);
    }
    return pairs;
}

} // namespace tackroom
