// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/databasereader.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <sys/stat.h>

namespace tackroom
{

namespace
{

/// How long a batch may hold its reading transaction, and how many steps it may gather.
constexpr std::int64_t kDatabaseBatchMs = 100;
constexpr std::size_t kDatabaseBatchSteps = 20'000;
/// A store whose way of reading no longer holds (a writer came) is opened again, so often.
constexpr int kMaxDatabaseReopens = 5;
constexpr std::size_t kMaxBuckets = 4096;
constexpr std::size_t kMinBuckets = 16;

std::int64_t steadyMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b)
{
    const std::uint64_t pair[2] = {a, b};
    return xxh64({reinterpret_cast<const char*>(pair), sizeof pair});
}

std::uint64_t fromHex(std::string_view text)
{
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

/// How far a store was read: the cursor between two ingests.
struct DatabaseMarks {
    std::int64_t highest = 0;
    std::uint64_t ids = 0; ///< sum over the runs up to `highest`
    std::vector<std::uint64_t> states;

    [[nodiscard]] std::size_t bucketOf(const RunMark& mark) const { return mark.id & (states.size() - 1); }
    [[nodiscard]] static DatabaseMarks of(const std::vector<RunMark>& runs, std::size_t buckets, std::int64_t upTo);
    [[nodiscard]] std::string toText() const;
    [[nodiscard]] static std::optional<DatabaseMarks> fromText(const std::string& text);
};

DatabaseMarks DatabaseMarks::of(const std::vector<RunMark>& runs, std::size_t buckets, std::int64_t upTo)
{
    DatabaseMarks marks;
    marks.highest = upTo;
    marks.states.assign(buckets, 0);
    for (const RunMark& run : runs) {
        if (run.row > upTo) continue;
        marks.ids += mixed(run.id, 1); // sums do not depend on the order
        marks.states[marks.bucketOf(run)] += mixed(run.id, run.state);
    }
    return marks;
}

std::string DatabaseMarks::toText() const
{
    std::string all;
    for (const auto state : states) all += formatText("{:016x}", state);
    return dumpJson({{"version", 1}, {"highest", highest}, {"ids", formatText("{:016x}", ids)}, {"states", all}});
}

std::optional<DatabaseMarks> DatabaseMarks::fromText(const std::string& text)
{
    const auto json = parseJson(text, "cursor");
    if (!json || intAt(*json, "version") != 1) return std::nullopt;
    DatabaseMarks marks;
    marks.highest = intAt(*json, "highest");
    marks.ids = fromHex(stringAt(*json, "ids"));
    const std::string all = stringAt(*json, "states");
    const std::size_t buckets = all.size() / 16;
    if (buckets < kMinBuckets || buckets > kMaxBuckets || !std::has_single_bit(buckets)) return std::nullopt;
    for (std::size_t i = 0; i < buckets; ++i) marks.states.push_back(fromHex(std::string_view(all).substr(i * 16, 16)));
    return marks;
}

} // namespace

struct DatabaseReader::Private {
    Database db;
    std::filesystem::path path;
    StoreInfo info;
    std::unique_ptr<DatabaseFormat> format;
    std::vector<ScanLoss> losses;

    [[nodiscard]] Status reopen(const CancelToken& cancel);
    [[nodiscard]] Status refresh(const CancelToken& cancel);
    [[nodiscard]] Result<std::vector<RunMark>> look();
    [[nodiscard]] Status readAll(const std::vector<RunMark>& runs, RunSink& sink, const CancelToken& cancel);
    struct Batch {
        std::size_t done = 0; ///< of the runs asked for
        std::vector<RunRecord> records;
        std::vector<std::pair<std::string, std::string>> skipped;
    };
    [[nodiscard]] Result<Batch> readBatch(std::span<const RunMark> runs, const CancelToken& cancel);
    [[nodiscard]] Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel);
    [[nodiscard]] Result<std::optional<ParsedRun>> fetchNow(const std::string& nativeId);
    [[nodiscard]] Result<bool> stillGood(int& reopens, const CancelToken& cancel);
    [[nodiscard]] Result<std::optional<RunRecord>> readOne(const RunMark& run, const DatabaseFormat::Skipped& skipped);
};

