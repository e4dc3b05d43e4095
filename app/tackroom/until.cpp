// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tackroom/until.h"

#include <QAbstractItemView>
#include <QApplication>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace tackroom::ui
{

namespace
{

constexpr int kLookMs = 2;
constexpr int kQuietLooks = 100; // nothing under way for so long: the next job would have begun

/// Since the system made this process, exact to a hundredth: libraries that are loaded before main() count as well.
double secondsSinceStart()
{
    std::string stat;
    std::getline(std::ifstream("/proc/self/stat"), stat);
    std::istringstream fields(stat.substr(stat.rfind(')') + 2)); // from the third field on; the name may hold anything
    std::string field;
    for (int i = 3; i <= 22 && fields >> field; ++i) {
    }
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
           std::strtod(field.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double peakMegabytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1000;
    return 0;
}

} // namespace

Until::Until(MainWindow& window, What what, QObject* parent) : QObject(parent), m_window(window), m_what(what)
{
    m_poll.setInterval(kLookMs);
    m_poll.setTimerType(Qt::PreciseTimer);
    connect(&m_poll, &QTimer::timeout, this, &Until::look);
}

void Until::start() { m_poll.start(); }

void Until::look()
{
    auto* table = m_window.findChild<QAbstractItemView*>(QStringLiteral("runs"));
    const int rows = table && table->model() ? table->model()->rowCount() : 0;
    if (rows == 0) return;
    m_quietTicks = m_window.settled() ? m_quietTicks + 1 : 0;
    if (m_what == What::Settled && m_quietTicks < kQuietLooks) return;
    m_poll.stop();
    m_window.repaint(); // what is measured is seen
    std::printf("%.2f s, %d rows, peak memory %.0f MB\n", secondsSinceStart(), rows, peakMegabytes());
    QApplication::exit(0);
}

} // namespace tackroom::ui
