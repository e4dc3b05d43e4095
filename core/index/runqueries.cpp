// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/runqueries.h"

#include "core/base/format.h"
#include "core/index/everywhere.h"
#include "core/index/filtersql.h"
#include "core/index/indexschema.h"
#include "core/index/packedparts.h"
#include "core/index/rowvalues.h"
#include "core/index/runrecords.h"
#include "core/sql/sql.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sys/stat.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kShortestPrefix = 6;
/// Above this many versions they are ordered by their names; nobody reads an order of first use that long.
constexpr std::size_t kMaxOrderedVersions = 500;

std::string uriOf(const std::filesystem::path& file)
{
    std::string uri = "file://";
    for (const char c : std::filesystem::absolute(file).string()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
                           c == '-' || c == '_';
        uri += plain ? std::string(1, c) : formatText("%{:02X}", static_cast<unsigned char>(c));
    }
    return uri + "?mode=ro";
}

/// What tells whether derived.db is still the file that was attached.
struct FileId {
    std::uint64_t device = 0, inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
};
FileId fileIdOf(const std::filesystem::path& file)
{
    struct stat st{};
    if (::stat(file.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
    return {st.st_dev, st.st_ino};
}

std::string_view orderText(RunOrder order, bool derived)
{
    switch (order) {
    case RunOrder::Start:
        return "r.start_ns";
    case RunOrder::Duration:
        return "r.end_ns - r.start_ns";
    case RunOrder::Steps:
        return "r.step_count";
    case RunOrder::Errors:
        return "r.error_count";
    case RunOrder::Cost:
        return "r.cost_usd";
    case RunOrder::Tokens:
        return "r.prompt_tokens + r.completion_tokens";
    case RunOrder::Outcome:
        return derived ? "(SELECT o.outcome FROM d.outcomes o WHERE o.run_row = r.id)" : "r.id";
    case RunOrder::Version:
        return "r.harness_version";
    case RunOrder::Task:
        return "substr(r.task, 1, 60) COLLATE NOCASE";
    case RunOrder::Cluster:
        return derived ? "(SELECT c.position FROM d.cluster_members m JOIN d.clusters c ON c.id = m.cluster_id WHERE m.run_row "
                         "= r.id)"
                       : "r.id";
    }
    return "r.id";
}

} // namespace

struct RunQueries::Private {
    Database db;
    std::filesystem::path folder;
    FileId attached;      ///< of derived.db; nothing where it is not attached
    FileId texts;         ///< of text.db
    std::string badTexts; ///< the stamp of a text.db that turned out to be damaged

    [[nodiscard]] bool derived() const { return attached != FileId{}; }
    [[nodiscard]] Result<filtersql::Where> whereOf(const RunFilter& filter);
    [[nodiscard]] Result<std::int64_t> count(const RunFilter& filter);
    [[nodiscard]] Result<std::vector<RunRow>> rows(const RunFilter& filter, RunOrder order, bool descending);
    [[nodiscard]] bool leavesTexts(const Error& error);
    [[nodiscard]] Result<bool> attachFitting(const std::filesystem::path& file, std::string_view name, int version);
    [[nodiscard]] Status lookForDerived();
    [[nodiscard]] Status attach(const std::filesystem::path& file, FileId id);
    [[nodiscard]] Result<std::string> meta(std::string_view key);
    [[nodiscard]] Result<std::int64_t> number(std::string_view key);
    [[nodiscard]] Status collect(std::vector<RunRow>& into, const std::string& sql, const filtersql::Where& where,
                                 const std::string* last);
    [[nodiscard]] Result<std::vector<std::string>> versionsByFirstUse();
    [[nodiscard]] Result<RunRow> findBy(std::string_view condition, const std::string& first, const std::string& second,
                                        bool& several);
    [[nodiscard]] std::string itemSql() const;
    [[nodiscard]] RunListItem itemOf(const Statement& row) const;
    using Values = std::vector<std::pair<std::string, std::int64_t>>;
    [[nodiscard]] Result<Values> countedValues(const std::string& sql);
};

/// The analysis may finish, or begin anew, while the window is open: looked at before each question, by one stat.
Status RunQueries::Private::lookForDerived()
{
    const auto file = folder / kDerivedFile;
    const FileId now = fileIdOf(file);
    if (now == attached) return {};
    if (derived()) {
        TR_TRY(db.exec("DETACH d"));
        attached = {};
    }
    if (now == FileId{}) return {};
    const auto done = attach(file, now);
    // A derived.db that cannot be read is as good as none; the analysis makes it anew.
    if (!done && done.error().code == ErrorCode::Cancelled) return done;
    return {};
}

Status RunQueries::Private::attach(const std::filesystem::path& file, FileId id)
{
    TR_ASSIGN(const bool fits, attachFitting(file, "d", kDerivedSchemaVersion));
    if (fits) attached = id;
    return {};
}

/// Attaches a file that belongs to this runs.db; false where it does not.
Result<bool> RunQueries::Private::attachFitting(const std::filesystem::path& file, std::string_view name, int wantedVersion)
{
    // The reader's limits forbid attaching; these two files are ours.
    sqlite3_limit(db.handle(), SQLITE_LIMIT_ATTACHED, 2);
    {
        TR_ASSIGN(Statement statement, db.prepare(formatText("ATTACH ? AS {}", name)));
        statement.bind(1, uriOf(file));
        TR_TRY(statement.run());
    }
    const auto fits = [&]() -> Result<bool> {
        TR_ASSIGN(const std::int64_t version, db.scalar(formatText("PRAGMA {}.user_version", name)));
        if (version != wantedVersion) return false;
        TR_ASSIGN(Statement statement, db.prepare(formatText("SELECT value FROM {}.meta WHERE key = 'runs_epoch'", name)));
        TR_ASSIGN(const bool row, statement.step());
        if (!row) return false;
        const std::string theirs = statement.stringAt(0);
        TR_ASSIGN(const std::string ours, meta("epoch"));
        return theirs == ours;
    }();
    if (fits && *fits) return true;
    TR_TRY(db.exec(formatText("DETACH {}", name)));
    return fits;
}

/// The texts are looked for only where words are.
Result<filtersql::Where> RunQueries::Private::whereOf(const RunFilter& filter)
{
    if (textWordsOf(filter).empty()) return filtersql::whereOf(db, filter, derived());
    const auto file = folder / kTextFile;
    const FileId now = fileIdOf(file);
    if (now != texts) {
        if (texts != FileId{}) TR_TRY(db.exec("DETACH t"));
        texts = {};
        // Texts that cannot be read are as good as none; the job that fills them begins anew.
        const auto fits = now == FileId{} || storeStamp(file) == badTexts ? Result<bool>(false)
                                                                          : attachFitting(file, "t", kTextSchemaVersion);
        if (!fits && fits.error().code == ErrorCode::Cancelled) return std::unexpected(fits.error());
        if (fits && *fits) texts = now;
    }
    return filtersql::whereOf(db, filter, derived(), texts != FileId{});
}

Result<std::string> RunQueries::Private::meta(std::string_view key)
{
    TR_ASSIGN(Statement statement, db.prepare("SELECT value FROM main.meta WHERE key = ?"));
    statement.bind(1, key);
    TR_ASSIGN(const bool row, statement.step());
    return row ? statement.stringAt(0) : std::string();
}

Result<std::int64_t> RunQueries::Private::number(std::string_view key)
{
    TR_ASSIGN(const std::string text, meta(key));
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<std::unique_ptr<RunQueries>> RunQueries::open(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openRuns(storeCacheFolder, cancel));
    db.setCancel(cancel);
    auto queries = std::unique_ptr<RunQueries>(new RunQueries(std::unique_ptr<Private>(
        new Private{.db = std::move(db), .folder = storeCacheFolder, .attached = {}, .texts = {}, .badTexts = {}})));
    TR_TRY(queries->d->lookForDerived());
    return queries;
}

RunQueries::RunQueries(std::unique_ptr<Private> priv) : d(std::move(priv)) {}
RunQueries::~RunQueries() = default;

Result<RunCounts> RunQueries::counts()
{
    TR_TRY(d->lookForDerived());
    RunCounts counts;
    TR_ASSIGN(counts.runs, d->number("runs"));
    TR_ASSIGN(counts.steps, d->number("steps"));
    TR_ASSIGN(counts.scores, d->number("scores"));
    TR_ASSIGN(counts.decisions, d->number("decisions"));
    TR_ASSIGN(counts.unreadable, d->number("unreadable"));
    if (d->derived()) {
        TR_ASSIGN(counts.failures, d->db.scalar("SELECT count(*) FROM d.outcomes WHERE outcome = 2"));
        TR_ASSIGN(counts.successes, d->db.scalar("SELECT count(*) FROM d.outcomes WHERE outcome = 1"));
    }
    counts.unknown = std::max<std::int64_t>(0, counts.runs - counts.failures - counts.successes);
    return counts;
}

/// Whether the question is worth asking again: texts that are damaged are done without.
bool RunQueries::Private::leavesTexts(const Error& error)
{
    if (error.code != ErrorCode::Damaged || texts == FileId{}) return false;
    texts = {};
    badTexts = storeStamp(folder / kTextFile);
    return db.exec("DETACH t").has_value();
}

Result<std::int64_t> RunQueries::count(const RunFilter& filter)
{
    auto counted = d->count(filter);
    return !counted && d->leavesTexts(counted.error()) ? d->count(filter) : counted;
}

Result<std::int64_t> RunQueries::Private::count(const RunFilter& filter)
{
    TR_TRY(lookForDerived());
    if (filter.fields.empty() && filter.words.empty()) return number("runs");
    TR_ASSIGN(const auto where, whereOf(filter));
    TR_ASSIGN(Statement statement, db.prepare("SELECT count(*) FROM runs r" + where.text));
    filtersql::bindAll(statement, where);
    TR_ASSIGN(const bool row, statement.step());
    return row ? statement.intAt(0) : 0;
}

Status RunQueries::Private::collect(std::vector<RunRow>& into, const std::string& sql, const filtersql::Where& where,
                                    const std::string* last)
{
    TR_ASSIGN(Statement statement, db.prepare(sql));
    const int next = filtersql::bindAll(statement, where);
    if (last) statement.bind(next, *last);
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return {};
        into.push_back(RunRow(statement.intAt(0)));
    }
}

