// SPDX-License-Identifier: GPL-3.0-or-later
// Does an agent notice that its store is being read? A writer commits spans into a Phoenix store; in every second block of
// commits Tackroom follows the store as the window does (looks at its files, indexes what is new in a reader process), only
// more often. The times of the commits with and without, and how large the write-ahead log becomes.
#include "core/base/cancel.h"
#include "core/index/readerclient.h"
#include "core/platform/directories.h"
#include "core/readers/readers.h"
#include "tests/bench/benchmark.h"
#include "tests/bench/generatedphoenix.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <format>
#include <string>
#include <thread>

namespace
{

using namespace tackroom;
namespace fs = std::filesystem;

constexpr int kBlocks = 8; ///< of each kind
constexpr auto kBlockTime = std::chrono::milliseconds(2'500);
constexpr auto kPause = std::chrono::milliseconds(4); ///< between two commits: an agent that is busy
constexpr auto kFollowEvery = std::chrono::milliseconds(250);
constexpr int kFirstTraces = 2'000;

[[noreturn]] void give(const std::string& why)
{
    std::fprintf(stderr, "bench_livewriter: %s\n", why.c_str());
    std::exit(4);
}

/// An agent's connection, with what Phoenix's has: WAL, everything else as SQLite comes.
class Writer
{
public:
    Writer(const fs::path& store, const char* journal)
    {
        if (sqlite3_open(store.c_str(), &m_db) != SQLITE_OK) give("cannot open the store");
        sqlite3_busy_timeout(m_db, 20'000);
        exec(std::format("PRAGMA journal_mode={}", journal));
        exec("CREATE TABLE IF NOT EXISTS writer_notes(id INTEGER PRIMARY KEY, text)");
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { sqlite3_close(m_db); }
    void exec(const std::string& sql)
    {
        char* message = nullptr;
        if (sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) give(std::string(message) + " in " + sql);
    }
    /// A run of three spans in one transaction; how long it took.
    double commit(int number)
    {
        const std::string body(600, 'x');
        std::string sql = std::format("BEGIN IMMEDIATE; INSERT INTO traces(project_rowid, trace_id, start_time, end_time) "
                                      "VALUES(1, 'live{}', '2026-03-02 08:00:00', '2026-03-02 08:00:09');",
                                      number);
        for (int i = 0; i < 3; ++i)
            sql += std::format(
                "INSERT INTO spans(trace_rowid, span_id, name, span_kind, start_time, end_time, attributes, events, "
                "status_code, status_message, cumulative_error_count, cumulative_llm_token_count_prompt, "
                "cumulative_llm_token_count_completion) VALUES((SELECT max(id) FROM traces), 'l{}-{}', 'step', "
                "'CHAIN', '2026-03-02 08:00:00', '2026-03-02 08:00:01', '{{\"input\":{{\"value\":\"{}\"}}}}', '[]', "
                "'OK', '', 0, 0, 0);",
                number, i, body);
        sql += "COMMIT;";
        return bench::secondsOf([&] { exec(sql); });
    }

private:
    sqlite3* m_db = nullptr;
};

/// The window's loop, in a thread.
class Follower
{
public:
    Follower(fs::path store, fs::path cache) : m_store(std::move(store)), m_cache(std::move(cache))
    {
        m_thread = std::thread([this] {
            std::string stamp;
            while (!m_done) {
                const std::string now = storeStamp(m_store);
                if (now != stamp) {
                    const auto report = ReaderClient::index(m_store, m_cache, {}, {}, {});
                    if (!report) give("while following: " + report.error().detail);
                    m_runs += report->newRuns;
                    ++m_readings;
                    stamp = now;
                }
                std::this_thread::sleep_for(kFollowEvery);
            }
        });
    }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    ~Follower() { end(); }
    void end()
    {
        m_done = true;
        if (m_thread.joinable()) m_thread.join();
    }
    [[nodiscard]] int readings() const { return m_readings; }
    [[nodiscard]] std::int64_t runs() const { return m_runs; }

private:
    fs::path m_store, m_cache;
    std::atomic<bool> m_done = false;
    std::atomic<int> m_readings = 0;
    std::atomic<std::int64_t> m_runs = 0;
    std::thread m_thread;
};

struct Measured {
    std::vector<double> seconds;
    std::uintmax_t largestWal = 0;
    int restarts = 0; ///< the log began anew or was emptied
    int readings = 0;
    std::int64_t runs = 0;
};

std::uintmax_t walBytes(const fs::path& store)
{
    std::error_code error;
    const auto size = fs::file_size(store.string() + "-wal", error);
    return error ? 0 : size;
}

/// The log is written from its beginning again after a checkpoint: its header's salt changes.
std::string walSalt(const fs::path& store)
{
    std::string bytes(24, '\0');
    if (std::FILE* file = std::fopen((store.string() + "-wal").c_str(), "rb")) {
        bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
        std::fclose(file);
    }
    return bytes.size() == 24 ? bytes.substr(16) : std::string();
}

void block(Writer& writer, const fs::path& store, int& number, Measured& into)
{
    const auto until = std::chrono::steady_clock::now() + kBlockTime;
    std::string salt = walSalt(store);
    while (std::chrono::steady_clock::now() < until) {
        into.seconds.push_back(writer.commit(number++));
        into.largestWal = std::max(into.largestWal, walBytes(store));
        if (number % 20 == 0)
            if (std::string now = walSalt(store); now != salt) {
                salt = std::move(now);
                ++into.restarts;
            }
        std::this_thread::sleep_for(kPause);
    }
}

double percentile(std::vector<double> values, double share)
{
    std::ranges::sort(values);
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

void print(const char* what, const Measured& m)
{
    std::printf("  %-10s %6zu commits, median %.3f ms, p99 %.3f ms, longest %.1f ms; log at most %.2f MB, begun anew %d times",
                what, m.seconds.size(), 1e3 * percentile(m.seconds, 0.5), 1e3 * percentile(m.seconds, 0.99),
                1e3 * percentile(m.seconds, 1), static_cast<double>(m.largestWal) / 1e6, m.restarts);
    if (m.readings) std::printf("; %d readings, %lld runs", m.readings, static_cast<long long>(m.runs));
    std::printf("\n");
}

void measure(const char* journal, const fs::path& folder)
{
    const fs::path store = folder / (std::string(journal) + ".db");
    const auto made = bench::generatePhoenix(store, {.traces = kFirstTraces});
    if (!made) give(made.error().detail);
    const fs::path cache = folder / "cache";
    Writer writer(store, journal);
    if (const auto first = ReaderClient::index(store, cache, {}, {}, {}); !first) give(first.error().detail);
    Measured alone, followed;
    int number = 0;
    for (int i = 0; i < kBlocks; ++i) {
        // In the order ABBA, so that a store that grows favours neither.
        for (const bool follow : {i % 2 == 0, i % 2 != 0}) {
            if (!follow) {
                block(writer, store, number, alone);
                continue;
            }
            Follower follower(store, cache);
            block(writer, store, number, followed);
            follower.end();
            followed.readings += follower.readings();
            followed.runs += follower.runs();
        }
    }
    std::printf("live writer, journal_mode=%s, store of %lld spans, a commit each %lld ms, looked at each %lld ms:\n", journal,
                static_cast<long long>(made->spans), static_cast<long long>(kPause.count()),
                static_cast<long long>(kFollowEvery.count()));
    print("alone", alone);
    print("followed", followed);
    std::printf("  median commit followed / alone: ratio %.2f; log: ratio %.2f\n",
                percentile(followed.seconds, 0.5) / percentile(alone.seconds, 0.5),
                alone.largestWal ? static_cast<double>(followed.largestWal) / static_cast<double>(alone.largestWal) : 1.0);
}

} // namespace

int main()
{
    const auto folder = TemporaryFolder::make("livewriter");
    if (!folder) give(folder.error().detail);
    std::printf("stores in %s\n", folder->path().parent_path().c_str());
    measure("WAL", folder->path());
    measure("DELETE", folder->path());
    return 0;
}
