// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What people read: aligned tables, counts with what they are of, foreign text made safe.
#include "core/base/safetext.h"
#include "core/base/time.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::cli
{

/// How many cells a terminal gives this text (wide characters take two).
[[nodiscard]] std::size_t cellWidth(std::string_view utf8);

/// Rows of cells, aligned when printed. Cells are safe text already; the last left-aligned column is not filled up.
class Table
{
public:
    /// A name that begins with '>' makes a right-aligned column.
    explicit Table(std::vector<std::string> columns);
    void add(std::vector<std::string> cells);
    [[nodiscard]] std::string text(std::string_view indent = {}) const;
    [[nodiscard]] bool empty() const { return m_rows.size() < 2; }

private:
    std::vector<bool> m_right;
    std::vector<std::vector<std::string>> m_rows; ///< the first is the head
};

/// "1 run", "1,204 runs"
[[nodiscard]] std::string counted(std::int64_t count, std::string_view one, std::string_view many = {});
/// "14 of 39 runs (36 %, 23–52 %)": share and Wilson's 95 % interval.
[[nodiscard]] std::string shareOf(std::int64_t part, std::int64_t whole, std::string_view what);
[[nodiscard]] std::string percent(double share);
/// Foreign text on one line of at most so many bytes.
[[nodiscard]] std::string safeLine(std::string_view foreign, std::size_t maxBytes = 400);
/// Foreign text with each line indented.
[[nodiscard]] std::string safeBlock(std::string_view foreign, std::string_view indent, std::size_t maxBytes = 0);
/// "2026-03-01 12:00:00"; "-" where there is none.
[[nodiscard]] std::string when(UtcNs time);
[[nodiscard]] std::string shortId(std::string_view id, std::size_t length = 10);
/// "4.1 MB"
[[nodiscard]] std::string sizeText(std::uint64_t bytes);

} // namespace tackroom::cli
