// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies of megabytes: what is laid out and built stays small, and the whole can be read and copied.
#include "tests/support/uisession.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/longtext.h"
#include "ui/traces/rawview.h"
#include "ui/traces/runview.h"
#include "ui/traces/stepsview.h"
#include "ui/traces/tracespage.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QTextBlock>
#include <QTreeView>

#include <fstream>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{

constexpr int kPatienceMs = 60'000;
constexpr int kSteps = 20'000;
/// Of a document of a long text; some screens, whatever the text has.
constexpr int kMostLaidOut = 200'000;

std::string words(std::size_t bytes)
{
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) text += "word" + std::to_string(i) + (i % 900 == 899 ? "\\n" : " ");
    return text + "THE-END";
}

/// A run in one JSON document: many short steps, the last one with megabytes.
std::string document()
{
    std::string json = R"({"schema_version":"ATIF-v1.4","session_id":"large","agent":{"name":"a","version":"1"},"steps":[)";
    for (int i = 1; i <= kSteps; ++i) {
        const bool user = i % 2 == 1;
        json += std::string(i > 1 ? "," : "") + R"({"step_id":)" + std::to_string(i) + R"(,"source":")" +
                (user ? "user" : "agent") + R"(","message":")" +
                (i == 2 ? words(3'000'000) : "this is message " + std::to_string(i) + std::string(150, '.')) + "\"}";
    }
    return json + "]}\n";
}

} // namespace

class TestLargeBodies : public QObject
{
    Q_OBJECT
    UiSession m_ui;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<TracesPage> m_page;

    [[nodiscard]] RunView& run() const { return m_page->run(); }
    void settle() { QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs); }
    template <class Widget> static Widget* shown(QWidget& in)
    {
        for (Widget* each : in.findChildren<Widget*>())
            if (each->isVisible()) return each;
        return nullptr;
    }
    static QPushButton* buttonWith(QWidget& in, const QString& text)
    {
        for (QPushButton* button : in.findChildren<QPushButton*>())
            if (button->isVisible() && button->text() == text) return button;
        return nullptr;
    }

