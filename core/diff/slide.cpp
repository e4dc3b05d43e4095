// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/slide.h"

#include "core/diff/words.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace tackroom
{
namespace
{

/// How far a change is moved; more happens only in long runs of equal lines, where no place is better than another.
constexpr std::uint32_t kMaxSlide = 100;

constexpr std::uint32_t kMaxBlanksJoined = 2;
constexpr std::uint32_t kMaxJoinedLines = 80;
/// A line that is half the same on both sides is worth the empty lines that the joined change has more.
constexpr double kJoinGain = 0.25;

struct LineLook {
    int indent = 0;
    bool blank = true;
    bool heading = false; ///< Markdown heading, fence or rule, a list entry at the margin
    bool closer = false;  ///< `}`, `]`, `end` …: belongs to what stands before it
};

LineLook lookOf(std::string_view text)
{
    LineLook look;
    std::size_t i = 0;
    for (; i < text.size() && (text[i] == ' ' || text[i] == '\t'); ++i)
        look.indent += text[i] == '\t' ? 8 - look.indent % 8 : 1;
    const std::string_view rest = text.substr(i);
    look.blank = rest.find_first_not_of(" \t\r") == std::string_view::npos;
    look.heading = rest.starts_with('#') || rest.starts_with("---") || rest.starts_with("<!--");
    look.closer =
        !look.blank && (rest.find_first_not_of("})];,\r ") == std::string_view::npos || rest == "end" || rest == "```");
    return look;
}

/// The penalty of cutting the text before line `at`: low where a reader would cut it.
int penaltyAt(const Lines& lines, std::uint32_t at)
{
    if (at == 0 || at >= lines.count()) return -40;
    const LineLook before = lookOf(lines.text(LineNo{at - 1}));
    LineLook here = lookOf(lines.text(LineNo{at}));
    int penalty = 0;
    if (here.blank) {
        // A blank line goes with what stands before it, if there is a choice.
        penalty += before.blank ? 6 : 4;
        std::uint32_t next = at + 1;
        while (next < lines.count() && next < at + 8 && lookOf(lines.text(LineNo{next})).blank) ++next;
        if (next < lines.count())
            here.indent = lookOf(lines.text(LineNo{next})).indent;
        else
            here.indent = 0;
    } else if (before.blank) {
        penalty -= 12;
    } else if (here.indent > before.indent) {
        penalty += 12; // inside of something that the line before opens
    }
    if (here.heading) penalty -= 20;
    if (here.closer) penalty += 24;
    return penalty + 2 * std::min(here.indent, 60);
}

/// Shifts the side of a change that holds lines, with the other side moving along.
struct Mover {
    const Lines& lines;
    std::span<const std::uint32_t> ids;
    LineRange LineChange::* own;
    LineRange LineChange::* other;

    [[nodiscard]] std::uint32_t roomUp(const LineChange& change, std::uint32_t gap) const
    {
        const LineRange range = change.*own;
        std::uint32_t up = 0;
        while (up < gap && up < kMaxSlide && ids[range.begin.value - up - 1] == ids[range.end.value - up - 1]) ++up;
        return up;
    }
    [[nodiscard]] std::uint32_t roomDown(const LineChange& change, std::uint32_t gap) const
    {
        const LineRange range = change.*own;
        std::uint32_t down = 0;
        while (down < gap && down < kMaxSlide && ids[range.begin.value + down] == ids[range.end.value + down]) ++down;
        return down;
    }
    /// The move, negative for up, to the best place; of equally good ones the lowest.
    [[nodiscard]] int bestMove(const LineChange& change, std::uint32_t up, std::uint32_t down) const
    {
        const LineRange range = change.*own;
        int best = 0, bestPenalty = std::numeric_limits<int>::max();
        for (int move = -static_cast<int>(up); move <= static_cast<int>(down); ++move) {
            const int penalty = penaltyAt(lines, range.begin.value + static_cast<std::uint32_t>(move)) +
                                penaltyAt(lines, range.end.value + static_cast<std::uint32_t>(move));
            if (penalty > bestPenalty) continue;
            bestPenalty = penalty;
            best = move;
        }
        return best;
    }
    void move(LineChange& change, int by) const
    {
        for (LineNo* line : {&(change.*own).begin, &(change.*own).end, &(change.*other).begin, &(change.*other).end})
            line->value += static_cast<std::uint32_t>(by);
    }
};

LineChange joined(const LineChange& first, const LineChange& second)
{
    return {{first.oldLines.begin, second.oldLines.end}, {first.newLines.begin, second.newLines.end}};
}

/// Slides one change at a time, from the top.
class Slider
{
public:
    Slider(std::vector<LineChange>& changes, const Mover& removals, const Mover& insertions)
        : m_changes(changes), m_removals(removals), m_insertions(insertions)
    {
    }

    void run()
    {
        for (m_at = 0; m_at < m_changes.size(); ++m_at) settle(m_changes[m_at]);
        m_changes = std::move(m_done);
    }

private:
    [[nodiscard]] bool hasNext() const { return m_at + 1 < m_changes.size(); }

    void settle(LineChange change)
    {
        while (change.oldLines.empty() != change.newLines.empty()) {
            const Mover& mover = change.newLines.empty() ? m_removals : m_insertions;
            const std::uint32_t oldEnd = hasNext() ? m_changes[m_at + 1].oldLines.begin.value : m_removals.lines.count();
            const std::uint32_t gapBelow = oldEnd - change.oldLines.end.value;
            const std::uint32_t gapAbove =
                change.oldLines.begin.value - (m_done.empty() ? 0 : m_done.back().oldLines.end.value);
            const std::uint32_t up = mover.roomUp(change, gapAbove), down = mover.roomDown(change, gapBelow);
            if (!m_done.empty() && up == gapAbove) {
                mover.move(change, -static_cast<int>(up));
                change = joined(m_done.back(), change);
                m_done.pop_back();
                continue; // what was passed over now lies below: there may be room again
            }
            if (hasNext() && down == gapBelow) {
                mover.move(change, static_cast<int>(down));
                m_changes[m_at + 1] = joined(change, m_changes[m_at + 1]);
                return;
            }
            mover.move(change, mover.bestMove(change, up, down));
            break;
        }
        m_done.push_back(change);
    }

    std::vector<LineChange>& m_changes;
    std::vector<LineChange> m_done;
    const Mover& m_removals;
    const Mover& m_insertions;
    std::size_t m_at = 0;
};

} // namespace

void slideChanges(std::vector<LineChange>& changes, const Lines& oldLines, std::span<const std::uint32_t> oldIds,
                  const Lines& newLines, std::span<const std::uint32_t> newIds)
{
    const Mover removals{oldLines, oldIds, &LineChange::oldLines, &LineChange::newLines};
    const Mover insertions{newLines, newIds, &LineChange::newLines, &LineChange::oldLines};
    Slider(changes, removals, insertions).run();
}

void joinAcrossBlanks(std::vector<LineChange>& changes, const Lines& oldLines, const Lines& newLines)
{
    const auto worth = [&](const LineChange& c) { return pairingWorth(oldLines, c.oldLines, newLines, c.newLines); };
    const auto onlyBlanksBetween = [&](const LineChange& a, const LineChange& b) {
        const std::uint32_t begin = a.oldLines.end.value, end = b.oldLines.begin.value;
        if (end - begin > kMaxBlanksJoined) return false;
        for (std::uint32_t i = begin; i < end; ++i)
            if (!lookOf(oldLines.text(LineNo{i})).blank) return false;
        return true;
    };
    std::vector<LineChange> done;
    for (const LineChange& change : changes) {
        done.push_back(change);
        if (done.size() < 2 || !onlyBlanksBetween(done[done.size() - 2], change)) continue;
        const LineChange& before = done[done.size() - 2];
        const LineChange both = joined(before, change);
        if (both.oldLines.count() + both.newLines.count() > kMaxJoinedLines) continue;
        if (worth(both) < worth(before) + worth(change) + kJoinGain) continue;
        done.pop_back();
        done.back() = both;
    }
    changes = std::move(done);
}

} // namespace tackroom
