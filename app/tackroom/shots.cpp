// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tackroom/shots.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QApplication>
#include <QDir>
#include <QPixmap>

#include <cstdio>

namespace tackroom::ui {

namespace {
constexpr int kTickMs = 50;
constexpr int kQuietTicks = 6;        // settled for so long: late layout passes are over
constexpr int kMostTicks = 60'000 / kTickMs;
} // namespace

Shots::Shots(MainWindow& window, Session& session, QString folder, QObject* parent)
    : QObject(parent), m_window(window), m_session(session), m_folder(std::move(folder))
{
    m_poll.setInterval(kTickMs);
    connect(&m_poll, &QTimer::timeout, this, &Shots::next);
}

void Shots::start()
{
    QDir().mkpath(m_folder);
    const std::pair<QSize, const char*> sizes[] = {{QSize(1440, 900), "1440x900"}, {QSize(1024, 700), "1024x700"}};
    const std::pair<Theme, const char*> themes[] = {{Theme::Light, "light"}, {Theme::Dark, "dark"}};
    for (const auto& [theme, themeName] : themes)
        for (const auto& [size, sizeName] : sizes)
            for (const char* page : {"start", "traces", "clusters", "proposals", "versions", "settings", "help"})
                m_shots.push_back({QStringLiteral("%1-%2-%3").arg(QLatin1String(page), QLatin1String(themeName), QLatin1String(sizeName)), QLatin1String(page), size,
                                   static_cast<int>(theme)});
    m_poll.start();
}

void Shots::next()
{
    ++m_ticks;
    m_quietTicks = m_window.settled() ? m_quietTicks + 1 : 0;
    if (m_quietTicks < kQuietTicks && m_ticks < kMostTicks) return;
    if (m_opened) take();
    if (m_at >= m_shots.size()) {
        m_poll.stop();
        std::printf("%zu screenshots in %s\n", m_shots.size(), m_folder.toLocal8Bit().constData());
        QApplication::exit(0);
        return;
    }
    const Shot& shot = m_shots[m_at];
    applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), static_cast<Theme>(shot.theme));
    m_window.resize(shot.size);
    m_window.goTo(shot.address);
    m_opened = true;
    m_quietTicks = m_ticks = 0;
}

void Shots::take()
{
    const Shot& shot = m_shots[m_at++];
    m_window.grab().save(m_folder + QLatin1Char('/') + shot.name + QStringLiteral(".png"));
}

} // namespace tackroom::ui
