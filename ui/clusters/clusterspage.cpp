// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/clusters/clusterspage.h"

#include "ui/clusters/bars.h"
#include "ui/clusters/clusterreport.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/models/clustertreemodel.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"

#include <QHeaderView>
#include <QSettings>
#include <QSplitter>
#include <QStackedLayout>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <map>
#include <set>

namespace tackroom::ui
{

namespace
{
constexpr const char* kSplitKey = "clusters/split";

class ClusterTree : public QTreeView
{
public:
    using QTreeView::QTreeView;
    void keyboardSearch(const QString&) override {}

protected:
    /// The label takes the width that the figures leave. Where that is too little the last columns go, whose figures the
    /// report beside has too, rather than that the table scrolls sideways.
    void resizeEvent(QResizeEvent* event) override
    {
        QTreeView::resizeEvent(event);
        const int leastLabel = fontMetrics().averageCharWidth() * 30;
        int label = viewport()->width();
        bool room = true;
        for (int column = 1; column < header()->count(); ++column) {
            const int width = header()->isSectionHidden(column) ? m_widths[column] : columnWidth(column);
            m_widths[column] = width;
            room = room && (label - width >= leastLabel || column <= ClusterTreeModel::RunsColumn);
            if (room == header()->isSectionHidden(column)) header()->setSectionHidden(column, !room);
            if (room) label -= width;
        }
        setColumnWidth(0, std::max(label, leastLabel));
    }

private:
    std::map<int, int> m_widths; ///< of the columns as they are when shown
};
} // namespace

ClustersPage::ClustersPage(Session& session, QWidget* parent)
    : Page(parent),
      m_session(session),
      m_state(new StatePane(this)),
      m_message(new MessageBar(this)),
      m_split(new QSplitter(Qt::Horizontal, this)),
      m_model(new ClusterTreeModel(this))
{
    m_model->setVersionText(
        [this](const VersionCount& version) { return shownVersion(m_session, version.version, version.label); });
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_message);
    auto* body = new QWidget(this);
    m_pages = new QStackedLayout(body);
    m_pages->addWidget(m_state);
    m_pages->addWidget(m_split);
    column->addWidget(body, 1);

    m_split->addWidget(buildTree());
    auto* right = new QWidget(m_split);
    m_reportPages = new QStackedLayout(right);
    m_noneSelected = new StatePane(right);
    m_noneSelected->showEmpty(tr("No cluster selected"),
                              tr("Select a cluster to read what goes wrong in it, since when, and see runs of it."));
    m_report = new ClusterReport(
        [this](const std::string& version, const std::string& label) { return shownVersion(m_session, version, label); },
        right);
    m_reportPages->addWidget(m_noneSelected);
    m_reportPages->addWidget(m_report);
    m_split->addWidget(right);
    m_split->setChildrenCollapsible(false);
    m_split->setSizes({560, 640});
    m_split->setStretchFactor(0, 1);
    m_split->setStretchFactor(1, 1);
    if (const QByteArray kept = QSettings().value(QLatin1StringView(kSplitKey)).toByteArray(); !kept.isEmpty())
        m_split->restoreState(kept);

    connect(m_report, &ClusterReport::openAddress, this, &Page::openAddress);
    connect(m_model, &QAbstractItemModel::modelAboutToBeReset, this, [this] { m_resetting = true; });
    connect(m_model, &QAbstractItemModel::modelReset, this, &ClustersPage::afterReset);
    connect(&m_session, &Session::storeChanged, this, &ClustersPage::storeChanged);
    connect(&m_session, &Session::repositoryChanged, this, [this] {
        m_model->versionsChanged();
        if (const ClusterItem* shown = m_model->cluster(m_current)) showCluster(ClusterId(shown->id)); // labels of versions
        findLinks();
    });
    buildActions();
    storeChanged();
}

ClustersPage::~ClustersPage() { QSettings().setValue(QLatin1StringView(kSplitKey), m_split->saveState()); }

