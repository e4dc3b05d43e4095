// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/bundles/bundleformat.h"
#include "core/bundles/bundles.h"

#include "core/base/hash.h"
#include "core/base/safetext.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

std::string shown(std::string_view path) { return SafeText::line(path, 300).utf8(); }

/// What is wrong with the bundle (the report's problem), as opposed to an Error of the surroundings.
struct Wrong {
    std::string sentence;
};

/// The file from front to back, with the digests of what was read.
class Input
{
public:
    Input() = default;
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input()
    {
        if (m_fd >= 0) ::close(m_fd);
    }

    Status open(const std::filesystem::path& path)
    {
        m_path = path.string();
        m_fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (m_fd < 0 && errno == ENXIO) return fail(ErrorCode::NotAFile, m_path, "this is not a regular file");
        if (m_fd < 0) return std::unexpected(errorFromErrno(errno, m_path, "cannot open the file"));
        struct stat info{};
        if (::fstat(m_fd, &info) != 0) return std::unexpected(errorFromErrno(errno, m_path, "cannot look at the file"));
        if (!S_ISREG(info.st_mode))
            return fail(ErrorCode::NotAFile, m_path,
                        S_ISDIR(info.st_mode) ? "this is a directory, not a bundle" : "this is not a regular file");
        if (static_cast<std::uint64_t>(info.st_size) > kMaxBundleBytes)
            return fail(ErrorCode::Refused, m_path, "the file is larger than a bundle may be (1 GiB)");
        m_sizeBytes = static_cast<std::uint64_t>(info.st_size);
        return {};
    }

    /// Fewer bytes than asked for only at the end of the file.
    Result<std::string> read(std::size_t bytes)
    {
        std::string out(bytes, '\0');
        std::size_t got = 0;
        while (got < bytes) {
            const ssize_t n = ::read(m_fd, out.data() + got, bytes - got);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return std::unexpected(errorFromErrno(errno, m_path, "cannot read the file"));
            if (n == 0) break;
            got += static_cast<std::size_t>(n);
        }
        out.resize(got);
        m_offset += got;
        m_all.add(out);
        if (m_vouched) m_inside.add(out);
        return out;
    }

    /// The digest of all so far; what follows belongs only to the digest of the whole file.
    std::string endOfVouched()
    {
        m_vouched = false;
        return m_inside.hex();
    }
    std::string sha256() { return m_all.hex(); }
    [[nodiscard]] std::uint64_t sizeBytes() const { return m_sizeBytes; }
    [[nodiscard]] std::uint64_t left() const { return m_sizeBytes > m_offset ? m_sizeBytes - m_offset : 0; }

private:
    std::string m_path;
    int m_fd = -1;
    std::uint64_t m_sizeBytes = 0, m_offset = 0;
    bool m_vouched = true;
    Sha256 m_all, m_inside;
};

bool isZero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

std::string field(std::string_view header, std::size_t at, std::size_t size)
{
    const auto text = header.substr(at, size);
    return std::string(text.substr(0, std::min(text.size(), text.find('\0'))));
}

