// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/runversions.h"

#include "core/base/bytes.h"
#include "core/base/format.h"
#include "core/base/joined.h"
#include "core/base/text.h"
#include "core/index/filtersql.h"
#include "core/index/indexschema.h"
#include "core/index/runrecords.h"
#include "core/platform/atomicfile.h"
#include "core/readers/harnessversion.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <unordered_map>

namespace tackroom
{

namespace
{

/// Between the parts of a name; no part holds it.
constexpr char kBetween = '\x1F';
constexpr std::size_t kMostKeys = 2000, kMostValues = 1000, kSamples = 5, kKeptKeys = 150, kMostSets = 100'000,
                      kMaxRuleBytes = std::size_t{4} << 20;

std::string part(std::string_view text)
{
    std::string clean(text);
    std::ranges::replace(clean, kBetween, ' ');
    return clean;
}

/// The key in "version key: service.version"; the whole where no key is named.
std::string_view keyIn(std::string_view source)
{
    const auto colon = source.find(": ");
    return colon == std::string_view::npos ? source : source.substr(colon + 2);
}

/// The key that decided has the version as its value.
void addKeyOfSource(VersionFactsOfRun& facts)
{
    const std::string_view key = keyIn(facts.found.source);
    if (facts.found.version.empty() || key.empty() || std::ranges::contains(facts.keys, key, &VersionKey::key)) return;
    facts.keys.push_back({std::string(key), facts.found.version});
}

void readName(const std::string& name, VersionFactsOfRun& facts)
{
    const auto parts = splitOn(name, kBetween);
    if (parts.size() == 4 && parts[0].empty())
        facts.found = {std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
    else if (parts.size() == 2)
        facts.keys.push_back({std::string(parts[0]), std::string(parts[1])});
}

/// A run as far as rules are concerned, from the index.
struct VersionedRun {
    std::int64_t row = 0;
    VersionFactsOfRun facts;
    VersionVerdict current;
};

/// What the names of a set say, once for the many runs that share it.
class NameSets
{
public:
    explicit NameSets(Database& db) : m_db(db) {}
    Result<const VersionFactsOfRun*> of(std::int64_t set)
    {
        if (const auto known = m_known.find(set); known != m_known.end()) return &known->second;
        if (m_known.size() >= kMostSets) m_known.clear(); // a store in which each run has its own
        VersionFactsOfRun facts;
        TR_ASSIGN(Statement names, m_db.prepare("SELECT names FROM name_sets WHERE id = ?"));
        names.bind(1, set);
        TR_ASSIGN(const bool found, names.step());
        if (found) TR_TRY(read(names.stringAt(0), facts));
        return &m_known.emplace(set, std::move(facts)).first->second;
    }

private:
    Status read(const std::string& rows, VersionFactsOfRun& facts)
    {
        TR_ASSIGN(Statement name, m_db.prepare("SELECT field, name FROM names WHERE id = ?"));
        for (const std::string_view row : splitOn(rows, ' ')) {
            std::int64_t id = 0;
            std::from_chars(row.data(), row.data() + row.size(), id);
            name.bind(1, id);
            TR_ASSIGN(const bool found, name.step());
            if (found && name.intAt(0) == kVersionName) {
                readName(name.stringAt(1), facts);
            } else if (found && name.intAt(0) == kModelName) {
                std::string model = name.stringAt(1);
                if (facts.model.empty() || model < facts.model) facts.model = std::move(model);
            }
            name.reset();
        }
        return {};
    }
    Database& m_db;
    std::unordered_map<std::int64_t, VersionFactsOfRun> m_known;
};

Status forEachVersioned(Database& db, const CancelToken& cancel, const std::function<Status(const VersionedRun&)>& visit)
{
    TR_ASSIGN(Statement runs, db.prepare("SELECT id, start_ns, agent_name, project, source, harness_version, "
                                         "harness_version_label, harness_version_source, name_set FROM runs ORDER BY id"));
    NameSets sets(db);
    for (;;) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const bool more, runs.step());
        if (!more) return {};
        TR_ASSIGN(const VersionFactsOfRun* shared, sets.of(runs.intAt(8)));
        VersionedRun each;
        each.row = runs.intAt(0);
        each.facts = *shared;
        Run& run = each.facts.run;
        run.start = runs.intAt(1);
        run.agentName = runs.stringAt(2);
        run.project = runs.stringAt(3);
        run.source = runs.stringAt(4);
        each.current = {runs.stringAt(5), runs.stringAt(6), runs.stringAt(7)};
        TR_TRY(visit(each));
    }
}

Result<std::string> keysInMeta(Database& db)
{
    TR_ASSIGN(Statement keys, db.prepare("SELECT value FROM meta WHERE key = 'version_keys'"));
    TR_ASSIGN(const bool there, keys.step());
    return there ? keys.stringAt(0) : std::string();
}

/// Takes runs until it has enough of them.
class KeySink : public RunSink
{
public:
    KeySink(std::int64_t most, const Progress& progress) : m_most(most), m_progress(progress) {}
    void startsOver() override {}
    Status add(RunRecord record) override
    {
        std::vector<std::string> models;
        for (const Step& step : record.steps)
            if (!step.model.empty()) models.push_back(step.model);
        VersionFactsOfRun facts = takeVersionFacts(record);
        facts.run = std::move(record.run);
        facts.model = modelOf(models);
        counts.add(facts);
        if (++m_runs % 50 == 0) progress(static_cast<std::uint64_t>(m_runs), static_cast<std::uint64_t>(m_most));
        if (m_runs < m_most) return {};
        enough = true;
        return CancelToken::error();
    }
    void beginSource(std::string_view, Extent) override {}
    Status endSource() override { return {}; }
    Status sourceIsGone(std::string_view) override { return {}; }
    Result<std::string> placeOf(std::string_view, std::string_view) override { return std::string(); }
    void skipped(std::string, std::string) override {}
    void progress(std::uint64_t done, std::uint64_t total) override { m_progress.report("reading", done, total); }

