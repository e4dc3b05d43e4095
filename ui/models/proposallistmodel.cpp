// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/proposallistmodel.h"

#include "ui/common/shown.h"

#include <array>

namespace tackroom::ui {

namespace {

enum Group { ToReview, Waiting, Deferred, Stale, Decided, kGroupCount };

Group groupOf(const Proposal& proposal)
{
    switch (proposal.state) {
    case ProposalState::Approved:
    case ProposalState::Rejected:
    case ProposalState::RolledBack: return Decided;
    case ProposalState::Deferred: return Deferred;
    case ProposalState::ChangesRequested: return Waiting;
    case ProposalState::InReview: break;
    }
    // What does not apply is still worth reading, but nothing can land from it as it stands.
    const BaseState base = proposal.baseState;
    return base == BaseState::Conflicts || base == BaseState::TargetGone || base == BaseState::BaseGone || base == BaseState::AlreadyContained ? Stale : ToReview;
}

QString groupTitle(int group)
{
    switch (group) {
    case ToReview: return ProposalListModel::tr("To review");
    case Waiting: return ProposalListModel::tr("Waiting for changes");
    case Deferred: return ProposalListModel::tr("Deferred");
    case Stale: return ProposalListModel::tr("Stale");
    default: return ProposalListModel::tr("Decided");
    }
}

bool matches(const Proposal& proposal, const QString& query)
{
    QString text = shownLine(proposal.title) + QLatin1Char(' ') + own(proposal.kind) + QLatin1Char(' ') + own(proposal.layer) + QLatin1Char(' ') +
                   shownLine(proposal.proposedBy) + QLatin1Char(' ') + shownLine(proposal.cluster);
    for (const FileChange& change : proposal.changes) text += QLatin1Char(' ') + shownLine(change.path);
    for (const QString& word : query.split(QLatin1Char(' '), Qt::SkipEmptyParts))
        if (!text.contains(word, Qt::CaseInsensitive)) return false;
    return true;
}

ProposalListModel::Tone toneOf(const Proposal& proposal)
{
    using Tone = ProposalListModel::Tone;
    if (proposal.state == ProposalState::Approved) return Tone::Good;
    if (proposal.state != ProposalState::InReview) return Tone::Plain;
    if (proposal.baseState == BaseState::Clean) return Tone::Plain;
    return proposal.baseState == BaseState::Reapplies ? Tone::Warning : Tone::Bad;
}

} // namespace

QString ProposalListModel::baseStateText(BaseState state)
{
    switch (state) {
    case BaseState::Clean: return tr("applies cleanly");
    case BaseState::Reapplies: return tr("re-applies on a newer base");
    case BaseState::AlreadyContained: return tr("already contained");
    case BaseState::Conflicts: return tr("conflicts");
    case BaseState::TargetGone: return tr("its file is gone");
    case BaseState::BaseGone: return tr("its base is gone");
    }
    return {};
}

QString ProposalListModel::stateText(ProposalState state)
{
    switch (state) {
    case ProposalState::InReview: return tr("in review");
    case ProposalState::Approved: return tr("approved");
    case ProposalState::Rejected: return tr("rejected");
    case ProposalState::Deferred: return tr("deferred");
    case ProposalState::ChangesRequested: return tr("changes requested");
    case ProposalState::RolledBack: return tr("rolled back");
    }
    return {};
}

void ProposalListModel::setProposals(const std::vector<Proposal>& proposals, const QString& query)
{
    beginResetModel();
    m_rows.clear();
    m_waiting = 0;
    std::array<std::vector<const Proposal*>, kGroupCount> groups;
    for (const Proposal& proposal : proposals) {
        const Group group = groupOf(proposal);
        if (group == ToReview) ++m_waiting;
        if (matches(proposal, query)) groups[group].push_back(&proposal);
    }
    for (int group = 0; group < kGroupCount; ++group) {
        const auto& members = groups[static_cast<std::size_t>(group)];
        if (members.empty()) continue;
        m_rows.push_back({groupTitle(group) + QLatin1Char(' ') + QString::number(members.size()), {}});
        for (const Proposal* proposal : members) m_rows.push_back({{}, *proposal});
    }
    endResetModel();
}

int ProposalListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

QVariant ProposalListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == IsHeadingRole) return !row.proposal;
    if (!row.proposal) return role == Qt::DisplayRole || role == Qt::AccessibleTextRole ? QVariant(row.heading) : QVariant();
    const Proposal& p = *row.proposal;
    const QString state = p.state == ProposalState::InReview ? baseStateText(p.baseState) : stateText(p.state);
    switch (role) {
    case Qt::DisplayRole: return shownLine(p.title, 200);
    case StateTextRole: return QString(own(p.kind) + QStringLiteral(" · ") + state);
    case ToneRole: return static_cast<int>(toneOf(p));
    case IdRole: return own(p.id.value);
    case Qt::ToolTipRole: return plainToolTip(shownLine(p.title, 300) + QStringLiteral("\n") + own(p.id.value) + QStringLiteral("\n") + shownLine(p.source));
    case Qt::AccessibleTextRole: return tr("%1, %2, %3").arg(shownLine(p.title, 200), own(p.kind), state);
    default: return {};
    }
}

Qt::ItemFlags ProposalListModel::flags(const QModelIndex& index) const
{
    if (!index.isValid()) return Qt::NoItemFlags;
    return at(index) ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren : Qt::ItemNeverHasChildren;
}

const Proposal* ProposalListModel::at(const QModelIndex& index) const
{
    if (!index.isValid() || index.row() >= rowCount()) return nullptr;
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    return row.proposal ? &*row.proposal : nullptr;
}

QModelIndex ProposalListModel::indexOf(const ProposalId& id) const
{
    for (int i = 0; i < rowCount(); ++i)
        if (const Proposal* proposal = at(index(i)); proposal && proposal->id == id) return index(i);
    return {};
}

int ProposalListModel::nextRow(int row, int by) const
{
    for (int i = row + by; i >= 0 && i < rowCount(); i += by)
        if (at(index(i))) return i;
    return -1;
}

} // namespace tackroom::ui
