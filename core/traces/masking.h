// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tackroom
{

/// One kind of thing that does not belong into what is copied or exported.
struct MaskPattern {
    std::string_view name;        ///< what stands in its place: "[masked: e-mail]"
    std::string_view explanation; ///< its shape, in English
};
/// All that maskSecrets() looks for.
[[nodiscard]] std::span<const MaskPattern> maskPatterns();

struct Masked {
    std::string text;
    std::size_t count = 0; ///< how many were masked
};
/// The text with secrets and personal data replaced: private keys, API keys of known shapes, bearer and basic credentials, JSON
/// web tokens, values of names such as `password`, passwords in addresses, e-mail addresses, card numbers that pass Luhn's
/// check, phone numbers. Shapes alone: a secret of no known shape stays. Linear in the text but for a private key without end.
[[nodiscard]] Masked maskSecrets(std::string_view text);
/// Luhn's check of a card number's digits.
[[nodiscard]] bool passesLuhn(std::string_view digits);

} // namespace tackroom