Status DatabaseReader::Private::reopen(const CancelToken& cancel)
{
    TR_ASSIGN(db, openForeign(path, cancel));
    db.setCancel(cancel);
    return {};
}

/// A store that nobody wrote to is read without locks; where somebody has begun to, it is opened again.
Status DatabaseReader::Private::refresh(const CancelToken& cancel)
{
    const auto same = db.recheck();
    if (same || same.error().code != ErrorCode::Locked) return same;
    return reopen(cancel);
}

Result<std::vector<RunMark>> DatabaseReader::Private::look()
{
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    return format->look(db);
}

Result<std::optional<RunRecord>> DatabaseReader::Private::readOne(const RunMark& run, const DatabaseFormat::Skipped& skipped)
{
    auto parsed = format->read(db, run.row, false, skipped);
    if (!parsed) {
        // One run on a broken page does not hide the others.
        if (parsed.error().code != ErrorCode::Damaged) return std::unexpected(parsed.error());
        skipped(formatText("run in row {}", run.row), parsed.error().detail);
        return std::nullopt;
    }
    if (!*parsed) return std::nullopt;
    RunRecord record = std::move((*parsed)->record);
    if (xxh64(record.run.nativeId) != run.id)
        return fail(ErrorCode::Locked, path.string(), "the database was rewritten while it was read; try again");
    if (record.run.key.value.empty()) record.run.key = runKeyOf(info.kind, record.run.nativeId);
    return record;
}

/// Reads as many of the runs as a batch may hold, in a few milliseconds.
Result<DatabaseReader::Private::Batch> DatabaseReader::Private::readBatch(std::span<const RunMark> runs,
                                                                          const CancelToken& cancel)
{
    Batch batch;
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    const std::int64_t started = steadyMs();
    std::size_t steps = 0;
    const auto skipped = [&](std::string where, std::string why) {
        batch.skipped.emplace_back(std::move(where), std::move(why));
    };
    while (batch.done < runs.size() && steps < kDatabaseBatchSteps && steadyMs() - started < kDatabaseBatchMs) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(auto record, readOne(runs[batch.done++], skipped));
        if (!record) continue;
        steps += record->steps.size();
        batch.records.push_back(std::move(*record));
    }
    return batch;
}

/// False: somebody has changed the store under our hands, and it was opened again.
Result<bool> DatabaseReader::Private::stillGood(int& reopens, const CancelToken& cancel)
{
    const auto same = db.recheck();
    if (same) return true;
    if (same.error().code != ErrorCode::Locked || ++reopens > kMaxDatabaseReopens) return std::unexpected(same.error());
    TR_TRY(reopen(cancel));
    return false;
}

Status DatabaseReader::Private::readAll(const std::vector<RunMark>& runs, RunSink& sink, const CancelToken& cancel)
{
    int reopens = 0;
    for (std::size_t done = 0; done < runs.size();) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_TRY(stillGood(reopens, cancel));
        auto batch = readBatch(std::span(runs).subspan(done), cancel);
        // What was read without locks while a writer came may be anything, an error too: it is not delivered but read again.
        TR_ASSIGN(const bool good, stillGood(reopens, cancel));
        if (!good) continue;
        if (!batch) return std::unexpected(batch.error());
        // Delivered when nothing is open any more: the receiver may take its time.
        for (auto& [where, why] : batch->skipped) sink.skipped(std::move(where), std::move(why));
        for (auto& record : batch->records) TR_TRY(sink.add(std::move(record)));
        done += batch->done;
        sink.progress(done, runs.size());
    }
    return {};
}

DatabaseReader::DatabaseReader(Database db, std::filesystem::path path, StoreInfo info, std::unique_ptr<DatabaseFormat> format)
    : d(new Private{
          .db = std::move(db), .path = std::move(path), .info = std::move(info), .format = std::move(format), .losses = {}})
{
    std::error_code error;
    const auto size = std::filesystem::file_size(d->path, error);
    if (!error) d->info.sizeBytes = size;
    if (const std::string& caution = d->db.caution(); !caution.empty())
        d->info.note += (d->info.note.empty() ? "" : "; ") + caution;
}

DatabaseReader::~DatabaseReader() = default;

