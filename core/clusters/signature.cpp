// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/signature.h"

#include "core/base/asciichars.h"
#include "core/base/hash.h"
#include "core/base/safetext.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tackroom
{

namespace
{

constexpr std::string_view kId = "\u2039id\u203a", kNumber = "\u2039n\u203a", kDate = "\u2039date\u203a",
                           kTime = "\u2039time\u203a", kAmount = "\u2039amount\u203a", kEmail = "\u2039email\u203a",
                           kUrl = "\u2039url\u203a", kPath = "\u2039path\u203a", kUuid = "\u2039uuid\u203a",
                           kHex = "\u2039hex\u203a", kText = "\u2039text\u203a";

/// How much of a text is looked at; what tells kinds of failure apart stands at the front.
constexpr std::size_t kLookBytes = 600;
/// So many signatures of one set of groups have their group kept; past that each is looked for again.
constexpr std::size_t kKnownSignatures = 50'000;

bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isLetter(char c) { return isLower(c) || isUpper(c) || static_cast<unsigned char>(c) >= 0x80; }
bool isHex(char c) { return isAsciiDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <class Test> bool all(std::string_view text, Test test) { return !text.empty() && std::ranges::all_of(text, test); }

template <class Test> std::size_t count(std::string_view text, Test test)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, test));
}

bool isUuid(std::string_view word)
{
    if (word.size() != 36) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? word[i] != '-' : !isHex(word[i])) return false;
    }
    return true;
}

/// 2026-03-01, 2026/03/01, 01.03.2026, 3/1/26 and the same with a time after T.
bool isDate(std::string_view word)
{
    const auto t = word.find('T');
    if (t != std::string_view::npos && t >= 8) word = word.substr(0, t);
    for (const char separator : {'-', '/', '.'}) {
        const auto parts = splitOn(word, separator);
        if (parts.size() != 3 ||
            !std::ranges::all_of(parts, [](std::string_view p) { return all(p, isAsciiDigit) && p.size() <= 4; }))
            continue;
        const bool yearFirst = parts[0].size() == 4, yearLast = parts[2].size() == 4;
        if (yearFirst || yearLast || separator == '/') return true;
    }
    return false;
}

bool isTime(std::string_view word)
{
    const auto parts = splitOn(word, ':');
    return parts.size() >= 2 && parts.size() <= 3 && all(parts[0], isAsciiDigit) && parts[0].size() <= 2 &&
           parts[1].size() >= 2 && isAsciiDigit(parts[1][0]) && std::ranges::all_of(parts, [](std::string_view p) {
               return all(p, [](char c) { return isAsciiDigit(c) || c == '.' || c == 'Z'; });
           });
}

/// With what stands around figures: 2,000 · 1.5 · -3 · 50% · 10s · 3rd.
bool isNumber(std::string_view word)
{
    if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
    if (word.empty() || !isAsciiDigit(word.front())) return false;
    std::size_t i = 0;
    while (i < word.size() && (isAsciiDigit(word[i]) || word[i] == ',' || word[i] == '.' || word[i] == '_')) ++i;
    const std::string_view unit = word.substr(i);
    return unit.empty() || unit == "%" || (unit.size() <= 3 && all(unit, isLower));
}

constexpr std::array kCurrencySigns{std::string_view{"$"}, std::string_view{"\u20ac"}, std::string_view{"\u00a3"},
                                    std::string_view{"\u00a5"}};
constexpr std::array kCurrencies{std::string_view{"eur"},  std::string_view{"usd"}, std::string_view{"gbp"},
                                 std::string_view{"chf"},  std::string_view{"jpy"}, std::string_view{"dollars"},
                                 std::string_view{"euros"}};

bool isAmount(std::string_view word)
{
    for (const std::string_view sign : kCurrencySigns) {
        if (word.starts_with(sign) && isNumber(word.substr(sign.size()))) return true;
        if (word.ends_with(sign) && isNumber(word.substr(0, word.size() - sign.size()))) return true;
    }
    return false;
}

bool isIdentifierName(std::string_view word)
{
    // order_id, issueRefund: letters and underscores, more than one part. Such names belong to the harness, not to the run.
    if (word.size() > 48 || count(word, isAsciiDigit) > 0 || !isLetter(word.front())) return false;
    const bool parts = word.find('_') != std::string_view::npos ||
                       std::ranges::adjacent_find(word, [](char a, char b) { return isLower(a) && isUpper(b); }) != word.end();
    return parts && all(word, [](char c) { return isLetter(c) || c == '_'; });
}

