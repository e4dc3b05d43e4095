// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/compareview.h"

#include "ui/common/linkbutton.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/diffview/diffview.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/models/steptreemodel.h"
#include "ui/traces/judgepanel.h"
#include "ui/traces/stepdocument.h"

#include <QEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

namespace
{

/// Single letters are keys of the page, not a search.
class PairTable : public QTableView
{
public:
    using QTableView::QTableView;
    void keyboardSearch(const QString&) override {}
};

Result<ComparedRuns> readBoth(RunQueries& queries, const std::filesystem::path& folder, const std::array<RunRow, 2>& rows)
{
    ComparedRuns both;
    std::array<std::vector<Step>, 2> steps;
    for (std::size_t side = 0; side < 2; ++side) {
        TR_ASSIGN(both.runs[side], readRunDetails(queries, folder, rows[side]));
        for (const StepItem& item : both.runs[side].steps) steps[side].push_back(item.step);
    }
    both.rows = alignSteps(steps[0], steps[1]);
    return both;
}

} // namespace

void CompareModel::setRuns(std::shared_ptr<const ComparedRuns> runs)
{
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

const Step* CompareModel::step(int row, int side) const
{
    if (!m_runs || row < 0 || row >= rowCount()) return nullptr;
    const AlignedSteps& pair = m_runs->rows[static_cast<std::size_t>(row)];
    const auto& at = side == 0 ? pair.left : pair.right;
    return at ? &m_runs->runs[static_cast<std::size_t>(side)].steps[*at].step : nullptr;
}

int CompareModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_runs ? 0 : static_cast<int>(m_runs->rows.size());
}

int CompareModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumnCount; }

QString CompareModel::stepLine(int row, int side) const
{
    const Step* at = step(row, side);
    if (!at) return {};
    QString text = at->status == StepStatus::Error ? QStringLiteral("✗ ") : QString();
    text += stepKindText(at->kind) + QStringLiteral("  ") + stepTitle(*at);
    const std::string& what = !at->arguments.empty() ? at->arguments : !at->outputText.empty() ? at->outputText : at->inputText;
    if (!what.empty()) text += QStringLiteral("  ") + shownLine(what, 160);
    return text;
}

QVariant CompareModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid) || !m_runs) return {};
    const AlignedSteps& pair = m_runs->rows[static_cast<std::size_t>(index.row())];
    if (index.column() == SignColumn) {
        const bool both = pair.left && pair.right;
        if (role == Qt::DisplayRole) return pair.same ? QStringLiteral("=") : both ? QStringLiteral("≠") : pair.left ? QStringLiteral("◂") : QStringLiteral("▸");
        if (role == Qt::TextAlignmentRole) return static_cast<int>(Qt::AlignCenter);
        if (role == Qt::ToolTipRole || role == Qt::AccessibleTextRole)
            return pair.same ? tr("the same") : both ? tr("the same step, with other texts") : pair.left ? tr("only in the left run") : tr("only in the right run");
        return {};
    }
    const int side = index.column() == LeftColumn ? 0 : 1;
    const Step* at = step(index.row(), side);
    if (role == FailedRole) return at && at->status == StepStatus::Error;
    if (role == Qt::ForegroundRole) return {};
    if (role == Qt::DisplayRole) return stepLine(index.row(), side);
    if (role == Qt::ToolTipRole && at) return plainToolTip(stepLine(index.row(), side));
    if (role == Qt::AccessibleTextRole) return at ? stepLine(index.row(), side) : tr("no step");
    return {};
}

QVariant CompareModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || role != Qt::DisplayRole) return {};
    return section == LeftColumn ? tr("Left run") : section == RightColumn ? tr("Right run") : QString();
}

