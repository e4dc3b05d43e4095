// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/index/runqueries.h"
#include "core/readers/readers.h"
#include "core/sql/sql.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace tackroom
{

/// What runs.db is just now: `epoch` changes when it is made anew (row numbers change), `generation` when anything in it does.
struct RunsState {
    std::string epoch;
    std::int64_t generation = 0;
    std::int64_t runs = 0;

    friend bool operator==(const RunsState&, const RunsState&) = default;
};

/// The index of a store, to look at. NotFound where there is none, or one of another version.
[[nodiscard]] Result<Database> openRuns(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel);

/// NotFound where there is no index.
[[nodiscard]] Result<RunsState> readRunsState(const std::filesystem::path& storeCacheFolder);

/// Hands over every run with its steps (tree order), scores and decisions, oldest first (start, then key): the same order
/// however the index grew. One snapshot; returns the state that it belongs to. An error of `visit` ends it and is returned.
/// Blocking; one thread; does not hinder the writer.
[[nodiscard]] Result<RunsState> forEachRecord(const std::filesystem::path& storeCacheFolder,
                                              const std::function<Status(RunRow, const RunRecord&)>& visit,
                                              const CancelToken& cancel);
/// One run in the same form.
[[nodiscard]] Result<RunRecord> readRecord(const std::filesystem::path& storeCacheFolder, RunRow row);

} // namespace tackroom
