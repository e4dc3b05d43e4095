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

    [[nodiscard]] Status reopen(const CancelToken& cancel);
    [[nodiscard]] Status refresh(const CancelToken& cancel);
    [[nodiscard]] Result<std::vector<RunMark>> look();
    [[nodiscard]] Status readAll(const std::vector<RunMark>& runs, RunSink& sink, const CancelToken& cancel);
    [[nodiscard]] Result<std::size_t> readBatch(std::span<const RunMark> runs, RunSink& sink, const CancelToken& cancel);
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

/// Reads as many of the runs as a batch may hold; answers how many.
Result<std::size_t> DatabaseReader::Private::readBatch(std::span<const RunMark> runs, RunSink& sink, const CancelToken& cancel)
{
    std::vector<RunRecord> records;
    std::size_t done = 0;
    {
        TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
        const std::int64_t started = steadyMs();
        std::size_t steps = 0;
        const auto skipped = [&](std::string where, std::string why) { sink.skipped(std::move(where), std::move(why)); };
        while (done < runs.size() && steps < kDatabaseBatchSteps && steadyMs() - started < kDatabaseBatchMs) {
            if (cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(auto record, readOne(runs[done++], skipped));
            if (!record) continue;
            steps += record->steps.size();
            records.push_back(std::move(*record));
        }
    }
    // Delivered when nothing is open any more: the receiver may take its time.
    for (auto& record : records) TR_TRY(sink.add(std::move(record)));
    return done;
}

Status DatabaseReader::Private::readAll(const std::vector<RunMark>& runs, RunSink& sink, const CancelToken& cancel)
{
    int reopens = 0;
    for (std::size_t done = 0; done < runs.size();) {
        if (cancel.cancelled()) return CancelToken::error();
        if (const auto same = db.recheck(); !same) {
            if (same.error().code != ErrorCode::Locked || ++reopens > kMaxDatabaseReopens) return same;
            TR_TRY(reopen(cancel));
        }
        TR_ASSIGN(const std::size_t more, readBatch(std::span(runs).subspan(done), sink, cancel));
        done += more;
        sink.progress(done, runs.size());
    }
    return {};
}

DatabaseReader::DatabaseReader(Database db, std::filesystem::path path, StoreInfo info, std::unique_ptr<DatabaseFormat> format)
    : d(new Private{.db = std::move(db), .path = std::move(path), .info = std::move(info), .format = std::move(format)})
{
    std::error_code error;
    const auto size = std::filesystem::file_size(d->path, error);
    if (!error) d->info.sizeBytes = size;
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

Result<std::string> DatabaseReader::ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    TR_TRY(d->refresh(cancel));
    TR_ASSIGN(auto runs, d->look());
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
            TR_TRY(d->readAll(runs, sink, cancel));
            return now.toText();
        }
    }
    sink.startsOver();
    sink.progress(0, runs.size());
    TR_TRY(d->readAll(runs, sink, cancel));
    return now.toText();
}

Result<Body> DatabaseReader::fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_TRY(d->refresh({}));
    std::optional<ParsedRun> parsed;
    {
        TR_ASSIGN(auto view, d->db.transaction(Database::Begin::Read));
        TR_ASSIGN(const auto row, d->format->find(d->db, run.nativeId));
        if (row) {
            TR_ASSIGN(parsed, d->format->read(d->db, *row, true, [](const std::string&, const std::string&) {}));
        }
    }
    if (!parsed) return fail(ErrorCode::NotFound, run.nativeId, "there is no such run in the store any more");
    return bodyOf(*parsed, stepId, maxBytes);
}

const TableInfo* storedTable(std::span<const TableInfo> tables, std::string_view name)
{
    const TableInfo* found = findTable(tables, name);
    return found && !found->isView && !found->isVirtual ? found : nullptr;
}

Result<bool> hasTables(const DatabaseCandidate& candidate, std::string_view storeName,
                       std::initializer_list<NeededTable> needed)
{
    const TableInfo* unreadable = nullptr;
    for (const NeededTable& each : needed) {
        const TableInfo* table = findTable(candidate.tables, each.name);
        if (!table) return false;
        if (table->isView || table->isVirtual)
            unreadable = table; // its columns are not known
        else if (!std::ranges::all_of(each.columns, [&](std::string_view column) { return table->hasColumn(column); }))
            return false;
    }
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