Result<std::vector<std::string>> RunQueries::Private::versionsByFirstUse()
{
    TR_ASSIGN(const auto names, filtersql::distinctValues(db, "runs", "harness_version", "1", kMaxOrderedVersions + 1));
    if (names.size() > kMaxOrderedVersions) return std::vector<std::string>();
    std::vector<std::pair<std::int64_t, std::string>> byStart;
    for (const auto& name : names) {
        TR_ASSIGN(Statement statement, db.prepare("SELECT min(start_ns) FROM runs WHERE harness_version = ?"));
        statement.bind(1, name);
        TR_ASSIGN(const bool row, statement.step());
        byStart.emplace_back(row ? statement.intAt(0) : 0, name);
    }
    std::ranges::sort(byStart);
    std::vector<std::string> versions;
    for (auto& [start, name] : byStart) versions.push_back(std::move(name));
    return versions;
}

Result<std::vector<RunRow>> RunQueries::rows(const RunFilter& filter, RunOrder order, bool descending)
{
    auto found = d->rows(filter, order, descending);
    return !found && d->leavesTexts(found.error()) ? d->rows(filter, order, descending) : found;
}

Result<std::vector<RunRow>> RunQueries::Private::rows(const RunFilter& filter, RunOrder order, bool descending)
{
    TR_TRY(lookForDerived());
    TR_ASSIGN(const auto where, whereOf(filter));
    std::vector<RunRow> rows;
    const std::string_view direction = descending ? "DESC" : "ASC";
    const std::string select = "SELECT r.id FROM runs r" + where.text;
    if (order == RunOrder::Version) {
        // The names are commit ids: their order says nothing, that of their first use does.
        TR_ASSIGN(auto versions, versionsByFirstUse());
        if (!versions.empty()) {
            if (descending) std::ranges::reverse(versions);
            const std::string condition =
                formatText("{} r.harness_version = ?{}", where.text.empty() ? " WHERE" : " AND", where.values.size() + 1);
            for (const auto& version : versions)
                TR_TRY(collect(rows,
                               formatText("{}{} ORDER BY r.start_ns {}, r.id {}", select, condition, direction, direction),
                               where, &version));
            return rows;
        }
    }
    // The orders whose key is not from an index of its own fall back on the time within equal keys.
    const bool timeWithin = order == RunOrder::Outcome || order == RunOrder::Cluster;
    TR_TRY(collect(rows,
                   formatText("{} ORDER BY {} {}{}, r.id {}", select, orderText(order, derived()), direction,
                              timeWithin ? formatText(", r.start_ns {}", direction) : std::string(), direction),
                   where, nullptr));
    return rows;
}

