// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/conversationview.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTextBlock>
#include <QUrl>

#include <algorithm>
#include <utility>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kTurnsAtOnce = 300; ///< in the document at first, and after a jump
constexpr std::size_t kTurnsMore = 60, kMostTurns = 900, kTurnsBefore = 40;
constexpr qsizetype kFoldedLines = 14, kFoldedChars = 1200;
constexpr qsizetype kFoldedSystemLines = 3, kFoldedSystemChars = 280; ///< the prompt is long and the same in each run

/// As much of the text as a folded part shows; the whole where it is short.
QString foldedText(const QString& text, qsizetype lines, qsizetype chars)
{
    if (text.size() <= chars + chars / 4 && text.count(QLatin1Char('\n')) < lines + 2) return text;
    qsizetype end = 0;
    for (qsizetype line = 0; line < lines && end >= 0 && end < chars; ++line) end = text.indexOf(QLatin1Char('\n'), end + 1);
    if (end < 0 || end > chars) end = chars;
    if (end < text.size() && text.at(end).isLowSurrogate()) --end;
    while (end > 1 && text.at(end - 1).isSpace()) --end;
    return text.left(end);
}

QString folded(const Turn& turn, const TurnPart& part)
{
    return turn.speaker == Turn::System ? foldedText(part.text, kFoldedSystemLines, kFoldedSystemChars)
                                        : foldedText(part.text, kFoldedLines, kFoldedChars);
}

int lookOf(const TurnPart& part, Turn::Speaker speaker)
{
    switch (part.kind) {
    case TurnPart::Call:
        return TextPage::Mono;
    case TurnPart::ToolResult:
        return part.failed ? TextPage::Mono | TextPage::Failed : TextPage::Mono;
    case TurnPart::Decisive:
        return TextPage::Accent | TextPage::Strong;
    case TurnPart::Decision:
        return TextPage::Human | TextPage::Strong;
    case TurnPart::Error:
        return TextPage::Failed;
    case TurnPart::Text:
        break;
    }
    return speaker == Turn::System ? TextPage::Faint : TextPage::Plain;
}
} // namespace

ConversationView::ConversationView(QWidget* parent) : TextPage(parent)
{
    setAccessibleName(tr("Conversation"));
    forgetPieces();
    connect(this, &QTextBrowser::anchorClicked, this, &ConversationView::followLink);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &ConversationView::scrolled);
}

void ConversationView::setTurns(std::vector<Turn> turns, std::uint64_t omittedBytes, bool keepPlace)
{
    m_turns = std::move(turns);
    m_omittedBytes = omittedBytes;
    if (keepPlace && m_first < m_turns.size()) {
        rewriteHere();
        return;
    }
    m_unfolded.clear();
    m_end = 0;
    rewrite(0, 0, kGrid);
    moveCursor(QTextCursor::Start);
    verticalScrollBar()->setValue(0);
}

void ConversationView::rewrite(std::size_t first, std::size_t anchor, int top)
{
    m_moving = true;
    const std::size_t end = std::min(m_turns.size(), std::max({m_end, first + kTurnsAtOnce, anchor + kTurnsAtOnce / 2}));
    begin();
    m_turnMarks.clear();
    m_first = m_end = first;
    if (first > 0) {
        startParagraph(0, {}, Plain, Wash::None, 0);
        addText(tr("%1 turns before this. ").arg(countText(static_cast<qint64>(first))), Faint);
        addLink(tr("Show earlier"), QStringLiteral("earlier"));
    }
    writeTurns(std::min(end, first + kMostTurns));
    writeFoot();
    TextPage::end();
    if (anchor >= m_first && anchor < m_end) showMark(m_turnMarks[anchor - m_first], top);
    m_moving = false;
}

void ConversationView::rewriteHere()
{
    // By the turn at the upper edge; the document before it may be written otherwise.
    const int top = cursorForPosition(QPoint(0, 0)).position();
    const std::size_t anchor = static_cast<std::size_t>(std::max(static_cast<std::ptrdiff_t>(m_first), turnAt(top)));
    const int place = anchor < m_end && positionOfTurn(anchor) >= 0 ? topOf(positionOfTurn(anchor)) : 0;
    const QTextCursor was = textCursor();
    const std::ptrdiff_t turn = turnAt(was.position());
    const int within = turn < 0 ? 0 : was.position() - positionOfTurn(static_cast<std::size_t>(turn));
    rewrite(m_first, anchor, place);
    if (turn < 0 || static_cast<std::size_t>(turn) >= m_end) return;
    writeUpTo(m_turnMarks[static_cast<std::size_t>(turn) - m_first]);
    QTextCursor cursor(document());
    cursor.setPosition(std::min(positionOfTurn(static_cast<std::size_t>(turn)) + within, document()->characterCount() - 1));
    const int scrolled = verticalScrollBar()->value();
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scrolled);
}

