// SPDX-License-Identifier: GPL-3.0-or-later
// Finding a word in a text of any length: what is counted, what is gone to and what is marked.
#include "ui/traces/longtext.h"
#include "ui/traces/textfindbar.h"
#include "ui/traces/textmatches.h"

#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QMainWindow>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace tackroom::ui;

class TestFindInText : public QObject
{
    Q_OBJECT
    /// The page's own action of the same keys, as the window has it.
    struct Window {
        QMainWindow window;
        LongTextPane* pane = nullptr;
        int filtered = 0;
        Window()
        {
            auto* filter = new QAction(&window);
            filter->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_F), QKeySequence(Qt::Key_F3)});
            QObject::connect(filter, &QAction::triggered, &window, [this] { ++filtered; });
            window.addAction(filter);
            pane = new LongTextPane(QStringLiteral("Back"), &window);
            window.setCentralWidget(pane);
            window.resize(800, 600);
            window.show();
        }
        void open(const std::string& text)
        {
            window.activateWindow();
            QVERIFY(QTest::qWaitForWindowActive(&window));
            pane->setText(std::make_shared<const std::string>(text), QStringLiteral("text"), TextPage::Plain);
            pane->page().setFocus();
            QTRY_VERIFY(pane->settled());
        }
        [[nodiscard]] QLineEdit* edit() const { return pane->findChild<QLineEdit*>(); }
        [[nodiscard]] TextMatches* matches() const { return pane->findChild<TextMatches*>(); }
        [[nodiscard]] QString status() const { return pane->findChild<QLabel*>(QStringLiteral("matches"))->text(); }
        [[nodiscard]] QString selected() const { return pane->page().textCursor().selectedText(); }
        [[nodiscard]] bool isSeen() const
        {
            QTextCursor cursor = pane->page().textCursor();
            cursor.setPosition(cursor.selectionStart());
            return pane->page().viewport()->rect().contains(pane->page().cursorRect(cursor).center());
        }
    };
    static std::string filled(std::size_t bytes)
    {
        std::string text;
        for (int i = 0; text.size() < bytes; ++i) text += "this is line " + std::to_string(i) + (i % 9 == 0 ? "\n" : ", ");
        return text;
    }

