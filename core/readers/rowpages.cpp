// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/rowpages.h"

#include <algorithm>

namespace tackroom
{

namespace
{

/// A table of whose rows so many (in different batches) were none of the usual ones is left to SQLite.
constexpr int kMostUnusualRows = 20;
/// Of longer ones SQLite knows how to leave out a column.
constexpr std::size_t kMostRowBytes = std::size_t{40} << 20;

} // namespace

RowPages::Found RowPages::noted(Found found)
{
    if (found == Found::Unusual) ++m_unusual;
    return found;
}

RowPages::Found RowPages::seekBack(Database& db, const RowPlaces& places, std::int64_t row)
{
    m_last = std::max({places.id, places.run, places.step, std::ranges::max(places.texts)});
    if (m_unusual > kMostUnusualRows || m_last >= static_cast<int>(RecordColumns::kMost) || places.id < 0 || places.run < 0 ||
        !m_pages.begin(db, places.table))
        return Found::Unusual;
    return noted(m_pages.seekBack(row));
}

bool RowPages::readBytes(std::string_view& record)
{
    const std::size_t bytes = m_pages.recordBytes();
    record = m_pages.recordHere();
    if (record.size() == bytes) return true;
    if (bytes > kMostRowBytes) return false; // seldom, and no sign that the others are unusual
    if (m_copy.size() < bytes) m_copy.resize(std::max(bytes, 2 * m_copy.size()));
    if (!m_pages.copyRecord(m_copy.data())) {
        ++m_unusual;
        return false;
    }
    record = std::string_view(m_copy).substr(0, bytes);
    return true;
}

bool RowPages::readRun(const RowPlaces& places, std::string_view record, std::int64_t& run)
{
    if (m_columns.read(record, static_cast<std::size_t>(places.run) + 1) && runAt(places.run, run)) return true;
    ++m_unusual;
    return false;
}

/// A run that is named by no number is left to SQLite.
bool RowPages::runAt(int place, std::int64_t& run) const
{
    const auto column = static_cast<std::size_t>(place);
    return !m_columns.isNull(column) && m_columns.intAt(column, run);
}

bool RowPages::textAt(int place, std::string_view& text) const
{
    text = {};
    return place < 0 || m_columns.textAt(static_cast<std::size_t>(place), text);
}

bool RowPages::readParts(const RowPlaces& places, std::string_view record, std::int64_t& run, Parts& parts)
{
    const auto fill = [&] {
        if (!m_columns.read(record, static_cast<std::size_t>(m_last) + 1)) return false;
        if (!m_columns.isNull(static_cast<std::size_t>(places.id))) return false; // not the row's number after all
        if (!runAt(places.run, run) || !textAt(places.step, parts.step)) return false;
        parts.texts.resize(places.texts.size());
        for (std::size_t i = 0; i < places.texts.size(); ++i) {
            if (!textAt(places.texts[i], parts.texts[i])) return false;
            if (parts.texts[i].size() > places.mostTextBytes) parts.texts[i] = {};
        }
        return true;
    };
    if (fill()) return true;
    ++m_unusual;
    return false;
}

} // namespace tackroom
