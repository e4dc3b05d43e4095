// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/runview.h"

#include "core/traces/masking.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/judgepanel.h"
#include "ui/traces/longtext.h"
#include "ui/traces/rawview.h"
#include "ui/traces/stepsview.h"

#include <QEvent>
#include <QMenu>
#include <QSettings>
#include <QStackedLayout>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace tackroom::ui
{

namespace
{
constexpr const char* kMaskKey = "traces/maskCopies";
} // namespace

RunView::RunView(Session& session, QWidget* parent)
    : QWidget(parent),
      m_session(session),
      m_pages(new QStackedLayout(this)),
      m_state(new StatePane(this)),
      m_conversationState(new StatePane(this)),
      m_conversationPages(nullptr),
      m_content(new QWidget(this))
{
    setAccessibleName(tr("Run"));
    auto* column = new QVBoxLayout(m_content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_message = new MessageBar(m_content);
    column->addWidget(m_message);
    buildHeading(column);
    buildTabs(column);
    buildJudging(column);
    m_pages->addWidget(m_state);
    m_pages->addWidget(m_content);
    setFocusProxy(m_conversation);
    clear();
}

void RunView::buildTabs(QVBoxLayout* column)
{
    m_tabs = new QTabWidget(m_content);
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(tr("Ways to read the run"));
    auto* conversationTab = new QWidget(m_tabs);
    m_conversationPages = new QStackedLayout(conversationTab);
    m_conversation = new ConversationView(conversationTab);
    m_conversationPages->addWidget(m_conversationState);
    m_conversationPages->addWidget(m_conversation);
    buildWholePart(conversationTab);
    m_steps = new StepsView(m_session, m_tabs);
    m_raw = new RawView(m_session, m_tabs);
    m_tabs->addTab(conversationTab, tr("Conversation"));
    m_tabs->addTab(m_steps, tr("Steps"));
    m_tabs->addTab(m_raw, tr("Raw"));

    auto* corner = m_corner = new QWidget(m_tabs);
    auto* buttons = new QHBoxLayout(corner);
    buttons->setContentsMargins(0, 0, kGrid, 0);
    buttons->setSpacing(kGrid / 2);
    const auto button = [&](const QString& text, const QString& toolTip) {
        auto* made = new QToolButton(corner);
        made->setText(text);
        made->setToolTip(toolTip);
        made->setAutoRaise(true);
        buttons->addWidget(made);
        return made;
    };
    m_errorButton = button({}, {});
    m_decisiveButton = button({}, {});
    m_errorButton->setAccessibleName(tr("First error"));
    m_decisiveButton->setAccessibleName(tr("Decisive step"));
    auto* copyButton = button(tr("Copy"), tr("Copy the run or the step as text"));
    copyButton->setPopupMode(QToolButton::InstantPopup);
    buildCopyMenu(copyButton);
    m_tabs->setCornerWidget(corner);
    column->addWidget(m_tabs, 1);

    connect(m_errorButton, &QToolButton::clicked, this, &RunView::goToNextError);
    connect(m_decisiveButton, &QToolButton::clicked, this, &RunView::goToDecisiveStep);
    connect(m_tabs, &QTabWidget::currentChanged, this, &RunView::loadTab);
    connect(m_steps, &StepsView::stepPicked, this, [this](const QString& stepId) { stepMoved(utf8(stepId)); });
    connect(m_conversation, &ConversationView::stepPicked, this, [this](const QString& stepId) {
        const std::string step = utf8(stepId);
        m_moving = true;
        m_steps->showStep(step);
        m_moving = false;
        stepMoved(step);
    });
}

void RunView::buildJudging(QVBoxLayout* column)
{
    m_judge = new JudgePanel(m_content);
    column->addWidget(m_judge);
    connect(m_judge, &JudgePanel::judged, this, [this](const RunJudgement& judgement, const QString& reason, bool goOn) {
        m_session.judge(judgement, reason);
        Q_EMIT judged(goOn);
    });
    connect(m_judge, &JudgePanel::undone, this, [this] { m_session.undoJudgement(); });
    connect(m_judge, &JudgePanel::closed, this, &RunView::judgingLeft);
    connect(m_judge, &JudgePanel::nameWanted, this, [this] {
        m_message->showWarning(tr("A judgement is written in your name. Say who you are first."),
                               {{tr("Set your name…"), [this] { Q_EMIT openAddress(QStringLiteral("settings")); }}});
    });
}

void RunView::judge(JudgeVerdict verdict)
{
    m_judge->setReviewer(m_session.reviewer());
    m_judge->begin(verdict);
}

void RunView::fillJudgement()
{
    if (!m_details) return;
    m_judge->setReviewer(m_session.reviewer());
    m_judge->setRun(m_details->item.run.key, m_session.judgementOf(m_details->item.run.key));
    m_judge->setCanUndo(m_session.canUndoJudgement());
}

void RunView::buildCopyMenu(QToolButton* button)
{
    auto* menu = new QMenu(button);
    menu->addAction(tr("Run as Markdown"), this, &RunView::copyAsMarkdown);
    menu->addAction(tr("Run as JSON"), this, &RunView::copyAsJson);
    QAction* stepMarkdown = menu->addAction(tr("Step as Markdown"), this, &RunView::copyStepAsMarkdown);
    QAction* stepJson = menu->addAction(tr("Step as JSON"), this, &RunView::copyStepAsJson);
    menu->addSeparator();
    QAction* mask = menu->addAction(tr("Mask secrets and personal data"));
    mask->setObjectName(QStringLiteral("copyMasks"));
    mask->setCheckable(true);
    connect(mask, &QAction::toggled, this, [](bool on) { QSettings().setValue(QLatin1StringView(kMaskKey), on); });
    QMenu* patterns = menu->addMenu(tr("What is masked"));
    for (const MaskPattern& pattern : maskPatterns())
        patterns->addAction(tr("%1: %2").arg(own(pattern.name), own(pattern.explanation)))->setEnabled(false);
    connect(menu, &QMenu::aboutToShow, this, [this, mask, stepMarkdown, stepJson] {
        mask->setChecked(masks());
        const bool any = m_details && !m_step.empty() && m_details->step(m_step);
        for (QAction* action : {stepMarkdown, stepJson}) action->setEnabled(any);
    });
    button->setMenu(menu);
}

bool RunView::masks() { return QSettings().value(QLatin1StringView(kMaskKey), true).toBool(); }

RunView::Tab RunView::tab() const { return static_cast<Tab>(m_tabs->currentIndex()); }

void RunView::showTab(Tab tab) { m_tabs->setCurrentIndex(tab); }

bool RunView::settled() const
{
    return m_job == 0 && m_bodyJob == 0 && m_wholeJob == 0 && !m_conversation->writing() && m_whole->settled() &&
           m_steps->settled() && m_raw->settled();
}

void RunView::clear()
{
    m_session.jobs().cancel(m_job);
    m_session.jobs().cancel(m_bodyJob);
    m_job = m_bodyJob = 0;
    leaveWholePart();
    m_row = {};
    m_details.reset();
    m_body.reset();
    m_step.clear();
    m_jumpPending = m_keepPlace = false;
    m_message->clear();
    m_moving = true;
    m_conversation->setTurns({}, 0);
    m_steps->clear();
    m_moving = false;
    m_raw->clear();
    m_state->showEmpty(tr("No run selected"), tr("Select a run in the list to read it. Select two to read them side by side."));
    m_pages->setCurrentWidget(m_state);
}

void RunView::showRun(RunRow row, const std::string& stepId)
{
    if (row == m_row && m_details) {
        if (!stepId.empty()) jumpTo(stepId, false);
        return;
    }
    if (row == m_row && stepId.empty()) return; // on its way
    clear();
    m_row = row;
    m_step = stepId;
    load();
}

void RunView::reload()
{
    if (m_row.value != 0 && m_job == 0) load();
}

void RunView::load()
{
    if (!m_details) {
        m_state->showLoading(tr("Reading the run"));
        m_pages->setCurrentWidget(m_state);
    }
    m_job = m_session.askRuns<RunDetails>(
        this,
        [row = m_row, folder = m_session.store().folder](RunQueries& queries) { return readRunDetails(queries, folder, row); },
        [this](Result<RunDetails> details) { take(std::move(details)); });
}

void RunView::take(Result<RunDetails> details)
{
    m_job = 0;
    if (!details) {
        m_details.reset();
        m_state->showEmpty(tr("This run could not be read"), sentenceOf(details.error()),
                           {{tr("Try again"), [this] { load(); }}});
        m_pages->setCurrentWidget(m_state);
        return;
    }
    const std::shared_ptr<const RunDetails> before =
        std::exchange(m_details, std::make_shared<const RunDetails>(std::move(*details)));
    fillHeading();
    m_pages->setCurrentWidget(m_content);
    if (before) {
        takeAgain(*before);
        return;
    }
    const std::string step = m_step;
    m_moving = true;
    m_steps->setDetails(m_details);
    m_moving = false;
    m_step = step;
    if (!step.empty()) jumpTo(step, false);
    loadTab();
    if (step.empty()) Q_EMIT placeChanged();
}

void RunView::takeAgain(const RunDetails& before)
{
    const auto explanation = [](const RunDetails& details) {
        return details.decisive() ? details.decisive()->explanation : std::string();
    };
    const Run &was = before.item.run, &is = m_details->item.run;
    const bool grown = was.stepCount != is.stepCount || was.end != is.end;
    if (!grown && explanation(before) == explanation(*m_details) && before.decisions.size() == m_details->decisions.size())
        return;
    // The reader's place stays where it is.
    m_moving = true;
    m_steps->setDetails(m_details);
    m_steps->showStep(m_step);
    m_moving = false;
    m_keepPlace = true;
    if (grown) m_body.reset();
    if (m_body)
        layOutConversation();
    else
        loadTab();
}

void RunView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitCorner();
}

void RunView::fitCorner()
{
    // Signs alone where words would push a tab behind arrows.
    const auto name = [this](bool words) {
        m_errorButton->setText(words ? tr("✗ First error") : tr("✗"));
        m_decisiveButton->setText(words ? tr("◎ Decisive step") : tr("◎"));
        m_corner->adjustSize();
    };
    name(true);
    if (m_tabs->tabBar()->sizeHint().width() + m_corner->sizeHint().width() > width()) name(false);
}

void RunView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) colorHeading();
}

