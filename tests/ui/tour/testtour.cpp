// SPDX-License-Identifier: GPL-3.0-or-later
// The README's tour, from the start page to an exported bundle, with keys and actions alone. Afterwards the repository is
// looked at with plain git.
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/diffview/diffview.h"
#include "ui/settings/settingspage.h"
#include "ui/shell/mainwindow.h"

#include <QAbstractItemView>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include <filesystem>

using namespace tackroom;
using namespace tackroom::ui;

class TestTour : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void theTour();
    void everyControlHasAName();

private:
    struct GitOutput {
        int exitCode = -1;
        QByteArray out, err;
    };
    GitOutput git(const QStringList& arguments) const;
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const { QTest::keyClick(QApplication::focusWidget(), key, modifiers); }
    void type(const QString& text) const { QTest::keyClicks(QApplication::focusWidget(), text); }
    template <class T>
    T* child(const char* name) const { return m_window->findChild<T*>(QLatin1String(name)); }
    [[nodiscard]] std::string liveLabel() const;

    QTemporaryDir m_home;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
    QString m_harness;
};

void TestTour::initTestCase()
{
    QVERIFY(m_home.isValid());
    QCoreApplication::setOrganizationName(QStringLiteral("tackroom"));
    QCoreApplication::setApplicationName(QStringLiteral("tour"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home.path());
    applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::Light);
    const std::filesystem::path home = m_home.path().toStdString();
    m_session = std::make_unique<Session>(Places{home / "cache", home / "data", home / "config"}, ReaderClient::Options{});
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->resize(1440, 900);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
}

