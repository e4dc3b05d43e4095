// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QStyledItemDelegate>

namespace tackroom::ui
{

/// Cells of one line of text and nothing else. The style measures and lays out each text several times, also what is cut away;
/// here only what is seen is drawn, so that large tables scroll.
class CellDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    /// 1.6 times the font's height.
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    /// The colour of an unselected cell's text.
    [[nodiscard]] virtual QColor colorOf(const QStyleOptionViewItem& option, const QModelIndex& index) const;
    /// Selection, hover and focus, where there is one of them.
    static void paintBehind(QPainter* painter, const QStyleOptionViewItem& option);
};

} // namespace tackroom::ui
