// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffviewprivate.h"
#include "ui/diffview/overviewruler.h"

#include <QFontDatabase>
#include <QFontInfo>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace tackroom::ui
{
namespace
{

constexpr int kTabColumns = 4;
constexpr std::size_t kMaxCells = 800;

/// About how many lines a text takes at a width, as word wrap breaks it. Exact for ASCII in a monospaced font.
std::uint32_t wrappedLines(std::string_view text, std::uint32_t columns)
{
    if (text.size() <= columns || columns == 0) return 1;
    text = text.substr(0, kShownLineBytes);
    std::uint32_t lines = 1, used = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find(' ', at);
        end = end == std::string_view::npos ? text.size() : end;
        auto word = static_cast<std::uint32_t>(end - at);
        if (used > 0 && used + word > columns) {
            ++lines;
            used = 0;
        }
        while (word > columns) {
            ++lines;
            word -= columns;
        }
        used += word + 1; // the blank may hang over the edge
        at = end + 1;
    }
    return lines;
}

} // namespace

std::uint32_t DiffViewPrivate::tableSize() const
{
    if (!model()) return 0;
    return static_cast<std::uint32_t>(unified() ? model()->unifiedRows().size() : model()->rows().size());
}

TableRow DiffViewPrivate::tableRow(std::uint32_t row) const
{
    if (unified()) {
        const UnifiedRow& r = model()->unifiedRows()[row];
        return {r.left, r.right, r.hunk, r.kind};
    }
    const Row& r = model()->rows()[row];
    return {r.left, r.right, r.hunk, r.kind};
}

Side DiffViewPrivate::sideOf(const TableRow& row, Side wanted) const
{
    if (!unified()) return wanted;
    return row.kind == RowKind::Removed ? Side::Old : Side::New;
}

LineNo DiffViewPrivate::lineOf(const TableRow& row, Side side) const
{
    return sideOf(row, side) == Side::Old ? row.left : row.right;
}

void DiffViewPrivate::updateMetrics()
{
    font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    // As large as the rest of the window; the fixed font of a desktop is often set apart from it.
    const QFontInfo info(q->font());
    font.setPixelSize(std::max(9, info.pixelSize()));
    const QFontMetricsF metrics(font);
    charWidth = std::max<qreal>(1, metrics.horizontalAdvance(QStringLiteral("0000000000")) / 10);
    rowHeight = std::max(static_cast<int>(std::ceil(metrics.height())), static_cast<int>(std::lround(font.pixelSize() * 1.35)));
    textTop = (rowHeight - static_cast<int>(std::ceil(metrics.height()))) / 2;
    const std::uint32_t most = model() ? std::max(model()->oldLines().count(), model()->newLines().count()) : 0;
    digits = std::max(2, static_cast<int>(std::to_string(most).size()));
    longestColumns = 0;
    for (const Side side : {Side::Old, Side::New}) {
        if (!model()) break;
        const Lines& lines = linesOf(side);
        for (std::uint32_t i = 0; i < lines.count(); ++i) {
            const std::size_t bytes = lines.offset(LineNo{i + 1}) - lines.offset(LineNo{i});
            if (bytes <= longestColumns) continue;
            longestColumns = static_cast<std::uint32_t>(std::min(bytes, kShownLineBytes) + (bytes > kShownLineBytes ? 24 : 0));
        }
    }
}

void DiffViewPrivate::rebuildDisplay()
{
    display.clear();
    if (!model()) return;
    const std::uint32_t total = tableSize();
    display.reserve(folded ? 256 : total);
    std::uint32_t at = 0;
    if (folded) {
        for (const Fold& fold : model()->folds(unified(), 3, 8)) {
            for (; at < fold.begin.value; ++at) display.push_back({at, 0});
            if (expandedFolds.contains(at)) continue;
            display.push_back({at, fold.count()});
            at = fold.end.value;
        }
    }
    for (; at < total; ++at) display.push_back({at, 0});
}

ColumnPlan DiffViewPrivate::columns(Side side) const
{
    const int number = static_cast<int>(std::ceil(charWidth * digits)), gap = static_cast<int>(charWidth);
    const int width = q->viewport()->width();
    constexpr int kBar = 4;
    ColumnPlan plan;
    if (unified()) {
        plan.number2Right = kBar + gap / 2 + number;
        plan.numberRight = plan.number2Right + gap + number;
        plan.right = width;
    } else {
        plan.gutterLeft = side == Side::Old ? 0 : width / 2 + 1;
        plan.numberRight = plan.gutterLeft + kBar + gap / 2 + number;
        plan.right = side == Side::Old ? width / 2 : width;
    }
    plan.signLeft = plan.numberRight + gap;
    plan.textLeft = plan.signLeft + 2 * gap;
    return plan;
}

