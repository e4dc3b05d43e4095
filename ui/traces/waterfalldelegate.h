// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/celldelegate.h"

namespace tackroom::ui
{

/// A step's place on the run's time line, as a bar; errors also carry a ✗ beside it.
class WaterfallDelegate : public CellDelegate
{
    Q_OBJECT
public:
    using CellDelegate::CellDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// Words like "✗ error" in the colour of what they say, unless the row is selected.
class StatusDelegate : public CellDelegate
{
    Q_OBJECT
public:
    using CellDelegate::CellDelegate;

protected:
    [[nodiscard]] QColor colorOf(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace tackroom::ui
