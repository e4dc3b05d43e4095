// SPDX-License-Identifier: GPL-3.0-or-later
// The prompts of a store in the window: what is listed and shown, how one becomes a proposal, and what the empty states say.
#include "tests/support/promptfixture.h"
#include "tests/support/pagetest.h"
#include "ui/common/messagebar.h"
#include "ui/common/shown.h"
#include "ui/proposals/promptimportpane.h"
#include "ui/proposals/proposalspage.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

#include <sqlite3.h>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{
void makeDatabase(const std::filesystem::path& path, const std::string& sql)
{
    sqlite3* db = nullptr;
    char* message = nullptr;
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK || sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK)
        qFatal("the store could not be made: %s", message ? message : "it cannot be opened");
    sqlite3_close(db);
}
} // namespace

class TestPromptImport : public QObject, private PageTest<ProposalsPage>
{
    Q_OBJECT
    void openStore(const std::filesystem::path& store)
    {
        m_session->openStore(QString::fromStdString(store.string()));
        QTRY_VERIFY_WITH_TIMEOUT(m_session->jobs().idle(), kPatienceMs);
    }
    /// The sample's store with the prompts of the fixture in it, and the sample's harness.
    std::filesystem::path storeWithPrompts(const std::string& name)
    {
        const std::filesystem::path store = m_ui.folder() / name;
        std::filesystem::copy_file(m_ui.sample().store, store, std::filesystem::copy_options::overwrite_existing);
        makeDatabase(store, phoenixPromptsSqlWithoutUsers());
        return store;
    }
    static std::string phoenixPromptsSqlWithoutUsers()
    {
        std::string sql = testing::phoenixPromptsSql();
        const std::string user = "INSERT OR IGNORE INTO users VALUES(7, 'Ines');";
        sql.erase(sql.find(user), user.size());
        return sql;
    }
    void openRepository()
    {
        m_session->openRepository(QString::fromStdString(m_ui.sample().harness.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->repositoryState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_session->jobs().idle(), kPatienceMs);
    }
    void openPrompts()
    {
        QVERIFY(m_page->goTo(QStringLiteral("proposals/prompts")));
        QTRY_VERIFY_WITH_TIMEOUT(pane().settled(), kPatienceMs);
    }
    [[nodiscard]] PromptImportPane& pane() const { return *m_page->findChild<PromptImportPane*>(); }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void cleanup() { closePage(); }

    void emptyStatesSayWhatToDo()
    {
        openPage();
        openPrompts();
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("No trace store is open")));
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete); // buttons of an earlier state are gone then
        for (QPushButton* button : m_page->findChildren<QPushButton*>())
            if (button->isVisible() && button->text().contains(QStringLiteral("Open a trace store"))) button->click();
        QCOMPARE(addresses.size(), 1);
        QCOMPARE(addresses.first().first().toString(), QStringLiteral("action/open-store"));
        // A store comes: the list follows.
        openStore(m_ui.sample().store);
        QTRY_VERIFY_WITH_TIMEOUT(pane().settled(), kPatienceMs);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("This store keeps no prompts")));
        QTest::keyClick(pane().list()->isVisible() ? static_cast<QWidget*>(pane().list()) : &pane(), Qt::Key_Escape);
        QVERIFY(!pane().isVisible());
        QCOMPARE(m_page->address(), QString());
    }

    void listsShowsAndImports()
    {
        openPage();
        openStore(storeWithPrompts("prompts.db"));
        openPrompts();
        QCOMPARE(m_page->address(), QStringLiteral("proposals/prompts"));
        QTreeView* list = pane().list();
        const QAbstractItemModelTester tester(list->model());
        QCOMPARE(list->model()->rowCount(), 2);
        const QModelIndex refund = list->model()->index(1, 0);
        QCOMPARE(refund.data().toString(), QStringLiteral("refund"));
        QCOMPARE(list->model()->rowCount(refund), 3);
        QCOMPARE(list->model()->index(0, 0, refund).data().toString(), QStringLiteral("version 8"));
        QCOMPARE(list->model()->index(1, 1, refund).data().toString(), QStringLiteral("production"));
        // Without a repository it says what is missing.
        QVERIFY(saysSomewhere(pane(), QStringLiteral("an open harness repository")));
        auto* importAll = pane().findChild<QPushButton*>(QStringLiteral("importAll"));
        QVERIFY(!importAll->isEnabled());

        openRepository();
        QVERIFY(importAll->isEnabled());
        list->setCurrentIndex(list->model()->index(1, 0, refund));
        QTRY_VERIFY_WITH_TIMEOUT(pane().settled(), kPatienceMs);
        QVERIFY(pane().preview()->toPlainText().contains(QStringLiteral("Refund up to 2,000.\n\\<!-- message: user -->")));
        QVERIFY(pane().preview()->isReadOnly());
        UiSession::shoot(*m_page, QStringLiteral("prompts"));

        const std::size_t before = m_session->proposals().size();
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        list->setFocus();
        QTest::keyClick(list, Qt::Key_I);
        QTRY_COMPARE_WITH_TIMEOUT(addresses.size(), 1, kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(m_session->proposals().size(), before + 1, kPatienceMs);
        const QString address = addresses.first().first().toString();
        QVERIFY(address.startsWith(QStringLiteral("proposal/p-")));
        QVERIFY(m_page->goTo(address));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_session->jobs().idle(), kPatienceMs);
        QVERIFY(!pane().isVisible());
        QCOMPARE(m_page->address(), address);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("Prompt refund, version 8: With a tool")));
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("patch set 3")));
        const auto version = m_session->versions().front();
        QVERIFY(version.live);
        QVERIFY(version.title.find("refund, version") == std::string::npos); // nothing has landed
    }

    void oneVersionAloneIsAProposalOfItsOwn()
    {
        openPage();
        openStore(storeWithPrompts("prompts2.db"));
        openRepository();
        openPrompts();
        QTreeView* list = pane().list();
        const QModelIndex refund = list->model()->index(1, 0);
        list->setCurrentIndex(list->model()->index(2, 0, refund));
        QTRY_VERIFY_WITH_TIMEOUT(pane().settled(), kPatienceMs);
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        list->setFocus();
        QTest::keyClick(list, Qt::Key_I, Qt::ShiftModifier);
        QTRY_COMPARE_WITH_TIMEOUT(addresses.size(), 1, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_session->jobs().idle(), kPatienceMs);
        const std::string id = addresses.first().first().toString().section(QLatin1Char('/'), 1).toStdString();
        const auto& all = m_session->proposals();
        const auto at = std::ranges::find(all, ProposalId(id), &Proposal::id);
        QVERIFY(at != all.end());
        QCOMPARE(at->title, std::string("Prompt refund, version 3: First"));
        QCOMPARE(at->patchSetNumber, 1);
    }

    void textsOfTheStoreStayPlain()
    {
        openPage();
        const std::filesystem::path store = m_ui.folder() / "hostile.db";
        std::filesystem::copy_file(m_ui.sample().store, store);
        makeDatabase(store, phoenixPromptsSqlWithoutUsers() +
                                "UPDATE prompts SET name = '<b>bold</b>', description = '<img src=x>' WHERE id = 1;"
                                "UPDATE prompt_versions SET description = '<h1>big</h1>', template = "
                                "'{\"type\":\"string\",\"template\":\"<b>x</b>\xe2\x80\xae\"}' WHERE id = 8");
        openStore(store);
        openPrompts();
        const QAbstractItemModel* model = pane().list()->model();
        QCOMPARE(model->index(0, 0).data().toString(), QStringLiteral("<b>bold</b>"));
        QCOMPARE(model->index(0, 0).data(Qt::ToolTipRole).toString(), plainToolTip(QStringLiteral("<b>bold</b>")));
        QTRY_VERIFY_WITH_TIMEOUT(pane().settled(), kPatienceMs);
        QVERIFY(pane().preview()->toPlainText().contains(QStringLiteral("<b>x</b><U+202E>")));
        for (QLabel* label : pane().findChildren<QLabel*>()) QVERIFY(label->textFormat() == Qt::PlainText);
    }
};

QTEST_MAIN(TestPromptImport)
#include "testpromptimport.moc"
