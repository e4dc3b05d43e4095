// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How long a window's thread is busy: of each frame (an input, what it brings about, and the paint), and between two ticks of
/// a timer of one millisecond.
#include <QApplication>
#include <QScrollBar>
#include <QTimer>
#include <QWidget>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tackroom::bench
{

using Clock = std::chrono::steady_clock;

/// By the clock, and what this thread was at work of it: on a machine that does other things besides, the two differ.
struct Spent {
    double wallMs = 0, workMs = 0;
};

/// Adds up what the thread spends in events, and says when the watched widget was painted.
class MeteredApplication : public QApplication
{
public:
    using QApplication::QApplication;
    bool notify(QObject* receiver, QEvent* event) override;
    void watch(QWidget* widget);
    void beginFrame();
    [[nodiscard]] bool painted() const { return m_painted; }
    /// Since beginFrame(), up to the end of the event that painted.
    [[nodiscard]] Spent busy() const { return m_busy; }

private:
    QWidget* m_watched = nullptr;
    int m_depth = 0;
    bool m_painted = false, m_paintedInside = false;
    Spent m_busy;
};

struct Figures {
    std::size_t n = 0;
    double median = 0, p99 = 0, max = 0, workMedian = 0, workP99 = 0;
};
[[nodiscard]] Figures figuresOf(const std::vector<Spent>& frames);

/// The longest time in which the event loop did not come round, and how much of it this thread was at work.
class Heartbeat : public QObject
{
public:
    Heartbeat();
    struct Stall {
        double wallMs = 0, cpuMs = 0;
        std::size_t ticks = 0;
    };
    void begin();
    [[nodiscard]] Stall end();

private:
    void tick();
    QTimer m_timer;
    Clock::time_point m_last;
    double m_lastCpuMs = 0;
    Stall m_stall;
};

/// Lets events run until `done`; false when that takes too long.
[[nodiscard]] bool waitUntil(const std::function<bool()>& done, int patienceMs = 600'000);
/// Each step is an input; the next one comes a sixtieth of a second later. A repaint in between (cells that arrived) is a
/// frame of its own.
[[nodiscard]] std::vector<Spent> framesOf(MeteredApplication& application, QWidget* watched, int steps,
                                          const std::function<void(int)>& input);

[[nodiscard]] double peakMb();     ///< VmHWM of this process
[[nodiscard]] double residentMb(); ///< VmRSS
void forgetPeak();                 ///< from here on VmHWM begins anew
[[nodiscard]] std::uint64_t bytesReadByThisThread();

} // namespace tackroom::bench
