// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/tracespage.h"

#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/models/versionrules.h"
#include "ui/traces/compareview.h"
#include "ui/traces/outcomebar.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/textpage.h"
#include "ui/traces/textsearch.h"

#include <QScrollBar>
#include <QSettings>
#include <QSplitter>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

namespace
{
constexpr const char* kSplitKey = "traces/split";
constexpr int kFilterDelayMs = 0, kSelectDelayMs = 60;
constexpr std::size_t kMostSkipped = 200;

} // namespace

TracesPage::TracesPage(Session& session, QWidget* parent)
    : Page(parent),
      m_session(session),
      m_pages(nullptr),
      m_state(new StatePane(this)),
      m_message(new MessageBar(this)),
      m_split(new QSplitter(Qt::Horizontal, this)),
      m_right(new QSplitter(Qt::Horizontal, this)),
      m_model(new RunTableModel(this)),
      m_versionRules(new VersionRules(session, this))
{
    m_model->setSource(runSourceOf(session, m_model));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_message);
    auto* body = new QWidget(this);
    m_pages = new QStackedLayout(body);
    m_pages->addWidget(m_state);
    m_pages->addWidget(m_split);
    column->addWidget(body, 1);

    m_first = new RunView(session, m_right);
    m_compare = new CompareView(session, m_right);
    m_compare->hide();
    m_right->addWidget(m_first);
    m_right->addWidget(m_compare);
    connect(m_first, &RunView::openAddress, this, &Page::openAddress);
    connect(m_first, &RunView::judged, this, [this](bool goOn) {
        if (goOn) goToNextRun();
    });
    connect(m_first, &RunView::judgingLeft, this, [this] {
        if (m_judgedFromList)
            m_table->setFocus(Qt::OtherFocusReason);
        else
            m_first->focusReading();
    });
    connect(m_compare, &CompareView::openAddress, this, &Page::openAddress);
    connect(m_compare, &CompareView::readWanted, this, [this](RunRow run) { openRun(run, {}); });
    m_right->setChildrenCollapsible(false);
    connect(m_first, &RunView::placeChanged, this, [this] {
        m_goingTo.clear();
        Q_EMIT addressChanged();
    });
    m_split->addWidget(buildList());
    m_split->addWidget(m_right);
    m_split->setChildrenCollapsible(false);
    m_split->setStretchFactor(0, 6);
    m_split->setStretchFactor(1, 5);
    m_split->setSizes({600, 500});
    if (const QByteArray kept = QSettings().value(QLatin1StringView(kSplitKey)).toByteArray(); !kept.isEmpty())
        m_split->restoreState(kept);

    m_selectSoon.setSingleShot(true);
    m_selectSoon.setInterval(kSelectDelayMs); // running down the list with the arrow keys reads only where it stops
    connect(&m_selectSoon, &QTimer::timeout, this, &TracesPage::showSelected);
    m_filterSoon.setSingleShot(true);
    m_filterSoon.setInterval(kFilterDelayMs);
    connect(&m_filterSoon, &QTimer::timeout, this, [this] {
        if (m_session.storeShown()) m_model->setFilter(m_search->filter());
    });
    connect(m_model, &RunTableModel::rowsArrived, this, &TracesPage::rowsArrived);
    connect(m_model, &RunTableModel::failed, this, [this](const Error& error) {
        if (error.code != ErrorCode::Cancelled)
            m_message->showError(error, {{tr("Try again"), [this] { m_model->refresh(); }}});
    });
    connect(&m_session, &Session::storeChanged, this, &TracesPage::storeChanged);
    connect(&m_session, &Session::viewsChanged, this, &Page::queryBoxChanged);
    connect(&m_session, &Session::outcomesChanged, this, [this] {
        if (m_session.storeState() != Session::State::Ready) return;
        m_model->refresh();
        m_first->reload();
        m_compare->reload();
    });
    connect(&m_session, &Session::repositoryChanged, this, [this] {
        // Version labels come from the repository.
        m_model->versionsChanged();
        m_first->reload();
        m_compare->reload();
    });
    buildActions();
    connectSearch();
    storeChanged();
}

TracesPage::~TracesPage()
{
    if (!m_sizesBefore.isEmpty()) m_split->setSizes(m_sizesBefore);
    QSettings().setValue(QLatin1StringView(kSplitKey), m_split->saveState());
}

