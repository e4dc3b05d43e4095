// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What stands before the text on the lines of one log: times, numbers, a level, a thread, a component. Found by what most of the
/// first lines have at the same place; no format is known by name.
struct LogHeader {
    std::size_t words = 0; ///< between spaces: those up to the last time, number or level that nearly all lines have
    enum class Part : std::uint8_t { Brackets, Dash, Colon, WordAndColon, WordAndBrackets };
    std::vector<Part> parts; ///< what follows it on most lines, in this order
    std::size_t fields = 0;  ///< "time|component|17|text": so many fields instead
};
[[nodiscard]] LogHeader headerOf(const std::vector<std::string_view>& lines);
/// The line without it; the whole line where it does not have it (a stack trace, say).
[[nodiscard]] std::string_view withoutHeader(std::string_view line, const LogHeader& header);

/// The words of a line that say what it is about, and where something stood that changes from line to line: figures, ids, paths,
/// addresses, quoted texts, values after "=". Several of these in a row are one.
class ShapeScanner
{
public:
    struct Shape {
        std::uint64_t hash = 0;
        std::vector<std::string_view> words; ///< an empty one: something that changes
    };
    /// The words refer to the line.
    void scan(std::string_view line, Shape& shape) const;
};

} // namespace tackroom