private Q_SLOTS:
    void initTestCase()
    {
        applyTheme(*qApp, Theme::Light);
        const auto file = m_ui.folder() / "large.json";
        std::ofstream(file) << document();
        m_session = m_ui.open();
        m_page = std::make_unique<TracesPage>(*m_session);
        m_page->resize(1384, 820);
        m_page->show();
        m_page->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        m_session->openStore(QString::fromStdString(file.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && run().details(), kPatienceMs);
    }
    void init()
    {
        m_page->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
    }
    void cleanupTestCase()
    {
        m_page.reset();
        m_session.reset();
    }

    void aLongTextIsLaidOutWhereItIsRead()
    {
        std::string text;
        for (int i = 0; text.size() < 2'000'000; ++i)
            text += "ä€ line " + std::to_string(i) +
                    (i % 700 == 5    ? "\n"
                     : i % 5000 == 9 ? std::string(9000, 'x') + "€"
                                     : ", ");
        LongTextPage page;
        page.resize(700, 500);
        page.show();
        page.setText(std::make_shared<const std::string>(text), TextPage::Plain);
        // Where stretches begin, no character is cut, and together they are the text.
        std::string joined;
        for (std::size_t i = 0; i < page.stretches(); ++i) {
            QVERIFY(page.beginOf(i) < page.beginOf(i + 1));
            const std::string stretch = text.substr(page.beginOf(i), page.beginOf(i + 1) - page.beginOf(i));
            QVERIFY((static_cast<unsigned char>(stretch[0]) & 0xC0) != 0x80);
            joined += stretch;
        }
        QVERIFY(joined == text);
        QTRY_VERIFY(!page.writing());
        QVERIFY(page.document()->characterCount() < kMostLaidOut);
        // To its end, in one step and by scrolling; the document stays small.
        QTest::keyClick(&page, Qt::Key_End, Qt::ControlModifier);
        QTRY_VERIFY(!page.writing());
        QVERIFY(page.endPart() == page.stretches());
        QVERIFY(page.toPlainText().trimmed().endsWith(QString::fromStdString(text.substr(text.size() - 20)).trimmed()));
        QVERIFY(page.document()->characterCount() < kMostLaidOut);
        QTest::keyClick(&page, Qt::Key_Home, Qt::ControlModifier);
        QTRY_VERIFY(!page.writing());
        QCOMPARE(page.firstPart(), std::size_t{0});
        for (int i = 0; i < 400 && page.endPart() < page.stretches() / 4; ++i) {
            page.verticalScrollBar()->setValue(page.verticalScrollBar()->value() + page.verticalScrollBar()->pageStep());
            QTRY_VERIFY(!page.writing());
            QVERIFY(page.document()->characterCount() < kMostLaidOut);
        }
        QVERIFY(page.endPart() >= page.stretches() / 4);
        QVERIFY(page.firstPart() > 0);
        // And back: what was let go comes again by scrolling.
        const std::size_t first = page.firstPart();
        for (int i = 0; i < 400 && page.firstPart() >= first; ++i) {
            page.verticalScrollBar()->setValue(page.verticalScrollBar()->value() - page.verticalScrollBar()->pageStep());
            QTRY_VERIFY(!page.writing());
        }
        QVERIFY(page.firstPart() < first);
        // What is copied over the ends of stretches is the text.
        page.goTo(3);
        QTRY_VERIFY(!page.writing());
        page.selectAll();
        page.copy();
        const QString copied = QGuiApplication::clipboard()->text();
        const std::size_t from = page.beginOf(page.firstPart() + 1), to = page.beginOf(page.endPart() - 1);
        const QString middle = QString::fromStdString(text.substr(from, to - from));
        QVERIFY(copied.contains(middle));
    }

    /// What comes late is announced as models must; what comes for another document is dropped.
    void theTreeTakesWhatIsReadLater()
    {
        JsonTreeModel model;
        QAbstractItemModelTester tester(&model);
        std::vector<std::function<void()>> asked;
        model.setReader([&](std::shared_ptr<const JsonDocument> json, const JsonPiece& piece, auto then) {
            asked.push_back([=] { then(jsonPiecesIn(json->text, piece, {})); });
        });
        const auto text = std::make_shared<const std::string>(document());
        model.setDocument(*readJsonDocument(text, {}));
        const QModelIndex steps = model.index(model.rowCount() - 1, 0);
        if (model.canFetchMore(steps)) model.fetchMore(steps);
        QVERIFY(!asked.empty() && model.reading());
        const auto late = std::exchange(asked, {});
        model.setDocument(*readJsonDocument(text, {}));
        for (const auto& each : late) each();
        const QModelIndex again = model.index(model.rowCount() - 1, 0);
        QCOMPARE(model.rowCount(again), 0);
        if (model.canFetchMore(again)) model.fetchMore(again);
        QVERIFY(model.reading());
        for (std::size_t i = 0; i < asked.size(); ++i) std::exchange(asked[i], [] {})();
        QVERIFY(!model.reading());
        QCOMPARE(model.rowCount(again), kSteps / 1000);
        QCOMPARE(model.pathOf(model.index(7, 0, again)), std::string("$.steps"));
    }

    void rawIsATreeOfWhatIsUnfolded()
    {
        run().showTab(RunView::RawTab);
        settle();
        auto* model = run().findChild<JsonTreeModel*>();
        auto* tree = shown<QTreeView>(run());
        QVERIFY(tree && tree->model() == model);
        QVERIFY(model->document()->text.size() > 6'000'000); // all of it
        const QModelIndex steps = model->index(model->rowCount() - 1, 0);
        QCOMPARE(steps.data().toString(), QStringLiteral("steps"));
        QCOMPARE(model->rowCount(steps), kSteps / 1000); // groups
        QVERIFY(model->builtCount() < 50);
        const QModelIndex group = model->index(12, 0, steps);
        QCOMPARE(group.data().toString(), QStringLiteral("12,000 … 12,999"));
        tree->expand(group);
        settle();
        QCOMPARE(model->rowCount(group), 1000);
        QVERIFY(model->builtCount() < 1100);
        const QModelIndex step = model->index(345, 0, group);
        const QModelIndex message = model->index(2, 0, step);
        QCOMPARE(model->pathOf(message), std::string("$.steps[12345].message"));
        QVERIFY(QString::fromStdString(model->valueOf(message)).startsWith(QStringLiteral("this is message 12346")));
        UiSession::shoot(*m_page, QStringLiteral("large-raw"));
    }

    void aValueOfMegabytesIsReadByItself()
    {
        auto* model = run().findChild<JsonTreeModel*>();
        auto* tree = shown<QTreeView>(run());
        const QModelIndex group = model->index(0, 0, model->index(model->rowCount() - 1, 0));
        tree->expand(group);
        settle();
        const QModelIndex step = model->index(1, 0, group);
        tree->expand(step);
        settle();
        const QModelIndex message = model->index(2, 1, step);
        QVERIFY2(message.data().toString().startsWith(QStringLiteral("(3.0 MB) word0 ")),
                 qPrintable(message.data().toString().left(60)));
        tree->setCurrentIndex(message);
        tree->setFocus();
        QTest::keyClick(tree, Qt::Key_Return);
        settle();
        auto* whole = shown<LongTextPane>(run());
        QVERIFY(whole);
        QVERIFY(whole->page().text()->size() >= 2'990'000);
        QVERIFY(whole->page().text()->ends_with("THE-END"));
        QVERIFY(whole->page().document()->characterCount() < kMostLaidOut);
        auto* slider = whole->findChild<QSlider*>();
        slider->setFocus();
        QTest::keyClick(slider, Qt::Key_End);
        settle();
        QVERIFY(whole->page().toPlainText().endsWith(QStringLiteral("THE-END")));
        QVERIFY(whole->page().document()->characterCount() < kMostLaidOut);
        UiSession::shoot(*m_page, QStringLiteral("large-value"));
        QTest::keyClick(&whole->page(), Qt::Key_Escape);
        QVERIFY(tree->isVisible() && tree->hasFocus());
        QCOMPARE(tree->currentIndex(), message);
        QTest::keyClick(tree, Qt::Key_C, Qt::ControlModifier);
        settle();
        QVERIFY(QGuiApplication::clipboard()->text().endsWith(QStringLiteral("THE-END")));
    }

    void aLongTurnIsCutAndReadWhole()
    {
        run().showTab(RunView::ConversationTab);
        settle();
        auto* conversation = run().findChild<ConversationView*>();
        QVERIFY(conversation->turns().size() > 100);
        QVERIFY(conversation->showStep(conversation->turns()[1].stepId));
        conversation->toggleCurrent();
        settle();
        QVERIFY(conversation->document()->characterCount() < kMostLaidOut);
        QVERIFY(conversation->toPlainText().contains(QStringLiteral("Read all of it")));
        Q_EMIT conversation->anchorClicked(QUrl(QStringLiteral("whole/1/0")));
        settle();
        auto* whole = shown<LongTextPane>(run());
        QVERIFY(whole);
        QVERIFY(!conversation->isVisible());
        QVERIFY(whole->page().text()->size() >= 2'990'000);
        QVERIFY(whole->page().text()->starts_with("word0 word1 "));
        QVERIFY(whole->page().text()->ends_with("THE-END"));
        QVERIFY(whole->page().hasFocus());
        UiSession::shoot(*m_page, QStringLiteral("large-turn"));
        // A word in it; the page's query has the same key elsewhere.
        QTest::keyClick(&whole->page(), Qt::Key_F, Qt::ControlModifier);
        auto* wanted = whole->findChild<QLineEdit*>();
        QVERIFY(wanted->hasFocus());
        QTest::keyClicks(wanted, QStringLiteral("WORD17"));
        settle();
        QCOMPARE(whole->page().textCursor().selectedText(), QStringLiteral("word17"));
        UiSession::shoot(*m_page, QStringLiteral("large-find"));
        QTest::keyClick(wanted, Qt::Key_Escape);
        QVERIFY(whole->isVisible() && whole->page().hasFocus());
        QPushButton* back = buttonWith(*whole, QStringLiteral("Back to the conversation"));
        QVERIFY(back);
        back->click();
        QVERIFY(conversation->isVisible() && conversation->hasFocus());
        UiSession::shoot(*m_page, QStringLiteral("large-conversation"));
    }

    void theTextsOfAStepAreReadWhole()
    {
        run().showTab(RunView::StepsTab);
        auto* steps = run().findChild<StepsView*>();
        QVERIFY(steps->showStep(run().details()->steps[1].step.nativeId));
        settle();
        buttonWith(*steps, QStringLiteral("Show whole texts"))->click();
        settle();
        TextPage* texts = shown<TextPage>(*steps);
        QVERIFY(texts->toPlainText().contains(QStringLiteral("Read all of it")));
        QVERIFY(texts->document()->characterCount() < kMostLaidOut);
        Q_EMIT texts->anchorClicked(QUrl(QStringLiteral("whole")));
        settle();
        auto* whole = shown<LongTextPane>(*steps);
        QVERIFY(whole);
        QVERIFY(whole->page().text()->size() >= 2'990'000);
        QVERIFY(whole->page().text()->find("THE-END") != std::string::npos);
        QTest::keyClick(&whole->page(), Qt::Key_Escape);
        QVERIFY(texts->isVisible());
    }
};

QTEST_MAIN(TestLargeBodies)
#include "testlargebodies.moc"
