// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/clustertreemodel.h"

#include "core/statistics/statistics.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <map>

namespace tackroom::ui
{

namespace
{

QString said(const char* text, int n = -1)
{
    return QCoreApplication::translate("tackroom::ui::ClusterTexts", text, nullptr, n);
}

bool isClusterState(const QString& name)
{
    for (int state = 0; state <= static_cast<int>(ClusterState::Ignored); ++state)
        if (own(nameOf(static_cast<ClusterState>(state))) == name) return true;
    return false;
}

constexpr quintptr kIsLayer = 0; ///< internal id of a layer; that of a cluster is its layer's row + 1

QList<double> trendOf(const ClusterItem& item)
{
    QList<double> weeks;
    for (const std::int64_t runs : item.perWeek) weeks.append(static_cast<double>(runs));
    return weeks;
}

} // namespace

ClusterFilter parseClusterFilter(const QString& text)
{
    ClusterFilter filter;
    // A word, a "phrase in quotes", or field:value.
    static const QRegularExpression part(QStringLiteral("(?:([A-Za-z]+):)?(?:\"([^\"]*)\"?|(\\S+))"));
    for (auto matches = part.globalMatch(text); matches.hasNext();) {
        const QRegularExpressionMatch match = matches.next();
        const QString field = match.captured(1).toLower(), value = match.captured(2) + match.captured(3);
        if (field.isEmpty()) {
            if (!value.isEmpty()) filter.words.append(value);
        } else if (field == QLatin1String("layer") &&
                   (layerOf(utf8(value.toLower())) != Layer::Unknown || value.toLower() == QLatin1String("unknown"))) {
            filter.layers.append(value.toLower());
        } else if (field == QLatin1String("state") && isClusterState(value.toLower())) {
            filter.states.append(value.toLower());
        } else if (field == QLatin1String("owner") && !value.isEmpty()) {
            filter.owners.append(value);
        } else {
            filter.notUnderstood.append(match.captured(0));
        }
    }
    return filter;
}

QString layerText(Layer layer)
{
    switch (layer) {
    case Layer::Instructions:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "instructions"));
    case Layer::Skills:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "skills"));
    case Layer::Tools:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "tools"));
    case Layer::Retrieval:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "retrieval"));
    case Layer::Memory:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "memory"));
    case Layer::Orchestration:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "orchestration"));
    case Layer::Evaluators:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "evaluators"));
    case Layer::Model:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "model"));
    case Layer::Unknown:
        break;
    }
    return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "layer unknown"));
}

QString clusterStateText(ClusterState state)
{
    switch (state) {
    case ClusterState::New:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "new"));
    case ClusterState::Ongoing:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "ongoing"));
    case ClusterState::Escalating:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "escalating"));
    case ClusterState::Watching:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "watching"));
    case ClusterState::Resolved:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "resolved"));
    case ClusterState::Regressed:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "regressed"));
    case ClusterState::Ignored:
        break;
    }
    return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "ignored"));
}

QString clusterStateSentence(const ClusterItem& cluster)
{
    const auto runs = [](std::int64_t count) {
        return count == 1 ? said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "1 run"))
                          : said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1 runs")).arg(countText(count));
    };
    const ClusterWords& words = cluster.words;
    switch (cluster.state) {
    case ClusterState::New:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "New: first seen in the store's last seven days"));
    case ClusterState::Escalating:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts",
                                      "Escalating: more in the last week than in the four before it lets expect"));
    case ClusterState::Watching:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Watching: resolved by %1, and only %2 of the store since"))
            .arg(shownLine(words.resolution->by, 80), runs(words.resolution->storeRunsSince));
    case ClusterState::Resolved:
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Resolved by %1; none among %2 of the store since"))
            .arg(shownLine(words.resolution->by, 80), runs(words.resolution->storeRunsSince));
    case ClusterState::Regressed: {
        const QString since = said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Regressed: %1 since %2 resolved it"))
                                  .arg(runs(words.resolution->runsSince), shownLine(words.resolution->by, 80));
        if (words.resolution->version.empty()) return since;
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1, first with %2"))
            .arg(since, shownLine(words.resolution->version, 60));
    }
    case ClusterState::Ignored: {
        const ClusterWords::Mute& mute = *words.mute;
        if (mute.count > 0)
            return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Ignored: muted by %1 until %2 have come, %3 so far"))
                .arg(shownLine(mute.by, 80), runs(mute.count), countText(mute.runsSince));
        if (mute.until > 0)
            return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Ignored: muted by %1 until %2"))
                .arg(shownLine(mute.by, 80), exactTime(mute.until));
        return (mute.untilEscalating
                    ? said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Ignored: muted by %1 until it escalates"))
                    : said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Ignored: muted by %1 for good")))
            .arg(shownLine(mute.by, 80));
    }
    case ClusterState::Ongoing:
        break;
    }
    return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "Ongoing"));
}

