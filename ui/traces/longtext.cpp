// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/longtext.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/traces/textmatches.h"

#include <QKeyEvent>
#include <QScrollBar>
#include <QTextDocument>

#include <algorithm>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kStretch = 2048, kNear = 512; ///< bytes
constexpr std::ptrdiff_t kMostMarks = 150;          ///< in sight
constexpr qsizetype kAtOnce = 4000;                 ///< characters: a jump writes two or three times as many
constexpr WindowPage::Extent kStretches{.atOnce = 8, .more = 4, .most = 32, .before = 1, .goesBack = true};
} // namespace

LongTextPage::LongTextPage(QWidget* parent) : WindowPage(kStretches, parent)
{
    setFirstSlice(kAtOnce);
    m_markSoon.setSingleShot(true);
    m_markSoon.setInterval(0);
    connect(&m_markSoon, &QTimer::timeout, this, &LongTextPage::markMatches);
    const auto markSoon = [this] {
        if (m_matches) m_markSoon.start();
    };
    connect(document(), &QTextDocument::contentsChanged, this, markSoon);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, markSoon);
}

void LongTextPage::setText(std::shared_ptr<const std::string> text, int look)
{
    m_text = std::move(text);
    m_look = look;
    m_shownMatch.reset();
    startOver();
}

std::size_t LongTextPage::partCount() const { return m_text ? (m_text->size() + kStretch - 1) / kStretch : 0; }

