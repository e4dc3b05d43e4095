// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// MLflow's spans as JSON (of the table spans or of traces.json) and where the artifacts of a trace lie.
#include "core/readers/spans.h"

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace tackroom
{

/// A span dictionary of version 2 (context, parent_id, start_time, status_code), 3 (base64 ids, STATUS_CODE_OK) or 4
/// (hexadecimal ids, OK). Fills what is there; the values live as long as `dictionary`.
void readMlflowSpan(jsonvalues::Value dictionary, Span& span);
/// "0x1f…", base64 of eight or sixteen bytes, or hexadecimal digits, as hexadecimal digits; anything else as it is.
[[nodiscard]] std::string mlflowSpanId(std::string_view id);
/// normaliseSpan, and the messages of chat models, which MLflow keeps as plain JSON.
[[nodiscard]] NormalisedSpan normaliseMlflowSpan(const Span& span, bool wantBodies);

/// The file traces.json of a trace, below `folder` (which must be canonical); else one sentence why there is none.
[[nodiscard]] std::expected<std::filesystem::path, std::string> mlflowTraceFile(const std::filesystem::path& folder,
                                                                                std::string_view location);

} // namespace tackroom
