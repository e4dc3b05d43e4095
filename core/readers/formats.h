// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The formats that are files, one function each; fileformat.h says what a format is.
#include "core/readers/fileformat.h"

namespace tackroom
{
[[nodiscard]] const FileFormat& inspectFormat();
[[nodiscard]] const FileFormat& langfuseFormat();
[[nodiscard]] const FileFormat& langsmithFormat();
[[nodiscard]] const FileFormat& managedAgentsFormat();
[[nodiscard]] const FileFormat& phoenixFrameFormat();
[[nodiscard]] const FileFormat& claudeCodeFormat();
[[nodiscard]] const FileFormat& codexFormat();
[[nodiscard]] const FileFormat& claudeCodeExportFormat();

[[nodiscard]] const FileFormat& jaegerJsonFormat();    ///< Jaeger's JSON
[[nodiscard]] const FileFormat& tempoJsonFormat();     ///< Grafana Tempo's JSON
[[nodiscard]] const FileFormat& anyAgentFormat();      ///< mozilla-ai/any-agent
[[nodiscard]] const FileFormat& otlpJsonFormat();      ///< OTLP/JSON: one document or an array
[[nodiscard]] const FileFormat& otlpJsonLinesFormat(); ///< OTLP/JSON, a document a line
[[nodiscard]] const FileFormat& otlpProtoFormat();     ///< OTLP as protobuf, with lengths before the messages
[[nodiscard]] const FileFormat& atifFormat();
[[nodiscard]] const FileFormat& miniSweAgentFormat();
[[nodiscard]] const FileFormat& openHandsFormat();
[[nodiscard]] const FileFormat& reflexionFormat();
[[nodiscard]] const FileFormat& sweAgentFormat();
[[nodiscard]] const FileFormat& tau2BenchFormat();
[[nodiscard]] const FileFormat& tauBenchFormat();
[[nodiscard]] const FileFormat& whoAndWhenFormat();
[[nodiscard]] const FileFormat& agUiFormat();
[[nodiscard]] const FileFormat& agUiStreamFormat();

} // namespace tackroom
