// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/runview.h"

#include "core/traces/masking.h"
#include "ui/common/linkbutton.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/judgepanel.h"
#include "ui/traces/rawview.h"
#include "ui/traces/stepsview.h"

#include <QEvent>
#include <QMenu>
#include <QPushButton>
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
constexpr int kFewNotes = 3;
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

void RunView::buildHeading(QVBoxLayout* column)
{
    auto* heading = new QVBoxLayout;
    heading->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
    heading->setSpacing(kGrid / 2);
    m_task = new TextLabel({}, TextLabel::Heading | TextLabel::Elided, m_content);
    m_outcome = new TextLabel({}, TextLabel::Strong, m_content);
    m_reason = new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, m_content);
    m_facts = new TextLabel({}, TextLabel::Faint | TextLabel::Wrapped | TextLabel::Selectable, m_content);
    m_decisive = new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, m_content);
    m_cluster = new LinkButton(m_content);
    m_notes = new QWidget(m_content);
    m_notesColumn = new QVBoxLayout(m_notes);
    m_notesColumn->setContentsMargins(0, 0, 0, 0);
    m_notesColumn->setSpacing(kGrid / 4);

    heading->addWidget(m_task);
    auto* outcomeLine = new QHBoxLayout;
    outcomeLine->setSpacing(kGrid);
    outcomeLine->addWidget(m_outcome, 0, Qt::AlignTop);
    outcomeLine->addWidget(m_reason, 1, Qt::AlignTop);
    heading->addLayout(outcomeLine);
    heading->addWidget(m_facts);
    heading->addWidget(m_decisive);
    heading->addWidget(m_cluster, 0, Qt::AlignLeft);
    heading->addWidget(m_notes);
    column->addLayout(heading);
    connect(m_cluster, &LinkButton::clicked, this, [this] {
        if (m_details) Q_EMIT openAddress(QString(QStringLiteral("cluster/") + own(m_details->item.cluster.value)));
    });
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

bool RunView::settled() const { return m_job == 0 && m_bodyJob == 0 && m_steps->settled() && m_raw->settled(); }

void RunView::clear()
{
    m_session.jobs().cancel(m_job);
    m_session.jobs().cancel(m_bodyJob);
    m_job = m_bodyJob = 0;
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
    m_steps->setDetails(*m_details);
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
    m_steps->setDetails(*m_details);
    m_steps->showStep(m_step);
    m_moving = false;
    m_keepPlace = true;
    if (grown) m_body.reset();
    if (m_body)
        layOutConversation();
    else
        loadTab();
}

void RunView::fillHeading()
{
    const RunListItem& item = m_details->item;
    const QString task = shownLine(item.run.task, 600);
    m_task->setShown(task.isEmpty() ? tr("Run %1").arg(shownLine(item.run.nativeId, 80)) : task);
    m_outcome->setShown(outcomeText(item.outcome));
    m_reason->setShown(outcomeSentence(*m_details));
    QStringList facts = runFacts(item.run);
    if (const QString version = shownVersion(m_session, item.run.harnessVersion, item.versionLabel); !version.isEmpty())
        facts.prepend(version);
    if (const QString when = relativeTime(item.run.start); !when.isEmpty()) facts.append(when);
    m_facts->setShown(facts.join(QStringLiteral(" · ")));
    m_facts->setToolTip(plainToolTip(exactTime(item.run.start)));

    const Signal* decisive = m_details->decisive();
    m_decisive->setVisible(decisive != nullptr);
    if (decisive) m_decisive->setShown(tr("◎ %1").arg(shownLine(decisive->explanation)));
    const QString cluster = shownLine(item.clusterLabel, 200);
    m_cluster->setVisible(!item.cluster.value.empty());
    m_cluster->setLink(tr("Cluster: %1").arg(cluster));

    const bool anyError = !m_details->errorAfter({}).empty();
    m_errorButton->setEnabled(anyError);
    m_errorButton->setToolTip(anyError ? tr("First error (E), the next one (Shift+E)") : tr("No step of this run failed"));
    m_decisiveButton->setEnabled(decisive && !decisive->stepId.empty());
    m_decisiveButton->setToolTip(!decisive ? tr("No step decided this run's outcome, as far as the detectors see")
                                 : decisive->stepId.empty() ? tr("The finding is about the run as a whole")
                                                            : tr("Go to the decisive step (D)"));
    colorHeading();
    fillNotes();
    fillJudgement();
}

