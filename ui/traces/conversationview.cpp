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

namespace tackroom::ui
{

namespace
{
constexpr WindowPage::Extent kTurns{.atOnce = 300, .more = 60, .most = 900, .before = 40};
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

ConversationView::ConversationView(QWidget* parent) : WindowPage(kTurns, parent)
{
    setAccessibleName(tr("Conversation"));
    connect(this, &QTextBrowser::anchorClicked, this, &ConversationView::followLink);
}

void ConversationView::setTurns(std::vector<Turn> turns, std::uint64_t omittedBytes, bool keepPlace)
{
    m_turns = std::move(turns);
    m_omittedBytes = omittedBytes;
    if (keepPlace && firstPart() < m_turns.size()) {
        rewriteHere();
        return;
    }
    m_unfolded.clear();
    startOver();
}

QString ConversationView::beforeText(std::size_t turns) const
{
    return tr("%1 turns before this. ").arg(countText(static_cast<qint64>(turns)));
}

QString ConversationView::shownText(std::size_t end) const
{
    return tr("%1 of %2 turns shown. ")
        .arg(countText(static_cast<qint64>(end)), countText(static_cast<qint64>(m_turns.size())));
}

QString ConversationView::footText() const
{
    if (m_omittedBytes == 0) return {};
    return tr("The store holds %1 more bytes of this conversation; they are not shown here.")
        .arg(countText(static_cast<qint64>(m_omittedBytes)));
}

std::pair<QString, QString> ConversationView::footLink() const
{
    if (m_omittedBytes == 0) return {};
    return {tr("Read all of it"), QStringLiteral("whole")};
}

bool ConversationView::canFold(std::size_t at) const
{
    const Turn& turn = m_turns[at];
    return std::any_of(turn.parts.begin(), turn.parts.end(),
                       [&](const TurnPart& part) { return folded(turn, part).size() < part.text.size(); });
}

void ConversationView::writePart(std::size_t at)
{
    const Turn& turn = m_turns[at];
    const int hang = fontMetrics().averageCharWidth() * 10;
    const bool isFolded = !m_unfolded.contains(at);
    const Wash wash = turn.decisive ? Wash::Accent : turn.speaker == Turn::Human ? Wash::Human : Wash::None;
    for (std::size_t part = 0; part < turn.parts.size(); ++part) {
        const QString role = part == 0 ? fontMetrics().elidedText(turn.role, Qt::ElideMiddle, hang - kGrid) : QString();
        startParagraph(hang, role, Faint | (turn.speaker == Turn::User || turn.speaker == Turn::Human ? Strong : Plain), wash,
                       part == 0 ? kGrid : kGrid / 2);
        writeTurnPart(at, part, hang, isFolded);
    }
}

void ConversationView::writeTurnPart(std::size_t at, std::size_t partAt, int hang, bool isFolded)
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
    if (part.omittedBytes > 0 && !(isLong && isFolded)) writeCut(at, partAt, hang);
}

void ConversationView::writeCut(std::size_t at, std::size_t partAt, int hang)
{
    const Turn& turn = m_turns[at];
    const TurnPart& part = turn.parts[partAt];
    startParagraph(hang, {}, Plain, turn.decisive ? Wash::Accent : Wash::None, 0);
    addText(tr("%1 more bytes are not shown.").arg(countText(static_cast<qint64>(part.omittedBytes))), Faint);
    if (part.message < 0) return;
    addText(QStringLiteral(" "), Faint);
    addLink(tr("Read all of it"), QStringLiteral("whole/%1/%2").arg(at).arg(partAt));
}

void ConversationView::toggle(std::size_t at)
{
    if (!m_unfolded.erase(at)) m_unfolded.insert(at);
    rewriteHere();
}

void ConversationView::toggleCurrent()
{
    const std::ptrdiff_t current = partAt(textCursor().position());
    if (current >= 0 && canFold(static_cast<std::size_t>(current))) {
        toggle(static_cast<std::size_t>(current));
        return;
    }
    for (std::size_t at = partAtTop(); at < endPart(); ++at) {
        if (canFold(at) && !m_unfolded.contains(at)) {
            toggle(at);
            return;
        }
    }
}

void ConversationView::showTurn(std::size_t at)
{
    showPart(at, viewport()->height() / 4);
    const int scrolled = verticalScrollBar()->value();
    QTextCursor cursor(document());
    cursor.setPosition(positionOfPart(at));
    cursor.movePosition(QTextCursor::EndOfBlock); // in its first line, behind the role
    cursor.setPosition(positionOfPart(at) + std::min(cursor.positionInBlock(), static_cast<int>(m_turns[at].role.size()) + 1));
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
    if (followOwnLink(path)) return;
    if (path == QLatin1String("whole")) return Q_EMIT wholePartWanted(kAllTurns, 0);
    const QStringList words = path.split(QLatin1Char('/'));
    if (words.size() < 2) return;
    const auto at = static_cast<std::size_t>(words[1].toULongLong());
    if (at >= m_turns.size()) return;
    if (words[0] == QLatin1String("turn")) toggle(at);
    if (words[0] != QLatin1String("whole") || words.size() != 3) return;
    const auto part = static_cast<std::size_t>(words[2].toULongLong());
    if (part < m_turns[at].parts.size()) Q_EMIT wholePartWanted(at, part);
}

void ConversationView::mouseReleaseEvent(QMouseEvent* event)
{
    TextPage::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton || textCursor().hasSelection()) return;
    const std::ptrdiff_t at = partAt(textCursor().position());
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

} // namespace tackroom::ui
