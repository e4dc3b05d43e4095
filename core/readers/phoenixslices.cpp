// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixslices.h"

#include "core/readers/jsonvalues.h"
#include "core/readers/phoenixmarks.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <limits>

namespace tackroom
{

namespace
{

/// How long a slice may hold its reading transaction, and how large it is unless one row needs more.
constexpr std::int64_t kSliceMs = 100;
constexpr std::size_t kSliceBytes = std::size_t{1} << 20;
/// Traces of a batch: the first few, so that something is seen at once.
constexpr std::int64_t kFirstBatch = 100;
constexpr std::int64_t kSmallestBatch = 10;
constexpr std::int64_t kLargestBatch = 1000;
/// A batch's texts, and the steps made of them, are gone through twice: they should still be in the processor's cache then.
constexpr std::size_t kWantedBatchBytes = std::size_t{3} << 19;
/// A store whose way of reading no longer holds (a writer came) is opened again, so often.
constexpr int kMaxReopens = 5;
/// Of an annotation: each of its texts, and the metadata, which longer than this is not looked into.
constexpr std::size_t kMaxAnnotationTextBytes = 4000;
constexpr std::size_t kMaxMetadataBytes = std::size_t{256} << 10;
constexpr std::size_t kJsonPadding = simdjson::SIMDJSON_PADDING;

std::int64_t nowMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Adds a copy of the text to the slice, which has room.
std::string_view keep(PhoenixSlice& slice, std::string_view text)
{
    if (text.empty()) return {};
    char* to = slice.bytes.get() + slice.used;
    std::memcpy(to, text.data(), text.size());
    slice.used += text.size();
    return {to, text.size()};
}

std::string_view plainAt(const Statement& row, int column) { return row.textAt(column).substr(0, kMaxPlainSpanBytes); }

/// The text, or (as a negative number in its place) how long it would have been.
std::string_view jsonAt(const Statement& row, int column, std::uint64_t& bytes)
{
    bytes = 0;
    if (row.typeAt(column) == ColumnType::Integer && row.intAt(column) < -kMaxAttributesBytes) {
        bytes = static_cast<std::uint64_t>(-row.intAt(column));
        return {};
    }
    const std::string_view text = row.textAt(column);
    bytes = text.size();
    return text;
}

} // namespace

PhoenixSpanRow phoenixSpanRow(const Statement& statement)
{
    PhoenixSpanRow row;
    row.rowId = statement.intAt(0);
    row.traceRowId = statement.intAt(1);
    row.spanId = plainAt(statement, 2);
    row.parentId = plainAt(statement, 3);
    row.name = plainAt(statement, 4);
    row.kind = plainAt(statement, 5);
    row.start = plainAt(statement, 6);
    row.end = plainAt(statement, 7);
    row.attributes = jsonAt(statement, 8, row.attributesBytes);
    row.events = jsonAt(statement, 9, row.eventsBytes);
    row.statusCode = plainAt(statement, 10);
    row.statusMessage = plainAt(statement, 11);
    row.promptTokens = statement.intAt(12);
    row.completionTokens = statement.intAt(13);
    row.cumulativePromptTokens = statement.intAt(14);
    row.cumulativeCompletionTokens = statement.intAt(15);
    return row;
}

void PhoenixBuffers::equip(PhoenixSlice& slice, std::size_t wanted)
{
    wanted = std::max(wanted, kSliceBytes) + kJsonPadding;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_free.empty() && wanted <= kSliceBytes + kJsonPadding) {
            slice.bytes = std::move(m_free.back().bytes);
            slice.capacity = m_free.back().capacity;
            slice.spans = std::move(m_free.back().spans);
            m_free.pop_back();
        }
    }
    if (!slice.bytes) {
        slice.bytes = std::make_unique_for_overwrite<char[]>(wanted);
        slice.capacity = wanted;
    }
    slice.used = 0;
    slice.spans.clear();
    // Behind the last text something is read, whatever it is.
    std::memset(slice.bytes.get() + slice.capacity - kJsonPadding, 0, kJsonPadding);
}

void PhoenixBuffers::giveBack(PhoenixSlice slice)
{
    if (slice.capacity != kSliceBytes + kJsonPadding) return;
    const std::lock_guard lock(m_mutex);
    m_free.push_back(std::move(slice));
}

/// Where the reading of a batch stands.
struct PhoenixSlices::Batch {
    std::vector<std::int64_t> traces; ///< row ids, highest first
    std::int64_t firstSpan = 0, lastSpan = 0;
    bool byId = false;                     ///< its spans lie (nearly) alone in firstSpan … lastSpan
    std::int64_t nextSpan = 0;             ///< then the row to go on with
    std::int64_t trace = 0, belowSpan = 0; ///< else the trace, and the row below which to go on
    std::size_t bytes = 0;
    bool done = false;

