// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/priornames.h"
#include "core/index/runqueries.h"

#include <QAction>
#include <QList>
#include <QScrollArea>

#include <functional>
#include <optional>
#include <vector>

class QVBoxLayout;

namespace tackroom::ui
{

/// What the report needs beside the cluster itself; read on a worker thread.
struct ClusterEvidence {
    std::vector<ExemplarRun> exemplars;
    std::optional<RunListItem> first, last; ///< of its runs, by start
    std::optional<PriorName> prior;         ///< what the store itself calls it
};
[[nodiscard]] Result<ClusterEvidence> readClusterEvidence(RunQueries& queries, const std::filesystem::path& storeCacheFolder,
                                                          const ClusterId& id);

/// Something that names the cluster and can be opened: a proposal, a version.
struct ClusterLink {
    QString text, note, address;
};

/// One cluster as a page to read.
class ClusterReport : public QScrollArea
{
    Q_OBJECT
public:
    using VersionText = std::function<QString(const std::string& version, const std::string& label)>;
    explicit ClusterReport(VersionText versionText, QWidget* parent = nullptr);
    /// What can be done to the cluster: buttons beneath its name, as many as there is room for, the others in a menu.
    void setActions(const QList<QAction*>& actions) { m_actions = actions; }
    void showCluster(const ClusterItem& cluster, std::int64_t allRuns);
    void setEvidence(const ClusterEvidence& evidence);
    void setEvidenceError(const Error& error);
    /// `knowsRepository` false: no harness repository is open, and the section says so.
    void setLinks(const std::vector<ClusterLink>& proposals, const std::vector<ClusterLink>& versions, bool knowsRepository);

Q_SIGNALS:
    void openAddress(const QString& address);

private:
    QVBoxLayout* section(const QString& title);
    void addActions();
    void addWords(const ClusterItem& cluster);
    void addFigures(const ClusterItem& cluster, std::int64_t allRuns);
    void addVersions(const ClusterItem& cluster);
    void addLinks(QVBoxLayout* column, const std::vector<ClusterLink>& links, const QString& none);
    static void empty(QLayout* layout);

    VersionText m_versionText;
    QWidget* m_page = nullptr;
    QVBoxLayout* m_column = nullptr;
    QVBoxLayout *m_prior = nullptr, *m_seen = nullptr, *m_exemplars = nullptr, *m_proposals = nullptr, *m_versions = nullptr;
    QList<QAction*> m_actions;
    ClusterItem m_cluster;
};

} // namespace tackroom::ui
