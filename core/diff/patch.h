// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

enum class PatchLineKind : char { Context = ' ', Removed = '-', Added = '+' };

/// `text` has its line end, CR included; none where the patch says "\ No newline at end of file".
struct PatchLine {
    PatchLineKind kind = PatchLineKind::Context;
    std::string text;
    friend bool operator==(const PatchLine&, const PatchLine&) = default;
};

/// Starts are as in the patch: from 1, and for a count of 0 the line before the place.
struct PatchHunk {
    std::uint64_t oldStart = 0;
    std::uint64_t oldCount = 0;
    std::uint64_t newStart = 0;
    std::uint64_t newCount = 0;
    std::string section; ///< the text behind the second @@, without the blank
    std::vector<PatchLine> lines;
    std::uint64_t patchLine = 0; ///< line of the @@ in the patch, from 1; 0 where it was made here
};

enum class PatchChange : std::uint8_t { Modify, Add, Delete, Rename, Copy };

/// What a patch does to one file. Paths are relative, with `/`, checked by checkPatchPath(). Modes are octal as in git
/// (0100644); 0 where the patch does not tell.
struct FilePatch {
    PatchChange change = PatchChange::Modify;
    std::string oldPath; ///< empty for Add
    std::string newPath; ///< empty for Delete
    std::uint32_t oldMode = 0;
    std::uint32_t newMode = 0;
    std::string oldBlobId; ///< from the `index` line, maybe shortened; empty where it is absent or all zero
    std::string newBlobId;
    int similarityPercent = -1;
    std::vector<PatchHunk> hunks;
    std::uint64_t patchLine = 0; ///< line where this file begins in the patch, from 1
    /// The path to show: the new one, or the old one of a deleted file.
    [[nodiscard]] const std::string& path() const { return newPath.empty() ? oldPath : newPath; }
};

/// Author, title, description and trailers are from a mail header (git format-patch) or empty. They are foreign text.
struct Patch {
    std::vector<FilePatch> files;
    std::string authorName;
    std::string authorMail;
    std::string date;        ///< as written
    std::string title;       ///< Subject without "[PATCH n/m]"
    std::string description; ///< body without its trailers
    std::vector<std::pair<std::string, std::string>> trailers;
    std::uint32_t mails = 0; ///< how many mails were in the series (0: a bare diff); the header is that of the first
};

/// Reads `git diff`, `git format-patch` and plain unified diffs (their first path component `a/`, `b/` is dropped where both
/// have it). Errors name `where:line`. InvalidPatch: no patch, or one that git would not take. Refused: a binary patch, a
/// path that checkPatchPath() refuses, a combined (merge) diff, a limit exceeded, the same file changed twice.
[[nodiscard]] Result<Patch> parsePatch(std::string_view bytes, std::string where);

/// Refused unless the path is relative, non-empty, without `.`, `..` or empty components, without `.git` in any letter case
/// (nor the names that NTFS or HFS+ take for it), backslash, NUL or control characters, and at most 4096 bytes long.
[[nodiscard]] Status checkPatchPath(std::string_view path, std::string where = {});

struct ApplyOptions {
    /// How far, in lines, a hunk may stand from where the patch says. The text itself must always match byte for byte.
    std::uint64_t maxOffsetLines = 100000;
    /// As `git apply --unidiff-zero`: hunks without context are taken at their place. Without it a hunk that has no context
    /// behind it must reach the end of the file, and one at line 1 its start.
    bool zeroContext = false;
};

/// The bytes of the file after the patch. For Add `oldBytes` must be empty; for Delete the result must be. Conflict where a
/// hunk does not match; the error names path, hunk and line. The nearest place wins, and the later of two as near, as in git;
/// hunks never overlap and keep their order. What a patch does to name and mode is the caller's part.
[[nodiscard]] Result<std::string> applyFile(std::string_view oldBytes, const FilePatch& patch,
                                            const ApplyOptions& options = {});

/// The change from old to new as a FilePatch with `context` lines. Paths empty for Add and Delete as in FilePatch.
/// Blob ids are written into the `index` line where both are given.
[[nodiscard]] FilePatch makeFilePatch(std::string_view oldPath, std::string_view newPath, std::string_view oldBytes,
                                      std::string_view newBytes, std::uint32_t context = 3);

/// Text that `git apply` takes and that parsePatch() reads back to the same files. Modes that are 0 are written as 100644 where
/// git needs one.
[[nodiscard]] std::string writePatch(std::span<const FilePatch> files);

} // namespace tackroom
