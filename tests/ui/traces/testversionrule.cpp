// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/versionsettings.h"
#include "tests/support/pagetest.h"
#include "ui/models/runtablemodel.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/tracespage.h"
#include "ui/traces/versionruledialog.h"

#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>

#include <format>
#include <fstream>

using namespace tackroom;
using namespace tackroom::ui;

/// What tells the harness version, set in the window.
class TestVersionRule : public QObject, private PageTest<TracesPage>
{
    Q_OBJECT
    [[nodiscard]] VersionRuleDialog& dialog() const { return *m_page->versionRuleDialog(); }
    [[nodiscard]] QPushButton& button(const char* name) const
    {
        return *dialog().findChild<QPushButton*>(QLatin1StringView(name));
    }
    [[nodiscard]] QTreeWidgetItem* keyItem(const QString& key) const
    {
        const auto items = dialog().keys().findItems(key, Qt::MatchExactly, 0);
        return items.isEmpty() ? nullptr : items.front();
    }
    /// The version of the newest run, as the table shows it.
    [[nodiscard]] QString shown() const { return m_page->model().index(0, RunTableModel::VersionColumn).data().toString(); }

    void openStore()
    {
        const auto file = m_ui.folder() / "versions.jsonl";
        if (!std::filesystem::exists(file)) {
            std::ofstream store(file);
            const auto text = [](const char* key, const std::string& value) {
                return std::format(R"({{"key":"{}","value":{{"stringValue":"{}"}}}})", key, value);
            };
            for (int i = 0; i < 8; ++i)
                store
                    << std::format(
                           R"({{"resourceSpans":[{{"resource":{{"attributes":[{}]}},"scopeSpans":[{{"spans":[{{"traceId":"{:032x}",)"
                           R"("spanId":"{:016x}","name":"agent","startTimeUnixNano":"177000000{}000000000",)"
                           R"("endTimeUnixNano":"177000000{}500000000","attributes":[{}]}}]}}]}}]}})",
                           text("service.version", std::format("s{}", i)), i + 1, i + 1, i, i,
                           text("flavour", i < 4 ? "mild" : "hot"))
                    << "\n";
        }
        openPageOn(file);
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && m_page->run().details(), kPatienceMs);
    }
    void openDialog()
    {
        m_page->table().setFocus();
        QTest::keyClick(&m_page->table(), Qt::Key_V, Qt::ShiftModifier);
        QVERIFY(m_page->versionRuleDialog());
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled(), kPatienceMs);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::Light); }
    void cleanup()
    {
        // The modifiers of the last key stay with the application, and a list that is filled then takes them for the user's.
        if (m_page) QTest::keyClick(m_page.get(), Qt::Key_F13);
        m_page.reset();
        m_session.reset();
    }

    void aTermIsPreviewedAppliedByKeyAndUndone()
    {
        openStore();
        QCOMPARE(shown(), QStringLiteral("s7"));
        openDialog();
        QVERIFY(keyItem(QStringLiteral("service.version")));
        QVERIFY(!button("applyVersionRule").isEnabled());
        QVERIFY(dialog().previewText().contains(QStringLiteral("None of the 8 runs")));

        dialog().terms().setFocus();
        QTest::keyClicks(&dialog().terms(), QStringLiteral("where service.version = s7 is"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled(), kPatienceMs);
        QVERIFY2(dialog().previewText().contains(QStringLiteral("Not a rule yet")), qPrintable(dialog().previewText()));
        QVERIFY(!button("applyVersionRule").isEnabled());
        QTest::keyClicks(&dialog().terms(), QStringLiteral(" v7"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled(), kPatienceMs);
        QVERIFY2(dialog().previewText().contains(QStringLiteral("1 of 8 runs get another version")),
                 qPrintable(dialog().previewText()));

        QTest::keyClick(&dialog().terms(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(shown(), QStringLiteral("v7"), kPatienceMs);
        QVERIFY(!readVersionRule(m_session->places(), m_session->store().folder).empty());
        QTRY_VERIFY_WITH_TIMEOUT(m_page->settled() && dialog().settled(), kPatienceMs);
        const QString why = m_page->model().index(0, RunTableModel::VersionColumn).data(Qt::ToolTipRole).toString();
        QVERIFY2(why.contains(QStringLiteral("mapping: service.version = s7")), qPrintable(why));

        QVERIFY(button("undoVersionRule").isEnabled());
        button("undoVersionRule").click();
        QTRY_COMPARE_WITH_TIMEOUT(shown(), QStringLiteral("s7"), kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled() && dialog().terms().toPlainText().isEmpty(), kPatienceMs);
        QVERIFY(!button("undoVersionRule").isEnabled());
    }

    void aKeyThatTheStoreAloneHasIsFoundTickedAndRead()
    {
        openStore();
        openDialog();
        QVERIFY(!keyItem(QStringLiteral("flavour")));
        button("lookForKeys").click();
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled() && keyItem(QStringLiteral("flavour")), kPatienceMs);
        QTreeWidgetItem* flavour = keyItem(QStringLiteral("flavour"));
        QCOMPARE(flavour->text(1), QStringLiteral("8"));
        QCOMPARE(flavour->childCount(), 2);
        flavour->setCheckState(0, Qt::Checked);
        QCOMPARE(dialog().terms().toPlainText(), QStringLiteral("key flavour"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled(), kPatienceMs);
        QVERIFY2(dialog().previewText().contains(QStringLiteral("read anew")), qPrintable(dialog().previewText()));
        shoot("version-rule");
        button("applyVersionRule").click();
        QTRY_COMPARE_WITH_TIMEOUT(shown(), QStringLiteral("hot"), kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(dialog().settled(), kPatienceMs);
        keyItem(QStringLiteral("flavour"))->setCheckState(0, Qt::Unchecked);
        QVERIFY(dialog().terms().toPlainText().isEmpty());
    }

    void valuesAreNamedFromTheList()
    {
        openStore();
        openDialog();
        dialog().keys().setCurrentItem(keyItem(QStringLiteral("service.version")));
        button("mapValues").click();
        const QStringList lines = dialog().terms().toPlainText().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 5);
        QVERIFY2(lines.front().startsWith(QStringLiteral("where service.version = s")) &&
                     lines.front().trimmed().endsWith(QStringLiteral(" is")),
                 qPrintable(lines.front()));
        QVERIFY(dialog().terms().hasFocus());
        QTest::keyClicks(&dialog().terms(), QStringLiteral("v1"));
        QVERIFY(dialog().terms().toPlainText().split(QLatin1Char('\n')).front().endsWith(QStringLiteral("is v1")));
    }

    void theColumnsMenuLeadsThere()
    {
        openStore();
        m_page->table().chooseColumns();
        auto* menu = m_page->table().findChild<QMenu*>(QStringLiteral("columns"));
        QVERIFY(menu);
        menu->actions().back()->trigger();
        QVERIFY(m_page->versionRuleDialog());
        delete menu;
    }

private:
    void shoot(const char* name) const
    {
        const QString folder = qEnvironmentVariable("TACKROOM_SHOTS");
        if (folder.isEmpty()) return;
        for (const auto& [theme, themeName] : {std::pair(Theme::Light, "light"), std::pair(Theme::Dark, "dark")}) {
            applyTheme(*qApp, theme);
            QTest::qWait(50);
            dialog().grab().save(
                QStringLiteral("%1/%2-%3.png").arg(folder, QLatin1StringView(name), QLatin1StringView(themeName)));
        }
        applyTheme(*qApp, Theme::Light);
    }
};

QTEST_MAIN(TestVersionRule)
#include "testversionrule.moc"