std::string RunQueries::Private::itemSql() const
{
    const std::string base = formatText("SELECT {}", rowvalues::kRunColumns);
    if (!derived()) return base + " FROM runs r WHERE r.id = ?";
    return base +
           ", o.outcome, o.source, o.reason, c.id, c.label FROM runs r LEFT JOIN d.outcomes o ON o.run_row = r.id "
           "LEFT JOIN d.cluster_members m ON m.run_row = r.id LEFT JOIN d.clusters c ON c.id = m.cluster_id WHERE r.id = ?";
}

RunListItem RunQueries::Private::itemOf(const Statement& row) const
{
    RunListItem item;
    item.row = RunRow(row.intAt(0));
    item.run = rowvalues::readRun(row);
    item.versionLabel = filtersql::versionLabelOf(item.run.harnessVersion, item.run.harnessVersionLabel);
    if (!derived()) return item;
    int c = rowvalues::kRunColumnCount;
    item.outcome = rowvalues::enumOf(row.intAt(c++), Outcome::Failure);
    item.outcomeSource = rowvalues::enumOf(row.intAt(c++), OutcomeSource::Human);
    item.outcomeReason = row.stringAt(c++);
    item.cluster = ClusterId(row.stringAt(c++));
    item.clusterLabel = row.stringAt(c++);
    return item;
}

