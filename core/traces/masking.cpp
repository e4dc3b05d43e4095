// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/masking.h"

#include "core/base/asciichars.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tackroom
{

namespace
{

constexpr std::array kPatterns{
    MaskPattern{"private key", "a PEM block, from BEGIN … PRIVATE KEY to its END"},
    MaskPattern{"API key", "the known beginnings (sk-, ghp_, AKIA, xoxb-, AIza, hf_, glpat-, lsv2_ …) and enough letters behind them"},
    MaskPattern{"token", "a JSON web token; what stands behind Bearer or Basic"},
    MaskPattern{"secret", "the value of a name such as password, api_key or client_secret; the password in an address"},
    MaskPattern{"e-mail", "name@host.domain"},
    MaskPattern{"card number", "13 to 19 digits, also in groups, that pass Luhn's check"},
    MaskPattern{"phone number", "+ and 8 to 15 digits, or 3-3-4 digits in groups"},
};
enum Pattern : std::size_t { PrivateKey, ApiKey, Token, Secret, Mail, Card, Phone };

bool isHex(char c) { return isAsciiDigit(c) || (c >= 'a' && c <= 'f'); }
bool isKeyChar(char c) { return isAsciiAlnum(c) || c == '_' || c == '-'; }
bool isTokenChar(char c) { return isKeyChar(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '='; }
bool isMailChar(char c) { return isAsciiAlnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%'; }

template <class Is> std::size_t runOf(std::string_view text, std::size_t at, Is is)
{
    std::size_t end = at;
    while (end < text.size() && is(text[end])) ++end;
    return end - at;
}

struct KeyShape {
    std::string_view begin;
    std::size_t least; ///< characters behind it
    bool (*is)(char);
};
/// As their makers document them. Longer beginnings before shorter ones.
constexpr std::array kKeys{
    KeyShape{"sk-", 16, isKeyChar},         KeyShape{"pk-lf-", 16, isKeyChar},      KeyShape{"sk_live_", 16, isAsciiAlnum},
    KeyShape{"sk_test_", 16, isAsciiAlnum}, KeyShape{"rk_live_", 16, isAsciiAlnum}, KeyShape{"pk_live_", 16, isAsciiAlnum},
    KeyShape{"whsec_", 16, isAsciiAlnum},   KeyShape{"AKIA", 16, isAsciiAlnum},     KeyShape{"ASIA", 16, isAsciiAlnum},
    KeyShape{"ghp_", 30, isAsciiAlnum},     KeyShape{"gho_", 30, isAsciiAlnum},     KeyShape{"ghu_", 30, isAsciiAlnum},
    KeyShape{"ghs_", 30, isAsciiAlnum},     KeyShape{"ghr_", 30, isAsciiAlnum},     KeyShape{"github_pat_", 22, isKeyChar},
    KeyShape{"glpat-", 16, isKeyChar},      KeyShape{"xoxb-", 10, isKeyChar},       KeyShape{"xoxp-", 10, isKeyChar},
    KeyShape{"xoxa-", 10, isKeyChar},       KeyShape{"xoxr-", 10, isKeyChar},       KeyShape{"xoxs-", 10, isKeyChar},
    KeyShape{"xapp-", 10, isKeyChar},       KeyShape{"AIza", 30, isKeyChar},        KeyShape{"ya29.", 20, isKeyChar},
    KeyShape{"hf_", 30, isAsciiAlnum},      KeyShape{"lsv2_", 24, isKeyChar},       KeyShape{"ls__", 24, isKeyChar},
    KeyShape{"npm_", 30, isAsciiAlnum},     KeyShape{"pypi-", 40, isKeyChar},       KeyShape{"dapi", 32, isHex},
    KeyShape{"dop_v1_", 40, isHex},         KeyShape{"gsk_", 30, isAsciiAlnum},     KeyShape{"xai-", 30, isKeyChar},
    KeyShape{"r8_", 30, isAsciiAlnum},      KeyShape{"pplx-", 30, isKeyChar},       KeyShape{"shpat_", 30, isHex},
    KeyShape{"SG.", 40, isTokenChar},       KeyShape{"tvly-", 20, isKeyChar},       KeyShape{"nvapi-", 30, isKeyChar},
};

constexpr std::array<std::string_view, 16> kSecretNames{
    "password", "passwd",        "api_key",      "api-key",       "apikey",     "client_secret", "secret_key", "secret",
    "passphrase", "access_token", "access_key", "refresh_token", "auth_token", "private_key",   "x-api-key",  "session_token"};

/// A find: `at` and `size` of what goes, and what it was.
struct Find {
    std::size_t at = 0, size = 0;
    Pattern pattern = Secret;
};

class Masker
{
public:
    explicit Masker(std::string_view text) : m_text(text) {}

    Masked run()
    {
        Masked out;
        out.text.reserve(m_text.size());
        std::size_t kept = 0;
        for (std::size_t at = 0; at < m_text.size();) {
            const auto find = findAt(at);
            if (!find) {
                ++at;
                continue;
            }
            out.text += m_text.substr(kept, find->at - kept);
            out.text += "[masked: ";
            out.text += kPatterns[find->pattern].name;
            out.text += ']';
            ++out.count;
            at = kept = m_done = find->at + find->size;
        }
        out.text += m_text.substr(kept);
        return out;
    }

private:
    [[nodiscard]] char before(std::size_t at) const { return at == 0 ? ' ' : m_text[at - 1]; }
    [[nodiscard]] std::string_view from(std::size_t at) const { return m_text.substr(at); }
    [[nodiscard]] bool beginsNoCase(std::size_t at, std::string_view word) const
    {
        if (m_text.size() - at < word.size()) return false;
        for (std::size_t i = 0; i < word.size(); ++i) {
            const char c = m_text[at + i];
            if ((isAsciiUpper(c) ? static_cast<char>(c - 'A' + 'a') : c) != word[i]) return false;
        }
        return true;
    }

    std::optional<Find> findAt(std::size_t at)
    {
        const char c = m_text[at];
        if (c == '-' && from(at).starts_with("-----BEGIN ")) return privateKey(at);
        if (c == ':' && from(at).starts_with("://")) return addressPassword(at);
        if (c == '@') return mail(at);
        if (c == '+' || c == '(' || isAsciiDigit(c)) return digits(at);
        if (!isAsciiAlnum(c) || isAsciiAlnum(before(at))) return std::nullopt; // what follows begins a word
        if (auto key = apiKey(at)) return key;
        if (c == 'e' && before(at) != '_' && from(at).starts_with("eyJ")) return webToken(at);
        if (c == 'B' || c == 'b') return credentials(at);
        return secretValue(at);
    }

    std::optional<Find> privateKey(std::size_t at)
    {
        const std::string_view rest = from(at);
        constexpr std::size_t kLongestHead = 64;
        if (rest.substr(0, kLongestHead).find("PRIVATE KEY-----") == std::string_view::npos) return std::nullopt;
        const std::size_t end = rest.find("-----END ");
        if (end == std::string_view::npos) return Find{at, rest.size(), PrivateKey};
        const std::size_t close = rest.find("-----", end + 9);
        return Find{at, close == std::string_view::npos ? rest.size() : close + 5, PrivateKey};
    }

    std::optional<Find> apiKey(std::size_t at)
    {
        if (at < m_plainUntil) return std::nullopt;
        for (const KeyShape& shape : kKeys) {
            if (!from(at).starts_with(shape.begin)) continue;
            const std::size_t size = runOf(m_text, at + shape.begin.size(), shape.is);
            if (size < shape.least) continue;
            // A word of letters and dashes alone is a name ("sk-learn-based-estimator"), no key.
            const std::string_view body = m_text.substr(at + shape.begin.size(), size);
            if (shape.is != isHex && !std::ranges::any_of(body, [](char c) { return isAsciiDigit(c) || isAsciiUpper(c); })) {
                m_plainUntil = at + shape.begin.size() + size; // nor is any part of it: not to be walked again
                continue;
            }
            return Find{at, shape.begin.size() + size, ApiKey};
        }
        return std::nullopt;
    }

    std::optional<Find> webToken(std::size_t at)
    {
        if (at < m_noTokenUntil) return std::nullopt;
        const std::size_t head = runOf(m_text, at, isKeyChar);
        m_noTokenUntil = at + head; // what begins inside of it ends with it
        if (head < 10 || at + head >= m_text.size() || m_text[at + head] != '.') return std::nullopt;
        const std::size_t body = runOf(m_text, at + head + 1, isKeyChar);
        if (body < 10) return std::nullopt;
        std::size_t size = head + 1 + body;
        if (at + size < m_text.size() && m_text[at + size] == '.') size += 1 + runOf(m_text, at + size + 1, isKeyChar);
        return Find{at, size, Token};
    }

    std::optional<Find> credentials(std::size_t at)
    {
        for (const std::string_view word : {std::string_view("bearer "), std::string_view("basic ")}) {
            if (!beginsNoCase(at, word)) continue;
            const std::size_t begin = at + word.size();
            const std::size_t size = runOf(m_text, begin, isTokenChar);
            const std::string_view body = m_text.substr(begin, size);
            // "basic authentication" is a phrase.
            if (size >= 8 && std::ranges::any_of(body, [](char c) { return isAsciiDigit(c) || isAsciiUpper(c) || c == '='; }))
                return Find{begin, size, Token};
        }
        return std::nullopt;
    }

    /// name = value, "name": "value", also where the quotes are escaped once more. Only the value goes.
    std::optional<Find> secretValue(std::size_t at)
    {
        for (const std::string_view name : kSecretNames) {
            if (!beginsNoCase(at, name)) continue;
            std::size_t i = at + name.size();
            const auto skip = [&](std::string_view chars) {
                while (i < m_text.size() && chars.contains(m_text[i])) ++i;
            };
            skip("\\\"'");
            skip(" ");
            if (i >= m_text.size() || (m_text[i] != ':' && m_text[i] != '=')) continue;
            ++i;
            skip(" ");
            const bool quoted = i < m_text.size() && std::string_view("\\\"'").contains(m_text[i]);
            skip("\\\"'");
            const std::size_t size =
                runOf(m_text, i, [&](char c) { return c != '"' && c != '\'' && c != '\\' && c != '\n' && (quoted || !std::string_view(" ,;&}])").contains(c)); });
            const std::string_view value = m_text.substr(i, size);
            if (size < 4 || value.starts_with("[masked") || value == "null" || value == "true" || value == "false" || value == "None")
                return std::nullopt;
            return Find{i, size, Secret};
        }
        return std::nullopt;
    }

    std::optional<Find> addressPassword(std::size_t at)
    {
        const std::size_t user = runOf(m_text, at + 3, isMailChar);
        std::size_t i = at + 3 + user;
        if (i >= m_text.size() || m_text[i] != ':') return std::nullopt;
        const std::size_t size = runOf(m_text, ++i, [](char c) { return c > ' ' && c != '@' && c != '/' && c != '"' && c != '\''; });
        if (size == 0 || i + size >= m_text.size() || m_text[i + size] != '@') return std::nullopt;
        return Find{i, size, Secret};
    }

    /// Found at the @, so that most characters cost nothing; the name before it has not been written out yet.
    std::optional<Find> mail(std::size_t at)
    {
        std::size_t begin = at;
        while (begin > m_done && at - begin < 64 && isMailChar(m_text[begin - 1])) --begin;
        while (begin < at && !isAsciiAlnum(m_text[begin])) ++begin;
        if (begin == at) return std::nullopt;
        std::size_t size = runOf(m_text, at + 1, [](char c) { return isAsciiAlnum(c) || c == '.' || c == '-'; });
        while (size > 0 && !isAsciiAlnum(m_text[at + size])) --size; // a full stop behind it
        const std::string_view host = m_text.substr(at + 1, size);
        const std::size_t dot = host.rfind('.');
        if (dot == std::string_view::npos || dot == 0 || host.size() - dot < 3 ||
            !std::ranges::all_of(host.substr(dot + 1), [](char c) { return isAsciiAlnum(c) && !isAsciiDigit(c); }))
            return std::nullopt;
        return Find{begin, at + 1 + size - begin, Mail};
    }

    std::optional<Find> digits(std::size_t at)
    {
        if (isAsciiAlnum(before(at)) || before(at) == '.' || before(at) == '_' || before(at) == '#' || before(at) == '/')
            return std::nullopt;
        if (isAsciiDigit(m_text[at]) && (before(at) == '-' || before(at) == '+')) return std::nullopt; // inside of a longer one
        if (auto card = cardNumber(at)) return card;
        return phoneNumber(at);
    }

    std::optional<Find> cardNumber(std::size_t at)
    {
        if (m_text[at] < '2' || m_text[at] > '6') return std::nullopt;
        std::string number;
        std::size_t i = at, end = at;
        char separator = 0;
        while (i < m_text.size() && number.size() < 20) {
            if (isAsciiDigit(m_text[i])) {
                number += m_text[i];
                end = ++i;
                continue;
            }
            // Groups are parted by one sign, the same throughout.
            if ((m_text[i] != ' ' && m_text[i] != '-') || (separator && m_text[i] != separator)) break;
            separator = m_text[i++];
            if (i >= m_text.size() || !isAsciiDigit(m_text[i])) break;
        }
        if (end < m_text.size() && (isAsciiAlnum(m_text[end]) || m_text[end] == '_')) return std::nullopt;
        if (number.size() < 13 || number.size() > 19 || !passesLuhn(number)) return std::nullopt;
        if (number.find_first_not_of(number[0]) == std::string::npos) return std::nullopt;
        return Find{at, end - at, Card};
    }

    std::optional<Find> phoneNumber(std::size_t at)
    {
        std::string shape; // digits as d, separators as they are
        std::size_t i = at, end = at, count = 0;
        while (i < m_text.size() && shape.size() < 26) {
            const char c = m_text[i];
            if (isAsciiDigit(c)) {
                shape += 'd';
                ++count;
                end = i + 1;
            } else if (c == '+' && i == at) {
                shape += c;
            } else if (c == ' ' || c == '-' || c == '.' || c == '(' || c == ')') {
                if (i > at && !isAsciiDigit(m_text[i - 1]) && m_text[i - 1] != ')' && m_text[i - 1] != '(' && c != '(') break;
                shape += c;
            } else {
                break;
            }
            ++i;
        }
        if (end < m_text.size() &&
            (isAsciiAlnum(m_text[end]) || m_text[end] == '_' || m_text[end] == ':' || m_text[end] == '/'))
            return std::nullopt;
        shape.resize(end - at);
        if (m_text[at] == '+') return count >= 8 && count <= 15 ? std::optional(Find{at, end - at, Phone}) : std::nullopt;
        for (const std::string_view national : {"ddd-ddd-dddd", "ddd.ddd.dddd", "ddd ddd dddd", "(ddd) ddd-dddd", "(ddd)ddd-dddd",
                                                "d-ddd-ddd-dddd", "d (ddd) ddd-dddd", "(ddd) ddd dddd"})
            if (shape == national) return Find{at, end - at, Phone};
        return std::nullopt;
    }

    std::string_view m_text;
    std::size_t m_plainUntil = 0, m_noTokenUntil = 0; ///< known to hold no key, no web token
    std::size_t m_done = 0; ///< everything before it has been written out
};

} // namespace

std::span<const MaskPattern> maskPatterns() { return kPatterns; }

bool passesLuhn(std::string_view digits)
{
    int sum = 0;
    bool twice = false;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
        if (!isAsciiDigit(*at)) return false;
        int value = *at - '0';
        if (twice && (value *= 2) > 9) value -= 9;
        sum += value;
        twice = !twice;
    }
    return !digits.empty() && sum % 10 == 0;
}

Masked maskSecrets(std::string_view text) { return Masker(text).run(); }

} // namespace tackroom
