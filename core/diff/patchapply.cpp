// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/lines.h"
#include "core/diff/patch.h"

#include <algorithm>
#include <optional>

namespace tackroom
{
namespace
{

/// A hunk's old lines, and what of them stands at its ends as context.
struct Preimage {
    std::vector<std::string_view> lines;
    bool contextBehind = false;
};

Preimage preimageOf(const PatchHunk& hunk)
{
    Preimage image;
    for (const PatchLine& line : hunk.lines)
        if (line.kind != PatchLineKind::Added) image.lines.push_back(line.text);
    image.contextBehind = !hunk.lines.empty() && hunk.lines.back().kind == PatchLineKind::Context;
    return image;
}

bool matchesAt(const Lines& file, std::uint64_t at, const Preimage& image)
{
    if (at + image.lines.size() > file.count()) return false;
    for (std::size_t i = 0; i < image.lines.size(); ++i)
        if (file.line(LineNo{static_cast<std::uint32_t>(at + i)}) != image.lines[i]) return false;
    return true;
}

/// Where a hunk may begin: not before `first` (what earlier hunks took), at the edges where it must be.
struct Place {
    std::uint64_t wanted;
    std::uint64_t first;
    bool atStart;
    bool atEnd;
};

std::optional<std::uint64_t> findPlace(const Lines& file, const Preimage& image, const Place& place,
                                       const ApplyOptions& options)
{
    if (image.lines.size() > file.count()) return std::nullopt;
    const std::uint64_t last = file.count() - image.lines.size();
    const auto fits = [&](std::uint64_t at) {
        return at >= place.first && at <= last && (!place.atStart || at == 0) && (!place.atEnd || at == last) &&
               matchesAt(file, at, image);
    };
    if (fits(place.wanted)) return place.wanted;
    if (image.lines.empty() && options.zeroContext) return std::nullopt; // nothing to recognise another place by
    if (place.atStart)
        return fits(0) && place.wanted <= options.maxOffsetLines ? std::optional<std::uint64_t>(0) : std::nullopt;
    const std::uint64_t furthest = std::max(place.wanted, last);
    for (std::uint64_t offset = 1; offset <= options.maxOffsetLines && offset <= furthest; ++offset) {
        if (fits(place.wanted + offset)) return place.wanted + offset;
        if (offset <= place.wanted && fits(place.wanted - offset)) return place.wanted - offset;
    }
    return std::nullopt;
}

std::unexpected<Error> conflict(const FilePatch& patch, std::size_t hunk, std::string why)
{
    const PatchHunk& h = patch.hunks[hunk];
    std::string where = patch.path() + ", hunk " + std::to_string(hunk + 1) + ", line " + std::to_string(h.oldStart);
    if (h.patchLine > 0) where += " (patch line " + std::to_string(h.patchLine) + ")";
    return fail(ErrorCode::Conflict, std::move(where), std::move(why));
}

/// The new lines of a hunk. What follows a line without LF would be glued to it, so such a line must be the file's last.
bool appendPostimage(const PatchHunk& hunk, bool endsFile, std::string& out)
{
    bool complete = true;
    for (const PatchLine& line : hunk.lines) {
        if (line.kind == PatchLineKind::Removed) continue;
        out += line.text;
        complete = line.text.ends_with('\n');
    }
    return complete || endsFile;
}

} // namespace

Result<std::string> applyFile(std::string_view oldBytes, const FilePatch& patch, const ApplyOptions& options)
{
    const bool isNew = patch.change == PatchChange::Add;
    if (isNew && !oldBytes.empty())
        return fail(ErrorCode::Conflict, patch.path(), "The patch makes this file anew, but it is already there.");
    const Lines file(oldBytes);
    std::string out;
    out.reserve(oldBytes.size() + oldBytes.size() / 8);
    std::uint64_t copied = 0; // lines of the file that are in `out` or were replaced
    std::int64_t drift = 0;   // how far earlier hunks stood from where the patch says
    for (std::size_t i = 0; i < patch.hunks.size(); ++i) {
        const PatchHunk& hunk = patch.hunks[i];
        const Preimage image = preimageOf(hunk);
        const std::uint64_t stated = hunk.oldCount == 0 ? hunk.oldStart : hunk.oldStart - 1;
        const std::int64_t wanted = std::max<std::int64_t>(static_cast<std::int64_t>(stated) + drift, 0);
        const bool atStart = hunk.oldStart == 0 || (hunk.oldStart == 1 && !options.zeroContext);
        const Place place{static_cast<std::uint64_t>(wanted), copied, atStart && !isNew,
                          !options.zeroContext && !image.contextBehind};
        const auto found = findPlace(file, image, place, options);
        if (!found) return conflict(patch, i, "The lines that this hunk changes are not in the file as the patch has them.");
        drift = static_cast<std::int64_t>(*found) - static_cast<std::int64_t>(stated);
        const auto begin = static_cast<std::uint32_t>(*found), end = static_cast<std::uint32_t>(*found + image.lines.size());
        out += file.slice({LineNo{static_cast<std::uint32_t>(copied)}, LineNo{begin}});
        if (!out.empty() && !out.ends_with('\n') && !hunk.lines.empty())
            return conflict(patch, i, "The file ends before this hunk without a line end.");
        if (!appendPostimage(hunk, end == file.count(), out))
            return conflict(patch, i, "The hunk ends the file, but more lines follow.");
        copied = end;
    }
    out += file.slice({LineNo{static_cast<std::uint32_t>(copied)}, LineNo{file.count()}});
    if (patch.change == PatchChange::Delete && !out.empty())
        return fail(ErrorCode::Conflict, patch.path(),
                    "The patch deletes this file, but it holds more than the patch removes.");
    return out;
}

} // namespace tackroom
