// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/conversationview.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QMouseEvent>
#include <QScrollBar>
#include <QUrl>

#include <algorithm>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kTurnsAtOnce = 400;
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
    connect(this, &QTextBrowser::anchorClicked, this, &ConversationView::followLink);
}

void ConversationView::setTurns(std::vector<Turn> turns, std::uint64_t omittedBytes, bool keepPlace)
{
    m_turns = std::move(turns);
    m_omittedBytes = omittedBytes;
    m_shown = std::min(m_turns.size(), keepPlace ? std::max(m_shown, kTurnsAtOnce) : kTurnsAtOnce);
    if (!keepPlace) m_unfolded.clear();
    rewrite();
    if (keepPlace) return;
    moveCursor(QTextCursor::Start);
    verticalScrollBar()->setValue(0);
}

void ConversationView::rewrite()
{
    const int scrolled = verticalScrollBar()->value();
    const int cursor = textCursor().position();
    begin();
    m_positions.clear();
    for (std::size_t at = 0; at < m_shown; ++at) writeTurn(at);
    if (m_shown < m_turns.size()) {
        startParagraph(0, {}, Plain, Wash::None, 2 * kGrid);
        addText(tr("%1 of %2 turns shown. ")
                    .arg(countText(static_cast<qint64>(m_shown)), countText(static_cast<qint64>(m_turns.size()))),
                Faint);
        addLink(tr("Show more"), QStringLiteral("more"));
    } else if (m_omittedBytes > 0) {
        startParagraph(0, {}, Plain, Wash::None, 2 * kGrid);
        addText(tr("The store holds %1 more bytes of this conversation; they are not shown here.")
                    .arg(countText(static_cast<qint64>(m_omittedBytes))),
                Faint);
    }
    end();
    QTextCursor place(document());
    place.setPosition(std::min(cursor, document()->characterCount() - 1));
    setTextCursor(place);
    verticalScrollBar()->setValue(scrolled);
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
    for (std::size_t part = 0; part < turn.parts.size(); ++part) {
        const QString role = part == 0 ? fontMetrics().elidedText(turn.role, Qt::ElideMiddle, hang - kGrid) : QString();
        startParagraph(hang, role, Faint | (turn.speaker == Turn::User || turn.speaker == Turn::Human ? Strong : Plain), wash,
                       part == 0 ? kGrid : kGrid / 2);
        if (part == 0) m_positions.push_back(std::max(0, writePosition() - static_cast<int>(role.size()) - 1));
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
    rewrite();
}

void ConversationView::toggleCurrent()
{
    const int current = turnAt(textCursor().position());
    if (current >= 0 && canFold(static_cast<std::size_t>(current))) {
        toggle(static_cast<std::size_t>(current));
        return;
    }
    const int top = turnAt(cursorForPosition(QPoint(0, 0)).position());
    for (std::size_t at = static_cast<std::size_t>(std::max(0, top)); at < m_shown; ++at) {
        if (canFold(at) && !m_unfolded.contains(at)) {
            toggle(at);
            return;
        }
    }
}

int ConversationView::turnAt(int position) const
{
    const auto after = std::upper_bound(m_positions.begin(), m_positions.end(), position);
    return static_cast<int>(after - m_positions.begin()) - 1;
}

void ConversationView::showTurn(std::size_t at)
{
    if (at >= m_shown) {
        m_shown = std::min(m_turns.size(), at + kTurnsAtOnce);
        rewrite();
    }
    showPosition(m_positions[at]);
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
    if (path == QLatin1String("more")) {
        m_shown = std::min(m_turns.size(), m_shown + kTurnsAtOnce);
        rewrite();
        return;
    }
    bool ok = false;
    const auto at = path.section(QLatin1Char('/'), 1).toULongLong(&ok);
    if (ok && at < m_turns.size()) toggle(static_cast<std::size_t>(at));
}

void ConversationView::mouseReleaseEvent(QMouseEvent* event)
{
    TextPage::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton || textCursor().hasSelection()) return;
    const int at = turnAt(textCursor().position());
    if (at >= 0 && !m_turns[static_cast<std::size_t>(at)].stepId.empty())
        Q_EMIT stepPicked(own(m_turns[static_cast<std::size_t>(at)].stepId));
}

} // namespace tackroom::ui
