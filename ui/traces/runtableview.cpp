// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/runtableview.h"

#include "ui/common/sentences.h"
#include "ui/common/theme.h"
#include "ui/models/runtablemodel.h"
#include "ui/traces/celldelegate.h"

#include <QHeaderView>
#include <QMenu>
#include <QScrollBar>
#include <QSettings>
#include <QSignalBlocker>

#include <algorithm>
#include <array>
#include <utility>

namespace tackroom::ui
{

namespace
{
constexpr const char* kHeaderKey = "traces/columns";
constexpr const char* kMovedKey = "traces/columnsMoved";
constexpr const char* kChosenKey = "traces/columnsChosen";
/// Left out first to last where the width does not suffice.
constexpr std::array kLeftOut{RunTableModel::CostColumn,  RunTableModel::VersionColumn, RunTableModel::DurationColumn,
                              RunTableModel::StepsColumn, RunTableModel::ErrorsColumn,  RunTableModel::ClusterColumn};
static_assert(RunTableModel::kColumnCount == std::tuple_size_v<decltype(RunTableView::Widths())>);
constexpr int kLeastTaskChars = 28, kLeastClusterChars = 14; ///< fewer say little

/// Outcome and errors in the colour of what they say, beside the word and the shape.
class RunDelegate : public CellDelegate
{
public:
    using CellDelegate::CellDelegate;

protected:
    [[nodiscard]] QColor colorOf(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const RoleColors& colors = roleColors(option.palette);
        switch (index.column()) {
        case RunTableModel::OutcomeColumn: {
            const QVariant outcome = index.data(RunTableModel::OutcomeRole);
            const auto said = static_cast<Outcome>(outcome.toInt());
            return said == Outcome::Failure ? colors.failure : said == Outcome::Success ? colors.success : colors.unknown;
        }
        case RunTableModel::ErrorsColumn:
            return index.data(RunTableModel::ErrorsRole).toLongLong() > 0 ? colors.failure : colors.faint;
        case RunTableModel::TaskColumn:
        case RunTableModel::ClusterColumn:
            return CellDelegate::colorOf(option, index);
        default:
            return colors.faint;
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
    setTextElideMode(Qt::ElideMiddle);
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
    QStringList chosen;
    for (const auto& [column, shown] : m_chosen)
        chosen.append(QStringLiteral("%1%2").arg(shown ? QLatin1Char('+') : QLatin1Char('-')).arg(column));
    settings.setValue(QLatin1StringView(kChosenKey), chosen);
}

void RunTableView::choose(int position)
{
    selectionModel()->setCurrentIndex(m_model.index(position, RunTableModel::OutcomeColumn),
                                      QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

std::vector<int> RunTableView::selectedPositions(std::size_t most) const
{
    std::vector<int> positions;
    for (const QItemSelectionRange& range : selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom() && positions.size() < most; ++row)
            if (std::find(positions.begin(), positions.end(), row) == positions.end()) positions.push_back(row);
    return positions;
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
    sizeColumns();
    restoreColumns();
    connect(header, &QHeaderView::sectionResized, this, [this] {
        if (!m_spreading && isVisible()) m_columnsMoved = true;
    });
    connect(header, &QHeaderView::sectionMoved, this, [this] {
        if (!m_spreading) m_columnsMoved = true;
    });
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, &RunTableView::chooseColumns);
}

void RunTableView::sizeColumns()
{
    const QFontMetrics metrics = fontMetrics();
    // The title or a usual content, whichever is wider: at 1440 pixels every column has to find its place.
    const auto widthOf = [&](const QString& text) { return metrics.horizontalAdvance(text) + 3 * kGrid / 2; };
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        int width = widthOf(m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        if (column == RunTableModel::OutcomeColumn)
            width = widthOf(QString(outcomeText(Outcome::Unknown) + QStringLiteral(" ⚑")));
        if (column == RunTableModel::DurationColumn) width = std::max(width, widthOf(QStringLiteral("59 min 59 s")));
        if (column == RunTableModel::VersionColumn) width = std::max(width, widthOf(QStringLiteral("00000000")));
        if (column == RunTableModel::CostColumn) width = std::max(width, widthOf(QStringLiteral("$0.0000")));
        if (column == RunTableModel::StepsColumn) width = std::max(width, widthOf(QStringLiteral("50,000")));
        if (column == RunTableModel::WhenColumn) width = std::max(width, widthOf(QStringLiteral("23 hours ago")));
        m_usual[static_cast<std::size_t>(column)] = width;
        horizontalHeader()->resizeSection(column, width);
    }
}

void RunTableView::restoreColumns()
{
    QHeaderView* header = horizontalHeader();
    QSettings settings;
    if (const QByteArray state = settings.value(QLatin1StringView(kHeaderKey)).toByteArray(); !state.isEmpty()) {
        m_columnsMoved = settings.value(QLatin1StringView(kMovedKey)).toBool();
        if (m_columnsMoved) header->restoreState(state);
        m_model.sort(header->sortIndicatorSection(), header->sortIndicatorOrder());
    }
    for (const QString& each : settings.value(QLatin1StringView(kChosenKey)).toStringList()) {
        bool ok = false;
        const int column = QStringView(each).mid(1).toInt(&ok);
        if (ok && column >= 0 && column < RunTableModel::kColumnCount && column != RunTableModel::TaskColumn)
            m_chosen[column] = each.startsWith(QLatin1Char('+'));
    }
}

void RunTableView::chooseColumns()
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("columns"));
    fillColumnMenu(*menu);
    menu->popup(horizontalHeader()->mapToGlobal(QPoint(kGrid, horizontalHeader()->height())));
}

void RunTableView::fillColumnMenu(QMenu& menu)
{
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        QAction* action = menu.addAction(m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        action->setCheckable(true);
        action->setChecked(!isColumnHidden(column));
        action->setEnabled(column != RunTableModel::TaskColumn); // a table without it says nothing
        connect(action, &QAction::toggled, this, [this, column](bool shown) { chooseColumn(column, shown); });
    }
    menu.addSeparator();
    menu.addAction(tr("Fit the columns to the width"), this, &RunTableView::fitColumns);
    menu.addAction(tr("What tells the version…"), this, &RunTableView::versionRuleWanted);
}

void RunTableView::chooseColumn(int column, bool shown)
{
    if (column == RunTableModel::TaskColumn) return;
    m_chosen[column] = shown;
    if (m_columnsMoved) {
        setColumnHidden(column, !shown);
        return;
    }
    spreadColumns();
}

void RunTableView::fitColumns()
{
    m_columnsMoved = false;
    m_chosen.clear();
    QHeaderView* header = horizontalHeader();
    m_spreading = true;
    for (int column = 0; column < RunTableModel::kColumnCount; ++column)
        header->moveSection(header->visualIndex(column), column);
    sizeColumns();
    m_spreading = false;
    m_columnsMoved = false;
    spreadColumns();
}

void RunTableView::setCostKnown(bool known)
{
    if (std::exchange(m_costKnown, known) != known) spreadColumns();
}

/// Task and cluster need room to say something; what is less important goes until they have it.
void RunTableView::hideByWidth()
{
    const int unit = fontMetrics().averageCharWidth();
    int needed = 0;
    std::array<bool, RunTableModel::kColumnCount> hidden{};
    const auto widthOf = [&](int column) {
        if (column == RunTableModel::TaskColumn) return unit * kLeastTaskChars;
        return column == RunTableModel::ClusterColumn ? unit * kLeastClusterChars : m_usual[static_cast<std::size_t>(column)];
    };
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        const auto chosen = m_chosen.find(column);
        const bool empty = column == RunTableModel::CostColumn && !m_costKnown;
        hidden[static_cast<std::size_t>(column)] = chosen != m_chosen.end() ? !chosen->second : empty;
        if (!hidden[static_cast<std::size_t>(column)]) needed += widthOf(column);
    }
    for (const int column : kLeftOut) {
        if (needed <= viewport()->width()) break;
        if (hidden[static_cast<std::size_t>(column)] || m_chosen.contains(column)) continue;
        hidden[static_cast<std::size_t>(column)] = true;
        needed -= widthOf(column);
    }
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        const bool hide = hidden[static_cast<std::size_t>(column)];
        if (isColumnHidden(column) != hide) setColumnHidden(column, hide);
        if (!hide && column != RunTableModel::TaskColumn && column != RunTableModel::ClusterColumn)
            setColumnWidth(column, m_usual[static_cast<std::size_t>(column)]);
    }
}

void RunTableView::spreadColumns()
{
    if (m_columnsMoved || m_spreading) return;
    m_spreading = true;
    hideByWidth();
    int others = 0;
    for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
        if (column != RunTableModel::TaskColumn && column != RunTableModel::ClusterColumn) others += columnWidth(column);
    }
    const int unit = fontMetrics().averageCharWidth();
    const bool clusters = !isColumnHidden(RunTableModel::ClusterColumn);
    const int left = std::max(viewport()->width() - others, unit * (kLeastTaskChars + (clusters ? kLeastClusterChars : 0)));
    const int cluster = clusters ? std::clamp(left * 2 / 5, unit * kLeastClusterChars, unit * 40) : 0;
    setColumnWidth(RunTableModel::TaskColumn, left - cluster);
    if (clusters) setColumnWidth(RunTableModel::ClusterColumn, cluster);
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