TestTour::GitOutput TestTour::git(const QStringList& arguments) const
{
    QProcess process;
    process.start(QStringLiteral("git"), QStringList{QStringLiteral("-C"), m_harness} + arguments);
    process.waitForFinished(60'000);
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

std::string TestTour::liveLabel() const
{
    for (const Version& version : m_session->versions())
        if (version.live) return version.label;
    return {};
}

void TestTour::theTour()
{
    // 1. Start: the sample.
    auto* sample = child<QPushButton>("openSample");
    QVERIFY(sample);
    sample->setFocus();
    key(Qt::Key_Space);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, 180'000);
    QTRY_COMPARE_WITH_TIMEOUT(m_session->repositoryState(), Session::State::Ready, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled(), 60'000);
    QVERIFY(m_session->storeCounts().runs >= 1900);
    QVERIFY(m_session->storeCounts().failures > 100);
    m_harness = QString::fromStdString(m_session->repository().path.string());
    QCOMPARE(m_session->proposals().size(), std::size_t(8));
    QCOMPARE(liveLabel(), std::string("v4"));

    // 2. Traces: filter the failing runs.
    QTest::keyClick(m_window.get(), Qt::Key_1, Qt::ControlModifier);
    QCOMPARE(m_window->currentPage(), MainWindow::Traces);
    auto* table = m_window->page(MainWindow::Traces)->findChild<QTableView*>(QStringLiteral("runs"));
    QVERIFY(table);
    QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), static_cast<int>(m_session->storeCounts().runs), 30'000);
    QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("query"));
    type(QStringLiteral("outcome:failure"));
    key(Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), static_cast<int>(m_session->storeCounts().failures), 30'000);
    table->setFocus();
    key(Qt::Key_Down);
    key(Qt::Key_D);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled() && m_window->address().startsWith(QLatin1String("run/")), 30'000);

    // 3. Clusters.
    QTest::keyClick(m_window.get(), Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(m_window->currentPage(), MainWindow::Clusters);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled(), 30'000);
    auto* tree = m_window->page(MainWindow::Clusters)->findChild<QTreeView*>();
    QVERIFY(tree);
    QVERIFY(tree->model()->rowCount() > 0);

    // Back and forward go through the places.
    const QString here = m_window->address();
    QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
    QTRY_COMPARE(m_window->currentPage(), MainWindow::Traces);
    QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
    QTRY_COMPARE(m_window->address(), here);

    // 4. Settings: who decides.
    QTest::keyClick(m_window.get(), Qt::Key_Comma, Qt::ControlModifier);
    auto* name = child<QLineEdit>("reviewerName");
    name->setFocus();
    type(QStringLiteral("Ada Lovelace"));
    key(Qt::Key_Tab);
    type(QStringLiteral("ada@example.com"));
    key(Qt::Key_Return);
    QCOMPARE(m_session->reviewer().name, std::string("Ada Lovelace"));

    // 5. Proposals: to the one about the leading '#', through the command palette.
    QTest::keyClick(m_window.get(), Qt::Key_3, Qt::ControlModifier);
    QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("commandLine"));
    type(QStringLiteral("strip the leading"));
    key(Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled() && m_window->address().startsWith(QLatin1String("proposal/")), 30'000);
    auto* diff = m_window->page(MainWindow::Proposals)->findChild<DiffView*>(QStringLiteral("diff"));
    QVERIFY(diff && diff->content());
    QCOMPARE(diff->content()->path, std::string("skills/order-lookup/SKILL.md"));
    const std::string shown(diff->content()->model->newLines().bytes());
    QVERIFY(diff->hunkCount() >= 1);

    // Approving without a reason says what is missing and lands nothing.
    diff->setFocus();
    key(Qt::Key_A, Qt::ShiftModifier);
    QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("reason"));
    QCOMPARE(liveLabel(), std::string("v4"));
    type(QStringLiteral("the tool refuses a leading sign"));
    diff->setFocus();
    key(Qt::Key_A, Qt::ShiftModifier);
    QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("confirmLanding"));
    key(Qt::Key_Space);
    QTRY_COMPARE_WITH_TIMEOUT(liveLabel(), std::string("v5"), 60'000);
    QCOMPARE(git({QStringLiteral("show"), QStringLiteral("harness/v5:skills/order-lookup/SKILL.md")}).out.toStdString(), shown);
    QCOMPARE(git({QStringLiteral("rev-parse"), QStringLiteral("harness/v5^{commit}")}).out, git({QStringLiteral("rev-parse"), QStringLiteral("main")}).out);
    QVERIFY(git({QStringLiteral("status"), QStringLiteral("--porcelain")}).out.isEmpty());

    // 6. Versions: roll v5 back, then export it.
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled(), 30'000);
    QTest::keyClick(m_window.get(), Qt::Key_4, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled(), 30'000);
    auto* list = child<QListView>("versionList");
    list->setFocus();
    QCOMPARE(list->currentIndex().data().toString().left(2), QStringLiteral("v5"));
    key(Qt::Key_R, Qt::ShiftModifier);
    QTRY_COMPARE_WITH_TIMEOUT(QApplication::focusWidget()->objectName(), QStringLiteral("reason"), 30'000);
    type(QStringLiteral("taking the tour"));
    m_window->page(MainWindow::Versions)->findChild<QPushButton*>(QStringLiteral("landRollback"))->setFocus();
    key(Qt::Key_Space);
    QTRY_COMPARE_WITH_TIMEOUT(liveLabel(), std::string("v6"), 60'000);
    QCOMPARE(git({QStringLiteral("rev-parse"), QStringLiteral("harness/v6^{tree}")}).out, git({QStringLiteral("rev-parse"), QStringLiteral("harness/v4^{tree}")}).out);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled(), 30'000);
    list->setFocus();
    key(Qt::Key_Down);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->settled(), 30'000);
    key(Qt::Key_E, Qt::ShiftModifier);
    QCOMPARE(QApplication::focusWidget()->objectName(), QStringLiteral("bundlePath"));
    const QString bundle = m_home.filePath(QStringLiteral("v5.hbundle"));
    key(Qt::Key_A, Qt::ControlModifier);
    type(bundle);
    key(Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(bundle) && m_session->jobs().idle(), 30'000);
    QProcess tar;
    tar.start(QStringLiteral("tar"), {QStringLiteral("xOf"), bundle, QStringLiteral("files/skills/order-lookup/SKILL.md")});
    QVERIFY(tar.waitForFinished(30'000));
    QCOMPARE(tar.readAllStandardOutput().toStdString(), shown);

    // What plain git says of all this.
    const GitOutput fsck = git({QStringLiteral("fsck"), QStringLiteral("--strict"), QStringLiteral("--full")});
    QVERIFY2(fsck.exitCode == 0, fsck.err.constData());
    const QByteArray log = git({QStringLiteral("log"), QStringLiteral("-2"), QStringLiteral("--format=%B"), QStringLiteral("main")}).out;
    QVERIFY2(log.contains("Reviewed-by: Ada Lovelace <ada@example.com>"), log.constData());
    QVERIFY2(log.contains("Rolls-back:"), log.constData());
    QVERIFY(git({QStringLiteral("cat-file"), QStringLiteral("-t"), QStringLiteral("harness/v5")}).out.startsWith("tag"));
    QVERIFY(git({QStringLiteral("rev-list"), QStringLiteral("--count"), QStringLiteral("refs/tackroom/journal")}).out.trimmed().toInt() >= 3);
    QVERIFY(git({QStringLiteral("status"), QStringLiteral("--porcelain")}).out.isEmpty());
}

void TestTour::everyControlHasAName()
{
    QStringList nameless;
    for (QWidget* widget : m_window->findChildren<QWidget*>()) {
        if (widget->focusPolicy() == Qt::NoFocus || !widget->isEnabled()) continue;
        const QWidget* page = widget;
        while (page->parentWidget() && !qobject_cast<const Page*>(page)) page = page->parentWidget();
        if (page != widget && !widget->isVisibleTo(const_cast<QWidget*>(page))) continue; // not there at present
        if (widget->objectName().startsWith(QLatin1String("qt_")) || widget->inherits("QMenu") || widget->inherits("QTabBar")) continue;
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        const bool named = !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()) || qobject_cast<QLabel*>(widget);
        const bool control = button || widget->inherits("QLineEdit") || widget->inherits("QAbstractItemView") || widget->inherits("QComboBox") ||
                             widget->inherits("QAbstractScrollArea") || widget->inherits("QPlainTextEdit");
        if (control && !named && !widget->inherits("QComboBoxListView"))
            nameless << QLatin1String(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName() + QStringLiteral(" in ") +
                            QLatin1String(widget->parentWidget() ? widget->parentWidget()->metaObject()->className() : "");
    }
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral("; "))));
}

QTEST_MAIN(TestTour)
#include "testtour.moc"
