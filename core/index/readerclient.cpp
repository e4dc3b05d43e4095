// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/readerclient.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/index/cachelimit.h"
#include "core/index/promptframes.h"
#include "core/index/promptreader.h"
#include "core/index/readerconnection.h"
#include "core/index/readerframes.h"
#include "core/index/runversions.h"

#include <chrono>
#include <optional>

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;

/// An absolute path: the child's working folder is its own.
fs::path absoluteOf(const fs::path& path)
{
    std::error_code error;
    fs::path full = fs::absolute(path, error);
    return error ? path : full;
}

/// Store, path and folder from what the reader says of them.
IndexReport openedReport(const Json& json, const fs::path& cacheDirectory)
{
    IndexReport report;
    report.store = frames::infoOf(memberAt(json, "info"));
    report.path = stringAt(json, "path");
    report.folder = storeCacheFolder(absoluteOf(cacheDirectory), report.path, report.store.kind);
    return report;
}

/// A child that stays open for several requests.
struct LastingChild {
    fs::path store;
    ReaderClient::Options options;
    std::optional<ReaderConnection> connection = std::nullopt;

    [[nodiscard]] Result<Json> ask(const Json& request, const ReaderConnection::Receiver& receiver, const CancelToken& cancel)
    {
        if (cancel.cancelled()) return CancelToken::error();
        TR_TRY(start());
        return connection->ask(request, receiver, cancel);
    }
    [[nodiscard]] Status start()
    {
        if (connection && connection->usable()) return {};
        connection.reset(); // cancelled or crashed before: a new one
        TR_ASSIGN(auto started, ReaderConnection::start(store, options));
        connection.emplace(std::move(started));
        return {};
    }
};

} // namespace

struct ReaderClient::Private {
    LastingChild child;
};

ReaderClient::ReaderClient(std::unique_ptr<Private> priv) : d(std::move(priv)) {}
ReaderClient::~ReaderClient() = default;

Result<StoreInfo> ReaderClient::recognise(const fs::path& store, const Options& options, const CancelToken& cancel)
{
    const fs::path path = absoluteOf(store);
    TR_ASSIGN(auto connection, ReaderConnection::start(path, options));
    TR_ASSIGN(const Json answer, connection.ask({{"verb", "recognise"}, {"path", path.string()}}, {}, cancel));
    return frames::infoOf(memberAt(answer, "info"));
}

Result<IndexReport> ReaderClient::index(const fs::path& store, const fs::path& cacheDirectory, const Options& options,
                                        const CancelToken& cancel, const Progress& progress,
                                        const std::function<void(const IndexReport&)>& opened)
{
    const auto started = Clock::now();
    const fs::path path = absoluteOf(store);
    TR_ASSIGN(auto connection, ReaderConnection::start(path, options));
    ReaderConnection::Receiver receiver;
    receiver.progress = [&](const Json& json) -> Status {
        const std::string what = stringAt(json, "what");
        if (what == "opened") {
            if (opened) opened(openedReport(json, cacheDirectory));
            return {};
        }
        progress.report(what == "reading" ? "reading" : "indexing", static_cast<std::uint64_t>(frames::countAt(json, "done")),
                        static_cast<std::uint64_t>(frames::countAt(json, "total")));
        return {};
    };
    const Json request = {{"verb", "index"},
                          {"path", path.string()},
                          {"cache", absoluteOf(cacheDirectory).string()},
                          {"cacheLimitBytes", options.cacheLimitBytes}};
    TR_ASSIGN(const Json answer, connection.ask(request, receiver, cancel));
    IndexReport report = openedReport(answer, cacheDirectory);
    report.runs = frames::countAt(answer, "runs");
    report.steps = frames::countAt(answer, "steps");
    report.scores = frames::countAt(answer, "scores");
    report.decisions = frames::countAt(answer, "decisions");
    report.unreadable = frames::countAt(answer, "unreadable");
    report.newRuns = frames::countAt(answer, "newRuns");
    report.peakRssBytes = frames::countAt(answer, "peakRssBytes");
    report.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return report;
}

Result<std::unique_ptr<ReaderClient>> ReaderClient::open(const fs::path& store, const Options& options)
{
    auto priv = std::make_unique<Private>(LastingChild{absoluteOf(store), options});
    TR_TRY(priv->child.start());
    return std::unique_ptr<ReaderClient>(new ReaderClient(std::move(priv)));
}

