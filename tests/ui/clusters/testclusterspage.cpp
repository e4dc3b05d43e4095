// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/pagetest.h"
#include "ui/clusters/clustereditdialog.h"
#include "ui/clusters/clusterreport.h"
#include "ui/clusters/clusterspage.h"
#include "ui/clusters/exemplarcard.h"
#include "ui/models/clustertreemodel.h"

#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>
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

    /// Keys are the active window's.
    static bool activate(QWidget* window)
    {
        window->activateWindow();
        return QTest::qWaitFor([&] { return QApplication::activeWindow() == window; }, kPatienceMs);
    }
    /// The dialog that the key opens.
    ClusterEditDialog* dialogOf(const QKeySequence& key)
    {
        if (!activate(m_page.get())) return nullptr;
        m_page->tree().setFocus();
        QTest::keySequence(&m_page->tree(), key);
        for (auto* dialog : m_page->findChildren<ClusterEditDialog*>())
            if (dialog->isVisible()) return activate(dialog) ? dialog : nullptr;
        return nullptr;
    }
    static void shootDialog(QWidget& dialog, const QString& name)
    {
        const QString folder = qEnvironmentVariable("TACKROOM_SHOTS");
        if (!folder.isEmpty()) QVERIFY(dialog.grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png")));
    }
    void written()
    {
        QTRY_VERIFY_WITH_TIMEOUT(!m_session->editingClusters() && m_session->jobs().idle() && m_page->settled(), kPatienceMs);
    }
    [[nodiscard]] const ClusterItem& item(const ClusterId& id) { return *m_page->model().cluster(id); }

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

    void withoutANameNothingIsWrittenDown()
    {
        openSample();
        m_session->setReviewer({});
        QVERIFY(!dialogOf(QKeySequence(Qt::Key_F2)));
        QVERIFY(saysSomewhere(*m_page, QStringLiteral("Say who you are first")));
        QVERIFY(buttonWith(*m_page, QStringLiteral("Set your name")));
    }

    void aPersonNamesMergesSplitsMutesAndUndoes()
    {
        openSample();
        m_session->setReviewer({"Rhea Viewer", "rhea@example.org"});
        connect(m_session.get(), &Session::failureRaised, this, [](const Error& error) { QFAIL(oneLine(error).c_str()); });
        const ClusterOverview made = m_page->model().overview();
        const ClusterId first = made.clusters[0].id, second = made.clusters[1].id, third = made.clusters[2].id;
        QVERIFY(m_page->goTo(QStringLiteral("cluster/") + QString::fromStdString(first.value)));
        written();

        ClusterEditDialog* rename = dialogOf(QKeySequence(Qt::Key_F2));
        QVERIFY(rename);
        auto* line = rename->findChild<QLineEdit*>(QStringLiteral("clusterEditLine"));
        QCOMPARE(line->text().toStdString(), made.clusters[0].label);
        line->setFocus();
        QTest::keySequence(line, QKeySequence::SelectAll);
        QTest::keyClicks(line, QStringLiteral("Order ids with a hash"));
        shootDialog(*rename, QStringLiteral("clusters-rename"));
        QTest::keyClick(line, Qt::Key_Return);
        written();
        QCOMPARE(item(first).label, std::string("Order ids with a hash"));
        QVERIFY(
            saysSomewhere(m_page->report(), QStringLiteral("Made name: ") + QString::fromStdString(made.clusters[0].label)));

        ClusterEditDialog* split = dialogOf(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
        QVERIFY(split);
        auto* query = split->findChild<QLineEdit*>(QStringLiteral("clusterEditLine"));
        QTest::keyClicks(query, QStringLiteral("version:v1"));
        auto* name = split->findChild<QLineEdit*>(QStringLiteral("clusterEditName"));
        QTest::keyClicks(name, QStringLiteral("Only in v1"));
        QTRY_VERIFY_WITH_TIMEOUT(saysSomewhere(*split, QStringLiteral("runs fit")), kPatienceMs);
        shootDialog(*split, QStringLiteral("clusters-split"));
        QTest::keyClick(name, Qt::Key_Return);
        written();
        QCOMPARE(m_page->model().overview().clusters.size(), made.clusters.size() + 1);
        QVERIFY(item(first).runs < made.clusters[0].runs);

        ClusterEditDialog* merge = dialogOf(QKeySequence(Qt::CTRL | Qt::Key_M));
        QVERIFY(merge);
        auto* words = merge->findChild<QLineEdit*>(QStringLiteral("clusterEditLine"));
        QTest::keyClicks(words, QStringLiteral("Only in v1"));
        shootDialog(*merge, QStringLiteral("clusters-merge"));
        QTest::keyClick(words, Qt::Key_Return);
        written();
        QCOMPARE(m_page->model().overview().clusters.size(), made.clusters.size());
        const ClusterItem* whole = m_page->model().clusterAt(m_page->tree().currentIndex());
        QVERIFY(whole);
        QCOMPARE(whole->label, std::string("Only in v1"));
        QCOMPARE(whole->runs, made.clusters[0].runs);

        QVERIFY(m_page->goTo(QStringLiteral("cluster/") + QString::fromStdString(second.value)));
        written();
        ClusterEditDialog* mute = dialogOf(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M));
        QVERIFY(mute);
        for (auto* choice : mute->findChildren<QRadioButton*>())
            if (choice->text().contains(QStringLiteral("runs"))) choice->setChecked(true);
        shootDialog(*mute, QStringLiteral("clusters-mute"));
        QTest::keyClick(mute->findChild<QSpinBox*>(), Qt::Key_Return);
        written();
        QCOMPARE(item(second).state, ClusterState::Ignored);
        QVERIFY(saysSomewhere(m_page->report(), QStringLiteral("Ignored: muted by Rhea Viewer until 100 runs have come")));
        m_page->setQuery(QStringLiteral("state:ignored"));
        QCOMPARE(m_page->model().shownClusters(), 1);
        m_page->setQuery({});
        QVERIFY(activate(m_page.get()));
        m_page->tree().setFocus();
        QTest::keySequence(&m_page->tree(), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P));
        written();
        QVERIFY(item(second).words.isPinned);
        QVERIFY(m_page->model().index(0, 0, m_page->model().index(0, 0)) == m_page->model().indexOf(second));
        UiSession::shoot(*m_page, QStringLiteral("clusters-edited"));

        // The page anew: everything is still named.
        m_page.reset();
        showPage();
        written();
        QCOMPARE(m_page->model().overview().clusters[0].id.value, second.value);
        QCOMPARE(item(second).state, ClusterState::Ignored);
        m_page->tree().setFocus();
        for (int edit = 0; edit < 6; ++edit) {
            QTest::keySequence(&m_page->tree(), QKeySequence::Undo);
            written();
        }
        QCOMPARE(m_page->model().overview().clusters.size(), made.clusters.size());
        for (std::size_t i = 0; i < made.clusters.size(); ++i) {
            QCOMPARE(m_page->model().overview().clusters[i].id.value, made.clusters[i].id.value);
            QCOMPARE(m_page->model().overview().clusters[i].label, made.clusters[i].label);
            QCOMPARE(m_page->model().overview().clusters[i].runs, made.clusters[i].runs);
        }
        QVERIFY(!item(third).words.mute);
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