void RunView::fetchConversation()
{
    if (m_body || m_bodyJob || !m_details) return;
    if (!m_keepPlace) {
        m_conversationState->showLoading(tr("Reading the conversation"));
        m_conversationPages->setCurrentWidget(m_conversationState);
    }
    m_bodyJob =
        m_session.fetchBody(this, RunAddress(m_details->item.run), {}, kMostConversationBytes, [this](Result<Body> body) {
            m_bodyJob = 0;
            if (!body) return conversationFailed(body.error());
            m_body = std::make_shared<const Body>(std::move(*body));
            layOutConversation();
        });
}

void RunView::conversationFailed(const Error& error)
{
    m_keepPlace = false;
    m_conversationState->showEmpty(tr("The conversation could not be read"), sentenceOf(error),
                                   {{tr("Try again"), [this] { fetchConversation(); }}});
    m_conversationPages->setCurrentWidget(m_conversationState);
}

void RunView::layOutConversation()
{
    // Megabytes of JSON in messages are made readable off the GUI thread.
    m_session.jobs().cancel(m_bodyJob);
    m_bodyJob = m_session.jobs().start<std::vector<Turn>>(
        {QString(), Lane::Pool, true, true}, this,
        [details = m_details, body = m_body](const CancelToken&, const Progress&) -> Result<std::vector<Turn>> {
            return turnsOf(*details, *body);
        },
        [this](Result<std::vector<Turn>> turns) {
            m_bodyJob = 0;
            if (turns)
                showConversation(std::move(*turns));
            else
                conversationFailed(turns.error());
        });
}

