// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/pagetest.h"
#include "ui/models/runtablemodel.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/compareview.h"
#include "ui/diffview/diffview.h"
#include "ui/traces/outcomebar.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/stepsview.h"
#include "ui/traces/tracespage.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTabBar>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include <fstream>

using namespace tackroom;
using namespace tackroom::ui;

class TestTracesPage : public QObject, private PageTest<TracesPage>
{
    Q_OBJECT
    void openSample()
    {
        openPageOn(m_ui.sample().store);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->run().details(), kPatienceMs);
    }
    /// Shows the first run that the filter leaves.
    void showFirst(const QString& query)
    {
        m_page->setQuery(query);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QVERIFY(m_page->model().rowCount() > 0);
        m_page->table().setFocus();
        m_page->table().selectRow(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(0), kPatienceMs);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void cleanup() { closePage(); }

    void withoutAStoreItSaysWhatToDo()
    {
        openPage();
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        QPushButton* open = buttonWith(*m_page, QStringLiteral("Open a trace store"));
        QPushButton* sample = buttonWith(*m_page, QStringLiteral("Try the sample"));
        QVERIFY(open && sample);
        open->click();
        sample->click();
        QCOMPARE(addresses.size(), 2);
        QCOMPARE(addresses[0][0].toString(), QStringLiteral("action/open-store"));
        QCOMPARE(addresses[1][0].toString(), QStringLiteral("action/sample"));
        QVERIFY(m_page->address().isEmpty());
        UiSession::shoot(*m_page, QStringLiteral("traces-none"));
    }

    void aFileThatIsNoStoreSaysWhy()
    {
        openPage();
        const auto file = m_ui.folder() / "notes.txt";
        std::ofstream(file) << "these are notes\n";
        m_session->openStore(QString::fromStdString(file.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Failed, kPatienceMs);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("notes.txt")));
        QVERIFY(buttonWith(*m_page, QStringLiteral("Try again")));
        UiSession::shoot(*m_page, QStringLiteral("traces-failed"));
    }

    void aReaderThatCrashesIsSaidAndTriedAgain()
    {
        const auto program = m_ui.folder() / "crashing-reader", crashed = m_ui.folder() / "crashed";
        std::ofstream(program) << "#!/bin/sh\n[ -e '" << crashed.string() << "' ] && exec '"
                               << UiSession::readerProgram().string() << "'\n: > '" << crashed.string() << "'\nkill -SEGV $$\n";
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        openPage(program);
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Failed, kPatienceMs);
        QVERIFY(std::filesystem::exists(crashed));
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("The file was not changed.")));
        QVERIFY(buttonWith(*m_page, QStringLiteral("Open another store")));
        QPushButton* again = buttonWith(*m_page, QStringLiteral("Try again"));
        QVERIFY(again);
        again->click();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model().rowCount(), 240, kPatienceMs);
    }

    void showsTheRunsOfTheSample()
    {
        openSample();
        QCOMPARE(m_page->model().rowCount(), 240);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("240 runs")));
        QTRY_VERIFY(!m_page->model().index(0, RunTableModel::TaskColumn).data().toString().isEmpty());
        QCOMPARE(m_page->run().row(), m_page->model().rowAt(0)); // something to read from the start
        auto* conversation = m_page->run().findChild<ConversationView*>();
        QTRY_VERIFY(!conversation->turns().empty());
        QVERIFY(m_page->address().startsWith(QStringLiteral("run/")));
        UiSession::shoot(*m_page, QStringLiteral("traces"));
    }

    void filters()
    {
        openSample();
        QSignalSpy unknown(m_page.get(), &Page::queryNotUnderstood);
        m_page->setQuery(QStringLiteral("outcome:failure"));
        QTRY_VERIFY(m_page->settled());
        QCOMPARE(m_page->model().rowCount(), static_cast<int>(m_session->storeCounts().failures));
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("%1 of 240 runs").arg(m_session->storeCounts().failures)));
        QCOMPARE(unknown.last()[0].toString(), QString());
        m_page->setQuery(QStringLiteral("nonsense:1"));
        QVERIFY(unknown.last()[0].toString().contains(QStringLiteral("nonsense")));
        m_page->setQuery(QStringLiteral("\"no customer ever said this\""));
        QTRY_COMPARE(m_page->model().rowCount(), 0);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("No run matches")));
        m_page->setQuery({});
        QTRY_COMPARE(m_page->model().rowCount(), 240);
        const QString counted = QStringLiteral("outcome:failure\t%1 runs").arg(m_session->storeCounts().failures);
        QVERIFY2(m_page->queryCompletions().contains(counted), qPrintable(m_page->queryCompletions().join(QLatin1Char(';'))));
        QVERIFY(m_page->queryCompletions().filter(QStringLiteral("duration:>")).size() == 1);
        m_page->setQuery(QStringLiteral("steps:>3 -outcome:failure"));
        QTRY_VERIFY(m_page->settled());
        QVERIFY(m_page->model().rowCount() > 0);
        QVERIFY(m_page->model().rowCount() <= 240 - static_cast<int>(m_session->storeCounts().failures));
        m_page->setQuery(QStringLiteral("steps:>many"));
        QVERIFY(unknown.last()[0].toString().contains(QStringLiteral("a number is needed")));
    }

    void sortsByEveryColumn()
    {
        openSample();
        const RunRow shown = m_page->run().row();
        for (int column = 0; column < RunTableModel::kColumnCount; ++column) {
            m_page->table().sortByColumn(column, Qt::AscendingOrder);
            QTRY_VERIFY(m_page->settled());
            QCOMPARE(m_page->model().rowCount(), 240);
        }
        // Selection and reading stay with the run.
        QCOMPARE(m_page->run().row(), shown);
        QCOMPARE(m_page->model().rowAt(m_page->table().currentIndex().row()), shown);
    }

    void anAddressThatComesFirstIsRemembered()
    {
        openSample();
        m_page->setQuery(QStringLiteral("outcome:failure"));
        QTRY_VERIFY(m_page->settled());
        m_page->table().selectRow(3);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(3), kPatienceMs);
        const RunDetails* details = m_page->run().details();
        QVERIFY(details);
        const QString address = QStringLiteral("run/%1/step/%2")
                                    .arg(QString::fromStdString(details->item.run.key.value),
                                         QString::fromStdString(details->steps.back().step.nativeId));

        openPage();
        QVERIFY(!m_page->goTo(QStringLiteral("cluster/c-1")));
        QVERIFY(m_page->goTo(address));
        QCOMPARE(m_page->address(), address);
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_VERIFY_WITH_TIMEOUT(
            m_session->storeState() == Session::State::Ready && m_page->settled() && m_page->run().details(), kPatienceMs);
        QCOMPARE(m_page->address(), address);
        QVERIFY(m_page->goTo(QStringLiteral("run/ffffffffffffffffffffffffffffffff")));
        QTRY_VERIFY(m_page->settled());
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("ffffffffffffffffffffffffffffffff")));
    }

    void keysGoToErrorsAndToTheDecisiveStep()
    {
        openSample();
        showFirst(QStringLiteral("outcome:failure error:order_id"));
        QTest::keyClick(&m_page->table(), Qt::Key_E);
        QTRY_VERIFY(m_page->settled());
        const RunDetails* details = m_page->run().details();
        const StepItem* step = details->step(m_page->run().currentStep());
        QVERIFY(step);
        QCOMPARE(step->step.status, StepStatus::Error);
        QTest::keyClick(&m_page->table(), Qt::Key_D);
        QVERIFY(details->decisive());
        QCOMPARE(m_page->run().currentStep(), details->decisive()->stepId);
        QVERIFY(m_page->address().endsWith(QString::fromStdString(details->decisive()->stepId)));
        QTest::keyClick(&m_page->table(), Qt::Key_Return);
        QVERIFY(m_page->run().isAncestorOf(QApplication::focusWidget()));
        auto* conversation = m_page->run().findChild<ConversationView*>();
        QVERIFY(conversation->toPlainText().contains(QStringLiteral("◎ decisive")));
        QVERIFY(conversation->toPlainText().contains(QStringLiteral("→ ")));
        UiSession::shoot(*m_page, QStringLiteral("traces-decisive"));
    }

    void stepsAndRaw()
    {
        openSample();
        showFirst(QStringLiteral("outcome:failure error:order_id"));
        m_page->run().showTab(RunView::StepsTab);
        m_page->run().goToDecisiveStep();
        auto* steps = m_page->run().findChild<StepsView*>();
        QCOMPARE(steps->currentStep(), m_page->run().currentStep());
        UiSession::shoot(*m_page, QStringLiteral("traces-steps"));
        QPushButton* whole = buttonWith(*steps, QStringLiteral("Show whole texts"));
        QVERIFY(whole);
        whole->click();
        QTRY_VERIFY_WITH_TIMEOUT(steps->settled(), kPatienceMs);
        m_page->run().showTab(RunView::RawTab);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        auto* json = m_page->run().findChild<JsonTreeModel*>();
        QVERIFY(json->rowCount() > 0);
        UiSession::shoot(*m_page, QStringLiteral("traces-raw"));
    }

    void twoRunsSideBySide()
    {
        openSample();
        m_page->table().clearSelection();
        m_page->table().selectRow(1);
        m_page->table().selectionModel()->select(m_page->model().index(4, 0),
                                                 QItemSelectionModel::Select | QItemSelectionModel::Rows);
        CompareView& both = m_page->comparison();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && both.isVisible() && both.runs(), kPatienceMs);
        QVERIFY(!m_page->run().isVisible());
        QVERIFY(both.runs()->runs[0].item.row != both.runs()->runs[1].item.row);
        // Every step of both stands once, in its order.
        for (int side = 0; side < 2; ++side) {
            std::size_t next = 0;
            for (const AlignedSteps& row : both.runs()->rows) {
                const auto& at = side == 0 ? row.left : row.right;
                if (at) QCOMPARE(*at, next++);
            }
            QCOMPARE(next, both.runs()->runs[static_cast<std::size_t>(side)].steps.size());
        }
        QTRY_VERIFY(both.diff().content());
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("pairs are the same")));
        // Beside the rail of a window of 1024.
        QVERIFY2(m_page->minimumSizeHint().width() <= 960, qPrintable(QString::number(m_page->minimumSizeHint().width())));
        UiSession::shoot(*m_page, QStringLiteral("traces-two"));
        const RunRow right = both.runs()->runs[1].item.row;
        for (QPushButton* button : both.findChildren<QPushButton*>())
            if (button->accessibleName().contains(QStringLiteral("right")) || button->text().contains(QStringLiteral("right"))) button->click();
        QTRY_VERIFY(!both.isVisible() && m_page->run().isVisible());
        QCOMPARE(m_page->run().row(), right);
    }

    void judgesByKeys()
    {
        openSample();
        m_session->setReviewer({"Rita Reviewer", "rita@example.org"});
        showFirst(QStringLiteral("outcome:success"));
        const RunRow row = m_page->run().row();
        const Outcome before = m_page->run().details()->item.outcome;
        QTest::keyClick(&m_page->table(), Qt::Key_B);
        auto* reason = m_page->run().findChild<QLineEdit*>(QStringLiteral("judgeReason"));
        QVERIFY(reason && reason->isVisible());
        QTRY_COMPARE(QApplication::focusWidget(), reason);
        QTest::keyClicks(reason, QStringLiteral("big mistake, e d g")); // single letters are letters here
        QCOMPARE(reason->text(), QStringLiteral("big mistake, e d g"));
        UiSession::shoot(*m_page, QStringLiteral("traces-judging"));
        QTest::keyClick(reason, Qt::Key_Return);
        QTRY_COMPARE(QApplication::focusWidget(), &m_page->table());
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().details() &&
                                     m_page->run().details()->item.outcomeSource == OutcomeSource::Human &&
                                     m_page->run().details()->item.outcome == Outcome::Failure,
                                 kPatienceMs);
        QCOMPARE(m_page->run().row(), row);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("Rita Reviewer judged it bad: “big mistake, e d g”")));
        m_page->setQuery(QStringLiteral("has:judgement"));
        QTRY_VERIFY(m_page->settled() && m_page->model().rowCount() == 1);
        QTRY_VERIFY(m_page->model().index(0, RunTableModel::OutcomeColumn).data().toString().contains(QStringLiteral("⚑")));
        UiSession::shoot(*m_page, QStringLiteral("traces-judged"));
        // The clusters follow by themselves.
        QTRY_VERIFY_WITH_TIMEOUT(m_session->jobs().idle() && m_page->settled(), kPatienceMs);
        m_page->table().setFocus();
        QTest::keyClick(&m_page->table(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model().rowCount(), 0, kPatienceMs);
        m_page->setQuery({});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().details()->item.outcome == before, kPatienceMs);
        QCOMPARE(judgementHistory(m_session->places())->size(), std::size_t{2}); // taking back is an entry too
    }

    void judgingGoesOnToTheNextRun()
    {
        openSample();
        m_session->setReviewer({"Rita Reviewer", "rita@example.org"});
        showFirst({});
        const RunRow second = m_page->model().rowAt(1);
        QTest::keyClick(&m_page->table(), Qt::Key_U);
        auto* reason = m_page->run().findChild<QLineEdit*>(QStringLiteral("judgeReason"));
        QTest::keyClick(reason, Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == second, kPatienceMs);
        QCOMPARE(QApplication::focusWidget(), &m_page->table());
        QTest::keyClick(&m_page->table(), Qt::Key_G);
        QTest::keyClick(reason, Qt::Key_Escape);
        QVERIFY(!reason->isVisible());
        QTRY_VERIFY(m_page->settled());
        QCOMPARE(m_session->judgements().size(), std::size_t{1}); // Escape wrote nothing
        m_session->undoJudgement();
        QTRY_VERIFY(m_session->judgements().empty());
    }

    void withoutANameNobodyJudges()
    {
        openSample();
        m_session->setReviewer({});
        showFirst({});
        QTest::keyClick(&m_page->table(), Qt::Key_G);
        QVERIFY(!m_page->run().findChild<QLineEdit*>(QStringLiteral("judgeReason"))->isVisible());
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("Say who you are first")));
        QVERIFY(buttonWith(*m_page, QStringLiteral("Set your name")));
    }

    void aRuleTellsTheOutcome()
    {
        openSample();
        OutcomeBar& bar = m_page->outcomeBar();
        QVERIFY(!bar.isVisible()); // the sample's runs have outcomes
        bar.setState(12, 12, std::nullopt);
        QVERIFY(bar.isVisible());
        QVERIFY(saysSomewhere(bar, QStringLiteral("Nothing in this store says how its 12 runs went")));
        UiSession::shoot(*m_page, QStringLiteral("traces-unknown"));
        bar.editRule();
        QVERIFY(!bar.findChildren<QComboBox*>().front()->currentText().isEmpty());
        bar.findChildren<QComboBox*>().front()->setEditText(QStringLiteral("no such score"));
        bar.findChild<QLineEdit*>(QStringLiteral("ruleValue"))->setText(QStringLiteral("much"));
        bar.findChild<QPushButton*>(QStringLiteral("applyRule"))->click();
        QVERIFY(saysSomewhere(bar, QStringLiteral("Name a score")));
        bar.findChild<QLineEdit*>(QStringLiteral("ruleValue"))->setText(QStringLiteral("0.5"));
        bar.findChild<QPushButton*>(QStringLiteral("applyRule"))->click();
        QVERIFY(saysSomewhere(bar, QStringLiteral("no such score < 0.5")));
        QTRY_VERIFY_WITH_TIMEOUT(m_session->jobs().idle() && m_page->settled(), kPatienceMs);
        QVERIFY(readStoreSettings(m_session->places(), m_session->store().folder).rule);
        bar.findChild<QPushButton*>(QStringLiteral("removeRule"))->click();
        QTRY_VERIFY_WITH_TIMEOUT(m_session->jobs().idle() && m_page->settled() && !bar.isVisible(), kPatienceMs);
        QVERIFY(!readStoreSettings(m_session->places(), m_session->store().folder).rule);
    }

    void everyColumnIsInSightAt1440()
    {
        QSettings().clear();
        openSample(); // 1384 wide: 1440 without the rail
        QTRY_VERIFY(m_page->table().horizontalScrollBar()->maximum() == 0);
        QVERIFY(m_page->table().columnWidth(RunTableModel::TaskColumn) >= 120);
        // A count of five digits fits.
        const QFontMetrics metrics = m_page->table().fontMetrics();
        QVERIFY(m_page->table().columnWidth(RunTableModel::StepsColumn) > metrics.horizontalAdvance(QStringLiteral("50,000")) + kGrid);
        m_page->resize(968, 620);
        QTest::qWait(50);
        auto* tabs = m_page->run().findChild<QTabWidget*>();
        QVERIFY(tabs->tabBar()->tabRect(2).right() < tabs->width()); // no arrows before Raw
        for (QToolButton* arrow : tabs->tabBar()->findChildren<QToolButton*>()) QVERIFY(!arrow->isVisible());
        UiSession::shoot(*m_page, QStringLiteral("traces-small"));
    }

    void theCostIsShownWhereAnyRunHasOne()
    {
        QSettings().clear();
        openSample();
        QTRY_VERIFY(m_page->settled());
        m_page->resize(1900, 700);
        RunTableView& table = m_page->table();
        // The sample tells of no cost; there is room enough.
        QVERIFY(!table.isColumnHidden(RunTableModel::VersionColumn));
        QTRY_VERIFY(table.isColumnHidden(RunTableModel::CostColumn));
        table.setCostKnown(true);
        QVERIFY(!table.isColumnHidden(RunTableModel::CostColumn));
        table.setCostKnown(false);
        QVERIFY(table.isColumnHidden(RunTableModel::CostColumn));
        table.chooseColumn(RunTableModel::CostColumn, true);
        QVERIFY(!table.isColumnHidden(RunTableModel::CostColumn));
        table.fitColumns();
        QVERIFY(table.isColumnHidden(RunTableModel::CostColumn));
        // As soon as the store is looked at again.
        table.setCostKnown(true);
        m_session->refreshStore();
        QTRY_VERIFY_WITH_TIMEOUT(table.isColumnHidden(RunTableModel::CostColumn), kPatienceMs);
    }

    void savedViews()
    {
        openSample();
        QVERIFY(m_page->queryViews());
        QVERIFY(m_page->queryViews()->isEmpty());
        QSignalSpy changed(m_page.get(), &Page::queryBoxChanged);
        m_page->keepQueryView(QStringLiteral("failures"), QStringLiteral("outcome:failure"));
        QCOMPARE(m_page->queryViews()->size(), 1);
        QVERIFY(changed.size() > 0);
        QTRY_VERIFY(m_session->jobs().idle());
        QCOMPARE(readStoreSettings(m_session->places(), m_session->store().folder).views.size(), std::size_t{1});
        m_page->forgetQueryView(QStringLiteral("failures"));
        QVERIFY(m_page->queryViews()->isEmpty());
        QTRY_VERIFY(m_session->jobs().idle());
    }

    void theInputOfTwoModelCallsIsCompared()
    {
        openSample();
        showFirst(QStringLiteral("outcome:failure steps:>5"));
        m_page->run().showTab(RunView::StepsTab);
        std::vector<std::string> calls;
        for (const StepItem& item : m_page->run().details()->steps)
            if (item.step.kind == StepKind::Llm) calls.push_back(item.step.nativeId);
        QVERIFY(calls.size() >= 2);
        auto* steps = m_page->run().findChild<StepsView*>();
        QVERIFY(steps->showStep(calls[1]));
        steps->compareInputs(calls[0], calls[1]);
        QTRY_VERIFY_WITH_TIMEOUT(steps->settled() && steps->inputDiff().content(), kPatienceMs);
        QVERIFY(steps->comparing());
        QVERIFY(steps->inputDiff().hunkCount() > 0);
        UiSession::shoot(*m_page, QStringLiteral("traces-inputs"));
        QVERIFY(steps->showStep(calls[0]));
        QVERIFY(!steps->comparing()); // another step: its texts
    }

    void refreshMovesNothing()
    {
        openSample();
        showFirst(QStringLiteral("outcome:failure"));
        m_page->resize(1000, 420);
        m_page->table().verticalScrollBar()->setValue(9);
        auto* conversation = m_page->run().findChild<ConversationView*>();
        QTRY_VERIFY(conversation->verticalScrollBar()->maximum() > 40);
        conversation->verticalScrollBar()->setValue(40);
        const RunRow shown = m_page->run().row();
        const int generation = m_session->storeGeneration();
        m_session->refreshStore();
        QTRY_VERIFY_WITH_TIMEOUT(m_session->storeGeneration() > generation + 1 && m_page->settled(), kPatienceMs);
        QCOMPARE(m_page->run().row(), shown);
        QCOMPARE(m_page->table().verticalScrollBar()->value(), 9);
        QCOMPARE(conversation->verticalScrollBar()->value(), 40);
        QCOMPARE(m_page->table().selectionModel()->selectedRows().size(), 1);
    }

    void copiesTheRun()
    {
        openSample();
        m_page->run().copyAsMarkdown();
        QTRY_VERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("# ")));
        m_page->run().copyAsJson();
        QTRY_VERIFY(QGuiApplication::clipboard()->text().startsWith(QLatin1Char('{')));
    }

    void everythingHasAName()
    {
        openSample();
        for (QWidget* widget : m_page->findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() ||
                widget->objectName().startsWith(QStringLiteral("qt_")))
                continue;
            QAccessibleInterface* shown = QAccessible::queryAccessibleInterface(widget);
            if (!shown || qobject_cast<QHeaderView*>(widget)) continue;
            QVERIFY2(!shown->text(QAccessible::Name).isEmpty(),
                     qPrintable(QString::fromLatin1(widget->metaObject()->className())));
        }
    }

    void realRunsOfTauBench()
    {
        const QString data = qEnvironmentVariable("TACKROOM_SHARED_DATA");
        const QString file = data + QStringLiteral("/tau-bench/gpt-4o-airline.json");
        if (data.isEmpty() || !QFile::exists(file)) QSKIP("TACKROOM_SHARED_DATA has no tau-bench");
        openPage();
        m_session->openStore(file);
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().details(), kPatienceMs);
        QCOMPARE(m_page->model().rowCount(), static_cast<int>(m_session->storeCounts().runs));
        showFirst(QStringLiteral("outcome:failure"));
        auto* conversation = m_page->run().findChild<ConversationView*>();
        QTRY_VERIFY(conversation->turns().size() > 4);
        UiSession::shoot(*m_page, QStringLiteral("traces-tau"));
    }
};

QTEST_MAIN(TestTracesPage)
#include "testtracespage.moc"
