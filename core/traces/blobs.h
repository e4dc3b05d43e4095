// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace tackroom
{

/// What begins and ends a chip in the text that foldBlobs() gives; a view draws what stands between them as one.
inline constexpr std::string_view kChipBegin = "⟦▣ ", kChipEnd = "⟧";

/// The text with data addresses and long base64 replaced by what they are and how large: "⟦▣ image/png, 34 kB⟧". Everything else
/// stays, byte for byte.
[[nodiscard]] std::string foldBlobs(std::string_view text);

} // namespace tackroom
