// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The `.hbundle` format, byte by byte. One version of a harness has exactly one bundle: everything in it follows from the
/// commit and from the decision about it in the journal. No time of export, no machine, no user.
///
/// A bundle is an uncompressed POSIX ustar archive, readable with plain `tar`. Its entries, in this order:
///
///   manifest.json     canonical JSON, see below
///   files/<path>      one regular file for each file of the commit's tree, sorted by the bytes of <path>
///   digest            65 bytes: the SHA-256 of every byte before this entry's header (64 lower-case hex digits) and LF
///
/// and behind them two blocks of 512 zero bytes and nothing more. There are no directory entries, links, devices or pax
/// headers.
///
/// An entry is a header block of 512 bytes, the content, and zero bytes up to the next multiple of 512. Fields of the header:
///
///     0  100  name      the path, filled up with zero bytes; where it is longer than 100 bytes, what stands behind the first
///                       `/` that leaves at most 100 bytes
///   100    8  mode      "0000644" or "0000755" (executable), then a zero byte
///   108    8  uid       "0000000", zero          116  8  gid    the same
///   124   12  size      11 octal digits, zero
///   136   12  mtime     "00000000000", zero
///   148    8  chksum    6 octal digits, zero, space: the sum of all bytes of the header with this field taken as 8 spaces
///   156    1  typeflag  "0"
///   157  100  linkname  zero bytes
///   257    6  magic     "ustar", zero             263  2  version  "00"
///   265   32  uname     zero bytes                297 32  gname    zero bytes
///   329    8  devmajor  "0000000", zero          337  8  devminor the same
///   345  155  prefix    the part of a long path before that `/`, at most 155 bytes; else zero bytes
///   500   12            zero bytes
///
/// manifest.json has its keys sorted by bytes, no white space, no escape that JSON does not demand, and no line end. Its
/// members:
///
///   commit      40 hex digits
///   decision    null for a baseline, else {kind, proposal, reason, reviewer, time}: all texts; time as 2026-03-01T12:00:00Z
///   files       [{mode, path, sha256, size}]: mode "0644" or "0755", sorted by path
///   harnessId   the UUID of the harness
///   name        member `name` of the version's harness.json; "harness" where it has none
///   omitted     [{mode, object, path}]: what the tree holds that no bundle carries (symbolic links "120000", submodules
///               "160000") with its git object, sorted by path
///   parent      40 hex digits, or empty for the first commit
///   schema      "tackroom.hbundle/1"
///   tree        40 hex digits: git's id of the tree, which follows from `files` and `omitted` and is computed anew by who
///   verifies version     the label, "v4"
///
/// Paths are those that checkPatchPath() (core/diff/patch.h) takes, well-formed UTF-8, and no two of them are the same after
/// Unicode case folding and composition, nor is one a folder of another: they can be unpacked on every file system.
/// A bundle is at most 1 GiB, its manifest at most 16 MiB, and it has at most 100,000 files.
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

inline constexpr std::string_view kBundleSchema = "tackroom.hbundle/1";
inline constexpr std::uint64_t kMaxBundleBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMaxBundleManifestBytes = std::uint64_t{16} << 20;
inline constexpr std::size_t kMaxBundleFiles = 100'000;
inline constexpr std::size_t kBlockBytes = 512;

struct BundleManifest {
    struct Decision {
        std::string kind, proposal, reason, reviewer, time;
        friend bool operator==(const Decision&, const Decision&) = default;
    };
    struct File {
        std::string path;
        unsigned mode = 0644; ///< 0644 or 0755
        std::uint64_t sizeBytes = 0;
        std::string sha256;
        friend bool operator==(const File&, const File&) = default;
    };
    struct Omitted {
        std::string path;
        unsigned gitMode = 0120000;
        std::string object;
        friend bool operator==(const Omitted&, const Omitted&) = default;
    };
    std::string name, harnessId, version, commit, tree, parent;
    std::optional<Decision> decision;
    std::vector<File> files;
    std::vector<Omitted> omitted;
    friend bool operator==(const BundleManifest&, const BundleManifest&) = default;
};

/// The canonical text.
[[nodiscard]] std::string manifestText(const BundleManifest& manifest);
/// Damaged, with one sentence, for any text that manifestText() would not have written for what it says; paths are checked too.
[[nodiscard]] Result<BundleManifest> parseManifestText(std::string_view text);

/// The first path that cannot be unpacked everywhere, as an error (Refused); also more than kMaxBundleFiles.
[[nodiscard]] Status checkBundlePaths(const BundleManifest& manifest);

/// The header block of an entry; Refused where the path does not fit into name and prefix.
[[nodiscard]] Result<std::string> tarHeader(std::string_view path, unsigned mode, std::uint64_t sizeBytes);
/// How many zero bytes follow a content of this size.
[[nodiscard]] std::size_t tarPadding(std::uint64_t sizeBytes);

/// One leaf of a git tree.
struct TreeLeaf {
    std::string path;
    unsigned gitMode = 0100644;
    std::string object; ///< 40 hex digits
};
/// git's id (SHA-1) of the tree with these leaves; they are sorted here.
[[nodiscard]] std::string gitTreeId(std::vector<TreeLeaf> leaves);
/// git's id (SHA-1) of a blob, in pieces that together must have the size said first.
class GitBlobHash
{
public:
    explicit GitBlobHash(std::uint64_t sizeBytes);
    ~GitBlobHash();
    GitBlobHash(const GitBlobHash&) = delete;
    GitBlobHash& operator=(const GitBlobHash&) = delete;
    void add(std::string_view bytes);
    [[nodiscard]] std::string hex(); ///< ends the hash; call once

private:
    void* m_context;
};
[[nodiscard]] std::string gitBlobId(std::string_view bytes);

} // namespace tackroom
