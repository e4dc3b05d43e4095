// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How RunSink::beginSource() is told that only something of a source comes: its runs that are not delivered again, and what
/// was said of it before, stay. What is skipped until endSource() belongs to the source all the same.
#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

inline constexpr char kPartOfSource = '\x1F'; ///< at the end of the name; no file's name that we read ends so

[[nodiscard]] inline std::string partOfSource(std::string_view source) { return std::string(source) + kPartOfSource; }
/// The source where the name says that only a part of it comes.
[[nodiscard]] inline std::optional<std::string_view> sourceOfPart(std::string_view name)
{
    if (!name.ends_with(kPartOfSource)) return std::nullopt;
    return name.substr(0, name.size() - 1);
}

} // namespace tackroom
