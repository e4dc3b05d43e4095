// SPDX-License-Identifier: GPL-3.0-or-later
/// What people do to clusters: the part of the session that writes it.
#include "core/workspace/clusteredits.h"
#include "ui/models/session.h"

namespace tackroom::ui
{

void Session::editClusters(std::vector<ClusterEdit> edits, const QString& done)
{
    writeClusterEdits([edits = std::move(edits)]() -> Result<std::vector<ClusterEdit>> { return edits; }, done);
}

void Session::undoClusterEdit()
{
    writeClusterEdits(
        [places = m_places, folder = m_store.folder]() -> Result<std::vector<ClusterEdit>> {
            TR_ASSIGN(ClusterEdit undo, undoOf(places, folder));
            return std::vector{std::move(undo)};
        },
        tr("The last edit of the clusters was undone."));
}

void Session::writeClusterEdits(std::function<Result<std::vector<ClusterEdit>>()> edits, const QString& done)
{
    ++m_clusterJobs;
    // On the git lane: two edits come into the journal in the order in which they were made.
    m_jobs->start<ClustersEdited>(
        {QString(), ui::Lane::Git, false, true}, this,
        [this, edits = std::move(edits), reviewer = reviewer(), places = m_places,
         folder = m_store.folder](const CancelToken& cancel, const Progress&) -> Result<ClustersEdited> {
            TR_ASSIGN(auto wanted, edits());
            return tackroom::editClusters(places, laneRepository(), folder, std::move(wanted), reviewer, cancel);
        },
        [this, done](Result<ClustersEdited> edited) {
            --m_clusterJobs;
            if (!edited) {
                Q_EMIT failureRaised(edited.error());
                return;
            }
            if (edited->notShared) Q_EMIT failureRaised(*edited->notShared);
            Q_EMIT newsRaised(done);
            if (m_storeState != State::Ready) return;
            ++m_storeGeneration;
            Q_EMIT storeChanged();
        });
}

} // namespace tackroom::ui