private Q_SLOTS:
    void matchesAreCountedBlockByBlock()
    {
        std::string text(300'000, '.');
        const std::vector<std::size_t> places{0, 65'533, 65'536, 131'070, 299'994};
        for (const std::size_t place : places) text.replace(place, 6, "Needle");
        TextMatches matches(nullptr);
        matches.setText(std::make_shared<const std::string>(text));
        matches.setWanted("nEEdle");
        QVERIFY(matches.counting());
        QVERIFY(!matches.from(0));
        QTRY_VERIFY(!matches.counting());
        // The second one was written over by the third.
        const std::vector<std::size_t> there{0, 65'536, 131'070, 299'994};
        QCOMPARE(matches.count(), there.size());
        std::vector<std::size_t> found;
        for (auto at = matches.from(0); at; at = matches.from(*at + 1)) found.push_back(*at);
        QVERIFY(found == there);
        found.clear();
        for (auto at = matches.before(text.size()); at; at = matches.before(*at)) found.insert(found.begin(), *at);
        QVERIFY(found == there);
        for (std::size_t i = 0; i < there.size(); ++i) QCOMPARE(matches.numberOf(there[i]), i + 1);
        matches.setWanted("nowhere");
        QTRY_VERIFY(!matches.counting());
        QCOMPARE(matches.count(), std::size_t{0});
        QVERIFY(!matches.from(0) && !matches.before(text.size()));
    }

    void keysGoFromMatchToMatchAndRound()
    {
        std::string text = filled(600'000);
        text.replace(2040, 12, "the NEEDLEs.");     // over the end of a stretch
        text.replace(300'000, 12, "the needle.\n"); //
        text.replace(text.size() - 20, 12, "the Needle, ");
        Window w;
        w.open(text);
        QTest::keyClick(&w.pane->page(), Qt::Key_F, Qt::ControlModifier);
        QVERIFY(w.edit()->isVisible() && w.edit()->hasFocus());
        QCOMPARE(w.filtered, 0);
        QTest::keyClicks(w.edit(), QStringLiteral("needle"));
        QTRY_VERIFY(w.pane->settled());
        QTRY_COMPARE(w.status(), QStringLiteral("1 of 3"));
        QCOMPARE(w.selected().toLower(), QStringLiteral("needle"));
        QVERIFY(w.isSeen());
        const QStringList wanted{QStringLiteral("needle"), QStringLiteral("Needle"), QStringLiteral("NEEDLE")};
        for (int i = 0; i < 3; ++i) {
            QTest::keyClick(w.edit(), Qt::Key_F3);
            QTRY_VERIFY(w.pane->settled());
            QCOMPARE(w.status(), QStringLiteral("%1 of 3").arg((i + 1) % 3 + 1));
            QCOMPARE(w.selected().remove(QChar(0x2029)), wanted[i]);
            QVERIFY(w.isSeen());
        }
        QTest::keyClick(&w.pane->page(), Qt::Key_F3, Qt::ShiftModifier);
        QTRY_VERIFY(w.pane->settled());
        QCOMPARE(w.status(), QStringLiteral("3 of 3"));
        QVERIFY(w.pane->page().endPart() == w.pane->page().stretches());
        QTest::keyClick(w.edit(), Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(w.status(), QStringLiteral("2 of 3"));
        QTest::keyClick(w.edit(), Qt::Key_Return);
        QCOMPARE(w.status(), QStringLiteral("3 of 3"));
        w.edit()->setText(QStringLiteral("nobody wrote this"));
        QTRY_VERIFY(w.pane->settled());
        QCOMPARE(w.status(), QStringLiteral("Not found"));
        QVERIFY(w.pane->page().extraSelections().isEmpty());
        QCOMPARE(w.filtered, 0);
        // Esc ends finding first, and leaves the text then.
        QSignalSpy closed(w.pane, &LongTextPane::closed);
        QTest::keyClick(w.edit(), Qt::Key_Escape);
        QVERIFY(!w.edit()->isVisible() && w.pane->page().hasFocus());
        QCOMPARE(closed.count(), 0);
        QTest::keyClick(&w.pane->page(), Qt::Key_F3); // not finding: it is the window's again
        QCOMPARE(w.filtered, 1);
        QTest::keyClick(&w.pane->page(), Qt::Key_Escape);
        QCOMPARE(closed.count(), 1);
    }

    /// Each of those in sight, and no word of our own.
    void whatIsSeenIsMarked()
    {
        Window w;
        w.open(filled(400'000));
        w.pane->page().goTo(40);
        QTRY_VERIFY(w.pane->settled());
        w.pane->find();
        w.edit()->setText(QStringLiteral("LINE"));
        QTRY_VERIFY(w.pane->settled());
        const auto inSight = [&] {
            const LongTextPage& page = w.pane->page();
            const int top = page.cursorForPosition(QPoint(0, 0)).position();
            const int bottom = page.cursorForPosition(page.viewport()->rect().bottomRight()).position();
            const QString all = page.toPlainText();
            int count = 0;
            for (auto at = all.indexOf(QStringLiteral("line")); at >= 0; at = all.indexOf(QStringLiteral("line"), at + 1))
                count += at + 4 >= top && at <= bottom;
            return count;
        };
        // A few stand over the ends of stretches, where the plain text of the document has a line's end.
        QTRY_VERIFY(w.pane->page().extraSelections().size() >= inSight());
        QVERIFY(inSight() > 20 && w.pane->page().extraSelections().size() <= inSight() + 3);
        int underlined = 0;
        for (const auto& mark : w.pane->page().extraSelections()) {
            QCOMPARE(mark.cursor.selectedText().remove(QChar(0x2029)), QStringLiteral("line"));
            underlined += mark.format.fontUnderline();
        }
        QCOMPARE(underlined, 1);
        w.pane->page().verticalScrollBar()->setValue(w.pane->page().verticalScrollBar()->value() + 900);
        QTRY_VERIFY(w.pane->settled());
        QTRY_VERIFY(std::ranges::any_of(w.pane->page().extraSelections(), [&](const auto& mark) {
            return w.pane->page().viewport()->rect().contains(w.pane->page().cursorRect(mark.cursor).center());
        }));
        // Too many to be told apart: the one that was gone to alone.
        w.edit()->setText(QStringLiteral("i"));
        QTRY_VERIFY(w.pane->settled());
        QTRY_COMPARE(w.pane->page().extraSelections().size(), 1);
        QVERIFY(w.pane->page().extraSelections().constFirst().format.fontUnderline());
        w.edit()->setText(QStringLiteral("Show earlier"));
        QTRY_VERIFY(w.pane->settled());
        QCOMPARE(w.status(), QStringLiteral("Not found"));
        QVERIFY(w.pane->page().extraSelections().isEmpty());
        for (QToolButton* each : w.pane->findChild<TextFindBar*>()->findChildren<QToolButton*>())
            if (each->text() == QStringLiteral("Next")) QVERIFY(!each->isEnabled());
    }

    /// 60 MB: typing returns at once, and the end is found while nothing more than a part is laid out.
    void aLargeTextIsCountedWhileTheWindowLives()
    {
        std::string text = filled(60'000'000);
        text += "the very end";
        Window w;
        w.open(text);
        w.pane->find();
        w.edit()->setText(QStringLiteral("the very end"));
        QVERIFY(w.matches()->counting());
        QTRY_VERIFY_WITH_TIMEOUT(w.pane->settled(), 60'000);
        QCOMPARE(w.status(), QStringLiteral("1 of 1"));
        QCOMPARE(w.selected(), QStringLiteral("the very end"));
        QVERIFY(w.pane->page().document()->characterCount() < 150'000);
        w.edit()->setText(QStringLiteral("i"));
        QTest::qWait(0);
        if (w.matches()->counting())
            QVERIFY2(w.status().contains(QStringLiteral("at least"), Qt::CaseInsensitive), qPrintable(w.status()));
        QTRY_VERIFY_WITH_TIMEOUT(w.pane->settled(), 60'000);
        QVERIFY(w.matches()->count() > 5'000'000);
        // Another text in its place: nothing of the former one is counted.
        w.pane->setText(std::make_shared<const std::string>("i am short"), QStringLiteral("other"), TextPage::Plain);
        QTRY_VERIFY(w.pane->settled());
        QCOMPARE(w.status(), QStringLiteral("1 of 1"));
    }

    /// What would not be seen is drawn in the page; the place is found all the same.
    void hiddenCharactersAreFoundAsTheyAreInTheText()
    {
        std::string text = filled(30'000);
        text.insert(20'000, "pay \xE2\x80\xAE\x30\x30\x31 now");
        Window w;
        w.open(text);
        w.pane->find();
        w.edit()->setText(QStringLiteral("pay \u202E001"));
        QTRY_VERIFY(w.pane->settled());
        QCOMPARE(w.status(), QStringLiteral("1 of 1"));
        QVERIFY2(w.selected().startsWith(QStringLiteral("pay ")) && w.selected().endsWith(QStringLiteral("001")),
                 qPrintable(w.selected()));
        QVERIFY(!w.selected().contains(QChar(0x202E)));
    }
};

QTEST_MAIN(TestFindInText)
#include "testfindintext.moc"
