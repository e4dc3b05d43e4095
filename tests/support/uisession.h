// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// For tests of pages: a session whose cache, data and settings are its own, a small sample, and screenshots to look at.
#include "core/sample/sample.h"
#include "ui/common/page.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"

#include <QApplication>
#include <QDir>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <memory>

namespace tackroom::ui
{

class UiSession
{
public:
    UiSession()
    {
        QCoreApplication::setOrganizationName(QStringLiteral("tackroom-tests"));
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.filePath(QStringLiteral("settings")));
    }
    [[nodiscard]] std::filesystem::path folder() const { return m_folder.path().toStdString(); }
    /// A new session with an empty cache; `reader` in place of the reader program.
    [[nodiscard]] std::unique_ptr<Session> open(const std::filesystem::path& reader = {})
    {
        const std::filesystem::path home = folder() / std::to_string(++m_count);
        Places places{home / "cache", home / "data", home / "config"};
        for (const auto& place : {places.cache, places.data, places.config}) std::filesystem::create_directories(place);
        ReaderClient::Options options;
        options.program = reader.empty() ? readerProgram() : reader;
        return std::make_unique<Session>(std::move(places), options);
    }
    [[nodiscard]] static std::filesystem::path readerProgram()
    {
        return std::filesystem::path(qEnvironmentVariable("TACKROOM_BIN_DIR").toStdString()) / "tackroom-reader";
    }
    /// The sample with a few runs, made once.
    [[nodiscard]] const SampleMade& sample()
    {
        if (!m_sample.made) {
            SampleOptions options;
            options.runs = 240;
            const auto made = makeSample(folder() / "sample", options, {}, {});
            if (made)
                m_sample = *made;
            else
                qFatal("the sample could not be made: %s", oneLine(made.error()).c_str());
        }
        return m_sample;
    }
    /// Light and dark at two sizes into $TACKROOM_SHOTS; nothing without it. `prepare` is called after each change.
    static void shoot(Page& page, const QString& name)
    {
        const QString folder = qEnvironmentVariable("TACKROOM_SHOTS");
        if (folder.isEmpty()) return;
        QDir().mkpath(folder);
        for (const auto& [theme, themeName] : {std::pair(Theme::Light, "light"), std::pair(Theme::Dark, "dark")}) {
            applyTheme(*qApp, theme);
            for (const QSize size :
                 {QSize(1384, 820), QSize(968, 620)}) { // what rail and bars leave of 1440 x 900 and 1024 x 700
                page.resize(size);
                QTRY_VERIFY_WITH_TIMEOUT(page.settled(), 30'000);
                QTest::qWait(50);
                page.grab().save(
                    QStringLiteral("%1/%2-%3-%4.png").arg(folder, name, QLatin1StringView(themeName)).arg(size.width()));
            }
        }
        applyTheme(*qApp, Theme::Light);
    }

private:
    QTemporaryDir m_folder;
    SampleMade m_sample;
    int m_count = 0;
};

} // namespace tackroom::ui
