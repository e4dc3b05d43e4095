// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/diff/lines.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What a decision is about: one change of one file, told by bytes and hashes, so that replaying it never runs a diff.
struct Atom {
    std::string path;
    std::string oldBlobId; ///< empty: the file was not there
    std::string newBlobId; ///< empty: the file is no longer there
    ByteRange oldRange;    ///< in the old file; empty for pure insertion
    ByteRange newRange;    ///< in the new file; empty for pure removal
    std::string oldSha256; ///< of the bytes in oldRange, hexadecimal
    std::string newSha256;
    friend bool operator==(const Atom&, const Atom&) = default;
};

/// The atoms from old to new, in order. A file that appears or disappears is exactly one atom, even where it is empty: half a
/// new file is nobody's intent. Otherwise one for each change of diffLines(): none if the bytes are the same.
[[nodiscard]] std::vector<Atom> makeAtoms(std::string path, std::string oldBlobId, std::string newBlobId,
                                          std::string_view oldBytes, std::string_view newBytes);

/// The old bytes with only the chosen atoms applied; all of them give exactly the new bytes. `chosen` may be in any order.
/// Conflict where an atom's range or hash does not fit the bytes, or two overlap.
[[nodiscard]] Result<std::string> applyAtoms(std::string_view oldBytes, std::string_view newBytes,
                                             std::span<const Atom> chosen);

} // namespace tackroom