QWidget* TracesPage::buildList()
{
    auto* list = new QWidget(m_split);
    auto* column = new QVBoxLayout(list);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_outcomes = new OutcomeBar(list);
    column->addWidget(m_outcomes);
    auto* tableArea = new QWidget(list);
    m_listPages = new QStackedLayout(tableArea);
    m_table = new RunTableView(*m_model, tableArea);
    m_noMatch = new StatePane(tableArea);
    m_listPages->addWidget(m_table);
    m_listPages->addWidget(m_noMatch);
    column->addWidget(tableArea, 1);

    m_search = new TextSearch(m_session, list);
    column->addWidget(m_search);
    m_skipped = new TextPage(list);
    m_skipped->setAccessibleName(tr("What could not be read"));
    m_skipped->setMaximumHeight(fontMetrics().height() * 10);
    m_skipped->hide();
    column->addWidget(m_skipped);
    m_counts = new TextLabel({}, TextLabel::Faint, list);
    m_skippedButton = new QToolButton(list);
    m_skippedButton->setAutoRaise(true);
    m_skippedButton->setCheckable(true);
    m_skippedButton->hide();
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    foot->addWidget(m_counts);
    foot->addWidget(m_skippedButton);
    foot->addStretch(1);
    column->addLayout(foot);
    connect(m_outcomes, &OutcomeBar::ruleChosen, &m_session, &Session::setRule);
    connect(m_outcomes, &OutcomeBar::ruleChosen, this, &TracesPage::showOutcomeBar);
    connect(m_outcomes, &OutcomeBar::labelWanted, this, [this] {
        if (m_model->rowCount() > 0) m_table->choose(0);
        m_table->setFocus(Qt::OtherFocusReason);
    });
    connect(m_skippedButton, &QToolButton::toggled, this, &TracesPage::toggleSkipped);
    connect(m_table, &RunTableView::versionRuleWanted, this, &TracesPage::editVersionRule);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] { m_selectSoon.start(); });
    connect(m_table, &QAbstractItemView::doubleClicked, this, [this] { m_first->focusReading(); });
    return list;
}

void TracesPage::compare(bool on)
{
    if (on == m_compare->isVisibleTo(m_right)) return;
    m_first->setVisible(!on);
    m_compare->setVisible(on);
    if (!on) m_compare->clear();
    // Two runs need the width; the list comes back as it was.
    const int unit = fontMetrics().averageCharWidth();
    if (on && m_split->width() < unit * 180) {
        m_sizesBefore = m_split->sizes();
        m_split->setSizes({unit * 36, m_split->width() - unit * 36});
    } else if (!on && !m_sizesBefore.isEmpty()) {
        m_split->setSizes(std::exchange(m_sizesBefore, {}));
    }
}

void TracesPage::showOutcomeBar()
{
    // While it is read nobody knows yet.
    const bool ready = m_session.storeState() == Session::State::Ready;
    const RunCounts& counts = m_session.storeCounts();
    m_outcomes->setState(ready ? counts.runs : 0, counts.unknown, m_session.storeSettings().rule);
}

QList<QWidget*> TracesPage::panes() const
{
    return {m_table, m_compare->isVisibleTo(m_right) ? static_cast<QWidget*>(m_compare) : m_first};
}

QString TracesPage::queryHint() const
{
    return tr("Filter runs: outcome:failure tool:issue_refund steps:>10 since:2w \"late delivery\"");
}

// -------------------------------------------------------------------------------------------------------------- the store
void TracesPage::storeChanged()
{
    if (m_shownPath != m_session.storePath()) {
        m_shownPath = m_session.storePath();
        m_asked = false;
        m_model->clear();
        m_first->clear();
        compare(false);
        m_outcomes->reset();
        m_skippedButton->setChecked(false);
        m_completions.clear();
        m_message->clear();
    }
    switch (m_session.storeState()) {
    case Session::State::None:
        showNoStore();
        break;
    case Session::State::Opening:
        m_state->showLoading(tr("Reading %1").arg(shownLine(utf8(m_shownPath.section(QLatin1Char('/'), -1)))));
        m_pages->setCurrentWidget(m_state);
        break;
    case Session::State::Failed:
        showFailed();
        break;
    case Session::State::Reading:
    case Session::State::Ready: {
        m_asked = true;
        if (m_model->filter().text != utf8(m_query))
            m_model->setFilter(m_search->filter());
        else
            m_model->refresh();
        m_first->reload();
        m_compare->reload();
        if (m_session.storeState() == Session::State::Ready) { // not of each piece while it grows
            loadCompletions();
            lookForCosts();
        }
        openWanted();
        break;
    }
    }
}