    /// The place of the trace, or the number of traces.
    [[nodiscard]] std::size_t placeOf(std::int64_t trace) const
    {
        if (trace > traces.front() || trace < traces.back()) return traces.size();
        const auto gap = static_cast<std::size_t>(traces.front() - trace);
        if (static_cast<std::size_t>(traces.front() - traces.back()) + 1 == traces.size()) return gap;
        const auto at = std::ranges::lower_bound(traces, trace, std::greater{});
        return at != traces.end() && *at == trace ? static_cast<std::size_t>(at - traces.begin()) : traces.size();
    }
};

/// False: somebody has changed the store under our hands, and it was opened again.
Result<bool> PhoenixSlices::stillGood()
{
    const auto same = m_db.recheck();
    if (same) return true;
    if (same.error().code != ErrorCode::Locked || ++m_reopens > kMaxReopens) return std::unexpected(same.error());
    TR_TRY(m_reopen());
    m_pages.forget();
    return false;
}

Status PhoenixSlices::readAnnotations(const Batch& batch, PhoenixSlice& slice)
{
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i) {
        if (m_sql.annotations[i].empty()) continue;
        const bool byId = batch.byId && !m_sql.annotationsById[i].empty();
        TR_ASSIGN(Statement statement, m_db.prepare(byId ? m_sql.annotationsById[i] : m_sql.annotations[i]));
        statement.bind(1, batch.traces.back()).bind(2, batch.traces.front());
        if (byId) statement.bind(3, batch.firstSpan).bind(4, batch.lastSpan);
        const auto textAt = [&](int column) { return jsonvalues::cut(statement.textAt(column), kMaxAnnotationTextBytes); };
        for (;;) {
            TR_ASSIGN(const bool more, statement.step());
            if (!more) break;
            PhoenixAnnotationRow& row = slice.annotations.emplace_back();
            row.traceRowId = statement.intAt(0);
            row.stepId = textAt(1);
            row.name = textAt(2);
            row.label = textAt(3);
            if (!statement.isNullAt(4)) row.score = statement.doubleAt(4);
            row.explanation = textAt(5);
            if (statement.textAt(6).size() <= kMaxMetadataBytes) row.metadata = statement.stringAt(6);
            row.annotatorKind = textAt(7);
            row.identifier = textAt(8);
            row.userName = textAt(9);
            row.time = textAt(10);
            row.documentPosition = statement.intAt(11);
            row.ofDocument = i == 2;
        }
    }
    return {};
}

Status PhoenixSlices::readCosts(const Batch& batch, PhoenixSlice& slice)
{
    if (m_sql.costs.empty()) return {};
    TR_ASSIGN(Statement statement, m_db.prepare(m_sql.costs));
    statement.bind(1, batch.traces.back()).bind(2, batch.traces.front());
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return {};
        slice.costs.emplace_back(statement.intAt(0), statement.doubleAt(1));
    }
}

/// The traces with what hangs on them; none where there are no more.
Status PhoenixSlices::beginBatch(Batch& batch, PhoenixSlice& slice, std::int64_t above, std::int64_t upTo)
{
    slice.beginsBatch = true;
    {
        TR_ASSIGN(Statement statement, m_db.prepare(m_sql.traces + " WHERE t.id > ? AND t.id <= ? ORDER BY t.id DESC LIMIT ?"));
        statement.bind(1, above).bind(2, upTo).bind(3, m_limit);
        for (;;) {
            TR_ASSIGN(const bool more, statement.step());
            if (!more) break;
            slice.traces.push_back({statement.intAt(0), jsonvalues::cut(statement.textAt(1), 512), statement.stringAt(2),
                                    statement.stringAt(3), statement.stringAt(4), statement.stringAt(5),
                                    statement.stringAt(6)});
            batch.traces.push_back(slice.traces.back().rowId);
        }
    }
    if (batch.traces.empty()) return {};
    const std::int64_t low = batch.traces.back(), high = batch.traces.front();
    {
        TR_ASSIGN(Statement statement,
                  m_db.prepare("SELECT min(id), max(id), count(*) FROM spans WHERE trace_rowid BETWEEN ? AND ?"));
        statement.bind(1, low).bind(2, high);
        TR_ASSIGN(const bool row, statement.step());
        const std::int64_t spans = row ? statement.intAt(2) : 0;
        batch.firstSpan = row ? statement.intAt(0) : 0;
        batch.lastSpan = row ? statement.intAt(1) : 0;
        batch.nextSpan = batch.firstSpan;
        // Ids may be any numbers: the distance is taken without overflow.
        const std::uint64_t width = static_cast<std::uint64_t>(batch.lastSpan) - static_cast<std::uint64_t>(batch.firstSpan);
        batch.byId = width <= 2 * static_cast<std::uint64_t>(spans) + 64;
        batch.done = spans == 0;
    }
    batch.trace = high;
    batch.belowSpan = std::numeric_limits<std::int64_t>::max();
    TR_TRY(readAnnotations(batch, slice));
    return readCosts(batch, slice);
}

