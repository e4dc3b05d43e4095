// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/formats.h"

#include "core/readers/swebench.h"

namespace tackroom
{

std::string FileFormat::unitOf(const std::string& name, const FileLook&) const { return name; }

const std::vector<const FileFormat*>& fileFormats()
{
    // The order matters only where two formats could take the same file: the more particular one stands first.
    static const std::vector<const FileFormat*> formats{
        &inspectFormat(),       &jaegerJsonFormat(), &tempoJsonFormat(),        &anyAgentFormat(),      &otlpJsonFormat(),
        &otlpJsonLinesFormat(), &otlpProtoFormat(),  &tauBenchFormat(),         &tau2BenchFormat(),     &whoAndWhenFormat(),
        &sweBenchFormat(),      &sweAgentFormat(),   &miniSweAgentFormat(),     &atifFormat(),          &openHandsFormat(),
        &reflexionFormat(),     &langfuseFormat(),   &langsmithFormat(),        &managedAgentsFormat(), &phoenixFrameFormat(),
        &claudeCodeFormat(),    &codexFormat(),      &claudeCodeExportFormat(), &agUiFormat(),          &agUiStreamFormat(),
    };
    return formats;
}

} // namespace tackroom
