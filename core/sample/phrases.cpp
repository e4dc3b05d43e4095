// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/phrases.h"

#include <array>
#include <cmath>
#include <span>

namespace tackroom
{
namespace
{

using Lines = std::span<const std::string_view>;

std::string_view pickLine(Lines lines, Random& random) { return random.pick(lines); }

std::string grouped(std::int64_t whole, std::string_view separator)
{
    std::string digits = std::to_string(whole);
    for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), separator);
    return digits;
}

constexpr std::string_view kDamaged[] = {
    "Hi, my {item} arrived broken, order {order}. I'd like my money back please.",
    "Order {order}: the {item} came with a crack right through it. Photos on request. Refund?",
    "Good morning. The {item} from {order} was torn when I unpacked it {days} days ago. What can you do?",
    "{item} damaged in transit, box was soaked. Order no. {order}. Please refund {amount}.",
    "Hello, I opened the parcel for {order} today and the {item} is missing a part. I don't want a replacement, I want a "
    "refund.",
    "the {item} i got is broken 😞 order is {order}, can i get a refund",
    "Bought the {item} for our trip, order {order}, it failed on the first evening. Seam opened. Refund please.",
};
constexpr std::string_view kWrongItem[] = {
    "You sent me the wrong thing: I ordered the {item} ({order}) and got something else entirely.",
    "Order {order}, wrong size. I ordered the {item} in M and it is an XL. Money back please, I found one elsewhere.",
    "Hello! {item} from {order} is the wrong colour. Not what I paid {amount} for. How do I return it?",
    "Wrong article in the parcel ({order}). It should be the {item}. Please refund.",
    "I think you mixed up two parcels. {order} should have been the {item}. Refund please, no exchange 🙏",
};
constexpr std::string_view kLate[] = {
    "My {item} came {late} days late, the trip was over by then. Order {order}. I want to return it.",
    "Order {order} was promised for the weekend and came {late} days later. I no longer need the {item}. Refund?",
    "Delivery of {order} was {late} days late, so I bought the {item} somewhere else. Please take it back.",
    "Hi, the {item} ({order}) arrived far too late for our tour. I would like the {amount} back.",
};
constexpr std::string_view kNotAsDescribed[] = {
    "The {item} is not what the page says. Weighs almost twice as much. Order {order}.",
    "Page said waterproof, the {item} is not. {order}. I'd like to send it back.",
    "Order {order}: pictures show the {item} with a cover, there is none. Refund please.",
    "{item}, {order}: the description lists two extras that are not in the box! Please refund.",
};
constexpr std::string_view kChangeOfMind[] = {
    "I don't need the {item} any more, unused, tags on. Order {order}, delivered {days} days ago. Can I return it?",
    "Hi there, changed my mind about the {item} ({order}). How does the refund work?",
    "Doesn't fit, order {order}, the {item}. Got it {days} days ago. Refund possible?",
    "We have two of the {item} now, mine and a present :) I'd like to return {order}.",
    "Returning the {item} from {order}. It was delivered {days} days ago. Please confirm the {amount}.",
};
constexpr std::string_view kGerman[] = {
    "Guten Tag, der Artikel {item} aus Bestellung {order} ist beschädigt angekommen. Ich hätte gern mein Geld zurück.",
    "Hallo, ich möchte {order} zurückgeben ({item}), geliefert vor {days} Tagen. Bekomme ich {amount} erstattet?",
    "Bestellung {order}: passt leider nicht. Bitte um Rückerstattung. Viele Grüße, {name}",
};
constexpr std::string_view kSpanish[] = {
    "Hola, el artículo {item} del pedido {order} llegó roto. Quiero la devolución del dinero, por favor.",
    "Buenas tardes, quisiera devolver {item}, pedido {order}, recibido hace {days} días. ¿Me devuelven {amount}?",
    "Pedido {order}: no es lo que pedí. ¿Cómo hago la devolución? Gracias, {name}",
};
constexpr std::string_view kFrench[] = {
    "Bonjour, l'article {item} de la commande {order} est arrivé abîmé. Je souhaite être remboursé.",
    "Bonjour, je voudrais renvoyer {item}, commande {order}, reçue il y a {days} jours. Remboursement de {amount} ?",
    "Commande {order} : la taille ne va pas. Merci de me rembourser. Cordialement, {name}",
};
constexpr std::string_view kUpset[] = {
    "THIS IS THE THIRD TIME I WRITE. {item}, order {order}, BROKEN. I want my {amount} back NOW.",
    "Unbelievable. {order}. The {item} is junk and nobody answers. Refund me or I take this to the consumer office.",
    "I am really angry. You ruined our holiday with that {item} ({order}). Money back, today 😡",
    "Are you serious?! {item} from {order} fell apart after one night. I will tell everybody. Refund!",
    "Never again with you. Order {order}, {item}, useless. Give me my {amount} back!!!",
};
constexpr std::string_view kWaiting[] = {
    "Where is my refund for {order}? I sent the {item} back last week.",
    "Hi, any news on {order}? It's about the {item}.",
    "I returned the {item} ({order}) {days} days ago and hear nothing. What's going on?",
    "Order {order} still shows no movement. I'd rather have the {amount} back.",
    "Could you check {order} for me? I was told somebody would look at the {item}. 🙂",
};
constexpr std::string_view kWaitingGerman[] = {"Was ist mit meiner Bestellung {order}? Es geht um: {item}. Danke!"};
constexpr std::string_view kWaitingSpanish[] = {"¿Qué pasa con mi pedido {order}? Es por: {item}. ¡Gracias!"};
constexpr std::string_view kWaitingFrench[] = {"Où en est ma commande {order} ? Il s'agit de : {item}. Merci !"};
constexpr std::string_view kOverLoyalLate[] = {
    " I've been a customer for many years and this never happened before.",
    " We have bought everything from you since {since}. Please sort this out.",
    " As a long-time customer I had hoped for better.",
};
constexpr std::string_view kOverPlain[] = {" It is a lot of money for me.", "", " Please tell me how long that takes.",
                                           " I have the invoice here."};