Result<std::vector<RunListItem>> RunQueries::items(const std::vector<RunRow>& rows)
{
    TR_TRY(d->lookForDerived());
    std::vector<RunListItem> items;
    items.reserve(rows.size());
    TR_ASSIGN(Statement statement, d->db.prepare(d->itemSql()));
    for (const RunRow row : rows) {
        statement.bind(1, row.value);
        TR_ASSIGN(const bool found, statement.step());
        // A run that left the store meanwhile keeps its place, empty, so that places and rows still agree.
        items.push_back(
            found ? d->itemOf(statement)
                  : RunListItem{
                        .row = row, .run = {}, .outcomeReason = {}, .cluster = {}, .clusterLabel = {}, .versionLabel = {}});
        statement.reset();
    }
    return items;
}

Result<RunListItem> RunQueries::item(RunRow row)
{
    TR_TRY(d->lookForDerived());
    TR_ASSIGN(Statement statement, d->db.prepare(d->itemSql()));
    statement.bind(1, row.value);
    TR_ASSIGN(const bool found, statement.step());
    if (!found) return fail(ErrorCode::NotFound, d->folder.string(), "this run is no longer in the index");
    return d->itemOf(statement);
}

/// The one run of a condition; `several` where there are more. Row 0 where there is none.
Result<RunRow> RunQueries::Private::findBy(std::string_view condition, const std::string& first, const std::string& second,
                                           bool& several)
{
    TR_ASSIGN(Statement statement, db.prepare(formatText("SELECT r.id FROM runs r WHERE {} LIMIT 2", condition)));
    statement.bind(1, first);
    if (!second.empty()) statement.bind(2, second);
    TR_ASSIGN(const bool found, statement.step());
    if (!found) return RunRow(0);
    const RunRow row(statement.intAt(0));
    TR_ASSIGN(several, statement.step());
    return row;
}

Result<RunRow> RunQueries::find(std::string_view keyOrId)
{
    const std::string text(keyOrId);
    bool several = false;
    for (const std::string_view condition : {"r.run_key = ?1", "r.native_id = ?1"}) {
        TR_ASSIGN(const RunRow row, d->findBy(condition, text, {}, several));
        if (row.value != 0 && !several) return row;
    }
    if (text.size() >= kShortestPrefix) {
        const std::string end = text + "\U0010FFFF";
        TR_ASSIGN(
            const RunRow row,
            d->findBy("(r.run_key >= ?1 AND r.run_key < ?2) OR (r.native_id >= ?1 AND r.native_id < ?2)", text, end, several));
        if (several) return fail(ErrorCode::NotFound, text, "several runs begin like this", "give more of the id");
        if (row.value != 0) return row;
    }
    return fail(ErrorCode::NotFound, text, "there is no such run in the index",
                text.size() < kShortestPrefix ? "give the whole id or at least 6 characters of it" : "");
}

