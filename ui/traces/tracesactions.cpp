// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done on the page of traces, by key and from the command palette.
#include "ui/common/choosefile.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/models/versionrules.h"
#include "ui/traces/compareview.h"
#include "ui/traces/outcomebar.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/tracespage.h"
#include "ui/traces/versionruledialog.h"

#include <QAbstractButton>
#include <QApplication>
#include <QSplitter>

namespace tackroom::ui
{

void TracesPage::buildActions()
{
    addPageAction(m_split, QStringLiteral("traces.firstError"), tr("First error"), QKeySequence(Qt::Key_E),
                  [this] { m_first->goToFirstError(); });
    addPageAction(m_split, QStringLiteral("traces.nextError"), tr("Next error"), QKeySequence(Qt::SHIFT | Qt::Key_E),
                  [this] { m_first->goToNextError(); });
    addPageAction(m_split, QStringLiteral("traces.previousError"), tr("Previous error"),
                  QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E), [this] { m_first->goToPreviousError(); });
    addPageAction(m_split, QStringLiteral("traces.decisiveStep"), tr("Decisive step"), QKeySequence(Qt::Key_D),
                  [this] { m_first->goToDecisiveStep(); });
    addPageAction(m_split, QStringLiteral("traces.columns"), tr("Choose the columns of the run table…"), {},
                  [this] { m_table->chooseColumns(); });
    addPageAction(m_split, QStringLiteral("traces.columnsFit"), tr("Fit the columns of the run table to its width"), {},
                  [this] { m_table->fitColumns(); });
    QAction* open =
        addPageAction(m_table, QStringLiteral("traces.open"), tr("Read the run"), QKeySequence(Qt::Key_Return), [this] {
            if (m_selectSoon.isActive()) showSelected();
            m_first->focusReading();
        });
    open->setShortcuts({QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)});
    addPageAction(m_right, QStringLiteral("traces.expand"), tr("Expand or fold"), QKeySequence(Qt::Key_Space), [this] {
        // Space presses a button that has the focus, as everywhere.
        if (auto* button = qobject_cast<QAbstractButton*>(QApplication::focusWidget()))
            button->click();
        else
            m_first->toggleCurrent();
    });
    addPageAction(m_split, QStringLiteral("traces.judgeGood"), tr("Judge the run: good"), QKeySequence(Qt::Key_G),
                  [this] { judge(JudgeVerdict::Good); });
    addPageAction(m_split, QStringLiteral("traces.judgeBad"), tr("Judge the run: bad"), QKeySequence(Qt::Key_B),
                  [this] { judge(JudgeVerdict::Bad); });
    addPageAction(m_split, QStringLiteral("traces.judgeUnsure"), tr("Judge the run: unsure"), QKeySequence(Qt::Key_U),
                  [this] { judge(JudgeVerdict::Unsure); });
    addPageAction(m_split, QStringLiteral("traces.judgeUndo"), tr("Take the last judgement back"), QKeySequence::Undo,
                  [this] { m_session.undoJudgement(); });
    addPageAction(m_split, QStringLiteral("traces.rule"), tr("Set what counts as a failure in this store…"), {}, [this] {
        if (m_session.storeState() == Session::State::Ready) m_outcomes->editRule();
    });
    addPageAction(m_split, QStringLiteral("traces.versionRule"), tr("Set what tells the harness version in this store…"),
                  QKeySequence(Qt::SHIFT | Qt::Key_V), [this] { editVersionRule(); });
    addPageAction(m_split, QStringLiteral("traces.versionRuleUndo"), tr("Take the last rule for the harness version back"), {},
                  [this] { m_versionRules->undo(); });
    addPageAction(m_split, QStringLiteral("traces.nextDifference"), tr("Two runs: next difference"), QKeySequence(Qt::Key_N),
                  [this] {
                      if (m_compare->isVisibleTo(m_right)) m_compare->goToNextDifference();
                  });
    addPageAction(m_split, QStringLiteral("traces.judgeExport"), tr("Export the judgements as JSONL…"), {}, [this] {
        if (m_session.storeState() != Session::State::Ready) return;
        chooseFile(this, Choose::SaveAs, tr("Export the judgements"), tr("JSON lines (*.jsonl)"),
                   QStringLiteral("judgements.jsonl"), [this](const QString& file) { m_session.exportJudgements(file); });
    });
    addPageAction(m_split, QStringLiteral("traces.copyMarkdown"), tr("Copy the run as Markdown"),
                  QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), [this] { m_first->copyAsMarkdown(); });
    addPageAction(m_split, QStringLiteral("traces.copyJson"), tr("Copy the run as JSON"),
                  QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_J), [this] { m_first->copyAsJson(); });
    addPageAction(m_split, QStringLiteral("traces.copyPath"), tr("Raw: copy the path of the line"),
                  QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_C), [this] { m_first->copyRawPath(); });
    addPageAction(m_split, QStringLiteral("traces.copyStepMarkdown"), tr("Copy the step as Markdown"), {},
                  [this] { m_first->copyStepAsMarkdown(); });
    addPageAction(m_split, QStringLiteral("traces.copyStepJson"), tr("Copy the step as JSON"), {},
                  [this] { m_first->copyStepAsJson(); });
}

void TracesPage::editVersionRule()
{
    if (m_session.storeState() != Session::State::Ready) return;
    VersionRuleDialog* dialog = versionRuleDialog();
    if (!dialog) dialog = new VersionRuleDialog(m_session, *m_versionRules, this);
    dialog->show();
    dialog->raise();
    dialog->activateWindow();
}

VersionRuleDialog* TracesPage::versionRuleDialog() const { return findChild<VersionRuleDialog*>(); }

void TracesPage::judge(JudgeVerdict verdict)
{
    if (m_selectSoon.isActive()) showSelected();
    if (m_compare->isVisibleTo(m_right)) {
        m_compare->judge(verdict);
        return;
    }
    m_judgedFromList = m_table->hasFocus();
    m_first->judge(verdict);
}

void TracesPage::goToNextRun()
{
    const int next = m_model->positionOf(m_first->row()) + 1;
    if (next <= 0 || next >= m_model->rowCount()) return;
    m_table->choose(next);
    m_table->scrollTo(m_model->index(next, 0));
    if (m_judgedFromList) m_table->setFocus(Qt::OtherFocusReason);
}

} // namespace tackroom::ui
