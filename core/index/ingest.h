// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/readers/readers.h"
#include "core/traces/versionrule.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace tackroom
{

/// What is in runs.db after an ingest, and what it did.
struct IngestReport {
    std::int64_t runs = 0, steps = 0, scores = 0, decisions = 0, unreadable = 0;
    std::int64_t newRuns = 0;     ///< added or changed this time
    std::int64_t removedRuns = 0; ///< no longer in the store
    bool wasCurrent = false;      ///< the fingerprint was the same: nothing was read or written
    double seconds = 0;
};

/// Brings <folder>/runs.db up to date with the store; makes folder and file where they are missing, and makes the file anew
/// where it is damaged or of another schema. Holds runs.lock meanwhile (Locked after 20 s). Written in transactions of a few
/// hundred runs, so that readers see it grow; killed at any point it is a valid index of a part of the store, and the next
/// ingest goes on. The runs get the harness versions that `versionRule` says: those that are there already without reading the
/// store, unless the rule asks for keys that were not looked for so far. `progress` is called from this thread, at least every
/// second while the reader delivers.
[[nodiscard]] Result<IngestReport> ingestStore(StoreReader& reader, const std::filesystem::path& canonicalStore,
                                               const std::filesystem::path& folder, const Progress& progress,
                                               const CancelToken& cancel, const VersionRule& versionRule = {});

} // namespace tackroom
