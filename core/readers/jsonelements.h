// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/readers/inputfile.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Size of the largest JSON file that is read, of the largest single element in it, and how deep values may nest.
inline constexpr std::uint64_t kMaxJsonFileBytes = std::uint64_t{2} << 30;
inline constexpr std::uint64_t kMaxJsonElementBytes = std::uint64_t{64} << 20;
inline constexpr std::size_t kMaxJsonDepth = 256;

/// How the values of a JSON file lie.
enum class JsonLayout : std::uint8_t {
    Array, ///< one array; its elements are the values
    Lines, ///< one value a line
};

struct JsonElement {
    std::uint64_t index = 0;  ///< from 0; of Lines: the line, from 0, empty ones counted; with `fromBytes` counted from there
    std::uint64_t offset = 0; ///< in the file
    std::string_view text;    ///< the element alone; good during the call; kJsonPadding readable bytes follow it
};

/// Cuts a file into its values without holding more than one of them: brackets and strings are followed, nothing is checked
/// beyond that (the parser of the element does). `visit` false ends it early. `tooLong` is told of elements above
/// kMaxJsonElementBytes, which are passed over. Damaged where the file ends inside an element or the array, or is no array.
/// `fromBytes` (Lines alone): begin there, at the beginning of a line.
struct JsonElementVisitor {
    std::function<Result<bool>(const JsonElement&)> visit;
    std::function<void(std::uint64_t index, std::uint64_t bytes)> tooLong;
};
[[nodiscard]] Status forEachJsonElement(const InputFile& file, JsonLayout layout, const JsonElementVisitor& visitor,
                                        const CancelToken& cancel, std::uint64_t fromBytes = 0);

/// The same for a part of a file of lines, again and again in the same memory.
class JsonLines
{
public:
    JsonLines();
    /// From the beginning of a line to that of another one, or to the end of the file. Lines are counted from 0; answers how
    /// many there were, empty ones counted.
    [[nodiscard]] Result<std::uint64_t> each(const InputFile& file, std::uint64_t from, std::uint64_t to,
                                             const JsonElementVisitor& visitor, const CancelToken& cancel);

private:
    std::unique_ptr<char[]> m_chunk;
};
/// Where the line ends that the byte before `offset` lies in: behind its line feed, or the file's end.
[[nodiscard]] Result<std::uint64_t> endOfLineAt(const InputFile& file, std::uint64_t offset);

/// The keys of the object that begins at the front of `text`, at most 32, as far as the text goes.
[[nodiscard]] std::vector<std::string> objectKeys(std::string_view text);

/// What a text that begins like JSON looks like from its first bytes: "JSON: an object with the keys a, b, c",
/// "JSON: an array of objects with the keys …", "JSON: an array of numbers"; empty where it is nothing like JSON.
[[nodiscard]] std::string describeJson(std::string_view beginning);

} // namespace tackroom
