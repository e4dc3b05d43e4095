// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/readerclient.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/index/promptframes.h"
#include "core/index/promptreader.h"
#include "core/index/readerframes.h"
#include "core/platform/childprocess.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <unistd.h>

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;
using frames::FrameType;

constexpr std::string_view kProgramName = "tackroom-reader";
constexpr int kWriteMs = 10'000;
/// After its pipe broke, the child is dead or dies; its exit status is there soon.
constexpr int kExitMs = 5'000;

bool isProgram(const fs::path& path)
{
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// Options, then TACKROOM_READER, then beside this program, then TACKROOM_BIN_DIR, then PATH.
std::string programOf(const ReaderClient::Options& options)
{
    if (!options.program.empty()) return options.program.string();
    if (const char* named = std::getenv("TACKROOM_READER"); named && *named) return named;
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (const fs::path beside = self.parent_path() / kProgramName; !error && isProgram(beside)) return beside.string();
    if (const char* folder = std::getenv("TACKROOM_BIN_DIR"); folder && *folder)
        if (const fs::path there = fs::path(folder) / kProgramName; isProgram(there)) return there.string();
    return std::string(kProgramName);
}

/// The reader gets what it needs to write a private copy and to report its own mistakes, nothing else of the user's.
std::vector<std::string> environment()
{
    std::vector<std::string> kept;
    for (const char* name : {"TMPDIR", "LANG", "LC_ALL", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"})
        if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
    return kept;
}

std::uint64_t memoryLimit(const ReaderClient::Options& options)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)options; // the sanitizers' own tables need terabytes of addresses
    return 0;
#else
    return options.memoryLimitBytes > 0 ? static_cast<std::uint64_t>(options.memoryLimitBytes) : 0;
#endif
}

std::int64_t countAt(const Json& json, std::string_view key) { return std::max<std::int64_t>(0, intAt(json, key)); }

using Clock = std::chrono::steady_clock;

/// What is to be done with the frames before the answer. Each may be empty.
struct Receiver {
    std::function<void(const Json&)> progress;
    std::function<Status(std::string_view)> text;
};

/// One child and the requests to it.
class Connection
{
public:
    static Result<Connection> start(const fs::path& store, const ReaderClient::Options& options)
    {
        ChildOptions child;
        child.in = ChildOptions::Stream::Pipe;
        child.out = ChildOptions::Stream::Pipe;
        child.environment = environment();
        child.memoryBytes = memoryLimit(options);
        auto process = ChildProcess::start({programOf(options)}, child);
        if (!process && process.error().code == ErrorCode::NotFound)
            return fail(ErrorCode::Io, std::string(kProgramName),
                        "the reader program is not installed beside Tackroom, nor on PATH");
        if (!process) return std::unexpected(process.error());
        return Connection(std::move(*process), store, options);
    }

    Result<Json> ask(const Json& request, const Receiver& receiver, const CancelToken& cancel)
    {
        ++m_request;
        const auto guard = cancel.onCancel([this] { m_child.kill(); });
        auto answer = exchange(dumpJson(request), receiver);
        if (cancel.cancelled()) {
            m_usable = false;
            return CancelToken::error();
        }
        if (!answer) {
            m_usable = false;
            m_child.kill();
            return answer;
        }
        const Json& error = memberAt(*answer, "error");
        if (error.is_object()) return std::unexpected(frames::errorOf(error));
        return answer;
    }

    [[nodiscard]] bool usable() const { return m_usable; }

private:
    Connection(ChildProcess child, fs::path store, const ReaderClient::Options& options)
        : m_child(std::move(child)), m_store(std::move(store)), m_stallMs(options.stallMs), m_totalMs(options.totalMs)
    {
    }

    Result<Json> exchange(const std::string& request, const Receiver& receiver)
    {
        const auto deadline = Clock::now() + std::chrono::milliseconds(m_totalMs);
        if (request.size() > frames::kMaxControlBytes)
            return fail(ErrorCode::Internal, m_store.string(), "the request is too long");
        if (auto sent = m_child.write(frames::encode(FrameType::Request, m_request, request), kWriteMs); !sent)
            return std::unexpected(explain(sent.error()));
        for (;;) {
            int timeoutMs = m_stallMs > 0 ? m_stallMs : -1;
            if (m_totalMs > 0) {
                const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
                if (left <= 0)
                    return fail(ErrorCode::Timeout, m_store.string(),
                                formatText("the reader took longer than {} ms and was ended; nothing was changed", m_totalMs));
                timeoutMs = timeoutMs < 0 ? static_cast<int>(left) : static_cast<int>(std::min<std::int64_t>(timeoutMs, left));
            }
            TR_ASSIGN(auto answer, oneFrame(receiver, timeoutMs));
            if (answer) return std::move(*answer);
        }
    }

    /// The answer, or nothing yet.
    Result<std::optional<Json>> oneFrame(const Receiver& receiver, int timeoutMs)
    {
        std::array<char, frames::kHeaderBytes> bytes{};
        if (auto read = m_child.readOutExactly(bytes, timeoutMs); !read) return std::unexpected(explain(read.error()));
        const auto header = frames::decodeHeader({bytes.data(), bytes.size()});
        if (!header) return broken(header.error().detail);
        if (header->request != m_request) return broken("a frame of another request");
        std::string payload(header->length, '\0');
        if (auto read = m_child.readOutExactly(payload, timeoutMs); !read) return std::unexpected(explain(read.error()));
        if (header->type == FrameType::Text) {
            if (!receiver.text) return broken("a text that nobody asked for");
            if (const auto taken = receiver.text(payload); !taken) return broken(taken.error().detail);
            return std::nullopt;
        }
        auto json = parseJson(payload, "answer");
        if (!json || !json->is_object()) return broken("an answer that is not a JSON object");
        if (header->type == FrameType::Answer) return std::optional<Json>(std::move(*json));
        if (header->type != FrameType::Progress) return broken("a request from the reader");
        if (receiver.progress) receiver.progress(*json);
        return std::nullopt;
    }

    std::unexpected<Error> broken(std::string_view what) const
    {
        return fail(ErrorCode::Crashed, m_store.string(),
                    formatText("the reader sent {} and was ended; nothing was changed", what));
    }

    /// What an error of the pipe means: how the child ended, or that it does not answer.
    Error explain(const Error& error)
    {
        const std::string store = m_store.string();
        if (error.code == ErrorCode::Timeout)
            return {ErrorCode::Timeout,
                    store,
                    formatText("the reader gave no sign for {} s and was ended; nothing was changed", (m_stallMs + 500) / 1000),
                    {}};
        if (error.code != ErrorCode::Crashed) return error;
        const auto exit = m_child.waitFor(kExitMs);
        std::string how = "without a word";
        if (exit && exit->signal != 0) how = formatText("by signal {}", exit->signal);
        if (exit && exit->signal == 0) how = formatText("with exit code {}", exit->exitCode);
        return {ErrorCode::Crashed,
                store,
                formatText("the reader ended {} while reading {}; nothing was changed", how, m_store.filename().string()),
                {}};
    }

    ChildProcess m_child;
    fs::path m_store;
    int m_stallMs = 0, m_totalMs = 0;
    std::uint32_t m_request = 0;
    bool m_usable = true;
};

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
    std::optional<Connection> connection = std::nullopt;

    [[nodiscard]] Result<Json> ask(const Json& request, const Receiver& receiver, const CancelToken& cancel)
    {
        if (cancel.cancelled()) return CancelToken::error();
        TR_TRY(start());
        return connection->ask(request, receiver, cancel);
    }
    [[nodiscard]] Status start()
    {
        if (connection && connection->usable()) return {};
        connection.reset(); // cancelled or crashed before: a new one
        TR_ASSIGN(auto started, Connection::start(store, options));
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
    TR_ASSIGN(auto connection, Connection::start(path, options));
    TR_ASSIGN(const Json answer, connection.ask({{"verb", "recognise"}, {"path", path.string()}}, {}, cancel));
    return frames::infoOf(memberAt(answer, "info"));
}

Result<IndexReport> ReaderClient::index(const fs::path& store, const fs::path& cacheDirectory, const Options& options,
                                        const CancelToken& cancel, const Progress& progress,
                                        const std::function<void(const IndexReport&)>& opened)
{
    const auto started = Clock::now();
    const fs::path path = absoluteOf(store);
    TR_ASSIGN(auto connection, Connection::start(path, options));
    Receiver receiver;
    receiver.progress = [&](const Json& json) {
        const std::string what = stringAt(json, "what");
        if (what == "opened") {
            if (opened) opened(openedReport(json, cacheDirectory));
            return;
        }
        progress.report(what == "reading" ? "reading" : "indexing", static_cast<std::uint64_t>(countAt(json, "done")),
                        static_cast<std::uint64_t>(countAt(json, "total")));
    };
    const Json request = {{"verb", "index"},
                          {"path", path.string()},
                          {"cache", absoluteOf(cacheDirectory).string()},
                          {"cacheLimitBytes", options.cacheLimitBytes}};
    TR_ASSIGN(const Json answer, connection.ask(request, receiver, cancel));
    IndexReport report = openedReport(answer, cacheDirectory);
    report.runs = countAt(answer, "runs");
    report.steps = countAt(answer, "steps");
    report.scores = countAt(answer, "scores");
    report.decisions = countAt(answer, "decisions");
    report.unreadable = countAt(answer, "unreadable");
    report.newRuns = countAt(answer, "newRuns");
    report.peakRssBytes = countAt(answer, "peakRssBytes");
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
    Receiver receiver;
    receiver.text = [&](std::string_view payload) { return body.add(payload); };
    const Json request = {{"verb", "fetch"},     {"path", d->child.store.string()},
                          {"run", run.nativeId}, {"source", run.source},
                          {"place", run.place},  {"step", stepId},
                          {"maxBytes", maxBytes}};
    TR_ASSIGN(const Json answer, d->child.ask(request, receiver, cancel));
    return body.take(static_cast<std::uint64_t>(countAt(answer, "omittedBytes")));
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
    Receiver receiver;
    receiver.progress = [&](const Json& frame) { listing.add(frame); };
    const Json request = {{"verb", "prompts"}, {"path", d->child.store.string()}};
    TR_ASSIGN(const Json answer, d->child.ask(request, receiver, cancel));
    return listing.take(answer);
}

Result<std::string> PromptReader::file(const std::string& name, std::int64_t version, const CancelToken& cancel)
{
    // What JSON adds to a text, and the front matter: never more than this.
    frames::BodyReceiver body(8 * kMaxPromptBytes);
    Receiver receiver;
    receiver.text = [&](std::string_view payload) { return body.add(payload); };
    const Json request = {{"verb", "prompt"}, {"path", d->child.store.string()}, {"name", name}, {"version", version}};
    TR_TRY(d->child.ask(request, receiver, cancel)); // the answer says nothing more than that all has come
    return std::move(body.take(0).raw);
}

fs::path storeCacheFolder(const fs::path& cacheDirectory, const fs::path& canonicalStore, std::string_view kind)
{
    // Between them a byte that no path holds.
    return cacheDirectory / "stores" / xxh128Hex(canonicalStore.string() + '\0' + std::string(kind));
}

} // namespace tackroom
