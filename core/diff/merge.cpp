// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/merge.h"

#include <algorithm>

namespace tackroom
{
namespace
{

/// One side of the merge: its changes against the base, taken from the front.
struct Side {
    Lines lines;
    std::vector<LineChange> changes;
    std::size_t next = 0;

    Side(const Lines& base, std::string_view bytes) : lines(bytes), changes(diffLines(base, lines)) {}
    [[nodiscard]] bool done() const { return next == changes.size(); }
    [[nodiscard]] std::uint32_t baseBegin() const { return done() ? 0xffffffff : changes[next].oldLines.begin.value; }
    /// Base line `at`, which lies outside of a change, in this side's numbers.
    [[nodiscard]] std::uint32_t own(std::uint32_t at, std::size_t changesBefore) const
    {
        if (changesBefore == 0) return at;
        const LineChange& last = changes[changesBefore - 1];
        return last.newLines.end.value + (at - last.oldLines.end.value);
    }
};

/// Base lines begin..end-1 and the changes of both sides within.
struct Cluster {
    std::uint32_t begin, end;
    std::size_t oursFirst, oursEnd, theirsFirst, theirsEnd;
};

Cluster nextCluster(Side& ours, Side& theirs)
{
    Cluster c{std::min(ours.baseBegin(), theirs.baseBegin()), 0, ours.next, ours.next, theirs.next, theirs.next};
    c.end = c.begin;
    for (bool grew = true; grew;) {
        grew = false;
        for (Side* side : {&ours, &theirs}) {
            // Touching counts as overlapping: nobody can tell in which order the two belong.
            while (!side->done() && side->baseBegin() <= c.end) {
                c.end = std::max(c.end, side->changes[side->next].oldLines.end.value);
                ++side->next;
                grew = true;
            }
        }
    }
    c.oursEnd = ours.next;
    c.theirsEnd = theirs.next;
    return c;
}

LineRange rangeIn(const Side& side, const Cluster& c, std::size_t first, std::size_t end)
{
    return {LineNo{side.own(c.begin, first)}, LineNo{side.own(c.end, end)}};
}

} // namespace

MergeResult mergeBytes(std::string_view baseBytes, std::string_view oursBytes, std::string_view theirsBytes)
{
    if (oursBytes == theirsBytes || theirsBytes == baseBytes) return {std::string(oursBytes), {}};
    if (oursBytes == baseBytes) return {std::string(theirsBytes), {}};
    const Lines base(baseBytes);
    Side ours(base, oursBytes), theirs(base, theirsBytes);
    MergeResult result;
    std::uint32_t copied = 0;
    while (!ours.done() || !theirs.done()) {
        const Cluster c = nextCluster(ours, theirs);
        result.bytes += base.slice({LineNo{copied}, LineNo{c.begin}});
        copied = c.end;
        const LineRange oursRange = rangeIn(ours, c, c.oursFirst, c.oursEnd);
        const LineRange theirsRange = rangeIn(theirs, c, c.theirsFirst, c.theirsEnd);
        const std::string_view oursText = ours.lines.slice(oursRange), theirsText = theirs.lines.slice(theirsRange);
        if (c.oursFirst == c.oursEnd) {
            result.bytes += theirsText;
            continue;
        }
        result.bytes += oursText;
        if (c.theirsFirst != c.theirsEnd && oursText != theirsText)
            result.conflicts.push_back({{LineNo{c.begin}, LineNo{c.end}}, oursRange, theirsRange});
    }
    result.bytes += base.slice({LineNo{copied}, LineNo{base.count()}});
    return result;
}

} // namespace tackroom