constexpr std::string_view kClosing[] = {
    "", "", "", " Thanks!", " Thank you, {name}", " Best, {name}", " Please answer by e-mail.", " 👍"};
constexpr std::string_view kSame[] = {
    "That is the number: {typed}. It says so on the invoice.",
    "{typed}, top right corner of your own invoice.",
    "I copied it from the invoice: {typed}",
    "Again: {typed}",
};
constexpr std::string_view kCorrected[] = {"Oh, without the sign: {order}", "{order} then?", "Sorry, {order}."};

constexpr std::string_view kRefundedEn[] = {
    "Done: I have refunded {amount} for order {order}. The money is back with you in three to five working days. Sorry for the "
    "trouble.",
    "I have booked your refund of {amount} for {order}. Your bank needs three to five working days. You'll get a return label "
    "by mail if we need the item back.",
    "Your refund for {order} is on its way: {amount}, to the means of payment you used. Please allow three to five working "
    "days.",
};
constexpr std::string_view kRefusedEn[] = {
    "I'm sorry, I can't refund {order}: it was delivered {days} days ago and the return window is {window} days. Nothing has "
    "been booked.",
    "Order {order} reached you {days} days ago. Our policy gives {window} days for returns, so I have to say no this time. "
    "Nothing changes on your account.",
};
constexpr std::string_view kLimitEn[] = {
    "I can't refund {amount} for {order} myself: that is above what I may decide. A manager has your case and will answer "
    "within one working day.",
    "{amount} is above my limit, so I can't refund {order} right away. I have passed it to a manager with everything you told "
    "me. You'll hear from us within one working day.",
};
constexpr std::string_view kToneEn[] = {
    "I'm sorry that this has been so frustrating. I have handed your case about {order} to a manager, who will get back to you "
    "within one working day.",
    "I understand that you are upset. A manager will take over your case {order} and contact you within one working day.",
};
constexpr std::string_view kNotFoundEn[] = {
    "I'm sorry, I can't find an order {typed}. Please check the number on your invoice and write to us again.",
    "I couldn't find {typed} in our system, so I can't help with a refund here. Please contact us again with the right number.",
};
constexpr std::string_view kAskEn[] = {
    "I can't find that order number. Could you check it and send it again?",
    "Sorry, {typed} gives me no order. Is that the number from the invoice?",
};
constexpr std::string_view kHoldingEn[] = {
    "Your order {order} is at this point: {state}. I can't book anything before that is done. I'll look again in two working "
    "days and write to you.",
    "Thanks for asking. {order} waits for somebody else right now ({state}). As soon as that changes you'll hear from me, at "
    "the latest in two working days.",
};
constexpr std::string_view kRefusedLimitEn[] = {
    "I'm sorry, {amount} for {order} is above what I may refund. Nothing has been booked."};