QWidget* ClustersPage::buildTree()
{
    auto* left = new QWidget(m_split);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* area = new QWidget(left);
    m_treePages = new QStackedLayout(area);
    m_tree = new ClusterTree(area);
    m_noMatch = new StatePane(area);
    m_treePages->addWidget(m_tree);
    m_treePages->addWidget(m_noMatch);
    column->addWidget(area, 1);
    m_counts = new TextLabel({}, TextLabel::Faint | TextLabel::Elided, left);
    m_counts->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    column->addWidget(m_counts);

    m_tree->setModel(m_model);
    m_tree->setAccessibleName(tr("Failure clusters"));
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setUniformRowHeights(true);
    m_tree->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_tree->setIndentation(2 * kGrid);
    m_tree->setItemDelegate(new ClusterLabelDelegate(m_tree));
    m_tree->setItemDelegateForColumn(ClusterTreeModel::ShareColumn, new ShareBarDelegate(m_tree));
    m_tree->setItemDelegateForColumn(ClusterTreeModel::TrendColumn, new TrendDelegate(m_tree));
    QHeaderView* header = m_tree->header();
    header->setStretchLastSection(false);
    header->setSectionsMovable(false);
    const int unit = fontMetrics().averageCharWidth();
    header->setMinimumSectionSize(unit * 5);
    header->resizeSection(ClusterTreeModel::StateColumn, unit * 12);
    header->resizeSection(ClusterTreeModel::RunsColumn, unit * 7);
    header->resizeSection(ClusterTreeModel::ShareColumn, unit * 9);
    header->resizeSection(ClusterTreeModel::TrendColumn, unit * 10);
    header->resizeSection(ClusterTreeModel::VersionsColumn, unit * 11);
    header->resizeSection(ClusterTreeModel::LastSeenColumn, unit * 13);
    header->setSortIndicator(ClusterTreeModel::RunsColumn, Qt::DescendingOrder);
    m_tree->setSortingEnabled(true);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &ClustersPage::currentChanged);
    return left;
}

void ClustersPage::buildActions()
{
    QAction* open = addPageAction(m_tree, QStringLiteral("clusters.openExemplar"), tr("Open the typical run"),
                                  QKeySequence(Qt::Key_Return), [this] { openFirstExemplar(); });
    open->setShortcuts({QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)});
    addPageAction(m_tree, QStringLiteral("clusters.expand"), tr("Expand or fold"), QKeySequence(Qt::Key_Space), [this] {
        QModelIndex index = m_tree->currentIndex().siblingAtColumn(0);
        if (index.parent().isValid()) index = index.parent();
        m_tree->setExpanded(index, !m_tree->isExpanded(index));
    });
    buildEditActions();
    m_report->setActions(m_editActions);
    showEditActions();
}

QList<QWidget*> ClustersPage::panes() const { return {m_tree, m_report}; }

QString ClustersPage::queryHint() const { return tr("Filter clusters: words of a label, layer:tools, state:new"); }

QStringList ClustersPage::queryCompletions() const
{
    QStringList completions;
    for (const Layer layer : {Layer::Instructions, Layer::Skills, Layer::Tools, Layer::Retrieval, Layer::Memory,
                              Layer::Orchestration, Layer::Evaluators, Layer::Model, Layer::Unknown})
        completions.append(QString(QStringLiteral("layer:") + own(nameOf(layer))));
    for (int state = 0; state <= static_cast<int>(ClusterState::Ignored); ++state)
        completions.append(QString(QStringLiteral("state:") + own(nameOf(static_cast<ClusterState>(state)))));
    std::set<QString> owners;
    for (const ClusterItem& cluster : m_model->overview().clusters)
        if (!cluster.words.owner.empty()) owners.insert(shownLine(cluster.words.owner, 80));
    for (const QString& owner : owners) completions.append(QStringLiteral("owner:\"%1\"").arg(owner));
    return completions;
}

// -------------------------------------------------------------------------------------------------------------- the store
void ClustersPage::storeChanged()
{
    if (m_shownPath != m_session.storePath()) {
        m_shownPath = m_session.storePath();
        for (quint64* job : {&m_job, &m_evidenceJob, &m_linksJob, &m_findJob}) m_session.jobs().cancel(std::exchange(*job, 0));
        m_current = {};
        m_clusterOf.clear();
        m_message->clear();
        m_model->setOverview({});
        m_reportPages->setCurrentWidget(m_noneSelected);
    }
    if (m_session.storeState() == Session::State::Ready)
        load();
    else
        showStoreState();
}

