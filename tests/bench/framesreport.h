// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the benchmarks of frames say: frames while something scrolls, stalls of the event loop while something is done, each
/// beside what is wanted.
#include "tests/bench/framesmeter.h"

#include <QAbstractScrollArea>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tackroom::bench
{

class FramesReport
{
public:
    FramesReport(MeteredApplication& application, int frames) : m_application(application), m_frames(frames) {}

protected:
    [[nodiscard]] int frames() const { return m_frames; }
    int setFrames(int frames) { return std::exchange(m_frames, frames); }
    [[nodiscard]] MeteredApplication& application() const { return m_application; }
    [[nodiscard]] int missed() const { return m_missed; }
    void miss() { ++m_missed; }

    Figures print(const std::string& what, const std::vector<Spent>& frames, bool isGoal);
    /// The longest time that nothing else could have been done, from the action until half a second after it is done.
    void stallOf(const std::string& what, const std::function<void()>& action, const std::function<bool()>& done);
    static void press(QWidget* widget, int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
    /// The scroll bar's way through, as a wheel, a page key and a dragged handle move it.
    std::vector<Figures> scroll(const std::string& what, QAbstractScrollArea& area, bool keys, bool isGoal);
    /// An empty table of as many rows in the same place and size.
    std::vector<Figures> emptyTable(int rows, const QWidget& as, bool keys);
    static void ratios(const std::string& what, const std::vector<Figures>& ours, const std::vector<Figures>& theirs);

private:
    MeteredApplication& m_application;
    int m_frames, m_missed = 0;
    Heartbeat m_heart;
};

} // namespace tackroom::bench