void TracesPage::showNoStore()
{
    m_state->showEmpty(
        tr("No trace store is open"),
        tr("A trace store is what an agent leaves behind when it runs. Open one to see where and why the agent fails."),
        {{tr("Open a trace store…"), [this] { Q_EMIT openAddress(QStringLiteral("action/open-store")); }},
         {tr("Try the sample"), [this] { Q_EMIT openAddress(QStringLiteral("action/sample")); }}});
    m_pages->setCurrentWidget(m_state);
}

void TracesPage::showFailed()
{
    const QString name = shownLine(utf8(m_shownPath.section(QLatin1Char('/'), -1)));
    m_state->showEmpty(tr("%1 could not be read").arg(name),
                       QString(sentenceOf(m_session.storeError()) + QLatin1Char(' ') + tr("The file was not changed.")),
                       {{tr("Try again"), [this] { m_session.refreshStore(); }},
                        {tr("Open another store…"), [this] { Q_EMIT openAddress(QStringLiteral("action/open-store")); }}});
    m_pages->setCurrentWidget(m_state);
}

void TracesPage::rowsArrived()
{
    showCounts();
    const RunCounts& counts = m_session.storeCounts();
    if (counts.runs == 0) {
        m_state->showEmpty(
            tr("This store holds no runs"),
            counts.unreadable > 0
                ? tr("%1 parts of it could not be read.").arg(countText(counts.unreadable))
                : tr("It was recognised as %1 and is empty so far.").arg(shownLine(m_session.store().store.title)),
            {{tr("Look again"), [this] { m_session.refreshStore(); }},
             {tr("Open another store…"), [this] { Q_EMIT openAddress(QStringLiteral("action/open-store")); }}});
        m_pages->setCurrentWidget(m_state);
        return;
    }
    m_pages->setCurrentWidget(m_split);
    const bool none = m_model->rowCount() == 0;
    if (none)
        m_noMatch->showEmpty(tr("No run matches"), tr("None of the %1 runs fits the query “%2”. Change or clear it above.")
                                                       .arg(countText(counts.runs), shownLine(utf8(m_query))));
    m_listPages->setCurrentWidget(none ? static_cast<QWidget*>(m_noMatch) : m_table);
    // Something to read from the start, unless an address says what.
    if (!none && m_first->row().value == 0 && m_wantedRun.empty() && m_findJob == 0) m_table->choose(0);
}

void TracesPage::showCounts()
{
    showOutcomeBar();
    const RunCounts& counts = m_session.storeCounts();
    const bool growing = m_session.storeState() == Session::State::Reading;
    const QString all =
        growing ? tr("at least %1 runs").arg(countText(counts.runs)) : tr("%1 runs").arg(countText(counts.runs));
    m_counts->setShown(m_model->filter().text.empty() ? all : tr("%1 of %2").arg(countText(m_model->rowCount()), all));
    m_skippedButton->setVisible(counts.unreadable > 0);
    m_skippedButton->setText(tr("+ %1 unreadable").arg(countText(counts.unreadable)));
    m_skippedButton->setToolTip(tr("Show what could not be read, and why"));
}

void TracesPage::toggleSkipped()
{
    m_session.jobs().cancel(m_skippedJob);
    m_skippedJob = 0;
    m_skipped->setVisible(m_skippedButton->isChecked());
    if (!m_skippedButton->isChecked()) return;
    m_skippedJob = m_session.askRuns<std::vector<RunQueries::Skipped>>(
        this, [](RunQueries& queries) { return queries.skipped(kMostSkipped); },
        [this](Result<std::vector<RunQueries::Skipped>> skipped) {
            m_skippedJob = 0;
            m_skipped->begin();
            if (!skipped) {
                m_skipped->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
                m_skipped->addText(sentenceOf(skipped.error()), TextPage::Failed);
            } else {
                for (const RunQueries::Skipped& each : *skipped) {
                    m_skipped->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid / 4);
                    m_skipped->addText(QString(shownLine(each.where) + QStringLiteral("  ")), TextPage::Strong);
                    m_skipped->addText(shownLine(each.why), TextPage::Plain);
                }
                const auto more = m_session.storeCounts().unreadable - static_cast<std::int64_t>(skipped->size());
                if (more > 0) {
                    m_skipped->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid / 4);
                    m_skipped->addText(tr("and %1 more").arg(countText(more)), TextPage::Faint);
                }
            }
            m_skipped->end();
            m_skipped->moveCursor(QTextCursor::Start);
        });
}