int DiffViewPrivate::textWidth(Side side) const
{
    const ColumnPlan plan = columns(side);
    return std::max(static_cast<int>(charWidth * 8), plan.right - plan.textLeft - static_cast<int>(charWidth));
}

void DiffViewPrivate::rebuildHeights()
{
    std::vector<std::uint32_t> lines(display.size(), 1);
    if (q->wraps() && model()) {
        const std::uint32_t columns[2] = {static_cast<std::uint32_t>(textWidth(Side::Old) / charWidth),
                                          static_cast<std::uint32_t>(textWidth(Side::New) / charWidth)};
        for (std::size_t i = 0; i < display.size(); ++i) {
            if (display[i].foldCount > 0) continue;
            const TableRow row = tableRow(display[i].row);
            if (unified()) {
                const Side side = sideOf(row, Side::New);
                lines[i] = wrappedLines(linesOf(side).text(lineOf(row, side)), columns[0]);
                continue;
            }
            if (row.left.value != kNone) lines[i] = wrappedLines(linesOf(Side::Old).text(row.left), columns[0]);
            if (row.right.value != kNone && row.kind != RowKind::Equal)
                lines[i] = std::max(lines[i], wrappedLines(linesOf(Side::New).text(row.right), columns[1]));
        }
    }
    heights.assign(std::move(lines));
}

void DiffViewPrivate::relayout(bool keepPlace)
{
    const bool keeps = keepPlace && !display.empty() && heights.count() == display.size();
    const std::uint32_t topRow = keeps ? display[heights.rowAt(q->verticalScrollBar()->value() / rowHeight)].row : 0;
    dropCells();
    rebuildDisplay();
    rebuildHeights();
    updateScrollBars();
    if (keeps) q->verticalScrollBar()->setValue(static_cast<int>(heights.above(displayIndexOf(topRow)) * rowHeight));
    ruler->contentChanged();
    q->viewport()->update();
}