bool checksumFits(std::string_view header)
{
    unsigned sum = 0;
    for (std::size_t i = 0; i < header.size(); ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    return header.substr(148, 8) == formatText("{:06o}", sum) + std::string("\0 ", 2);
}

std::string typeName(char type)
{
    switch (type) {
    case '1':
        return "a hard link";
    case '2':
        return "a symbolic link";
    case '3':
    case '4':
        return "a device";
    case '5':
        return "a folder";
    case '6':
        return "a FIFO";
    case 'x':
    case 'g':
        return "a pax header";
    default:
        return "an entry of an unknown type";
    }
}

/// Why a header is not the one that must stand here.
std::string whyNot(std::string_view header, std::string_view expected, std::string_view expectedPath)
{
    if (header.size() < kBlockBytes) return formatText("the file ends before {}", shown(expectedPath));
    if (isZero(header)) return formatText("the archive ends before {}", shown(expectedPath));
    if (!header.substr(257).starts_with("ustar") && expectedPath == "manifest.json")
        return "this is not a bundle: it does not begin with an archive's entry for manifest.json";
    if (!header.substr(257).starts_with("ustar"))
        return formatText("where {} must begin there is no entry of an archive", shown(expectedPath));
    const std::string prefix = field(header, 345, 155);
    const std::string path = prefix.empty() ? field(header, 0, 100) : prefix + "/" + field(header, 0, 100);
    if (!checksumFits(header)) return formatText("{}: the checksum of its header is wrong", shown(path));
    if (header[156] != '0')
        return formatText("{} is {}; a bundle holds regular files only", shown(path), typeName(header[156]));
    if (path != expectedPath) return formatText("{} stands where the manifest wants {}", shown(path), shown(expectedPath));
    if (header.substr(124, 12) != expected.substr(124, 12))
        return formatText("{}: its size is not the one in the manifest", shown(path));
    if (header.substr(100, 8) != expected.substr(100, 8))
        return formatText("{}: its mode is not the one in the manifest", shown(path));
    return formatText("{}: its header is not in the canonical form (owner, time or padding)", shown(path));
}

class Verifier
{
public:
    Verifier(Input& input, BundleReport& report, const CancelToken& cancel) : m_input(input), m_report(report), m_cancel(cancel)
    {
    }

    /// Nothing where all is as it must be.
    Result<std::optional<Wrong>> run()
    {
        if (m_input.sizeBytes() == 0) return Wrong{"the file is empty"};
        TR_ASSIGN(auto wrong, manifest());
        if (wrong) return wrong;
        for (const auto& file : m_manifest.files) {
            TR_ASSIGN(wrong, content(file));
            if (wrong) return wrong;
        }
        for (const auto& entry : m_manifest.omitted) m_leaves.push_back({entry.path, entry.gitMode, entry.object});
        if (gitTreeId(std::move(m_leaves)) != m_manifest.tree)
            return Wrong{"manifest.json: its tree is not the tree of the files in the bundle"};
        return end();
    }

private:
    /// The first entry. Its size is not known beforehand, so the header is read before it is judged.
    Result<std::optional<Wrong>> manifest()
    {
        TR_ASSIGN(const std::string header, m_input.read(kBlockBytes));
        const std::string_view name = "manifest.json";
        std::uint64_t size = 0;
        if (header.size() == kBlockBytes) {
            for (const char c : header.substr(124, 11)) {
                if (c < '0' || c > '7') return Wrong{whyNot(header, std::string(kBlockBytes, ' '), name)};
                size = size * 8 + static_cast<std::uint64_t>(c - '0');
            }
        }
        if (size > kMaxBundleManifestBytes) return Wrong{"manifest.json: longer than a bundle may have (16 MiB)"};
        TR_ASSIGN(const std::string expected, tarHeader(name, 0644, size));
        if (header != expected) return Wrong{whyNot(header, expected, name)};
        if (size > m_input.left()) return Wrong{"manifest.json: the file ends inside it"};
        TR_ASSIGN(const std::string text, m_input.read(size));
        auto parsed = parseManifestText(text);
        if (!parsed)
            return Wrong{formatText("{}: {}", shown(parsed.error().where), SafeText::line(parsed.error().detail).utf8())};
        m_manifest = std::move(*parsed);
        fillReport();
        return padding(name, size);
    }

    void fillReport()
    {
        m_report.version = m_manifest.version;
        m_report.harnessId = m_manifest.harnessId;
        m_report.commit = m_manifest.commit;
        m_report.name = m_manifest.name;
        m_report.tree = m_manifest.tree;
        m_report.parent = m_manifest.parent;
        if (m_manifest.decision) {
            m_report.reviewer = m_manifest.decision->reviewer;
            m_report.reason = m_manifest.decision->reason;
        }
        m_report.files = m_manifest.files.size();
        for (const auto& entry : m_manifest.omitted) m_report.omitted.push_back(entry.path);
        for (const auto& file : m_manifest.files)
            m_report.contents.push_back({file.path, file.sha256, file.sizeBytes, file.mode});
    }

    Result<std::optional<Wrong>> content(const BundleManifest::File& file)
    {
        const std::string path = "files/" + file.path;
        auto expected = tarHeader(path, file.mode, file.sizeBytes);
        if (!expected) return Wrong{formatText("{}: {}", shown(path), expected.error().detail)};
        TR_ASSIGN(const std::string header, m_input.read(kBlockBytes));
        if (header != *expected) return Wrong{whyNot(header, *expected, path)};
        if (file.sizeBytes > m_input.left()) return Wrong{formatText("{}: the file ends inside it", shown(path))};
        Sha256 digest;
        GitBlobHash blob(file.sizeBytes);
        for (std::uint64_t left = file.sizeBytes; left > 0;) {
            if (m_cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(const std::string piece,
                      m_input.read(static_cast<std::size_t>(std::min<std::uint64_t>(left, kPieceBytes))));
            if (piece.empty()) return Wrong{formatText("{}: the file ends inside it", shown(path))};
            digest.add(piece);
            blob.add(piece);
            left -= piece.size();
        }
        if (digest.hex() != file.sha256)
            return Wrong{formatText("{}: its bytes do not have the SHA-256 of the manifest", shown(path))};
        m_leaves.push_back({file.path, file.mode == 0755 ? 0100755U : 0100644U, blob.hex()});
        return padding(path, file.sizeBytes);
    }

    Result<std::optional<Wrong>> padding(std::string_view path, std::uint64_t size)
    {
        const std::size_t wanted = tarPadding(size);
        TR_ASSIGN(const std::string bytes, m_input.read(wanted));
        if (bytes.size() < wanted) return Wrong{formatText("the file ends inside {}", shown(path))};
        if (!isZero(bytes)) return Wrong{formatText("{}: the padding behind it is not empty", shown(path))};
        return std::nullopt;
    }

    Result<std::optional<Wrong>> end()
    {
        const std::string digest = m_input.endOfVouched() + "\n";
        TR_ASSIGN(const std::string expected, tarHeader("digest", 0644, digest.size()));
        TR_ASSIGN(const std::string header, m_input.read(kBlockBytes));
        if (header != expected) return Wrong{whyNot(header, expected, "digest")};
        TR_ASSIGN(const std::string bytes, m_input.read(digest.size()));
        if (bytes != digest) return Wrong{"digest: the bytes before it have another SHA-256"};
        TR_ASSIGN(const auto wrong, padding("digest", digest.size()));
        if (wrong) return wrong;
        TR_ASSIGN(const std::string tail, m_input.read(2 * kBlockBytes));
        if (tail.size() < 2 * kBlockBytes || !isZero(tail)) return Wrong{"the end of the archive is missing or not empty"};
        TR_ASSIGN(const std::string more, m_input.read(1));
        if (!more.empty()) return Wrong{"there are bytes behind the end of the archive"};
        return std::nullopt;
    }

    Input& m_input;
    BundleReport& m_report;
    const CancelToken& m_cancel;
    BundleManifest m_manifest;
    std::vector<TreeLeaf> m_leaves;
};

} // namespace

Result<BundleReport> verifyBundle(const std::filesystem::path& file, const CancelToken& cancel)
{
    BundleReport report;
    Input input;
    TR_TRY(input.open(file));
    report.sizeBytes = input.sizeBytes();
    TR_ASSIGN(const auto wrong, Verifier(input, report, cancel).run());
    if (wrong) {
        report.problem = wrong->sentence;
        // The digest of the whole file is told for wrong bundles too: it names the file in a report.
        for (;;) {
            if (cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(const std::string rest, input.read(kPieceBytes));
            if (rest.empty()) break;
        }
    }
    report.ok = !wrong;
    report.sha256 = input.sha256();
    return report;
}

} // namespace tackroom