// ------------------------------------------------------------------------------------------------------ places and selection
QString TracesPage::address() const
{
    // On the way somewhere, the place is where it leads: that is what the history keeps.
    if (!m_goingTo.isEmpty()) return m_goingTo;
    const RunDetails* details = m_first->details();
    if (!details) return {};
    QString place = QStringLiteral("run/") + own(details->item.run.key.value);
    if (!m_first->currentStep().empty()) place += QStringLiteral("/step/") + own(m_first->currentStep());
    return place;
}

bool TracesPage::goTo(const QString& address)
{
    if (!address.startsWith(QLatin1StringView("run/"))) return false;
    const QString rest = address.mid(4);
    const qsizetype step = rest.indexOf(QLatin1StringView("/step/"));
    m_wantedRun = utf8(step < 0 ? rest : rest.left(step));
    m_wantedStep = step < 0 ? std::string() : utf8(rest.mid(step + 6));
    if (m_wantedRun.empty()) return false;
    m_goingTo = address;
    openWanted();
    return true;
}

void TracesPage::openWanted()
{
    if (m_wantedRun.empty() || m_session.storeState() != Session::State::Ready) return;
    const RunDetails* shown = m_first->details();
    if (shown && shown->item.run.key.value == m_wantedRun) {
        m_wantedRun.clear();
        m_goingTo.clear();
        openRun(m_first->row(), std::exchange(m_wantedStep, {}));
        return;
    }
    m_session.jobs().cancel(m_findJob);
    m_findJob = m_session.askRuns<RunRow>(
        this, [key = m_wantedRun](RunQueries& queries) { return queries.find(key); },
        [this](Result<RunRow> row) {
            m_findJob = 0;
            const std::string key = std::exchange(m_wantedRun, {}), step = std::exchange(m_wantedStep, {});
            if (row) {
                openRun(*row, step);
                return;
            }
            m_goingTo.clear();
            Error error = row.error();
            if (error.code == ErrorCode::NotFound) error.detail = "The open store has no run " + key + ".";
            m_message->showError(error);
        });
}

void TracesPage::openRun(RunRow row, const std::string& stepId)
{
    m_message->clear();
    compare(false);
    m_first->showRun(row, stepId);
    const int position = m_model->positionOf(row);
    if (position < 0) {
        m_table->clearSelection(); // the filter hides it; it is shown all the same
    } else {
        m_table->choose(position);
        m_table->scrollTo(m_model->index(position, 0));
    }
    m_selectSoon.stop();
}

void TracesPage::showSelected()
{
    m_selectSoon.stop();
    const std::vector<int> selected = m_table->selectedPositions(3);
    if (selected.empty()) return; // what is being read stays
    if (selected.size() == 2) {
        // The one that is already being read stays on its side.
        RunRow first = m_model->rowAt(selected[0]), second = m_model->rowAt(selected[1]);
        if (second == m_first->row()) std::swap(first, second);
        m_compare->showRuns(first, second);
        compare(true);
        return;
    }
    compare(false);
    m_goingTo.clear();
    const QModelIndex current = m_table->currentIndex();
    m_first->showRun(m_model->rowAt(selected.size() == 1 || !current.isValid() ? selected[0] : current.row()));
}

bool TracesPage::settled() const
{
    if (m_session.storeState() == Session::State::Opening) return false;
    return m_model->settled() && m_search->settled() && !m_session.judging() && m_first->settled() && m_compare->settled() &&
           !m_selectSoon.isActive() && m_versionRules->settled() && !m_filterSoon.isActive() && m_findJob == 0 &&
           m_completionJob == 0 && m_costJob == 0 && m_skippedJob == 0;
}

} // namespace tackroom::ui
