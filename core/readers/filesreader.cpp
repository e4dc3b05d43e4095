// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/filesreader.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/filelist.h"
#include "core/readers/filelook.h"
#include "core/readers/filesingest.h"

#include <algorithm>

namespace tackroom
{

namespace
{

/// Files that are looked at to say what a folder is, before it is read.
constexpr std::size_t kFilesLookedAt = 200;

std::string stampText(const InputFile::Stamp& stamp)
{
    return formatText("{}:{}:{}", stamp.sizeBytes, stamp.mtimeNs, stamp.inode);
}

} // namespace

/// What was read for the screen last; the next step of the same run needs no reading.
struct FilesReader::Kept {
    std::string source, place, nativeId, stamp;
    ParsedRun run;
};

FilesReader::FilesReader(std::filesystem::path path) : m_path(std::move(path)) {}
FilesReader::~FilesReader() = default;

Result<std::unique_ptr<StoreReader>> FilesReader::open(const std::filesystem::path& path, const CancelToken& cancel)
{
    std::unique_ptr<FilesReader> reader(new FilesReader(path));
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (isGlob(path)) {
        auto parts = splitGlob(path);
        reader->m_root = std::move(parts.root);
        reader->m_pattern = std::move(parts.pattern);
        TR_TRY(reader->lookAround(cancel));
    } else if (std::filesystem::is_directory(status)) {
        reader->m_root = path;
        TR_TRY(reader->lookAround(cancel));
    } else {
        reader->m_isFile = true;
        reader->m_root = path.parent_path().empty() ? "." : path.parent_path();
        TR_TRY(reader->lookAtFile(cancel));
    }
    return reader;
}

Status FilesReader::lookAtFile(const CancelToken& cancel)
{
    TR_ASSIGN(const InputFile file, InputFile::open(m_path));
    TR_ASSIGN(const LookedFile looked, LookedFile::at(file, cancel));
    const auto known = filesingest::formatOf(looked.look());
    if (!known) {
        const std::string json = describeJson(looked.look().beginning);
        std::string what = "this is " + json;
        if (json.empty()) what = "this is neither a SQLite database nor JSON";
        if (looked.look().shape == FileLook::Shape::Zip) what = "this is a zip file without the entries of a known log";
        return fail(ErrorCode::UnknownFormat, m_path.string(), what);
    }
    if (file.sizeBytes() > kMaxJsonFileBytes && !known->format->growsByLines())
        return fail(ErrorCode::Refused, m_path.string(),
                    formatText("the JSON file has {} bytes; at most {} are read", file.sizeBytes(), kMaxJsonFileBytes));
    const FormatInfo format = known->format->info();
    m_info = {.kind = format.kind,
              .schema = known->recognised.schema,
              .title = format.title,
              .note = known->recognised.note,
              .sizeBytes = file.stamp().sizeBytes};
    return {};
}

Status FilesReader::lookAround(const CancelToken& cancel)
{
    TR_ASSIGN(const auto files, listFiles(m_root, m_pattern, cancel));
    std::set<std::string> titles;
    std::size_t looked = 0, other = 0;
    for (const ListedFile& listed : files) {
        m_info.sizeBytes += listed.stamp.sizeBytes;
        if (looked == kFilesLookedAt) continue;
        ++looked;
        const auto file = InputFile::open(m_root / listed.name);
        if (!file) continue;
        const auto at = LookedFile::at(*file, cancel);
        if (!at && at.error().code == ErrorCode::Cancelled) return std::unexpected(at.error());
        const auto known = at ? filesingest::formatOf(at->look()) : std::nullopt;
        if (known)
            titles.insert(known->format->info().title);
        else
            ++other;
    }
    if (titles.empty()) {
        const bool all = looked == files.size();
        return fail(files.empty() ? ErrorCode::Empty : ErrorCode::UnknownFormat, m_path.string(),
                    files.empty()
                        ? (m_pattern.empty() ? "there is no file in this folder" : "no file has such a name")
                        : formatText("none of the {}{} files here is of a format that is read", all ? "" : "first ", looked));
    }
    m_info.kind = kFolderKind;
    for (const std::string& title : titles) m_info.title += (m_info.title.empty() ? "" : ", ") + title;
    m_info.schema = formatText("{} files", files.size());
    if (other) m_info.note = formatText("{} of {} files are of other kinds and are passed over", other, looked);
    return {};
}

Result<std::string> FilesReader::fingerprint()
{
    if (m_isFile) { // it may have been written anew since it was opened: look at what stands at the path now
        TR_ASSIGN(const InputFile now, InputFile::open(m_path));
        return stampText(now.stamp());
    }
    TR_ASSIGN(const auto files, listFiles(m_root, m_pattern, {}));
    std::string all;
    for (const ListedFile& file : files) all += file.name + "\n" + stampText(file.stamp) + "\n";
    return xxh128Hex(all);
}

Result<std::string> FilesReader::ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    std::vector<ListedFile> files;
    if (m_isFile) {
        TR_ASSIGN(const InputFile now, InputFile::open(m_path));
        files.push_back({m_path.filename().string(), now.stamp()});
    } else {
        TR_ASSIGN(files, listFiles(m_root, m_pattern, cancel));
    }
    filesingest::FilesIngest ingest(m_root, m_isFile, sink, cancel);
    return ingest.run(std::move(files), cursor);
}

Result<Body> FilesReader::fetch(const RunAddress& address, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_ASSIGN(const std::string stamp, filesingest::stampOf(m_root, address));
    const bool same = m_kept && m_kept->place == address.place && m_kept->nativeId == address.nativeId &&
                      m_kept->source == address.source && m_kept->stamp == stamp;
    if (!same) {
        m_kept.reset();
        TR_ASSIGN(auto run, filesingest::readAgain(m_root, m_isFile ? m_path.filename().string() : std::string(), address));
        m_kept = std::make_unique<Kept>(Kept{address.source, address.place, address.nativeId, stamp, std::move(run)});
    }
    return bodyOf(m_kept->run, stepId, maxBytes);
}

} // namespace tackroom