void DiffViewPrivate::updateScrollBars()
{
    const int height = q->viewport()->height();
    const auto total = static_cast<int>(std::min<std::int64_t>(heights.total() * rowHeight + rowHeight, 2'000'000'000));
    QScrollBar* const vertical = q->verticalScrollBar();
    vertical->setRange(0, std::max(0, total - height));
    vertical->setPageStep(height);
    vertical->setSingleStep(rowHeight);
    QScrollBar* const horizontal = q->horizontalScrollBar();
    const int width = std::min(textWidth(Side::Old), textWidth(Side::New));
    const int longest = q->wraps() ? 0 : static_cast<int>((longestColumns + 2) * charWidth);
    horizontal->setRange(0, std::max(0, longest - width));
    horizontal->setPageStep(width);
    horizontal->setSingleStep(static_cast<int>(charWidth * 4));
}

const HunkWords& DiffViewPrivate::wordsOf(std::uint32_t hunk)
{
    const auto found = words.find(hunk);
    if (found != words.end()) return found->second;
    if (words.size() > 4000) words.clear();
    return words.emplace(hunk, model()->words(hunk)).first->second;
}

QString DiffViewPrivate::lineMark(Side side, LineNo line, std::uint32_t hunk)
{
    if (hunk == kNone) return {};
    const Lines& lines = linesOf(side);
    const bool last = line.value + 1 == lines.count();
    if (last && !lines.endsWithNewline()) return DiffView::tr(" no line end");
    const auto known = endsDiffer.find(hunk);
    bool differ = known != endsDiffer.end() && known->second;
    if (known == endsDiffer.end()) {
        const LineChange& change = model()->hunks()[hunk].lines;
        const auto hasBoth = [this](Side s, LineRange range, bool crlf) {
            for (std::uint32_t i = range.begin.value; i < range.end.value; ++i)
                if (linesOf(s).line(LineNo{i}).ends_with("\r\n") == crlf) return true;
            return false;
        };
        const bool crlf = hasBoth(Side::Old, change.oldLines, true) || hasBoth(Side::New, change.newLines, true);
        const bool lf = hasBoth(Side::Old, change.oldLines, false) || hasBoth(Side::New, change.newLines, false);
        differ = crlf && lf;
        endsDiffer.emplace(hunk, differ);
    }
    if (!differ || !lines.line(line).ends_with('\n')) return {};
    return lines.line(line).ends_with("\r\n") ? QStringLiteral(" CR LF") : QStringLiteral(" LF");
}

/// True where blanks within lines are all that differs, so that they must be seen; what differs in line ends alone has its
/// mark.
bool DiffViewPrivate::blanksDiffer(std::uint32_t hunk)
{
    if (!wordsOf(hunk).layoutOnly) return false;
    const LineChange& change = model()->hunks()[hunk].lines;
    if (change.oldLines.count() != change.newLines.count()) return false;
    for (std::uint32_t i = 0; i < change.oldLines.count(); ++i) {
        const LineNo left{change.oldLines.begin.value + i}, right{change.newLines.begin.value + i};
        if (model()->oldLines().text(left) != model()->newLines().text(right)) return true;
    }
    return false;
}

void DiffViewPrivate::appendWordFormats(QList<QTextLayout::FormatRange>& formats, const Cell& cell, Side side, LineNo line,
                                        std::uint32_t hunk)
{
    if (hunk == kNone) return;
    const HunkWords& marks = wordsOf(hunk);
    const Lines& lines = linesOf(side);
    const std::size_t begin = lines.offset(line), end = begin + lines.text(line).size();
    const std::vector<ByteRange>& ranges = side == Side::Old ? marks.oldRanges : marks.newRanges;
    QTextCharFormat format;
    format.setBackground(side == Side::Old ? colors.removedWord : colors.addedWord);
    format.setFontUnderline(true);
    format.setUnderlineColor(side == Side::Old ? colors.removedSign : colors.addedSign);
    auto range = std::ranges::upper_bound(ranges, begin, {}, &ByteRange::end);
    for (; range != ranges.end() && range->begin < end; ++range) {
        int from = cell.shown.columnOf(std::max(range->begin, begin) - begin);
        int to = cell.shown.columnOf(std::min(range->end, end) - begin);
        while (from < to && cell.shown.text.at(from).isSpace()) ++from; // indentation is no word
        while (from < to && cell.shown.text.at(to - 1).isSpace()) --to;
        if (to > from) formats.append({from, to - from, format});
    }
}

Cell& DiffViewPrivate::cell(Side side, LineNo line, std::uint32_t hunk)
{
    const std::uint64_t key = cellKey(side, line);
    std::unique_ptr<Cell>& slot = cells[key];
    const bool known = slot != nullptr;
    if (known && slot->highlighted) return *slot;
    const std::string_view bytes = linesOf(side).text(line);
    auto syntaxFormats = bytes.size() <= kShownLineBytes ? syntax[static_cast<std::size_t>(side)].formats(line)
                                                         : std::optional(QList<QTextLayout::FormatRange>{});
    if (!syntaxFormats && !syntaxTimer.isActive()) syntaxTimer.start(0, q);
    if (known && !syntaxFormats) return *slot;
    if (!known) {
        slot = std::make_unique<Cell>();
        slot->shown =
            showLine(bytes, openedLines.contains(key) ? kOpenedLineBytes : kShownLineBytes, lineMark(side, line, hunk));
        slot->layout.setText(slot->shown.text);
        slot->layout.setFont(font);
        slot->layout.setCacheEnabled(true);
        QTextOption option;
        option.setTextDirection(Qt::LeftToRight);
        option.setTabStopDistance(charWidth * kTabColumns);
        option.setWrapMode(q->wraps() ? QTextOption::WrapAtWordBoundaryOrAnywhere : QTextOption::NoWrap);
        if (hunk != kNone && blanksDiffer(hunk)) option.setFlags(QTextOption::ShowTabsAndSpaces);
        slot->layout.setTextOption(option);
    }
    Cell& made = *slot;
    QList<QTextLayout::FormatRange> formats = syntaxFormats.value_or(QList<QTextLayout::FormatRange>{});
    appendWordFormats(formats, made, side, line, hunk);
    QTextCharFormat chip;
    chip.setBackground(colors.chip);
    chip.setForeground(colors.chipText);
    for (const auto& [begin, length] : made.shown.chips) {
        // Notes on the line's end keep a blank of air before them.
        const int air = made.shown.text.at(begin) == u' ' ? 1 : 0;
        formats.append({begin + air, length - air, chip});
    }
    made.highlighted = syntaxFormats.has_value();
    made.layout.setFormats(formats);
    made.layout.beginLayout();
    int count = 0;
    for (QTextLine text = made.layout.createLine(); text.isValid(); text = made.layout.createLine()) {
        text.setLineWidth(q->wraps() ? textWidth(side) : 1e7);
        text.setPosition(QPointF(0, count++ * rowHeight));
    }
    made.layout.endLayout();
    made.lines = std::max(1, count);
    return made;
}

std::uint32_t DiffViewPrivate::settleRow(std::size_t displayIndex)
{
    const DisplayRow& shown = display[displayIndex];
    if (shown.foldCount > 0) return heights.at(displayIndex);
    const TableRow row = tableRow(shown.row);
    int lines = 1;
    for (const Side side : {Side::Old, Side::New}) {
        if (unified() && side != sideOf(row, side)) continue;
        const LineNo line = lineOf(row, side);
        if (line.value != kNone) lines = std::max(lines, cell(side, line, row.hunk).lines);
    }
    const auto height = static_cast<std::uint32_t>(lines);
    if (height != heights.at(displayIndex)) heights.set(displayIndex, height);
    return height;
}

void DiffViewPrivate::settleVisible()
{
    if (display.empty()) return;
    if (cells.size() > kMaxCells) dropCells();
    const std::int64_t totalBefore = heights.total();
    QScrollBar* const bar = q->verticalScrollBar();
    const std::size_t first = heights.rowAt(bar->value() / rowHeight);
    const std::uint32_t firstBefore = heights.at(first);
    int y = topOf(first);
    const int cut = -y;
    const auto change = static_cast<int>(settleRow(first)) - static_cast<int>(firstBefore);
    // A row that is half above the top keeps its lower part where it was.
    const int keep = change != 0 && cut > 0 ? change * rowHeight : 0;
    const int height = q->viewport()->height();
    y += static_cast<int>(heights.at(first)) * rowHeight - keep;
    for (std::size_t i = first + 1; i < display.size() && y < height; ++i) y += static_cast<int>(settleRow(i)) * rowHeight;
    if (heights.total() == totalBefore) return;
    const QSignalBlocker quiet(bar);
    updateScrollBars();
    bar->setValue(bar->value() + keep);
}

std::size_t DiffViewPrivate::displayIndexOf(std::uint32_t tableRowNo) const
{
    const auto after = std::ranges::upper_bound(display, tableRowNo, {}, &DisplayRow::row);
    return after == display.begin() ? 0 : static_cast<std::size_t>(after - display.begin() - 1);
}

int DiffViewPrivate::topOf(std::size_t displayIndex) const
{
    return static_cast<int>(heights.above(displayIndex) * rowHeight - q->verticalScrollBar()->value());
}

void DiffViewPrivate::expandFold(std::size_t displayIndex)
{
    expandedFolds.insert(display[displayIndex].row);
    relayout(true);
}

bool DiffViewPrivate::isCutMark(const TextPlace& place)
{
    const TableRow row = tableRow(place.row);
    const Side side = sideOf(row, place.side);
    const LineNo line = lineOf(row, side);
    if (line.value == kNone) return false;
    const ShownLine& shown = cell(side, line, row.hunk).shown;
    const std::size_t endOfShown = linesOf(side).text(line).size() - shown.omittedBytes;
    return shown.omittedBytes > 0 && shown.byteAt[static_cast<std::size_t>(place.column)] >= endOfShown;
}

bool DiffViewPrivate::openLongLine(const TextPlace& place)
{
    const TableRow row = tableRow(place.row);
    const Side side = sideOf(row, place.side);
    const LineNo line = lineOf(row, side);
    if (line.value == kNone || openedLines.contains(cellKey(side, line)) || cell(side, line, row.hunk).shown.omittedBytes == 0)
        return false;
    openedLines.insert(cellKey(side, line));
    const std::size_t bytes = std::min(linesOf(side).text(line).size(), kOpenedLineBytes);
    longestColumns = std::max(longestColumns, static_cast<std::uint32_t>(bytes) + 24);
    relayout(true);
    return true;
}

void DiffViewPrivate::unfoldRow(std::uint32_t tableRowNo)
{
    if (display.empty()) return;
    const std::size_t index = displayIndexOf(tableRowNo);
    if (display[index].foldCount > 0) expandFold(index);
}

void DiffViewPrivate::scrollToDisplay(std::size_t first, std::size_t last, bool place)
{
    const int height = q->viewport()->height();
    const std::size_t settleEnd = std::min(last + 1, first + 200); // rows beyond that do not fit anyway
    for (std::size_t i = first; i < std::min(settleEnd, display.size()); ++i) settleRow(i);
    updateScrollBars();
    const int top = topOf(first), bottom = topOf(std::min(last, display.size() - 1)) + rowHeight;
    if (top >= rowHeight && bottom <= height - rowHeight) return;
    const int margin = place ? height / 4 : rowHeight;
    const int by = top < margin || place || bottom - top > height ? top - margin : bottom + margin - height;
    q->verticalScrollBar()->setValue(q->verticalScrollBar()->value() + by);
}

void DiffViewPrivate::dropCells() { cells.clear(); }

} // namespace tackroom::ui
