// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/celldelegate.h"

#include "ui/common/theme.h"

#include <QApplication>
#include <QPainter>
#include <QStyle>

namespace tackroom::ui
{

void CellDelegate::paintBehind(QPainter* painter, const QStyleOptionViewItem& option)
{
    if (!(option.state & (QStyle::State_Selected | QStyle::State_MouseOver | QStyle::State_HasFocus))) return;
    QStyleOptionViewItem behind = option;
    behind.text.clear();
    const QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &behind, painter, option.widget);
}

QColor CellDelegate::colorOf(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return option.palette.color(QPalette::Text);
}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    paintBehind(painter, option);
    const QString whole = index.data(Qt::DisplayRole).toString();
    if (whole.isEmpty()) return;
    const QRect area = option.rect.adjusted(kGrid / 2, 0, -kGrid / 2, 0);
    const QFontMetrics& metrics = option.fontMetrics;
    // No letter is wider than the font is high: what surely fits needs no measuring.
    const bool fits = whole.size() * metrics.height() <= area.width();
    const QString text = fits ? whole : metrics.elidedText(whole, option.textElideMode, area.width());
    const auto alignment = index.data(Qt::TextAlignmentRole).value<Qt::Alignment>();
    int left = area.left();
    if (alignment & Qt::AlignRight) left = area.right() + 1 - metrics.horizontalAdvance(text);
    // The baseline is the font's, whatever signs from other fonts stand in the line.
    const int baseline = area.top() + (area.height() - metrics.height()) / 2 + metrics.ascent();
    painter->setFont(option.font);
    painter->setPen(option.state & QStyle::State_Selected ? option.palette.color(QPalette::HighlightedText)
                                                          : colorOf(option, index));
    painter->drawText(QPoint(left, baseline), text);
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {QStyledItemDelegate::sizeHint(option, index).width(), static_cast<int>(option.fontMetrics.height() * 1.6)};
}

} // namespace tackroom::ui
