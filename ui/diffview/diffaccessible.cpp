// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffaccessible.h"

#include "ui/diffview/diffviewprivate.h"

#include <QTextBoundaryFinder>

#include <algorithm>

namespace tackroom::ui
{

// ---- the text

QString DiffViewPrivate::readPrefix(std::uint32_t unifiedRow) const
{
    const UnifiedRow& row = model()->unifiedRows()[unifiedRow];
    switch (row.kind) {
    case RowKind::Added:
        return DiffView::tr("added, line %1: ").arg(row.right.value + 1);
    case RowKind::Removed:
        return DiffView::tr("removed, line %1: ").arg(row.left.value + 1);
    default:
        return DiffView::tr("unchanged, line %1: ").arg(row.right.value + 1);
    }
}

QString DiffViewPrivate::readLine(std::uint32_t unifiedRow) const
{
    const UnifiedRow& row = model()->unifiedRows()[unifiedRow];
    const bool removed = row.kind == RowKind::Removed;
    const Lines& lines = removed ? model()->oldLines() : model()->newLines();
    return readPrefix(unifiedRow) + showLine(lines.text(removed ? row.left : row.right), kShownLineBytes).text + u'\n';
}

const std::vector<int>& DiffViewPrivate::readStarts()
{
    const std::size_t rows = model() ? model()->unifiedRows().size() : 0;
    if (starts.size() == rows + 1) return starts;
    starts.assign(1, 0);
    for (std::uint32_t i = 0; i < rows; ++i) starts.push_back(starts.back() + static_cast<int>(readLine(i).size()));
    return starts;
}

std::uint32_t DiffViewPrivate::readRowAt(int offset)
{
    const std::vector<int>& all = readStarts();
    const auto after = std::ranges::upper_bound(all, std::max(0, offset));
    return static_cast<std::uint32_t>(
        std::clamp<std::ptrdiff_t>(after - all.begin() - 1, 0, std::max<std::ptrdiff_t>(0, std::ssize(all) - 2)));
}

int DiffViewPrivate::readOffset(const TextPlace& place)
{
    if (tableSize() == 0) return 0;
    const TableRow row = tableRow(place.row);
    std::uint32_t at = place.row;
    if (!unified()) {
        const auto hunks = model()->hunks();
        const Side side =
            lineOf(row, place.side).value == kNone ? (place.side == Side::Old ? Side::New : Side::Old) : place.side;
        if (row.hunk != kNone) {
            const RowHunk& hunk = hunks[row.hunk];
            at = side == Side::Old ? hunk.unifiedBegin.value + row.left.value - hunk.lines.oldLines.begin.value
                                   : hunk.unifiedBegin.value + hunk.lines.oldLines.count() + row.right.value -
                                         hunk.lines.newLines.begin.value;
        } else {
            const auto after = std::ranges::upper_bound(hunks, RowNo{place.row}, {}, &RowHunk::begin);
            if (after != hunks.begin()) at = (after - 1)->unifiedEnd.value + place.row - (after - 1)->end.value;
        }
    }
    const std::vector<int>& all = readStarts();
    return std::min(all[at] + static_cast<int>(readPrefix(at).size()) + place.column, all[at + 1] - 1);
}

TextPlace DiffViewPrivate::readPlace(int offset)
{
    const std::uint32_t at = readRowAt(offset);
    const UnifiedRow& row = model()->unifiedRows()[at];
    TextPlace place{at, std::max(0, offset - readStarts()[at] - static_cast<int>(readPrefix(at).size())),
                    row.kind == RowKind::Removed ? Side::Old : Side::New};
    if (unified()) return place;
    const auto hunks = model()->hunks();
    if (row.hunk == kNone) {
        const auto after = std::ranges::upper_bound(hunks, RowNo{at}, {}, &RowHunk::unifiedBegin);
        if (after != hunks.begin()) place.row = (after - 1)->end.value + at - (after - 1)->unifiedEnd.value;
        return place;
    }
    const LineNo line = place.side == Side::Old ? row.left : row.right;
    for (std::uint32_t i = hunks[row.hunk].begin.value; i < hunks[row.hunk].end.value; ++i)
        if (lineOf(tableRow(i), place.side) == line) place.row = i;
    return place;
}

// ---- the interface

DiffAccessible::DiffAccessible(DiffView* view) : QAccessibleWidget(view, QAccessible::EditableText) {}

void installDiffAccessibility()
{
    static const bool kInstalled = [] {
        QAccessible::installFactory([](const QString& className, QObject* object) -> QAccessibleInterface* {
            Q_UNUSED(className)
            auto* view = qobject_cast<DiffView*>(object);
            return view ? new DiffAccessible(view) : nullptr;
        });
        return true;
    }();
    Q_UNUSED(kInstalled)
}

DiffView* DiffAccessible::view() const { return static_cast<DiffView*>(widget()); }
DiffViewPrivate& DiffAccessible::d() const { return *view()->d; }

void* DiffAccessible::interface_cast(QAccessible::InterfaceType type)
{
    if (type == QAccessible::TextInterface) return static_cast<QAccessibleTextInterface*>(this);
    return QAccessibleWidget::interface_cast(type);
}

QAccessible::State DiffAccessible::state() const
{
    QAccessible::State state = QAccessibleWidget::state();
    state.readOnly = true;
    state.multiLine = true;
    state.selectableText = true;
    return state;
}

QString DiffAccessible::text(QAccessible::Text kind) const
{
    if (kind == QAccessible::Description && view()->currentHunk() >= 0) return d().hunkSentence(view()->currentHunk());
    if (kind == QAccessible::Value) return {}; // the text interface has it; no screen reader should be sent the whole file
    return QAccessibleWidget::text(kind);
}

void DiffAccessible::selection(int selectionIndex, int* startOffset, int* endOffset) const
{
    *startOffset = *endOffset = 0;
    if (selectionIndex != 0 || !d().hasSelection()) return;
    const auto [from, to] = d().ordered();
    *startOffset = d().readOffset(from);
    *endOffset = d().readOffset(to);
}

int DiffAccessible::selectionCount() const { return d().hasSelection() ? 1 : 0; }

void DiffAccessible::addSelection(int startOffset, int endOffset) { setSelection(0, startOffset, endOffset); }

void DiffAccessible::removeSelection(int selectionIndex)
{
    if (selectionIndex == 0) d().moveCaret(d().caret, false, false);
}

void DiffAccessible::setSelection(int selectionIndex, int startOffset, int endOffset)
{
    if (selectionIndex == 0 && characterCount() > 0) d().setSelection(d().readPlace(startOffset), d().readPlace(endOffset));
}

int DiffAccessible::cursorPosition() const { return d().readOffset(d().caret); }

void DiffAccessible::setCursorPosition(int position)
{
    if (characterCount() == 0) return;
    const TextPlace place = d().readPlace(position);
    d().unfoldRow(place.row);
    d().moveCaret(place, false);
}

QString DiffAccessible::text(int startOffset, int endOffset) const
{
    const std::vector<int>& starts = d().readStarts();
    const int begin = std::clamp(startOffset, 0, starts.back()),
              end = endOffset < 0 ? starts.back() : std::clamp(endOffset, 0, starts.back());
    QString out;
    for (std::uint32_t row = d().readRowAt(begin); row + 1 < starts.size() && starts[row] < end; ++row)
        out += d().readLine(row);
    return begin >= end ? QString() : out.mid(begin - starts[d().readRowAt(begin)], end - begin);
}

QString DiffAccessible::textAtOffset(int offset, QAccessible::TextBoundaryType boundary, int* startOffset, int* endOffset) const
{
    *startOffset = *endOffset = 0;
    if (boundary == QAccessible::NoBoundary) {
        *endOffset = characterCount();
        return text(0, *endOffset);
    }
    if (characterCount() == 0) return {};
    const int at = std::clamp(offset < 0 ? cursorPosition() : offset, 0, characterCount() - 1);
    const std::uint32_t row = d().readRowAt(at);
    const QString line = d().readLine(row);
    const int begin = d().readStarts()[row];
    int from = 0, to = static_cast<int>(line.size());
    if (boundary == QAccessible::CharBoundary || boundary == QAccessible::WordBoundary) {
        QTextBoundaryFinder finder(
            boundary == QAccessible::CharBoundary ? QTextBoundaryFinder::Grapheme : QTextBoundaryFinder::Word, line);
        finder.setPosition(at - begin);
        if (!finder.isAtBoundary()) finder.toPreviousBoundary();
        from = std::max<int>(0, static_cast<int>(finder.position()));
        const auto next = static_cast<int>(finder.toNextBoundary());
        if (next > from) to = next;
    }
    *startOffset = begin + from;
    *endOffset = begin + to;
    return line.mid(from, to - from);
}

QString DiffAccessible::textBeforeOffset(int offset, QAccessible::TextBoundaryType boundary, int* startOffset,
                                         int* endOffset) const
{
    textAtOffset(offset, boundary, startOffset, endOffset);
    if (*startOffset == 0) {
        *endOffset = 0;
        return {};
    }
    return textAtOffset(*startOffset - 1, boundary, startOffset, endOffset);
}

QString DiffAccessible::textAfterOffset(int offset, QAccessible::TextBoundaryType boundary, int* startOffset,
                                        int* endOffset) const
{
    textAtOffset(offset, boundary, startOffset, endOffset);
    if (*endOffset >= characterCount()) {
        *startOffset = *endOffset;
        return {};
    }
    return textAtOffset(*endOffset, boundary, startOffset, endOffset);
}

int DiffAccessible::characterCount() const { return d().readStarts().back(); }

QRect DiffAccessible::characterRect(int offset) const
{
    if (characterCount() == 0) return {};
    DiffViewPrivate& p = d();
    const TextPlace kept = std::exchange(p.caret, p.readPlace(offset));
    const QRect at = p.caretRect();
    p.caret = kept;
    if (at.isNull()) return {};
    const QSize size(std::max(1, static_cast<int>(p.charWidth)), at.height());
    return {view()->viewport()->mapToGlobal(at.topLeft()), size};
}

int DiffAccessible::offsetAtPoint(const QPoint& point) const
{
    const auto place = d().placeAt(view()->viewport()->mapFromGlobal(point), std::nullopt);
    return place ? d().readOffset(*place) : -1;
}

void DiffAccessible::scrollToSubstring(int startIndex, int /*endIndex*/) { setCursorPosition(startIndex); }

QString DiffAccessible::attributes(int offset, int* startOffset, int* endOffset) const
{
    textAtOffset(offset, QAccessible::LineBoundary, startOffset, endOffset);
    return {};
}

} // namespace tackroom::ui
