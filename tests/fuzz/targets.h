// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What is fed with broken bytes, one target each: every format of files, every format of databases, the recognition of
/// anything, and what takes foreign bytes beside them (readersfuzz.h, parts.h). The fuzzer and the campaigns share them.
#include "tests/fuzz/parts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::fuzz
{

struct FuzzTarget {
    std::string name; ///< a format's kind, "anything", "frames" …
    enum class What : std::uint8_t { Part, File, Database, Anything, Other } what = What::Anything;
    int part = 0;                ///< of a Part: readersfuzz.h's Target
    const Part* other = nullptr; ///< of parts.h
};
[[nodiscard]] const std::vector<FuzzTarget>& fuzzTargets();
[[nodiscard]] const FuzzTarget* fuzzTarget(std::string_view name);

/// Whole and well-formed inputs. For a database's target each is either a database file, or (not beginning as one) texts that
/// are put into the columns of a small database: chunks that end at a byte 0xFF, each of one byte that names the column, one
/// that names the type, and the value.
[[nodiscard]] std::vector<std::string> fuzzSeeds(const FuzzTarget& target);
/// Returning is passing; a broken promise aborts.
void feed(const FuzzTarget& target, std::string_view bytes);

/// What feed() has seen so far in this process.
struct FeedCounts {
    std::int64_t stores = 0, opened = 0, whole = 0, broken = 0, runs = 0, skipped = 0;
};
[[nodiscard]] FeedCounts& feedCounts();

} // namespace tackroom::fuzz
