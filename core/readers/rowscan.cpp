// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/rowscan.h"

#include "core/base/format.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

namespace tackroom
{

namespace
{

constexpr int kRowsBetweenLooks = 64; ///< at the clock
constexpr std::size_t kBytesBetweenLooks = std::size_t{1} << 20;
constexpr int kMaxScanReopens = 5;
/// More holes than that in one table, and the rest is given up: each costs some seeks.
constexpr int kMostScanHoles = 20'000;
constexpr std::int64_t kLastRow = std::numeric_limits<std::int64_t>::max();

/// One of so many rows must be passed over for a look at each to be cheaper than reading it.
constexpr int kRowsOfOnePassed = 4;
constexpr const char* kGuard = "tackroom_wanted";

struct Guard {
    const RunsFound* known;
    std::uint64_t all;
};

void onWanted(sqlite3_context* context, int, sqlite3_value** values)
{
    const auto& guard = *static_cast<const Guard*>(sqlite3_user_data(context));
    sqlite3_result_int(context, guard.known->in(values[0]) != guard.all);
}

bool isDamage(const Error& error) { return error.code == ErrorCode::Damaged || error.code == ErrorCode::Io; }

/// As SQLite tells a row.
struct ToldRow {
    const Statement& row;
    [[nodiscard]] std::uint32_t& known(RunsFound& runs) const { return runs.of(row, 1); }
    [[nodiscard]] std::string run() const { return row.stringAt(1); }
    [[nodiscard]] std::string_view step() const { return row.textAt(2); }
    [[nodiscard]] std::string_view text(std::size_t i) const { return row.textAt(static_cast<int>(i) + 3); }
};

/// As it lies on its page.
struct PageRow {
    std::int64_t number;
    const RowPages::Parts& parts;
    [[nodiscard]] std::uint32_t& known(RunsFound& runs) const { return runs.of(number); }
    [[nodiscard]] std::string run() const { return std::to_string(number); }
    [[nodiscard]] std::string_view step() const { return parts.step; }
    [[nodiscard]] std::string_view text(std::size_t i) const { return parts.texts[i]; }
};

/// "spans" of "spans s".
std::string_view tableName(const RowScanPlan& plan) { return std::string_view(plan.table).substr(0, plan.table.find(' ')); }

} // namespace

std::uint32_t& RunsFound::of(std::int64_t run)
{
    m_empty = false;
    if (run < 0 || run >= kMostDense) return m_byNumber[run];
    const auto place = static_cast<std::size_t>(run);
    if (place >= m_dense.size())
        m_dense.resize(std::min(std::max(place + 1, 2 * m_dense.size()), static_cast<std::size_t>(kMostDense)));
    return m_dense[place];
}

std::uint32_t& RunsFound::of(const Statement& row, int column)
{
    if (row.typeAt(column) == ColumnType::Integer) return of(row.intAt(column));
    m_empty = false;
    const std::string_view text = row.textAt(column);
    const auto known = m_byText.find(text);
    return known != m_byText.end() ? known->second : m_byText[std::string(text)];
}

std::uint32_t RunsFound::in(std::string_view run) const
{
    const auto known = m_byText.find(run);
    return known == m_byText.end() ? 0 : known->second;
}

std::uint32_t RunsFound::in(sqlite3_value* run) const
{
    if (sqlite3_value_type(run) == SQLITE_INTEGER) return in(sqlite3_value_int64(run));
    if (m_byText.empty()) return 0;
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(run));
    return in(std::string_view(text ? text : "", static_cast<std::size_t>(sqlite3_value_bytes(run))));
}

std::uint32_t RunsFound::in(const Statement& row, int column) const
{
    return row.typeAt(column) == ColumnType::Integer ? in(row.intAt(column)) : in(row.textAt(column));
}

RowScan::~RowScan()
{
    if (m_guard && m_guard == m_db.handle())
        sqlite3_create_function_v2(m_guard, kGuard, 1, SQLITE_UTF8, nullptr, nullptr, nullptr, nullptr, nullptr);
}

