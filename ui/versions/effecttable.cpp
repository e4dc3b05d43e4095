// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/versions/effecttable.h"

#include "core/statistics/statistics.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QHeaderView>

#include <algorithm>
#include <cmath>

namespace tackroom::ui
{

namespace
{
constexpr int kWideRole = Qt::UserRole + 1, kNarrowRole = Qt::UserRole + 2;
constexpr int kColumns = 4, kLeastLabelLetters = 32;

QString points(double share)
{
    return (share >= 0 ? QStringLiteral("+") : QStringLiteral("−")) + QString::number(std::abs(share * 100), 'f', 1);
}

QString countText(std::int64_t count, std::int64_t outOf)
{
    const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(outOf);
    return EffectTable::tr("%1 of %2 (%3 %)").arg(count).arg(outOf).arg(percent, 0, 'f', 0);
}

QTableWidgetItem* figure(const QString& wide, const QString& narrow)
{
    auto* item = new QTableWidgetItem(wide);
    item->setData(kWideRole, wide);
    item->setData(kNarrowRole, narrow);
    return item;
}

QTableWidgetItem* share(const VersionCount& count)
{
    if (count.outOf == 0) return figure(EffectTable::tr("not measured"), EffectTable::tr("not measured"));
    return figure(shareText(count.runs, count.outOf), countText(count.runs, count.outOf));
}

QTableWidgetItem* difference(const EffectTable::Row& row)
{
    if (row.was.outOf == 0) return figure(QStringLiteral("–"), QStringLiteral("–"));
    const Difference d = newcombeDifference(row.was.runs, row.was.outOf, row.is.runs, row.is.outOf);
    const QString word = d.low > 0    ? EffectTable::tr("more")
                         : d.high < 0 ? EffectTable::tr("fewer")
                                      : EffectTable::tr("not told apart");
    return figure(EffectTable::tr("%1 points (%2 to %3): %4").arg(points(d.estimate), points(d.low), points(d.high), word),
                  EffectTable::tr("%1 points: %2").arg(points(d.estimate), word));
}
} // namespace

EffectTable::EffectTable(QWidget* parent) : QTableWidget(parent)
{
    setColumnCount(kColumns);
    setAccessibleName(tr("Failure clusters with this version and the one before"));
    setHorizontalHeaderLabels({tr("Cluster"), tr("Before"), tr("With this version"), tr("Difference, 95 %")});
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setShowGrid(false);
    setWordWrap(false);
    setFrameShape(QFrame::NoFrame);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 8 / 5);
    horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int i = 1; i < kColumns; ++i) horizontalHeader()->setSectionResizeMode(i, QHeaderView::ResizeToContents);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void EffectTable::setRows(const std::vector<Row>& rows)
{
    setRowCount(0);
    for (const Row& row : rows) {
        const int at = rowCount();
        insertRow(at);
        auto* label = new QTableWidgetItem(shownLine(row.cluster->label, 200));
        label->setData(Qt::UserRole, own(row.cluster->id.value));
        label->setToolTip(plainToolTip(shownLine(row.cluster->label)));
        setItem(at, 0, label);
        setItem(at, 1, share(row.was));
        setItem(at, 2, share(row.is));
        setItem(at, 3, difference(row));
    }
    m_wideWidth = 0;
    for (int i = 1; i < kColumns; ++i) m_wideWidth += std::max(sizeHintForColumn(i), horizontalHeader()->sectionSizeHint(i));
    fitTexts();
    int height = horizontalHeader()->sizeHint().height() + 4;
    for (int i = 0; i < rowCount(); ++i) height += rowHeight(i);
    setFixedHeight(std::min(height, fontMetrics().height() * 12));
}

void EffectTable::resizeEvent(QResizeEvent* event)
{
    QTableWidget::resizeEvent(event);
    fitTexts();
}

void EffectTable::fitTexts()
{
    const bool narrow = viewport()->width() - m_wideWidth < fontMetrics().averageCharWidth() * kLeastLabelLetters;
    for (int row = 0; row < rowCount(); ++row)
        for (int column = 1; column < kColumns; ++column) {
            QTableWidgetItem* figure = item(row, column);
            const QString wide = figure->data(kWideRole).toString();
            figure->setText(narrow ? figure->data(kNarrowRole).toString() : wide);
            figure->setToolTip(narrow ? plainToolTip(wide) : QString());
        }
}

} // namespace tackroom::ui