std::size_t LongTextPage::beginOf(std::size_t stretch) const
{
    const std::string& text = *m_text;
    const std::size_t from = stretch * kStretch;
    if (from == 0 || from >= text.size()) return std::min(from, text.size());
    const std::string_view near = std::string_view(text).substr(from, kNear);
    if (text[from - 1] == '\n') return from;
    for (const char end : {'\n', ' '})
        if (const auto at = near.find(end); at != std::string_view::npos && from + at + 1 < text.size()) return from + at + 1;
    std::size_t at = from;
    while (at < text.size() && at - from < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return at;
}

void LongTextPage::writePart(std::size_t at)
{
    const std::size_t begin = beginOf(at);
    std::string_view stretch = std::string_view(*m_text).substr(begin, beginOf(at + 1) - begin);
    if (begin == 0 || (*m_text)[begin - 1] == '\n')
        startParagraph(0, {}, Plain, Wash::None, 0);
    else
        startStretch(0, Wash::None);
    // The next paragraph stands for the line's end.
    if (stretch.ends_with('\n') && at + 1 < partCount()) stretch.remove_suffix(1);
    addText(toQString(SafeText::block(stretch)), m_look);
}

QString LongTextPage::beforeText(std::size_t parts) const
{
    return tr("%1 bytes before this. ").arg(countText(static_cast<qint64>(beginOf(parts))));
}

QString LongTextPage::shownText(std::size_t end) const
{
    return tr("%1 of %2 bytes until here. ")
        .arg(countText(static_cast<qint64>(beginOf(end))), countText(static_cast<qint64>(m_text->size())));
}

void LongTextPage::goTo(std::size_t stretch)
{
    if (partCount() > 0) showPart(std::min(stretch, partCount() - 1), kGrid);
}

void LongTextPage::moved()
{
    if (m_matches) m_markSoon.start();
    Q_EMIT placeChanged();
}

void LongTextPage::resizeEvent(QResizeEvent* event)
{
    WindowPage::resizeEvent(event);
    if (m_matches) m_markSoon.start();
}

std::size_t LongTextPage::stretchOf(std::size_t offset) const
{
    std::size_t stretch = offset / kStretch;
    while (stretch > 0 && beginOf(stretch) > offset) --stretch;
    return stretch;
}

void LongTextPage::setMatches(const TextMatches* matches)
{
    m_matches = matches;
    m_shownMatch.reset();
    markMatches();
}

/// Of the word as it is shown: what would not be seen is drawn here as it is in the text.
std::vector<TextPage::Place> LongTextPage::matchPlaces() const
{
    if (!m_matches || !m_text) return {};
    return placesOf(toQString(SafeText::block(m_matches->wanted())), positionOfPart(firstPart()), footPosition());
}

/// It is the one of its stretch with as many before it as there are in the text.
std::optional<TextPage::Place> LongTextPage::placeOfMatch(const std::vector<Place>& places) const
{
    if (!m_shownMatch) return std::nullopt;
    const std::size_t stretch = stretchOf(*m_shownMatch);
    const int begin = positionOfPart(stretch);
    if (begin < 0) return std::nullopt;
    const auto first = std::ranges::lower_bound(places, begin, {}, &Place::begin);
    const std::size_t before = m_matches->countIn(beginOf(stretch), *m_shownMatch);
    if (static_cast<std::size_t>(places.end() - first) <= before) return std::nullopt;
    return *(first + static_cast<std::ptrdiff_t>(before));
}

void LongTextPage::showMatch(std::size_t offset)
{
    if (!m_matches || !m_text) return;
    m_shownMatch = offset;
    const std::size_t stretch = stretchOf(offset);
    if (stretch < firstPart() || stretch >= endPart()) goTo(stretch);
    // It may end in the next one.
    writePartNow(std::min(stretch + 1, endPart() - 1));
    if (const auto place = placeOfMatch(matchPlaces())) {
        QTextCursor match(document());
        match.setPosition(place->begin);
        const bool isSeen = viewport()->rect().contains(cursorRect(match));
        match.setPosition(place->end, QTextCursor::KeepAnchor);
        if (!isSeen) showPosition(place->begin);
        setTextCursor(match);
    } else {
        goTo(stretch);
    }
    markMatches();
}

/// Those in sight; the one that was gone to also by a line beneath.
void LongTextPage::markMatches()
{
    m_markSoon.stop();
    QList<ExtraSelection> marks;
    const auto places = matchPlaces();
    const auto shown = placeOfMatch(places);
    const int top = cursorForPosition(QPoint(0, 0)).position();
    const int bottom = cursorForPosition(viewport()->rect().bottomRight()).position();
    const auto add = [&](const Place& place, bool isShown) {
        ExtraSelection mark;
        mark.cursor = QTextCursor(document());
        mark.cursor.setPosition(place.begin);
        mark.cursor.setPosition(place.end, QTextCursor::KeepAnchor);
        mark.format.setBackground(isShown ? palette().brush(QPalette::Active, QPalette::Highlight)
                                          : QBrush(roleColors(palette()).warningWash));
        if (isShown) mark.format.setForeground(palette().brush(QPalette::Active, QPalette::HighlightedText));
        mark.format.setFontUnderline(isShown);
        marks.push_back(mark);
    };
    const auto first = std::ranges::lower_bound(places, top, {}, &Place::end);
    const auto last = std::ranges::upper_bound(places, bottom, {}, &Place::begin);
    // A page full of marks says nothing, and painting it would be felt.
    if (last - first <= kMostMarks)
        for (auto place = first; place < last; ++place)
            if (!shown || place->begin != shown->begin) add(*place, false);
    if (shown) add(*shown, true);
    if (!marks.isEmpty() || !extraSelections().isEmpty()) setExtraSelections(marks);
}

/// The ends of the text, not only of what is in the document.
void LongTextPage::keyPressEvent(QKeyEvent* event)
{
    const bool toEnd = event->matches(QKeySequence::MoveToEndOfDocument);
    if ((toEnd || event->matches(QKeySequence::MoveToStartOfDocument)) && partCount() > 0) {
        goTo(toEnd ? partCount() - 1 : 0);
        if (toEnd) writeUpTo(-1);
        moveCursor(toEnd ? QTextCursor::End : QTextCursor::Start);
        verticalScrollBar()->setValue(toEnd ? verticalScrollBar()->maximum() : 0);
        event->accept();
        return;
    }
    WindowPage::keyPressEvent(event);
}

} // namespace tackroom::ui
