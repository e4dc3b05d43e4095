// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QList>
#include <QStyledItemDelegate>
#include <QWidget>

namespace tackroom::ui
{

/// A share of a whole, 0..1, on a faint lane; what is more than nothing is seen.
void paintShareBar(QPainter& painter, const QRectF& area, double share, const QPalette& palette, bool strong);
/// Counts by week as a line from zero, the last week marked.
void paintTrend(QPainter& painter, const QRectF& area, const QList<double>& weeks, const QPalette& palette);

/// Paints ClusterTreeModel::ShareRole; the words are in the model's accessible text and tooltip.
class ShareBarDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// Paints ClusterTreeModel::TrendRole.
class TrendDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// Layers stand out from their clusters; labels that are too long are cut in the middle.
class ClusterLabelDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

class ShareBar : public QWidget
{
    Q_OBJECT
public:
    ShareBar(double share, const QString& words, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double m_share;
};

class TrendLine : public QWidget
{
    Q_OBJECT
public:
    TrendLine(QList<double> weeks, const QString& words, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QList<double> m_weeks;
};

} // namespace tackroom::ui