const StoreInfo& DatabaseReader::info() const { return d->info; }

Result<std::string> DatabaseReader::fingerprint()
{
    // Looked at only: opening and closing the file here would drop the locks of our own connection.
    TR_TRY(d->refresh({}));
    std::string text;
    for (const char* suffix : {"", "-wal"}) {
        struct stat st{};
        if (::stat((d->path.string() + suffix).c_str(), &st) != 0) {
            if (*suffix) continue;
            return std::unexpected(errorFromErrno(errno, d->path.string(), "cannot look at the database"));
        }
        // An empty log says nothing, and is made and removed by anybody who looks.
        if (st.st_size > 0) text += formatText("{}:{}:{}.{:09}:", st.st_ino, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }
    return text;
}

Result<std::string> ingestOrSalvage(Database& db, const std::filesystem::path& path, const std::string& cursor, RunSink& sink,
                                    const CancelToken& cancel, const IngestFrom& ingest)
{
    auto done = ingest(cursor);
    if (done || done.error().code != ErrorCode::Damaged || db.foreignMode() == ForeignMode::PrivateCopy) return done;
    const Error damage = done.error();
    auto salvaged = openSalvaged(path, cancel, [&] { sink.progress(0, 0); });
    if (!salvaged) return std::unexpected(salvaged.error().code == ErrorCode::Damaged ? damage : salvaged.error());
    db = std::move(salvaged->db);
    db.setCancel(cancel);
    done = ingest({});
    for (auto& loss : salvaged->losses) sink.skipped(std::move(loss.where), std::move(loss.why));
    return done;
}

Result<std::string> DatabaseReader::ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    TR_TRY(d->refresh(cancel));
    return ingestOrSalvage(d->db, d->path, cursor, sink, cancel,
                           [&](const std::string& from) { return d->ingest(from, sink, cancel); });
}

Result<std::string> DatabaseReader::Private::ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    TR_ASSIGN(auto runs, look());
    std::ranges::sort(runs, std::ranges::greater(), &RunMark::row);
    const std::size_t buckets = std::bit_ceil(std::clamp(runs.size(), kMinBuckets, kMaxBuckets));
    const auto now = DatabaseMarks::of(runs, buckets, runs.empty() ? 0 : runs.front().row);
    if (const auto before = DatabaseMarks::fromText(cursor)) {
        const auto then = DatabaseMarks::of(runs, before->states.size(), before->highest);
        if (then.ids == before->ids) {
            std::erase_if(runs, [&](const RunMark& run) {
                const std::size_t bucket = then.bucketOf(run);
                return run.row <= before->highest && then.states[bucket] == before->states[bucket];
            });
            TR_TRY(readAll(runs, sink, cancel));
            return now.toText();
        }
    }
    sink.startsOver();
    sink.progress(0, runs.size());
    TR_TRY(readAll(runs, sink, cancel));
    return now.toText();
}

Result<std::optional<ParsedRun>> DatabaseReader::Private::fetchNow(const std::string& nativeId)
{
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    TR_ASSIGN(const auto row, format->find(db, nativeId));
    if (!row) return std::nullopt;
    return format->read(db, *row, true, [](const std::string&, const std::string&) {});
}

Result<Body> DatabaseReader::fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_TRY(d->refresh({}));
    int reopens = 0;
    for (;;) {
        auto parsed = d->fetchNow(run.nativeId);
        // What was read without locks while a writer came may be anything.
        TR_ASSIGN(const bool good, d->stillGood(reopens, {}));
        if (!good) continue;
        if (!parsed && parsed.error().code == ErrorCode::Damaged && d->db.foreignMode() != ForeignMode::PrivateCopy)
            if (auto salvaged = openSalvaged(d->path, {})) {
                d->db = std::move(salvaged->db);
                for (auto& loss : salvaged->losses) d->losses.push_back({std::move(loss.where), std::move(loss.why)});
                continue;
            }
        if (!parsed) return std::unexpected(parsed.error());
        if (*parsed) return bodyOf(**parsed, stepId, maxBytes);
        return fail(ErrorCode::NotFound, run.nativeId, "there is no such run in the store any more");
    }
}

Result<std::vector<RowScanPlan>> DatabaseFormat::scanPlans(Database&) { return std::vector<RowScanPlan>(); }