Result<std::vector<StepItem>> RunQueries::steps(RunRow row)
{
    TR_ASSIGN(auto parts, readParts(d->db, row.value, PartsWanted::All));
    std::vector<StepItem> steps;
    steps.reserve(parts.steps.size());
    const std::int64_t before = firstPartOf(row.value);
    for (std::size_t i = 0; i < parts.steps.size(); ++i)
        steps.push_back({before + static_cast<std::int64_t>(i) + 1, parts.parents[i] > 0 ? before + parts.parents[i] : 0,
                         parts.depths[i], std::move(parts.steps[i])});
    return steps;
}

Result<std::vector<Score>> RunQueries::scores(RunRow row)
{
    TR_ASSIGN(auto parts, readParts(d->db, row.value, PartsWanted::Judgements));
    return std::move(parts.scores);
}

Result<std::vector<HumanDecision>> RunQueries::decisions(RunRow row)
{
    TR_ASSIGN(auto parts, readParts(d->db, row.value, PartsWanted::Judgements));
    return std::move(parts.decisions);
}

Result<std::vector<RunQueries::Skipped>> RunQueries::skipped(std::size_t limit)
{
    std::vector<Skipped> skipped;
    TR_ASSIGN(Statement statement, d->db.prepare("SELECT where_text, why FROM skipped ORDER BY where_text, why LIMIT ?"));
    statement.bind(1, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return skipped;
        skipped.push_back({statement.stringAt(0), statement.stringAt(1)});
    }
}

Result<RunQueries::Private::Values> RunQueries::Private::countedValues(const std::string& sql)
{
    Values values;
    TR_ASSIGN(Statement statement, db.prepare(sql));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return values;
        values.emplace_back(statement.stringAt(0), statement.intAt(1));
    }
}

Result<std::vector<std::pair<std::string, std::int64_t>>> RunQueries::values(std::string_view field, std::size_t limit)
{
    TR_TRY(d->lookForDerived());
    Private::Values found;
    if (field == "version") {
        TR_ASSIGN(const auto versions, d->countedValues("SELECT harness_version, count(*) FROM runs GROUP BY harness_version"));
        std::map<std::string, std::int64_t> byLabel;
        for (const auto& [version, runs] : versions) {
            TR_ASSIGN(Statement statement,
                      d->db.prepare(
                          "SELECT harness_version_label FROM runs WHERE harness_version = ? ORDER BY start_ns DESC LIMIT 1"));
            statement.bind(1, version);
            TR_ASSIGN(const bool row, statement.step());
            const std::string label = filtersql::versionLabelOf(version, row ? statement.stringAt(0) : std::string());
            byLabel[label.empty() ? "none" : label] += runs;
        }
        found.assign(byLabel.begin(), byLabel.end());
    } else if (field == "tool") {
        TR_ASSIGN(found, d->countedValues(filtersql::runsByName(kToolName)));
    } else if (field == "session" || field == "user") {
        TR_ASSIGN(found,
                  d->countedValues(formatText("SELECT {0}_id, count(*) FROM runs WHERE {0}_id <> '' GROUP BY {0}_id", field)));
    } else if (field == "error") {
        TR_ASSIGN(found, d->countedValues("SELECT type, count(DISTINCT id >> 20) FROM errors WHERE type <> '' GROUP BY type"));
    } else if (field == "cluster" && d->derived()) {
        TR_ASSIGN(found, d->countedValues("SELECT cluster_id, count(*) FROM d.cluster_members GROUP BY cluster_id"));
    } else if (field == "outcome" || field == "source") {
        const bool outcome = field == "outcome";
        TR_ASSIGN(const std::int64_t runs, d->number("runs"));
        std::map<std::int64_t, std::int64_t> byNumber{{0, runs}};
        if (d->derived()) {
            TR_ASSIGN(const auto numbers,
                      d->countedValues(formatText("SELECT {0}, count(*) FROM d.outcomes WHERE {0} <> 0 GROUP BY {0}", field)));
            for (const auto& [number, count] : numbers) {
                byNumber[std::stoll(number)] = count;
                byNumber[0] -= count;
            }
        }
        for (const auto& [number, count] : byNumber)
            if (count > 0)
                found.emplace_back(outcome ? nameOf(static_cast<Outcome>(number)) : nameOf(static_cast<OutcomeSource>(number)),
                                   count);
    } else {
        TR_ASSIGN(found, filtersql::moreValues(d->db, field, d->derived()));
    }
    std::ranges::sort(
        found, [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    if (found.size() > limit) found.resize(limit);
    return found;
}

} // namespace tackroom
