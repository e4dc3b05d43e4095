// SPDX-License-Identifier: GPL-3.0-or-later
/// The part of RunsFile that knows which file of a store a run came from: what goes when a file goes or is read anew.
#include "core/index/runsfile.h"

#include <utility>

namespace tackroom
{

Status RunsFile::removeUnseen()
{
    std::vector<std::int64_t> gone;
    {
        TR_ASSIGN(Statement ids, m_db.prepare("SELECT id FROM runs"));
        for (;;) {
            TR_ASSIGN(const bool more, ids.step());
            if (!more) break;
            if (!isSeen(ids.intAt(0))) gone.push_back(ids.intAt(0));
        }
    }
    for (const std::int64_t row : gone) TR_TRY(removeRun(row));
    return {};
}

Status RunsFile::removeRun(std::int64_t row)
{
    TR_TRY(removeParts(row));
    TR_ASSIGN(Statement remove, m_db.prepare("DELETE FROM runs WHERE id = ?"));
    remove.bind(1, row);
    TR_TRY(remove.run());
    --m_totals.runs;
    ++m_removedRuns;
    m_changed = true;
    return {};
}

Status RunsFile::rowsOfSource(std::string_view source, std::unordered_set<std::int64_t>& rows)
{
    TR_ASSIGN(Statement ids, m_db.prepare("SELECT id FROM runs WHERE source = ? AND source <> ''"));
    ids.bind(1, source);
    for (;;) {
        TR_ASSIGN(const bool more, ids.step());
        if (!more) return {};
        rows.insert(ids.intAt(0));
    }
}

/// What could not be read of it the last time is told again where it still holds.
Status RunsFile::forgetSkipped(std::string_view source)
{
    if (m_totals.unreadable == 0 || source.empty()) return {};
    TR_TRY(begin());
    TR_ASSIGN(Statement remove, m_db.prepare("DELETE FROM skipped WHERE source = ?"));
    remove.bind(1, source);
    TR_TRY(remove.run());
    if (m_db.changeCount() == 0) return {};
    m_totals.unreadable -= m_db.changeCount();
    m_changed = true;
    return {};
}

Status RunsFile::beginSource(std::string_view source, RunSink::Extent extent)
{
    m_unseenOfSource.clear();
    m_source = source;
    if (m_startedOver || extent == RunSink::Extent::Part) return {}; // after starting over finish() takes away what was not delivered
    TR_TRY(forgetSkipped(source));
    return rowsOfSource(source, m_unseenOfSource);
}

Status RunsFile::endSource()
{
    m_source.clear();
    if (m_unseenOfSource.empty()) return {};
    TR_TRY(begin());
    const auto gone = std::exchange(m_unseenOfSource, {});
    for (const std::int64_t row : gone) TR_TRY(removeRun(row));
    return {};
}

Status RunsFile::sourceIsGone(std::string_view source)
{
    std::unordered_set<std::int64_t> rows;
    TR_TRY(begin());
    TR_TRY(forgetSkipped(source));
    TR_TRY(rowsOfSource(source, rows));
    for (const std::int64_t row : rows) TR_TRY(removeRun(row));
    return {};
}

Result<std::string> RunsFile::placeOf(std::string_view source, std::string_view nativeId)
{
    TR_ASSIGN(Statement place, m_db.prepare("SELECT place FROM runs WHERE source = ? AND source <> '' AND native_id = ?"));
    place.bind(1, source).bind(2, nativeId);
    TR_ASSIGN(const bool found, place.step());
    return found ? place.stringAt(0) : std::string();
}

} // namespace tackroom
