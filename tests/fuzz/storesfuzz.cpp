// SPDX-License-Identifier: GPL-3.0-or-later
// Stores together with something else: the cursor of an earlier reading, the place of a run, what they were before, words that
// are looked for in them, the prompts that they keep.
#include "core/base/text.h"
#include "core/index/promptframes.h"
#include "core/readers/databases.h"
#include "core/readers/promptregistry.h"
#include "core/readers/readers.h"
#include "core/readers/textscan.h"
#include "tests/fuzz/formatseeds.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/smalldatabases.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace tackroom::fuzz
{

namespace
{

namespace fs = std::filesystem;

// ---- small stores at hand

struct SmallStore {
    fs::path path;
    std::string bytes;
    bool isDatabase = false;
};

const std::vector<SmallStore>& smallStores()
{
    static const std::vector<SmallStore> stores = [] {
        std::vector<SmallStore> all;
        const auto add = [&](std::string bytes, bool isDatabase) {
            const fs::path path = scratch() / ("store" + std::to_string(all.size()));
            std::ofstream(path, std::ios::binary) << bytes;
            all.push_back({path, std::move(bytes), isDatabase});
        };
        for (const FormatInfo& format : databaseFormats()) add(databaseOf(format.kind).bytes, true);
        for (const FormatSeed& seed : formatSeeds()) add(seed.text, false);
        return all;
    }();
    return stores;
}

const SmallStore& storeOf(std::size_t number) { return smallStores()[number % smallStores().size()]; }

/// What an index would have: by source and key, what it holds of each run.
class KeepingSink : public RunSink
{
public:
    using Name = std::pair<std::string, std::string>;
    struct Kept {
        std::string place;
        std::size_t steps = 0, scores = 0, decisions = 0;
        std::string task, answer;
    };

    void startsOver() override
    {
        runs.clear();
        ++startedOver;
    }
    Status add(RunRecord record) override
    {
        Run& run = record.run;
        const Name name{run.source, run.key.value + "/" + run.nativeId};
        m_unseen.erase(name);
        runs[name] = {run.place, record.steps.size(), record.scores.size(), record.decisions.size(), run.task, run.answer};
        ++added;
        lastStep = record.steps.empty() ? std::string() : record.steps.back().nativeId;
        last = RunAddress(run);
        return {};
    }
    void beginSource(std::string_view source, Extent extent) override
    {
        m_unseen.clear();
        if (extent == Extent::Part) return;
        for (const auto& [name, kept] : runs)
            if (name.first == source) m_unseen.insert(name);
    }
    Status endSource() override
    {
        for (const Name& name : m_unseen) runs.erase(name);
        m_unseen.clear();
        return {};
    }
    Status sourceIsGone(std::string_view source) override
    {
        std::erase_if(runs, [&](const auto& each) { return each.first.first == source; });
        return {};
    }
    Result<std::string> placeOf(std::string_view source, std::string_view nativeId) override
    {
        for (const auto& [name, kept] : runs)
            if (name.first == source && name.second.ends_with("/" + std::string(nativeId))) return kept.place;
        return std::string();
    }
    void skipped(std::string where, std::string why) override
    {
        if (where.empty() && why.empty()) broken("what was skipped is named");
        ++skips;
    }
    void progress(std::uint64_t, std::uint64_t) override {}

    /// The runs without their places, which may be told in several ways.
    [[nodiscard]] auto content() const
    {
        std::map<Name, std::tuple<std::size_t, std::size_t, std::size_t, std::string, std::string>> all;
        for (const auto& [name, kept] : runs)
            all.emplace(name, std::tuple(kept.steps, kept.scores, kept.decisions, kept.task, kept.answer));
        return all;
    }

    std::map<Name, Kept> runs;
    std::optional<RunAddress> last;
    std::string lastStep;
    int startedOver = 0, added = 0, skips = 0;

private:
    std::set<Name> m_unseen;
};

std::optional<std::string> ingestInto(KeepingSink& sink, const fs::path& path, const std::string& cursor)
{
    const auto reader = openStore(path, {});
    if (!reader) return std::nullopt;
    auto next = (*reader)->ingest(cursor, sink, {});
    if (!next && next.error().detail.empty()) broken("an error says what it is");
    return next ? std::optional(*next) : std::nullopt;
}

// ---- a cursor that may be any

/// The store, then the cursor. Whatever it is, a whole store is read, and its own cursor then has nothing new.
void feedCursor(std::string_view bytes)
{
    const SmallStore& store = storeOf(takeNumber(bytes, 1));
    KeepingSink sink;
    const auto cursor = ingestInto(sink, store.path, std::string(bytes));
    if (!cursor) broken("a whole store is read with any cursor");
    KeepingSink again;
    const auto next = ingestInto(again, store.path, *cursor);
    if (!next || again.added != 0 || again.startedOver != 0) broken("nothing is new in a store that was just read");
}

std::vector<std::string> cursorSeeds()
{
    std::vector<std::string> seeds;
    for (std::size_t i = 0; i < smallStores().size(); ++i) {
        KeepingSink sink;
        const auto cursor = ingestInto(sink, storeOf(i).path, {});
        if (!cursor) broken("a small store is read");
        seeds.push_back(static_cast<char>(i) + *cursor);
    }
    return seeds;
}

// ---- a run that may be any

/// The store, how much is wanted, then id, source, place and step of a run, each up to 0xFF.
void feedAddress(std::string_view bytes)
{
    const SmallStore& store = storeOf(takeNumber(bytes, 1));
    const std::uint64_t most = takeNumber(bytes, 2);
    RunAddress run{std::string(takeChunk(bytes))};
    run.source = takeChunk(bytes);
    run.place = takeChunk(bytes);
    const auto reader = openStore(store.path, {});
    if (!reader) broken("a small store is opened");
    const auto body = (*reader)->fetch(run, std::string(bytes), most);
    if (!body) {
        if (body.error().detail.empty()) broken("an error says what it is");
        return;
    }
    std::uint64_t size = body->input.size() + body->output.size() + body->raw.size();
    for (const Message& message : body->messages) {
        size += message.content.size();
        if (!isUtf8(message.content)) broken("what was said is well-formed");
    }
    if (size > most) broken("no more is fetched than was asked for");
}

std::vector<std::string> addressSeeds()
{
    std::vector<std::string> seeds;
    for (std::size_t i = 0; i < smallStores().size(); ++i) {
        KeepingSink sink;
        if (!ingestInto(sink, storeOf(i).path, {}) || !sink.last) broken("a small store has runs");
        const std::string run = static_cast<char>(i) + std::string("\xFF\x7F") + sink.last->nativeId + kEndOfChunk +
                                sink.last->source + kEndOfChunk + sink.last->place + kEndOfChunk;
        seeds.push_back(run);
        seeds.push_back(run + sink.lastStep);
    }
    return seeds;
}

// ---- a store that was another one before

/// Time goes on between two writings, however fast they follow each other: what a store is known by is its time too.
void writeAt(const fs::path& path, std::string_view bytes, int second)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    const timespec times[2] = {{.tv_sec = 1'772'438'400 + second, .tv_nsec = 0},
                               {.tv_sec = 1'772'438'400 + second, .tv_nsec = 0}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) broken("a file's time can be set");
}

std::string changed(const std::string& before, std::size_t how, std::size_t at, std::string_view more)
{
    const std::size_t place = at % (before.size() + 1);
    switch (how % 5) {
    case 0: // it grew
        return before + std::string(more);
    case 1: // another file stands there
        return std::string(more);
    case 2: // it was written over
        return before.substr(0, place) + std::string(more) + before.substr(std::min(before.size(), place + more.size()));
    case 3: // it was cut
        return before.substr(0, place) + std::string(more);
    default: // it grew by what it had, cut and gone on with
        return before + "\n" + before.substr(0, place) + std::string(more);
    }
}

/// The store, what happens to it, where, and with which bytes. Read with the cursor of what it was, a file's runs are those of
/// a reading from the beginning.
void feedGrown(std::string_view bytes)
{
    const SmallStore& store = storeOf(takeNumber(bytes, 1));
    const std::size_t how = takeNumber(bytes, 1), at = takeNumber(bytes, 2);
    const fs::path path = scratch() / "grown";
    fs::remove(path);
    writeAt(path, store.bytes, 0);
    KeepingSink grown;
    const auto cursor = ingestInto(grown, path, {});
    if (!cursor) broken("a small store is read");
    if (how & 0x80U) fs::remove(path);
    writeAt(path, changed(store.bytes, how & 0x7FU, at, bytes), 1);
    const auto next = ingestInto(grown, path, *cursor);
    KeepingSink anew;
    const auto whole = ingestInto(anew, path, {});
    // A database's rows that are written over without a trace are not looked for (phoenix.h).
    if (store.isDatabase || !next || !whole || anew.skips > 0 || grown.skips > 0) return;
    if (grown.content() == anew.content()) return;
    for (const KeepingSink* sink : {&grown, &anew})
        for (const auto& [name, kept] : sink->runs)
            std::fprintf(stderr, "%s: %s of '%s': %zu steps, %zu scores\n", sink == &grown ? "as it grew" : "anew",
                         name.second.c_str(), name.first.c_str(), kept.steps, kept.scores);
    std::fprintf(stderr, "%s, change %zu at %zu\n", store.path.c_str(), how, at);
    broken("a store that was read as it grew has what one read anew has");
}

std::vector<std::string> grownSeeds()
{
    std::vector<std::string> seeds;
    for (std::size_t i = 0; i < smallStores().size(); ++i) {
        const std::string store(1, static_cast<char>(i)), half("\x40\x01", 2), none("\0\0", 2);
        seeds.push_back(store + '\0' + none + "\n" + storeOf(i).bytes);
        seeds.push_back(store + '\1' + none + storeOf(i + 1).bytes);
        seeds.push_back(store + '\2' + half + "xyz");
        seeds.push_back(store + '\3' + half);
        seeds.push_back(store + '\4' + half + "x");
    }
    return seeds;
}

// ---- words in all of a database

template <const char* Kind> void feedScan(std::string_view bytes)
{
    const fs::path path = scratch() / "scanned";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << asDatabase(Kind, bytes);
    const auto reader = openStore(path, {});
    auto* scanner = reader ? dynamic_cast<TextScanner*>(reader->get()) : nullptr;
    if (!scanner) return;
    static const std::vector<TextNeedle> kWords{TextNeedle("order"), TextNeedle("e"), TextNeedle("\xC3\xA4"),
                                                TextNeedle("it failed")};
    const auto hit = [](const ScanHit& found) -> Status {
        if (found.word >= kWords.size() || !isUtf8(found.snippet.text)) broken("a hit is well-formed");
        if (found.snippet.markAt + found.snippet.markBytes > found.snippet.text.size()) broken("its mark lies within it");
        return {};
    };
    const auto done = [](std::uint64_t now, std::uint64_t total) -> Status {
        if (now > total) broken("no more is done than there is");
        return {};
    };
    const auto scanned = scanner->scan(kWords, hit, done, {});
    if (!scanned && scanned.error().detail.empty()) broken("an error says what it is");
    for (const ScanLoss& loss : scanner->losses())
        if (loss.where.empty() || loss.why.empty()) broken("what is lost is named");
}

constexpr char kPhoenix[] = "phoenix-sqlite", kMlflow[] = "mlflow-sqlite";
constexpr char kPhoenixPromptStore[] = "phoenix-prompts", kMlflowPromptStore[] = "mlflow-prompts";
static_assert(std::string_view(kPhoenixPromptStore) == kPhoenixPrompts &&
              std::string_view(kMlflowPromptStore) == kMlflowPrompts);

// ---- prompts

template <const char* Kind> void feedPrompts(std::string_view bytes)
{
    constexpr std::size_t kMostRead = 6;
    const fs::path path = scratch() / "prompts";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << asDatabase(Kind, bytes);
    const auto registry = openPromptRegistry(path, {});
    if (!registry && registry.error().detail.empty()) broken("an error says what it is");
    if (!registry || !*registry) return;
    const auto listing = (*registry)->list();
    if (!listing) return;
    if (listing->prompts.size() > kMaxRegisteredPrompts) broken("a listing has its limits");
    frames::PromptReceiver receiver;
    if (!frames::sendPrompts(*listing, [&](const Json& frame) -> Status {
            const auto sent = parseJson(dumpJson(frame), "frame");
            if (!sent) broken("a frame of prompts is JSON");
            receiver.add(*sent);
            return {};
        }))
        broken("a listing can be sent");
    if (receiver.take({}).prompts.size() != listing->prompts.size()) broken("all prompts arrive");
    std::size_t read = 0;
    for (const PromptInfo& prompt : listing->prompts) {
        if (!isUtf8(prompt.name) || prompt.versions.size() > kMaxListedVersions) broken("a prompt has its limits");
        for (const PromptVersionInfo& version : prompt.versions) {
            if (++read > kMostRead) return;
            const auto content = (*registry)->read(prompt.name, version.number);
            if (!content && content.error().detail.empty()) broken("an error says what it is");
            if (content && !isUtf8(promptFileText(*content))) broken("a prompt's file is well-formed");
        }
    }
    (void)(*registry)->read("no such prompt", 1);
}

template <const char* Kind> std::vector<std::string> seedsOf() { return databaseSeeds(Kind); }

} // namespace

std::span<const Part> storeParts()
{
    static const std::vector<Part> parts{
        {"cursor", feedCursor, cursorSeeds, true},
        {"address", feedAddress, addressSeeds, true},
        {"grown", feedGrown, grownSeeds, true},
        {"scan-phoenix", feedScan<kPhoenix>, seedsOf<kPhoenix>, true},
        {"scan-mlflow", feedScan<kMlflow>, seedsOf<kMlflow>, true},
        {"prompts-phoenix", feedPrompts<kPhoenixPromptStore>, seedsOf<kPhoenixPromptStore>, true},
        {"prompts-mlflow", feedPrompts<kMlflowPromptStore>, seedsOf<kMlflowPromptStore>, true},
    };
    return parts;
}

} // namespace tackroom::fuzz
