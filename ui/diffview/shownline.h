// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QString>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom::ui
{

/// One line of foreign bytes as it is drawn: hidden characters and ill-formed bytes as chips, very long lines cut.
struct ShownLine {
    QString text;
    /// For each UTF-16 unit of `text` the byte of the line that it comes from; one more entry for the end.
    std::vector<std::uint32_t> byteAt;
    /// Begin and length, in units of `text`, of what stands for something else.
    std::vector<std::pair<int, int>> chips;
    std::size_t omittedBytes = 0;

    /// The first unit that comes from byte `offset` or a later one.
    [[nodiscard]] int columnOf(std::size_t offset) const;
};

/// Bytes of a line that are shown unless it was opened.
inline constexpr std::size_t kShownLineBytes = 10'000;
/// Bytes of a line that was opened. Laying out more would make the window wait.
inline constexpr std::size_t kOpenedLineBytes = 100'000;

/// `bytes` without the line's end; `mark` (such as a note on the end) becomes a chip behind it.
[[nodiscard]] ShownLine showLine(std::string_view bytes, std::size_t maxBytes, const QString& mark = {});

} // namespace tackroom::ui
