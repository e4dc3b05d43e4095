// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/framesmeter.h"

#include <QEvent>
#include <QThread>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace tackroom::bench
{

namespace
{

constexpr double kFrameMs = 1000.0 / 60, kNoPaintMs = 100; ///< nothing changed on screen: an input at the end of a list

double sinceMs(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

double threadCpuMs()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double statusMb(std::string_view key)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(key)) return std::stod(line.substr(key.size())) / 1000; // kB
    return 0;
}

} // namespace

bool MeteredApplication::notify(QObject* receiver, QEvent* event)
{
    if (QThread::currentThread() != thread()) return QApplication::notify(receiver, event);
    const bool isPaint = receiver == m_watched && event->type() == QEvent::Paint;
    ++m_depth;
    const auto start = Clock::now();
    const double startWork = threadCpuMs();
    const bool handled = QApplication::notify(receiver, event);
    if (isPaint) m_paintedInside = true;
    if (--m_depth == 0) {
        if (!m_painted) m_busy = {m_busy.wallMs + sinceMs(start), m_busy.workMs + threadCpuMs() - startWork};
        m_painted = m_painted || m_paintedInside;
        m_paintedInside = false;
    }
    return handled;
}

void MeteredApplication::watch(QWidget* widget) { m_watched = widget; }

void MeteredApplication::beginFrame()
{
    m_painted = m_paintedInside = false;
    m_busy = {};
}

Figures figuresOf(const std::vector<Spent>& frames)
{
    if (frames.empty()) return {};
    std::vector<double> wall, work;
    for (const Spent& frame : frames) {
        wall.push_back(frame.wallMs);
        work.push_back(frame.workMs);
    }
    std::ranges::sort(wall);
    std::ranges::sort(work);
    const std::size_t n = frames.size(), p99 = std::min(n - 1, n * 99 / 100);
    return {n, wall[n / 2], wall[p99], wall.back(), work[n / 2], work[p99]};
}

Heartbeat::Heartbeat()
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(1);
    connect(&m_timer, &QTimer::timeout, this, &Heartbeat::tick);
}

void Heartbeat::begin()
{
    m_stall = {};
    m_last = Clock::now();
    m_lastCpuMs = threadCpuMs();
    m_timer.start();
}

void Heartbeat::tick()
{
    const double wall = sinceMs(m_last), cpu = threadCpuMs();
    if (wall > m_stall.wallMs) m_stall = {wall, cpu - m_lastCpuMs, m_stall.ticks};
    ++m_stall.ticks;
    m_last = Clock::now();
    m_lastCpuMs = cpu;
}

Heartbeat::Stall Heartbeat::end()
{
    tick();
    m_timer.stop();
    return m_stall;
}

bool waitUntil(const std::function<bool()>& done, int patienceMs)
{
    const auto start = Clock::now();
    while (!done()) {
        if (sinceMs(start) > patienceMs) return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
    }
    return true;
}

std::vector<Spent> framesOf(MeteredApplication& application, QWidget* watched, int steps, const std::function<void(int)>& input)
{
    QTimer wake; // so that waiting for events ends
    wake.setTimerType(Qt::PreciseTimer);
    wake.start(1);
    std::vector<Spent> frames;
    application.watch(watched);
    for (int step = 0; step < steps; ++step) {
        const auto start = Clock::now();
        const double startWork = threadCpuMs();
        application.beginFrame();
        input(step);
        Spent ofInput{sinceMs(start), threadCpuMs() - startWork};
        bool any = false;
        while (sinceMs(start) < kFrameMs || (!any && sinceMs(start) < kNoPaintMs)) {
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
            if (!application.painted()) continue;
            const Spent before = std::exchange(ofInput, {});
            frames.push_back({application.busy().wallMs + before.wallMs, application.busy().workMs + before.workMs});
            application.beginFrame();
            any = true;
        }
    }
    application.watch(nullptr);
    return frames;
}

double peakMb() { return statusMb("VmHWM:"); }
double residentMb() { return statusMb("VmRSS:"); }
void forgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::uint64_t bytesReadByThisThread()
{
    std::ifstream io("/proc/self/task/" + std::to_string(::gettid()) + "/io");
    for (std::string line; std::getline(io, line);)
        if (line.starts_with("rchar:")) return std::stoull(line.substr(6));
    return 0;
}

} // namespace tackroom::bench