void ConversationView::writeTurns(std::size_t until)
{
    for (; m_end < until; ++m_end) writeTurn(m_end);
}

void ConversationView::writeFoot()
{
    m_footMark = -1;
    if (m_end == m_turns.size() && m_omittedBytes == 0) return;
    m_footMark = addMark();
    startParagraph(0, {}, Plain, Wash::None, 2 * kGrid);
    if (m_end < m_turns.size()) {
        addText(tr("%1 of %2 turns shown. ")
                    .arg(countText(static_cast<qint64>(m_end)), countText(static_cast<qint64>(m_turns.size()))),
                Faint);
        addLink(tr("Show more"), QStringLiteral("more"));
    } else {
        addText(tr("The store holds %1 more bytes of this conversation; they are not shown here.")
                    .arg(countText(static_cast<qint64>(m_omittedBytes))),
                Faint);
    }
}

/// Further turns at the end; the first ones go when there are too many.
void ConversationView::goOn()
{
    if (m_end >= m_turns.size() || m_moving) return;
    m_moving = true;
    beginMore(m_footMark);
    writeTurns(std::min(m_turns.size(), m_end + kTurnsMore));
    writeFoot();
    end();
    if (m_end - m_first > kMostTurns) {
        const std::size_t gone = m_end - m_first - kMostTurns / 2;
        replaceFront(m_turnMarks[gone], tr("%1 turns before this. ").arg(countText(static_cast<qint64>(m_first + gone))),
                     tr("Show earlier"), QStringLiteral("earlier"));
        m_turnMarks.erase(m_turnMarks.begin(), m_turnMarks.begin() + static_cast<std::ptrdiff_t>(gone));
        m_first += gone;
    }
    m_moving = false;
}

void ConversationView::goBack()
{
    if (m_first == 0 || m_moving) return;
    const std::size_t anchor = m_first;
    const int top = positionOfTurn(anchor) >= 0 ? topOf(positionOfTurn(anchor)) : 0;
    m_end = 0;
    rewrite(anchor - std::min(anchor, kTurnsAtOnce / 2), anchor, top);
}

void ConversationView::scrolled(int value)
{
    if (m_moving || writing() || !isVisible()) return;
    const QScrollBar* bar = verticalScrollBar();
    if (value > bar->maximum() - 2 * bar->pageStep()) goOn();
}

bool ConversationView::canFold(std::size_t at) const
{
    const Turn& turn = m_turns[at];
    return std::any_of(turn.parts.begin(), turn.parts.end(),
                       [&](const TurnPart& part) { return folded(turn, part).size() < part.text.size(); });
}

void ConversationView::writeTurn(std::size_t at)
{
    const Turn& turn = m_turns[at];
    const int hang = fontMetrics().averageCharWidth() * 10;
    const bool isFolded = !m_unfolded.contains(at);
    const Wash wash = turn.decisive ? Wash::Accent : turn.speaker == Turn::Human ? Wash::Human : Wash::None;
    m_turnMarks.push_back(addMark());
    for (std::size_t part = 0; part < turn.parts.size(); ++part) {
        const QString role = part == 0 ? fontMetrics().elidedText(turn.role, Qt::ElideMiddle, hang - kGrid) : QString();
        startParagraph(hang, role, Faint | (turn.speaker == Turn::User || turn.speaker == Turn::Human ? Strong : Plain), wash,
                       part == 0 ? kGrid : kGrid / 2);
        writePart(at, part, hang, isFolded);
    }
}

void ConversationView::writePart(std::size_t at, std::size_t partAt, int hang, bool isFolded)
{
    const Turn& turn = m_turns[at];
    const TurnPart& part = turn.parts[partAt];
    const QString text = isFolded ? folded(turn, part) : part.text;
    addText(text, lookOf(part, turn.speaker));
    const bool isLong = folded(turn, part).size() < part.text.size();
    const Wash wash = turn.decisive ? Wash::Accent : Wash::None;
    if (isLong) {
        if (isFolded) addText(QStringLiteral(" …"), Faint);
        startParagraph(hang, {}, Plain, wash, 0);
        const QString target = QStringLiteral("turn/%1").arg(at);
        addLink(isFolded ? tr("Show all %1 characters").arg(countText(part.text.size())) : tr("Show less"), target);
    }
    if (part.omittedBytes > 0 && !(isLong && isFolded)) {
        startParagraph(hang, {}, Plain, wash, 0);
        addText(tr("%1 more bytes are not shown.").arg(countText(static_cast<qint64>(part.omittedBytes))), Faint);
    }
}

