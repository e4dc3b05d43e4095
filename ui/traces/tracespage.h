// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/judgement.h"
#include "core/index/runqueries.h"
#include "ui/common/page.h"

#include <QStringList>
#include <QTimer>

#include <string>

class QSplitter;
class QStackedLayout;
class QToolButton;

namespace tackroom::ui
{

class CompareView;
class MessageBar;
class OutcomeBar;
class RunTableModel;
class RunTableView;
class RunView;
class Session;
class StatePane;
class TextLabel;
class TextPage;
class TextSearch;
class VersionRuleDialog;
class VersionRules;

/// The runs of the open store. Addresses: `run/<key>` and `run/<key>/step/<step id>`.
class TracesPage : public Page
{
    Q_OBJECT
public:
    explicit TracesPage(Session& session, QWidget* parent = nullptr);
    ~TracesPage() override;

    [[nodiscard]] QString address() const override;
    bool goTo(const QString& address) override;
    void setQuery(const QString& query) override;
    [[nodiscard]] QStringList queryCompletions() const override { return m_completions; }
    [[nodiscard]] QString queryHint() const override;
    [[nodiscard]] std::optional<QList<QueryView>> queryViews() const override;
    void keepQueryView(const QString& name, const QString& query) override;
    void forgetQueryView(const QString& name) override;
    [[nodiscard]] QList<QWidget*> panes() const override;
    [[nodiscard]] bool settled() const override;

    [[nodiscard]] RunTableModel& model() const { return *m_model; }
    [[nodiscard]] RunTableView& table() const { return *m_table; }
    [[nodiscard]] RunView& run() const { return *m_first; }
    /// The words of the query in the texts of runs.
    [[nodiscard]] TextSearch& search() const { return *m_search; }
    /// Two runs side by side, while two are selected.
    [[nodiscard]] CompareView& comparison() const { return *m_compare; }
    [[nodiscard]] OutcomeBar& outcomeBar() const { return *m_outcomes; }
    /// What tells the harness version in the open store.
    void editVersionRule();
    [[nodiscard]] VersionRuleDialog* versionRuleDialog() const;

private:
    QWidget* buildList();
    void buildActions();
    void connectSearch();
    void storeChanged();
    void showNoStore();
    void showFailed();
    void rowsArrived();
    void showCounts();
    void toggleSkipped();
    using FieldValues = std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::int64_t>>>>;
    void loadCompletions();
    void lookForCosts();
    void fillCompletions(const FieldValues& values);
    void showSelected();
    void openWanted();
    void openRun(RunRow row, const std::string& stepId);
    void judge(JudgeVerdict verdict);
    void goToNextRun();
    void compare(bool on);
    void showOutcomeBar();

    Session& m_session;
    QStackedLayout* m_pages;
    StatePane *m_state, *m_noMatch;
    MessageBar* m_message;
    QSplitter *m_split, *m_right;
    QStackedLayout* m_listPages;
    RunTableModel* m_model;
    VersionRules* m_versionRules;
    RunTableView* m_table;
    TextLabel* m_counts;
    QToolButton* m_skippedButton;
    TextPage* m_skipped;
    RunView* m_first;
    CompareView* m_compare;
    OutcomeBar* m_outcomes;
    TextSearch* m_search;
    QList<int> m_sizesBefore; ///< of the split, while two runs stand side by side in a narrow window
    QTimer m_selectSoon, m_filterSoon;
    QString m_query, m_shownPath;
    QStringList m_completions;
    std::string m_wantedRun, m_wantedStep; ///< an address that waits for its data
    QString m_goingTo;                     ///< the same, until its run is on screen
    quint64 m_findJob = 0, m_completionJob = 0, m_costJob = 0, m_skippedJob = 0;
    bool m_judgedFromList = false; ///< the key was pressed there: the focus goes back there
    bool m_asked = false; ///< the rows of the open store have been asked for
};

} // namespace tackroom::ui