constexpr std::string_view kUnconfirmedEn[] = {
    "I have sent your refund of {amount} for {order}. The payment gateway has not confirmed it yet; you'll get a mail as soon "
    "as it has.",
};

struct Foreign {
    std::string_view refunded, refused, limit, tone, notFound, ask, holding, refusedLimit, unconfirmed;
};
constexpr Foreign kForeign[] = {
    {"Erledigt: Ich habe {amount} für {order} erstattet. Die Bank braucht drei bis fünf Werktage.",
     "Leider kann ich {order} nicht erstatten: Die Lieferung war vor {days} Tagen, die Frist beträgt {window} Tage.",
     "{amount} für {order} liegt über dem, was ich entscheiden darf. Eine Kollegin meldet sich innerhalb eines Werktags.",
     "Das tut mir leid. Ich habe {order} an eine Kollegin übergeben, sie meldet sich innerhalb eines Werktags.",
     "Leider finde ich keine Bestellung {typed}. Bitte prüfen Sie die Nummer auf der Rechnung.",
     "Diese Bestellnummer finde ich nicht. Können Sie sie bitte noch einmal schicken?",
     "Ihre Bestellung {order}: {state}. Ich schaue in zwei Werktagen wieder nach und schreibe Ihnen.",
     "Leider liegt {amount} für {order} über dem, was ich erstatten darf.",
     "Ich habe die Erstattung von {amount} für {order} abgeschickt. Die Bestätigung folgt per Mail."},
    {"Listo: he reembolsado {amount} del pedido {order}. El banco tarda de tres a cinco días hábiles.",
     "Lo siento, no puedo reembolsar {order}: se entregó hace {days} días y el plazo es de {window} días.",
     "{amount} del pedido {order} supera lo que puedo decidir. Una responsable le contestará en un día hábil.",
     "Lo siento mucho. He pasado el pedido {order} a una responsable, que le contestará en un día hábil.",
     "Lo siento, no encuentro el pedido {typed}. Compruebe el número en la factura, por favor.",
     "No encuentro ese número de pedido. ¿Puede enviarlo otra vez?",
     "Su pedido {order}: {state}. Volveré a mirarlo en dos días hábiles y le escribiré.",
     "Lo siento, {amount} del pedido {order} supera lo que puedo reembolsar.",
     "He enviado el reembolso de {amount} del pedido {order}. La confirmación llegará por correo."},
    {"C'est fait : j'ai remboursé {amount} pour la commande {order}. La banque a besoin de trois à cinq jours ouvrés.",
     "Désolé, je ne peux pas rembourser {order} : livrée il y a {days} jours, le délai est de {window} jours.",
     "{amount} pour {order} dépasse ce que je peux décider. Une responsable vous répondra sous un jour ouvré.",
     "Je suis désolé. J'ai transmis {order} à une responsable, qui vous répondra sous un jour ouvré.",
     "Désolé, je ne trouve pas la commande {typed}. Merci de vérifier le numéro sur la facture.",
     "Je ne trouve pas ce numéro de commande. Pouvez-vous le renvoyer ?",
     "Votre commande {order} : {state}. Je regarde à nouveau dans deux jours ouvrés et je vous écris.",
     "Désolé, {amount} pour {order} dépasse ce que je peux rembourser.",
     "J'ai envoyé le remboursement de {amount} pour {order}. La confirmation suivra par mail."},
};

