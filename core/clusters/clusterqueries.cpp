// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/clusters/clusters.h"
#include "core/clusters/ledgerreplay.h"
#include "core/index/indexschema.h"
#include "core/sql/sql.h"

#include <algorithm>

namespace tackroom
{

struct ClusterQueries::Private {
    Database derived;
    Database runs;
};

namespace
{

constexpr std::string_view kClusterColumns =
    "SELECT id, layer, layer_share, layer_reason, family, subject, signature, label, description, runs, failing_runs, users, "
    "share_low, "
    "share_high, first_seen_ns, last_seen_ns, versions, per_week, words FROM clusters ORDER BY position";

Layer layerAt(const Statement& row, int column)
{
    const std::int64_t value = row.intAt(column);
    return value >= 0 && value <= static_cast<std::int64_t>(Layer::Model) ? static_cast<Layer>(value) : Layer::Unknown;
}

Result<ClusterItem> clusterAt(const Statement& row)
{
    ClusterItem item;
    item.id = ClusterId(row.stringAt(0));
    item.layer = layerAt(row, 1);
    item.layerShare = row.doubleAt(2);
    item.layerReason = row.stringAt(3);
    item.family = row.stringAt(4);
    item.subject = row.stringAt(5);
    item.signature = row.stringAt(6);
    item.label = row.stringAt(7);
    item.description = row.stringAt(8);
    item.runs = row.intAt(9);
    item.failingRuns = row.intAt(10);
    item.users = row.intAt(11);
    item.share = {row.doubleAt(12), row.doubleAt(13)};
    item.firstSeen = row.intAt(14);
    item.lastSeen = row.intAt(15);
    TR_ASSIGN(const Json versions, parseJson(row.textAt(16), "derived.db, versions of a cluster"));
    for (const Json& version : versions)
        item.versions.push_back(
            {stringAt(version, "version"), stringAt(version, "label"), intAt(version, "runs"), intAt(version, "outOf")});
    TR_ASSIGN(const Json weeks, parseJson(row.textAt(17), "derived.db, weeks of a cluster"));
    for (const Json& week : weeks)
        if (week.is_number_integer()) item.perWeek.push_back(week.get<std::int64_t>());
    if (row.textAt(18).empty()) return item;
    TR_ASSIGN(const Json words, parseJson(row.textAt(18), "derived.db, words on a cluster"));
    item.words = wordsFromJson(words);
    return item;
}

} // namespace

ClusterQueries::ClusterQueries(std::unique_ptr<Private> priv) : d(std::move(priv)) {}
ClusterQueries::~ClusterQueries() = default;

Result<std::unique_ptr<ClusterQueries>> ClusterQueries::open(const std::filesystem::path& storeCacheFolder,
                                                             const CancelToken& cancel)
{
    const auto none = [&] {
        return fail(ErrorCode::NotFound, storeCacheFolder.string(), "no analysis has been made of this store yet",
                    "Index the store; the analysis follows.");
    };
    std::error_code error;
    if (!std::filesystem::exists(storeCacheFolder / kDerivedFile, error)) return none();
    TR_ASSIGN(Database derived, openCacheReader(storeCacheFolder / kDerivedFile, cancel));
    TR_ASSIGN(const std::int64_t version, derived.scalar("PRAGMA user_version"));
    if (version != kDerivedSchemaVersion) return none();
    TR_ASSIGN(Database runs, openCacheReader(storeCacheFolder / kRunsFile, cancel));
    {
        // With another epoch the rows mean other runs.
        TR_ASSIGN(Statement mine, derived.prepare("SELECT value FROM meta WHERE key='runs_epoch'"));
        TR_ASSIGN(Statement theirs, runs.prepare("SELECT value FROM meta WHERE key='epoch'"));
        TR_ASSIGN(const bool hasMine, mine.step());
        TR_ASSIGN(const bool hasTheirs, theirs.step());
        if (!hasMine || !hasTheirs || mine.textAt(0) != theirs.textAt(0)) return none();
    }
    return std::unique_ptr<ClusterQueries>(
        new ClusterQueries(std::make_unique<Private>(Private{std::move(derived), std::move(runs)})));
}

Result<std::string> ClusterQueries::meta(std::string_view key)
{
    TR_ASSIGN(Statement select, d->derived.prepare("SELECT value FROM meta WHERE key=?"));
    select.bind(1, key);
    TR_ASSIGN(const bool has, select.step());
    return has ? select.stringAt(0) : std::string();
}

Result<ClusterOverview> ClusterQueries::overview()
{
    ClusterOverview overview;
    TR_ASSIGN(const std::string weeks, meta("runs_per_week"));
    TR_ASSIGN(const Json perWeek, parseJson(weeks, "derived.db, runs a week"));
    std::vector<std::int64_t> storePerWeek;
    for (const Json& week : perWeek) storePerWeek.push_back(week.is_number_integer() ? week.get<std::int64_t>() : 0);
    TR_ASSIGN(const std::int64_t storeLast, d->derived.scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key='last_run'"));
    TR_ASSIGN(overview.editsWithoutPlace,
              d->derived.scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key='edits_without_place'"));
    TR_ASSIGN(Statement select, d->derived.prepare(kClusterColumns));
    std::int64_t clustered = 0;
    for (;;) {
        TR_ASSIGN(const bool row, select.step());
        if (!row) break;
        TR_ASSIGN(ClusterItem item, clusterAt(select));
        item.state = stateOf(item, storePerWeek, storeLast, utcNow());
        clustered += item.runs;
        overview.clusters.push_back(std::move(item));
    }
    TR_ASSIGN(Statement counts, d->derived.prepare("SELECT count(*), coalesce(sum(outcome=?),0) FROM outcomes"));
    counts.bind(1, static_cast<int>(Outcome::Failure));
    TR_ASSIGN(const bool row, counts.step());
    if (row) {
        overview.runs = counts.intAt(0);
        overview.failingRuns = counts.intAt(1);
    }
    overview.unclustered = overview.failingRuns - clustered;
    return overview;
}

Result<std::vector<ExemplarRun>> ClusterQueries::exemplars(const ClusterId& id)
{
    std::vector<ExemplarRun> runs;
    TR_ASSIGN(Statement select,
              d->derived.prepare(
                  "SELECT run_row, role, step_id, explanation FROM cluster_exemplars WHERE cluster_id=? ORDER BY position"));
    TR_ASSIGN(Statement run, d->runs.prepare("SELECT run_key, native_id, task FROM runs WHERE id=?"));
    select.bind(1, id.value);
    for (;;) {
        TR_ASSIGN(const bool row, select.step());
        if (!row) return runs;
        ExemplarRun one;
        one.row = RunRow(select.intAt(0));
        one.role = select.stringAt(1);
        one.stepId = select.stringAt(2);
        one.explanation = select.stringAt(3);
        run.reset();
        run.bind(1, one.row.value);
        TR_ASSIGN(const bool known, run.step());
        if (!known) continue;
        one.key = RunKey(run.stringAt(0));
        one.nativeId = run.stringAt(1);
        one.task = run.stringAt(2);
        runs.push_back(std::move(one));
    }
}

Result<std::vector<RunRow>> ClusterQueries::members(const ClusterId& id)
{
    std::vector<RunRow> rows;
    TR_ASSIGN(Statement select, d->derived.prepare("SELECT run_row FROM cluster_members WHERE cluster_id=? ORDER BY run_row"));
    select.bind(1, id.value);
    for (;;) {
        TR_ASSIGN(const bool row, select.step());
        if (!row) return rows;
        rows.emplace_back(select.intAt(0));
    }
}

Result<std::vector<RunKey>> ClusterQueries::memberKeys(const ClusterId& id)
{
    TR_ASSIGN(const std::vector<RunRow> rows, members(id));
    std::vector<RunKey> keys;
    TR_ASSIGN(Statement select, d->runs.prepare("SELECT run_key FROM runs WHERE id=?"));
    for (const RunRow row : rows) {
        select.reset();
        select.bind(1, row.value);
        TR_ASSIGN(const bool known, select.step());
        if (known) keys.emplace_back(select.stringAt(0));
    }
    std::ranges::sort(keys);
    return keys;
}

Result<std::vector<Signal>> ClusterQueries::signalsOf(RunRow run)
{
    std::vector<Signal> signals;
    TR_ASSIGN(Statement select, d->derived.prepare("SELECT family, layer, step_id, subject, text, explanation, strength FROM "
                                                   "signals WHERE run_row=? ORDER BY ordinal"));
    select.bind(1, run.value);
    for (;;) {
        TR_ASSIGN(const bool row, select.step());
        if (!row) return signals;
        Signal signal;
        signal.family = select.stringAt(0);
        signal.layer = layerAt(select, 1);
        signal.stepId = select.stringAt(2);
        signal.subject = select.stringAt(3);
        signal.text = select.stringAt(4);
        signal.explanation = select.stringAt(5);
        signal.strength = select.doubleAt(6);
        signals.push_back(std::move(signal));
    }
}

Result<ClusterId> ClusterQueries::find(std::string_view idOrWords)
{
    idOrWords = trimmed(idOrWords);
    TR_ASSIGN(const ClusterOverview all, overview());
    const auto notFound = [&](std::string detail) {
        return fail(ErrorCode::NotFound, std::string(idOrWords), std::move(detail));
    };
    if (idOrWords.empty()) return notFound("no cluster is named");
    const std::string wanted = asciiLower(idOrWords);
    {
        TR_ASSIGN(Statement alias, d->derived.prepare("SELECT cluster_id FROM cluster_aliases WHERE alias=?"));
        alias.bind(1, idOrWords);
        TR_ASSIGN(const bool has, alias.step());
        if (has) return ClusterId(alias.stringAt(0));
    }
    std::vector<const ClusterItem*> beginnings;
    for (const ClusterItem& item : all.clusters) {
        if (item.id.value == idOrWords || asciiLower(item.label) == wanted) return item.id;
        if (item.words.isNamed && asciiLower(item.words.madeLabel) == wanted) return item.id;
        if (wanted.size() >= 6 && item.id.value.starts_with(wanted)) beginnings.push_back(&item);
    }
    if (beginnings.size() == 1) return beginnings.front()->id;
    // Words: every one of them occurs in the layer, family, subject, signature or label; the largest such cluster is meant.
    std::string spaced = wanted;
    std::ranges::replace(spaced, '/', ' ');
    for (const ClusterItem& item : all.clusters) {
        const std::string text = asciiLower(std::string(nameOf(item.layer)) + " " + item.family + " " + item.subject + " " +
                                            item.signature + " " + item.label);
        const auto words = splitOn(spaced, ' ');
        if (std::ranges::all_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; }))
            return item.id;
    }
    return notFound("no cluster has this id, label or words");
}

} // namespace tackroom