/// The mark that the bare word (without punctuation at its ends) becomes; empty where it stays.
std::string_view markOf(std::string_view word)
{
    if (isUuid(word)) return kUuid;
    if (word.find("://") != std::string_view::npos || word.starts_with("www.")) return kUrl;
    const auto at = word.find('@');
    if (at != std::string_view::npos && at > 0 && word.find('.', at) != std::string_view::npos) return kEmail;
    if (count(word, [](char c) { return c == '/'; }) >= 2 || (word.starts_with('/') && word.size() > 2))
        return isDate(word) ? kDate : kPath;
    if (isAmount(word)) return kAmount;
    const std::size_t digits = count(word, isAsciiDigit);
    if (digits == 0) {
        const bool longHex = word.size() >= 16 && all(word, isHex);
        return longHex ? kHex : word.starts_with('#') && word.size() > 1 ? kId : std::string_view();
    }
    if (isDate(word)) return kDate;
    if (isTime(word)) return kTime;
    if (isNumber(word)) return kNumber;
    const std::string_view hex = word.starts_with("0x") ? word.substr(2) : word;
    if (hex.size() >= 8 && all(hex, isHex)) return kHex;
    return kId;
}

constexpr std::array kSchemaWords{
    std::string_view{"argument"}, std::string_view{"arguments"},  std::string_view{"parameter"}, std::string_view{"parameters"},
    std::string_view{"property"}, std::string_view{"properties"}, std::string_view{"field"},     std::string_view{"key"},
    std::string_view{"tool"},     std::string_view{"function"},   std::string_view{"column"},    std::string_view{"attribute"},
    std::string_view{"required"}, std::string_view{"type"},       std::string_view{"module"},    std::string_view{"method"}};

/// Collects the tokens of a signature.
class Signature
{
public:
    void word(std::string_view word)
    {
        m_lastWord = asciiLower(word);
        // "120 EUR" and "EUR 120": the currency goes with the figure.
        if (std::ranges::find(kCurrencies, m_lastWord) != kCurrencies.end()) {
            if (m_lastMark != kNumber) {
                m_currencyBefore = true;
                return;
            }
            m_out.resize(m_out.size() - kNumber.size());
            m_out += kAmount;
            m_lastMark = kAmount;
            return;
        }
        flushCurrency();
        m_lastMark = {};
        push(m_lastWord);
    }
    void figure(std::string_view markText)
    {
        const bool amount = m_currencyBefore && markText == kNumber;
        if (!amount) flushCurrency();
        m_currencyBefore = false;
        mark(amount ? kAmount : markText);
    }
    /// A colon or comma, written when something follows.
    void punctuation(char c) { m_pending = m_pending == ':' ? ':' : c; }
    [[nodiscard]] const std::string& lastWord() const { return m_lastWord; }
    [[nodiscard]] std::string text()
    {
        flushCurrency();
        return std::string(cutUtf8(m_out, kSignatureBytes));
    }

private:
    void mark(std::string_view mark)
    {
        m_lastWord.clear();
        if (m_lastMark == mark && m_pending != ':') { // a list of ids is as good as one
            m_pending = 0;
            return;
        }
        m_lastMark = mark;
        push(mark);
    }
    void flushCurrency()
    {
        if (m_currencyBefore) push(kAmount);
        m_currencyBefore = false;
    }
    void push(std::string_view part)
    {
        if (!m_out.empty()) {
            if (m_pending != 0) m_out += m_pending;
            m_out += ' ';
        }
        m_pending = 0;
        m_out += part;
    }
    std::string m_out, m_lastWord;
    std::string_view m_lastMark;
    char m_pending = 0;
    bool m_currencyBefore = false;
};

bool isEdge(char c) { return std::string_view(".,;!?()[]{}<>*=|&~").find(c) != std::string_view::npos; }

