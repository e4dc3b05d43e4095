// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/strongid.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The place of a line in its file, from 0. People see value + 1.
using LineNo = Strong<struct LineTag, std::uint32_t>;

/// Lines begin..end-1. An empty range names the place before line `begin`.
struct LineRange {
    LineNo begin;
    LineNo end;
    [[nodiscard]] std::uint32_t count() const { return end.value - begin.value; }
    [[nodiscard]] bool empty() const { return begin == end; }
    friend bool operator==(const LineRange&, const LineRange&) = default;
};

/// Bytes begin..end-1 of one file.
struct ByteRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const { return end - begin; }
    [[nodiscard]] bool empty() const { return begin == end; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// As git tells what is no text: a zero byte among the first.
[[nodiscard]] bool isBinary(std::string_view bytes);

/// Where the lines of some bytes begin. A line ends after its LF and owns it; a CR before it belongs to the end; a CR
/// elsewhere is text. Bytes after the last LF are a line without an end; no bytes are no lines. Refers to the bytes,
/// which must outlive it. At most 2^32-2 lines.
class Lines
{
public:
    Lines() = default;
    explicit Lines(std::string_view bytes);

    [[nodiscard]] std::string_view bytes() const { return m_bytes; }
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(m_starts.size() - 1); }
    /// The line with its end.
    [[nodiscard]] std::string_view line(LineNo no) const
    {
        return m_bytes.substr(m_starts[no.value], m_starts[no.value + 1] - m_starts[no.value]);
    }
    /// The line without "\n" or "\r\n".
    [[nodiscard]] std::string_view text(LineNo no) const;
    /// Where the line begins; for count() the number of bytes.
    [[nodiscard]] std::size_t offset(LineNo no) const { return m_starts[no.value]; }
    [[nodiscard]] ByteRange byteRange(LineRange range) const { return {offset(range.begin), offset(range.end)}; }
    [[nodiscard]] std::string_view slice(LineRange range) const
    {
        return m_bytes.substr(offset(range.begin), offset(range.end) - offset(range.begin));
    }
    /// The line that holds the byte; count() for an offset at or behind the end.
    [[nodiscard]] LineNo lineAt(std::size_t offset) const;
    /// False for a last line without LF; true for no lines.
    [[nodiscard]] bool endsWithNewline() const { return m_bytes.empty() || m_bytes.back() == '\n'; }

private:
    std::string_view m_bytes;
    std::vector<std::size_t> m_starts{0}; ///< one more than there are lines
};

/// What counts as the same line. Anything but Exact is for looking at; atoms and patches are always Exact.
enum class Whitespace : std::uint8_t {
    Exact,        ///< byte for byte
    IgnoreEnds,   ///< white space at the end of the line, CR and a missing final newline do not count
    IgnoreAmount, ///< also: a run of white space equals any other, none at the start excepted
    IgnoreAll,    ///< white space does not count at all
};

struct DiffOptions {
    Whitespace whitespace = Whitespace::Exact;
    /// Cut the changes where a reader expects it: those that could stand in several places before headings and after blank
    /// lines; two that only blank lines part as one, where a line's successor is then in the same change.
    bool slide = true;
};

/// Old lines that were replaced by new ones. At most one side is empty.
struct LineChange {
    LineRange oldLines;
    LineRange newLines;
    friend bool operator==(const LineChange&, const LineChange&) = default;
};

/// The changes from old to new, in order, none touching the next: between two changes at least one line is equal on both sides.
/// Deterministic: the same bytes and options give the same changes. Time is bounded: where the inputs have little in
/// common the result grows longer than necessary rather than later. Never more than about half a second for 100,000 lines.
[[nodiscard]] std::vector<LineChange> diffLines(const Lines& oldLines, const Lines& newLines, const DiffOptions& options = {});

} // namespace tackroom