    VersionKeyCounts counts;
    bool enough = false;

private:
    std::int64_t m_most, m_runs = 0;
    const Progress& m_progress;
};

} // namespace

VersionFactsOfRun takeVersionFacts(RunRecord& record)
{
    const Run& run = record.run;
    VersionFactsOfRun facts;
    facts.keys = std::move(record.versionKeys);
    facts.found = {run.harnessVersion, run.harnessVersionLabel, run.harnessVersionSource};
    addKeyOfSource(facts);
    return facts;
}

void setVersionOf(Run& run, VersionVerdict verdict)
{
    run.harnessVersion = std::move(verdict.version);
    run.harnessVersionLabel = std::move(verdict.label);
    run.harnessVersionSource = std::move(verdict.source);
}

std::string modelOf(const std::vector<std::string>& models)
{
    return models.empty() ? std::string() : *std::ranges::min_element(models);
}

std::vector<std::string> versionNamesOf(const VersionFactsOfRun& facts)
{
    std::vector<std::string> names;
    const auto add = [&](std::string name) {
        if (!std::ranges::contains(names, name)) names.push_back(std::move(name));
    };
    if (const VersionVerdict& found = facts.found; !found.version.empty())
        add(kBetween + part(found.version) + kBetween + part(found.label) + kBetween + part(found.source));
    for (const VersionKey& each : facts.keys)
        if (!each.key.empty() && !each.value.empty()) add(part(each.key) + kBetween + part(each.value));
    return names;
}

std::string ruleText(const VersionRule& rule) { return joined(toTerms(rule), "\n"); }

std::vector<std::string> wantedVersionKeys(std::string_view former, const VersionRule& rule)
{
    std::vector<std::string> keys;
    for (const std::string_view key : splitOn(former, '\n'))
        if (!key.empty()) keys.emplace_back(key);
    for (const std::string& key : keysOf(rule))
        if (!isKnownVersionKey(key) && !std::ranges::contains(keys, key)) keys.push_back(key);
    return keys;
}

Result<std::int64_t> rewriteVersions(Database& db, const VersionRule& rule)
{
    // Looked through first and written then: a statement is not to meet its own changes.
    std::vector<VersionVerdict> verdicts;
    std::map<std::string, std::size_t> numbers;
    std::vector<std::pair<std::int64_t, std::size_t>> changes;
    TR_TRY(forEachVersioned(db, {}, [&](const VersionedRun& each) -> Status {
        VersionVerdict verdict = resolveVersion(rule, each.facts);
        if (verdict == each.current) return {};
        const auto [at, isNew] =
            numbers.try_emplace(formatText("{}\n{}\n{}", verdict.version, verdict.label, verdict.source), verdicts.size());
        if (isNew) verdicts.push_back(std::move(verdict));
        changes.emplace_back(each.row, at->second);
        return {};
    }));
    TR_ASSIGN(Statement update, db.prepare("UPDATE runs SET harness_version = ?, harness_version_label = ?, "
                                           "harness_version_source = ? WHERE id = ?"));
    for (const auto& [row, number] : changes) {
        const VersionVerdict& verdict = verdicts[number];
        update.bind(1, verdict.version).bind(2, verdict.label).bind(3, verdict.source).bind(4, row);
        TR_TRY(update.run());
    }
    return static_cast<std::int64_t>(changes.size());
}

void VersionKeyCounts::add(std::string_view key, std::string_view value)
{
    if (key.empty() || value.empty()) return;
    auto at = m_keys.find(key);
    if (at == m_keys.end()) {
        if (m_keys.size() >= kMostKeys) return;
        at = m_keys.emplace(std::string(key), Counted()).first;
    }
    Counted& counted = at->second;
    ++counted.runs;
    if (const auto known = counted.values.find(value); known != counted.values.end())
        ++known->second;
    else if (counted.values.size() < kMostValues)
        counted.values.emplace(std::string(value), 1);
    else
        counted.many = true;
}