/// Of the connection that is open now. Not to be called by a stranger's schema.
Status RowScan::addGuard()
{
    if (m_guard == m_db.handle()) return {};
    m_guard = m_db.handle();
    auto* guard = new Guard{&m_known, m_all};
    const int rc = sqlite3_create_function_v2(m_guard, kGuard, 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, guard, onWanted, nullptr,
                                              nullptr, [](void* data) { delete static_cast<Guard*>(data); });
    return rc == SQLITE_OK ? Status() : fail(ErrorCode::Internal, m_db.path().string(), "cannot look at the runs of a search");
}

std::string RowScan::selectOf(const RowScanPlan& plan) const
{
    std::string sql = formatText("SELECT {}, {}, {}", plan.rowId, plan.run, plan.step);
    for (const RowScanPlan::Text& text : plan.texts)
        sql += m_guarded ? formatText(", CASE WHEN {}({}) THEN {} END", kGuard, plan.run, text.column) : ", " + text.column;
    return sql + formatText(" FROM {0} WHERE {1} <= ? ORDER BY {1} DESC", plan.from, plan.rowId);
}

Status RowScan::run(const RowScanPlan& plan, const TextScanner::Done& done, const CancelToken& cancel)
{
    Walk walk;
    walk.slice = m_batch / 10;
    TR_ASSIGN(walk.from, highestRow(plan));
    std::int64_t total = walk.from == kLastRow ? 0 : std::max<std::int64_t>(0, walk.from);
    while (walk.from > 0) {
        if (const auto same = m_db.recheck(); !same) {
            if (same.error().code != ErrorCode::Locked || ++m_reopens > kMaxScanReopens) return same;
            m_guard = nullptr; // it goes with its connection
            m_pages = {};
            m_guarded = false;
            TR_TRY(m_reopen());
        }
        TR_ASSIGN(const bool fromPages, batchFromPages(plan, walk, cancel));
        const Status read = fromPages ? Status() : batch(plan, walk, cancel);
        if (!read && !isDamage(read.error())) return read;
        TR_TRY(tell(plan, walk.found));
        // What was read without locks while a writer came may be anything, damage too: then it is read again.
        if (!read && m_db.recheck()) {
            if (++walk.holes > kMostScanHoles) break;
            TR_TRY(goOnBelow(plan, walk, cancel));
        }
        if (total == 0) total = walk.from;
        TR_TRY(done(static_cast<std::uint64_t>(total - std::clamp<std::int64_t>(walk.from, 0, total)),
                    static_cast<std::uint64_t>(total)));
    }
    if (walk.holes > 0) addLoss(plan, walk.read);
    return {};
}

/// As far as can be told: the page that has it may be the damaged one.
Result<std::int64_t> RowScan::highestRow(const RowScanPlan& plan)
{
    auto highest = m_db.scalar(formatText("SELECT max({}) FROM {}", plan.rowId, plan.table));
    if (!highest && isDamage(highest.error())) return kLastRow;
    return highest;
}

Result<bool> RowScan::batchFromPages(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel)
{
    if (!plan.places) return false;
    const auto view = m_db.transaction(Database::Begin::Read);
    if (!view) return false; // why, SQLite says when it is asked
    const auto until = std::chrono::steady_clock::now() + std::min(m_batch, walk.slice);
    RowPages::Found found = m_pages.seekBack(m_db, *plan.places, walk.from);
    int rows = 0, passed = 0;
    std::size_t bytes = 0;
    for (; found == RowPages::Found::Row && m_pages.row() > 0; found = m_pages.previous()) {
        const Looked looked = lookAtPages(plan, walk.found);
        if (looked == Looked::Unusual) {
            found = RowPages::Found::Unusual;
            break;
        }
        if (looked == Looked::PassedOver) ++passed;
        walk.from = m_pages.row() - 1;
        ++walk.read;
        ++rows;
        bytes += m_bytes.size();
        if (bytes < kBytesBetweenLooks && rows % kRowsBetweenLooks != 0) continue;
        bytes = 0;
        if (cancel.cancelled()) return CancelToken::error();
        if (std::chrono::steady_clock::now() < until) continue;
        m_guarded = passed > rows / kRowsOfOnePassed;
        break;
    }
    if (found == RowPages::Found::Unusual) return rows > 0; // from there SQLite goes on
    if (found == RowPages::Found::End || m_pages.row() <= 0) walk.from = 0;
    walk.slice = std::min(m_batch, walk.slice * 2);
    return true;
}

