// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/proposals: the review desk. Left the queue, in the middle the diff, right the evidence, beneath the decision.
#include "ui/common/page.h"
#include "ui/models/proposallistmodel.h"
#include "ui/models/session.h"
#include "ui/review/filediffpane.h"

class QListView;
class QSplitter;
class QStackedLayout;

namespace tackroom::ui {

class DecisionBar;
class EvidencePane;
class MessageBar;
class PromptImportPane;
class StatePane;
class TextLabel;

class ProposalsPage : public Page {
    Q_OBJECT
public:
    explicit ProposalsPage(Session& session, QWidget* parent = nullptr);
    ~ProposalsPage() override;
    [[nodiscard]] QString address() const override;
    bool goTo(const QString& address) override;
    void setQuery(const QString& query) override;
    [[nodiscard]] QString queryHint() const override;
    [[nodiscard]] QStringList queryCompletions() const override;
    [[nodiscard]] QList<QWidget*> panes() const override;
    [[nodiscard]] bool settled() const override;

private:
    struct Opened {
        Proposal proposal;
        CommitId tip;
        std::vector<FileDiff> files;
    };
    void makeActions();
    void makeChoices();
    void repositoryChanged();
    void show(const ProposalId& id);
    void showOpened(Result<Opened> opened);
    void stepProposal(int by);
    void decide(const QString& what, const QString& reason);
    void decided(const ProposalId& id);
    [[nodiscard]] QString needsOf(bool landing) const;
    [[nodiscard]] QString landingPreview() const;
    [[nodiscard]] DecisionRequest request(const QString& reason) const;
    void updateState();
    void togglePane(QWidget* pane);
    void showPrompts(bool shown);

    Session& m_session;
    ProposalListModel* m_model;
    QListView* m_queue;
    FileDiffPane* m_files;
    EvidencePane* m_evidence;
    DecisionBar* m_decision;
    MessageBar* m_messages;
    StatePane* m_state;
    PromptImportPane* m_prompts;
    QWidget* m_desk;
    QSplitter* m_splitter;
    TextLabel* m_title;
    TextLabel* m_about;
    QString m_query;
    ProposalId m_wanted;
    std::optional<Opened> m_opened;
    quint64 m_job = 0;
    bool m_loading = false;
    bool m_promptsOpen = false; ///< the store's prompts in place of the desk
};

} // namespace tackroom::ui
