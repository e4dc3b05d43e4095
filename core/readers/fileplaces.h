// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Where the runs of files lie, and how one is read again from there. Used by FilesReader and filesingest.h alone.
#include "core/readers/fileformat.h"
#include "core/readers/filelist.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::filesingest
{

struct Known {
    const FileFormat* format = nullptr;
    FileFormat::Recognised recognised;
};
/// The first format that says the file is its own.
[[nodiscard]] std::optional<Known> formatOf(const FileLook& look);

/// Where a run lies: RunRecord::place.
struct Place {
    std::string kind;
    std::string file;   ///< of a unit of one file
    std::string folder; ///< of a unit of several: the folder that holds them all ("." is the root)
    std::vector<FileRange> ranges;
    /// Stretches are joined, nearest first, until the text is short enough.
    [[nodiscard]] std::string toText() const;
    /// The beginning of that text, which the runs of a unit share, and all of it.
    [[nodiscard]] std::string head() const;
    [[nodiscard]] std::string toText(std::string_view head) const;
    [[nodiscard]] static std::optional<Place> fromText(std::string_view text);
};

/// Changes whenever what stands at the place may have changed.
[[nodiscard]] Result<std::string> stampOf(const std::filesystem::path& root, const RunAddress& address);
/// The run at an address, with bodies. NotFound where it is not there any more; Refused for a place outside the store.
/// `onlyFile`: the store is this one file.
[[nodiscard]] Result<ParsedRun> readAgain(const std::filesystem::path& root, const std::string& onlyFile,
                                          const RunAddress& address);

/// The format of that name, or null.
[[nodiscard]] const FileFormat* formatOfKind(std::string_view kind);
/// The stretches of a file as one, a line feed between them. Refused above the largest element.
[[nodiscard]] Result<InputFile> cutOut(const InputFile& file, const std::vector<FileRange>& ranges);
/// Takes a file into a unit. Refused where the files of the unit are too much to be held.
[[nodiscard]] Status addPart(FileUnit& unit, std::uint64_t& heldBytes, const std::string& name, InputFile file);

/// Keeps the one run that is asked for.
class OneRun : public FormatSink
{
public:
    explicit OneRun(std::string nativeId) : m_nativeId(std::move(nativeId)) {}
    Result<bool> add(ParsedRun run) override
    {
        if (run.record.run.nativeId == m_nativeId)
            m_exact = std::move(run);
        else if (m_count == 0)
            m_first = std::move(run);
        ++m_count;
        return true;
    }
    void skipped(std::string, std::string) override {} // told when the file was indexed
    void progress(std::uint64_t) override {}
    /// The run of that id; else the only one there is, where it was cut out for this (an array's element alone may get another
    /// id).
    [[nodiscard]] std::optional<ParsedRun> take(bool cutOut)
    {
        if (m_exact) return std::move(m_exact);
        if (cutOut && m_count == 1) return std::move(m_first);
        return std::nullopt;
    }

private:
    std::string m_nativeId;
    std::optional<ParsedRun> m_exact, m_first;
    std::size_t m_count = 0;
};

} // namespace tackroom::filesingest
