// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QStyledItemDelegate>

namespace tackroom::ui {

/// A list row of two lines, or a heading. Roles are the model's; `toneRole` -1: the second line is faint.
class TwoLineDelegate : public QStyledItemDelegate {
public:
    TwoLineDelegate(int headingRole, int secondRole, int toneRole, QObject* parent)
        : QStyledItemDelegate(parent), m_headingRole(headingRole), m_secondRole(secondRole), m_toneRole(toneRole)
    {
    }
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    int m_headingRole, m_secondRole, m_toneRole;
};

} // namespace tackroom::ui
