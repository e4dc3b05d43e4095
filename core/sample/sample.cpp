// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/sample.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/sample/phoenixstore.h"
#include "core/sample/player.h"
#include "core/sample/samplerepo.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

namespace tackroom
{
namespace
{

namespace fs = std::filesystem;
constexpr UtcNs kSecond = 1'000'000'000;
constexpr UtcNs kDay = 86'400 * kSecond;
constexpr int kDays = 56;
constexpr int kMostRuns = 200'000;

/// One stream of numbers for each run and use, so that a run does not change when others are added or left out.
Random streamOf(std::uint64_t seed, std::uint64_t run, std::uint64_t use)
{
    return Random(Random(seed ^ (run * 0x9e37'79b9ULL + use)).next() + run);
}

/// What was planted in which run, for tests and for the curious. Kept beside the store, never in it.
class Truth
{
public:
    explicit Truth(std::uint64_t seed)
    {
        m_json = {
            {"format", "tackroom-sample-truth/1"},
            {"seed", seed},
            {"kinds", Json::object()},
            {"versions", Json::object()},
            {"runs", 0},
            {"failed", 0},
            {"v4",
             {{"fixes", nameOf(PlayedFailure::PrematureHandOver)}, {"worsens", nameOf(PlayedFailure::SilentAbandonment)}}},
            {"failures", Json::object()}};
        for (const PlayedFailure kind : kPlantedFailures)
            m_json["kinds"][std::string(nameOf(kind))] = {{"layer", layerOf(kind)}, {"planted", true}, {"runs", 0}};
    }
    explicit Truth(Json json) : m_json(std::move(json)) {}

    void add(const PlayedRun& run, const std::string& commit, const std::string& version)
    {
        count(m_json["runs"]);
        Json& ofVersion = m_json["versions"][commit];
        if (ofVersion.is_null()) ofVersion = {{"version", version}, {"runs", 0}, {"failed", 0}};
        count(ofVersion["runs"]);
        if (run.failure == PlayedFailure::None) return;
        count(m_json["failed"]);
        count(ofVersion["failed"]);
        const std::string kind(nameOf(run.failure));
        Json& ofKind = m_json["kinds"][kind];
        if (ofKind.is_null()) ofKind = {{"layer", layerOf(run.failure)}, {"planted", false}, {"runs", 0}};
        count(ofKind["runs"]);
        count(ofVersion[kind]);
        m_json["failures"][run.traceId] = {{"kind", kind},
                                           {"layer", layerOf(run.failure)},
                                           {"step", run.decisiveSpanId},
                                           {"planted", isPlanted(run.failure)},
                                           {"version", version}};
    }
    [[nodiscard]] std::string text() const { return dumpJson(m_json, 1) + "\n"; }

private:
    static void count(Json& number) { number = (number.is_number() ? number.get<std::int64_t>() : 0) + 1; }
    Json m_json;
};

/// Customers come one after another; some write a second time, in the same session.
class Sessions
{
public:
    Sessions(std::uint64_t seed, std::uint64_t first) : m_seed(seed), m_next(first) {}

    void place(Random& random, Customer& customer, std::string& sessionId)
    {
        const bool again =
            !m_lastUser.empty() && random.chance(600) && customer.since == m_lastSince && customer.language == m_lastLanguage;
        if (again)
            customer.userId = m_lastUser;
        else {
            ++m_next;
            m_session = "sess-" + std::to_string(Random(m_seed + m_next).next() % 900'000'000 + 100'000'000) + "-" +
                        std::to_string(m_next);
        }
        m_lastUser = customer.userId;
        m_lastSince = customer.since;
        m_lastLanguage = customer.language;
        sessionId = m_session;
    }

private:
    std::uint64_t m_seed, m_next;
    std::string m_session, m_lastUser;
    int m_lastSince = 0;
    Language m_lastLanguage = Language::English;
};

Status writeWhole(const fs::path& path, const std::string& bytes)
{
    errno = 0;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) return std::unexpected(errorFromErrno(errno ? errno : EIO, path.string(), "writing"));
    return {};
}

Status moveTo(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    fs::rename(from, to, error);
    if (error) return std::unexpected(errorFromErrno(error.value(), to.string(), "renaming"));
    return {};
}

/// A name beside the final one, gone again at the end unless it was renamed.
class Scratch
{
public:
    explicit Scratch(const fs::path& finalPath) : m_path(finalPath.string() + ".new-" + std::to_string(::getpid())) { clear(); }
    ~Scratch() { clear(); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    void clear() const
    {
        std::error_code ignored; // rubbish that stays is named so that nobody takes it for a store
        fs::remove_all(m_path, ignored);
    }
    fs::path m_path;
};

struct PlayPlan {
    const std::vector<HarnessRules>& rules;
    const std::vector<SampleCommit>& commits;
    SampleOptions options;
};

/// Evenly over the days, between seven and ten in the evening.
UtcNs startOf(int run, int runs, Random& random)
{
    static const UtcNs first = parseTime("2026-03-02T07:00:00Z").value_or(0);
    const double at = static_cast<double>(run) * kDays / runs;
    const auto day = static_cast<int>(at);
    constexpr double kOpenNs = 15.0 * 3600 * static_cast<double>(kSecond);
    const double gap = kOpenNs * kDays / runs;
    const double within = (at - day) * kOpenNs + static_cast<double>(random.below(800)) / 1000 * gap;
    return first + day * kDay + static_cast<UtcNs>(within) / 1000 * 1000;
}

Status playAll(const PlayPlan& plan, PhoenixStore& store, Truth& truth, const CancelToken& cancel, const Progress& progress)
{
    Sessions sessions(plan.options.seed, 0);
    for (int i = 0; i < plan.options.runs; ++i) {
        if (cancel.cancelled()) return CancelToken::error();
        const auto number = static_cast<std::uint64_t>(i);
        Random world = streamOf(plan.options.seed, number, 1), agent = streamOf(plan.options.seed, number, 2);
        RunSetting setting;
        setting.start = startOf(i, plan.options.runs, world);
        Customer customer = drawCustomer(world);
        sessions.place(world, customer, setting.sessionId);
        std::size_t version = 0; // a version is in use from the first morning after its commit
        while (version + 1 < plan.commits.size() && plan.commits[version + 1].time <= setting.start) ++version;
        setting.commit = plan.commits[version].commit;
        setting.version = plan.commits[version].name;
        const PlayedRun run = playRun(plan.rules[version], customer, setting, agent);
        TR_TRY(store.add(run));
        truth.add(run, setting.commit, setting.version);
        if (i % 50 == 0) progress.report("playing", number, static_cast<std::uint64_t>(plan.options.runs));
    }
    progress.report("playing", static_cast<std::uint64_t>(plan.options.runs), static_cast<std::uint64_t>(plan.options.runs));
    return {};
}

fs::path truthBeside(const fs::path& store)
{
    fs::path path = store;
    return path.replace_extension(".truth.json");
}

Result<std::int64_t> runsIn(const fs::path& truth)
{
    constexpr std::size_t kLargest = 256u << 20;
    TR_ASSIGN(const std::string text, readFile(truth, kLargest));
    TR_ASSIGN(const Json json, parseJson(text, truth.string()));
    return intAt(json, "runs");
}

Status makeStore(const SampleMade& made, const SampleHarness& harness, const std::vector<SampleCommit>& commits,
                 const SampleOptions& options, const CancelToken& cancel, const Progress& progress)
{
    std::vector<HarnessRules> rules;
    for (const SampleVersion& version : harness.versions) rules.push_back(readRules(version.files));
    const Scratch newStore(made.store), newTruth(made.truth);
    Truth truth(options.seed);
    {
        TR_ASSIGN(PhoenixStore store, PhoenixStore::create(newStore.path(), commits.front().time));
        TR_TRY(playAll({rules, commits, options}, store, truth, cancel, progress));
        TR_TRY(store.commit());
    }
    // The store comes last: where it is, its truth is too.
    TR_TRY(writeWhole(newTruth.path(), truth.text()));
    TR_TRY(moveTo(newTruth.path(), made.truth));
    return moveTo(newStore.path(), made.store);
}

} // namespace

Result<SampleMade> makeSample(const fs::path& dir, const SampleOptions& options, const CancelToken& cancel,
                              const Progress& progress)
{
    if (options.runs < 1 || options.runs > kMostRuns)
        return fail(ErrorCode::Usage, "runs", "the number of runs must be between 1 and 200,000");
    std::error_code error;
    fs::create_directories(dir, error);
    if (error) return std::unexpected(errorFromErrno(error.value(), dir.string(), "creating the folder"));
    SampleMade made{dir / "refund-agent.db", dir / "refund-agent.truth.json", dir / "harness", options.runs, false};
    const bool hasHarness = fs::exists(made.harness, error);
    const bool hasStore = fs::exists(made.store, error) && fs::exists(made.truth, error);
    TR_ASSIGN(const SampleHarness harness, sampleHarness());
    std::vector<SampleCommit> commits;
    if (!hasHarness) {
        const Scratch folder(made.harness);
        TR_ASSIGN(commits, makeSampleRepository(harness, folder.path()));
        TR_TRY(moveTo(folder.path(), made.harness));
        made.made = true;
    }
    if (hasStore) {
        TR_ASSIGN(const std::int64_t runs, runsIn(made.truth));
        made.runs = static_cast<int>(runs);
        return made;
    }
    if (fs::exists(made.store, error))
        return fail(ErrorCode::Refused, made.store.string(),
                    "there is a store of this name without its truth file; it is left alone");
    if (commits.empty()) { // the harness was there and may have moved on; the ids depend on the embedded files alone
        const Scratch reference(made.store.string() + ".harness");
        TR_ASSIGN(commits, makeSampleRepository(harness, reference.path()));
    }
    TR_TRY(makeStore(made, harness, commits, options, cancel, progress));
    made.made = true;
    return made;
}

Result<Appended> appendRuns(const fs::path& repo, const fs::path& storePath, int runs, std::uint64_t seed,
                            const CancelToken& cancel, const Progress& progress)
{
    if (runs < 1 || runs > kMostRuns) return fail(ErrorCode::Usage, "runs", "the number of runs must be between 1 and 200,000");
    TR_ASSIGN(const LiveVersion live, readLiveVersion(repo));
    const HarnessRules rules = readRules(live.files);
    if (rules.systemPrompt.empty() || rules.tools.empty())
        return fail(ErrorCode::UnknownFormat, repo.string(),
                    "the refund agent needs prompts/system.md and tools/*.json, which its main line does not have");
    TR_ASSIGN(PhoenixStore store, PhoenixStore::append(storePath));
    const fs::path truthPath = truthBeside(storePath);
    std::optional<Truth> truth;
    constexpr std::size_t kLargest = 256u << 20;
    if (std::error_code error; fs::exists(truthPath, error)) {
        TR_ASSIGN(const std::string text, readFile(truthPath, kLargest));
        TR_ASSIGN(Json json, parseJson(text, truthPath.string()));
        truth.emplace(std::move(json));
    }
    Appended appended{runs, 0, live.commit, live.label, 0, 0};
    const auto before = static_cast<std::uint64_t>(store.runCount());
    Sessions sessions(seed ^ 0x5e551045ULL, before);
    UtcNs now = store.lastEnd();
    for (int i = 0; i < runs; ++i) {
        if (cancel.cancelled()) return CancelToken::error();
        const std::uint64_t number = before + static_cast<std::uint64_t>(i);
        Random world = streamOf(seed ^ 0xa44e4dULL, number, 1), agent = streamOf(seed ^ 0xa44e4dULL, number, 2);
        now += world.between(4 * 60, 45 * 60) * kSecond + static_cast<UtcNs>(world.below(1'000'000)) * 1000;
        RunSetting setting{now, {}, live.commit, live.label};
        Customer customer = drawCustomer(world);
        sessions.place(world, customer, setting.sessionId);
        const PlayedRun run = playRun(rules, customer, setting, agent);
        TR_TRY(store.add(run));
        if (truth) truth->add(run, live.commit, live.label);
        if (run.failure != PlayedFailure::None) ++appended.failed;
        if (i == 0) appended.first = run.start;
        appended.last = run.start;
        now = run.end;
        if (i % 50 == 0) progress.report("playing", static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(runs));
    }
    // Truth first: naming runs that never came does no harm, runs without a truth would.
    if (truth) {
        const Scratch newTruth(truthPath);
        TR_TRY(writeWhole(newTruth.path(), truth->text()));
        TR_TRY(moveTo(newTruth.path(), truthPath));
    }
    TR_TRY(store.commit());
    return appended;
}

} // namespace tackroom
