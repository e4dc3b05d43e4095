// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffviewprivate.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace tackroom::ui
{

QColor DiffViewPrivate::washOf(const TableRow& row, Side side) const
{
    switch (row.kind) {
    case RowKind::Equal:
        return colors.base;
    case RowKind::Removed:
        return side == Side::Old ? colors.removedWash : colors.filler;
    case RowKind::Added:
        return side == Side::New ? colors.addedWash : colors.filler;
    case RowKind::Changed:
    case RowKind::Replaced:
        return side == Side::Old ? colors.removedWash : colors.addedWash;
    }
    return colors.base;
}

void DiffViewPrivate::paintEmpty(QPainter& painter) const
{
    const QRect area = q->viewport()->rect();
    painter.fillRect(area, colors.base);
    painter.setFont(q->font());
    painter.setPen(colors.faint);
    const QString text = document ? DiffView::tr("The file is empty on both sides.") : emptyText;
    painter.drawText(area.adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, text);
}

void DiffViewPrivate::paint(QPainter& painter, const QRect& exposed)
{
    if (display.empty()) {
        paintEmpty(painter);
        return;
    }
    settleVisible();
    painter.fillRect(exposed, colors.base);
    painter.setFont(font);
    const int width = q->viewport()->width(), height = q->viewport()->height();
    std::size_t index = heights.rowAt(q->verticalScrollBar()->value() / rowHeight);
    for (int y = topOf(index); index < display.size() && y < height; ++index) {
        const int rowPixels = static_cast<int>(heights.at(index)) * rowHeight;
        const QRect area(0, y, width, rowPixels);
        y += rowPixels;
        if (!area.intersects(exposed)) continue;
        const DisplayRow& shown = display[index];
        if (shown.foldCount > 0) {
            paintFold(painter, shown, area);
            continue;
        }
        const TableRow row = tableRow(shown.row);
        if (unified()) {
            paintCell(painter, row, shown.row, sideOf(row, Side::New), area);
        } else {
            paintCell(painter, row, shown.row, Side::Old, area);
            paintCell(painter, row, shown.row, Side::New, area);
        }
        if (row.hunk == kNone) continue;
        const auto& begin = model()->hunks()[row.hunk];
        if (shown.row == (unified() ? begin.unifiedBegin : begin.begin).value)
            paintNote(painter, static_cast<int>(row.hunk), area);
    }
    if (!unified()) {
        painter.setPen(colors.line);
        painter.drawLine(width / 2, 0, width / 2, height);
    }
    if (q->hasFocus()) {
        const QRect at = caretRect();
        const ColumnPlan plan = columns(caret.side);
        if (!at.isNull() && at.left() >= plan.textLeft - 1 && at.left() < plan.right) painter.fillRect(at, colors.text);
    }
}

void DiffViewPrivate::paintFold(QPainter& painter, const DisplayRow& row, const QRect& area) const
{
    painter.fillRect(area, colors.fold);
    painter.setPen(colors.foldText);
    const ColumnPlan plan = columns(Side::Old);
    //: a row that stands for lines that are the same on both sides
    const QString text = DiffView::tr("⋯  %n unchanged lines", nullptr, static_cast<int>(row.foldCount));
    painter.drawText(area.adjusted(plan.textLeft, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text);
    if (q->hasFocus() && caret.row == row.row) {
        painter.setPen(colors.current);
        painter.drawRect(area.adjusted(1, 0, -2, -1));
    }
}

void DiffViewPrivate::paintCell(QPainter& painter, const TableRow& row, std::uint32_t tableRowNo, Side side, const QRect& area)
{
    const ColumnPlan plan = columns(side);
    const QRect box(plan.gutterLeft, area.top(), plan.right - plan.gutterLeft, area.height());
    painter.fillRect(box, washOf(row, side));
    if (row.hunk != kNone && static_cast<int>(row.hunk) == current)
        painter.fillRect(QRect(box.left(), box.top(), 4, box.height()), colors.current);
    if (lineOf(row, side).value == kNone) return;
    paintGutter(painter, row, side, box);
    paintText(painter, row, tableRowNo, side, box);
}

void DiffViewPrivate::paintGutter(QPainter& painter, const TableRow& row, Side side, const QRect& area) const
{
    const ColumnPlan plan = columns(side);
    const auto number = [&](int right, LineNo line) {
        if (line.value == kNone) return;
        const QRect at(area.left(), area.top(), right - area.left(), rowHeight);
        painter.drawText(at, Qt::AlignRight | Qt::AlignVCenter, QString::number(line.value + 1));
    };
    painter.setPen(colors.faint);
    if (unified()) {
        number(plan.number2Right, row.left);
        number(plan.numberRight, row.right);
    } else {
        number(plan.numberRight, lineOf(row, side));
    }
    if (row.kind == RowKind::Equal) return;
    painter.setPen(side == Side::Old ? colors.removedSign : colors.addedSign);
    const QRect sign(plan.signLeft, area.top(), static_cast<int>(charWidth + 1), rowHeight);
    painter.drawText(sign, Qt::AlignCenter, side == Side::Old ? QStringLiteral("−") : QStringLiteral("+"));
}

void DiffViewPrivate::paintText(QPainter& painter, const TableRow& row, std::uint32_t tableRowNo, Side side, const QRect& area)
{
    const ColumnPlan plan = columns(side);
    Cell& shown = cell(side, lineOf(row, side), row.hunk);
    QList<QTextLayout::FormatRange> selections;
    if (hasSelection() && (unified() || caret.side == side)) {
        const auto [from, to] = ordered();
        if (tableRowNo >= from.row && tableRowNo <= to.row) {
            const int length = static_cast<int>(shown.shown.text.size());
            const int begin = tableRowNo == from.row ? std::min(from.column, length) : 0;
            const int end = tableRowNo == to.row ? std::min(to.column, length) : length;
            QTextCharFormat format;
            format.setBackground(colors.selection);
            format.setForeground(colors.selectionText);
            if (end > begin) selections.append({begin, end - begin, format});
        }
    }
    painter.save();
    painter.setClipRect(QRect(plan.textLeft - 2, area.top(), plan.right - plan.textLeft + 2, area.height()), Qt::IntersectClip);
    painter.setPen(colors.text);
    const int shift = q->wraps() ? 0 : q->horizontalScrollBar()->value();
    shown.layout.draw(&painter, QPointF(plan.textLeft - shift, area.top() + textTop), selections);
    painter.restore();
}

void DiffViewPrivate::paintNote(QPainter& painter, int hunk, const QRect& area) const
{
    const auto note = notes.constFind(hunk);
    if (note == notes.constEnd()) return;
    painter.save();
    painter.setFont(q->font());
    const QFontMetrics metrics(q->font());
    const QString text = metrics.elidedText(*note, Qt::ElideRight, area.width() / 3);
    const int width = metrics.horizontalAdvance(text) + 16;
    const QRect box(area.right() - width - 8, area.top() + 1, width, rowHeight - 2);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(colors.current);
    painter.setBrush(colors.base);
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setPen(colors.text);
    painter.drawText(box, Qt::AlignCenter, text);
    painter.restore();
}

} // namespace tackroom::ui
