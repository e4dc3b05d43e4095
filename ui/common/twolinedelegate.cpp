// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/twolinedelegate.h"

#include "ui/common/theme.h"

#include <QPainter>

namespace tackroom::ui {

QSize TwoLineDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const int line = option.fontMetrics.height();
    const bool heading = m_headingRole >= 0 && index.data(m_headingRole).toBool();
    return {100, heading ? line * 2 : line * 2 + 2 * kGrid};
}

void TwoLineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const RoleColors& colors = roleColors(option.palette);
    const QRect inner = option.rect.adjusted(kGrid * 3 / 2, kGrid / 2, -kGrid, -kGrid / 2);
    if (m_headingRole >= 0 && index.data(m_headingRole).toBool()) {
        QFont strong = option.font;
        strong.setWeight(QFont::DemiBold);
        painter->setFont(strong);
        painter->setPen(colors.faint);
        painter->drawText(inner, Qt::AlignLeft | Qt::AlignBottom, index.data().toString());
        painter->setFont(option.font);
        return;
    }
    const bool selected = option.state & QStyle::State_Selected;
    if (selected) painter->fillRect(option.rect, option.palette.highlight());
    else if (option.state & QStyle::State_MouseOver) painter->fillRect(option.rect, colors.raised);
    painter->setPen(option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text));
    painter->drawText(inner, Qt::AlignLeft | Qt::AlignTop, option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, inner.width()));
    if (!selected) {
        const int tone = m_toneRole >= 0 ? index.data(m_toneRole).toInt() : 0;
        painter->setPen(tone == 1 ? colors.success : tone == 2 ? colors.warning : tone == 3 ? colors.failure : colors.faint);
    }
    painter->drawText(inner, Qt::AlignLeft | Qt::AlignBottom, option.fontMetrics.elidedText(index.data(m_secondRole).toString(), Qt::ElideMiddle, inner.width()));
    if (option.state & QStyle::State_HasFocus) {
        painter->setPen(colors.accent);
        painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
    }
}

} // namespace tackroom::ui
