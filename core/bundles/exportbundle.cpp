// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/bundles/bundleformat.h"
#include "core/bundles/bundles.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/platform/atomicfile.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace tackroom
{

namespace
{

/// A file that appears under its name only when it is complete, and leaves nothing behind where it is not.
class NewFile
{
public:
    explicit NewFile(std::filesystem::path to) : m_to(std::move(to)) {}
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile()
    {
        if (m_fd >= 0) ::close(m_fd);
        if (!m_name.empty()) ::unlink(m_name.c_str());
    }

    Status open()
    {
        const auto folder = m_to.parent_path().empty() ? std::filesystem::path(".") : m_to.parent_path();
        std::string name = (folder / formatText(".{}.XXXXXX", m_to.filename().string().substr(0, 200))).string();
        m_fd = ::mkostemp(name.data(), O_CLOEXEC);
        if (m_fd < 0) return std::unexpected(errorFromErrno(errno, m_to.string(), "cannot write here"));
        m_name = name;
        return {};
    }

    Status write(std::string_view bytes)
    {
        m_digest.add(bytes);
        m_sizeBytes += bytes.size();
        while (!bytes.empty()) {
            const ssize_t n = ::write(m_fd, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EFBIG)
                return fail(ErrorCode::DiskFull, m_to.string(), "the file may not grow any further: a size limit is reached");
            if (n < 0) return std::unexpected(errorFromErrno(errno, m_to.string(), "cannot write the bundle"));
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return {};
    }

    /// To disk, but not yet under its name.
    Status finish()
    {
        const mode_t mask = ::umask(0);
        ::umask(mask);
        if (::fchmod(m_fd, 0666 & ~mask) != 0 || ::fsync(m_fd) != 0)
            return std::unexpected(errorFromErrno(errno, m_to.string(), "cannot write the bundle"));
        const int fd = std::exchange(m_fd, -1);
        if (::close(fd) != 0) return std::unexpected(errorFromErrno(errno, m_to.string(), "cannot write the bundle"));
        return {};
    }

    Status publish(bool replace)
    {
        if (replace) {
            if (::rename(m_name.c_str(), m_to.c_str()) != 0)
                return std::unexpected(errorFromErrno(errno, m_to.string(), "cannot replace the file"));
            m_name.clear();
        } else if (::link(m_name.c_str(), m_to.c_str()) != 0) {
            if (errno == EEXIST) return alreadyThere();
            // Some file systems have no hard links; then the check and the renaming are two steps.
            if (::access(m_to.c_str(), F_OK) == 0) return alreadyThere();
            if (::rename(m_name.c_str(), m_to.c_str()) != 0)
                return std::unexpected(errorFromErrno(errno, m_to.string(), "cannot name the file"));
            m_name.clear();
        }
        return syncDirectory(m_to.parent_path().empty() ? std::filesystem::path(".") : m_to.parent_path());
    }

    std::unexpected<Error> alreadyThere() const
    {
        return fail(ErrorCode::AnswerIsNo, m_to.string(), "there is already a file of this name",
                    "choose another name, or allow it to be replaced");
    }
    [[nodiscard]] std::string sha256() { return m_digest.hex(); }
    [[nodiscard]] std::uint64_t sizeBytes() const { return m_sizeBytes; }
    [[nodiscard]] const std::string& temporaryName() const { return m_name; }

private:
    std::filesystem::path m_to;
    std::string m_name; ///< of the temporary file; empty when there is none
    int m_fd = -1;
    Sha256 m_digest;
    std::uint64_t m_sizeBytes = 0;
};

/// The version, if it may be shipped.
Result<Version> shippable(HarnessRepository& repository, std::string_view labelOrCommit)
{
    TR_ASSIGN(const Version wanted, repository.version(labelOrCommit));
    TR_ASSIGN(const std::vector<Version> all, repository.versions());
    auto at = std::ranges::find(all, wanted.commit, &Version::commit);
    if (at == all.end())
        return fail(ErrorCode::AnswerIsNo, std::string(labelOrCommit),
                    "this commit is not a version of the main line, so nobody has approved it");
    Version version = *at;
    // A commit that touches no artifact ships the harness of the version below it.
    while (at->review == Version::Review::NotAnArtifact && std::next(at) != all.end()) ++at;
    if (at->review == Version::Review::Unreviewed)
        return fail(ErrorCode::AnswerIsNo, version.label,
                    at->commit == version.commit ? "this version landed without review"
                                                 : formatText("this version holds {}, which landed without review", at->label),
                    "only baseline and approved versions are exported");
    return version;
}

std::string nameOfHarness(const std::optional<std::string>& harnessJson)
{
    if (harnessJson) {
        if (const auto json = parseJson(*harnessJson, "harness.json")) {
            const std::string name = stringAt(*json, "name");
            if (!trimmed(name).empty()) return toUtf8(name);
        }
    }
    return "harness";
}

/// The blobs in the order of manifest.files, read twice: for the manifest, and when they are written.
struct Contents {
    BundleManifest manifest;
    std::vector<BlobId> blobs;
};

Status describeFiles(HarnessRepository& repository, const CommitId& commit, Contents& out, const CancelToken& cancel)
{
    TR_ASSIGN(std::vector<HarnessRepository::FileEntry> entries, repository.filesAt(commit));
    std::ranges::sort(entries, {}, &HarnessRepository::FileEntry::path);
    std::uint64_t total = 0;
    std::vector<TreeLeaf> leaves;
    for (const auto& entry : entries) {
        if (cancel.cancelled()) return CancelToken::error();
        leaves.push_back({entry.path, entry.mode, entry.blob.value});
        if (entry.mode != 0100644 && entry.mode != 0100755) {
            if (entry.mode != 0120000 && entry.mode != 0160000)
                return fail(ErrorCode::Refused, entry.path,
                            formatText("the file has the mode {:o}, which no bundle can hold", entry.mode));
            out.manifest.omitted.push_back({entry.path, entry.mode, entry.blob.value});
            continue;
        }
        TR_ASSIGN(const std::string bytes, repository.blob(entry.blob));
        if (gitBlobId(bytes) != entry.blob.value)
            return fail(ErrorCode::BadRepository, entry.path,
                        "the object in the repository does not have the bytes that its id promises");
        total += bytes.size() + 2 * kBlockBytes;
        if (total > kMaxBundleBytes - kMaxBundleManifestBytes - 8 * kBlockBytes)
            return fail(ErrorCode::Refused, entry.path, "the version is larger than a bundle may be (1 GiB)");
        out.manifest.files.push_back({entry.path, entry.mode == 0100755 ? 0755U : 0644U, bytes.size(), sha256Hex(bytes)});
        out.blobs.push_back(entry.blob);
    }
    out.manifest.tree = gitTreeId(std::move(leaves));
    return checkBundlePaths(out.manifest);
}

Result<Contents> describe(HarnessRepository& repository, const Version& version, const CancelToken& cancel)
{
    Contents out;
    BundleManifest& m = out.manifest;
    TR_ASSIGN(const std::optional<std::string> harnessJson, repository.fileAt(version.commit, "harness.json"));
    m.name = nameOfHarness(harnessJson);
    m.harnessId = repository.info().id.value;
    m.version = toUtf8(version.label);
    m.commit = version.commit.value;
    m.parent = version.parent.value;
    if (version.decision) {
        const JournalEntry& d = *version.decision;
        if (d.kind != EntryKind::Baseline)
            m.decision = {std::string(nameOf(d.kind)), toUtf8(d.proposal.value), toUtf8(d.reason), toUtf8(toString(d.reviewer)),
                          formatTime(d.time)};
    }
    TR_TRY(describeFiles(repository, version.commit, out, cancel));
    return out;
}

/// `upTo` is hashed by the caller's file already; `digest` takes what the last entry must vouch for.
Status writeEntry(NewFile& file, Sha256* digest, std::string_view path, unsigned mode, std::string_view bytes)
{
    TR_ASSIGN(const std::string header, tarHeader(path, mode, bytes.size()));
    const std::string padding(tarPadding(bytes.size()), '\0');
    for (const std::string_view part : {std::string_view(header), bytes, std::string_view(padding)}) {
        if (digest) digest->add(part);
        TR_TRY(file.write(part));
    }
    return {};
}

Status writeAll(NewFile& file, HarnessRepository& repository, const Contents& contents, const CancelToken& cancel)
{
    const std::string manifest = manifestText(contents.manifest);
    if (manifest.size() > kMaxBundleManifestBytes)
        return fail(ErrorCode::Refused, "manifest.json", "the list of files is longer than a bundle may have (16 MiB)");
    Sha256 digest;
    TR_TRY(writeEntry(file, &digest, "manifest.json", 0644, manifest));
    for (std::size_t i = 0; i < contents.blobs.size(); ++i) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const std::string bytes, repository.blob(contents.blobs[i]));
        const auto& entry = contents.manifest.files[i];
        TR_TRY(writeEntry(file, &digest, "files/" + entry.path, entry.mode, bytes));
    }
    TR_TRY(writeEntry(file, nullptr, "digest", 0644, digest.hex() + "\n"));
    return file.write(std::string(2 * kBlockBytes, '\0'));
}

} // namespace

