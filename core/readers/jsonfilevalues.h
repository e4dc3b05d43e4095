// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

#include <functional>
#include <optional>

namespace tackroom
{

/// The largest JSON file that is one object and is read as a whole.
inline constexpr std::uint64_t kMaxJsonObjectBytes = std::uint64_t{512} << 20;

/// Visits the values of a JSON file, however they lie: one object, the elements of an array, a value a line. `range` is where a
/// line lies, so that it can be read again alone; nothing for the other two. What the visitor fails with, and what is broken or
/// too long, is told to the sink as skipped, with its place; the visitor ends the reading by answering false. Errors: Damaged
/// where nothing could be read at all, Refused, Io, Cancelled.
using JsonValueVisitor = std::function<Result<bool>(jsonvalues::Value value, std::optional<FileRange> range)>;
[[nodiscard]] Status forEachJsonValue(const InputFile& file, FormatSink& sink, const JsonValueVisitor& visit,
                                      const CancelToken& cancel);

} // namespace tackroom
