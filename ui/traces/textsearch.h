// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/everywhere.h"

#include <QElapsedTimer>
#include <QFrame>
#include <QTimer>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

class QProgressBar;
class QPushButton;
class QToolButton;

namespace tackroom::ui
{

class Session;
class TextLabel;
class TextPage;

/// Words of the query in the texts of runs, beneath the run table: in how many runs they were looked for, looking through all
/// of them on request, and where they stand in the run that is shown. It also keeps the full-text index up to date in the
/// background. Hidden while the query has no words.
class TextSearch : public QFrame
{
    Q_OBJECT
public:
    explicit TextSearch(Session& session, QWidget* parent = nullptr);

    /// The query as it was typed. What was found everywhere stays while the words stay.
    void setQuery(const RunFilter& filter);
    /// The same with what was found.
    [[nodiscard]] RunFilter filter() const;
    [[nodiscard]] bool hasWords() const { return !m_words.empty(); }

    void searchEverything();
    void stop();
    [[nodiscard]] bool isSearching() const { return m_searchJob != 0; }
    [[nodiscard]] bool searchedEverything() const { return m_everything; }

    /// The run that is read: its matches are listed. `jump`: the first one is gone to.
    void showRun(RunRow row, bool jump);
    /// One match on or back, round.
    void goToMatch(int by);
    [[nodiscard]] const std::vector<TextHit>& matches() const { return m_matches; }
    [[nodiscard]] bool settled() const;

Q_SIGNALS:
    void filterChanged(); ///< more was found
    void stepWanted(tackroom::RunRow row, const std::string& step);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Arrived; ///< what the searching thread found since it was last looked at
    void storeChanged();
    void fillIndex();
    void lookAtCoverage();
    void takeArrived();
    void forgetFound();
    void loadMatches(bool jump);
    void showMatches();
    void fill();
    [[nodiscard]] QString statusText() const;

    Session& m_session;
    TextLabel *m_status, *m_place;
    QPushButton *m_all, *m_stop;
    QToolButton *m_previous, *m_next;
    QProgressBar* m_progress;
    TextPage* m_list;

    RunFilter m_filter;
    std::vector<std::string> m_words, m_wanted; ///< all of them, and those that must be there
    QString m_storePath;
    // The full-text index.
    TextCoverage m_coverage;
    bool m_covered = false, m_fillAgain = false;
    std::string m_fillProblem;
    quint64 m_fillJob = 0, m_coverageJob = 0;
    // Everything.
    quint64 m_searchJob = 0;
    bool m_everything = false;
    EverywhereReport m_report;
    std::string m_searchProblem;
    FoundRuns m_found;
    std::int64_t m_foundRuns = 0;
    std::shared_ptr<Arrived> m_arrived;
    QTimer m_lookSoon;
    // The run that is shown.
    RunRow m_row;
    std::vector<TextHit> m_matches;
    int m_current = -1;
    quint64 m_matchJob = 0;
};

} // namespace tackroom::ui
