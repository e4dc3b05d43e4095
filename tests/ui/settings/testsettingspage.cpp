// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/limits.h"
#include "tests/support/pagetest.h"
#include "ui/settings/cachepanel.h"
#include "ui/settings/settingspage.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTreeWidget>

#include <fstream>

using namespace tackroom;
using namespace tackroom::ui;

class TestSettingsPage : public QObject, private PageTest<SettingsPage>
{
    Q_OBJECT
    template <class W> [[nodiscard]] W& child(const char* name) const
    {
        auto* found = m_page->findChild<W*>(QLatin1StringView(name));
        if (!found) qFatal("there is no %s", name);
        return *found;
    }
    [[nodiscard]] QTreeWidget& indexes() const { return m_page->cache().indexes(); }
    /// The index of a store that nobody has open.
    void makeIndex(const std::string& name, std::size_t bytes) const
    {
        const auto folder = m_session->places().cache / "stores" / name;
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "runs.db") << std::string(bytes, 'x');
        std::ofstream(folder / "runs.lock").flush();
        std::ofstream(folder / "store.json") << "{\"path\":\"/stores/" << name << "\",\"runs\":1204}";
    }
    void openSettings()
    {
        showPage();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void init() { m_session = m_ui.open(); }
    void cleanup() { closePage(); }

    void limitsAreShownAndKept()
    {
        QVERIFY(writeLimits(m_session->places(), {.cacheBytes = 3'000'000'000, .readerMemoryBytes = 2'000'000'000}));
        openSettings();
        auto& limit = child<QDoubleSpinBox>("cacheLimit");
        QCOMPARE(limit.value(), 3.0);
        QCOMPARE(child<QDoubleSpinBox>("readerMemory").value(), 2.0);
        limit.setFocus();
        limit.selectAll();
        QTest::keyClicks(&limit, QStringLiteral("12"));
        QTest::keyClick(&limit, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QCOMPARE(readLimits(m_session->places()).cacheBytes, 12'000'000'000);
        QCOMPARE(readLimits(m_session->places()).readerMemoryBytes, 2'000'000'000);
        limit.setValue(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QCOMPARE(limit.text(), QStringLiteral("no limit"));
        QCOMPARE(readLimits(m_session->places()).cacheBytes, 0);
    }

    void indexesAreListedAndRemovedButForTheOpenStore()
    {
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        makeIndex("one", 5'000'000);
        makeIndex("two", 1'000'000);
        openSettings();
        QCOMPARE(indexes().topLevelItemCount(), 3);
        const auto items = indexes().findItems(QStringLiteral("/stores/one"), Qt::MatchExactly, 0);
        QCOMPARE(items.size(), 1);
        QCOMPARE(items.front()->text(1), QStringLiteral("1,204"));
        QVERIFY2(items.front()->text(2).startsWith(QStringLiteral("5.0")), qPrintable(items.front()->text(2)));
        UiSession::shoot(*m_page, QStringLiteral("settings"));

        indexes().setCurrentItem(items.front());
        child<QPushButton>("removeIndex").click();
        QTRY_COMPARE_WITH_TIMEOUT(indexes().topLevelItemCount(), 2, kPatienceMs);
        QVERIFY(!std::filesystem::exists(m_session->places().cache / "stores" / "one"));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        child<QPushButton>("clearCache").click();
        QTRY_COMPARE_WITH_TIMEOUT(indexes().topLevelItemCount(), 1, kPatienceMs);
        QVERIFY(std::filesystem::exists(m_session->store().folder / "runs.db"));
        QVERIFY(m_page->cache().said().contains(QStringLiteral("1 index was removed")));
        QVERIFY(!child<QPushButton>("clearCache").isEnabled());
        indexes().setCurrentItem(indexes().topLevelItem(0));
        QVERIFY(!child<QPushButton>("removeIndex").isEnabled());
    }

    void anIndexThatAnotherWindowHasOpenStays()
    {
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        // Another process that wants all of it gone; the window is idle.
        const auto done = askEviction(m_session->places().cache, 0, {}, {}, {});
        QVERIFY(done);
        QCOMPARE(done->inUse, std::size_t{1});
        QVERIFY(std::filesystem::exists(m_session->store().folder / "runs.db"));
    }

    void rulesOfTheOpenStoreAreReached()
    {
        openSettings();
        QVERIFY(!child<QPushButton>("versionRuleOfStore").isEnabled());
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        child<QPushButton>("versionRuleOfStore").click();
        child<QPushButton>("outcomeRule").click();
        QCOMPARE(addresses.size(), 2);
        QCOMPARE(addresses[0][0].toString(), QStringLiteral("action/version-rule"));
        QCOMPARE(addresses[1][0].toString(), QStringLiteral("action/outcome-rule"));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
    }
};

QTEST_MAIN(TestSettingsPage)
#include "testsettingspage.moc"
