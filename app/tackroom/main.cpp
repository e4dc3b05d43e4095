// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tackroom/shots.h"
#include "app/tackroom/until.h"
#include "core/workspace/workspace.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/settings/settingspage.h"
#include "ui/shell/mainwindow.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QLocale>
#include <QTranslator>

using namespace tackroom;

namespace {

std::optional<ui::Theme> themeOf(const QString& name)
{
    if (name == QLatin1String("system")) return ui::Theme::System;
    if (name == QLatin1String("light")) return ui::Theme::Light;
    if (name == QLatin1String("dark")) return ui::Theme::Dark;
    if (name == QLatin1String("high-contrast")) return ui::Theme::HighContrast;
    return {};
}

void addOptions(QCommandLineParser& parser)
{
    parser.setApplicationDescription(QCoreApplication::translate("main", "Decide what a self-improving AI agent may change about itself."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("FILE"),
                                 QCoreApplication::translate("main", "Trace stores, harness repositories, plain harness folders, patches."),
                                 QStringLiteral("[FILE...]"));
    parser.addOptions({
        {QStringLiteral("sample"), QCoreApplication::translate("main", "Open the sample.")},
        {QStringLiteral("theme"), QCoreApplication::translate("main", "system, light, dark or high-contrast."),
         QStringLiteral("THEME")},
        {QStringLiteral("cache"), QCoreApplication::translate("main", "Where indexes lie."), QStringLiteral("DIR")},
        {QStringLiteral("data"), QCoreApplication::translate("main", "Where vaults and the sample lie."),
         QStringLiteral("DIR")},
        {QStringLiteral("shots"), QCoreApplication::translate("main", "Save a screenshot of every page into DIR and quit."),
         QStringLiteral("DIR")},
        {QStringLiteral("until"),
         QCoreApplication::translate(
             "main",
             "Quit when the table of runs shows rows (rows) or all work is done (settled), and print how long it took."),
         QStringLiteral("WHAT")},
    });
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("tackroom"));
    QApplication::setApplicationName(QStringLiteral("tackroom"));
    QApplication::setApplicationVersion(QStringLiteral(TACKROOM_VERSION));
    // English too has a translation: its plurals. Another language goes on top of it.
    QTranslator english, translator;
    if (english.load(QStringLiteral(":/translations/tackroom_en.qm"))) QApplication::installTranslator(&english);
    if (translator.load(QLocale(), QStringLiteral("tackroom"), QStringLiteral("_"), QStringLiteral(":/translations"))) QApplication::installTranslator(&translator);

    QCommandLineParser parser;
    addOptions(parser);
    parser.process(application);
    ui::Theme theme = ui::SettingsPage::storedTheme();
    if (parser.isSet(QStringLiteral("theme"))) {
        const auto named = themeOf(parser.value(QStringLiteral("theme")));
        if (!named) {
            std::fprintf(stderr, "tackroom: --theme takes system, light, dark or high-contrast.\n");
            return 2;
        }
        theme = *named;
    }
    ui::applyTheme(application, theme);

    Places places = defaultPlaces();
    if (parser.isSet(QStringLiteral("cache"))) places.cache = ui::utf8(parser.value(QStringLiteral("cache")));
    if (parser.isSet(QStringLiteral("data"))) places.data = ui::utf8(parser.value(QStringLiteral("data")));
    ui::Session session(places, {});
    ui::MainWindow window(session);
    window.show();
    const QStringList files = parser.positionalArguments();
    for (const QString& file : files) window.openPath(file);
    const bool shots = parser.isSet(QStringLiteral("shots"));
    if (parser.isSet(QStringLiteral("sample")) || (shots && files.isEmpty())) session.openSample();
    std::unique_ptr<ui::Shots> taker;
    if (shots) {
        taker = std::make_unique<ui::Shots>(window, session, parser.value(QStringLiteral("shots")));
        taker->start();
    }
    std::unique_ptr<ui::Until> until;
    if (parser.isSet(QStringLiteral("until"))) {
        const bool rows = parser.value(QStringLiteral("until")) == QLatin1String("rows");
        until = std::make_unique<ui::Until>(window, rows ? ui::Until::What::Rows : ui::Until::What::Settled);
        until->start();
    }
    return QApplication::exec();
}
