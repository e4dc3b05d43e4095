// SPDX-License-Identifier: GPL-3.0-or-later
// Comparing 100,000 lines of which a fifth changed, against git diff --no-index on the same files.
#include "core/diff/rows.h"
#include "core/platform/atomicfile.h"
#include "core/platform/childprocess.h"
#include "tests/bench/benchmark.h"

#include <filesystem>
#include <random>

using namespace tackroom;

int main()
{
    std::mt19937 random(7);
    std::string before, after;
    for (int i = 0; i < 100'000; ++i) {
        const std::string line = "line " + std::to_string(i) + " says " + std::to_string(random() % 1000) + "\n";
        before += line;
        after += random() % 5 == 0 ? "line " + std::to_string(i) + " now says " + std::to_string(random() % 1000) + "\n" : line;
    }
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "tackroom-bench-diff";
    std::filesystem::create_directories(folder);
    bool failed = !writeFileAtomically(folder / "a", before) || !writeFileAtomically(folder / "b", after);
    bench::compare(
        "rows of 100,000 lines, 20 % changed", "git diff --no-index --histogram", 5,
        [&] { failed = failed || RowModel::make(before, after)->hunks().empty(); },
        [&] {
            const auto output =
                runProcess({"git", "diff", "--no-index", "--histogram", (folder / "a").string(), (folder / "b").string()}, {},
                           {}, 60'000, 64 << 20);
            failed = failed || !output;
        });
    std::filesystem::remove_all(folder);
    if (failed) std::fprintf(stderr, "bench_diff: a round failed\n");
    return failed ? 4 : 0;
}
