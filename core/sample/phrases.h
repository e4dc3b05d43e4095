// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/sample/player.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tackroom
{

/// What customers, agent and managers write: templates with slots such as {order}. No logic here.

/// Replaces each {slot}; an unknown slot stays as it is.
[[nodiscard]] std::string filled(std::string_view text,
                                 std::initializer_list<std::pair<std::string_view, std::string_view>> slots);
/// 1,234.50 EUR, or 1.234,50 € and the like in the other languages.
[[nodiscard]] std::string money(std::int64_t cents, Language language = Language::English);
/// 1234.5 → 1,234.50 without a currency, for explanations.
[[nodiscard]] std::string plainAmount(double amount);

[[nodiscard]] std::string_view customerOpening(Language language, std::string_view reason,
                                               Random& random); ///< {order} {item} {days} {late} {amount} {name}
[[nodiscard]] std::string_view upsetOpening(Random& random);
[[nodiscard]] std::string_view waitingOpening(Language language, Random& random);
[[nodiscard]] std::string_view overLimitRemark(bool loyal, bool late, Random& random);
[[nodiscard]] std::string_view customerClosing(Language language, Random& random);
[[nodiscard]] std::string_view sameNumberAgain(Random& random);
[[nodiscard]] std::string_view correctedNumber(Random& random);

enum class AgentLine : std::uint8_t {
    Refunded,
    RefusedWindow,
    HandedOverLimit,
    HandedOverTone,
    NotFound,
    AskNumber,
    Holding,
    RefusedLimit,
    Unconfirmed
};
[[nodiscard]] std::string_view agentLine(AgentLine line, Language language,
                                         Random& random);                   ///< {order} {amount} {days} {window} {state}
[[nodiscard]] std::string_view managerApproves(bool loyal, Random& random); ///< {since} {late} {amount} {name}
[[nodiscard]] std::string_view managerUpholds(Random& random);
[[nodiscard]] std::string_view thumbsWords(bool up, Random& random);

struct ItemPrice {
    std::string_view item;
    int lowCents, highCents;
};
[[nodiscard]] const ItemPrice& ordinaryItem(Random& random);
[[nodiscard]] const ItemPrice& expensiveItem(Random& random);
[[nodiscard]] std::string_view firstName(std::uint64_t user, Language language);

} // namespace tackroom
