// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffcolors.h"
#include "ui/diffview/diffview.h"
#include "ui/diffview/lineheights.h"
#include "ui/diffview/shownline.h"

#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include <map>
#include <memory>
#include <random>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{

std::string numbered(int lines, const std::map<int, std::string>& instead = {})
{
    std::string out;
    for (int i = 1; i <= lines; ++i) {
        const auto other = instead.find(i);
        out += other == instead.end() ? "line number " + std::to_string(i) + " of the policy\n" : other->second;
    }
    return out;
}

std::shared_ptr<const DiffDocument> threeHunks(const std::string& path = "AGENTS.md")
{
    return DiffDocument::make(path, numbered(120),
                              numbered(120, {{20, "line number 20 of the new policy\n"},
                                             {60, ""},
                                             {100, "line number 100 of the policy\nand one more Needle\n"}}));
}

QPalette paletteOf(QColor base, QColor text, QColor accent)
{
    QPalette palette;
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Accent, accent);
    return palette;
}

} // namespace

class TestDiffView : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_view = std::make_unique<DiffView>();
        m_view->resize(1000, 600);
        m_view->show();
        m_view->activateWindow();
        m_view->setFocus();
        QVERIFY(QTest::qWaitForWindowActive(m_view.get()));
    }
    void cleanup() { m_view.reset(); }

    void startsAtTheFirstChange()
    {
        QSignalSpy hunks(m_view.get(), &DiffView::currentHunkChanged);
        m_view->setContent(threeHunks());
        QCOMPARE(m_view->hunkCount(), 3);
        QCOMPARE(m_view->currentHunk(), 0);
        QCOMPARE(hunks.last().first().toInt(), 0);
        m_view->setContent(nullptr);
        QCOMPARE(m_view->hunkCount(), 0);
        QCOMPARE(m_view->currentHunk(), -1);
        QCOMPARE(hunks.last().first().toInt(), -1);
        (void)m_view->grab(); // the empty state paints too
        m_view->setContent(DiffDocument::make("empty.md", "", ""));
        (void)m_view->grab();
    }

    void stepsWithKeysAndStopsAtTheEnds()
    {
        m_view->setContent(threeHunks());
        QTest::keyClick(m_view.get(), Qt::Key_J);
        QTest::keyClick(m_view.get(), Qt::Key_J);
        QCOMPARE(m_view->currentHunk(), 2);
        QTest::keyClick(m_view.get(), Qt::Key_J);
        QCOMPARE(m_view->currentHunk(), 2);
        QTest::keyClick(m_view.get(), Qt::Key_K);
        QCOMPARE(m_view->currentHunk(), 1);
        m_view->action(DiffView::Command::NextChange)->setShortcut(Qt::Key_N);
        QTest::keyClick(m_view.get(), Qt::Key_N);
        QCOMPARE(m_view->currentHunk(), 2);
        QTest::keyClick(m_view.get(), Qt::Key_J); // bound no longer
        QCOMPARE(m_view->currentHunk(), 2);
    }

    void togglesModeWrapAndFolds()
    {
        QSignalSpy modes(m_view.get(), &DiffView::modeChanged), wraps(m_view.get(), &DiffView::wrapChanged);
        m_view->setContent(threeHunks());
        m_view->setCurrentHunk(1);
        QTest::keyClick(m_view.get(), Qt::Key_S);
        QCOMPARE(m_view->mode(), DiffView::Mode::Unified);
        QCOMPARE(modes.count(), 1);
        QCOMPARE(m_view->currentHunk(), 1);
        QVERIFY(m_view->action(DiffView::Command::ToggleUnified)->isChecked());
        QVERIFY(m_view->wraps()); // prose
        QTest::keyClick(m_view.get(), Qt::Key_W);
        QVERIFY(!m_view->wraps());
        QCOMPARE(wraps.count(), 1);
        const int foldedHeight = m_view->verticalScrollBar()->maximum();
        QTest::keyClick(m_view.get(), Qt::Key_Z);
        QVERIFY(!m_view->folded());
        QVERIFY(m_view->verticalScrollBar()->maximum() > foldedHeight + 500);
        m_view->setContent(threeHunks("agent.py"));
        QVERIFY(!m_view->wraps());
        m_view->setContent(threeHunks("notes.txt"));
        QVERIFY(!m_view->wraps()); // as last chosen for prose
    }

    void aFoldOpensByClickAndByEnter()
    {
        m_view->setContent(threeHunks());
        m_view->verticalScrollBar()->setValue(0);
        const int before = m_view->verticalScrollBar()->maximum();
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(200, 5)); // the first row is a fold
        const int opened = m_view->verticalScrollBar()->maximum();
        QVERIFY(opened > before);
        QTest::keyClick(m_view.get(), Qt::Key_Home, Qt::ControlModifier);
        m_view->setFolded(true);
        QTest::keyClick(m_view.get(), Qt::Key_Home, Qt::ControlModifier);
        QTest::keyClick(m_view.get(), Qt::Key_Return);
        QCOMPARE(m_view->verticalScrollBar()->maximum(), opened);
    }

    void findsAcrossFoldsAndAround()
    {
        m_view->setContent(threeHunks());
        QVERIFY(m_view->find(QStringLiteral("needle")));
        QCOMPARE(m_view->selectedText(), QStringLiteral("Needle"));
        QVERIFY(m_view->find(QStringLiteral("number 75 of"))); // in a fold, above: around the end
        QCOMPARE(m_view->selectedText(), QStringLiteral("number 75 of"));
        QVERIFY(!m_view->find(QStringLiteral("nowhere at all")));
        QCOMPARE(m_view->selectedText(), QStringLiteral("number 75 of"));
        QVERIFY(m_view->find(QStringLiteral("policy"), true));
        QVERIFY(!m_view->find(QString()));
        m_view->action(DiffView::Command::Find)->trigger();
        auto* field = m_view->findChild<QLineEdit*>();
        QVERIFY(field && field->isVisible());
        field->setFocus();
        field->clear();
        QTest::keyClicks(field, QStringLiteral("jk needle"));
        QCOMPARE(field->text(), QStringLiteral("jk needle")); // letters typed here are no shortcuts
        field->setText(QStringLiteral("needle"));
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(m_view->selectedText(), QStringLiteral("Needle"));
        QTest::keyClick(field, Qt::Key_Escape);
        QVERIFY(!field->isVisible());
    }

    void selectsAndCopiesWhatIsSeen()
    {
        m_view->setContent(DiffDocument::make("a.md", "old text\n",
                                              "new \xe2\x80\xae"
                                              "text\nsecond\n"));
        QTest::keyClick(m_view.get(), Qt::Key_Home, Qt::ControlModifier);
        QTest::keyClick(m_view.get(), Qt::Key_End, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(m_view->selectedText(), QStringLiteral("new <U+202E>text\nsecond"));
        QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("new <U+202E>text\nsecond"));
        QTest::keyClick(m_view.get(), Qt::Key_Escape);
        QVERIFY(m_view->selectedText().isEmpty());
        QTest::keyClick(m_view.get(), Qt::Key_Home, Qt::ControlModifier);
        QTest::keyClick(m_view.get(), Qt::Key_O);
        for (int i = 0; i < 3; ++i) QTest::keyClick(m_view.get(), Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(m_view->selectedText(), QStringLiteral("old"));
    }

    void selectsWithTheMouse()
    {
        m_view->setContent(DiffDocument::make("a.py", "same = 1\nold = 2\n", "same = 1\nnew = 2\n"));
        (void)m_view->grab();
        const int y = 10;
        QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, QPoint(40, y));
        QTest::mouseMove(m_view->viewport(), QPoint(400, y));
        QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, QPoint(400, y));
        QVERIFY2(QStringLiteral("same = 1").endsWith(m_view->selectedText()) && !m_view->selectedText().isEmpty(),
                 qPrintable(m_view->selectedText()));
        QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(620, y));
        QVERIFY(!m_view->selectedText().contains(u' '));
    }

    void speaksEachLineWithItsState()
    {
        m_view->setContent(threeHunks());
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(m_view.get());
        QVERIFY(interface && interface->textInterface());
        QVERIFY(interface->state().readOnly && interface->state().multiLine);
        QAccessibleTextInterface* text = interface->textInterface();
        const QString all = text->text(0, text->characterCount());
        QCOMPARE(all.size(), text->characterCount());
        QCOMPARE(all.count(u'\n'), 122);
        QVERIFY(all.contains(QStringLiteral("\nremoved, line 20: line number 20 of the policy\nadded, line 20: line number 20 "
                                            "of the new policy\nunchanged, line 21: ")));
        QVERIFY(all.contains(QStringLiteral("\nadded, line 100: and one more Needle\n")));
        const int at = static_cast<int>(all.indexOf(QStringLiteral("one more")));
        int begin = 0, end = 0;
        QCOMPARE(text->textAtOffset(at, QAccessible::LineBoundary, &begin, &end),
                 QStringLiteral("added, line 100: and one more Needle\n"));
        QCOMPARE(all.mid(begin, end - begin), QStringLiteral("added, line 100: and one more Needle\n"));
        QCOMPARE(text->textAtOffset(at, QAccessible::WordBoundary, &begin, &end), QStringLiteral("one"));
        QVERIFY(text->textAfterOffset(at, QAccessible::LineBoundary, &begin, &end)
                    .startsWith(QStringLiteral("unchanged, line 101")));
        QVERIFY(text->textBeforeOffset(at, QAccessible::LineBoundary, &begin, &end)
                    .startsWith(QStringLiteral("unchanged, line 99")));
        for (const auto mode : {DiffView::Mode::SideBySide, DiffView::Mode::Unified}) {
            m_view->setMode(mode);
            for (const QString& word :
                 {QStringLiteral("one more"), QStringLiteral("number 20 of the new"), QStringLiteral("number 20 of the policy"),
                  QStringLiteral("number 60"), QStringLiteral("number 119"), QStringLiteral("number 2 ")}) {
                const int wanted = static_cast<int>(all.indexOf(word));
                text->setCursorPosition(wanted);
                QCOMPARE(text->cursorPosition(), wanted);
            }
            text->setSelection(0, at, at + 8);
            QCOMPARE(m_view->selectedText(), QStringLiteral("one more"));
            QCOMPARE(text->selectionCount(), 1);
        }
        QVERIFY(interface->text(QAccessible::Description).startsWith(QStringLiteral("Change 1 of 3")));
    }

    void paintsBothWashes()
    {
        m_view->setPalette(paletteOf(Qt::white, Qt::black, QColor(0x2457c5)));
        m_view->setContent(threeHunks());
        const QImage image = m_view->viewport()->grab().toImage();
        const DiffColors colors = DiffColors::from(m_view->palette());
        const auto share = [&](const QColor& color, int from, int to) {
            int hits = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = from; x < to; ++x) hits += image.pixelColor(x, y).rgb() == color.rgb();
            return hits;
        };
        const int middle = image.width() / 2;
        QVERIFY(share(colors.removedWash, 0, middle) > 2000);
        QVERIFY(share(colors.addedWash, middle, image.width()) > 2000);
        QCOMPARE(share(colors.addedWash, 0, middle), 0);
        QVERIFY(share(colors.addedWord, middle, image.width()) > 50);
        QVERIFY(share(colors.fold, 0, middle) > 2000);
    }

    void everyTextCanBeRead()
    {
        for (const QPalette& palette : {paletteOf(Qt::white, QColor(0x1f2328), QColor(0x2457c5)),
                                        paletteOf(QColor(0x1b1e22), QColor(0xe6e8eb), QColor(0x8ab4ff)),
                                        paletteOf(Qt::black, Qt::white, QColor(0xffff66))}) {
            const DiffColors c = DiffColors::from(palette);
            const auto check = [&](const QColor& text, const QColor& ground) {
                QVERIFY2(contrastRatio(text, ground) >= 4.5,
                         qPrintable(
                             QStringLiteral("%1 on %2: %3").arg(text.name(), ground.name()).arg(contrastRatio(text, ground))));
            };
            for (const QColor& ground : {c.base, c.addedWash, c.addedWord, c.removedWash, c.removedWord}) {
                check(c.text, ground);
                for (const QColor& wanted :
                     {QColor(0xff0000), QColor(0x00ff00), QColor(0x0000ff), QColor(0x888888), QColor(0xffcc00)})
                    check(readableOn(c, wanted), ground);
            }
            for (const QColor& ground : {c.base, c.addedWash, c.removedWash}) check(c.faint, ground);
            check(c.addedSign, c.addedWash);
            check(c.removedSign, c.removedWash);
            check(c.foldText, c.fold);
            check(c.chipText, c.chip);
        }
    }

    void hiddenCharactersAreDrawn()
    {
        QCOMPARE(showLine("a\xe2\x80\x8b"
                          "b\xe2\x80\xae",
                          100)
                     .text,
                 QStringLiteral("a<U+200B>b<U+202E>"));
        QCOMPARE(showLine("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", 100).chips.size(),
                 std::size_t(0)); // the joiner of an emoji is none
        QCOMPARE(showLine("a\xe2\x80\x8d"
                          "b",
                          100)
                     .chips.size(),
                 std::size_t(1));
        QCOMPARE(showLine("x\xff\r", 100).chips.size(), std::size_t(2));
        QCOMPARE(showLine("a\tb", 100).text, QStringLiteral("a\tb"));
        const std::string text = "caf\xc3\xa9 \xe2\x80\x8b ok";
        const ShownLine line = showLine(text, 100);
        QCOMPARE(line.columnOf(text.find("ok")), static_cast<int>(line.text.indexOf(QStringLiteral("ok"))));
        QCOMPARE(line.columnOf(text.size()), static_cast<int>(line.text.size()));
        const ShownLine cut = showLine(std::string(5'000'000, 'x'), kShownLineBytes);
        QCOMPARE(cut.omittedBytes, std::size_t(5'000'000 - kShownLineBytes));
        QVERIFY(cut.text.size() < 10'100);
    }

    void lineHeightsSumUp()
    {
        std::mt19937 random(5);
        std::vector<std::uint32_t> naive(777);
        for (auto& h : naive) h = 1 + random() % 4;
        LineHeights heights;
        heights.assign(naive);
        for (int round = 0; round < 500; ++round) {
            const std::size_t row = random() % naive.size();
            naive[row] = 1 + random() % 5;
            heights.set(row, naive[row]);
            const std::size_t asked = random() % (naive.size() + 1);
            std::int64_t sum = 0;
            for (std::size_t i = 0; i < asked; ++i) sum += naive[i];
            QCOMPARE(heights.above(asked), sum);
            if (asked < naive.size()) {
                QCOMPARE(heights.rowAt(sum), asked);
                QCOMPARE(heights.rowAt(sum + naive[asked] - 1), asked);
            }
        }
        QCOMPARE(heights.rowAt(1'000'000), naive.size() - 1);
    }

    void hostileContentPaints()
    {
        std::string nasty = "<b>bold</b> &amp; \x1b[31m \xff\xfe \xe2\x80\xae\n";
        nasty += std::string("nul \0 here\r\n", 12) + std::string(6'000'000, 'y') + "\nlast";
        for (const auto mode : {DiffView::Mode::SideBySide, DiffView::Mode::Unified}) {
            m_view->setMode(mode);
            for (const bool wrap : {false, true}) {
                m_view->setContent(DiffDocument::make("x.html", nasty, nasty + "\n"));
                m_view->setWrap(wrap);
                m_view->setFolded(false);
                (void)m_view->grab();
                QVERIFY(m_view->find(QStringLiteral("<b>bold</b> &amp;")));
            }
        }
    }

    void aLongLineOpens()
    {
        m_view->setContent(DiffDocument::make("x.json", "{\"a\": \"" + std::string(30'000, 'a') + " tail\"}\n", "{}\n"));
        QTest::keyClick(m_view.get(), Qt::Key_Home, Qt::ControlModifier);
        QTest::keyClick(m_view.get(), Qt::Key_O);
        QVERIFY(!m_view->find(QStringLiteral("tail")));
        QTest::keyClick(m_view.get(), Qt::Key_Return);
        QVERIFY(m_view->find(QStringLiteral("tail")));
    }

    void aHundredThousandLinesOpenAndScroll()
    {
        std::string before, after;
        std::mt19937 random(1);
        for (int i = 0; i < 100'000; ++i) {
            const std::string line = "  line " + std::to_string(i) + " of the agent's instructions, `code` and **words**\n";
            before += line;
            after +=
                random() % 5 == 0 ? "  line " + std::to_string(i) + " of the agent's new rules, `code` and more words\n" : line;
        }
        QElapsedTimer timer;
        timer.start();
        const auto document = DiffDocument::make("big.md", before, after);
        m_view->setContent(document);
        (void)m_view->viewport()->grab();
        const qint64 openMs = timer.elapsed();
        qint64 worstMs = 0;
        for (int i = 0; i < 200; ++i) {
            timer.restart();
            m_view->verticalScrollBar()->setValue(
                i % 20 == 19 ? static_cast<int>(random() % unsigned(m_view->verticalScrollBar()->maximum()))
                             : m_view->verticalScrollBar()->value() + 60);
            (void)m_view->viewport()->grab();
            worstMs = std::max(worstMs, timer.elapsed());
        }
        qInfo("opened in %lld ms (aim 1000), slowest of 200 frames %lld ms", openMs, worstMs);
        QVERIFY(openMs < 5000); // machines of a test run are shared and this is not the release build
        QVERIFY(worstMs < 1000);
    }

private:
    std::unique_ptr<DiffView> m_view;
};

QTEST_MAIN(TestDiffView)
#include "testdiffview.moc"
