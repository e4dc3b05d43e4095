// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixpages.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tackroom
{

namespace
{

/// A store of whose rows so many (in different slices) were none of the usual ones is left to SQLite.
constexpr int kMostUnusual = 20;

} // namespace

PhoenixPages::PhoenixPages(const PhoenixSql& sql) : m_sql(sql)
{
    if (m_sql.spanPlaces) m_columns = static_cast<std::size_t>(std::ranges::max(*m_sql.spanPlaces)) + 1;
}

PhoenixPages::Found PhoenixPages::noted(Found found)
{
    if (found == Found::Unusual) ++m_unusual;
    return found;
}

PhoenixPages::Found PhoenixPages::seek(Database& db, std::int64_t row)
{
    if (!m_sql.spanPlaces || m_columns > RecordColumns::kMost || m_unusual > kMostUnusual || !m_pages.begin(db, "spans"))
        return Found::Unusual;
    return noted(m_pages.seek(row));
}

bool PhoenixPages::read(char* to, PhoenixSpanRow& row)
{
    const auto fill = [&] {
        if (!m_pages.copyRecord(to) || !m_record.read({to, m_pages.recordBytes()}, m_columns)) return false;
        const auto& places = *m_sql.spanPlaces;
        if (!m_record.isNull(static_cast<std::size_t>(places[0]))) return false; // not the row's number after all
        row.rowId = m_pages.row();
        const std::array<std::string_view*, 10> texts{&row.spanId,     &row.parentId,     &row.name,       &row.kind,
                                                      &row.start,      &row.end,          &row.attributes, &row.events,
                                                      &row.statusCode, &row.statusMessage};
        const std::array<std::int64_t*, 4> numbers{&row.promptTokens, &row.completionTokens, &row.cumulativePromptTokens,
                                                   &row.cumulativeCompletionTokens};
        if (!m_record.intAt(static_cast<std::size_t>(places[1]), row.traceRowId)) return false;
        for (std::size_t i = 0; i < texts.size(); ++i)
            if (places[i + 2] >= 0 && !m_record.textAt(static_cast<std::size_t>(places[i + 2]), *texts[i])) return false;
        for (std::size_t i = 0; i < numbers.size(); ++i)
            if (places[i + 12] >= 0 && !m_record.intAt(static_cast<std::size_t>(places[i + 12]), *numbers[i])) return false;
        return true;
    };
    if (!fill()) {
        ++m_unusual;
        return false;
    }
    row.attributesBytes = row.attributes.size();
    row.eventsBytes = row.events.size();
    for (auto* text :
         {&row.spanId, &row.parentId, &row.name, &row.kind, &row.start, &row.end, &row.statusCode, &row.statusMessage})
        *text = text->substr(0, kMaxPlainSpanBytes);
    return true;
}

} // namespace tackroom
