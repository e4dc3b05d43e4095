// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/lines.h"
#include "core/diff/patch.h"
#include "core/diff/patchpath.h"

#include <algorithm>

namespace tackroom
{
namespace
{

/// Changes first..last-1 with the context around them.
PatchHunk hunkOf(const Lines& oldLines, const Lines& newLines, std::span<const LineChange> changes, std::uint32_t context)
{
    const LineChange &first = changes.front(), &last = changes.back();
    const std::uint32_t above = std::min(context, first.oldLines.begin.value);
    const std::uint32_t below = std::min(context, oldLines.count() - last.oldLines.end.value);
    PatchHunk hunk;
    std::uint32_t old = first.oldLines.begin.value - above;
    const auto add = [&](PatchLineKind kind, const Lines& lines, std::uint32_t begin, std::uint32_t end) {
        for (std::uint32_t i = begin; i < end; ++i) hunk.lines.push_back({kind, std::string(lines.line(LineNo{i}))});
    };
    const std::uint32_t oldBegin = old, newBegin = first.newLines.begin.value - above;
    for (const LineChange& change : changes) {
        add(PatchLineKind::Context, oldLines, old, change.oldLines.begin.value);
        add(PatchLineKind::Removed, oldLines, change.oldLines.begin.value, change.oldLines.end.value);
        add(PatchLineKind::Added, newLines, change.newLines.begin.value, change.newLines.end.value);
        old = change.oldLines.end.value;
    }
    add(PatchLineKind::Context, oldLines, old, old + below);
    hunk.oldCount = old + below - oldBegin;
    hunk.newCount = last.newLines.end.value + below - newBegin;
    hunk.oldStart = hunk.oldCount == 0 ? oldBegin : oldBegin + 1;
    hunk.newStart = hunk.newCount == 0 ? newBegin : newBegin + 1;
    return hunk;
}

std::vector<PatchHunk> hunksOf(const Lines& oldLines, const Lines& newLines, std::uint32_t context)
{
    const std::vector<LineChange> changes = diffLines(oldLines, newLines);
    std::vector<PatchHunk> hunks;
    for (std::size_t first = 0; first < changes.size();) {
        std::size_t last = first + 1;
        while (last < changes.size() &&
               std::uint64_t{changes[last].oldLines.begin.value} - changes[last - 1].oldLines.end.value <=
                   2 * std::uint64_t{context})
            ++last;
        hunks.push_back(hunkOf(oldLines, newLines, std::span(changes).subspan(first, last - first), context));
        first = last;
    }
    return hunks;
}

/// How much of the old text is left in the new one, by bytes of lines.
int similarityOf(const Lines& oldLines, const Lines& newLines)
{
    std::size_t kept = oldLines.bytes().size();
    for (const LineChange& change : diffLines(oldLines, newLines)) kept -= oldLines.byteRange(change.oldLines).size();
    const std::size_t whole = std::max(oldLines.bytes().size(), newLines.bytes().size());
    if (oldLines.bytes() == newLines.bytes()) return 100;
    return std::min(99, static_cast<int>(kept * 100 / whole));
}

std::string octal(std::uint32_t mode)
{
    std::string digits;
    for (int shift = 15; shift >= 0; shift -= 3) digits += static_cast<char>('0' + (mode >> shift & 7));
    return digits;
}

void writeRange(std::string& out, char sign, std::uint64_t start, std::uint64_t count)
{
    out += sign + std::to_string(start);
    if (count != 1) out += ',' + std::to_string(count);
}

void writeHunk(std::string& out, const PatchHunk& hunk)
{
    out += "@@ ";
    writeRange(out, '-', hunk.oldStart, hunk.oldCount);
    out += ' ';
    writeRange(out, '+', hunk.newStart, hunk.newCount);
    out += " @@";
    if (!hunk.section.empty()) out += ' ' + hunk.section;
    out += '\n';
    for (const PatchLine& line : hunk.lines) {
        out += static_cast<char>(line.kind);
        out += line.text;
        if (!line.text.ends_with('\n')) out += "\n\\ No newline at end of file\n";
    }
}

void writeExtended(std::string& out, const FilePatch& file)
{
    const std::uint32_t oldMode = file.oldMode ? file.oldMode : 0100644, newMode = file.newMode ? file.newMode : 0100644;
    const bool isNew = file.change == PatchChange::Add, isGone = file.change == PatchChange::Delete;
    const bool modeChanges = !isNew && !isGone && file.oldMode != 0 && file.newMode != 0 && file.oldMode != file.newMode;
    if (isNew) out += "new file mode " + octal(newMode) + '\n';
    if (isGone) out += "deleted file mode " + octal(oldMode) + '\n';
    if (modeChanges) out += "old mode " + octal(oldMode) + "\nnew mode " + octal(newMode) + '\n';
    if (file.change == PatchChange::Rename || file.change == PatchChange::Copy) {
        const std::string word = file.change == PatchChange::Rename ? "rename" : "copy";
        if (file.similarityPercent >= 0) out += "similarity index " + std::to_string(file.similarityPercent) + "%\n";
        out += word + " from " + quotedPath(file.oldPath) + '\n' + word + " to " + quotedPath(file.newPath) + '\n';
    }
    const std::string zeros(std::max({file.oldBlobId.size(), file.newBlobId.size(), std::size_t{7}}), '0');
    const bool hasIds = (isNew || !file.oldBlobId.empty()) && (isGone || !file.newBlobId.empty());
    if (!hasIds) return;
    out +=
        "index " + (file.oldBlobId.empty() ? zeros : file.oldBlobId) + ".." + (file.newBlobId.empty() ? zeros : file.newBlobId);
    if (!isNew && !isGone && !modeChanges && file.oldMode != 0) out += ' ' + octal(oldMode);
    out += '\n';
}

/// `--- a/na me<TAB>`: the tab ends a name that holds a blank.
void writeSide(std::string& out, std::string_view mark, std::string_view prefix, const std::string& path)
{
    out += mark;
    if (path.empty()) {
        out += "/dev/null\n";
        return;
    }
    const std::string name = quotedPath(std::string(prefix) + path);
    out += name;
    if (name.find(' ') != std::string::npos && !name.starts_with('"')) out += '\t';
    out += '\n';
}

} // namespace

FilePatch makeFilePatch(std::string_view oldPath, std::string_view newPath, std::string_view oldBytes,
                        std::string_view newBytes, std::uint32_t context)
{
    FilePatch file;
    file.oldPath = std::string(oldPath);
    file.newPath = std::string(newPath);
    const Lines oldLines(oldBytes), newLines(newBytes);
    if (oldPath.empty())
        file.change = PatchChange::Add;
    else if (newPath.empty())
        file.change = PatchChange::Delete;
    else if (oldPath != newPath) {
        file.change = PatchChange::Rename;
        file.similarityPercent = similarityOf(oldLines, newLines);
    }
    file.hunks = hunksOf(oldLines, newLines, context);
    return file;
}

std::string writePatch(std::span<const FilePatch> files)
{
    std::string out;
    for (const FilePatch& file : files) {
        const std::string& oldName = file.oldPath.empty() ? file.newPath : file.oldPath;
        out += "diff --git " + quotedPath("a/" + oldName) + ' ' + quotedPath("b/" + file.path()) + '\n';
        writeExtended(out, file);
        if (file.hunks.empty()) continue;
        writeSide(out, "--- ", "a/", file.change == PatchChange::Add ? std::string() : file.oldPath);
        writeSide(out, "+++ ", "b/", file.change == PatchChange::Delete ? std::string() : file.newPath);
        for (const PatchHunk& hunk : file.hunks) writeHunk(out, hunk);
    }
    return out;
}

} // namespace tackroom
