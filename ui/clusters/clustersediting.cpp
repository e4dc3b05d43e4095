// SPDX-License-Identifier: GPL-3.0-or-later
/// The part of the clusters page that changes clusters.
#include "ui/clusters/clustereditdialog.h"
#include "ui/clusters/clusterspage.h"
#include "ui/common/messagebar.h"
#include "ui/models/clustertreemodel.h"
#include "ui/models/session.h"

#include <QTreeView>

namespace tackroom::ui
{

void ClustersPage::buildEditActions()
{
    const auto add = [this](const char* id, const QString& text, const QKeySequence& key, ClusterAct act) {
        m_editActions.append(addPageAction(this, QLatin1StringView(id), text, key, [this, act] { askForEdit(act); }));
    };
    add("clusters.rename", tr("Rename…"), QKeySequence(Qt::Key_F2), ClusterAct::Rename);
    add("clusters.merge", tr("Merge…"), QKeySequence(Qt::CTRL | Qt::Key_M), ClusterAct::Merge);
    add("clusters.split", tr("Split…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S), ClusterAct::Split);
    add("clusters.assign", tr("Assign…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A), ClusterAct::Assign);
    add("clusters.describe", tr("Describe…"), QKeySequence(Qt::SHIFT | Qt::Key_F2), ClusterAct::Describe);
    add("clusters.expect", tr("What it should have done…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_W), ClusterAct::Expect);
    m_muteAction =
        addPageAction(this, QStringLiteral("clusters.mute"), tr("Mute…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M),
                      [this] { toggleEdit(ClusterAct::Mute, ClusterAct::Unmute); });
    m_resolveAction =
        addPageAction(this, QStringLiteral("clusters.resolve"), tr("Resolve…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R),
                      [this] { toggleEdit(ClusterAct::Resolve, ClusterAct::Reopen); });
    m_pinAction = addPageAction(this, QStringLiteral("clusters.pin"), tr("Pin"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P),
                                [this] { toggleEdit(ClusterAct::Pin, ClusterAct::Unpin); });
    m_editActions << m_muteAction << m_resolveAction << m_pinAction;
    m_undoAction = addPageAction(this, QStringLiteral("clusters.undo"), tr("Undo the last edit"), QKeySequence::Undo, [this] {
        if (mayEdit()) m_session.undoClusterEdit();
    });
    for (QAction* action : m_editActions) action->setObjectName(action->text());
}

bool ClustersPage::mayEdit()
{
    if (m_session.storeState() != Session::State::Ready) return false;
    if (!m_session.reviewer().name.empty()) return true;
    m_message->showWarning(tr("What is done to a cluster is written down in your name. Say who you are first."),
                           {{tr("Set your name…"), [this] { Q_EMIT openAddress(QStringLiteral("settings")); }}});
    return false;
}

void ClustersPage::askForEdit(ClusterAct act)
{
    const ClusterItem* cluster = m_model->cluster(m_current);
    if (!cluster || !mayEdit()) return;
    auto* dialog = new ClusterEditDialog(m_session, act, *cluster, m_model->overview(), this);
    connect(dialog, &ClusterEditDialog::wanted, this, [this, act](const std::vector<ClusterEdit>& edits, const QString& done) {
        // What is merged is seen where it went to.
        if (act == ClusterAct::Merge) m_current = ClusterId(edits.front().other);
        m_session.editClusters(edits, done);
    });
    dialog->open();
}

void ClustersPage::toggleEdit(ClusterAct act, ClusterAct back)
{
    const ClusterItem* cluster = m_model->cluster(m_current);
    if (!cluster || !mayEdit()) return;
    const ClusterWords& words = cluster->words;
    const bool isSet = act == ClusterAct::Mute      ? words.mute.has_value()
                       : act == ClusterAct::Resolve ? words.resolution.has_value()
                                                    : words.isPinned;
    if (!isSet && act != ClusterAct::Pin) return askForEdit(act);
    ClusterEdit edit;
    edit.act = isSet ? back : act;
    edit.cluster = m_current.value;
    m_session.editClusters({edit}, isSet ? tr("It was taken back.") : tr("The cluster stands first now."));
}

/// Names of actions follow the cluster: what is muted can be muted no more.
void ClustersPage::showEditActions()
{
    const ClusterItem* cluster = m_model->cluster(m_current);
    for (QAction* action : m_editActions) action->setEnabled(cluster != nullptr);
    if (!cluster) return;
    m_muteAction->setText(cluster->words.mute ? tr("Mute no more") : tr("Mute…"));
    m_resolveAction->setText(cluster->words.resolution ? tr("Reopen") : tr("Resolve…"));
    m_pinAction->setText(cluster->words.isPinned ? tr("Pin no more") : tr("Pin"));
}

} // namespace tackroom::ui
