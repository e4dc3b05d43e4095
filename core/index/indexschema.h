// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// Both schemas of a store's index. A file whose `PRAGMA user_version` differs from the version here, or that is damaged, is
/// deleted and made anew; nothing in it is worth a migration.
///
/// runs.db (written by the reader process alone, under runs.lock; WAL)
///   meta      key, value. `epoch`: a random id made with the file; row numbers hold only within one epoch. `generation`:
///             raised in each transaction that changed something. `runs`, `steps`, `scores`, `decisions`, `unreadable`: totals.
///             `last_row`: the highest id that a run was given so far.
///             `kind`, `fingerprint`, `cursor`: of the store when it was last read to its end. `bulk`: it is being filled for
///             the first time, without some of its indexes; the value is the system's boot id (runsfile.cpp).
///   runs      one row a run; `id` is the RunRow, kept when a run is read again, never given twice. `content` is a hash of the
///             record but its place, by which a run that is read again unchanged, or told by two files alike, is left alone
///   parts     steps, scores and decisions of a run, packed (packedparts.h), one row a chunk: `id` = run row * 2^20 + chunk
///             from 1; the first one counts all of the run. The run row is id >> 20, the rows of one run lie together: WHERE id
///             BETWEEN :run * 1048576 AND :run * 1048576 + 1048575. A step's number (StepItem::row) is made in the same way:
///             run row * 2^20 + ordinal in tree order, depth first, children by start.
///   errors    of the steps with status Error, by step number: what filters look for
///   names     of tools and models, each stored once; field = kToolName, kModelName; with kVersionName what may name the run's
///             harness version (runversions.h): `runs` has what the store's rule makes of it. meta `version_rule`: that rule;
///             `version_keys`: the keys beside the known ones that were looked for
///   name_sets, set_names    which of them a run used: runs.name_set (0: none). Most runs share their set with thousands of
///             others, so that a set costs next to nothing where a row for each name of each run cost as much as the run
///   skipped   what was there and could not be read; at most kMaxSkippedRows rows, all of it is counted
///
/// derived.db (written by the analysis job alone, under derived.lock; made whole under another name and renamed into place, so
/// it has no WAL, which would outlive its file under the same name; a connection sees the file that it opened)
///   meta      `runs_epoch` and `runs_generation`: the runs.db that it was computed from. With another epoch its row numbers
///             mean nothing and it is ignored; with another generation it is merely late.
///             `cluster_ledger`: what people did to the clusters, as a fingerprint; `first_week`, `runs_per_week`: of all runs
///   outcomes, signals
///   made_clusters, made_members, made_exemplars   as the runs were grouped
///   clusters, cluster_members, cluster_exemplars  the same as people left them; clusters.words is what they said, as JSON
///   cluster_aliases   ids of clusters that are another's part or have another id, and which it is
///
/// Enumerations (kind, status, annotator, outcome, source, layer …) are stored as the numbers of their C++ enumerators.
/// Times are UTC nanoseconds, 0 where the store has none. Texts are never NULL; cost_usd and value may be.
namespace tackroom
{

inline constexpr int kRunsSchemaVersion = 5;
inline constexpr int kDerivedSchemaVersion = 2;

inline constexpr std::int64_t kMaxSkippedRows = 10'000;

inline constexpr std::string_view kRunsFile = "runs.db";
inline constexpr std::string_view kDerivedFile = "derived.db";
inline constexpr std::string_view kRunsLock = "runs.lock";
inline constexpr std::string_view kDerivedLock = "derived.lock";
inline constexpr std::string_view kStoreFile = "store.json";

/// Bits of `id` that number the parts of one run.
inline constexpr int kPartBits = 20;
inline constexpr std::int64_t kMaxParts = (std::int64_t{1} << kPartBits) - 1;
[[nodiscard]] constexpr std::int64_t firstPartOf(std::int64_t runRow) { return runRow << kPartBits; }
[[nodiscard]] constexpr std::int64_t lastPartOf(std::int64_t runRow) { return (runRow << kPartBits) | kMaxParts; }

inline constexpr std::int64_t kToolName = 1, kModelName = 2, kVersionName = 3;

/// CREATE statements, several in one text; without user_version, which the writer sets in the same transaction.
extern const std::string_view kRunsDdl;
/// Made while the first ingest nears its end; IF NOT EXISTS. First those into which later rows go quickly.
extern const std::array<std::string_view, 7> kRunsIndexes;
extern const std::string_view kDerivedDdl;

} // namespace tackroom
