// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

/// A C-style quoted name at the start of `*rest` (which begins with `"`), taken off it. Nothing where the quotes are broken.
[[nodiscard]] std::optional<std::string> takeQuotedPath(std::string_view* rest);
/// The name as git writes it: quoted where it holds a control character, a quote, a backslash or a byte above 0x7f.
[[nodiscard]] std::string quotedPath(std::string_view path);

} // namespace tackroom