void RunView::showConversation(std::vector<Turn> turns)
{
    m_conversation->setTurns(std::move(turns), m_body->omittedBytes, std::exchange(m_keepPlace, false));
    if (m_conversation->turns().empty()) {
        m_conversationState->showEmpty(tr("No conversation"),
                                       tr("The store keeps no messages of this run. Its steps may still tell what happened."),
                                       {{tr("Show steps"), [this] { showTab(StepsTab); }}});
        m_conversationPages->setCurrentWidget(m_conversationState);
        return;
    }
    if (m_conversationPages->currentWidget() != m_whole) m_conversationPages->setCurrentWidget(m_conversation);
    if (m_jumpPending) jumpTo(m_step, m_jumpDecisive);
}

void RunView::loadTab()
{
    setFocusProxy(tab() == ConversationTab ? static_cast<QWidget*>(m_conversation)
                  : tab() == StepsTab      ? m_steps->tree()
                                           : m_raw->focusProxy());
    if (!m_details) return;
    if (tab() == ConversationTab) fetchConversation();
    if (tab() == RawTab) {
        const StepItem* step = m_step.empty() ? nullptr : m_details->step(m_step);
        m_raw->showRaw(RunAddress(m_details->item.run), step ? m_step : std::string(),
                       step ? tr("step “%1”, as in the store").arg(stepTitle(step->step)) : tr("the run, as in the store"));
    }
}

