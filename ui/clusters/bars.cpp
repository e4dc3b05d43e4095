// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/clusters/bars.h"

#include "ui/common/theme.h"
#include "ui/models/clustertreemodel.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace tackroom::ui
{

namespace
{

void paintBackground(QPainter* painter, QStyleOptionViewItem option)
{
    option.text.clear();
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &option, painter, option.widget);
}

} // namespace

void paintShareBar(QPainter& painter, const QRectF& area, double share, const QPalette& palette, bool strong)
{
    const RoleColors& colors = roleColors(palette);
    const double height = std::min(8.0, area.height() * 0.5);
    const QRectF lane(area.left(), area.center().y() - height / 2, area.width(), height);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.line);
    painter.drawRoundedRect(lane, 2, 2);
    if (share > 0) {
        QRectF bar = lane;
        bar.setWidth(std::max(3.0, lane.width() * std::min(1.0, share)));
        painter.setBrush(strong ? colors.failure : colors.unknown);
        painter.drawRoundedRect(bar, 2, 2);
    }
    painter.restore();
}

void paintTrend(QPainter& painter, const QRectF& area, const QList<double>& weeks, const QPalette& palette)
{
    if (weeks.isEmpty()) return;
    const RoleColors& colors = roleColors(palette);
    const double most = std::max(1.0, *std::max_element(weeks.begin(), weeks.end()));
    const double step = weeks.size() > 1 ? area.width() / static_cast<double>(weeks.size() - 1) : 0;
    const auto place = [&](qsizetype week) {
        const double x = weeks.size() > 1 ? area.left() + step * static_cast<double>(week) : area.right();
        return QPointF(x, area.bottom() - area.height() * weeks[week] / most);
    };
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colors.line, 1));
    painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5));
    QPainterPath line(place(0));
    for (qsizetype week = 1; week < weeks.size(); ++week) line.lineTo(place(week));
    painter.setPen(QPen(colors.unknown, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(line);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.failure);
    painter.drawEllipse(place(weeks.size() - 1), 2.5, 2.5);
    painter.restore();
}

void ShareBarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem background = option;
    initStyleOption(&background, index);
    paintBackground(painter, background);
    paintShareBar(*painter, QRectF(option.rect).adjusted(kGrid, 0, -kGrid, 0),
                  index.data(ClusterTreeModel::ShareRole).toDouble(), option.palette,
                  !index.data(ClusterTreeModel::IsLayerRole).toBool());
}

void TrendDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem background = option;
    initStyleOption(&background, index);
    paintBackground(painter, background);
    const double margin = option.rect.height() * 0.22;
    paintTrend(*painter, QRectF(option.rect).adjusted(kGrid, margin, -kGrid, -margin),
               index.data(ClusterTreeModel::TrendRole).value<QList<double>>(), option.palette);
}

QSize ClusterLabelDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {QStyledItemDelegate::sizeHint(option, index).width(), static_cast<int>(option.fontMetrics.height() * 1.6)};
}

void ClusterLabelDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    option->textElideMode = Qt::ElideMiddle;
    const bool layer = index.data(ClusterTreeModel::IsLayerRole).toBool();
    if (layer && index.column() == ClusterTreeModel::LabelColumn) option->font.setWeight(QFont::DemiBold);
    const bool secondary =
        layer ? index.column() != ClusterTreeModel::LabelColumn
              : index.column() == ClusterTreeModel::VersionsColumn || index.column() == ClusterTreeModel::LastSeenColumn;
    if (secondary && !(option->state & QStyle::State_Selected))
        option->palette.setColor(QPalette::Text, roleColors(option->palette).faint);
}

ShareBar::ShareBar(double share, const QString& words, QWidget* parent) : QWidget(parent), m_share(share)
{
    setAccessibleName(words);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize ShareBar::sizeHint() const { return {15 * kGrid, fontMetrics().height()}; }

void ShareBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintShareBar(painter, rect(), m_share, palette(), true);
}

TrendLine::TrendLine(QList<double> weeks, const QString& words, QWidget* parent) : QWidget(parent), m_weeks(std::move(weeks))
{
    setAccessibleName(words);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize TrendLine::sizeHint() const { return {40 * kGrid, 6 * kGrid}; }

void TrendLine::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintTrend(painter, QRectF(rect()).adjusted(4, 4, -4, -4), m_weeks, palette());
}

} // namespace tackroom::ui
