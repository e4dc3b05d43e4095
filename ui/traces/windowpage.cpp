// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/windowpage.h"

#include "ui/common/theme.h"

#include <QScrollBar>
#include <QTextCursor>

#include <algorithm>
#include <utility>

namespace tackroom::ui
{

WindowPage::WindowPage(const Extent& extent, QWidget* parent) : TextPage(parent), m_extent(extent)
{
    forgetPieces();
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &WindowPage::scrolled);
}

void WindowPage::startOver()
{
    m_end = 0;
    rewrite(0, 0, kGrid);
    moveCursor(QTextCursor::Start);
    verticalScrollBar()->setValue(0);
}

void WindowPage::rewrite(std::size_t first, std::size_t anchor, int top)
{
    m_moving = true;
    const std::size_t end = std::min(partCount(), std::max({m_end, first + m_extent.atOnce, anchor + m_extent.atOnce / 2}));
    begin();
    m_partMarks.clear();
    m_first = m_end = first;
    if (first > 0) {
        startParagraph(0, {}, Plain, Wash::None, 0);
        addText(beforeText(first), Faint);
        addLink(tr("Show earlier"), QStringLiteral("earlier"));
    }
    writeParts(std::min(end, first + m_extent.most));
    writeFoot();
    TextPage::end();
    if (anchor >= m_first && anchor < m_end) showMark(m_partMarks[anchor - m_first], top);
    m_moving = false;
    moved();
}

void WindowPage::rewriteHere()
{
    // By the part at the upper edge; the document before it may be written otherwise.
    const std::size_t anchor = partAtTop();
    const int place = anchor < m_end && positionOfPart(anchor) >= 0 ? topOf(positionOfPart(anchor)) : 0;
    const QTextCursor was = textCursor();
    const std::ptrdiff_t part = partAt(was.position());
    const int within = part < 0 ? 0 : was.position() - positionOfPart(static_cast<std::size_t>(part));
    rewrite(m_first, anchor, place);
    if (part < 0 || static_cast<std::size_t>(part) >= m_end) return;
    writeUpTo(m_partMarks[static_cast<std::size_t>(part) - m_first]);
    QTextCursor cursor(document());
    cursor.setPosition(std::min(positionOfPart(static_cast<std::size_t>(part)) + within, document()->characterCount() - 1));
    const int scrolled = verticalScrollBar()->value();
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scrolled);
}

void WindowPage::showPart(std::size_t at, int top)
{
    if (at < m_first || at >= m_end) {
        m_end = 0;
        rewrite(at < m_extent.atOnce / 2 ? 0 : at - m_extent.before, at, top);
    } else {
        m_moving = true;
        showMark(m_partMarks[at - m_first], top);
        m_moving = false;
        moved();
    }
}

void WindowPage::writeParts(std::size_t until)
{
    for (; m_end < until; ++m_end) {
        m_partMarks.push_back(addMark());
        writePart(m_end);
    }
}

void WindowPage::writeFoot()
{
    m_footMark = -1;
    const bool more = m_end < partCount();
    const QString foot = more ? shownText(m_end) : footText();
    if (foot.isEmpty()) return;
    m_footMark = addMark();
    startParagraph(0, {}, Plain, Wash::None, 2 * kGrid);
    addText(foot, Faint);
    if (more) return addLink(tr("Show more"), QStringLiteral("more"));
    const auto [words, target] = footLink();
    if (target.isEmpty()) return;
    addText(QStringLiteral(" "), Faint);
    addLink(words, target);
}

/// Further parts at the end; the first ones go when there are too many.
void WindowPage::goOn()
{
    if (m_end >= partCount() || m_moving) return;
    m_moving = true;
    beginMore(m_footMark);
    writeParts(std::min(partCount(), m_end + m_extent.more));
    writeFoot();
    end();
    if (m_end - m_first > m_extent.most) {
        // Never what is read: a high window may show more than half of it.
        const std::size_t gone = std::min(m_end - m_first - m_extent.most / 2, partAtTop() - m_first);
        if (gone > 0) letGo(gone);
    }
    m_moving = false;
    moved();
}

void WindowPage::letGo(std::size_t gone)
{
    replaceFront(m_partMarks[gone], beforeText(m_first + gone), tr("Show earlier"), QStringLiteral("earlier"));
    m_partMarks.erase(m_partMarks.begin(), m_partMarks.begin() + static_cast<std::ptrdiff_t>(gone));
    m_first += gone;
}

void WindowPage::goBack()
{
    if (m_first == 0 || m_moving) return;
    const std::size_t anchor = m_first;
    const int top = positionOfPart(anchor) >= 0 ? topOf(positionOfPart(anchor)) : 0;
    m_end = 0;
    rewrite(anchor - std::min(anchor, m_extent.atOnce / 2), anchor, top);
}

void WindowPage::scrolled(int value)
{
    if (m_moving || writing() || !isVisible()) return;
    const QScrollBar* bar = verticalScrollBar();
    if (value > bar->maximum() - 2 * bar->pageStep())
        goOn();
    else if (m_extent.goesBack && value < bar->pageStep() / 2)
        goBack();
    moved();
}

int WindowPage::positionOfPart(std::size_t at) const
{
    return at >= m_first && at < m_end ? positionOf(m_partMarks[at - m_first]) : -1;
}

int WindowPage::footPosition() const
{
    const int foot = positionOf(m_footMark);
    return foot >= 0 ? foot : document()->characterCount() - 1;
}

/// Its end is known when what follows it is written.
void WindowPage::writePartNow(std::size_t at)
{
    if (at >= m_first && at < m_end) writeUpTo(at + 1 < m_end ? m_partMarks[at + 1 - m_first] : -1);
}

std::ptrdiff_t WindowPage::partAt(int position) const
{
    // What is not written yet stands behind everything.
    const auto after = std::partition_point(m_partMarks.begin(), m_partMarks.end(), [&](int mark) {
        const int begin = positionOf(mark);
        return begin >= 0 && begin <= position;
    });
    if (after == m_partMarks.begin()) return -1;
    return static_cast<std::ptrdiff_t>(m_first) + (after - m_partMarks.begin()) - 1;
}

std::size_t WindowPage::partAtTop() const
{
    const std::ptrdiff_t at = partAt(cursorForPosition(QPoint(0, 0)).position());
    return static_cast<std::size_t>(std::max(static_cast<std::ptrdiff_t>(m_first), at));
}

bool WindowPage::followOwnLink(const QString& target)
{
    if (target == QLatin1String("more"))
        goOn();
    else if (target == QLatin1String("earlier"))
        goBack();
    else
        return false;
    return true;
}

/// Whoever has come to the end meanwhile goes on.
void WindowPage::written() { scrolled(verticalScrollBar()->value()); }

void WindowPage::writeAgain()
{
    if (partCount() > 0) rewriteHere();
}

} // namespace tackroom::ui
