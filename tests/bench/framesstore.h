// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What bench_frames looks at: a Phoenix store with a few uncommon runs (many steps, one long line, large bodies), and an index
/// of it that holds as many cheap runs besides as are asked for. The window opens it as any other store: its index is current.
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tackroom::bench
{

struct FramesPlan {
    std::int64_t runs = 1'000'000;
    std::int64_t steps = 50'000; ///< of the run with many
};

struct FramesStore {
    std::filesystem::path store, cache;
    std::filesystem::path document; ///< an ATIF trajectory of as many steps: a store whose runs are JSON as a whole
    // Trace ids.
    std::string manySteps; ///< FramesPlan::steps spans below each other, three deep, with what was said
    std::string longLine;  ///< a model call whose answer is one line of 10 MB
    std::string largeBody; ///< twelve model calls of 9 MB each
    std::string oneBody;   ///< a model call of 100 MB, more than a reader takes of one
};

[[nodiscard]] Result<FramesStore> makeFramesStore(const std::filesystem::path& folder, const FramesPlan& plan);

} // namespace tackroom::bench
