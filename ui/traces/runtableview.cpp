// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/runtableview.h"

#include "ui/common/sentences.h"
#include "ui/common/theme.h"
#include "ui/models/runtablemodel.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QScrollBar>
#include <QSettings>
#include <QSignalBlocker>
#include <QStyledItemDelegate>

#include <algorithm>
#include <utility>

namespace tackroom::ui
{

namespace
{
constexpr const char* kHeaderKey = "traces/columns";
constexpr const char* kMovedKey = "traces/columnsMoved";

/// Outcome and errors in the colour of what they say, beside the word and the shape.
class RunDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    /// The style lays out the whole text, and a sign from another font far behind the cut lifts the line; here only what is
    /// seen is drawn.
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyleOptionViewItem cell = option;
        initStyleOption(&cell, index);
        const QString text = std::exchange(cell.text, {});
        QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
        const QRect area = cell.rect.adjusted(kGrid / 2, 0, -kGrid / 2, 0);
        painter->save();
        painter->setFont(cell.font);
        painter->setPen(cell.palette.color(cell.state & QStyle::State_Selected ? QPalette::HighlightedText : QPalette::Text));
        painter->drawText(area, static_cast<int>(cell.displayAlignment) | Qt::TextSingleLine,
                          cell.fontMetrics.elidedText(text, cell.textElideMode, area.width()));
        painter->restore();
    }

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        option->textElideMode = Qt::ElideMiddle;
        if (option->state & QStyle::State_Selected) return;
        const RoleColors& colors = roleColors(option->palette);
        if (index.column() == RunTableModel::OutcomeColumn) {
            const QVariant outcome = index.data(RunTableModel::OutcomeRole);
            if (!outcome.isValid()) return;
            const auto said = static_cast<Outcome>(outcome.toInt());
            option->palette.setColor(QPalette::Text, said == Outcome::Failure   ? colors.failure
                                                     : said == Outcome::Success ? colors.success
                                                                                : colors.unknown);
        } else if (index.column() == RunTableModel::ErrorsColumn) {
            option->palette.setColor(QPalette::Text,
                                     index.data(RunTableModel::ErrorsRole).toLongLong() > 0 ? colors.failure : colors.faint);
        } else if (index.column() != RunTableModel::TaskColumn && index.column() != RunTableModel::ClusterColumn) {
            option->palette.setColor(QPalette::Text, colors.faint);
        }
    }
};

} // namespace

RunTableView::RunTableView(RunTableModel& model, QWidget* parent) : QTableView(parent), m_model(model)
{
    setObjectName(QStringLiteral("runs"));
    setModel(&model);
    setAccessibleName(tr("Runs"));
    setItemDelegate(new RunDelegate(this));
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setShowGrid(false);
    setWordWrap(false);
    setFrameShape(QFrame::NoFrame);
    setTabKeyNavigation(false);
    setVerticalScrollMode(QAbstractItemView::ScrollPerItem);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setMinimumSectionSize(1);
    verticalHeader()->setDefaultSectionSize(static_cast<int>(fontMetrics().height() * 1.6));
    setUpColumns();
    connect(&model, &RunTableModel::rowsAboutToChange, this, &RunTableView::rememberPlace);
    connect(&model, &RunTableModel::rowsArrived, this, &RunTableView::restorePlace);
}

RunTableView::~RunTableView()
{
    QSettings settings;
    settings.setValue(QLatin1StringView(kHeaderKey), horizontalHeader()->saveState());
    settings.setValue(QLatin1StringView(kMovedKey), m_columnsMoved);
}

void RunTableView::setUpColumns()
{
    QHeaderView* header = horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionsMovable(true);
    header->setStretchLastSection(false);
    header->setMinimumSectionSize(fontMetrics().averageCharWidth() * 4);
    header->setSortIndicator(RunTableModel::WhenColumn, Qt::DescendingOrder);
    setSortingEnabled(true);
    const QFontMetrics metrics = fontMetrics();
    // The title or a usual content, whichever is wider: at 1440 pixels every column has to find its place.
    const auto widthOf = [&](const QString& text) { return metrics.horizontalAdvance(text) + 3 * kGrid / 2; };
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        int width = widthOf(m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        if (column == RunTableModel::OutcomeColumn) width = widthOf(QString(outcomeText(Outcome::Unknown) + QStringLiteral(" ⚑")));
        if (column == RunTableModel::DurationColumn) width = std::max(width, widthOf(QStringLiteral("59 min 59 s")));
        if (column == RunTableModel::VersionColumn) width = std::max(width, widthOf(QStringLiteral("000000")));
        if (column == RunTableModel::CostColumn) width = std::max(width, widthOf(QStringLiteral("$0.0000")));
        if (column == RunTableModel::WhenColumn) width = std::max(width, widthOf(QStringLiteral("23 hours ago")));
        header->resizeSection(column, width);
    }
    QSettings settings;
    if (const QByteArray state = settings.value(QLatin1StringView(kHeaderKey)).toByteArray(); !state.isEmpty()) {
        m_columnsMoved = settings.value(QLatin1StringView(kMovedKey)).toBool();
        if (m_columnsMoved) header->restoreState(state);
        m_model.sort(header->sortIndicatorSection(), header->sortIndicatorOrder());
    }
    connect(header, &QHeaderView::sectionResized, this, [this] {
        if (!m_spreading && isVisible()) m_columnsMoved = true;
    });
    connect(header, &QHeaderView::sectionMoved, this, [this] { m_columnsMoved = true; });
}

void RunTableView::spreadColumns()
{
    if (m_columnsMoved) return;
    int others = 0;
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        if (column != RunTableModel::TaskColumn && column != RunTableModel::ClusterColumn) others += columnWidth(column);
    }
    const int unit = fontMetrics().averageCharWidth();
    const int left = std::max(viewport()->width() - others, unit * 30);
    const int cluster = std::clamp(left * 2 / 5, unit * 10, unit * 40);
    m_spreading = true;
    setColumnWidth(RunTableModel::TaskColumn, left - cluster);
    setColumnWidth(RunTableModel::ClusterColumn, cluster);
    m_spreading = false;
}

void RunTableView::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    spreadColumns();
}

void RunTableView::rememberPlace(bool inPlace)
{
    // At the very top the newest runs are wanted; anywhere else the reader's place.
    m_topRun = inPlace && verticalScrollBar()->value() > 0 ? m_model.rowAt(rowAt(1)).value : 0;
}

void RunTableView::restorePlace()
{
    const int position = m_topRun ? m_model.positionOf(RunRow{m_topRun}) : -1;
    if (position >= 0) verticalScrollBar()->setValue(position);
}

} // namespace tackroom::ui
