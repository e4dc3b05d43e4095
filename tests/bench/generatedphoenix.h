// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A Phoenix store of any size, the same bytes for the same plan: support agents whose LLM spans repeat their message history
/// (as messages and, as instrumentations do, once more as the request in input.value), tools that sometimes fail, retrievers,
/// costs, annotations. Spans arrive as they do at a server: children before their parent, four traces at a time interleaved.
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>

namespace tackroom::bench
{

struct PhoenixPlan {
    std::int64_t firstTrace = 0;
    std::int64_t traces = 0; ///< about ten spans each
    std::uint64_t seed = 7;
};

struct PhoenixSize {
    std::int64_t traces = 0, spans = 0, attributeBytes = 0;
};

/// Makes the file, or adds to the one that is there.
[[nodiscard]] Result<PhoenixSize> generatePhoenix(const std::filesystem::path& file, const PhoenixPlan& plan);

} // namespace tackroom::bench
