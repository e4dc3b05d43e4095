// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/jsonelements.h"

#include <functional>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The members of the one object that a file is, without holding more than one of them; of the arrays under `splitKeys` their
/// elements one by one. Brackets and strings are followed, nothing is checked beyond that. False ends it early; what is longer
/// than kMaxJsonElementBytes is passed over and told to `tooLong` (a split array has no limit, its elements have). Damaged
/// where the file is no object or ends inside it; what came before has been delivered.
struct JsonMemberVisitor {
    std::vector<std::string> splitKeys;
    std::function<Result<bool>(std::string_view key, const JsonElement& value)> member;
    std::function<Result<bool>(std::string_view key, const JsonElement& element)> element;
    std::function<void(std::string_view key, std::uint64_t index, std::uint64_t bytes)> tooLong;
};
[[nodiscard]] Status forEachJsonMember(const InputFile& file, const JsonMemberVisitor& visitor, const CancelToken& cancel);

} // namespace tackroom