RowScan::Looked RowScan::lookAtPages(const RowScanPlan& plan, std::vector<Found>& found)
{
    std::int64_t run = 0;
    if (!m_pages.readBytes(m_bytes)) return Looked::Unusual;
    if (!m_known.empty()) {
        if (!m_pages.readRun(*plan.places, m_bytes, run)) return Looked::Unusual;
        if (m_known.in(run) == m_all) return Looked::PassedOver;
    }
    // Also where nothing will be found: a row that is shorter or of other kinds than its table says means something else to SQL.
    if (!m_pages.readParts(*plan.places, m_bytes, run, m_parts)) return Looked::Unusual;
    look(plan, PageRow{run, m_parts}, found);
    return Looked::Yes;
}

/// Reads for a while, or up to the first row that cannot be read.
Status RowScan::batch(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel)
{
    if (m_guarded) TR_TRY(addGuard());
    TR_ASSIGN(Statement row, m_db.prepare(selectOf(plan)));
    row.bind(1, walk.from);
    const auto until = std::chrono::steady_clock::now() + std::min(m_batch, walk.slice);
    walk.slice = std::min(m_batch, walk.slice * 2);
    int passed = 0;
    for (int rows = 1;; ++rows) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) {
            walk.from = 0;
            return {};
        }
        // On a damaged page numbers may be anything; going back to one that was there would never end.
        if (row.intAt(0) > walk.from) return fail(ErrorCode::Damaged, m_db.path().string(), "rows that are out of order");
        walk.from = row.intAt(0) - 1;
        ++walk.read;
        if (!m_known.empty() && m_known.in(row, 1) == m_all)
            ++passed;
        else
            look(plan, ToldRow{row}, walk.found);
        if (rows % kRowsBetweenLooks != 0 || std::chrono::steady_clock::now() < until) continue;
        if (cancel.cancelled()) return CancelToken::error();
        m_guarded = passed > rows / kRowsOfOnePassed;
        return {};
    }
}

Result<bool> RowScan::canRead(const RowScanPlan& plan, std::int64_t from)
{
    TR_ASSIGN(Statement row, m_db.prepare(selectOf(plan) + " LIMIT 1"));
    row.bind(1, from);
    const auto there = row.step();
    if (!there && !isDamage(there.error())) return std::unexpected(there.error());
    return there && (!*there || row.intAt(0) <= from);
}

/// From a row that cannot be read to the next lower one that can, in steps that double, then halve what is left, and at last
/// between one that fails and one that does not.
Status RowScan::goOnBelow(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel)
{
    const std::int64_t start = std::exchange(walk.from, 0);
    std::int64_t bad = start, good = 0;
    for (std::int64_t step = 1; good == 0;) {
        if (cancel.cancelled()) return CancelToken::error();
        const std::int64_t tried = std::min(step < start ? start - step : bad / 2, bad - 1);
        if (tried <= 0) return {}; // none is left
        TR_ASSIGN(const bool readable, canRead(plan, tried));
        (readable ? good : bad) = tried;
        step = step > kLastRow / 2 ? kLastRow : step * 2;
    }
    while (bad - good > 1) {
        const std::int64_t middle = good + (bad - good) / 2;
        TR_ASSIGN(const bool readable, canRead(plan, middle));
        (readable ? good : bad) = middle;
    }
    walk.from = good;
    return {};
}

void RowScan::addLoss(const RowScanPlan& plan, std::int64_t read)
{
    ScanLoss loss{formatText("table {}", tableName(plan)), "some rows lie on damaged pages; how many cannot be told"};
    // From an index that is whole, if there is one.
    const auto all = plan.isJoined ? Result<std::int64_t>(0) : m_db.scalar(formatText("SELECT count(*) FROM {}", plan.table));
    if (all && *all > read)
        loss.why = formatText("{} of {} rows could not be read; they lie on damaged pages", *all - read, *all);
    m_losses.push_back(std::move(loss));
}

