// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A JSON text of any size, read where somebody looks: what stands directly in one object or list, as places in the text.
/// Nothing is built for what nobody unfolds, and a text that was cut is read as far as it goes.
#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

struct JsonPiece {
    enum class Kind : std::uint8_t { Object, List, Text, Other, Group };
    Kind kind = Kind::Other;
    bool isWhole = true;                   ///< false: the text ends within it
    bool inObject = false;                 ///< it is a member and has a name; of a group: they are
    std::size_t nameAt = 0, nameBytes = 0; ///< between the quotes
    std::size_t at = 0, bytes = 0;         ///< of the value, with its quotes or brackets
    std::uint64_t count = 0;               ///< of what stands directly in it
    std::uint64_t first = 0;               ///< of a group: the number of the first one in it
    [[nodiscard]] bool holdsOthers() const { return kind == Kind::Object || kind == Kind::List || kind == Kind::Group; }
    friend bool operator==(const JsonPiece&, const JsonPiece&) = default;
};

/// Of more than so many there are groups: of as many each, or of as many groups.
inline constexpr std::uint64_t kMostJsonPieces = 1000;

/// The whole text as one object or list. Errors: UnknownFormat (it is neither, or something follows it), Cancelled.
[[nodiscard]] Result<JsonPiece> jsonRoot(std::string_view text, const CancelToken& cancel);
/// What stands directly in an object, a list or a group of its elements, in order. What stands deeper is passed over: that it
/// is JSON too is seen when it is asked for. Errors: UnknownFormat, Cancelled.
[[nodiscard]] Result<std::vector<JsonPiece>> jsonPiecesIn(std::string_view text, const JsonPiece& parent,
                                                          const CancelToken& cancel);

/// A string's bytes between its quotes; of a piece that is a text.
[[nodiscard]] std::string_view jsonLiteral(std::string_view text, const JsonPiece& piece);
/// A JSON string without its quotes, escapes undone. What is no escape stays.
[[nodiscard]] std::string decodedJsonString(std::string_view literal);
/// At most so many bytes from the front, never ending within an escape or a character.
[[nodiscard]] std::string_view cutJsonLiteral(std::string_view literal, std::size_t maxBytes);

/// The same JSON on lines of its own, two spaces a level, token by token as it stands; what is no JSON stays as it is.
[[nodiscard]] std::string indentedJson(std::string_view json);

} // namespace tackroom
