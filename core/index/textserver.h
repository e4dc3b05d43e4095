// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The child's end of textreader.h: texts of many runs in one request, and looking through them.
#include "core/base/json.h"
#include "core/index/readerframes.h"
#include "core/readers/readers.h"

#include <functional>
#include <string_view>

namespace tackroom::frames
{

using SendFrame = std::function<Status(FrameType type, std::string_view payload)>;

/// {runs [{run, source, place}], maxBytes}: of each run its texts, then a Progress frame {what: "run", which, omittedBytes} or
/// {…, error}.
[[nodiscard]] Result<Json> answerTexts(StoreReader& reader, const Json& request, const SendFrame& send);
/// {words}: Progress frames {what: "scan", done, total, hits [{word, run, source, step, place, text, at, bytes}]}; the answer
/// says whether this reader can: {scanned}.
[[nodiscard]] Result<Json> answerScan(StoreReader& reader, const Json& request, const SendFrame& send);
/// {words, runs}: the same in the texts of these runs.
[[nodiscard]] Result<Json> answerScanRuns(StoreReader& reader, const Json& request, const SendFrame& send);

} // namespace tackroom::frames
