// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/proposals/proposals.h"

#include <QAbstractListModel>

#include <optional>
#include <vector>

namespace tackroom::ui {

/// The review queue: lanes as headings (not selectable) and their proposals.
class ProposalListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { IsHeadingRole = Qt::UserRole, StateTextRole, ToneRole, IdRole };
    enum class Tone { Plain, Good, Warning, Bad };
    using QAbstractListModel::QAbstractListModel;

    /// `query`: words looked for in title, kind, layer, files, proposer.
    void setProposals(const std::vector<Proposal>& proposals, const QString& query);
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] const Proposal* at(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOf(const ProposalId& id) const;
    /// The next selectable row after `row` in direction `by`; -1 where there is none.
    [[nodiscard]] int nextRow(int row, int by) const;
    [[nodiscard]] int waiting() const { return m_waiting; }

    [[nodiscard]] static QString baseStateText(BaseState state);
    [[nodiscard]] static QString stateText(ProposalState state);

private:
    struct Row {
        QString heading;
        std::optional<Proposal> proposal;
    };
    std::vector<Row> m_rows;
    int m_waiting = 0;
};

} // namespace tackroom::ui