QString failingShareText(std::int64_t runs, std::int64_t failingRuns)
{
    if (failingRuns <= 0) return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1 failing runs")).arg(countText(runs));
    const auto interval = wilsonInterval(runs, failingRuns);
    const auto percent = [](double share) { return QString::number(std::lround(share * 100)); };
    return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1 of %2 failing runs (%3 %, %4–%5 %)"))
        .arg(countText(runs), countText(failingRuns), percent(static_cast<double>(runs) / static_cast<double>(failingRuns)),
             percent(interval.low), percent(interval.high));
}

QString trendSentence(const std::vector<std::int64_t>& perWeek)
{
    if (perWeek.empty()) return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "no dates"));
    const std::int64_t most = *std::max_element(perWeek.begin(), perWeek.end());
    const auto runs = [](std::int64_t count) {
        return count == 1 ? said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "1 run"))
                          : said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1 runs")).arg(countText(count));
    };
    if (perWeek.size() == 1) return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1 in one week")).arg(runs(most));
    return said(QT_TRANSLATE_NOOP("tackroom::ui::ClusterTexts", "%1 weeks: %2 in the first, %3 in the last, at most %4"))
        .arg(countText(static_cast<std::int64_t>(perWeek.size())), runs(perWeek.front()), countText(perWeek.back()),
             countText(most));
}

void ClusterTreeModel::setOverview(ClusterOverview overview)
{
    m_overview = std::move(overview);
    rebuild();
}

void ClusterTreeModel::setFilter(ClusterFilter filter)
{
    m_filter = std::move(filter);
    rebuild();
}

void ClusterTreeModel::versionsChanged()
{
    for (int row = 0; row < rowCount(); ++row) {
        const QModelIndex layer = index(row, 0);
        if (const int count = rowCount(layer))
            Q_EMIT dataChanged(index(0, VersionsColumn, layer), index(count - 1, VersionsColumn, layer));
    }
}

