// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/overviewruler.h"

#include "ui/diffview/diffviewprivate.h"

#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

namespace tackroom::ui
{

OverviewRuler::OverviewRuler(DiffViewPrivate& view, QWidget* parent) : QWidget(parent), m_view(view)
{
    setFocusPolicy(Qt::NoFocus);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(DiffView::tr("Overview of the changes"));
    setToolTip(DiffView::tr("Where the changes are; a click goes there"));
}

void OverviewRuler::contentChanged()
{
    m_ticks = QPixmap();
    update();
}

void OverviewRuler::drawTicks()
{
    m_ticks = QPixmap(size() * devicePixelRatioF());
    m_ticks.setDevicePixelRatio(devicePixelRatioF());
    m_ticks.fill(m_view.colors.base);
    const RowModel* model = m_view.model();
    const std::int64_t total = m_view.heights.total();
    if (!model || total == 0) return;
    QPainter painter(&m_ticks);
    int lastBottom = -1;
    for (const RowHunk& hunk : model->hunks()) {
        const std::uint32_t begin = (m_view.unified() ? hunk.unifiedBegin : hunk.begin).value;
        const std::uint32_t end = (m_view.unified() ? hunk.unifiedEnd : hunk.end).value;
        const auto yOf = [&](std::uint32_t row) {
            return static_cast<int>(m_view.heights.above(m_view.displayIndexOf(row)) * height() / total);
        };
        const int top = yOf(begin), bottom = std::max(top + 3, yOf(end - 1));
        if (bottom <= lastBottom) continue; // thousands of changes share a pixel
        lastBottom = bottom;
        const bool added = hunk.lines.oldLines.empty(), removed = hunk.lines.newLines.empty();
        const QColor color = added ? m_view.colors.addedSign : removed ? m_view.colors.removedSign : m_view.colors.changedTick;
        // Left half: something went; right half: something came. The place tells what the colour does.
        const int left = added ? width() / 2 : 2, right = removed ? width() / 2 : width() - 2;
        painter.fillRect(QRect(left, top, right - left, bottom - top), color);
    }
}

void OverviewRuler::paintEvent(QPaintEvent* /*event*/)
{
    if (m_ticks.isNull()) drawTicks();
    QPainter painter(this);
    painter.drawPixmap(0, 0, m_ticks);
    painter.setPen(m_view.colors.line);
    painter.drawLine(0, 0, 0, height());
    const QScrollBar* bar = m_view.q->verticalScrollBar();
    const int total = bar->maximum() + bar->pageStep();
    if (bar->maximum() <= 0 || total <= 0) return;
    const auto scaled = [&](int value) { return static_cast<int>(std::int64_t{value} * height() / total); };
    QColor veil = m_view.colors.faint;
    veil.setAlpha(45);
    const QRect window(0, scaled(bar->value()), width() - 1, std::max(6, scaled(bar->pageStep())));
    painter.fillRect(window, veil);
    painter.setPen(m_view.colors.faint);
    painter.drawRect(window.adjusted(0, 0, 0, -1));
}

void OverviewRuler::goTo(qreal y)
{
    QScrollBar* bar = m_view.q->verticalScrollBar();
    const int total = bar->maximum() + bar->pageStep();
    bar->setValue(static_cast<int>(y / std::max(1, height()) * total) - bar->pageStep() / 2);
}

void OverviewRuler::mousePressEvent(QMouseEvent* event) { goTo(event->position().y()); }

void OverviewRuler::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton) goTo(event->position().y());
}

} // namespace tackroom::ui