constexpr std::string_view kApprovesLoyal[] = {
    "With us since {since}, {late} days late, our fault. Approved {amount} by hand.",
    "Loyal customer, late delivery. Refunded {amount}. I approve these every time.",
    "{name} has ordered from us since {since} and the parcel was {late} days late. Of course we refund.",
    "Late by {late} days and a customer since {since}: paid out {amount} myself.",
    "Approved. We do not make people wait who have been with us this long when we were the late ones.",
    "ok, {late} days late + long-standing customer, {amount} refunded by hand",
};
constexpr std::string_view kApprovesOther[] = {"The agent could have done this itself. Refunded {amount}.",
                                               "Approved {amount} by hand. Why does this come to me?"};
constexpr std::string_view kUpholds[] = {
    "Checked with the carrier, not our fault. Offered a repair instead.",
    "Ordinary case above the limit. Sent the customer our return form first.",
    "Agreed with the agent, this needed a look. Partial refund after inspection.",
    "Right to ask. Item comes back first, then we decide.",
    "Declined, wear and tear.",
};
constexpr std::string_view kUp[] = {"quick and clear", "", "great, thanks", "", "solved in two minutes 👍", "friendly"};
constexpr std::string_view kDown[] = {"not helpful", "", "still no answer", "what a waste of time", "I wanted a decision", ""};

constexpr ItemPrice kOrdinary[] = {
    {"trekking tent", 18900, 54900},     {"down sleeping bag", 14900, 42900}, {"hiking boots", 11900, 25900},
    {"rain jacket", 7900, 32900},        {"65 l backpack", 12900, 28900},     {"headlamp", 2900, 9900},
    {"camping stove", 4900, 15900},      {"trekking poles", 3900, 17900},     {"water filter", 2900, 8900},
    {"inflatable mat", 5900, 19900},     {"merino base layer", 4900, 11900},  {"climbing harness", 4900, 13900},
    {"folding kayak seat", 6900, 14900}, {"GPS watch", 19900, 69900},         {"snowshoes", 9900, 27900},
};
constexpr ItemPrice kExpensive[] = {
    {"roof tent", 205000, 329000},
    {"carbon folding kayak", 209000, 289000},
    {"expedition tent with groundsheet", 203000, 275000},
    {"club order of twelve harnesses", 204000, 268000},
    {"set of four touring skis", 208000, 295000},
    {"family camping set", 201000, 262000},
};
constexpr std::string_view kNames[4][8] = {{"Emma", "Oliver", "Grace", "Liam", "Aisha", "Noah", "Chloe", "Ravi"},
                                           {"Anna", "Lukas", "Greta", "Jonas", "Lea", "Felix", "Miriam", "Karl"},
                                           {"Lucía", "Mateo", "Carmen", "Diego", "Elena", "Pablo", "Nuria", "Hugo"},
                                           {"Camille", "Louis", "Inès", "Théo", "Manon", "Jules", "Chloé", "Émile"}};

Lines openings(std::string_view reason)
{
    if (reason == "damaged") return kDamaged;
    if (reason == "wrong_item") return kWrongItem;
    if (reason == "late_delivery") return kLate;
    if (reason == "not_as_described") return kNotAsDescribed;
    return kChangeOfMind;
}

std::string_view foreignLine(AgentLine line, const Foreign& words)
{
    switch (line) {
    case AgentLine::Refunded:
        return words.refunded;
    case AgentLine::RefusedWindow:
        return words.refused;
    case AgentLine::HandedOverLimit:
        return words.limit;
    case AgentLine::HandedOverTone:
        return words.tone;
    case AgentLine::NotFound:
        return words.notFound;
    case AgentLine::AskNumber:
        return words.ask;
    case AgentLine::Holding:
        return words.holding;
    case AgentLine::RefusedLimit:
        return words.refusedLimit;
    case AgentLine::Unconfirmed:
        return words.unconfirmed;
    }
    return {};
}

