// SPDX-License-Identifier: GPL-3.0-or-later
// libFuzzer's side. The target is named by TACKROOM_FUZZ_TARGET, or by the name of the program ("fuzz_otlp-json", a link).
// TACKROOM_FUZZ_LIST=1 prints the targets; TACKROOM_FUZZ_SEEDS=DIR writes the target's seeds and dictionary there; both end.
#include "tests/fuzz/targets.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace
{

using namespace tackroom::fuzz;

const FuzzTarget* theTarget = nullptr;

/// What stands between double quotes, and what JSON is made of: words that mutations may put in.
std::set<std::string> wordsOf(const std::vector<std::string>& seeds)
{
    constexpr std::size_t kMostBytes = 40, kMostWords = 400;
    std::set<std::string> words{"null",      "true",      "false", "[]", "{}",
                                "\\\\u0000", "\\\\ud800", "1e999", "-1", "9223372036854775808"};
    for (const std::string& seed : seeds)
        for (std::size_t at = seed.find('"'); at != seed.npos && words.size() < kMostWords;) {
            const std::size_t end = seed.find('"', at + 1);
            if (end == seed.npos) break;
            const std::string word = seed.substr(at + 1, end - at - 1);
            bool plain = !word.empty() && word.size() <= kMostBytes;
            for (const char c : word)
                plain = plain && (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-');
            if (plain) words.insert("\\\"" + word + "\\\"");
            at = end;
        }
    return words;
}

void writeSeeds(const std::filesystem::path& folder)
{
    const auto seeds = fuzzSeeds(*theTarget);
    std::filesystem::create_directories(folder / "seeds");
    int number = 0;
    for (const std::string& seed : seeds) std::ofstream(folder / "seeds" / std::to_string(++number), std::ios::binary) << seed;
    std::ofstream words(folder / "words");
    for (const std::string& word : wordsOf(seeds)) words << '"' << word << "\"\n";
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** argv)
{
    if (std::getenv("TACKROOM_FUZZ_LIST")) {
        for (const FuzzTarget& target : fuzzTargets()) std::puts(target.name.c_str());
        std::exit(0);
    }
    std::string name = std::filesystem::path((*argv)[0]).filename().string();
    name = name.starts_with("fuzz_") ? name.substr(5) : name;
    if (const char* named = std::getenv("TACKROOM_FUZZ_TARGET")) name = named;
    theTarget = fuzzTarget(name);
    if (!theTarget) {
        std::fprintf(stderr, "there is no target %s; TACKROOM_FUZZ_LIST=1 lists them\n", name.c_str());
        std::exit(2);
    }
    if (const char* folder = std::getenv("TACKROOM_FUZZ_SEEDS")) {
        writeSeeds(folder);
        std::exit(0);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    feed(*theTarget, {reinterpret_cast<const char*>(data), size});
    return 0;
}
