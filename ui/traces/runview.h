// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/judgement.h"
#include "ui/traces/conversationturns.h"
#include "ui/traces/rundetails.h"

#include <QWidget>

#include <memory>

class QStackedLayout;
class QTabWidget;
class QToolButton;
class QVBoxLayout;

namespace tackroom::ui
{

class ConversationView;
class JudgePanel;
class LinkButton;
class MessageBar;
class LongTextPane;
class RawView;
class Session;
class StatePane;
class StepsView;
class TextLabel;

/// One run: heading, scores, human decisions, and three ways to read it. Bodies are fetched when their tab is looked at.
class RunView : public QWidget
{
    Q_OBJECT
public:
    enum Tab { ConversationTab, StepsTab, RawTab };
    explicit RunView(Session& session, QWidget* parent = nullptr);

    /// Shows a run, at a step where one is named; the same run again only moves there.
    void showRun(RunRow row, const std::string& stepId = {});
    /// Reads the run that is shown anew: the store has changed.
    void reload();
    void clear();
    [[nodiscard]] RunRow row() const { return m_row; }
    /// Nothing while it is being read.
    [[nodiscard]] const RunDetails* details() const { return m_details.get(); }
    [[nodiscard]] const std::string& currentStep() const { return m_step; }
    [[nodiscard]] Tab tab() const;
    void showTab(Tab tab);

    void goToFirstError();
    void goToNextError();     ///< round to the first again
    void goToPreviousError(); ///< round to the last again
    void goToDecisiveStep();
    void toggleCurrent();
    void focusReading();
    void copyAsMarkdown();
    void copyAsJson();
    void copyStepAsMarkdown();
    void copyStepAsJson();
    void copyRawPath();
    /// Asks for the reason; the judgement is written when it is kept.
    void judge(JudgeVerdict verdict);
    [[nodiscard]] bool settled() const;

Q_SIGNALS:
    void placeChanged(); ///< run or step, by the user or by showRun()
    void openAddress(const QString& address);
    void judged(bool goOn); ///< a judgement is on its way; `goOn`: to the next run
    void judgingLeft();     ///< the reason has been closed: the focus may go back to the list

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    static constexpr std::uint64_t kMostConversationBytes = 4 * 1024 * 1024;
    void buildHeading(QVBoxLayout* column);
    void buildTabs(QVBoxLayout* column);
    void buildJudging(QVBoxLayout* column);
    void load();
    void take(Result<RunDetails> details);
    void takeAgain(const RunDetails& before);
    void fillHeading();
    void fillNotes();
    void fillJudgement();
    void colorHeading();
    void fetchConversation();
    void layOutConversation();
    void showConversation(std::vector<Turn> turns);
    void conversationFailed(const Error& error);
    void buildWholePart(QWidget* parent);
    void readWholePart(std::size_t turn, std::size_t part);
    void showWholePart(Result<std::string> text, const QString& title);
    void leaveWholePart();
    void loadTab();
    void jumpTo(const std::string& stepId, bool decisive);
    [[nodiscard]] bool showNearby(const std::string& stepId);
    void stepMoved(const std::string& stepId);
    void copy(bool markdown);
    void copyText(const std::shared_ptr<const Body>& from, bool markdown);
    void copyStep(bool markdown);
    void buildCopyMenu(QToolButton* button);
    void sayCopied(bool markdown, std::size_t masked);
    [[nodiscard]] static bool masks();
    void fitCorner();

    Session& m_session;
    QStackedLayout* m_pages;
    StatePane *m_state, *m_conversationState;
    QStackedLayout* m_conversationPages;
    QWidget* m_content;
    TextLabel *m_task, *m_outcome, *m_reason, *m_facts, *m_decisive;
    LinkButton* m_cluster;
    QWidget* m_notes;
    QVBoxLayout* m_notesColumn;
    bool m_allNotes = false;
    MessageBar* m_message;
    QTabWidget* m_tabs;
    QToolButton *m_errorButton, *m_decisiveButton;
    QWidget* m_corner;
    ConversationView* m_conversation;
    LongTextPane* m_whole;
    StepsView* m_steps;
    RawView* m_raw;
    JudgePanel* m_judge;

    RunRow m_row;
    std::shared_ptr<const RunDetails> m_details; ///< shared with the job that lays out the conversation
    std::shared_ptr<const Body> m_body;
    std::string m_step;
    bool m_moving = false; ///< the views are being moved together
    bool m_jumpPending = false, m_jumpDecisive = false;
    bool m_keepPlace = false; ///< the conversation that comes is the same one, grown
    quint64 m_job = 0, m_bodyJob = 0, m_wholeJob = 0;
};

} // namespace tackroom::ui
