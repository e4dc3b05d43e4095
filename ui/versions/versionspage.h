// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/versions: what is live, who decided it and why, and how to take it back or hand it on.
#include "ui/common/page.h"
#include "ui/models/session.h"
#include "ui/models/versionlistmodel.h"
#include "ui/review/filediffpane.h"

class QListView;
class QPushButton;
class QSplitter;

namespace tackroom::ui {

class BundlePanel;
class DecisionBar;
class EffectTable;
class MessageBar;
class StatePane;
class TextLabel;

class VersionsPage : public Page {
    Q_OBJECT
public:
    explicit VersionsPage(Session& session, QWidget* parent = nullptr);
    ~VersionsPage() override;
    [[nodiscard]] QString address() const override;
    bool goTo(const QString& address) override;
    void setQuery(const QString& query) override;
    [[nodiscard]] QString queryHint() const override;
    [[nodiscard]] QList<QWidget*> panes() const override;
    [[nodiscard]] bool settled() const override;

private:
    struct Opened {
        Version version;
        std::vector<FileDiff> files;
    };
    struct Preview {
        RollbackPreview rollback;
        std::vector<FileDiff> files;
    };
    void makeActions();
    void makeChoices();
    QWidget* makeVersionPane();
    void repositoryChanged();
    void updateState();
    void show(const std::string& commit);
    void showOpened(Result<Opened> opened);
    void loadEffect();
    void showEffect(const ClusterOverview& overview);
    void beginRollback();
    void showPreview(Result<Preview> preview);
    void endRollback();
    void landRollback(const QString& reason);
    [[nodiscard]] QString rollbackNeeds() const;

    Session& m_session;
    VersionListModel* m_model;
    QListView* m_list;
    QSplitter* m_splitter;
    StatePane* m_state;
    QWidget* m_body;
    MessageBar* m_messages;
    TextLabel* m_title = nullptr;
    TextLabel* m_about = nullptr;
    TextLabel* m_decisionText = nullptr;
    TextLabel* m_effectTitle = nullptr;
    EffectTable* m_effect = nullptr;
    QPushButton* m_rollback = nullptr;
    QPushButton* m_export = nullptr;
    FileDiffPane* m_files = nullptr;
    BundlePanel* m_bundle = nullptr;
    DecisionBar* m_decision = nullptr;
    QString m_query;
    std::string m_wanted;
    std::optional<Opened> m_opened;
    std::optional<Preview> m_preview;
    quint64 m_job = 0, m_effectJob = 0;
    bool m_loading = false, m_effectLoading = false;
};

} // namespace tackroom::ui
