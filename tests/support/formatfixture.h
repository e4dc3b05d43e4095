// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reading files with one format, without a store around it: for the tests of formats.
#include "core/readers/conversation.h"
#include "core/readers/filelook.h"
#include "core/readers/filesingest.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tackroom::testing
{

/// What a format delivered.
struct FormatReading : FormatSink {
    Result<bool> add(ParsedRun run) override
    {
        runs.push_back(std::move(run));
        return true;
    }
    void skipped(std::string where, std::string why) override { skips.emplace_back(std::move(where), std::move(why)); }
    void progress(std::uint64_t) override {}

    std::vector<ParsedRun> runs;
    std::vector<std::pair<std::string, std::string>> skips;
    Status status;
    [[nodiscard]] std::size_t stepCount() const
    {
        std::size_t count = 0;
        for (const ParsedRun& run : runs) count += run.record.steps.size();
        return count;
    }
};

inline FormatReading readUnitWith(const FileFormat& format, const FileUnit& unit, bool bodies = false)
{
    FormatReading reading;
    reading.status = format.read(unit, {.bodies = bodies, .fromBytes = 0}, reading, {});
    return reading;
}

inline FormatReading readWith(const FileFormat& format, const std::filesystem::path& path, bool bodies = false)
{
    FileUnit unit;
    auto file = InputFile::open(path);
    if (!file) {
        FormatReading reading;
        reading.status = std::unexpected(file.error());
        return reading;
    }
    unit.parts.push_back({path.filename().string(), std::move(*file)});
    return readUnitWith(format, unit, bodies);
}

inline FormatReading readTextWith(const FileFormat& format, std::string text, bool bodies = false)
{
    FileUnit unit;
    unit.parts.push_back({"fixture", InputFile::ofBytes("fixture", std::move(text))});
    return readUnitWith(format, unit, bodies);
}

/// The kind of the format that takes the file; "" where none does.
inline std::string recognisedKind(const InputFile& file)
{
    const auto looked = LookedFile::at(file, {});
    if (!looked) return {};
    const auto known = filesingest::formatOf(looked->look());
    return known ? known->format->info().kind : std::string();
}
inline std::string recognisedKind(const std::filesystem::path& path)
{
    const auto file = InputFile::open(path);
    return file ? recognisedKind(*file) : std::string();
}

/// The folder of recorded runs; empty where it is absent: skip the test with a sentence.
inline std::filesystem::path sharedData()
{
    const char* named = std::getenv("TACKROOM_SHARED_DATA");
    const char* source = std::getenv("TACKROOM_SOURCE_DIR");
    std::filesystem::path path =
        named ? std::filesystem::path(named) : std::filesystem::path(source ? source : ".") / "../shared/data";
    return std::filesystem::is_directory(path) ? path : std::filesystem::path();
}

} // namespace tackroom::testing
