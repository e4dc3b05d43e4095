// SPDX-License-Identifier: GPL-3.0-or-later
// A generated Phoenix store of a million spans: indexing it (runs, steps, scores, SQL indexes; no full text, signals or
// clusters) against the sqlite3 shell reading the same bytes; then how long a reviewer waits for first rows, for a second
// opening, for the bodies of a run, and for a store that grew by a hundredth.
//   bench_index [--small] [--rounds N] [--store FILE] [--only-index]     --small: 100,000 spans; --store: kept and used again
#include "core/base/format.h"
#include "core/index/readerclient.h"
#include "core/index/runqueries.h"
#include "core/platform/childprocess.h"
#include "core/platform/directories.h"
#include "tests/bench/benchmark.h"
#include "tests/bench/generatedphoenix.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

using namespace tackroom;
namespace fs = std::filesystem;

namespace
{

constexpr std::int64_t kSpansOfTrace = 10; // about

struct Options {
    std::int64_t traces = 1'000'000 / kSpansOfTrace;
    int rounds = 3;
    bool onlyIndex = false;
    fs::path store;
};

Options optionsOf(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        if (word == "--small") options.traces /= 10;
        if (word == "--only-index") options.onlyIndex = true;
        if (word == "--rounds" && i + 1 < argc) options.rounds = std::max(1, std::atoi(argv[++i]));
        if (word == "--store" && i + 1 < argc) options.store = argv[++i];
    }
    return options;
}

class IndexBench
{
public:
    IndexBench(Options options, fs::path folder) : m_options(std::move(options)), m_folder(std::move(folder))
    {
        m_store = m_options.store.empty() ? m_folder / "phoenix.db" : m_options.store;
    }

    Status run()
    {
        TR_TRY(makeStore());
        TR_TRY(index());
        if (m_options.onlyIndex) return {};
        TR_TRY(firstRows());
        TR_TRY(reopening());
        TR_TRY(window());
        TR_TRY(bodies());
        TR_TRY(growth());
        std::printf("peak memory: reader %.0f MB + this program, which asks for rows as the window does, %.0f MB = %.0f MB "
                    "(wanted: below "
                    "400)",
                    m_peakMegabytes, bench::peakMegabytes(), m_peakMegabytes + bench::peakMegabytes());
        if (m_windowMegabytes > 0)
            std::printf("; with the window's %.0f MB: %.0f MB", m_windowMegabytes, m_peakMegabytes + m_windowMegabytes);
        std::printf("\n");
        return {};
    }

private:
    fs::path freshCache() { return m_folder / formatText("cache{}", m_caches++); }

    Status makeStore()
    {
        if (!fs::exists(m_store)) {
            Result<bench::PhoenixSize> size;
            const double seconds =
                bench::secondsOf([&] { size = bench::generatePhoenix(m_store, {.traces = m_options.traces}); });
            if (!size) return std::unexpected(size.error());
            std::printf("generated %lld traces, %lld spans, %.0f bytes of attributes a span, in %.1f s\n",
                        static_cast<long long>(size->traces), static_cast<long long>(size->spans),
                        static_cast<double>(size->attributeBytes) / static_cast<double>(size->spans), seconds);
        }
        std::printf("store: %.0f MB\n", static_cast<double>(fs::file_size(m_store)) / 1e6);
        return baseline(); // so that it is warm
    }

