// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/atoms.h"

#include "core/base/hash.h"

#include <algorithm>

namespace tackroom
{
namespace
{

std::string_view part(std::string_view bytes, const ByteRange& range) { return bytes.substr(range.begin, range.size()); }

Status checkSide(const Atom& atom, std::string_view bytes, const ByteRange& range, const std::string& sha256,
                 std::string_view side)
{
    if (range.begin > range.end || range.end > bytes.size())
        return fail(ErrorCode::Conflict, atom.path,
                    "A change names bytes that the " + std::string(side) + " file does not have.");
    if (sha256Hex(part(bytes, range)) != sha256)
        return fail(ErrorCode::Conflict, atom.path,
                    "The bytes of a change in the " + std::string(side) + " file are not those that it was made of.");
    return {};
}

} // namespace

std::vector<Atom> makeAtoms(std::string path, std::string oldBlobId, std::string newBlobId, std::string_view oldBytes,
                            std::string_view newBytes)
{
    std::vector<Atom> atoms;
    const auto add = [&](const ByteRange& oldRange, const ByteRange& newRange) {
        atoms.push_back({path, oldBlobId, newBlobId, oldRange, newRange, sha256Hex(part(oldBytes, oldRange)),
                         sha256Hex(part(newBytes, newRange))});
    };
    if (oldBlobId.empty() != newBlobId.empty()) {
        add({0, oldBytes.size()}, {0, newBytes.size()});
        return atoms;
    }
    const Lines oldLines(oldBytes), newLines(newBytes);
    for (const LineChange& change : diffLines(oldLines, newLines))
        add(oldLines.byteRange(change.oldLines), newLines.byteRange(change.newLines));
    return atoms;
}

Result<std::string> applyAtoms(std::string_view oldBytes, std::string_view newBytes, std::span<const Atom> chosen)
{
    std::vector<const Atom*> ordered;
    ordered.reserve(chosen.size());
    for (const Atom& atom : chosen) {
        TR_TRY(checkSide(atom, oldBytes, atom.oldRange, atom.oldSha256, "old"));
        TR_TRY(checkSide(atom, newBytes, atom.newRange, atom.newSha256, "new"));
        ordered.push_back(&atom);
    }
    std::ranges::sort(ordered, [](const Atom* a, const Atom* b) {
        return std::pair(a->oldRange.begin, a->oldRange.end) < std::pair(b->oldRange.begin, b->oldRange.end);
    });
    std::string out;
    std::size_t copied = 0; // old bytes that are in `out` or were replaced
    const Atom* previous = nullptr;
    for (const Atom* atom : ordered) {
        const bool apart =
            !previous || (atom->oldRange.begin >= previous->oldRange.end && atom->newRange.begin >= previous->newRange.end &&
                          atom->oldRange != previous->oldRange);
        if (!apart) return fail(ErrorCode::Conflict, atom->path, "Two of the chosen changes overlap.");
        out += oldBytes.substr(copied, atom->oldRange.begin - copied);
        out += part(newBytes, atom->newRange);
        copied = atom->oldRange.end;
        previous = atom;
    }
    out += oldBytes.substr(copied);
    return out;
}

} // namespace tackroom