void ClustersPage::showStoreState()
{
    const QString name = shownLine(utf8(m_shownPath.section(QLatin1Char('/'), -1)));
    const StatePane::Action openAnother{tr("Open a trace store…"),
                                        [this] { Q_EMIT openAddress(QStringLiteral("action/open-store")); }};
    switch (m_session.storeState()) {
    case Session::State::Opening:
    case Session::State::Reading:
        m_state->showLoading(tr("Reading %1 and grouping its failing runs").arg(name));
        break;
    case Session::State::Failed:
        m_state->showEmpty(tr("%1 could not be read").arg(name), sentenceOf(m_session.storeError()),
                           {{tr("Try again"), [this] { m_session.refreshStore(); }}, openAnother});
        break;
    default:
        m_state->showEmpty(
            tr("No trace store is open"),
            tr("Failing runs of a store are grouped by what went wrong in them. Open a store to see its clusters."),
            {openAnother, {tr("Try the sample"), [this] { Q_EMIT openAddress(QStringLiteral("action/sample")); }}});
    }
    m_pages->setCurrentWidget(m_state);
}

void ClustersPage::load()
{
    m_session.jobs().cancel(m_job);
    m_job = m_session.askClusters<ClusterOverview>(
        this, [](ClusterQueries& queries) { return queries.overview(); },
        [this](Result<ClusterOverview> overview) { take(std::move(overview)); });
}

void ClustersPage::take(Result<ClusterOverview> overview)
{
    m_job = 0;
    if (!overview) {
        if (m_model->rowCount() > 0) {
            m_message->showError(overview.error(), {{tr("Try again"), [this] { load(); }}});
            return;
        }
        m_state->showEmpty(tr("The clusters could not be read"), sentenceOf(overview.error()),
                           {{tr("Try again"), [this] { m_session.refreshStore(); }}});
        m_pages->setCurrentWidget(m_state);
        return;
    }
    m_message->clear();
    m_model->setOverview(std::move(*overview));
    const ClusterOverview& shown = m_model->overview();
    if (shown.clusters.empty()) {
        const StatePane::Action runs{tr("Look at the runs"), [this] { Q_EMIT openAddress(QStringLiteral("traces")); }};
        if (m_session.storeCounts().unknown == shown.runs && shown.runs > 0)
            m_state->showEmpty(
                tr("No run has a known outcome"),
                tr("None of the %1 runs carries a score, a human decision or an error that says whether it worked.")
                    .arg(countText(shown.runs)),
                {runs});
        else if (shown.failingRuns == 0)
            m_state->showEmpty(
                tr("No failing runs"),
                tr("None of the %1 runs of this store failed, so there is nothing to group.").arg(countText(shown.runs)),
                {runs});
        else
            m_state->showEmpty(tr("No clusters"),
                               tr("%1 of %2 runs failed, and no detector found a reason that they share.")
                                   .arg(countText(shown.failingRuns), countText(shown.runs)),
                               {runs});
        m_pages->setCurrentWidget(m_state);
        return;
    }
    m_pages->setCurrentWidget(m_split);
    if (m_wanted.value.empty() && m_current.value.empty()) {
        const QModelIndex first = m_model->index(0, 0, m_model->index(0, 0));
        m_tree->setCurrentIndex(first);
    } else if (m_wanted.value.empty()) {
        showCluster(ClusterId(m_current));
    }
    openWanted();
    findLinks();
}

void ClustersPage::afterReset()
{
    m_tree->expandAll();
    const QModelIndex place = m_model->indexOf(m_current);
    if (place.isValid()) {
        m_tree->setCurrentIndex(place);
        m_tree->scrollTo(place);
    }
    m_resetting = false;
    showCounts();
    const bool none = m_model->shownClusters() == 0 && !m_model->overview().clusters.empty();
    if (none)
        m_noMatch->showEmpty(
            tr("No cluster matches"),
            tr("None of the %1 clusters fits “%2”. Change or clear the query above.")
                .arg(countText(static_cast<qint64>(m_model->overview().clusters.size())), shownLine(utf8(m_query))));
    m_treePages->setCurrentWidget(none ? static_cast<QWidget*>(m_noMatch) : m_tree);
}

