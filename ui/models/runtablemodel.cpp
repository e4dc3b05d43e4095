// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runtablemodel.h"

#include "core/base/time.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/models/session.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace tackroom::ui
{

namespace
{

constexpr int kBatchRows = 64;            ///< neighbours are fetched along, in blocks of this many rows
constexpr std::size_t kMostBlocks = 6;    ///< of one ask
constexpr std::size_t kMostWanted = 1024; ///< older wishes are of rows that have been scrolled past
constexpr std::size_t kMostItems = 8192;

RunOrder orderOf(int column)
{
    switch (column) {
    case RunTableModel::OutcomeColumn:
        return RunOrder::Outcome;
    case RunTableModel::TaskColumn:
        return RunOrder::Task;
    case RunTableModel::ClusterColumn:
        return RunOrder::Cluster;
    case RunTableModel::VersionColumn:
        return RunOrder::Version;
    case RunTableModel::StepsColumn:
        return RunOrder::Steps;
    case RunTableModel::ErrorsColumn:
        return RunOrder::Errors;
    case RunTableModel::DurationColumn:
        return RunOrder::Duration;
    case RunTableModel::CostColumn:
        return RunOrder::Cost;
    default:
        return RunOrder::Start;
    }
}

bool isNumber(int column)
{
    return column == RunTableModel::StepsColumn || column == RunTableModel::ErrorsColumn ||
           column == RunTableModel::DurationColumn || column == RunTableModel::CostColumn;
}

} // namespace

QString shownVersion(const Session& session, const std::string& harnessVersion, const std::string& versionLabel)
{
    const QString ofIndex = shownLine(versionLabel, 60);
    if (harnessVersion.empty()) return ofIndex;
    const QString ofRepository = shownLine(utf8(session.versionLabel(harnessVersion)), 60);
    // The repository answers with the id itself, shortened, where it does not know it.
    const bool known = !ofRepository.isEmpty() && !own(harnessVersion).startsWith(ofRepository);
    return known || ofIndex.isEmpty() ? ofRepository : ofIndex;
}

RunSource runSourceOf(Session& session, QObject* receiver)
{
    RunSource source;
    Session* asked = &session;
    source.rows = [asked, receiver](RunFilter filter, RunOrder order, bool descending,
                                    std::function<void(Result<std::vector<RunRow>>)> then) {
        return asked->askRuns<std::vector<RunRow>>(
            receiver,
            [filter = std::move(filter), order, descending](RunQueries& queries) {
                return queries.rows(filter, order, descending);
            },
            std::move(then));
    };
    source.items = [asked, receiver](std::vector<RunRow> rows, std::function<void(Result<std::vector<RunListItem>>)> then) {
        return asked->askRuns<std::vector<RunListItem>>(
            receiver, [rows = std::move(rows)](RunQueries& queries) { return queries.items(rows); }, std::move(then));
    };
    source.cancel = [asked](quint64 job) { asked->jobs().cancel(job); };
    source.versionText = [asked](const Run& run, const std::string& label) {
        return shownVersion(*asked, run.harnessVersion, label);
    };
    return source;
}

RunTableModel::RunTableModel(QObject* parent) : QAbstractTableModel(parent)
{
    m_askSoon.setSingleShot(true);
    m_askSoon.setInterval(0); // after the paint that asked for the cells
    connect(&m_askSoon, &QTimer::timeout, this, &RunTableModel::askItems);
}

void RunTableModel::setFilter(RunFilter filter)
{
    m_filter = std::move(filter);
    m_otherQuestion = true;
    askRows();
}

void RunTableModel::refresh()
{
    ++m_generation;
    askRows();
}

void RunTableModel::clear()
{
    if (m_rowsJob) m_source.cancel(m_rowsJob);
    if (m_itemsJob) m_source.cancel(m_itemsJob);
    m_rowsJob = m_itemsJob = 0;
    ++m_rowsAsk, ++m_itemsAsk, ++m_generation;
    beginResetModel();
    m_rows.clear();
    m_items.clear();
    m_ages.clear();
    m_wanted.clear();
    endResetModel();
}

void RunTableModel::askRows()
{
    if (!m_source.rows) return;
    if (m_rowsJob) m_source.cancel(m_rowsJob);
    const int ask = ++m_rowsAsk;
    m_rowsJob = std::numeric_limits<quint64>::max(); // under way, even if the answer should come before the call returns
    const quint64 job = m_source.rows(m_filter, m_order, m_descending, [this, ask](Result<std::vector<RunRow>> rows) {
        if (ask != m_rowsAsk) return;
        m_rowsJob = 0;
        if (rows)
            takeRows(std::move(*rows), !m_otherQuestion);
        else
            Q_EMIT failed(rows.error());
    });
    if (m_rowsJob && ask == m_rowsAsk) m_rowsJob = job;
}

void RunTableModel::takeRows(std::vector<RunRow> rows, bool inPlace)
{
    m_otherQuestion = false;
    Q_EMIT rowsAboutToChange(inPlace);
    const auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
    if (rows.size() > most) rows.resize(most);
    m_wanted.clear();
    const auto oldCount = m_rows.size(), newCount = rows.size();
    // Rows come and go at the end, then all move to their places: so Qt's persistent indexes can follow the runs.
    if (newCount > oldCount) {
        beginInsertRows({}, static_cast<int>(oldCount), static_cast<int>(newCount) - 1);
        m_rows.resize(newCount);
        endInsertRows();
    }
    if (newCount < oldCount) rows.resize(oldCount);
    permute(std::move(rows));
    if (newCount < oldCount) {
        beginRemoveRows({}, static_cast<int>(newCount), static_cast<int>(oldCount) - 1);
        m_rows.resize(newCount);
        endRemoveRows();
    }
    Q_EMIT rowsArrived();
}

void RunTableModel::permute(std::vector<RunRow> rows)
{
    if (rows == m_rows) {
        if (!m_rows.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
        return;
    }
    Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::unordered_map<std::int64_t, int> places;
    std::vector<std::int64_t> runs;
    runs.reserve(static_cast<std::size_t>(before.size()));
    for (const QModelIndex& index : before) {
        runs.push_back(m_rows[static_cast<std::size_t>(index.row())].value);
        places.emplace(runs.back(), -1);
    }
    m_rows = std::move(rows);
    for (std::size_t at = 0; !places.empty() && at < m_rows.size(); ++at) {
        if (auto place = places.find(m_rows[at].value); place != places.end()) place->second = static_cast<int>(at);
    }
    QModelIndexList after;
    after.reserve(before.size());
    for (qsizetype i = 0; i < before.size(); ++i) {
        const std::int64_t run = runs[static_cast<std::size_t>(i)];
        const int place = run == 0 ? -1 : places.at(run);
        after.append(place < 0 ? QModelIndex() : index(place, before[i].column()));
    }
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

RunRow RunTableModel::rowAt(int position) const
{
    return position >= 0 && position < rowCount() ? m_rows[static_cast<std::size_t>(position)] : RunRow{};
}

int RunTableModel::positionOf(RunRow row) const
{
    const auto found = std::find(m_rows.begin(), m_rows.end(), row);
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

const RunTableModel::Entry* RunTableModel::entryAt(int position) const
{
    const RunRow row = rowAt(position);
    if (row.value == 0) return nullptr;
    const auto found = m_items.find(row.value);
    if (found == m_items.end()) {
        want(position);
        return nullptr;
    }
    if (found->second.generation != m_generation) want(position); // shown as it was until the new one is there
    m_ages.splice(m_ages.begin(), m_ages, found->second.age);
    return &found->second;
}

const RunListItem* RunTableModel::itemAt(int position) const
{
    const Entry* entry = entryAt(position);
    return entry && entry->there ? &entry->item : nullptr;
}

void RunTableModel::want(int position) const
{
    if (!m_wanted.empty() && m_wanted.back() == position) return; // each row has many cells
    m_wanted.push_back(position);
    if (m_wanted.size() > kMostWanted) m_wanted.erase(m_wanted.begin(), m_wanted.begin() + kMostWanted / 2);
    if (!m_itemsJob && !m_askSoon.isActive()) m_askSoon.start();
}

void RunTableModel::askItems()
{
    if (m_itemsJob || !m_source.items) return;
    std::vector<int> blocks;
    while (!m_wanted.empty() && blocks.size() < kMostBlocks) {
        const int position = m_wanted.back();
        m_wanted.pop_back();
        const auto found = m_items.find(rowAt(position).value);
        const bool fresh = found != m_items.end() && found->second.generation == m_generation;
        const int block = position / kBatchRows;
        if (!fresh && std::find(blocks.begin(), blocks.end(), block) == blocks.end()) blocks.push_back(block);
    }
    std::sort(blocks.begin(), blocks.end());
    std::vector<int> positions;
    std::vector<RunRow> rows;
    for (const int block : blocks) {
        for (int at = block * kBatchRows; at < (block + 1) * kBatchRows && at < rowCount(); ++at) {
            const auto found = m_items.find(rowAt(at).value);
            if (found != m_items.end() && found->second.generation == m_generation) continue;
            positions.push_back(at);
            rows.push_back(rowAt(at));
        }
    }
    if (rows.empty()) return;
    const int ask = ++m_itemsAsk;
    m_itemsJob = std::numeric_limits<quint64>::max();
    const quint64 job = m_source.items(rows, [this, ask, positions, rows](Result<std::vector<RunListItem>> items) {
        if (ask != m_itemsAsk) return;
        m_itemsJob = 0;
        takeItems(positions, rows, std::move(items));
        if (!m_wanted.empty()) m_askSoon.start();
    });
    if (m_itemsJob && ask == m_itemsAsk) m_itemsJob = job;
}

void RunTableModel::takeItems(const std::vector<int>& positions, const std::vector<RunRow>& asked,
                              Result<std::vector<RunListItem>> items)
{
    if (!items) Q_EMIT failed(items.error());
    std::unordered_map<std::int64_t, RunListItem*> arrived;
    if (items) {
        for (RunListItem& item : *items) arrived.emplace(item.row.value, &item);
    }
    for (const RunRow row : asked) {
        Entry entry;
        entry.generation = m_generation;
        if (auto item = arrived.find(row.value); item != arrived.end()) {
            entry.item = std::move(*item->second);
            entry.there = true;
        }
        keep(row.value, std::move(entry));
    }
    // Neighbouring rows are told of together. A position whose run has moved meanwhile is drawn anew anyway.
    for (std::size_t first = 0; first < positions.size();) {
        std::size_t last = first;
        while (last + 1 < positions.size() && positions[last + 1] == positions[last] + 1) ++last;
        const int top = positions[first], bottom = std::min(positions[last], rowCount() - 1);
        if (top <= bottom) Q_EMIT dataChanged(index(top, 0), index(bottom, kColumnCount - 1));
        first = last + 1;
    }
}

void RunTableModel::keep(std::int64_t row, Entry entry)
{
    if (auto former = m_items.find(row); former != m_items.end()) {
        m_ages.erase(former->second.age);
        m_items.erase(former);
    }
    m_ages.push_front(row);
    entry.age = m_ages.begin();
    m_items.emplace(row, std::move(entry));
    while (m_items.size() > kMostItems) {
        m_items.erase(m_ages.back());
        m_ages.pop_back();
    }
}

int RunTableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

int RunTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumnCount; }

/// Formatting and making safe is done once for each cell that is looked at, not in each paint.
const QString& RunTableModel::shownText(const Entry& entry, int column) const
{
    constexpr std::int64_t kMinute = 60'000'000'000;
    if (const std::int64_t minute = utcNow() / kMinute; entry.textsMinute != minute) {
        entry.textsMinute = minute;
        entry.texts[WhenColumn] = QString();
    }
    QString& text = entry.texts[static_cast<std::size_t>(column)];
    if (text.isNull()) {
        text = textOf(entry.item, column);
        if (text.isNull()) text = QLatin1StringView("");
    }
    return text;
}

void RunTableModel::versionsChanged()
{
    for (auto& [row, entry] : m_items) entry.texts[VersionColumn] = QString();
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, VersionColumn), index(rowCount() - 1, VersionColumn));
}

QString RunTableModel::textOf(const RunListItem& item, int column) const
{
    switch (column) {
    case OutcomeColumn:
        // A person's word has a mark of its own.
        return item.outcomeSource == OutcomeSource::Human ? QString(outcomeText(item.outcome) + QStringLiteral(" ⚑"))
                                                          : outcomeText(item.outcome);
    case TaskColumn:
        return shownLine(item.run.task);
    case ClusterColumn:
        return shownLine(item.clusterLabel, 200);
    case VersionColumn:
        return m_source.versionText ? m_source.versionText(item.run, item.versionLabel) : shownLine(item.versionLabel, 60);
    case StepsColumn:
        return countText(item.run.stepCount);
    case ErrorsColumn:
        return countText(item.run.errorCount);
    case DurationColumn:
        return durationText(item.run.end - item.run.start);
    case CostColumn:
        return item.run.costUsd ? costText(*item.run.costUsd) : QString();
    case WhenColumn:
        return relativeTime(item.run.start);
    default:
        return {};
    }
}

QVariant RunTableModel::toolTipOf(const RunListItem& item, int column) const
{
    switch (column) {
    case OutcomeColumn:
        return plainToolTip(item.outcomeReason.empty() ? outcomeText(item.outcome) : shownLine(item.outcomeReason));
    case TaskColumn:
        return plainToolTip(shownBlock(item.run.task, 2000));
    case WhenColumn:
        return plainToolTip(exactTime(item.run.start));
    case VersionColumn:
        return item.run.harnessVersion.empty() ? tr("The trace does not say which harness version ran.")
                                               : plainToolTip(tr("%1, from the trace's %2")
                                                                  .arg(shownLine(item.run.harnessVersion, 80),
                                                                       shownLine(item.run.harnessVersionSource, 80)));
    default: {
        const QString text = textOf(item, column);
        return text.isEmpty() ? QVariant() : plainToolTip(text);
    }
    }
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(
            Qt::Alignment((isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != Qt::AccessibleTextRole && role != OutcomeRole &&
        role != ErrorsRole)
        return {};
    const Entry* entry = entryAt(index.row());
    if (!entry) return {};
    if (!entry->there)
        return role == Qt::DisplayRole && index.column() == TaskColumn ? tr("this run could not be read from the index")
                                                                       : QVariant();
    const RunListItem& item = entry->item;
    switch (role) {
    case Qt::DisplayRole:
        return shownText(*entry, index.column());
    case Qt::ToolTipRole:
        return toolTipOf(item, index.column());
    case Qt::AccessibleTextRole:
        return QString(headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() + QStringLiteral(": ") +
                       textOf(item, index.column()));
    case OutcomeRole:
        return static_cast<int>(item.outcome);
    case ErrorsRole:
        return QVariant::fromValue<qlonglong>(item.run.errorCount);
    default:
        return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical) return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment((isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case OutcomeColumn:
        return tr("Outcome");
    case TaskColumn:
        return tr("Task");
    case ClusterColumn:
        return tr("Cluster");
    case VersionColumn:
        return tr("Version");
    case StepsColumn:
        return tr("Steps");
    case ErrorsColumn:
        return tr("Errors");
    case DurationColumn:
        return tr("Duration");
    case CostColumn:
        return tr("Cost");
    case WhenColumn:
        return tr("When");
    default:
        return {};
    }
}

void RunTableModel::sort(int column, Qt::SortOrder order)
{
    const RunOrder wanted = orderOf(column);
    const bool descending = order == Qt::DescendingOrder;
    if (wanted == m_order && descending == m_descending) return;
    m_order = wanted;
    m_descending = descending;
    m_otherQuestion = true;
    askRows();
}

} // namespace tackroom::ui
