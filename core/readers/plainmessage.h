// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A message as nearly all of them are written, told apart from the many other forms in one pass.
#include "core/readers/jsonvalues.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tackroom
{

/// {"role", "content"} with a text, or {"role", "parts"} with the conventions' parts of type text, tool_call and
/// tool_call_response; a finish_reason may stand beside. Whatever has another member, part or type of value is none.
struct PlainMessage {
    struct Part {
        enum class Kind : std::uint8_t { Text, Call, Answer };
        Kind kind = Kind::Text;
        std::string_view text; ///< of a text or an answer
        std::string_view id, name;
        std::optional<jsonvalues::Value> arguments;
    };
    static constexpr std::size_t kMostParts = 6;
    std::string_view role; ///< system, user, assistant or tool
    std::array<Part, kMostParts> parts;
    std::size_t partCount = 0;
};

/// False where it is none; then nothing in `message` counts.
[[nodiscard]] bool readPlainMessage(jsonvalues::Value value, PlainMessage& message);

} // namespace tackroom
