// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

#include <memory>
#include <set>
#include <string_view>

namespace tackroom
{

/// A store of one file, of a folder of files (and those below it), or of those that a glob names ("logs/*.jsonl"); each file of
/// any format in formats.h. In a folder links are not followed, hidden files and folders are passed over, and so is what is
/// not of a known format: JSON of another kind is counted as not read, other files are not.
///
/// What is new: a file is known by size, time and inode. A changed one is read again as a whole (its former runs that are no
/// longer in it are taken away), except where its format grows by lines and the bytes before its former end are the same: then
/// the new lines alone are read, and a run that has earlier lines is read again from all of its lines.
/// Run::nativeId is that of the format; a second run of the same id in one file gets "/2". Run::source is the unit's name,
/// Run::place a JSON text {"k": kind, "f": file | "d": folder of the unit, "r": [offset, bytes, …]}.
class FilesReader : public StoreReader
{
public:
    static constexpr std::string_view kFolderKind = "files";

    /// `path` may be a file, a folder or a glob. Errors as openStore().
    [[nodiscard]] static Result<std::unique_ptr<StoreReader>> open(const std::filesystem::path& path,
                                                                   const CancelToken& cancel);
    ~FilesReader() override;

    [[nodiscard]] const StoreInfo& info() const override { return m_info; }
    [[nodiscard]] Result<std::string> fingerprint() override;
    [[nodiscard]] Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel) override;
    [[nodiscard]] Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes) override;

private:
    class Ingest;
    explicit FilesReader(std::filesystem::path path);
    [[nodiscard]] Status lookAround(const CancelToken& cancel);
    [[nodiscard]] Status lookAtFile(const CancelToken& cancel);

    std::filesystem::path m_path;
    std::filesystem::path m_root; ///< names are relative to it
    std::string m_pattern;        ///< of a glob: what names must match; empty else
    bool m_isFile = false;
    StoreInfo m_info;
    struct Kept; ///< the run that was shown last
    std::unique_ptr<Kept> m_kept;
};

} // namespace tackroom
