// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A run as the writer of runs.db takes it: made ready by the thread that reads, so that the writing thread only writes.
#include "core/index/packedparts.h"
#include "core/traces/versionrule.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tackroom
{

/// A run ready to be written.
struct PackedRun {
    Run run;
    std::int64_t content = 0; ///< hash of all of it but the place (packedrun.cpp)
    PartPacker::Counts counts;
    std::vector<std::string> chunks;
    std::vector<std::string> tools, models; ///< distinct names
    std::vector<std::string> versions;      ///< what may name its harness version (runversions.h)
    struct StepError {
        std::int64_t ordinal = 0;
        std::string type, text;
    };
    std::vector<StepError> errors;
};
/// The record with these steps in place of its own.
[[nodiscard]] PackedRun packRun(PartPacker& packer, RunRecord record, std::span<const StepView> steps,
                                const VersionRule& versionRule = {});
/// Whether two contents tell of the same events, be it with other judgements.
[[nodiscard]] bool isSameHappening(std::int64_t content, std::int64_t other);

} // namespace tackroom