Result<BundleMade> exportBundle(HarnessRepository& repository, std::string_view labelOrCommit, const std::filesystem::path& to,
                                bool replace, const CancelToken& cancel)
{
    TR_ASSIGN(const Version version, shippable(repository, labelOrCommit));
    struct stat info{};
    const bool there = ::lstat(to.c_str(), &info) == 0;
    if (there && S_ISDIR(info.st_mode))
        return fail(ErrorCode::NotAFile, to.string(), "this is a directory; the bundle needs the name of a file");
    NewFile file(to);
    if (there && !replace) return file.alreadyThere();
    TR_ASSIGN(const Contents contents, describe(repository, version, cancel));
    TR_TRY(file.open());
    TR_TRY(writeAll(file, repository, contents, cancel));
    TR_TRY(file.finish());

    // What is on disk is read again before anybody is told that there is a bundle.
    TR_ASSIGN(const BundleReport report, verifyBundle(file.temporaryName(), cancel));
    const std::string sha256 = file.sha256();
    if (!report.ok || report.sha256 != sha256)
        return fail(ErrorCode::Io, to.string(),
                    formatText("the bundle on disk is not what was written: {}", report.ok ? "other bytes" : report.problem));
    TR_TRY(file.publish(replace));

    BundleMade made{to, sha256, file.sizeBytes(), contents.manifest.files.size(), {}, version.label, version.commit};
    for (const auto& entry : contents.manifest.omitted) made.omitted.push_back(entry.path);
    return made;
}

} // namespace tackroom