bool ClusterTreeModel::matches(const ClusterItem& item) const
{
    if (!m_filter.layers.isEmpty() && !m_filter.layers.contains(own(nameOf(item.layer)))) return false;
    if (!m_filter.states.isEmpty() && !m_filter.states.contains(own(nameOf(item.state)))) return false;
    const QString owner = shownLine(item.words.owner, 80);
    if (!m_filter.owners.isEmpty() && std::none_of(m_filter.owners.begin(), m_filter.owners.end(), [&](const QString& wanted) {
            return owner.contains(wanted, Qt::CaseInsensitive);
        }))
        return false;
    const QString text = shownLine(item.label) + QLatin1Char('\n') + shownLine(item.family) + QLatin1Char('\n') +
                         shownLine(item.subject) + QLatin1Char('\n') + shownLine(item.signature) + QLatin1Char('\n') +
                         own(item.id.value);
    return std::all_of(m_filter.words.begin(), m_filter.words.end(),
                       [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

void ClusterTreeModel::rebuild()
{
    beginResetModel();
    m_groups.clear();
    std::map<Layer, std::size_t> places;
    for (std::size_t at = 0; at < m_overview.clusters.size(); ++at) {
        const ClusterItem& item = m_overview.clusters[at];
        if (!matches(item)) continue;
        const auto [place, isNew] = places.emplace(item.layer, m_groups.size());
        if (isNew) m_groups.push_back({.layer = item.layer, .clusters = {}, .sum = {}});
        Group& group = m_groups[place->second];
        group.clusters.push_back(at);
        ClusterItem& sum = group.sum;
        sum.layer = item.layer;
        sum.label = std::string(nameOf(item.layer));
        sum.runs += item.runs;
        sum.failingRuns = item.failingRuns;
        sum.words.isPinned = sum.words.isPinned || item.words.isPinned; // a layer stands where its first cluster belongs
        sum.lastSeen = std::max(sum.lastSeen, item.lastSeen);
        sum.perWeek.resize(std::max(sum.perWeek.size(), item.perWeek.size()));
        for (std::size_t week = 0; week < item.perWeek.size(); ++week) sum.perWeek[week] += item.perWeek[week];
    }
    arrange();
    endResetModel();
}

bool ClusterTreeModel::before(const ClusterItem& a, const ClusterItem& b) const
{
    const auto order = [&]() -> std::strong_ordering {
        switch (m_sortColumn) {
        case LabelColumn:
            return a.label <=> b.label;
        case StateColumn:
            return a.state <=> b.state;
        case LastSeenColumn:
            return a.lastSeen <=> b.lastSeen;
        case VersionsColumn:
            return a.versions.size() <=> b.versions.size();
        default:
            return a.runs <=> b.runs;
        }
    }();
    if (a.words.isPinned != b.words.isPinned) return a.words.isPinned;
    if (order != 0) return (order < 0) == (m_sortOrder == Qt::AscendingOrder);
    return a.id < b.id;
}

void ClusterTreeModel::arrange()
{
    for (Group& group : m_groups) {
        std::stable_sort(group.clusters.begin(), group.clusters.end(), [this](std::size_t a, std::size_t b) {
            return before(m_overview.clusters[a], m_overview.clusters[b]);
        });
    }
    std::stable_sort(m_groups.begin(), m_groups.end(), [this](const Group& a, const Group& b) { return before(a.sum, b.sum); });
}

void ClusterTreeModel::sort(int column, Qt::SortOrder order)
{
    if (column == TrendColumn || column < 0) return; // a shape has no order
    beginResetModel();
    m_sortColumn = column;
    m_sortOrder = order;
    arrange();
    endResetModel();
}

int ClusterTreeModel::shownClusters() const
{
    int count = 0;
    for (const Group& group : m_groups) count += static_cast<int>(group.clusters.size());
    return count;
}

const ClusterItem* ClusterTreeModel::clusterAt(const QModelIndex& index) const
{
    if (!index.isValid() || index.model() != this || index.internalId() == kIsLayer) return nullptr;
    const Group& group = m_groups[index.internalId() - 1];
    return &m_overview.clusters[group.clusters[static_cast<std::size_t>(index.row())]];
}

const ClusterItem* ClusterTreeModel::cluster(const ClusterId& id) const
{
    const auto found = std::find_if(m_overview.clusters.begin(), m_overview.clusters.end(),
                                    [&](const ClusterItem& item) { return item.id == id; });
    return found == m_overview.clusters.end() ? nullptr : &*found;
}

QModelIndex ClusterTreeModel::indexOf(const ClusterId& id) const
{
    for (std::size_t group = 0; group < m_groups.size(); ++group) {
        const auto& clusters = m_groups[group].clusters;
        for (std::size_t row = 0; row < clusters.size(); ++row) {
            if (m_overview.clusters[clusters[row]].id == id)
                return createIndex(static_cast<int>(row), 0, static_cast<quintptr>(group + 1));
        }
    }
    return {};
}

QString ClusterTreeModel::versionText(const VersionCount& version) const
{
    if (m_versionText) return m_versionText(version);
    return shownLine(version.label.empty() ? version.version : version.label, 60);
}

QModelIndex ClusterTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (row < 0 || column < 0 || column >= kColumnCount || row >= rowCount(parent)) return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row() + 1) : kIsLayer);
}

QModelIndex ClusterTreeModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == kIsLayer) return {};
    return createIndex(static_cast<int>(index.internalId() - 1), 0, kIsLayer);
}

int ClusterTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid()) return static_cast<int>(m_groups.size());
    if (parent.column() != 0 || parent.internalId() != kIsLayer) return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].clusters.size());
}

int ClusterTreeModel::columnCount(const QModelIndex&) const { return kColumnCount; }

QString ClusterTreeModel::versionsText(const ClusterItem& item, bool brief) const
{
    QStringList versions;
    for (const VersionCount& version : item.versions) {
        if (version.runs > 0) versions.append(versionText(version));
    }
    if (!brief || versions.size() <= 3) return versions.join(QStringLiteral(", "));
    return tr("%1 … %2").arg(versions.first(), versions.last());
}

QString ClusterTreeModel::textOf(const ClusterItem& item, const Group* layer, int column) const
{
    switch (column) {
    case LabelColumn:
        return layer ? layerText(layer->layer) : shownLine(item.label);
    case StateColumn:
        return layer || item.state == ClusterState::Ongoing ? QString() : clusterStateText(item.state);
    case RunsColumn:
        return countText(item.runs);
    case LastSeenColumn:
        return relativeTime(item.lastSeen);
    case VersionsColumn:
        return layer ? QString() : versionsText(item, true);
    default:
        return {};
    }
}

QVariant ClusterTreeModel::dataOf(const ClusterItem& item, const Group* layer, int column, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
        return textOf(item, layer, column);
    case Qt::ToolTipRole:
        switch (column) {
        case LabelColumn:
            return plainToolTip(
                layer ? layer->clusters.size() == 1
                            ? tr("%1: 1 cluster").arg(layerText(layer->layer))
                            : tr("%1: %2 clusters")
                                  .arg(layerText(layer->layer), countText(static_cast<std::int64_t>(layer->clusters.size())))
                      : shownLine(item.label));
        case StateColumn:
            return layer ? QString() : plainToolTip(clusterStateSentence(item));
        case TrendColumn:
            return plainToolTip(trendSentence(item.perWeek));
        case LastSeenColumn:
            return plainToolTip(exactTime(item.lastSeen));
        case VersionsColumn:
            return plainToolTip(versionsText(item, false));
        default:
            return plainToolTip(failingShareText(item.runs, item.failingRuns));
        }
    case Qt::AccessibleTextRole:
        if (column == ShareColumn) return failingShareText(item.runs, item.failingRuns);
        if (column == StateColumn && !layer) return clusterStateSentence(item);
        if (column == TrendColumn) return trendSentence(item.perWeek);
        if (column == LabelColumn && layer) return tr("layer %1").arg(layerText(layer->layer));
        return textOf(item, layer, column);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::Alignment((column == RunsColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    case ShareRole:
        return item.failingRuns > 0 ? static_cast<double>(item.runs) / static_cast<double>(item.failingRuns) : 0.0;
    case TrendRole:
        return QVariant::fromValue(trendOf(item));
    case ClusterIdRole:
        return layer ? QString() : own(item.id.value);
    case IsLayerRole:
        return layer != nullptr;
    default:
        return {};
    }
}

QVariant ClusterTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (const ClusterItem* item = clusterAt(index)) return dataOf(*item, nullptr, index.column(), role);
    const Group& group = m_groups[static_cast<std::size_t>(index.row())];
    return dataOf(group.sum, &group, index.column(), role);
}

QVariant ClusterTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment((section == RunsColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role == Qt::ToolTipRole && section == ShareColumn) return tr("Share of all failing runs of this store");
    if (role == Qt::ToolTipRole && section == TrendColumn) return tr("Runs a week, from the store's first week to its last");
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case LabelColumn:
        return tr("Cluster");
    case StateColumn:
        return tr("State");
    case RunsColumn:
        return tr("Runs");
    case ShareColumn:
        return tr("Share");
    case TrendColumn:
        return tr("Trend");
    case VersionsColumn:
        return tr("Versions");
    case LastSeenColumn:
        return tr("Last seen");
    default:
        return {};
    }
}

} // namespace tackroom::ui
