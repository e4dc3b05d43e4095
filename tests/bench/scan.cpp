// SPDX-License-Identifier: GPL-3.0-or-later
// Looking for a text through all of a generated Phoenix store, against the sqlite3 shell's LIKE over the spans' attributes of
// the same file, by turns.
//   bench_scan [--small] [--rounds N] [--store FILE]     --small: 100,000 spans; --store: kept and used again
#include "core/base/result.h"
#include "core/index/textreader.h"
#include "core/platform/childprocess.h"
#include "core/platform/directories.h"
#include "tests/bench/benchmark.h"
#include "tests/bench/generatedphoenix.h"

#include <cstdlib>
#include <filesystem>
#include <format>
#include <set>
#include <string>
#include <string_view>

using namespace tackroom;
namespace fs = std::filesystem;

namespace
{

struct Options {
    std::int64_t traces = 100'000; // about ten spans each
    int rounds = 3;
    fs::path store;
};

Options optionsOf(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        if (word == "--small") options.traces /= 10;
        if (word == "--rounds" && i + 1 < argc) options.rounds = std::max(1, std::atoi(argv[++i]));
        if (word == "--store" && i + 1 < argc) options.store = argv[++i];
    }
    return options;
}

Result<std::string> likeInShell(const fs::path& store, const std::string& word)
{
    const std::string sql = std::format("select count(*) from spans where attributes like '%{}%'", word);
    TR_ASSIGN(const auto output, runProcess({"sqlite3", store.string(), sql}, {}, {}, 600'000, 1 << 20));
    return output.out;
}

Status measure(const fs::path& store, const std::string& word, int rounds)
{
    std::vector<double> ours, theirs, firsts;
    std::set<std::string> runs;
    std::string rows;
    for (int i = 0; i < rounds; ++i) {
        Result<std::string> counted;
        theirs.push_back(bench::secondsOf([&] { counted = likeInShell(store, word); }));
        TR_ASSIGN(rows, std::move(counted));
        runs.clear();
        const auto start = std::chrono::steady_clock::now();
        const auto hit = [&](const ScanHit& found) -> Status {
            if (runs.empty()) firsts.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
            runs.insert(found.runId);
            return {};
        };
        Result<TextReader::Scanned> scanned;
        // With the start of the reader process, as the shell's start is in its time.
        ours.push_back(bench::secondsOf([&] { scanned = TextReader(store, {}).scan({word}, hit, {}, {}); }));
        if (!scanned) return std::unexpected(scanned.error());
        if (!scanned->all) return fail(ErrorCode::Internal, store.string(), "the store was not scanned");
    }
    while (!rows.empty() && (rows.back() == '\n' || rows.back() == '\r')) rows.pop_back();
    const double a = bench::median(ours), b = bench::median(theirs);
    std::printf("search '%s': %.3f s, %zu runs%s; sqlite3 LIKE: %.3f s, %s spans; ratio %.2f (medians of %d)\n", word.c_str(),
                a, runs.size(), firsts.empty() ? "" : std::format(", the first after {:.3f} s", bench::median(firsts)).c_str(),
                b, rows.c_str(), a / b, rounds);
    return {};
}

Status run(const Options& options, const fs::path& folder)
{
    const fs::path store = options.store.empty() ? folder / "phoenix.db" : options.store;
    if (!fs::exists(store)) TR_TRY(bench::generatePhoenix(store, {.traces = options.traces}));
    std::printf("store: %.0f MB\n", static_cast<double>(fs::file_size(store)) / 1e6);
    TR_TRY(likeInShell(store, "warm")); // so that it is
    // Found nowhere, in few runs, and in very many.
    for (const char* word : {"nobody said this", "W0004242", "refund"}) TR_TRY(measure(store, word, options.rounds));
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    auto folder = TemporaryFolder::make("tackroom-bench-scan");
    if (!folder) {
        std::fprintf(stderr, "bench_scan: %s\n", oneLine(folder.error()).c_str());
        return 4;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const auto done = run(optionsOf(argc, argv), folder->path());
    if (!done) std::fprintf(stderr, "bench_scan: %s\n", oneLine(done.error()).c_str());
    return done ? 0 : 4;
}