void addBareWord(Signature& signature, std::string_view word)
{
    char punctuation = 0;
    while (!word.empty() && (isEdge(word.back()) || word.back() == ':')) {
        if (word.back() == ':' || (word.back() == ',' && punctuation == 0)) punctuation = word.back();
        word.remove_suffix(1);
    }
    while (!word.empty() && (isEdge(word.front()) || word.front() == ':')) word.remove_prefix(1);
    if (!word.empty()) {
        // order_id=123 and order_id:123: the name stays, the value is a value.
        const auto split = word.find_first_of("=:");
        if (split != std::string_view::npos && split > 0 && split + 1 < word.size() && isLetter(word[0]) &&
            word.find("://") == std::string_view::npos && !isTime(word)) {
            addBareWord(signature, word.substr(0, split));
            signature.punctuation(':');
            addBareWord(signature, word.substr(split + 1));
        } else if (const std::string_view mark = markOf(word); !mark.empty()) {
            signature.figure(mark);
        } else if (std::ranges::any_of(word, isLetter)) {
            signature.word(word);
        }
    }
    if (punctuation != 0) signature.punctuation(punctuation);
}

struct Quote {
    std::string_view open, close;
};
constexpr std::array kQuotes{Quote{"\"", "\""},         Quote{"'", "'"},           Quote{"`", "`"},
                             Quote{"\u201c", "\u201d"}, Quote{"\u2018", "\u2019"}, Quote{"\u00ab", "\u00bb"}};

/// The length of the quotation that begins at the front of `text` (quotes included) and what is within; 0 where there is none.
std::size_t quotationAt(std::string_view text, bool afterLetter, std::string_view* within)
{
    for (const Quote& quote : kQuotes) {
        if (!text.starts_with(quote.open)) continue;
        if (quote.open == "'" && afterLetter) return 0; // an apostrophe
        for (auto end = text.find(quote.close, quote.open.size()); end != std::string_view::npos;
             end = text.find(quote.close, end + 1)) {
            const auto after = end + quote.close.size();
            // 'it's': a single quote within a word does not end the quotation.
            if (quote.close == "'" && after < text.size() && isLetter(text[after]) && isLetter(text[end - 1])) continue;
            *within = text.substr(quote.open.size(), end - quote.open.size());
            return after;
        }
        return 0;
    }
    return 0;
}

void addQuotation(Signature& signature, std::string_view within, std::string_view after)
{
    within = trimmed(within);
    if (within.empty()) {
        signature.figure(kText);
        return;
    }
    const bool oneWord = within.find(' ') == std::string_view::npos;
    const bool plain = oneWord && all(within, [](char c) { return isLetter(c) || c == '_'; });
    const bool named = std::ranges::find(kSchemaWords, signature.lastWord()) != kSchemaWords.end() ||
                       trimmed(after).starts_with("is a required") || trimmed(after).starts_with("is required");
    if (oneWord && (isIdentifierName(within) || (plain && named))) {
        signature.word(within);
        return;
    }
    const std::string_view mark = oneWord ? markOf(within) : std::string_view();
    // A pattern or a piece of code is no id, whatever figures it has.
    const bool code = within.find_first_of("^[]{}$\\*()") != std::string_view::npos;
    signature.figure(mark.empty() || code ? kText : mark);
}

constexpr std::array kCommonWords{
    std::string_view{"the"},  std::string_view{"a"},    std::string_view{"an"},   std::string_view{"of"},
    std::string_view{"to"},   std::string_view{"in"},   std::string_view{"on"},   std::string_view{"at"},
    std::string_view{"is"},   std::string_view{"are"},  std::string_view{"was"},  std::string_view{"were"},
    std::string_view{"be"},   std::string_view{"by"},   std::string_view{"for"},  std::string_view{"with"},
    std::string_view{"and"},  std::string_view{"or"},   std::string_view{"it"},   std::string_view{"its"},
    std::string_view{"this"}, std::string_view{"that"}, std::string_view{"as"},   std::string_view{"from"},
    std::string_view{"has"},  std::string_view{"have"}, std::string_view{"had"},  std::string_view{"i"},
    std::string_view{"my"},   std::string_view{"you"},  std::string_view{"your"}, std::string_view{"we"},
    std::string_view{"our"}};

} // namespace

