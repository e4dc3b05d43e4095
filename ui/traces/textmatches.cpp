// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/textmatches.h"

#include "core/base/text.h"

#include <QElapsedTimer>

#include <algorithm>
#include <numeric>
#include <string_view>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kBlock = std::size_t{64} << 10, kNowhere = std::string_view::npos;
constexpr qint64 kCountMs = 4;
} // namespace

TextMatches::TextMatches(QObject* parent) : QObject(parent)
{
    m_goOn.setSingleShot(true);
    m_goOn.setInterval(0);
    connect(&m_goOn, &QTimer::timeout, this, &TextMatches::countOn);
}

void TextMatches::setText(std::shared_ptr<const std::string> text)
{
    m_text = std::move(text);
    startOver();
}

void TextMatches::setWanted(const std::string& wanted)
{
    m_wanted = FoldedFinder(cutUtf8(wanted, kMostWanted));
    startOver();
}

void TextMatches::startOver()
{
    m_counts.clear();
    m_count = 0;
    if (counting())
        m_goOn.start();
    else
        m_goOn.stop();
}

std::size_t TextMatches::blocks() const { return m_text ? (m_text->size() + kBlock - 1) / kBlock : 0; }

void TextMatches::countOn()
{
    QElapsedTimer time;
    time.start();
    while (counting() && time.elapsed() < kCountMs) {
        const std::size_t begin = m_counts.size() * kBlock;
        m_counts.push_back(static_cast<std::uint32_t>(countIn(begin, begin + kBlock)));
        m_count += m_counts.back();
    }
    if (counting()) m_goOn.start();
    Q_EMIT changed();
}

std::size_t TextMatches::nextIn(std::size_t from, std::size_t end) const
{
    if (!m_text || wanted().empty() || from >= end) return kNowhere;
    // One that begins in front of the end may reach beyond it.
    const std::size_t size = std::min(m_text->size(), end + wanted().size() - 1);
    return m_wanted.in(std::string_view(*m_text).substr(0, size), from);
}

std::size_t TextMatches::countIn(std::size_t begin, std::size_t end) const
{
    std::size_t count = 0;
    for (std::size_t at = nextIn(begin, end); at != kNowhere; at = nextIn(at + 1, end)) ++count;
    return count;
}

std::optional<std::size_t> TextMatches::from(std::size_t place) const
{
    for (std::size_t block = place / kBlock; block < m_counts.size(); ++block) {
        if (m_counts[block] == 0) continue;
        const std::size_t at = nextIn(std::max(place, block * kBlock), (block + 1) * kBlock);
        if (at != kNowhere) return at;
    }
    return std::nullopt;
}

std::optional<std::size_t> TextMatches::before(std::size_t place) const
{
    for (std::size_t block = std::min(m_counts.size(), place / kBlock + 1); block-- > 0;) {
        if (m_counts[block] == 0) continue;
        const std::size_t end = std::min(place, (block + 1) * kBlock);
        std::size_t last = kNowhere;
        for (std::size_t at = nextIn(block * kBlock, end); at != kNowhere; at = nextIn(at + 1, end)) last = at;
        if (last != kNowhere) return last;
    }
    return std::nullopt;
}

std::size_t TextMatches::numberOf(std::size_t match) const
{
    const std::size_t block = std::min(match / kBlock, m_counts.size());
    const auto before = m_counts.begin() + static_cast<std::ptrdiff_t>(block);
    return std::accumulate(m_counts.begin(), before, std::size_t{0}) + countIn(block * kBlock, match + 1);
}

} // namespace tackroom::ui
