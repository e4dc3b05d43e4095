// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/phrases.h"
#include "core/sample/player.h"

namespace tackroom
{
namespace
{

/// The mix of cases, per mille. What comes of them is the harness's doing.
enum class Case : std::uint8_t {
    Ordinary,
    OverLimit,
    LoyalLate,
    LoyalNotLate,
    NewAndLate,
    Hash,
    LostConfirmation,
    Upset,
    LateReturn,
    TooLate,
    Processing,
    Waiting,
    ProviderFails,
    SecondQuestion
};
constexpr struct {
    Case what;
    int perMille;
} kMix[] = {{Case::OverLimit, 45},     {Case::LoyalLate, 56},        {Case::LoyalNotLate, 18}, {Case::NewAndLate, 18},
            {Case::Hash, 58},          {Case::LostConfirmation, 44}, {Case::Upset, 78},        {Case::LateReturn, 58},
            {Case::TooLate, 40},       {Case::Processing, 32},       {Case::Waiting, 95},      {Case::ProviderFails, 16},
            {Case::SecondQuestion, 14}};

Case drawCase(Random& random)
{
    int at = static_cast<int>(random.below(1000));
    for (const auto& [what, perMille] : kMix) {
        if (at < perMille) return what;
        at -= perMille;
    }
    return Case::Ordinary;
}

/// Users 0..299 have been with the shop for long, 300..899 have not; a user is the same person each time.
void setUser(Customer& customer, std::uint64_t user)
{
    customer.userId = "cust-" + std::to_string(10000 + user * 7);
    customer.since = user < 300 ? 2009 + static_cast<int>(user * 31 % 11) : 2022 + static_cast<int>(user * 17 % 4);
    switch (user % 25) {
    case 3:
        customer.language = Language::German;
        break;
    case 11:
        customer.language = Language::Spanish;
        break;
    case 19:
        customer.language = Language::French;
        break;
    default:
        customer.language = Language::English;
    }
    customer.firstName = firstName(user / 3, customer.language);
}

void setOrder(Customer& customer, Case what, Random& random)
{
    const bool expensive =
        what == Case::OverLimit || what == Case::LoyalLate || what == Case::LoyalNotLate || what == Case::NewAndLate;
    const ItemPrice& item = expensive ? expensiveItem(random) : ordinaryItem(random);
    customer.item = item.item;
    customer.amountCents = random.between(item.lowCents / 10, item.highCents / 10) * 10;
    customer.orderId = "RF-" + std::to_string(100000 + random.below(900000));
    customer.typedOrderId = what == Case::Hash ? "#" + customer.orderId : customer.orderId;
    customer.correctsOrderId = random.chance(220);
    static constexpr std::string_view kReasons[] = {"damaged",        "damaged",        "wrong_item",   "not_as_described",
                                                    "change_of_mind", "change_of_mind", "late_delivery"};
    customer.reason = random.pick(kReasons);
    customer.deliveredDaysAgo = static_cast<int>(random.between(1, 24));
    const bool late = what == Case::LoyalLate || what == Case::NewAndLate || (customer.reason == "late_delivery" && !expensive);
    if (late) customer.lateDays = static_cast<int>(random.between(3, 19));
    if (expensive) customer.reason = late ? "late_delivery" : random.chance(500) ? "damaged" : "not_as_described";
    if (what == Case::LateReturn) customer.deliveredDaysAgo = static_cast<int>(random.between(31, 45));
    if (what == Case::TooLate) customer.deliveredDaysAgo = static_cast<int>(random.between(46, 90));
    if ((what == Case::LateReturn || what == Case::TooLate) && random.chance(600)) customer.reason = "change_of_mind";
    if (customer.reason == "late_delivery" && customer.lateDays == 0) customer.reason = "damaged";
    static constexpr std::string_view kWaiting[] = {"return_in_transit", "bank_transfer_pending", "awaiting_seller"};
    if (what == Case::Processing) customer.orderState = "processing";
    if (what == Case::Waiting) customer.orderState = random.pick(kWaiting);
}

void setTexts(Customer& customer, Random& random)
{
    const bool waits = customer.orderState != "delivered";
    const bool over = customer.amountCents > 200000;
    std::string text(waits            ? waitingOpening(customer.language, random)
                     : customer.upset ? upsetOpening(random)
                                      : customerOpening(customer.language, customer.reason, random));
    if (over && customer.language == Language::English)
        text += overLimitRemark(customer.since < 2021, customer.lateDays > 0, random);
    text += customerClosing(customer.language, random);
    const std::string amount = money(customer.amountCents, customer.language);
    const std::string days = std::to_string(customer.deliveredDaysAgo), late = std::to_string(customer.lateDays);
    const std::string since = std::to_string(customer.since);
    customer.task = filled(text, {{"order", customer.typedOrderId},
                                  {"item", customer.item},
                                  {"days", days},
                                  {"late", late},
                                  {"amount", amount},
                                  {"name", customer.firstName},
                                  {"since", since}});
    const std::string_view again = customer.correctsOrderId ? correctedNumber(random) : sameNumberAgain(random);
    customer.secondMessage = filled(again, {{"order", customer.orderId}, {"typed", customer.typedOrderId}});
}

} // namespace

Customer drawCustomer(Random& random)
{
    Customer customer;
    const Case what = drawCase(random);
    const bool longStanding = what == Case::LoyalLate || what == Case::LoyalNotLate;
    const bool fresh = what == Case::OverLimit || what == Case::NewAndLate;
    setUser(customer, longStanding ? random.below(300) : fresh ? 300 + random.below(600) : random.below(900));
    setOrder(customer, what, random);
    customer.upset = what == Case::Upset;
    if (customer.upset || what == Case::Hash) customer.language = Language::English;
    customer.confirmationLost = what == Case::LostConfirmation;
    customer.providerFails = what == Case::ProviderFails;
    customer.judgeDisagrees = what == Case::SecondQuestion;
    customer.managerDeclines = what == Case::LoyalLate && random.chance(60);
    customer.managerIndex = static_cast<int>(random.below(3));
    setTexts(customer, random);
    return customer;
}

} // namespace tackroom