std::string signatureOf(std::string_view text)
{
    const std::string safe = SafeText::line(text, kLookBytes).utf8();
    std::string_view rest = safe;
    Signature signature;
    bool afterLetter = false;
    while (!rest.empty()) {
        if (rest.front() == ' ') {
            rest.remove_prefix(1);
            afterLetter = false;
            continue;
        }
        std::string_view within;
        if (const std::size_t length = quotationAt(rest, afterLetter, &within); length > 0) {
            addQuotation(signature, within, rest.substr(length));
            rest.remove_prefix(length);
            afterLetter = false;
            continue;
        }
        // A word ends at a space or where a quotation begins.
        std::size_t end = 1;
        while (end < rest.size() && rest[end] != ' ') {
            std::string_view ignored;
            const bool letterBefore = isLetter(rest[end - 1]) || isAsciiDigit(rest[end - 1]);
            if (quotationAt(rest.substr(end), letterBefore, &ignored) > 0) break;
            ++end;
        }
        addBareWord(signature, rest.substr(0, end));
        afterLetter = isLetter(rest[end - 1]);
        rest.remove_prefix(end);
    }
    return signature.text();
}

TokenSet tokensOf(std::string_view text, std::size_t limit)
{
    TokenSet tokens;
    std::string word;
    const auto flush = [&] {
        const bool common = std::ranges::find(kCommonWords, word) != kCommonWords.end();
        const bool number = !word.empty() && std::ranges::any_of(word, isAsciiDigit);
        if (!word.empty() && !common && !number) tokens.push_back(static_cast<std::uint32_t>(xxh64(word)));
        word.clear();
    };
    for (std::size_t i = 0; i < text.size() && tokens.size() < limit; ++i) {
        if (text.substr(i).starts_with("\u2039")) { // a mark: says where something stood, not what
            flush();
            const auto end = text.find("\u203a", i);
            if (end == std::string_view::npos) break;
            i = end + 2;
            continue;
        }
        const char c = text[i];
        if (isLetter(c) || isAsciiDigit(c) || c == '_')
            word.push_back(isUpper(c) ? static_cast<char>(c - 'A' + 'a') : c);
        else
            flush();
    }
    if (tokens.size() < limit) flush();
    std::ranges::sort(tokens);
    tokens.erase(std::ranges::unique(tokens).begin(), tokens.end());
    return tokens;
}

double similarity(const TokenSet& a, const TokenSet& b)
{
    if (a.empty() && b.empty()) return 1;
    std::size_t shared = 0;
    for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
        if (*i == *j)
            ++shared, ++i, ++j;
        else if (*i < *j)
            ++i;
        else
            ++j;
    }
    return static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - shared);
}

SignatureGroups::Match SignatureGroups::add(const std::string& signature)
{
    if (const auto known = m_known.find(signature); known != m_known.end()) return known->second;
    TokenSet tokens = tokensOf(signature);
    const auto needed = static_cast<std::size_t>(std::ceil(kNear * static_cast<double>(tokens.size())));
    const std::size_t firsts = tokens.empty() ? 0 : tokens.size() - needed + 1;
    std::vector<std::uint32_t> candidates = tokens.empty() ? m_withoutTokens : std::vector<std::uint32_t>();
    for (std::size_t i = 0; i < firsts; ++i)
        if (const auto found = m_byToken.find(tokens[i]); found != m_byToken.end())
            candidates.insert(candidates.end(), found->second.begin(), found->second.end());
    std::ranges::sort(candidates);
    candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
    Match best;
    for (const std::uint32_t group : candidates) {
        const double near = similarity(m_leaders[group].tokens, tokens);
        if (near > best.similarity) best = {group, near};
    }
    if (best.similarity < kNear && m_leaders.size() >= kMaxGroups) {
        if (m_leaders.size() == kMaxGroups) m_leaders.push_back({"other", {}});
        return {static_cast<std::uint32_t>(kMaxGroups), 0};
    }
    if (best.similarity < kNear) {
        const auto group = static_cast<std::uint32_t>(m_leaders.size());
        for (std::size_t i = 0; i < firsts; ++i) m_byToken[tokens[i]].push_back(group);
        if (tokens.empty()) m_withoutTokens.push_back(group);
        m_leaders.push_back({signature, std::move(tokens)});
        best = {group, 1};
    }
    if (m_known.size() < kKnownSignatures) m_known.emplace(signature, best);
    return best;
}

} // namespace tackroom
