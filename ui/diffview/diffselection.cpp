// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffviewprivate.h"

#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QScrollBar>

#include <algorithm>

namespace tackroom::ui
{
namespace
{

/// What is copied at once; more would be a mistake of the hand, and a clipboard of gigabytes.
constexpr qsizetype kMaxCopied = 20'000'000;

/// The query in lower case where it is ASCII alone, else empty.
std::string asciiQuery(const QString& text)
{
    const bool ascii = std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u' ' && c < u'\x7f'; });
    return ascii ? text.toLower().toStdString() : std::string();
}

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// True where a look at the bytes is enough to know that the line does not hold the query. Lines with anything but plain ASCII
/// are shown otherwise than they are written, so they are looked at as shown.
bool cannotHold(std::string_view line, std::string_view query)
{
    if (query.empty() || line.size() > kShownLineBytes) return false;
    const auto plain = [](char c) { return (c >= ' ' && c < '\x7f') || c == '\t'; };
    if (!std::all_of(line.begin(), line.end(), plain)) return false;
    for (std::size_t at = 0; at + query.size() <= line.size(); ++at) {
        std::size_t i = 0;
        while (i < query.size() && folded(line[at + i]) == query[i]) ++i;
        if (i == query.size()) return false;
    }
    return true;
}

bool isBefore(const TextPlace& a, const TextPlace& b) { return a.row != b.row ? a.row < b.row : a.column < b.column; }

} // namespace

std::optional<std::size_t> DiffViewPrivate::displayAt(int y)
{
    if (display.empty() || y < 0) return std::nullopt;
    const std::int64_t line = (q->verticalScrollBar()->value() + y) / rowHeight;
    if (line >= heights.total()) return std::nullopt;
    return heights.rowAt(line);
}

std::optional<TextPlace> DiffViewPrivate::placeAt(const QPoint& point, std::optional<Side> side)
{
    if (display.empty()) return std::nullopt;
    const std::size_t index = displayAt(std::max(0, point.y())).value_or(display.size() - 1);
    TextPlace place{display[index].row, 0, Side::New};
    if (!unified() && point.x() < q->viewport()->width() / 2) place.side = Side::Old;
    if (side) place.side = *side;
    if (display[index].foldCount > 0) return place;
    const TableRow row = tableRow(place.row);
    const Side shownSide = sideOf(row, place.side);
    const LineNo line = lineOf(row, shownSide);
    if (line.value == kNone) return place;
    const Cell& at = cell(shownSide, line, row.hunk);
    const int textLine = std::clamp((point.y() - topOf(index)) / rowHeight, 0, std::max(0, at.layout.lineCount() - 1));
    if (at.layout.lineCount() == 0) return place;
    const int shift = q->wraps() ? 0 : q->horizontalScrollBar()->value();
    place.column = at.layout.lineAt(textLine).xToCursor(point.x() - columns(shownSide).textLeft + shift);
    return place;
}

bool DiffViewPrivate::hasSelection() const { return anchor.row != caret.row || anchor.column != caret.column; }

std::pair<TextPlace, TextPlace> DiffViewPrivate::ordered() const
{
    return isBefore(anchor, caret) ? std::pair(anchor, caret) : std::pair(caret, anchor);
}

QString DiffViewPrivate::shownText(std::uint32_t tableRowNo, Side side)
{
    const TableRow row = tableRow(tableRowNo);
    const Side shownSide = sideOf(row, side);
    const LineNo line = lineOf(row, shownSide);
    if (line.value == kNone) return {};
    const std::size_t most = openedLines.contains(cellKey(shownSide, line)) ? kOpenedLineBytes : kShownLineBytes;
    return showLine(linesOf(shownSide).text(line), most, lineMark(shownSide, line, row.hunk)).text;
}

QString DiffViewPrivate::selectedText()
{
    if (!model() || !hasSelection()) return {};
    const auto [from, to] = ordered();
    QString out;
    for (std::uint32_t i = from.row; i <= to.row && i < tableSize() && out.size() < kMaxCopied; ++i) {
        const TableRow row = tableRow(i);
        if (lineOf(row, caret.side).value == kNone) continue; // a gap of this side holds no text
        const QString line = shownText(i, caret.side);
        const int begin = i == from.row ? from.column : 0;
        const int end = i == to.row ? to.column : static_cast<int>(line.size());
        out += line.mid(begin, std::max(0, std::min<int>(end, static_cast<int>(line.size())) - begin));
        if (i < to.row) out += u'\n';
    }
    return out;
}

QString DiffViewPrivate::safeSelection() const { return const_cast<DiffViewPrivate*>(this)->selectedText(); }

void DiffViewPrivate::copySelection()
{
    // What is seen is what is copied: hidden characters go as the marks that stand for them.
    if (hasSelection()) QGuiApplication::clipboard()->setText(selectedText());
}

