// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/models/session.h"

#include <QScrollArea>

class QVBoxLayout;

namespace tackroom::ui {

/// Why an edit is proposed: the proposer's words as a claim, the cluster with its counts, exemplars that open at the failing step.
class EvidencePane : public QScrollArea {
    Q_OBJECT
public:
    explicit EvidencePane(Session& session, QWidget* parent = nullptr);
    void setProposal(const Proposal* proposal);
    /// RunKeys and cluster ids that were on screen; they go into the decision.
    [[nodiscard]] const std::vector<std::string>& shown() const { return m_shown; }
    [[nodiscard]] bool settled() const { return !m_waiting; }

Q_SIGNALS:
    void openAddress(const QString& address);

private:
    struct Evidence {
        ClusterItem cluster;
        std::vector<ExemplarRun> exemplars;
        std::int64_t runs = 0;
    };
    void begin();
    void addClaim(const Proposal& proposal);
    void showEvidence(const Evidence& evidence);
    void say(const QString& text, int style);
    Session& m_session;
    QWidget* m_inner = nullptr;
    QVBoxLayout* m_column = nullptr;
    std::vector<std::string> m_shown;
    quint64 m_job = 0;
    bool m_waiting = false;
};

} // namespace tackroom::ui