Result<bool> DatabaseReader::scan(const std::vector<TextNeedle>& words, const Hit& hit, const Done& done,
                                  const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    TR_TRY(d->refresh(cancel));
    TR_ASSIGN(const auto plans, d->format->scanPlans(d->db));
    RowScan scan(d->db, words, hit, [&] { return d->reopen(cancel); });
    for (const RowScanPlan& plan : plans) TR_TRY(scan.run(plan, done, cancel));
    addLosses(d->losses, scan.takeLosses());
    return !plans.empty();
}

const std::vector<ScanLoss>& DatabaseReader::losses() const { return d->losses; }

const TableInfo* storedTable(std::span<const TableInfo> tables, std::string_view name)
{
    const TableInfo* found = findTable(tables, name);
    return found && !found->isView && !found->isVirtual ? found : nullptr;
}

std::unexpected<Error> computedColumn(const std::filesystem::path& path, const std::string& column)
{
    return fail(
        ErrorCode::Refused, path.string(),
        formatText("the column {} is computed by the database whenever it is read, and what a store computes is not run",
                   column));
}

Result<bool> hasTables(const DatabaseCandidate& candidate, std::string_view storeName,
                       std::initializer_list<NeededTable> needed)
{
    const TableInfo* unreadable = nullptr;
    std::string computed;
    for (const NeededTable& each : needed) {
        const TableInfo* table = findTable(candidate.tables, each.name);
        if (!table) return false;
        if (table->isView || table->isVirtual) unreadable = table; // its columns are not known
        for (const std::string_view column : each.columns) {
            if (unreadable == table || table->hasColumn(column)) continue;
            if (!table->computes(column)) return false;
            computed = formatText("\"{}\" of \"{}\"", column, each.name);
        }
    }
    if (!unreadable && !computed.empty()) return computedColumn(candidate.path, computed);
    for (const NeededTable& each : needed)
        if (const TableInfo* table = findTable(candidate.tables, each.name); !unreadable && !table->hasRowNumbers)
            return fail(ErrorCode::Refused, candidate.path.string(),
                        formatText("the rows of \"{}\" have no numbers here by which they could be found again", each.name));
    if (!unreadable) return true;
    return fail(ErrorCode::Refused, candidate.path.string(),
                formatText("\"{}\" is {} here; {} has a table of that name", cutUtf8(toUtf8(unreadable->name), 60),
                           unreadable->isView ? "a view" : "a virtual table", storeName));
}

namespace sqltext
{

std::string column(const TableInfo* table, std::string_view alias, std::string_view name, std::string_view otherwise)
{
    return table && table->hasColumn(name) ? formatText("{}.\"{}\"", alias, name) : std::string(otherwise);
}

std::string limited(const std::string& expression, std::uint64_t maxBytes)
{
    // octet_length looks at the record's header only.
    return formatText("CASE WHEN octet_length({0}) <= {1} THEN {0} END", expression, maxBytes);
}

std::string rowId(std::string_view alias) { return formatText("{}.rowid", alias); }

} // namespace sqltext

StateHash& StateHash::add(std::string_view text)
{
    m_value = mixed(m_value, xxh64(text));
    return *this;
}

StateHash& StateHash::add(std::int64_t number)
{
    m_value = mixed(m_value, static_cast<std::uint64_t>(number));
    return *this;
}

StateHash& StateHash::add(const Statement& row, int fromColumn)
{
    for (int i = fromColumn; i < row.columnCount(); ++i) add(row.textAt(i));
    return *this;
}

UtcNs timeOfSeconds(double seconds)
{
    constexpr double kMost = 9e9; // the year 2255
    if (!std::isfinite(seconds) || seconds <= 0 || seconds > kMost) return 0;
    // A double has microseconds of such times, and no more.
    return static_cast<UtcNs>(std::llround(seconds * 1e6)) * 1000;
}

UtcNs timeOfMilliseconds(std::int64_t milliseconds)
{
    constexpr std::int64_t kMost = 9'000'000'000'000;
    return milliseconds > 0 && milliseconds <= kMost ? milliseconds * 1'000'000 : 0;
}

} // namespace tackroom