template <class Row> void RowScan::look(const RowScanPlan& plan, const Row& row, std::vector<Found>& found)
{
    std::uint32_t* known = nullptr;
    const auto known_ = [&]() -> std::uint32_t& {
        if (!known) known = &row.known(m_known);
        return *known;
    };
    for (std::size_t i = 0; i < plan.texts.size(); ++i) {
        const RowScanPlan::Text& text = plan.texts[i];
        const std::string_view bytes = row.text(i);
        for (std::size_t word = 0; word < m_words.size(); ++word) {
            const TextNeedle& needle = m_words[word];
            // The bytes first: nearly all rows end here.
            const bool maybe = text.isJson ? needle.mayBeInJson(bytes) : needle.in(bytes) != std::string_view::npos;
            if (!maybe || (known_() >> word & 1U)) continue;
            auto snippet = text.isJson ? needle.inJson(bytes) : needle.inText(bytes);
            if (!snippet) continue;
            known_() |= 1U << word;
            std::string step = plan.stepOf ? plan.stepOf(row.step()) : std::string(row.step());
            found.push_back({word, row.run(), std::move(step), text.place, std::move(*snippet)});
        }
    }
}

/// Outside of any statement on the rows: the receiver may take its time.
Status RowScan::tell(const RowScanPlan& plan, std::vector<Found>& found)
{
    if (found.empty()) return {};
    TR_ASSIGN(auto runs, runIdsOf(plan, found));
    for (std::size_t i = 0; i < found.size(); ++i) {
        Found& each = found[i];
        if (!runs[i]) continue;
        TR_TRY(
            m_hit({each.word, std::move(*runs[i]), {}, std::move(each.step), std::move(each.place), std::move(each.snippet)}));
    }
    found.clear();
    return {};
}

Result<RowScan::RunIds> RowScan::runIdsOf(const RowScanPlan& plan, const std::vector<Found>& found)
{
    RunIds runs;
    runs.reserve(found.size());
    if (plan.runOf.empty()) {
        for (const Found& each : found) runs.emplace_back(each.run);
        return runs;
    }
    // Together: by itself each look locks and unlocks the store, which costs more than the look.
    TR_ASSIGN(const Transaction view, m_db.transaction(Database::Begin::Read)); // its end takes nothing back
    if (neighbouringRunIds(plan, found, runs)) return runs;
    runs.clear();
    TR_ASSIGN(Statement named, m_db.prepare(plan.runOf));
    for (const Found& each : found) {
        TR_ASSIGN(runs.emplace_back(), runIdOf(named, each.run));
    }
    return runs;
}

/// False where they are no neighbours, or where not all of them can be read: then each by itself.
bool RowScan::neighbouringRunIds(const RowScanPlan& plan, const std::vector<Found>& found, RunIds& runs)
{
    if (plan.runsOf.empty()) return false;
    std::vector<std::int64_t> numbers;
    for (const Found& each : found) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(each.run.data(), each.run.data() + each.run.size(), number);
        if (error != std::errc() || end != each.run.data() + each.run.size() || number < 0) return false;
        numbers.push_back(number);
    }
    const auto [lowest, highest] = std::ranges::minmax(numbers);
    if (highest - lowest > static_cast<std::int64_t>(2 * found.size())) return false;
    auto statement = m_db.prepare(plan.runsOf);
    if (!statement) return false;
    statement->bind(1, lowest).bind(2, highest);
    RunIds byNumber(static_cast<std::size_t>(highest - lowest) + 1);
    for (;;) {
        const auto more = statement->step();
        if (!more) return false;
        if (!*more) break;
        if (const std::int64_t number = statement->intAt(0); number >= lowest && number <= highest)
            byNumber[static_cast<std::size_t>(number - lowest)] = statement->stringAt(1);
    }
    for (const std::int64_t number : numbers) runs.push_back(byNumber[static_cast<std::size_t>(number - lowest)]);
    return true;
}

/// Nothing where it was taken away meanwhile, or where what names it lies on a damaged page: then it is no run that is known.
Result<std::optional<std::string>> RowScan::runIdOf(Statement& named, const std::string& run)
{
    named.reset();
    named.bind(1, run);
    const auto there = named.step();
    if (there && *there) return named.stringAt(0);
    if (there) return std::nullopt;
    if (!isDamage(there.error())) return std::unexpected(there.error());
    const ScanLoss loss{"runs", "the texts of some were found, but not which runs they are: that lies on damaged pages"};
    if (!std::ranges::contains(m_losses, loss)) m_losses.push_back(loss);
    return std::nullopt;
}

} // namespace tackroom