void ConversationView::toggle(std::size_t at)
{
    if (!m_unfolded.erase(at)) m_unfolded.insert(at);
    rewriteHere();
}

void ConversationView::toggleCurrent()
{
    const std::ptrdiff_t current = turnAt(textCursor().position());
    if (current >= 0 && canFold(static_cast<std::size_t>(current))) {
        toggle(static_cast<std::size_t>(current));
        return;
    }
    const std::ptrdiff_t top = turnAt(cursorForPosition(QPoint(0, 0)).position());
    for (auto at = static_cast<std::size_t>(std::max(top, static_cast<std::ptrdiff_t>(m_first))); at < m_end; ++at) {
        if (canFold(at) && !m_unfolded.contains(at)) {
            toggle(at);
            return;
        }
    }
}

int ConversationView::positionOfTurn(std::size_t at) const
{
    return at >= m_first && at < m_end ? positionOf(m_turnMarks[at - m_first]) : -1;
}

std::ptrdiff_t ConversationView::turnAt(int position) const
{
    // What is not written yet stands behind everything.
    const auto after = std::partition_point(m_turnMarks.begin(), m_turnMarks.end(), [&](int mark) {
        const int begin = positionOf(mark);
        return begin >= 0 && begin <= position;
    });
    if (after == m_turnMarks.begin()) return -1;
    return static_cast<std::ptrdiff_t>(m_first) + (after - m_turnMarks.begin()) - 1;
}

void ConversationView::showTurn(std::size_t at)
{
    const int top = viewport()->height() / 4;
    if (at < m_first || at >= m_end) {
        m_end = 0;
        rewrite(at < kTurnsAtOnce / 2 ? 0 : at - kTurnsBefore, at, top);
    } else {
        m_moving = true;
        showMark(m_turnMarks[at - m_first], top);
        m_moving = false;
    }
    const int scrolled = verticalScrollBar()->value();
    QTextCursor cursor(document());
    cursor.setPosition(positionOfTurn(at));
    cursor.movePosition(QTextCursor::EndOfBlock); // in its first line, behind the role
    cursor.setPosition(positionOfTurn(at) + std::min(cursor.positionInBlock(), static_cast<int>(m_turns[at].role.size()) + 1));
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scrolled);
}

bool ConversationView::showStep(const std::string& stepId)
{
    const auto turn = std::find_if(m_turns.begin(), m_turns.end(),
                                   [&](const Turn& each) { return !stepId.empty() && each.stepId == stepId; });
    if (turn == m_turns.end()) return false;
    showTurn(static_cast<std::size_t>(turn - m_turns.begin()));
    return true;
}

bool ConversationView::showDecisive()
{
    const auto turn = std::find_if(m_turns.begin(), m_turns.end(), [](const Turn& each) { return each.decisive; });
    if (turn == m_turns.end()) return false;
    showTurn(static_cast<std::size_t>(turn - m_turns.begin()));
    return true;
}

void ConversationView::followLink(const QUrl& target)
{
    const QString path = target.toString();
    if (path == QLatin1String("more")) return goOn();
    if (path == QLatin1String("earlier")) return goBack();
    bool ok = false;
    const auto at = path.section(QLatin1Char('/'), 1).toULongLong(&ok);
    if (ok && at < m_turns.size()) toggle(static_cast<std::size_t>(at));
}

void ConversationView::mouseReleaseEvent(QMouseEvent* event)
{
    TextPage::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton || textCursor().hasSelection()) return;
    const std::ptrdiff_t at = turnAt(textCursor().position());
    if (at >= 0 && !m_turns[static_cast<std::size_t>(at)].stepId.empty())
        Q_EMIT stepPicked(own(m_turns[static_cast<std::size_t>(at)].stepId));
}

/// The ends of the conversation, not only of what is in the document.
void ConversationView::keyPressEvent(QKeyEvent* event)
{
    const bool toEnd = event->matches(QKeySequence::MoveToEndOfDocument);
    if ((toEnd || event->matches(QKeySequence::MoveToStartOfDocument)) && !m_turns.empty()) {
        showTurn(toEnd ? m_turns.size() - 1 : 0);
        verticalScrollBar()->setValue(toEnd ? verticalScrollBar()->maximum() : 0);
        event->accept();
        return;
    }
    TextPage::keyPressEvent(event);
}

/// Whoever has come to the end meanwhile goes on.
void ConversationView::written() { scrolled(verticalScrollBar()->value()); }

void ConversationView::writeAgain()
{
    if (!m_turns.empty()) rewriteHere();
}

} // namespace tackroom::ui