void DiffViewPrivate::moveCaret(TextPlace to, bool select, bool scroll)
{
    if (tableSize() == 0) return;
    to.row = std::min(to.row, tableSize() - 1);
    const bool hadSelection = hasSelection();
    if (select) to.side = caret.side;
    caret = to;
    if (!select) anchor = to;
    if (scroll) scrollToCaret();
    q->viewport()->update();
    if (hadSelection || hasSelection()) {
        actions[static_cast<std::size_t>(DiffView::Command::Copy)]->setEnabled(hasSelection());
        Q_EMIT q->selectionChanged();
    }
    notifyCaret();
}

void DiffViewPrivate::setSelection(TextPlace from, TextPlace to)
{
    anchor = from;
    caret = from;
    moveCaret(to, true, false);
}

void DiffViewPrivate::selectWord()
{
    if (tableSize() == 0) return;
    const QString text = shownText(caret.row, caret.side);
    const auto inWord = [&](int at) {
        return at >= 0 && at < text.size() && (text.at(at).isLetterOrNumber() || text.at(at) == u'_');
    };
    int begin = std::min<int>(caret.column, static_cast<int>(text.size())), end = begin;
    while (inWord(begin - 1)) --begin;
    while (inWord(end)) ++end;
    setSelection({caret.row, begin, caret.side}, {caret.row, end, caret.side});
}

void DiffViewPrivate::scrollToCaret()
{
    const std::size_t index = displayIndexOf(caret.row);
    settleRow(index);
    const QRect at = caretRect();
    const int height = q->viewport()->height();
    const int top = at.isNull() ? topOf(index) : at.top(), bottom = top + rowHeight;
    QScrollBar* const bar = q->verticalScrollBar();
    updateScrollBars();
    if (top < 0)
        bar->setValue(bar->value() + top);
    else if (bottom > height)
        bar->setValue(bar->value() + bottom - height);
    if (at.isNull() || q->wraps()) return;
    const ColumnPlan plan = columns(caret.side);
    QScrollBar* const across = q->horizontalScrollBar();
    if (at.left() < plan.textLeft)
        across->setValue(across->value() - (plan.textLeft - at.left()) - static_cast<int>(8 * charWidth));
    else if (at.right() > plan.right)
        across->setValue(across->value() + at.right() - plan.right + static_cast<int>(8 * charWidth));
}

QRect DiffViewPrivate::caretRect()
{
    if (display.empty()) return {};
    const std::size_t index = displayIndexOf(caret.row);
    if (display[index].foldCount > 0) return {};
    const TableRow row = tableRow(caret.row);
    const Side side = sideOf(row, caret.side);
    const ColumnPlan plan = columns(side);
    const LineNo line = lineOf(row, side);
    if (line.value == kNone) return {plan.textLeft, topOf(index), 2, rowHeight};
    const Cell& at = cell(side, line, row.hunk);
    const int column = std::min<int>(caret.column, static_cast<int>(at.shown.text.size()));
    const QTextLine text = at.layout.lineForTextPosition(column);
    if (!text.isValid()) return {plan.textLeft, topOf(index), 2, rowHeight};
    const int shift = q->wraps() ? 0 : q->horizontalScrollBar()->value();
    const int x = plan.textLeft - shift + static_cast<int>(text.cursorToX(column));
    return {x, topOf(index) + text.lineNumber() * rowHeight, 2, rowHeight};
}

void DiffViewPrivate::moveVertically(int rows, bool select)
{
    if (display.empty()) return;
    const auto index = static_cast<std::int64_t>(displayIndexOf(caret.row));
    const auto last = static_cast<std::int64_t>(display.size()) - 1;
    TextPlace to = caret;
    to.row = display[static_cast<std::size_t>(std::clamp<std::int64_t>(index + rows, 0, last))].row;
    moveCaret(to, select);
}

void DiffViewPrivate::moveHorizontally(int direction, bool byWords, bool select)
{
    if (tableSize() == 0) return;
    const QString text = shownText(caret.row, caret.side);
    const int length = static_cast<int>(text.size());
    TextPlace to = caret;
    to.column = std::min(to.column, length);
    const auto isWord = [&](int at) { return text.at(at).isLetterOrNumber() || text.at(at) == u'_'; };
    if (direction > 0 && to.column < length) {
        ++to.column;
        if (byWords)
            while (to.column < length && !(isWord(to.column) && !isWord(to.column - 1))) ++to.column;
        while (to.column < length && text.at(to.column).isLowSurrogate()) ++to.column;
    } else if (direction < 0 && to.column > 0) {
        --to.column;
        if (byWords)
            while (to.column > 0 && !(isWord(to.column) && !isWord(to.column - 1))) --to.column;
        while (to.column > 0 && text.at(to.column).isLowSurrogate()) --to.column;
    } else if (direction > 0 && to.row + 1 < tableSize()) {
        ++to.row;
        to.column = 0;
    } else if (direction < 0 && to.row > 0) {
        --to.row;
        to.column = static_cast<int>(shownText(to.row, to.side).size());
    }
    moveCaret(to, select);
}

