// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How FilesReader reads the files of a store: what changed, unit by unit. Used by FilesReader alone.
#include "core/readers/fileformat.h"
#include "core/readers/filelist.h"
#include "core/readers/fileplaces.h"
#include "core/readers/swebench.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tackroom::filesingest
{

/// What the cursor knows of a file.
struct FileMark {
    InputFile::Stamp stamp;
    std::string kind; ///< empty: of no known format
    std::string unit;
    std::uint64_t doneBytes = 0; ///< of the text within, for formats that grow by lines
    std::string tailHash;        ///< of the last bytes before doneBytes
};

/// One pass over the files of a store.
class FilesIngest
{
public:
    FilesIngest(std::filesystem::path root, bool isFile, RunSink& sink, const CancelToken& cancel)
        : m_root(std::move(root)), m_isFile(isFile), m_sink(sink), m_cancel(cancel)
    {
    }
    /// Returns the new cursor.
    [[nodiscard]] Result<std::string> run(std::vector<ListedFile> files, const std::string& cursor);

private:
    struct Unit {
        const FileFormat* format = nullptr;
        std::vector<std::string> names;
        bool changed = false;
    };
    friend class UnitSink;
    [[nodiscard]] Status look(const ListedFile& listed);
    [[nodiscard]] Status readUnit(const std::string& name, const Unit& unit, bool whole = false);
    [[nodiscard]] Status readFiles(const std::string& name, const Unit& unit, FileUnit files, bool whole);
    [[nodiscard]] Status readWhole(const std::string& name, const Unit& unit, FileUnit files);
    [[nodiscard]] Result<bool> readTail(const std::string& name, const Unit& unit, FileUnit& files);
    [[nodiscard]] Status takeAwayGone();
    [[nodiscard]] Status takeVerdicts(const std::vector<ListedFile>& files);
    void takeVerdict(const std::string& name);
    [[nodiscard]] Status readJudgedAgain();
    void noteProgress(std::uint64_t unitBytes);
    /// While a source is under way.
    void skip(const std::string& name, std::string where, std::string why);
    /// Else: it belongs to the file, and is forgotten when that is read.
    [[nodiscard]] Status skipFile(const std::string& name, std::string where, std::string why);

    std::filesystem::path m_root;
    bool m_isFile;
    RunSink& m_sink;
    const CancelToken& m_cancel;
    std::map<std::string, FileMark> m_former, m_now;
    std::map<std::string, Unit> m_grouped; ///< units of several files, read when all files are known
    SweBenchVerdicts m_verdicts;           ///< of the files that are known to have some
    std::vector<std::string> m_judged;     ///< folders whose verdicts are other ones now, in the order in which it was seen
    std::map<std::string, std::size_t> m_readWith; ///< unit → how many of these were known when it was read
    std::uint64_t m_totalBytes = 0, m_doneBytes = 0, m_runs = 0;
};

} // namespace tackroom::filesingest