void RunView::fillNotes()
{
    while (QLayoutItem* item = m_notesColumn->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    QStringList notes;
    for (const HumanDecision& decision : m_details->decisions) notes.append(tr("⚑ %1").arg(decisionText(decision)));
    for (const Score& score : m_details->scores) {
        const QString sign = score.says == Outcome::Failure   ? QStringLiteral("✗ ")
                             : score.says == Outcome::Success ? QStringLiteral("✓ ")
                                                              : QStringLiteral("· ");
        notes.append(sign + scoreText(score));
    }
    const bool many = notes.size() > kFewNotes + 1;
    const qsizetype shown = many && !m_allNotes ? kFewNotes : notes.size();
    for (qsizetype i = 0; i < shown; ++i)
        m_notesColumn->addWidget(new TextLabel(notes[i], TextLabel::Elided | TextLabel::Faint, m_notes));
    if (many) {
        auto* more = new QPushButton(m_allNotes ? tr("Show fewer scores")
                                                : tr("Show all %1 scores and decisions").arg(countText(notes.size())),
                                     m_notes);
        more->setFlat(true);
        m_notesColumn->addWidget(more, 0, Qt::AlignLeft);
        connect(more, &QPushButton::clicked, this, [this] {
            m_allNotes = !m_allNotes;
            fillNotes();
        });
    }
    m_notes->setVisible(!notes.isEmpty());
}

void RunView::colorHeading()
{
    const RoleColors& colors = roleColors(palette());
    const auto color = [](QWidget* label, const QColor& text) {
        QPalette changed; // only this role, so that the rest follows the theme
        changed.setColor(QPalette::WindowText, text);
        label->setPalette(changed);
    };
    if (m_details) {
        const Outcome outcome = m_details->item.outcome;
        color(m_outcome, outcome == Outcome::Failure   ? colors.failure
                         : outcome == Outcome::Success ? colors.success
                                                       : colors.unknown);
    }
    color(m_decisive, colors.accent);
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
    m_bodyJob = m_session.fetchBody(this, RunAddress(m_details->item.run), {}, kMostConversationBytes, [this](Result<Body> body) {
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
    m_conversationPages->setCurrentWidget(m_conversation);
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
        m_raw->showRaw(m_details->item.run.nativeId, step ? m_step : std::string(),
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
    m_step = stepId;
    m_moving = true;
    const bool known = m_steps->showStep(stepId);
    m_moving = false;
    m_jumpPending = tab() == ConversationTab && (!m_body || m_bodyJob);
    m_jumpDecisive = decisive;
    if (m_jumpPending) {
        fetchConversation();
    } else if (tab() == ConversationTab) {
        const Signal* signal = m_details->decisive();
        const bool marked = signal && signal->stepId == stepId;
        const bool shown = m_conversation->showStep(stepId) || ((decisive || marked) && m_conversation->showDecisive());
        if (!shown && known) showTab(StepsTab);
    }
    if (tab() == RawTab) loadTab();
    if (!known && !stepId.empty())
        m_message->showNews(tr("This run has no step %1; the run itself is shown.").arg(shownLine(stepId, 80)));
    Q_EMIT placeChanged();
}

void RunView::goToFirstError()
{
    if (!m_details) return;
    if (const std::string first = m_details->errorAfter({}); !first.empty()) jumpTo(first, false);
}

void RunView::goToNextError()
{
    if (!m_details) return;
    const StepItem* current = m_step.empty() ? nullptr : m_details->step(m_step);
    const bool onError = current && current->step.status == StepStatus::Error;
    if (const std::string next = m_details->errorAfter(onError ? m_step : std::string()); !next.empty()) jumpTo(next, false);
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