    Status baseline()
    {
        const auto output =
            runProcess({"sqlite3", m_store.string(), "select sum(length(attributes)) from spans"}, {}, {}, 600'000, 1 << 20);
        if (!output) return std::unexpected(output.error());
        return {};
    }

    Status index()
    {
        std::vector<double> ours, theirs, ourProcessor, theirProcessor;
        for (int i = 0; i < m_options.rounds; ++i) {
            Status read;
            const bench::Cost base = bench::costOf([&] { read = baseline(); });
            TR_TRY(read);
            m_cache = freshCache();
            Result<IndexReport> report = fail(ErrorCode::Internal, {}, "not run");
            const bench::Cost cost = bench::costOf([&] { report = ReaderClient::index(m_store, m_cache, {}, {}, {}); });
            if (!report) return std::unexpected(report.error());
            theirs.push_back(base.wall);
            theirProcessor.push_back(base.processor);
            ours.push_back(cost.wall);
            ourProcessor.push_back(cost.processor);
            m_report = *report;
            m_peakMegabytes = std::max(m_peakMegabytes, static_cast<double>(report->peakRssBytes) / 1e6);
            std::printf(
                "  round %d: sqlite3 %.3f s (processor %.3f s), index %.3f s (processor %.3f s); reader's peak %.0f MB\n",
                i + 1, base.wall, base.processor, cost.wall, cost.processor, static_cast<double>(report->peakRssBytes) / 1e6);
            if (i + 1 < m_options.rounds) fs::remove_all(m_cache);
        }
        m_indexSeconds = bench::median(ours);
        const double base = bench::median(theirs);
        std::printf("  %lld runs, %lld steps, %lld scores, %lld unreadable; runs.db %.0f MB\n",
                    static_cast<long long>(m_report.runs), static_cast<long long>(m_report.steps),
                    static_cast<long long>(m_report.scores), static_cast<long long>(m_report.unreadable),
                    static_cast<double>(fs::file_size(m_report.folder / "runs.db")) / 1e6);
        std::printf("index (runs, steps, scores, SQL indexes): %.3f s; sqlite3 'select sum(length(attributes)) from spans': "
                    "%.3f s; ratio %.2f (wanted: at most 3; medians of %d, by turns, store in the page cache)\n",
                    m_indexSeconds, base, m_indexSeconds / base, m_options.rounds);
        const double ourWork = bench::median(ourProcessor), theirWork = bench::median(theirProcessor);
        std::printf("  the same as processor time of all threads: %.3f s; %.3f s; ratio %.2f\n", ourWork, theirWork,
                    ourWork / theirWork);
        return {};
    }

    /// From the start of the reader process until a reader of runs.db has the first fifty rows in hand.
    Status firstRows()
    {
        std::vector<double> seconds;
        for (int i = 0; i < m_options.rounds; ++i) {
            const fs::path cache = freshCache();
            const fs::path folder = storeCacheFolder(cache, fs::canonical(m_store), m_report.store.kind);
            std::atomic<bool> done = false;
            Status indexed;
            const auto start = std::chrono::steady_clock::now();
            std::thread reader([&] {
                if (const auto report = ReaderClient::index(m_store, cache, {}, {}, {}); !report)
                    indexed = std::unexpected(report.error());
                done = true;
            });
            std::size_t rows = 0;
            while (rows == 0 && !done) {
                rows = rowsNow(folder);
                if (rows == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
            seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
            reader.join();
            TR_TRY(indexed);
            if (i == 0) std::printf("  first rows: %zu\n", rows);
            fs::remove_all(cache);
        }
        std::printf(
            "first rows in hand, from the start of the reader on an empty cache: %.3f s (wanted: below 0.5; median of %d)\n",
            bench::median(seconds), m_options.rounds);
        return {};
    }

    static std::size_t rowsNow(const fs::path& folder)
    {
        auto queries = RunQueries::open(folder, {});
        if (!queries) return 0;
        auto rows = (*queries)->rows({}, RunOrder::Start, true);
        if (!rows || rows->empty()) return 0;
        const std::vector<RunRow> some(rows->begin(),
                                       rows->begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(50, rows->size())));
        const auto items = (*queries)->items(some);
        return items ? rows->size() : 0;
    }

    Status reopening()
    {
        std::vector<double> seconds;
        Status indexed;
        for (int i = 0; i < m_options.rounds; ++i)
            seconds.push_back(bench::secondsOf([&] {
                const auto report = ReaderClient::index(m_store, m_cache, {}, {}, {});
                if (!report) indexed = std::unexpected(report.error());
                if (rowsNow(m_report.folder) == 0) indexed = fail(ErrorCode::Internal, {}, "no rows");
            }));
        TR_TRY(indexed);
        std::printf(
            "reopening (looked whether the store has changed, all rows in order): %.3f s (wanted: below 0.3; median of %d)\n",
            bench::median(seconds), m_options.rounds);
        return {};
    }

    /// The window itself, offscreen, from the start of its process: "0.31 s, 100 rows, peak memory 90 MB". Nothing where it is
    /// not built.
    Result<std::string> windowSays(const fs::path& cache, const char* until)
    {
        ChildOptions options;
        options.environment = {"QT_QPA_PLATFORM=offscreen", "HOME=" + m_folder.string(), "XDG_CONFIG_HOME=" + m_folder.string(),
                               formatText("PATH={}", std::getenv("PATH") ? std::getenv("PATH") : "")};
        const auto output = runProcess(
            {"tackroom", "--cache", cache.string(), "--data", (m_folder / "data").string(), "--until", until, m_store.string()},
            {}, {}, 600'000, 1 << 20, options);
        if (!output && output.error().code == ErrorCode::NotFound) return std::string();
        if (!output) return std::unexpected(output.error());
        if (output->exitCode != 0) return fail(ErrorCode::Io, "tackroom", output->err);
        return output->out;
    }

    Status window()
    {
        std::vector<double> fresh, again;
        std::string said;
        for (int i = 0; i < m_options.rounds; ++i) {
            const fs::path cache = freshCache();
            TR_ASSIGN(said, windowSays(cache, "rows"));
            if (said.empty()) {
                std::printf("the window (tackroom) is not on PATH: its start was not measured\n");
                return {};
            }
            fresh.push_back(std::strtod(said.c_str(), nullptr));
            fs::remove_all(cache);
            TR_ASSIGN(said, windowSays(m_cache, "rows"));
            again.push_back(std::strtod(said.c_str(), nullptr));
        }
        TR_ASSIGN(said, windowSays(freshCache(), "settled"));
        std::printf("first rows in the window, from the start of its process, empty cache: %.2f s (wanted: below 0.5); index "
                    "there already: "
                    "%.2f s (wanted: below 0.3) (medians of %d)\n",
                    bench::median(fresh), bench::median(again), m_options.rounds);
        std::printf("the window until all is read and analysed (signals, clusters too): %s", said.c_str());
        if (const auto at = said.find("memory "); at != std::string::npos)
            m_windowMegabytes = std::strtod(said.c_str() + at + 7, nullptr);
        return {};
    }

    Status bodies()
    {
        TR_ASSIGN(auto queries, RunQueries::open(m_report.folder, {}));
        TR_ASSIGN(const auto rows, queries->rows({}, RunOrder::Start, true));
        TR_ASSIGN(auto client, ReaderClient::open(m_store, {}));
        std::vector<double> seconds;
        for (std::size_t i = 0; i < 50; ++i) {
            TR_ASSIGN(const auto item, queries->item(rows[i * (rows.size() - 1) / 49]));
            Result<Body> body;
            seconds.push_back(bench::secondsOf([&] { body = client->fetch(RunAddress(item.run), {}, 4 << 20, {}); }));
            if (!body) return std::unexpected(body.error());
        }
        const double first = seconds.front();
        std::printf("all bodies of a run, 50 runs from newest to oldest: median %.1f ms, worst %.1f ms, first %.1f ms with the "
                    "reader's start (wanted: below 50)\n",
                    bench::median(seconds) * 1e3, *std::max_element(seconds.begin() + 1, seconds.end()) * 1e3, first * 1e3);
        return {};
    }

    /// Adds to a copy where the store is to be kept.
    Status growth()
    {
        const fs::path grown = m_folder / "grown.db";
        if (m_options.store.empty())
            fs::rename(m_store, grown);
        else
            fs::copy_file(m_store, grown);
        const fs::path cache = freshCache();
        TR_TRY(indexInto(grown, cache));
        std::vector<double> seconds;
        std::int64_t news = 0;
        for (int i = 0; i < m_options.rounds; ++i) {
            TR_TRY(bench::generatePhoenix(
                grown, {.firstTrace = m_options.traces + i * m_options.traces / 100, .traces = m_options.traces / 100}));
            Result<IndexReport> report = fail(ErrorCode::Internal, {}, "not run");
            seconds.push_back(bench::secondsOf([&] { report = ReaderClient::index(grown, cache, {}, {}, {}); }));
            if (!report) return std::unexpected(report.error());
            news = report->newRuns;
        }
        std::printf("grown by 1 %% (%lld runs): %.3f s, %.3f of the first indexing (median of %d)\n",
                    static_cast<long long>(news), bench::median(seconds), bench::median(seconds) / m_indexSeconds,
                    m_options.rounds);
        return {};
    }
    static Status indexInto(const fs::path& store, const fs::path& cache)
    {
        TR_TRY(ReaderClient::index(store, cache, {}, {}, {}));
        return {};
    }

    Options m_options;
    fs::path m_folder, m_store, m_cache;
    IndexReport m_report;
    double m_indexSeconds = 0, m_peakMegabytes = 0, m_windowMegabytes = 0;
    int m_caches = 0;
};

} // namespace

int main(int argc, char** argv)
{
    auto folder = TemporaryFolder::make("tackroom-bench-index");
    if (!folder) {
        std::fprintf(stderr, "bench_index: %s\n", oneLine(folder.error()).c_str());
        return 4;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const auto done = IndexBench(optionsOf(argc, argv), folder->path()).run();
    if (!done) std::fprintf(stderr, "bench_index: %s\n", oneLine(done.error()).c_str());
    return done ? 0 : 4;
}
