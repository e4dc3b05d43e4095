// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/pagetest.h"
#include "ui/models/runtablemodel.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/textpage.h"
#include "ui/traces/textsearch.h"
#include "ui/traces/tracespage.h"

#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QTest>

#include <algorithm>

using namespace tackroom;
using namespace tackroom::ui;

class TestTextSearch : public QObject, private PageTest<TracesPage>
{
    Q_OBJECT
    void openSample() { openStore(m_ui.sample().store); }
    void openStore(const std::filesystem::path& store)
    {
        openPageOn(store);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->run().details(), kPatienceMs);
    }
    void ask(const QString& query)
    {
        m_page->setQuery(query);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void cleanup() { closePage(); }

    void hiddenWithoutWords()
    {
        openSample();
        QVERIFY(!m_page->search().isVisible());
        ask(QStringLiteral("outcome:failure"));
        QVERIFY(!m_page->search().isVisible());
        ask(QStringLiteral("order_id"));
        QVERIFY(m_page->search().isVisible());
        ask({});
        QVERIFY(!m_page->search().isVisible());
    }

    /// Everything by keys: words in the texts of failing runs, then of all, then from match to match.
    void byKeysFromTheFailingRunsToAll()
    {
        openSample();
        TextSearch& search = m_page->search();
        ask(QStringLiteral("lookup_order"));
        const int failing = m_page->model().rowCount();
        const auto failures = m_session->storeCounts().failures;
        QVERIFY(failing > 0 && failing <= failures);
        QVERIFY(saysSomewhere(search, QStringLiteral("in the texts of %1 of %1 failing and judged runs").arg(failures)));
        auto* all = search.findChild<QPushButton*>(QStringLiteral("searchAll"));
        QVERIFY(all->isVisible() && all->text().contains(QStringLiteral("240")));

        m_page->table().setFocus();
        m_page->table().selectRow(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(0), kPatienceMs);
        QTRY_VERIFY(!search.matches().empty());
        // It opens at the first place where the word stands.
        const auto first = std::ranges::find_if(search.matches(), [](const TextHit& hit) { return !hit.stepId.empty(); });
        QVERIFY(first != search.matches().end());
        QTRY_COMPARE(m_page->run().currentStep(), first->stepId);
        QVERIFY(saysSomewhere(search, QStringLiteral("match ")));
        auto* list = search.findChild<TextPage*>();
        QVERIFY(list->isVisible() && list->toPlainText().contains(QStringLiteral("lookup_order")));
        UiSession::shoot(*m_page, QStringLiteral("traces-words"));

        const auto& matches = search.matches();
        const std::size_t at = static_cast<std::size_t>(first - matches.begin());
        QTest::keyClick(&m_page->table(), Qt::Key_F3);
        const TextHit& second = matches[(at + 1) % matches.size()];
        if (!second.stepId.empty()) QTRY_COMPARE(m_page->run().currentStep(), second.stepId);
        QTest::keyClick(&m_page->table(), Qt::Key_F3, Qt::ShiftModifier);
        QTRY_COMPARE(m_page->run().currentStep(), first->stepId);

        QTest::keyClick(&m_page->table(), Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(search.isSearching());
        QVERIFY(search.findChild<QPushButton*>(QStringLiteral("stopSearch"))->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QVERIFY(search.searchedEverything());
        QVERIFY(saysSomewhere(search, QStringLiteral("Searched the texts of all 240 runs")));
        QVERIFY(!all->isVisible());
        QVERIFY(m_page->model().rowCount() > failing);
        const int everything = m_page->model().rowCount();
        UiSession::shoot(*m_page, QStringLiteral("traces-everything"));

        // Other fields narrow what was found; other words begin anew.
        ask(QStringLiteral("lookup_order outcome:failure"));
        QVERIFY(search.searchedEverything());
        QCOMPARE(m_page->model().rowCount(), failing);
        ask(QStringLiteral("lookup_order -outcome:failure"));
        QCOMPARE(m_page->model().rowCount(), everything - failing);
        // A run whose texts are not in the index shows its matches too. (A key without Ctrl and Shift: selecting looks at
        // them.)
        QTest::keyClick(&m_page->table(), Qt::Key_Up);
        m_page->table().selectRow(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(0), kPatienceMs);
        QVERIFY(!search.matches().empty());
        ask(QStringLiteral("issue_refund"));
        QVERIFY(!search.searchedEverything());
        QVERIFY(all->isVisible());
    }

    /// What lies on whole pages is searched, and what is missing is said.
    void aDamagedPageIsSaid()
    {
        const std::filesystem::path store = m_ui.folder() / "damaged.db";
        QVERIFY(std::filesystem::copy_file(m_ui.sample().store, store));
        QFile file(QString::fromStdString(store.string()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        const QByteArray bytes = file.readAll();
        const qsizetype at = bytes.indexOf("lookup_order", bytes.size() / 2) / 4096 * 4096;
        QVERIFY(at > 0 && file.seek(at) && file.write(QByteArray(4096, '\0')) == 4096);
        file.close();
        openStore(store);
        ask(QStringLiteral("lookup_order"));
        m_page->search().searchEverything();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QVERIFY(m_page->search().searchedEverything());
        QVERIFY(m_page->model().rowCount() > 100);
        QVERIFY(saysSomewhere(m_page->search(), QStringLiteral("rows could not be read; they lie on damaged pages.")));
        UiSession::shoot(*m_page, QStringLiteral("traces-damaged"));
    }

    void aSearchIsStopped()
    {
        openSample();
        ask(QStringLiteral("lookup_order"));
        m_page->search().searchEverything();
        QVERIFY(m_page->search().isSearching());
        m_page->search().stop();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QVERIFY(!m_page->search().searchedEverything());
        QVERIFY(m_page->search().findChild<QPushButton*>(QStringLiteral("searchAll"))->isVisible());
        // Going away in the middle harms nothing.
        m_page->search().searchEverything();
        m_page->setQuery(QStringLiteral("refund"));
        QVERIFY(!m_page->search().isSearching());
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        m_page->search().searchEverything();
        m_page.reset();
    }

    void aJudgedRunIsChosen()
    {
        openSample();
        ask(QStringLiteral("-outcome:failure"));
        m_page->table().setFocus();
        m_page->table().selectRow(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().row() == m_page->model().rowAt(0), kPatienceMs);
        const auto failures = m_session->storeCounts().failures;
        RunJudgement judgement;
        judgement.run = m_page->run().details()->item.run.key.value;
        judgement.verdict = JudgeVerdict::Good;
        m_session->setReviewer({"Rita Reviewer", "rita@example.org"});
        m_session->judge(judgement, QStringLiteral("fine"));
        QTRY_VERIFY_WITH_TIMEOUT(!m_session->judging(), kPatienceMs);
        ask(QStringLiteral("lookup_order"));
        QTRY_VERIFY_WITH_TIMEOUT(
            saysSomewhere(m_page->search(),
                          QStringLiteral("in the texts of %1 of %1 failing and judged runs").arg(failures + 1)),
            kPatienceMs);
    }
};

QTEST_MAIN(TestTextSearch)
#include "testtextsearch.moc"