void ClustersPage::showCounts()
{
    const ClusterOverview& all = m_model->overview();
    const auto clusters = static_cast<qint64>(all.clusters.size());
    QString text = m_model->shownClusters() == clusters
                       ? tr("%1 clusters").arg(countText(clusters))
                       : tr("%1 of %2 clusters").arg(countText(m_model->shownClusters()), countText(clusters));
    text += QStringLiteral(" · ") + tr("%1 of %2 runs failed").arg(countText(all.failingRuns), countText(all.runs));
    if (all.editsWithoutPlace > 0)
        text += QStringLiteral(" · ") +
                (all.editsWithoutPlace == 1
                     ? tr("1 edit is of a cluster that is not here")
                     : tr("%1 edits are of clusters that are not here").arg(countText(all.editsWithoutPlace)));
    if (all.unclustered > 0) text += QStringLiteral(" · ") + tr("%1 of them in no cluster").arg(countText(all.unclustered));
    m_counts->setShown(text);
}

void ClustersPage::setQuery(const QString& query)
{
    if (query == m_query) return;
    m_query = query;
    ClusterFilter filter = parseClusterFilter(query);
    QStringList unknown;
    for (const QString& part : filter.notUnderstood) unknown.append(shownLine(utf8(part), 80));
    Q_EMIT queryNotUnderstood(unknown.join(QStringLiteral(", ")));
    m_model->setFilter(std::move(filter));
}

// ------------------------------------------------------------------------------------------------------------ the cluster
void ClustersPage::currentChanged()
{
    if (m_resetting) return;
    const ClusterItem* item = m_model->clusterAt(m_tree->currentIndex());
    if (!item || item->id == m_current) return;
    showCluster(ClusterId(item->id));
    Q_EMIT addressChanged();
}

void ClustersPage::showCluster(const ClusterId& id)
{
    const ClusterItem* item = m_model->cluster(id);
    if (!item) {
        m_current = {};
        m_reportPages->setCurrentWidget(m_noneSelected);
        showEditActions();
        return;
    }
    m_current = id;
    showEditActions();
    m_firstExemplar.clear();
    m_report->showCluster(*item, m_model->overview().runs);
    m_reportPages->setCurrentWidget(m_report);
    showLinks();
    m_session.jobs().cancel(m_evidenceJob);
    m_evidenceJob = m_session.askRuns<ClusterEvidence>(
        this, [id, folder = m_session.store().folder](RunQueries& queries) { return readClusterEvidence(queries, folder, id); },
        [this](Result<ClusterEvidence> evidence) {
            m_evidenceJob = 0;
            if (!evidence) {
                m_report->setEvidenceError(evidence.error());
                return;
            }
            m_report->setEvidence(*evidence);
            if (evidence->exemplars.empty()) return;
            const ExemplarRun& first = evidence->exemplars.front();
            m_firstExemplar = "run/" + first.key.value + (first.stepId.empty() ? std::string() : "/step/" + first.stepId);
        });
}

void ClustersPage::openFirstExemplar()
{
    const QModelIndex index = m_tree->currentIndex().siblingAtColumn(0);
    if (!m_model->clusterAt(index))
        m_tree->setExpanded(index, !m_tree->isExpanded(index));
    else if (!m_firstExemplar.empty())
        Q_EMIT openAddress(own(m_firstExemplar));
}

QString ClustersPage::address() const
{
    const ClusterId& id = m_wanted.value.empty() ? m_current : m_wanted;
    return id.value.empty() ? QString() : QString(QStringLiteral("cluster/") + own(id.value));
}

bool ClustersPage::goTo(const QString& address)
{
    if (!address.startsWith(QLatin1StringView("cluster/")) || address.size() <= 8) return false;
    m_wanted = ClusterId(utf8(address.mid(8)));
    openWanted();
    return true;
}

