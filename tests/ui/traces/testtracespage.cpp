// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/uisession.h"
#include "ui/models/runtablemodel.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/stepsview.h"
#include "ui/traces/tracespage.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QClipboard>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include <fstream>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{
constexpr int kPatienceMs = 60'000;

QPushButton* buttonWith(QWidget& widget, const QString& text)
{
    for (QPushButton* button : widget.findChildren<QPushButton*>())
        if (button->isVisible() && button->text().contains(text)) return button;
    return nullptr;
}

bool saysSomewhere(QWidget& widget, const QString& text)
{
    for (QLabel* label : widget.findChildren<QLabel*>())
        if (label->isVisible() && label->text().contains(text)) return true;
    return false;
}
} // namespace

class TestTracesPage : public QObject
{
    Q_OBJECT
    UiSession m_ui;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<TracesPage> m_page;

    void openPage()
    {
        m_page.reset();
        m_session = m_ui.open();
        m_page = std::make_unique<TracesPage>(*m_session);
        m_page->resize(1384, 820);
        m_page->show();
        m_page->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
    }
    void openSample()
    {
        openPage();
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().details(), kPatienceMs);
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
    void cleanup()
    {
        m_page.reset();
        m_session.reset();
    }

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
        QVERIFY(m_page->queryCompletions().contains(QStringLiteral("outcome:failure")));
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
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->otherRun().isVisible() && m_page->otherRun().details(),
                                 kPatienceMs);
        QVERIFY(m_page->run().row() != m_page->otherRun().row());
        // Beside the rail of a window of 1024.
        QVERIFY2(m_page->minimumSizeHint().width() <= 960, qPrintable(QStringLiteral("%1: %2 + %3")
                                                                          .arg(m_page->minimumSizeHint().width())
                                                                          .arg(m_page->run().minimumSizeHint().width())
                                                                          .arg(m_page->otherRun().minimumSizeHint().width())));
        UiSession::shoot(*m_page, QStringLiteral("traces-two"));
        m_page->table().selectRow(2);
        QTRY_VERIFY(!m_page->otherRun().isVisible());
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
