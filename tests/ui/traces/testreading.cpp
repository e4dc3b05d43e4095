// SPDX-License-Identifier: GPL-3.0-or-later
// Reading runs: long texts and long conversations, the table at small widths, errors in each view, judging one of two runs.
#include "core/base/json.h"
#include "tests/support/pagetest.h"
#include "ui/models/runtablemodel.h"
#include "ui/traces/compareview.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/stepsview.h"
#include "ui/traces/tracespage.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QClipboard>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QSettings>
#include <QTest>
#include <QTextBlock>
#include <QTreeView>

#include <algorithm>
#include <set>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{

std::vector<Turn> manyTurns(int count)
{
    std::vector<Turn> turns;
    for (int i = 0; i < count; ++i) {
        Turn turn;
        turn.speaker = i % 2 ? Turn::Agent : Turn::User;
        turn.role = i % 2 ? QStringLiteral("agent") : QStringLiteral("user");
        turn.stepId = std::to_string(i);
        TurnPart part;
        part.text = QStringLiteral("this is turn number %1.").arg(i);
        turn.parts.push_back(part);
        turns.push_back(turn);
    }
    return turns;
}

/// The number of the turn at the upper edge.
int topTurn(const ConversationView& view)
{
    for (QTextBlock block = view.cursorForPosition(QPoint(5, 5)).block(); block.isValid(); block = block.next()) {
        const qsizetype at = block.text().indexOf(QStringLiteral("number "));
        if (at >= 0) return QStringView(block.text()).mid(at + 7).chopped(1).toInt();
    }
    return -1;
}

} // namespace