bool DiffViewPrivate::handleKey(QKeyEvent* event)
{
    const bool select = event->modifiers() & Qt::ShiftModifier, control = event->modifiers() & Qt::ControlModifier;
    if (event->modifiers() & (Qt::AltModifier | Qt::MetaModifier)) return false;
    const int page = std::max(1, q->viewport()->height() / rowHeight - 2);
    const std::uint32_t last = tableSize() == 0 ? 0 : tableSize() - 1;
    switch (event->key()) {
    case Qt::Key_Up:
        moveVertically(-1, select);
        return true;
    case Qt::Key_Down:
        moveVertically(1, select);
        return true;
    case Qt::Key_PageUp:
        moveVertically(-page, select);
        return true;
    case Qt::Key_PageDown:
        moveVertically(page, select);
        return true;
    case Qt::Key_Left:
        moveHorizontally(-1, control, select);
        return true;
    case Qt::Key_Right:
        moveHorizontally(1, control, select);
        return true;
    case Qt::Key_Home:
        moveCaret({control ? 0 : caret.row, 0, caret.side}, select);
        return true;
    case Qt::Key_End:
        if (tableSize() == 0) return true;
        moveCaret({control ? last : caret.row, static_cast<int>(shownText(control ? last : caret.row, caret.side).size()),
                   caret.side},
                  select);
        return true;
    case Qt::Key_Escape:
        if (!hasSelection()) return false;
        moveCaret(caret, false, false);
        return true;
    default:
        break;
    }
    if (event->key() != Qt::Key_Return && event->key() != Qt::Key_Enter && event->key() != Qt::Key_Space) return false;
    if (display.empty() || control || select) return false;
    const std::size_t index = displayIndexOf(caret.row);
    if (display[index].foldCount > 0) {
        expandFold(index);
        return true;
    }
    return openLongLine(caret);
}

bool DiffViewPrivate::find(const QString& text, bool backwards)
{
    lastFind = text;
    const std::uint32_t total = tableSize();
    if (text.isEmpty() || total == 0) return false;
    const std::string plainQuery = asciiQuery(text);
    const auto [from, to] = ordered();
    // The places are (row, side) in reading order; unified rows have one side.
    const std::uint32_t sides = unified() ? 1 : 2, places = total * sides;
    const auto sideIndex = [&] { return sides == 1 || caret.side == Side::Old ? 0U : 1U; };
    const std::uint32_t start = (backwards ? from.row : to.row) * sides + sideIndex();
    for (std::uint32_t step = 0; step <= places; ++step) {
        const std::uint32_t place = backwards ? (start + 2 * places - step) % places : (start + step) % places;
        const Side side = sides == 1 ? Side::New : static_cast<Side>(place % 2);
        const std::uint32_t row = place / sides;
        const TableRow entry = tableRow(row);
        if (lineOf(entry, side).value == kNone) continue;
        if (cannotHold(linesOf(sideOf(entry, side)).text(lineOf(entry, side)), plainQuery)) continue;
        const QString line = shownText(row, side);
        qsizetype at = -1;
        if (backwards) {
            const qsizetype before = step == 0 ? from.column - 1 : line.size();
            at = before < 0 ? -1 : line.lastIndexOf(text, before, Qt::CaseInsensitive);
        } else {
            at = line.indexOf(text, step == 0 ? to.column : 0, Qt::CaseInsensitive);
        }
        if (at < 0) continue;
        const Side shownSide = sideOf(entry, side);
        unfoldRow(row);
        setSelection({row, static_cast<int>(at), shownSide}, {row, static_cast<int>(at + text.size()), shownSide});
        const std::size_t index = displayIndexOf(row);
        scrollToDisplay(index, index, false);
        scrollToCaret();
        return true;
    }
    return false;
}

void DiffViewPrivate::notifyCaret()
{
    if (!QAccessible::isActive() || tableSize() == 0) return;
    if (hasSelection()) {
        const auto [from, to] = ordered();
        QAccessibleTextSelectionEvent event(q, readOffset(from), readOffset(to));
        event.setCursorPosition(readOffset(caret));
        QAccessible::updateAccessibility(&event);
        return;
    }
    QAccessibleTextCursorEvent event(q, readOffset(caret));
    QAccessible::updateAccessibility(&event);
}

} // namespace tackroom::ui
