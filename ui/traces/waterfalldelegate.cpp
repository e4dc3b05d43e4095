// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/waterfalldelegate.h"

#include "core/traces/traces.h"
#include "ui/common/theme.h"
#include "ui/models/steptreemodel.h"

#include <QPainter>

#include <algorithm>

namespace tackroom::ui
{

void WaterfallDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    paintBehind(painter, option);
    const QVariant start = index.data(StepTreeModel::WaterfallStartRole);
    if (!start.isValid()) return;
    const RoleColors& colors = roleColors(option.palette);
    const bool failed = index.data(StepTreeModel::StatusRole).toInt() == static_cast<int>(StepStatus::Error);
    const bool decisive = index.data(StepTreeModel::DecisiveRole).toBool();
    const QRectF lane = QRectF(option.rect).adjusted(kGrid / 2.0, 0, -kGrid / 2.0, 0);
    const double length = std::max(3.0, index.data(StepTreeModel::WaterfallLengthRole).toDouble() * lane.width());
    const double left = std::min(lane.left() + start.toDouble() * lane.width(), lane.right() - length);
    const double height = std::min(10.0, lane.height() * 0.45);
    const QRectF bar(left, lane.center().y() - height / 2, length, height);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(failed ? colors.failure : decisive ? colors.accent : colors.unknown);
    painter->drawRoundedRect(bar, 2, 2);
    painter->restore();
}

QColor StatusDelegate::colorOf(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const RoleColors& colors = roleColors(option.palette);
    const auto status = static_cast<StepStatus>(index.data(StepTreeModel::StatusRole).toInt());
    return status == StepStatus::Error ? colors.failure : colors.faint;
}

} // namespace tackroom::ui
