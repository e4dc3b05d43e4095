// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"
#include "ui/common/page.h"

#include <map>
#include <string>

class QSplitter;
class QStackedLayout;
class QTreeView;

namespace tackroom::ui
{

class ClusterReport;
class ClusterTreeModel;
class MessageBar;
class Session;
class StatePane;
class TextLabel;

/// The failure clusters of the open store. Address: `cluster/<id>`.
class ClustersPage : public Page
{
    Q_OBJECT
public:
    explicit ClustersPage(Session& session, QWidget* parent = nullptr);
    ~ClustersPage() override;

    [[nodiscard]] QString address() const override;
    bool goTo(const QString& address) override;
    void setQuery(const QString& query) override;
    [[nodiscard]] QStringList queryCompletions() const override;
    [[nodiscard]] QString queryHint() const override;
    [[nodiscard]] QList<QWidget*> panes() const override;
    [[nodiscard]] bool settled() const override;

    [[nodiscard]] ClusterTreeModel& model() const { return *m_model; }
    [[nodiscard]] QTreeView& tree() const { return *m_tree; }
    [[nodiscard]] ClusterReport& report() const { return *m_report; }

private:
    QWidget* buildTree();
    void buildActions();
    // What changes clusters: clustersediting.cpp.
    void buildEditActions();
    [[nodiscard]] bool mayEdit();
    void askForEdit(ClusterAct act);
    void toggleEdit(ClusterAct act, ClusterAct back);
    void showEditActions();
    void storeChanged();
    void load();
    void take(Result<ClusterOverview> overview);
    void showStoreState();
    void afterReset();
    void showCounts();
    void currentChanged();
    void showCluster(const ClusterId& id);
    void openWanted();
    void findLinks();
    void showLinks();
    void openFirstExemplar();

    Session& m_session;
    QStackedLayout *m_pages, *m_treePages, *m_reportPages;
    StatePane *m_state, *m_noMatch, *m_noneSelected;
    MessageBar* m_message;
    QSplitter* m_split;
    ClusterTreeModel* m_model;
    QTreeView* m_tree;
    TextLabel* m_counts;
    ClusterReport* m_report;
    QString m_query, m_shownPath;
    ClusterId m_current;                          ///< in the report
    ClusterId m_wanted;                           ///< an address that waits for its data
    std::string m_firstExemplar;                  ///< its address
    std::map<std::string, ClusterId> m_clusterOf; ///< what proposals name (`Cluster:` trailer) and the cluster that it is
    QList<QAction*> m_editActions;                ///< in the order of their buttons
    QAction *m_muteAction = nullptr, *m_resolveAction = nullptr, *m_pinAction = nullptr, *m_undoAction = nullptr;
    bool m_resetting = false;
    quint64 m_job = 0, m_evidenceJob = 0, m_linksJob = 0, m_findJob = 0;
};

} // namespace tackroom::ui