Result<Body> ReaderClient::fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes,
                                 const CancelToken& cancel)
{
    frames::BodyReceiver body(maxBytes);
    ReaderConnection::Receiver receiver;
    receiver.text = [&](std::string_view payload) { return body.add(payload); };
    const Json request = {{"verb", "fetch"},     {"path", d->child.store.string()},
                          {"run", run.nativeId}, {"source", run.source},
                          {"place", run.place},  {"step", stepId},
                          {"maxBytes", maxBytes}};
    TR_ASSIGN(const Json answer, d->child.ask(request, receiver, cancel));
    return body.take(static_cast<std::uint64_t>(frames::countAt(answer, "omittedBytes")));
}

struct PromptReader::Private {
    LastingChild child;
};

PromptReader::PromptReader(std::unique_ptr<Private> priv) : d(std::move(priv)) {}
PromptReader::~PromptReader() = default;

Result<std::unique_ptr<PromptReader>> PromptReader::open(const fs::path& store, const ReaderClient::Options& options)
{
    auto priv = std::make_unique<Private>(LastingChild{absoluteOf(store), options});
    TR_TRY(priv->child.start());
    return std::unique_ptr<PromptReader>(new PromptReader(std::move(priv)));
}

Result<PromptListing> PromptReader::list(const CancelToken& cancel)
{
    frames::PromptReceiver listing;
    ReaderConnection::Receiver receiver;
    receiver.progress = [&](const Json& frame) -> Status {
        listing.add(frame);
        return {};
    };
    const Json request = {{"verb", "prompts"}, {"path", d->child.store.string()}};
    TR_ASSIGN(const Json answer, d->child.ask(request, receiver, cancel));
    return listing.take(answer);
}

Result<std::string> PromptReader::file(const std::string& name, std::int64_t version, const CancelToken& cancel)
{
    // What JSON adds to a text, and the front matter: never more than this.
    frames::BodyReceiver body(8 * kMaxPromptBytes);
    ReaderConnection::Receiver receiver;
    receiver.text = [&](std::string_view payload) { return body.add(payload); };
    const Json request = {{"verb", "prompt"}, {"path", d->child.store.string()}, {"name", name}, {"version", version}};
    TR_TRY(d->child.ask(request, receiver, cancel)); // the answer says nothing more than that all has come
    return std::move(body.take(0).raw);
}

Result<Eviction> askEviction(const fs::path& cacheDirectory, std::uint64_t limitBytes, const fs::path& keep,
                             const fs::path& only, const CancelToken& cancel)
{
    TR_ASSIGN(auto connection, ReaderConnection::start(cacheDirectory, {}));
    const Json request = {{"verb", "evict"},
                          {"cache", absoluteOf(cacheDirectory).string()},
                          {"limitBytes", limitBytes},
                          {"keep", keep.string()},
                          {"only", only.string()}};
    TR_ASSIGN(const Json answer, connection.ask(request, {}, cancel));
    Eviction done;
    done.bytesBefore = static_cast<std::uint64_t>(frames::countAt(answer, "bytesBefore"));
    done.bytesAfter = static_cast<std::uint64_t>(frames::countAt(answer, "bytesAfter"));
    done.inUse = static_cast<std::size_t>(frames::countAt(answer, "inUse"));
    done.failed = static_cast<std::size_t>(frames::countAt(answer, "failed"));
    for (const Json& folder : memberAt(answer, "removed"))
        if (folder.is_string()) done.removed.emplace_back(folder.get<std::string>());
    return done;
}

Result<VersionKeys> askVersionKeys(const fs::path& store, std::int64_t maxRuns, const CancelToken& cancel)
{
    const fs::path path = absoluteOf(store);
    TR_ASSIGN(auto connection, ReaderConnection::start(path, {}));
    TR_ASSIGN(const Json answer,
              connection.ask({{"verb", "versionKeys"}, {"path", path.string()}, {"runs", maxRuns}}, {}, cancel));
    return frames::versionKeysOf(answer);
}

fs::path storeCacheFolder(const fs::path& cacheDirectory, const fs::path& canonicalStore, std::string_view kind)
{
    // Between them a byte that no path holds.
    return cacheDirectory / "stores" / xxh128Hex(canonicalStore.string() + '\0' + std::string(kind));
}

} // namespace tackroom