Lines englishLines(AgentLine line)
{
    switch (line) {
    case AgentLine::Refunded:
        return kRefundedEn;
    case AgentLine::RefusedWindow:
        return kRefusedEn;
    case AgentLine::HandedOverLimit:
        return kLimitEn;
    case AgentLine::HandedOverTone:
        return kToneEn;
    case AgentLine::NotFound:
        return kNotFoundEn;
    case AgentLine::AskNumber:
        return kAskEn;
    case AgentLine::Holding:
        return kHoldingEn;
    case AgentLine::RefusedLimit:
        return kRefusedLimitEn;
    case AgentLine::Unconfirmed:
        return kUnconfirmedEn;
    }
    return {};
}

} // namespace

std::string filled(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> slots)
{
    std::string out;
    while (!text.empty()) {
        const auto open = text.find('{');
        out += text.substr(0, open);
        if (open == std::string_view::npos) break;
        text.remove_prefix(open);
        const auto close = text.find('}');
        bool known = false;
        for (const auto& [name, value] : slots)
            if (close != std::string_view::npos && text.substr(1, close - 1) == name) {
                out += value;
                text.remove_prefix(close + 1);
                known = true;
                break;
            }
        if (known) continue;
        out += '{';
        text.remove_prefix(1);
    }
    return out;
}

std::string money(std::int64_t cents, Language language)
{
    const bool english = language == Language::English;
    std::string fraction = std::to_string(cents % 100);
    if (fraction.size() < 2) fraction.insert(0, "0");
    const std::string whole = grouped(cents / 100, english ? "," : language == Language::French ? " " : ".");
    return whole + (english ? "." : ",") + fraction + (english ? " EUR" : " €");
}

std::string plainAmount(double amount)
{
    const auto cents = std::llround(amount * 100);
    std::string fraction = std::to_string(cents % 100);
    if (fraction.size() < 2) fraction.insert(0, "0");
    return grouped(cents / 100, ",") + "." + fraction;
}

std::string_view customerOpening(Language language, std::string_view reason, Random& random)
{
    switch (language) {
    case Language::English:
        return pickLine(openings(reason), random);
    case Language::German:
        return pickLine(kGerman, random);
    case Language::Spanish:
        return pickLine(kSpanish, random);
    case Language::French:
        return pickLine(kFrench, random);
    }
    return {};
}

std::string_view upsetOpening(Random& random) { return pickLine(kUpset, random); }

std::string_view waitingOpening(Language language, Random& random)
{
    switch (language) {
    case Language::English:
        return pickLine(kWaiting, random);
    case Language::German:
        return pickLine(kWaitingGerman, random);
    case Language::Spanish:
        return pickLine(kWaitingSpanish, random);
    case Language::French:
        return pickLine(kWaitingFrench, random);
    }
    return {};
}

std::string_view overLimitRemark(bool loyal, bool late, Random& random)
{
    return loyal && late ? pickLine(kOverLoyalLate, random) : pickLine(kOverPlain, random);
}

std::string_view customerClosing(Language language, Random& random)
{
    const std::string_view closing = pickLine(kClosing, random);
    return language == Language::English ? closing : std::string_view();
}

std::string_view sameNumberAgain(Random& random) { return pickLine(kSame, random); }
std::string_view correctedNumber(Random& random) { return pickLine(kCorrected, random); }

std::string_view agentLine(AgentLine line, Language language, Random& random)
{
    if (language == Language::English) return pickLine(englishLines(line), random);
    return foreignLine(line, kForeign[static_cast<std::size_t>(language) - 1]);
}

std::string_view managerApproves(bool loyal, Random& random)
{
    return loyal ? pickLine(kApprovesLoyal, random) : pickLine(kApprovesOther, random);
}
std::string_view managerUpholds(Random& random) { return pickLine(kUpholds, random); }
std::string_view thumbsWords(bool up, Random& random) { return up ? pickLine(kUp, random) : pickLine(kDown, random); }
const ItemPrice& ordinaryItem(Random& random) { return random.pick(kOrdinary); }
const ItemPrice& expensiveItem(Random& random) { return random.pick(kExpensive); }
std::string_view firstName(std::uint64_t user, Language language)
{
    return kNames[static_cast<std::size_t>(language)][user % 8];
}

} // namespace tackroom