void ClustersPage::openWanted()
{
    if (m_wanted.value.empty() || m_session.storeState() != Session::State::Ready || m_job != 0) return;
    const ClusterId wanted = std::exchange(m_wanted, {});
    if (m_model->cluster(wanted)) {
        if (wanted != m_current) showCluster(wanted);
        if (const QModelIndex place = m_model->indexOf(wanted); place.isValid()) {
            m_tree->setCurrentIndex(place);
            m_tree->scrollTo(place);
        }
        Q_EMIT addressChanged();
        return;
    }
    // Not an id of today: words, as a proposal names its cluster.
    m_session.jobs().cancel(m_findJob);
    m_findJob = m_session.askClusters<ClusterId>(
        this, [wanted](ClusterQueries& queries) { return queries.find(wanted.value); },
        [this](Result<ClusterId> found) {
            m_findJob = 0;
            if (found && m_model->cluster(*found)) {
                m_wanted = *found;
                openWanted();
            } else if (!found) {
                m_message->showError(found.error());
            }
        });
}

// --------------------------------------------------------------------------------------------------- proposals and versions
void ClustersPage::findLinks()
{
    if (m_session.storeState() != Session::State::Ready || m_model->overview().clusters.empty()) return;
    std::set<std::string> names;
    for (const Proposal& proposal : m_session.proposals())
        if (!proposal.cluster.empty()) names.insert(proposal.cluster);
    for (const Version& version : m_session.versions())
        if (version.decision && !version.decision->cluster.empty()) names.insert(version.decision->cluster);
    m_session.jobs().cancel(m_linksJob);
    m_linksJob = 0;
    if (names.empty()) {
        m_clusterOf.clear();
        showLinks();
        return;
    }
    using Found = std::map<std::string, ClusterId>;
    m_linksJob = m_session.askClusters<Found>(
        this,
        [names = std::move(names)](ClusterQueries& queries) -> Result<Found> {
            Found found;
            for (const std::string& name : names) {
                auto id = queries.find(name);
                if (id)
                    found.emplace(name, std::move(*id));
                else if (id.error().code != ErrorCode::NotFound && id.error().code != ErrorCode::Conflict)
                    return std::unexpected(id.error());
            }
            return found;
        },
        [this](Result<Found> found) {
            m_linksJob = 0;
            if (!found) return m_message->showError(found.error());
            m_clusterOf = std::move(*found);
            showLinks();
        });
}

void ClustersPage::showLinks()
{
    if (m_current.value.empty()) return;
    const auto isCurrent = [this](const std::string& name) {
        const auto found = m_clusterOf.find(name);
        return found != m_clusterOf.end() && found->second == m_current;
    };
    std::vector<ClusterLink> proposals, versions;
    std::set<std::string> touching;
    for (const Proposal& proposal : m_session.proposals()) {
        if (proposal.cluster.empty() || !isCurrent(proposal.cluster)) continue;
        touching.insert(proposal.id.value);
        proposals.push_back({shownLine(proposal.title, 200),
                             QString(shownLine(proposal.kind, 40) + QStringLiteral(" · ") + own(nameOf(proposal.state)) +
                                     QStringLiteral(" · ") + own(nameOf(proposal.baseState))),
                             QString(QStringLiteral("proposal/") + own(proposal.id.value))});
    }
    for (const Version& version : m_session.versions()) {
        if (!version.decision) continue;
        const JournalEntry& decision = *version.decision;
        if (!touching.contains(decision.proposal.value) && (decision.cluster.empty() || !isCurrent(decision.cluster))) continue;
        versions.push_back({shownLine(version.label, 40), shownLine(version.title, 200),
                            QString(QStringLiteral("version/") + own(version.label))});
    }
    m_report->setLinks(proposals, versions, m_session.repositoryState() == Session::State::Ready);
}

bool ClustersPage::settled() const
{
    if (m_session.storeState() == Session::State::Opening || m_session.storeState() == Session::State::Reading) return false;
    if (m_session.editingClusters()) return false;
    return m_job == 0 && m_evidenceJob == 0 && m_linksJob == 0 && m_findJob == 0;
}

} // namespace tackroom::ui
