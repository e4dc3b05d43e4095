// SPDX-License-Identifier: GPL-3.0-or-later
// Indexing a Phoenix store (runs, steps, scores; no signals or clusters) against the sqlite3 shell reading the same bytes.
#include "core/index/readerclient.h"
#include "core/platform/childprocess.h"
#include "core/sample/sample.h"
#include "tests/bench/benchmark.h"

#include <cstdlib>
#include <filesystem>

using namespace tackroom;

int main()
{
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "tackroom-bench-index";
    std::filesystem::remove_all(folder);
    const auto made = makeSample(folder, {.seed = 7, .runs = 20'000}, {}, {});
    if (!made) {
        std::fprintf(stderr, "bench_index: %s\n", oneLine(made.error()).c_str());
        return 4;
    }
    std::printf("store: %d runs, %.0f MB\n", made->runs, static_cast<double>(std::filesystem::file_size(made->store)) / 1e6);
    bool failed = false;
    int round = 0;
    bench::compare(
        "index", "sqlite3 'select sum(length(attributes)) from spans'", 3,
        [&] {
            const auto report = ReaderClient::index(made->store, folder / ("cache" + std::to_string(round++)), {}, {}, {});
            failed = failed || !report || report->runs != made->runs;
        },
        [&] {
            const auto output = runProcess({"sqlite3", made->store.string(), "select sum(length(attributes)) from spans"}, {}, {}, 600'000, 1 << 20);
            failed = failed || !output;
        });
    std::filesystem::remove_all(folder);
    if (failed) std::fprintf(stderr, "bench_index: a round failed\n");
    return failed ? 4 : 0;
}