void VersionKeyCounts::add(const VersionFactsOfRun& facts)
{
    ++m_runs;
    std::set<std::string_view> own;
    for (const VersionKey& each : facts.keys)
        if (own.insert(each.key).second) add(each.key, each.value);
    const auto member = [&](std::string_view key, std::string_view value) {
        if (!own.contains(key)) add(key, value);
    };
    member(kVersionOfReader, facts.found.version);
    member(kAgentKey, facts.run.agentName);
    member(kProjectKey, facts.run.project);
    member(kModelKey, facts.model);
    member(kFileKey, facts.run.source);
}

VersionKeys VersionKeyCounts::take()
{
    VersionKeys keys;
    keys.runs = m_runs;
    for (auto& [key, counted] : m_keys) {
        VersionKeySummary summary;
        summary.key = key;
        summary.runs = counted.runs;
        summary.values = static_cast<std::int64_t>(counted.values.size());
        summary.manyValues = counted.many;
        summary.samples.assign(counted.values.begin(), counted.values.end());
        std::ranges::stable_sort(summary.samples, std::greater<>{}, &std::pair<std::string, std::int64_t>::second);
        if (summary.samples.size() > kSamples) summary.samples.resize(kSamples);
        keys.keys.push_back(std::move(summary));
    }
    // One value for all, or another one for each run, tells nothing.
    const auto rank = [](const VersionKeySummary& each) {
        if (isKnownVersionKey(each.key) || each.key == kVersionOfReader) return 0;
        return each.values > 1 && each.values * 2 <= each.runs ? 1 : 2;
    };
    std::ranges::stable_sort(keys.keys, [&](const auto& a, const auto& b) {
        if (rank(a) != rank(b)) return rank(a) < rank(b);
        return a.runs > b.runs;
    });
    if (keys.keys.size() > kKeptKeys) keys.keys.resize(kKeptKeys);
    return keys;
}

Result<VersionKeys> versionKeysOf(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openRuns(storeCacheFolder, cancel));
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    VersionKeyCounts counts;
    TR_TRY(forEachVersioned(db, cancel, [&](const VersionedRun& each) -> Status {
        counts.add(each.facts);
        return {};
    }));
    return counts.take();
}

Result<VersionKeys> sampleVersionKeys(StoreReader& reader, std::int64_t maxRuns, const Progress& progress,
                                      const CancelToken& cancel)
{
    wantVersionKeys({{}, true});
    KeySink sink(std::max<std::int64_t>(1, maxRuns), progress);
    const auto read = reader.ingest({}, sink, cancel);
    wantVersionKeys({});
    if (!read && !sink.enough) return std::unexpected(read.error());
    return sink.counts.take();
}

VersionRule readVersionRuleFile(const std::filesystem::path& storeCacheFolder)
{
    const auto bytes = readFile(storeCacheFolder / kVersionRuleFile, kMaxRuleBytes);
    if (!bytes) return {}; // a store without a rule has no such file
    std::vector<std::string> terms;
    for (const std::string_view term : splitOn(*bytes, '\n'))
        if (!term.empty()) terms.emplace_back(term);
    auto rule = parseVersionRule(terms);
    return rule ? std::move(*rule) : VersionRule();
}

Status writeVersionRuleFile(const std::filesystem::path& storeCacheFolder, const VersionRule& rule)
{
    return writeFileAtomically(storeCacheFolder / kVersionRuleFile, ruleText(rule));
}

Result<VersionPreview> previewVersions(const std::filesystem::path& storeCacheFolder, const VersionRule& rule,
                                       const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openRuns(storeCacheFolder, cancel));
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    VersionPreview preview;
    std::map<std::string, std::int64_t> versions;
    TR_TRY(forEachVersioned(db, cancel, [&](const VersionedRun& each) -> Status {
        const VersionVerdict verdict = resolveVersion(rule, each.facts);
        ++preview.runs;
        if (verdict.version != each.current.version) ++preview.changed;
        if (verdict.version.empty())
            ++preview.without;
        else
            ++versions[filtersql::versionLabelOf(verdict.version, verdict.label)];
        return {};
    }));
    preview.distinct = static_cast<std::int64_t>(versions.size());
    preview.versions.assign(versions.begin(), versions.end());
    std::ranges::stable_sort(preview.versions, std::greater<>{}, &std::pair<std::string, std::int64_t>::second);
    if (preview.versions.size() > kShownVersions) preview.versions.resize(kShownVersions);
    TR_ASSIGN(const std::string former, keysInMeta(db));
    const auto before = splitOn(former, '\n');
    for (const std::string& key : wantedVersionKeys(former, rule))
        if (!std::ranges::contains(before, std::string_view(key))) preview.unread.push_back(key);
    return preview;
}

} // namespace tackroom
