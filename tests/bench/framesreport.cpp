// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/framesreport.h"

#include <QAbstractTableModel>
#include <QHeaderView>
#include <QKeyEvent>
#include <QScrollBar>
#include <QTableView>

#include <chrono>
#include <cstdio>
#include <format>

namespace tackroom::bench
{

namespace
{

constexpr double kGoalFrameMs = 16, kGoalStallMs = 100;

/// As many rows and columns, and nothing in them.
class EmptyModel : public QAbstractTableModel
{
public:
    explicit EmptyModel(int rows) : m_rows(rows) {}
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : m_rows; }
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : 9; }
    [[nodiscard]] QVariant data(const QModelIndex&, int) const override { return {}; }

private:
    int m_rows;
};

void pressKey(QWidget* widget, int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
{
    QKeyEvent down(QEvent::KeyPress, key, modifiers), up(QEvent::KeyRelease, key, modifiers);
    QCoreApplication::sendEvent(widget, &down);
    QCoreApplication::sendEvent(widget, &up);
}

/// The scroll bar's way through, as a wheel, a page key and a dragged handle move it.
struct Way {
    const char* name;
    std::function<void(QAbstractScrollArea&, int)> step;
};
std::vector<Way> ways(bool keys)
{
    std::vector<Way> all;
    if (keys) {
        all.push_back({"line by line (Down)", [](QAbstractScrollArea& area, int) { pressKey(&area, Qt::Key_Down); }});
        all.push_back({"page by page (Page Down)", [](QAbstractScrollArea& area, int) { pressKey(&area, Qt::Key_PageDown); }});
    } else {
        all.push_back({"line by line", [](QAbstractScrollArea& area, int) {
                           QScrollBar* bar = area.verticalScrollBar();
                           bar->setValue(bar->value() + bar->singleStep());
                       }});
        all.push_back({"page by page", [](QAbstractScrollArea& area, int) {
                           QScrollBar* bar = area.verticalScrollBar();
                           bar->setValue(bar->value() >= bar->maximum() ? bar->minimum() : bar->value() + bar->pageStep());
                       }});
    }
    all.push_back({"jumps", [](QAbstractScrollArea& area, int step) {
                       QScrollBar* bar = area.verticalScrollBar();
                       const auto mixed = static_cast<std::uint64_t>(step + 1) * 0x9E3779B97F4A7C15ULL;
                       bar->setValue(static_cast<int>((mixed >> 33) % static_cast<std::uint64_t>(bar->maximum() + 1)));
                   }});
    return all;
}
} // namespace

void FramesReport::press(QWidget* widget, int key, Qt::KeyboardModifiers modifiers) { pressKey(widget, key, modifiers); }

Figures FramesReport::print(const std::string& what, const std::vector<Spent>& frames, bool isGoal)
{
    const Figures f = figuresOf(frames);
    if (f.n == 0) {
        std::printf("%s: nothing to scroll\n", what.c_str());
        return f;
    }
    const bool met = f.p99 < kGoalFrameMs;
    std::printf("%s: n %zu frames, median %.2f ms, p99 %.2f ms, max %.2f ms; at work median %.2f ms, p99 %.2f ms%s\n",
                what.c_str(), f.n, f.median, f.p99, f.max, f.workMedian, f.workP99,
                !isGoal ? ""
                : met   ? " (goal: p99 < 16 ms, met)"
                        : " (goal: p99 < 16 ms, NOT met)");
    if (isGoal && !met) ++m_missed;
    return f;
}
void FramesReport::stallOf(const std::string& what, const std::function<void()>& action, const std::function<bool()>& done)
{
    const auto start = Clock::now();
    m_heart.begin();
    action();
    const bool ended = waitUntil(done);
    const double ready = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    // What follows late: the rest of a layout, cells that arrive.
    const auto until = Clock::now() + std::chrono::milliseconds(500);
    (void)waitUntil([&] { return Clock::now() > until; });
    const Heartbeat::Stall stall = m_heart.end();
    const bool met = ended && stall.wallMs < kGoalStallMs;
    std::printf("%s: %s after %.0f ms; longest stall of the event loop %.1f ms (%.1f ms of it at work), n %zu ticks%s\n",
                what.c_str(), ended ? "there" : "NOT there", ready, stall.wallMs, stall.cpuMs, stall.ticks,
                met ? " (goal: < 100 ms, met)" : " (goal: < 100 ms, NOT met)");
    if (!met) ++m_missed;
}

std::vector<Figures> FramesReport::scroll(const std::string& what, QAbstractScrollArea& area, bool keys, bool isGoal)
{
    std::vector<Figures> figures;
    area.setFocus();
    area.verticalScrollBar()->setValue(0);
    for (const Way& way : ways(keys)) {
        const auto frames = framesOf(m_application, area.viewport(), m_frames, [&](int step) { way.step(area, step); });
        figures.push_back(print(std::format("{}, {}", what, way.name), frames, isGoal));
    }
    return figures;
}

void FramesReport::ratios(const std::string& what, const std::vector<Figures>& ours, const std::vector<Figures>& theirs)
{
    std::printf("%s: ratio of the medians", what.c_str());
    const char* names[] = {"lines", "pages", "jumps"};
    for (std::size_t i = 0; i < ours.size() && i < theirs.size(); ++i)
        std::printf("%s %s %.2f", i ? "," : "", names[i], theirs[i].median > 0 ? ours[i].median / theirs[i].median : 0.0);
    std::printf("\n");
}

std::vector<Figures> FramesReport::emptyTable(int rows, const QWidget& as, bool keys)
{
    EmptyModel model(rows);
    QTableView table;
    table.setFrameShape(QFrame::NoFrame);
    table.setShowGrid(false);
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.verticalHeader()->hide();
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setDefaultSectionSize(static_cast<int>(table.fontMetrics().height() * 1.6));
    table.setModel(&model);
    table.horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table.resize(as.size());
    table.show();
    if (keys) table.setCurrentIndex(model.index(0, 0));
    return scroll(std::format("  baseline: an empty QTableView of {} rows x 9, {} x {}", rows, as.width(), as.height()), table,
                  keys, false);
}

} // namespace tackroom::bench
