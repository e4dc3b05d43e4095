// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"

#include <QAbstractItemModel>
#include <QStringList>

#include <functional>
#include <optional>
#include <vector>

namespace tackroom::ui
{

/// What the query box of the clusters page says: words that a cluster's label, family, subject or signature must hold,
/// layers, states and owners.
struct ClusterFilter {
    QStringList words;
    QStringList layers, states, owners;
    QStringList notUnderstood;
    [[nodiscard]] bool empty() const { return words.isEmpty() && layers.isEmpty() && states.isEmpty() && owners.isEmpty(); }
};
[[nodiscard]] ClusterFilter parseClusterFilter(const QString& text);

/// Clusters below their harness layers. Both levels are sorted by the same column.
class ClusterTreeModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Column {
        LabelColumn,
        StateColumn,
        RunsColumn,
        ShareColumn,
        TrendColumn,
        VersionsColumn,
        LastSeenColumn,
        kColumnCount
    };
    enum Role {
        ShareRole = Qt::UserRole + 1, ///< 0..1 of all failing runs
        TrendRole,                    ///< QList<double>, runs a week
        ClusterIdRole,                ///< empty for a layer
        IsLayerRole,
    };
    using VersionText = std::function<QString(const VersionCount&)>;
    explicit ClusterTreeModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

    void setVersionText(VersionText text) { m_versionText = std::move(text); }
    void setOverview(ClusterOverview overview);
    void setFilter(ClusterFilter filter);
    /// Versions of an open repository have other labels now.
    void versionsChanged();
    [[nodiscard]] const ClusterOverview& overview() const { return m_overview; }
    [[nodiscard]] int shownClusters() const;
    /// Nothing for a layer.
    [[nodiscard]] const ClusterItem* clusterAt(const QModelIndex& index) const;
    [[nodiscard]] const ClusterItem* cluster(const ClusterId& id) const;
    [[nodiscard]] QModelIndex indexOf(const ClusterId& id) const;
    [[nodiscard]] QString versionText(const VersionCount& version) const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    struct Group {
        Layer layer = Layer::Unknown;
        std::vector<std::size_t> clusters; ///< positions in the overview
        ClusterItem sum;                   ///< runs, last seen, weeks of all of them
    };
    void rebuild();
    void arrange();
    [[nodiscard]] bool matches(const ClusterItem& item) const;
    [[nodiscard]] bool before(const ClusterItem& a, const ClusterItem& b) const;
    [[nodiscard]] QVariant dataOf(const ClusterItem& item, const Group* layer, int column, int role) const;
    [[nodiscard]] QString textOf(const ClusterItem& item, const Group* layer, int column) const;
    [[nodiscard]] QString versionsText(const ClusterItem& item, bool brief) const;

    ClusterOverview m_overview;
    ClusterFilter m_filter;
    VersionText m_versionText;
    std::vector<Group> m_groups;
    int m_sortColumn = RunsColumn;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
};

/// "tools", "instructions" …, translated, as on a screen.
[[nodiscard]] QString layerText(Layer layer);
/// "new", "regressed" …, translated.
[[nodiscard]] QString clusterStateText(ClusterState state);
/// "Regressed: 3 runs since Ann resolved it on 2026-03-02, first with v4"
[[nodiscard]] QString clusterStateSentence(const ClusterItem& cluster);
/// "14 of 39 failing runs (36 %, 23–52 %)" with the Wilson interval.
[[nodiscard]] QString failingShareText(std::int64_t runs, std::int64_t failingRuns);
/// "8 weeks: 1 run in the first, 3 in the last, at most 4"
[[nodiscard]] QString trendSentence(const std::vector<std::int64_t>& perWeek);

} // namespace tackroom::ui