class TestReading : public QObject, private PageTest<TracesPage>
{
    Q_OBJECT
    void openSample() { openStore(m_ui.sample().store); }
    void openStore(const std::filesystem::path& store)
    {
        openPageOn(store);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->run().details(), kPatienceMs);
    }
    void showFirst(const QString& query)
    {
        m_page->setQuery(query);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QVERIFY(m_page->model().rowCount() > 0);
        m_page->table().setFocus();
        m_page->table().choose(0); // QTest leaves its modifier keys held down
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(0), kPatienceMs);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void init() { QSettings().clear(); }
    void cleanup() { closePage(); }

    void aLongTextComesInPiecesAndIsCopiedAsItWas()
    {
        QString line;
        for (int i = 0; line.size() < 300'000; ++i) line += QStringLiteral("word%1 ").arg(i);
        const QString text = QStringLiteral("first\n") + line + QStringLiteral("\nlast");
        TextPage page;
        page.resize(600, 400);
        page.show();
        page.begin();
        page.startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
        page.addText(text, TextPage::Plain);
        page.end();
        QVERIFY(page.writing()); // not in one go
        QVERIFY(page.toPlainText().startsWith(QStringLiteral("first\nword0 ")));
        QTRY_VERIFY(!page.writing());
        // No paragraph is so long that its layout would be felt, and nothing of that is in what is copied.
        for (QTextBlock block = page.document()->begin(); block.isValid(); block = block.next()) QVERIFY(block.length() < 3000);
        page.selectAll();
        page.copy();
        QCOMPARE(QGuiApplication::clipboard()->text(), text);
        QCOMPARE(page.textCursor().selectionStart(), 0);
        // The same in other colours.
        applyTheme(*qApp, Theme::Dark);
        QTRY_VERIFY(!page.writing());
        page.selectAll();
        page.copy();
        QCOMPARE(QGuiApplication::clipboard()->text(), text);
        applyTheme(*qApp, Theme::Light);
    }

    void theCursorStaysWhileATextGrows()
    {
        TextPage page;
        page.begin();
        page.startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
        page.addText(QString(200'000, QLatin1Char('x')), TextPage::Mono);
        page.end();
        const int place = page.textCursor().position();
        QTRY_VERIFY(!page.writing());
        QCOMPARE(page.textCursor().position(), place);
    }

    void aLongConversationGoesOnWhileOneScrolls()
    {
        ConversationView view;
        view.resize(600, 400);
        view.show();
        view.setTurns(manyTurns(5000), 0);
        QTRY_VERIFY(!view.writing());
        QVERIFY(view.document()->blockCount() < 1000);
        // From the top to the end in pages: every turn is on screen once, in order, and the document stays small.
        std::set<int> seen;
        int last = -1;
        QScrollBar* bar = view.verticalScrollBar();
        for (int page = 0; page < 2000 && !view.toPlainText().contains(QStringLiteral("number 4999.")); ++page) {
            const int top = topTurn(view);
            QVERIFY2(top >= last, qPrintable(QStringLiteral("%1 after %2").arg(top).arg(last)));
            QVERIFY2(top - last < 40, qPrintable(QStringLiteral("%1 after %2").arg(top).arg(last)));
            last = top;
            bar->setValue(bar->value() + bar->pageStep() / 2);
            QTRY_VERIFY(!view.writing());
            QVERIFY(view.document()->blockCount() < 2500);
        }
        QVERIFY(view.toPlainText().contains(QStringLiteral("number 4999.")));
        QVERIFY(!view.toPlainText().contains(QStringLiteral("number 1.")));
        QVERIFY(view.toPlainText().contains(QStringLiteral("turns before this")));
        // What was let go comes back, and what was on screen stays there.
        bar->setValue(bar->minimum());
        const int before = topTurn(view);
        QVERIFY(before > 0);
        Q_EMIT view.anchorClicked(QUrl(QStringLiteral("earlier")));
        QTRY_VERIFY(!view.writing());
        QVERIFY(bar->value() > 0);
        QVERIFY(std::abs(topTurn(view) - before) <= 1);
        QVERIFY(view.toPlainText().contains(QStringLiteral("number %1.").arg(before - 100)));
    }

    void jumpsAndTheEndsOfALongConversation()
    {
        ConversationView view;
        view.resize(600, 400);
        view.show();
        view.setTurns(manyTurns(5000), 0);
        QVERIFY(view.showStep("3210"));
        QTRY_VERIFY(!view.writing());
        QVERIFY(view.textCursor().block().text().contains(QStringLiteral("number 3210.")));
        QVERIFY(view.viewport()->rect().contains(view.cursorRect().center()));
        QVERIFY(view.toPlainText().contains(QStringLiteral("3,170 turns before this")));
        QTest::keyClick(&view, Qt::Key_End, Qt::ControlModifier);
        QTRY_VERIFY(!view.writing());
        QVERIFY(view.textCursor().block().text().contains(QStringLiteral("number 4999.")));
        QCOMPARE(view.verticalScrollBar()->value(), view.verticalScrollBar()->maximum());
        QTest::keyClick(&view, Qt::Key_Home, Qt::ControlModifier);
        QTRY_VERIFY(!view.writing());
        QVERIFY(view.textCursor().block().text().contains(QStringLiteral("number 0.")));
        QCOMPARE(view.verticalScrollBar()->value(), 0);
    }

    void unfoldingMovesNothing()
    {
        auto turns = manyTurns(100);
        for (int at : {10, 40})
            turns[static_cast<std::size_t>(at)].parts[0].text =
                QStringLiteral("this is turn number %1.\n").arg(at).repeated(60);
        ConversationView view;
        view.resize(600, 400);
        view.show();
        view.setTurns(turns, 0);
        QVERIFY(view.showStep("40"));
        const QRect before = view.cursorRect();
        const qsizetype size = view.toPlainText().size();
        view.toggleCurrent();
        QTRY_VERIFY(!view.writing());
        QVERIFY(view.toPlainText().size() > size + 500);
        QVERIFY(std::abs(view.cursorRect().top() - before.top()) <= 2);
        view.toggleCurrent();
        QTRY_VERIFY(!view.writing());
        QCOMPARE(view.toPlainText().size(), size);
    }

    void blobsInRawAreChips()
    {
        std::string blob = "iVBORw0KGgo";
        while (blob.size() < 4000) blob += "aB3/x+9Z";
        const Json json{{"image", "data:image/png;base64," + blob}, {"list", Json::array({1, blob})}};
        JsonTreeModel model;
        QAbstractItemModelTester tester(&model);
        model.setDocument(*readJsonDocument(std::make_shared<const std::string>(dumpJson(json)), {}));
        QVERIFY2(model.index(0, 1).data().toString().contains(QStringLiteral("▣ image/png, 3 kB")),
                 qPrintable(model.index(0, 1).data().toString()));
        QVERIFY(model.index(0, 1).data().toString().size() < 60);
        QCOMPARE(model.valueOf(model.index(0, 1)), "data:image/png;base64," + blob); // copied whole
        const QModelIndex list = model.index(1, 0);
        QCOMPARE(model.pathOf(model.index(1, 0, list)), std::string("$.list[1]"));
        QVERIFY(model.index(1, 1, list).data().toString().contains(QStringLiteral("▣")));
    }

    void theTableFitsSmallWindows()
    {
        openSample();
        RunTableView& table = m_page->table();
        const auto inSight = [&](int column) {
            return !table.isColumnHidden(column) &&
                   table.columnViewportPosition(column) + table.columnWidth(column) <= table.viewport()->width();
        };
        const auto allButCost = [&] {
            for (int column = 0; column < RunTableModel::kColumnCount; ++column)
                if (column != RunTableModel::CostColumn) QVERIFY2(inSight(column), qPrintable(QString::number(column)));
        };
        QTRY_VERIFY(m_page->settled());
        table.setCostKnown(true); // the sample tells of none
        QTRY_COMPARE(table.horizontalScrollBar()->maximum(), 0);
        allButCost(); // whose place the task has: it says more
        QVERIFY(table.isColumnHidden(RunTableModel::CostColumn));
        m_page->resize(1864, 1000); // of 1920 x 1080
        QTRY_VERIFY(inSight(RunTableModel::CostColumn));
        allButCost();
        m_page->resize(968, 620); // of 1024 x 700
        QTRY_COMPARE(table.horizontalScrollBar()->maximum(), 0);
        QVERIFY(table.isColumnHidden(RunTableModel::CostColumn));
        for (int column : {RunTableModel::OutcomeColumn, RunTableModel::TaskColumn, RunTableModel::WhenColumn})
            QVERIFY(inSight(column));
        QVERIFY(table.columnWidth(RunTableModel::TaskColumn) >= 120);
        // The user's word counts, and is kept.
        table.chooseColumns();
        QMenu* menu = nullptr;
        QTRY_VERIFY((menu = table.findChild<QMenu*>(QStringLiteral("columns"))) != nullptr);
        QCOMPARE(menu->actions().size(), RunTableModel::kColumnCount + 3); // a line, fit, what tells the version
        menu->actions()[RunTableModel::CostColumn]->trigger();
        menu->actions()[RunTableModel::WhenColumn]->trigger();
        menu->close();
        QVERIFY(inSight(RunTableModel::CostColumn));
        QVERIFY(table.isColumnHidden(RunTableModel::WhenColumn));
        UiSession::shoot(*m_page, QStringLiteral("reading-columns"));
        m_page->resize(1384, 820);
        QVERIFY(table.isColumnHidden(RunTableModel::WhenColumn));
        openSample();
        QVERIFY(m_page->table().isColumnHidden(RunTableModel::WhenColumn));
        m_page->table().fitColumns();
        QVERIFY(!m_page->table().isColumnHidden(RunTableModel::WhenColumn));
    }

    void errorKeysInAllThreeViews()
    {
        openSample();
        showFirst(QStringLiteral("errors:>1"));
        RunView& run = m_page->run();
        std::vector<std::string> errors;
        for (const StepItem& item : run.details()->steps)
            if (item.step.status == StepStatus::Error) errors.push_back(item.step.nativeId);
        QVERIFY(errors.size() > 1);
        // A step that did not fail, between two that did: with two errors alone the next one is the previous one, too.
        std::string between;
        for (const StepItem& item : run.details()->steps)
            if (item.step.status != StepStatus::Error && run.details()->errorBefore(item.step.nativeId) == errors[0] &&
                run.details()->errorAfter(item.step.nativeId) == errors[1])
                between = item.step.nativeId;
        QVERIFY(!between.empty());
        const auto& turns = run.findChild<ConversationView*>()->turns();
        const bool named = std::any_of(turns.begin(), turns.end(), [](const Turn& turn) { return !turn.stepId.empty(); });
        for (const RunView::Tab tab : {RunView::ConversationTab, RunView::StepsTab, RunView::RawTab}) {
            const auto press = [&](Qt::KeyboardModifiers modifiers) {
                QTest::keyClick(&m_page->table(), Qt::Key_E, modifiers);
                QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
            };
            run.showTab(tab);
            QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
            run.showRun(run.row(), between);
            press(Qt::ControlModifier | Qt::ShiftModifier);
            QCOMPARE(run.currentStep(), errors[0]);
            run.showTab(tab);
            press(Qt::NoModifier);
            QCOMPARE(run.currentStep(), errors[0]);
            press(Qt::ShiftModifier);
            QCOMPARE(run.currentStep(), errors[1]);
            press(Qt::ControlModifier | Qt::ShiftModifier);
            QCOMPARE(run.currentStep(), errors[0]);
            press(Qt::ControlModifier | Qt::ShiftModifier);
            QCOMPARE(run.currentStep(), errors.back()); // round to the last
            // A conversation that names no steps cannot tell the place: then it is the steps that show it.
            QCOMPARE(run.tab(), tab == RunView::ConversationTab && !named ? RunView::StepsTab : tab);
        }
        QVERIFY(QAccessible::queryAccessibleInterface(run.findChild<StepsView*>()->tree()));
    }

    void copiesThePathOfARawLine()
    {
        openSample();
        showFirst(QStringLiteral("errors:>0"));
        m_page->run().goToFirstError();
        m_page->run().showTab(RunView::RawTab);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        auto* json = m_page->run().findChild<JsonTreeModel*>();
        QVERIFY(json->rowCount() > 0);
        QTreeView* tree = nullptr;
        for (QTreeView* each : m_page->run().findChildren<QTreeView*>())
            if (each->model() == json) tree = each;
        QVERIFY(tree);
        const QModelIndex parent = json->index(0, 0);
        const QModelIndex line = json->rowCount(parent) > 0 ? json->index(0, 0, parent) : parent;
        tree->setCurrentIndex(line);
        tree->setFocus();
        QTest::keyClick(tree, Qt::Key_C, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(QGuiApplication::clipboard()->text().toStdString(), json->pathOf(line));
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("$.")));
        QTest::keyClick(tree, Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text().toStdString(), json->valueOf(line));
    }

    void realRunsInEachView_data()
    {
        QTest::addColumn<QString>("store");
        QTest::newRow("claude-code") << QStringLiteral("claude-code");
        QTest::newRow("inspect-ai") << QStringLiteral("inspect-ai");
        QTest::newRow("atif") << QStringLiteral("atif/multimodal_trajectory.json");
    }
    void realRunsInEachView()
    {
        QFETCH(QString, store);
        const QString place = qEnvironmentVariable("TACKROOM_SHARED_DATA") + QLatin1Char('/') + store;
        if (!QFileInfo::exists(place)) QSKIP("TACKROOM_SHARED_DATA has no such store");
        openStore(place.toStdString());
        const int runs = std::min(5, m_page->model().rowCount());
        QVERIFY(runs > 0);
        for (int at = 0; at < runs; ++at) {
            m_page->table().choose(at);
            QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(at), kPatienceMs);
            QVERIFY(m_page->run().details());
            for (const RunView::Tab tab : {RunView::StepsTab, RunView::RawTab, RunView::ConversationTab}) {
                m_page->run().showTab(tab);
                QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
            }
        }
        auto* conversation = m_page->run().findChild<ConversationView*>();
        QVERIFY(!conversation->turns().empty());
        if (store.startsWith(QLatin1StringView("atif")))
            QVERIFY(conversation->toPlainText().contains(QStringLiteral("▣ image")));
        UiSession::shoot(*m_page, QStringLiteral("reading-real-") + store.section(QLatin1Char('/'), 0, 0));
    }

    void oneOfTwoRunsIsJudged()
    {
        openSample();
        m_session->setReviewer({"Rita Reviewer", "rita@example.org"});
        m_page->table().clearSelection();
        m_page->table().choose(1);
        m_page->table().selectionModel()->select(m_page->model().index(4, 0),
                                                 QItemSelectionModel::Select | QItemSelectionModel::Rows);
        CompareView& both = m_page->comparison();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && both.isVisible() && both.runs(), kPatienceMs);
        const std::string left = both.runs()->runs[0].item.run.key.value, right = both.runs()->runs[1].item.run.key.value;
        both.table().setFocus();
        QTest::keyClick(&both.table(), Qt::Key_Right);
        QCOMPARE(both.side(), 1);
        QTest::keyClick(&both.table(), Qt::Key_B);
        auto* reason = both.findChild<QLineEdit*>(QStringLiteral("judgeReason"));
        QTRY_COMPARE(QApplication::focusWidget(), reason);
        QTest::keyClicks(reason, QStringLiteral("the other one is better"));
        UiSession::shoot(*m_page, QStringLiteral("reading-judge-two"));
        QTest::keyClick(reason, Qt::Key_Return, Qt::ControlModifier); // kept, and on to the other one
        QCOMPARE(both.side(), 0);
        QTRY_COMPARE(QApplication::focusWidget(), &both.table());
        QTest::keyClick(&both.table(), Qt::Key_G);
        QTest::keyClick(reason, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_session->judgements().size() == 2, kPatienceMs);
        const auto verdictOf = [&](const std::string& run) { return m_session->judgementOf(RunKey(run))->judgement->verdict; };
        QCOMPARE(verdictOf(right), JudgeVerdict::Bad);
        QCOMPARE(verdictOf(left), JudgeVerdict::Good);
        QTRY_VERIFY_WITH_TIMEOUT(both.runs()->runs[1].item.outcome == Outcome::Failure &&
                                     both.runs()->runs[0].item.outcome == Outcome::Success,
                                 kPatienceMs);
        QVERIFY(both.isVisible());
    }
};

QTEST_MAIN(TestReading)
#include "testreading.moc"
