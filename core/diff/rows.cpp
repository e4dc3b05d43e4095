// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/rows.h"

#include <algorithm>

namespace tackroom
{
namespace
{

/// What is compared word by word at once; larger blocks count as changed as a whole.
constexpr std::size_t kMaxBlockBytes = 64 * 1024;

void appendShifted(std::vector<ByteRange>& out, const std::vector<ByteRange>& ranges, std::size_t by)
{
    for (const ByteRange& range : ranges) out.push_back({range.begin + by, range.end + by});
}

std::size_t bytesIn(const std::vector<ByteRange>& ranges)
{
    std::size_t bytes = 0;
    for (const ByteRange& range : ranges) bytes += range.size();
    return bytes;
}

} // namespace

std::shared_ptr<const RowModel> RowModel::make(std::string oldBytes, std::string newBytes, const DiffOptions& options)
{
    return std::shared_ptr<const RowModel>(new RowModel(std::move(oldBytes), std::move(newBytes), options));
}

RowModel::RowModel(std::string oldBytes, std::string newBytes, const DiffOptions& options)
    : m_old(std::move(oldBytes)), m_new(std::move(newBytes)), m_oldLines(m_old), m_newLines(m_new)
{
    const std::vector<LineChange> changes = diffLines(m_oldLines, m_newLines, options);
    m_rows.reserve(std::max(m_oldLines.count(), m_newLines.count()));
    m_unified.reserve(m_rows.capacity());
    m_hunks.reserve(changes.size());
    LineNo left{0}, right{0};
    for (const LineChange& change : changes) {
        addEqual(left, right, change.oldLines.begin.value - left.value);
        addChange(change);
        left = change.oldLines.end;
        right = change.newLines.end;
    }
    addEqual(left, right, m_oldLines.count() - left.value);
}

void RowModel::addEqual(LineNo left, LineNo right, std::uint32_t count)
{
    for (std::uint32_t i = 0; i < count; ++i) {
        const LineNo l{left.value + i}, r{right.value + i};
        m_rows.push_back({l, r, kNone, RowKind::Equal});
        m_unified.push_back({l, r, kNone, RowKind::Equal});
    }
}

void RowModel::addChange(const LineChange& change)
{
    const auto hunk = static_cast<std::uint32_t>(m_hunks.size());
    RowHunk entry{
        change, RowNo{static_cast<std::uint32_t>(m_rows.size())}, {}, RowNo{static_cast<std::uint32_t>(m_unified.size())}, {}};
    std::uint32_t left = change.oldLines.begin.value, right = change.newLines.begin.value;
    const auto addApart = [&](std::uint32_t leftEnd, std::uint32_t rightEnd) {
        while (left < leftEnd || right < rightEnd) {
            Row row{LineNo{kNone}, LineNo{kNone}, hunk, RowKind::Replaced};
            if (left < leftEnd)
                row.left = LineNo{left++};
            else
                row.kind = RowKind::Added;
            if (right < rightEnd)
                row.right = LineNo{right++};
            else
                row.kind = RowKind::Removed;
            m_rows.push_back(row);
        }
    };
    for (const LinePair& pair : pairLines(m_oldLines, change.oldLines, m_newLines, change.newLines)) {
        addApart(change.oldLines.begin.value + pair.oldIndex, change.newLines.begin.value + pair.newIndex);
        m_rows.push_back({LineNo{left++}, LineNo{right++}, hunk, RowKind::Changed});
    }
    addApart(change.oldLines.end.value, change.newLines.end.value);
    for (std::uint32_t i = change.oldLines.begin.value; i < change.oldLines.end.value; ++i)
        m_unified.push_back({LineNo{i}, LineNo{kNone}, hunk, RowKind::Removed});
    for (std::uint32_t i = change.newLines.begin.value; i < change.newLines.end.value; ++i)
        m_unified.push_back({LineNo{kNone}, LineNo{i}, hunk, RowKind::Added});
    entry.end = RowNo{static_cast<std::uint32_t>(m_rows.size())};
    entry.unifiedEnd = RowNo{static_cast<std::uint32_t>(m_unified.size())};
    m_hunks.push_back(entry);
    m_removed += change.oldLines.count();
    m_added += change.newLines.count();
}

HunkWords RowModel::words(std::uint32_t hunk) const
{
    const LineChange& change = m_hunks[hunk].lines;
    if (change.oldLines.empty() || change.newLines.empty()) return {};
    std::size_t pairedBytes = 0, blockBytes = 0;
    HunkWords paired = pairedWords(m_hunks[hunk], &pairedBytes);
    HunkWords block = blockWords(m_hunks[hunk], &blockBytes);
    // Line by line reads best. A paragraph that was filled anew has no lines left to pair, and its words are what changed.
    if (block.refined && (!paired.refined || blockBytes * 5 < pairedBytes * 4)) return block;
    return paired;
}

HunkWords RowModel::blockWords(const RowHunk& hunk, std::size_t* changedBytes) const
{
    HunkWords words;
    const WordMarks marks =
        diffWords(m_oldLines.slice(hunk.lines.oldLines), m_newLines.slice(hunk.lines.newLines), {.maxBytes = kMaxBlockBytes});
    words.refined = marks.refined;
    words.layoutOnly = marks.layoutOnly;
    appendShifted(words.oldRanges, marks.oldRanges, m_oldLines.offset(hunk.lines.oldLines.begin));
    appendShifted(words.newRanges, marks.newRanges, m_newLines.offset(hunk.lines.newLines.begin));
    *changedBytes = bytesIn(marks.oldRanges) + bytesIn(marks.newRanges);
    return words;
}

HunkWords RowModel::pairedWords(const RowHunk& hunk, std::size_t* changedBytes) const
{
    HunkWords words;
    bool layoutOnly = true;
    std::size_t lookedAt = 0;
    for (std::uint32_t i = hunk.begin.value; i < hunk.end.value; ++i) {
        const Row& row = m_rows[i];
        const std::string_view left = row.hasLeft() ? m_oldLines.text(row.left) : std::string_view();
        const std::string_view right = row.hasRight() ? m_newLines.text(row.right) : std::string_view();
        WordMarks marks;
        if (row.kind == RowKind::Changed && lookedAt < 2 * kMaxBlockBytes) {
            marks = diffWords(left, right, {.maxBytes = kMaxBlockBytes});
            lookedAt += left.size() + right.size();
        }
        layoutOnly = layoutOnly && marks.layoutOnly;
        if (!marks.refined) {
            *changedBytes += left.size() + right.size(); // the whole line counts as changed
            continue;
        }
        words.refined = true;
        *changedBytes += bytesIn(marks.oldRanges) + bytesIn(marks.newRanges);
        appendShifted(words.oldRanges, marks.oldRanges, m_oldLines.offset(row.left));
        appendShifted(words.newRanges, marks.newRanges, m_newLines.offset(row.right));
    }
    words.layoutOnly = words.refined && layoutOnly;
    return words;
}

std::optional<std::uint32_t> RowModel::nextHunk(RowNo from, bool unified) const
{
    const auto begins = unified ? &RowHunk::unifiedBegin : &RowHunk::begin;
    const auto found = std::ranges::upper_bound(m_hunks, from, {}, begins);
    if (found == m_hunks.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - m_hunks.begin());
}

std::optional<std::uint32_t> RowModel::previousHunk(RowNo from, bool unified) const
{
    const auto begins = unified ? &RowHunk::unifiedBegin : &RowHunk::begin;
    const auto found = std::ranges::lower_bound(m_hunks, from, {}, begins);
    if (found == m_hunks.begin()) return std::nullopt;
    return static_cast<std::uint32_t>(found - m_hunks.begin() - 1);
}

std::vector<Fold> RowModel::folds(bool unified, std::uint32_t context, std::uint32_t minRows) const
{
    std::vector<Fold> folds;
    const auto total = static_cast<std::uint32_t>(unified ? m_unified.size() : m_rows.size());
    std::uint32_t begin = 0; // end of the hunk before
    for (std::size_t i = 0; i <= m_hunks.size(); ++i) {
        const bool last = i == m_hunks.size();
        const std::uint32_t end = last ? total : (unified ? m_hunks[i].unifiedBegin : m_hunks[i].begin).value;
        const std::uint32_t keepAbove = i == 0 ? 0 : context, keepBelow = last ? 0 : context;
        if (end - begin > keepAbove + keepBelow && end - begin - keepAbove - keepBelow >= std::max(minRows, 1U))
            folds.push_back({RowNo{begin + keepAbove}, RowNo{end - keepBelow}});
        if (!last) begin = (unified ? m_hunks[i].unifiedEnd : m_hunks[i].end).value;
    }
    if (m_hunks.empty()) folds.clear(); // nothing to look at but the text itself
    return folds;
}

} // namespace tackroom