void RunView::stepMoved(const std::string& stepId)
{
    if (m_moving || !m_details || stepId == m_step) return;
    m_step = stepId;
    Q_EMIT placeChanged();
}

void RunView::jumpTo(const std::string& stepId, bool decisive)
{
    if (!m_details || (stepId.empty() && !decisive)) return;
    leaveWholePart();
    m_step = stepId;
    m_moving = true;
    const bool known = m_steps->showStep(stepId);
    m_moving = false;
    m_message->clear();
    m_jumpPending = tab() == ConversationTab && (!m_body || m_bodyJob);
    m_jumpDecisive = decisive;
    if (m_jumpPending) {
        fetchConversation();
    } else if (tab() == ConversationTab) {
        const Signal* signal = m_details->decisive();
        const bool marked = signal && signal->stepId == stepId;
        const bool shown = m_conversation->showStep(stepId) || ((decisive || marked) && m_conversation->showDecisive());
        if (!shown && known && !showNearby(stepId)) showTab(StepsTab);
    }
    if (tab() == RawTab) loadTab();
    if (!known && !stepId.empty())
        m_message->showNews(tr("This run has no step %1; the run itself is shown.").arg(shownLine(stepId, 80)));
    Q_EMIT placeChanged();
}

/// Not every step says something: the turn of the last one before it that did (of the run's own, with none before it: the
/// last of all), and in words what came of the step.
bool RunView::showNearby(const std::string& stepId)
{
    constexpr std::ptrdiff_t kFarthest = 50; // farther away it would be somewhere else
    const auto& steps = m_details->steps;
    const auto at = m_details->step(stepId) - steps.data();
    const std::ptrdiff_t from = at > 0 ? at - 1 : static_cast<std::ptrdiff_t>(steps.size()) - 1;
    std::ptrdiff_t near = from;
    const auto says = [&] { return m_conversation->showStep(steps[static_cast<std::size_t>(near)].step.nativeId); };
    while (near >= 0 && from - near < kFarthest && !says()) --near;
    if (near < 0 || from - near >= kFarthest) return false;
    const Step& step = steps[static_cast<std::size_t>(at)].step;
    const QString error = shownLine(step.errorText.empty() ? step.errorType : step.errorText, 300);
    m_message->showNews(error.isEmpty() ? tr("%1 said nothing of its own here; Steps has it.").arg(stepTitle(step))
                                        : tr("✗ %1, after this turn: %2").arg(stepTitle(step), error));
    return true;
}

void RunView::goToFirstError()
{
    if (!m_details) return;
    if (const std::string first = m_details->errorAfter({}); !first.empty()) jumpTo(first, false);
}

void RunView::goToNextError()
{
    if (!m_details) return;
    if (const std::string next = m_details->errorAfter(m_step); !next.empty()) jumpTo(next, false);
}

void RunView::goToPreviousError()
{
    if (!m_details) return;
    // From a step that did not fail: the last one that failed before it.
    if (const std::string before = m_details->errorBefore(m_step); !before.empty()) jumpTo(before, false);
}

void RunView::goToDecisiveStep()
{
    const Signal* decisive = m_details ? m_details->decisive() : nullptr;
    if (decisive && !decisive->stepId.empty()) jumpTo(decisive->stepId, true);
}

void RunView::toggleCurrent()
{
    if (tab() == ConversationTab) m_conversation->toggleCurrent();
    if (tab() == StepsTab) m_steps->toggleCurrent();
    if (tab() == RawTab) m_raw->toggleCurrent();
}

void RunView::focusReading() { setFocus(Qt::ShortcutFocusReason); }

} // namespace tackroom::ui
