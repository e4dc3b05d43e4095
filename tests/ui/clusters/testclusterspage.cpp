// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/pagetest.h"
#include "ui/clusters/clusterreport.h"
#include "ui/clusters/clusterspage.h"
#include "ui/clusters/exemplarcard.h"
#include "ui/models/clustertreemodel.h"

#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

using namespace tackroom;
using namespace tackroom::ui;

class TestClustersPage : public QObject, private PageTest<ClustersPage>
{
    Q_OBJECT
    void openSample()
    {
        openPageOn(m_ui.sample().store);
        QVERIFY(m_page->model().rowCount() > 0);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void cleanup() { closePage(); }

    void withoutAStoreItSaysWhatToDo()
    {
        openPage();
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        for (QPushButton* button : m_page->findChildren<QPushButton*>())
            if (button->isVisible()) button->click();
        QCOMPARE(addresses.size(), 2);
        UiSession::shoot(*m_page, QStringLiteral("clusters-none"));
    }

    void reportsACluster()
    {
        openSample();
        m_session->openRepository(QString::fromStdString(m_ui.sample().harness.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->repositoryState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        const ClusterItem& biggest = m_page->model().overview().clusters.front();
        QVERIFY(m_page->goTo(QStringLiteral("cluster/") + QString::fromStdString(biggest.id.value)));
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        QCOMPARE(m_page->address(), QStringLiteral("cluster/") + QString::fromStdString(biggest.id.value));
        QVERIFY(saysSomewhere(m_page->report(), failingShareText(biggest.runs, biggest.failingRuns)));
        QVERIFY(saysSomewhere(m_page->report(), QStringLiteral("First seen")));
        const auto cards = m_page->report().findChildren<ExemplarCard*>();
        QVERIFY(!cards.isEmpty());
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        cards.first()->setFocus();
        QTest::keyClick(cards.first(), Qt::Key_Return);
        QCOMPARE(addresses.size(), 1);
        QVERIFY(addresses[0][0].toString().startsWith(QStringLiteral("run/")));
        m_page->tree().setFocus();
        QTest::keyClick(&m_page->tree(), Qt::Key_Return);
        QCOMPARE(addresses.size(), 2);
        QCOMPARE(addresses[1][0], addresses[0][0]);
        UiSession::shoot(*m_page, QStringLiteral("clusters"));
    }

    void proposalsForItAreLinked()
    {
        openSample();
        m_session->openRepository(QString::fromStdString(m_ui.sample().harness.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->repositoryState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
        int linked = 0;
        QSignalSpy addresses(m_page.get(), &Page::openAddress);
        for (const ClusterItem& item : m_page->model().overview().clusters) {
            m_page->goTo(QStringLiteral("cluster/") + QString::fromStdString(item.id.value));
            QTRY_VERIFY_WITH_TIMEOUT(m_page->settled(), kPatienceMs);
            for (QPushButton* button : m_page->report().findChildren<QPushButton*>()) {
                if (!button->isVisible() || !button->isFlat()) continue;
                button->click();
                linked += addresses.last()[0].toString().startsWith(QStringLiteral("proposal/")) ? 1 : 0;
            }
        }
        QVERIFY2(linked >= 3, qPrintable(QString::number(linked)));
        QScrollBar* bar = m_page->report().verticalScrollBar();
        bar->setValue(bar->maximum());
        UiSession::shoot(*m_page, QStringLiteral("clusters-end"));
    }

    void anAddressThatComesFirstIsRemembered()
    {
        openSample();
        const auto clusters = m_page->model().overview().clusters;
        QVERIFY(clusters.size() >= 2);
        const QString address = QStringLiteral("cluster/") + QString::fromStdString(clusters.back().id.value);
        openPage();
        QVERIFY(!m_page->goTo(QStringLiteral("run/1")));
        QVERIFY(m_page->goTo(address));
        m_session->openStore(QString::fromStdString(m_ui.sample().store.string()));
        QTRY_VERIFY_WITH_TIMEOUT(m_session->storeState() == Session::State::Ready && m_page->settled(), kPatienceMs);
        QCOMPARE(m_page->address(), address);
        QCOMPARE(m_page->model().clusterAt(m_page->tree().currentIndex())->id.value, clusters.back().id.value);
    }

    void filters()
    {
        openSample();
        const int all = m_page->model().shownClusters();
        const QString address = m_page->address();
        QSignalSpy unknown(m_page.get(), &Page::queryNotUnderstood);
        m_page->setQuery(QStringLiteral("layer:tools"));
        QVERIFY(m_page->model().shownClusters() > 0);
        QVERIFY(m_page->model().shownClusters() < all);
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("of %1 clusters").arg(all)));
        m_page->setQuery(QStringLiteral("outcome:failure"));
        QCOMPARE(unknown.last()[0].toString(), QStringLiteral("outcome:failure"));
        m_page->setQuery(QStringLiteral("nothing like this"));
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("No cluster matches")));
        m_page->setQuery({});
        QCOMPARE(m_page->model().shownClusters(), all);
        QCOMPARE(m_page->address(), address); // what is being read stays
    }
};

QTEST_MAIN(TestClustersPage)
#include "testclusterspage.moc"
