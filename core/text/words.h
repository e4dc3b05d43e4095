// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The words of a text in order: lower case; issueRefund and issue_refund are two words; a word with a figure in it is "0";
/// an apostrophe within a word is left out. Bytes that are no UTF-8 count as letters.
[[nodiscard]] std::vector<std::string> textWords(std::string_view text);

/// Without the commonest English endings: cards → card, flies and flying → fli, booked → book. A word that is not English
/// loses at most as much as another one of its kind.
[[nodiscard]] std::string stemmed(std::string_view word);

} // namespace tackroom