CompareView::CompareView(Session& session, QWidget* parent)
    : QWidget(parent),
      m_session(session),
      m_pages(new QStackedLayout(this)),
      m_message(nullptr),
      m_judge(nullptr),
      m_state(new StatePane(this)),
      m_content(new QWidget(this)),
      m_summary(new TextLabel({}, TextLabel::Faint | TextLabel::Elided, m_content)),
      m_split(new QSplitter(Qt::Vertical, m_content)),
      m_model(new CompareModel(this)),
      m_table(new PairTable(m_split)),
      m_diff(new DiffView(m_split))
{
    setAccessibleName(tr("Two runs side by side"));
    auto* column = new QVBoxLayout(m_content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_message = new MessageBar(m_content);
    column->addWidget(m_message);
    auto* headings = new QHBoxLayout;
    headings->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid / 2);
    headings->setSpacing(2 * kGrid);
    for (int side = 0; side < 2; ++side) headings->addWidget(buildHeading(side), 1);
    column->addLayout(headings);
    auto* summaryRow = new QHBoxLayout;
    summaryRow->setContentsMargins(2 * kGrid, 0, 2 * kGrid, kGrid / 2);
    summaryRow->addWidget(m_summary);
    column->addLayout(summaryRow);
    m_table->setModel(m_model);
    m_table->setAccessibleName(tr("Steps of both runs"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setTabKeyNavigation(false);
    m_table->setTextElideMode(Qt::ElideRight);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setMinimumSectionSize(1);
    m_table->verticalHeader()->setDefaultSectionSize(static_cast<int>(fontMetrics().height() * 1.6));
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(CompareModel::SignColumn, QHeaderView::Fixed);
    m_table->horizontalHeader()->setMinimumSectionSize(1);
    m_table->setColumnWidth(CompareModel::SignColumn, fontMetrics().averageCharWidth() * 5);
    m_diff->setAccessibleName(tr("What differs in the chosen step"));
    m_diff->setEmptyText(tr("Select a line to see what differs in it."));
    m_split->setChildrenCollapsible(false);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 2);
    column->addWidget(m_split, 1);
    buildJudging(column);
    m_pages->addWidget(m_state);
    m_pages->addWidget(m_content);
    setFocusProxy(m_table);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &CompareView::showPair);
    m_table->installEventFilter(this);
    connect(m_table, &QAbstractItemView::clicked, this, [this](const QModelIndex& index) {
        if (index.column() != CompareModel::SignColumn) setSide(index.column() == CompareModel::LeftColumn ? 0 : 1);
    });
    clear();
}

void CompareView::buildJudging(QVBoxLayout* column)
{
    m_judge = new JudgePanel(m_content);
    column->addWidget(m_judge);
    connect(m_judge, &JudgePanel::judged, this, [this](const RunJudgement& judgement, const QString& reason, bool goOn) {
        m_session.judge(judgement, reason);
        if (goOn) setSide(1 - m_side);
    });
    connect(m_judge, &JudgePanel::undone, this, [this] { m_session.undoJudgement(); });
    connect(m_judge, &JudgePanel::closed, this, [this] { m_table->setFocus(Qt::OtherFocusReason); });
    connect(m_judge, &JudgePanel::nameWanted, this, [this] {
        m_message->showWarning(tr("A judgement is written in your name. Say who you are first."),
                               {{tr("Set your name…"), [this] { Q_EMIT openAddress(QStringLiteral("settings")); }}});
    });
}

void CompareView::setSide(int side)
{
    if (side == m_side) return;
    m_side = side;
    fillHeadings();
    fillJudgement();
}

void CompareView::judge(JudgeVerdict verdict)
{
    if (!m_runs) return;
    m_judge->setReviewer(m_session.reviewer());
    m_judge->begin(verdict);
}

void CompareView::fillJudgement()
{
    if (!m_runs) return;
    const RunKey& key = m_runs->runs[static_cast<std::size_t>(m_side)].item.run.key;
    m_judge->setSubject(m_side == 0 ? tr("Left run (◂ ▸ choose)") : tr("Right run (◂ ▸ choose)"));
    m_judge->setReviewer(m_session.reviewer());
    m_judge->setRun(key, m_session.judgementOf(key));
    m_judge->setCanUndo(m_session.canUndoJudgement());
}

/// The table's rows are chosen as a whole: Left and Right say which of the two runs is meant.
bool CompareView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->modifiers() == Qt::NoModifier && (key->key() == Qt::Key_Left || key->key() == Qt::Key_Right)) {
            setSide(key->key() == Qt::Key_Left ? 0 : 1);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

QWidget* CompareView::buildHeading(int side)
{
    const auto at = static_cast<std::size_t>(side);
    auto* heading = new QWidget(m_content);
    auto* column = new QVBoxLayout(heading);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kGrid / 4);
    m_tasks[at] = new TextLabel({}, TextLabel::Strong | TextLabel::Elided, heading);
    m_facts[at] = new TextLabel({}, TextLabel::Faint | TextLabel::Elided, heading);
    m_read[at] = new LinkButton(heading);
    m_read[at]->setLink(side == 0 ? tr("Read the left run") : tr("Read the right run"));
    column->addWidget(m_tasks[at]);
    column->addWidget(m_facts[at]);
    column->addWidget(m_read[at], 0, Qt::AlignLeft);
    connect(m_read[at], &LinkButton::clicked, this, [this, at] { Q_EMIT readWanted(m_rows[at]); });
    return heading;
}

void CompareView::clear()
{
    m_session.jobs().cancel(m_job);
    m_session.jobs().cancel(m_diffJob);
    m_job = m_diffJob = 0;
    m_rows = {};
    m_side = 0;
    m_message->clear();
    m_runs.reset();
    m_model->setRuns(nullptr);
    m_diff->setContent(nullptr);
}

void CompareView::showRuns(RunRow left, RunRow right)
{
    if (m_rows == std::array{left, right}) return;
    clear();
    m_rows = {left, right};
    m_state->showLoading(tr("Reading two runs"));
    m_pages->setCurrentWidget(m_state);
    load();
}