/// As many of the batch's spans as the slice takes, from their pages. False where SQLite is to go on.
bool PhoenixSlices::readPages(Batch& batch, PhoenixSlice& slice, const CancelToken& cancel)
{
    const std::int64_t started = nowMs();
    auto found = m_pages.seek(m_db, batch.nextSpan);
    for (std::size_t rows = 0; found == PhoenixPages::Found::Row && m_pages.row() <= batch.lastSpan; ++rows) {
        if (rows % 64 == 63 && (cancel.cancelled() || nowMs() - started > kSliceMs)) return true;
        if (m_pages.bytes() > kSliceBytes) return false;
        if (slice.bytes && slice.used + m_pages.bytes() + kJsonPadding > slice.capacity) return true;
        if (!slice.bytes) m_buffers.equip(slice, m_pages.bytes());
        PhoenixSpanRow row;
        if (!m_pages.read(slice.bytes.get() + slice.used, row)) return false;
        if (const std::size_t place = batch.placeOf(row.traceRowId); place < batch.traces.size()) {
            slice.used += m_pages.bytes();
            slice.spans.push_back({place, row});
            batch.bytes += m_pages.bytes();
        }
        if (row.rowId == batch.lastSpan) break;
        batch.nextSpan = row.rowId + 1;
        found = m_pages.next();
    }
    batch.done = found != PhoenixPages::Found::Unusual;
    return batch.done;
}

/// As many of the batch's spans as the slice takes.
Status PhoenixSlices::readSpans(Batch& batch, PhoenixSlice& slice, const CancelToken& cancel)
{
    if (batch.byId && readPages(batch, slice, cancel)) return {};
    const std::int64_t started = nowMs();
    TR_ASSIGN(Statement spans, m_db.prepare(batch.byId ? m_sql.spansById : m_sql.spans));
    if (batch.byId)
        spans.bind(1, batch.nextSpan).bind(2, batch.lastSpan);
    else
        spans.bind(1, batch.traces.back()).bind(2, batch.trace).bind(3, batch.trace).bind(4, batch.belowSpan);
    for (std::size_t rows = 0;; ++rows) {
        TR_ASSIGN(const bool more, spans.step());
        if (!more) {
            batch.done = true;
            return {};
        }
        PhoenixSpanRow row = phoenixSpanRow(spans);
        const std::size_t place = batch.placeOf(row.traceRowId);
        const std::array<std::string_view*, 10> texts{&row.spanId,     &row.parentId,     &row.name,       &row.kind,
                                                      &row.start,      &row.end,          &row.attributes, &row.events,
                                                      &row.statusCode, &row.statusMessage};
        std::size_t size = 0;
        for (const auto* text : texts) size += text->size();
        if (rows % 64 == 63 && nowMs() - started > kSliceMs) return {};
        if (place < batch.traces.size()) {
            if (slice.bytes && slice.used + size + kJsonPadding > slice.capacity) return {};
            if (!slice.bytes) m_buffers.equip(slice, size);
            for (auto* text : texts) *text = keep(slice, *text);
            slice.spans.push_back({place, row});
            batch.bytes += size;
        }
        if (!batch.byId) {
            batch.trace = row.traceRowId;
            batch.belowSpan = row.rowId;
        } else if (row.rowId < batch.lastSpan) {
            batch.nextSpan = row.rowId + 1;
        } else {
            batch.done = true;
            return {};
        }
    }
}

Result<PhoenixSlice> PhoenixSlices::readSlice(Batch& batch, bool first, std::int64_t above, std::int64_t upTo,
                                              const CancelToken& cancel)
{
    PhoenixSlice slice;
    TR_ASSIGN(auto view, m_db.transaction(Database::Begin::Read));
    if (first) {
        TR_TRY(beginBatch(batch, slice, above, upTo));
        if (batch.traces.empty()) return slice;
    }
    if (!batch.done) TR_TRY(readSpans(batch, slice, cancel));
    slice.endsBatch = batch.done;
    return slice;
}

Status PhoenixSlices::readBatch(Batch& batch, std::int64_t above, std::int64_t upTo, const CancelToken& cancel)
{
    for (bool first = true; first || !batch.done;) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_TRY(stillGood());
        const Batch before = batch;
        auto slice = readSlice(batch, first, above, upTo, cancel);
        // What was read without locks while a writer came may be anything, an error too: it is not delivered but read again.
        TR_ASSIGN(const bool good, stillGood());
        if (!good) {
            batch = before;
            continue;
        }
        if (!slice) return std::unexpected(slice.error());
        if (batch.traces.empty()) return {};
        first = false;
        if (m_deliver(std::move(*slice))) continue;
        m_stopped = true;
        return {};
    }
    return {};
}

Status PhoenixSlices::read(std::int64_t above, std::int64_t upTo, const CancelToken& cancel)
{
    if (m_limit == 0) m_limit = kFirstBatch;
    while (upTo > above && !m_stopped) {
        Batch batch;
        TR_TRY(readBatch(batch, above, upTo, cancel));
        if (batch.traces.empty()) return {};
        upTo = batch.traces.back() - 1;
        if (batch.bytes > 2 * kWantedBatchBytes) m_limit = std::max(kSmallestBatch, m_limit / 2);
        if (batch.bytes < kWantedBatchBytes / 2) m_limit = std::min(kLargestBatch, m_limit * 2);
    }
    return {};
}

} // namespace tackroom