void CompareView::reload()
{
    if (m_rows[0].value != 0 && m_job == 0) load();
}

void CompareView::load()
{
    m_job = m_session.askRuns<ComparedRuns>(
        this,
        [rows = m_rows, folder = m_session.store().folder](RunQueries& queries) { return readBoth(queries, folder, rows); },
        [this](Result<ComparedRuns> runs) { take(std::move(runs)); });
}

void CompareView::take(Result<ComparedRuns> runs)
{
    m_job = 0;
    if (!runs) {
        m_state->showEmpty(tr("These runs could not be read"), sentenceOf(runs.error()), {{tr("Try again"), [this] { load(); }}});
        m_pages->setCurrentWidget(m_state);
        return;
    }
    const bool again = m_runs != nullptr;
    const int current = m_table->currentIndex().row();
    m_runs = std::make_shared<const ComparedRuns>(std::move(*runs));
    m_model->setRuns(m_runs);
    fillHeadings();
    fillJudgement();
    m_pages->setCurrentWidget(m_content);
    if (again && current >= 0)
        m_table->selectRow(std::min(current, m_model->rowCount() - 1));
    else
        goToNextDifference();
}

void CompareView::fillHeadings()
{
    if (!m_runs) return;
    const RoleColors& colors = roleColors(palette());
    for (std::size_t side = 0; side < 2; ++side) {
        const RunListItem& item = m_runs->runs[side].item;
        const QString task = shownLine(item.run.task, 400);
        const bool meant = static_cast<int>(side) == m_side;
        m_tasks[side]->setShown((meant ? QStringLiteral("▸ ") : QString()) + outcomeText(item.outcome) + QStringLiteral("  ") +
                                (task.isEmpty() ? shownLine(item.run.nativeId, 80) : task));
        QPalette changed;
        changed.setColor(QPalette::WindowText, item.outcome == Outcome::Failure   ? colors.failure
                                               : item.outcome == Outcome::Success ? colors.success
                                                                                  : colors.unknown);
        m_tasks[side]->setPalette(changed);
        QStringList facts = runFacts(item.run);
        if (const QString version = shownVersion(m_session, item.run.harnessVersion, item.versionLabel); !version.isEmpty()) facts.prepend(version);
        m_facts[side]->setShown(facts.join(QStringLiteral(" · ")));
    }
    std::int64_t same = 0, pairs = 0, left = 0, right = 0;
    for (const AlignedSteps& row : m_runs->rows) {
        if (row.same) ++same;
        if (row.left && row.right) ++pairs;
        if (!row.right) ++left;
        if (!row.left) ++right;
    }
    m_summary->setShown(tr("%1 of %2 pairs are the same · %3 steps only left · %4 only right")
                            .arg(countText(same), countText(pairs), countText(left), countText(right)));
}

void CompareView::goToNextDifference()
{
    if (!m_runs || m_runs->rows.empty()) return;
    const int rows = m_model->rowCount(), from = m_table->currentIndex().row();
    for (int i = 1; i <= rows; ++i) {
        const int row = (from + i + rows) % rows;
        if (m_runs->rows[static_cast<std::size_t>(row)].same) continue;
        m_table->selectRow(row);
        m_table->scrollTo(m_model->index(row, 0));
        return;
    }
    m_table->selectRow(0);
}

void CompareView::showPair()
{
    m_session.jobs().cancel(m_diffJob);
    m_diffJob = 0;
    const int row = m_table->currentIndex().row();
    if (!m_runs || row < 0) {
        m_diff->setContent(nullptr);
        return;
    }
    m_diffJob = m_session.jobs().start<std::shared_ptr<const DiffDocument>>(
        {QString(), Lane::Pool, true, true}, this,
        [runs = m_runs, row](const CancelToken&, const Progress&) -> Result<std::shared_ptr<const DiffDocument>> {
            const AlignedSteps& pair = runs->rows[static_cast<std::size_t>(row)];
            const auto text = [&](int side) {
                const auto& at = side == 0 ? pair.left : pair.right;
                return at ? stepDocument(runs->runs[static_cast<std::size_t>(side)].steps[*at].step) : std::string();
            };
            return DiffDocument::make("step.txt", text(0), text(1));
        },
        [this](Result<std::shared_ptr<const DiffDocument>> document) {
            m_diffJob = 0;
            m_diff->setContent(document ? *document : nullptr);
        });
}

void CompareView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    // Two narrow columns of text are harder to read than one of normal width.
    const bool wide = width() >= fontMetrics().averageCharWidth() * 110;
    m_diff->setMode(wide ? DiffView::Mode::SideBySide : DiffView::Mode::Unified);
}

void CompareView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) fillHeadings();
}

} // namespace tackroom::ui
