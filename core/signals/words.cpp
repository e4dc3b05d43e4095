// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signals/words.h"

#include "core/base/asciichars.h"
#include "core/base/json.h"
#include "core/base/safetext.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace tackroom::words
{

namespace
{

bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isWordByte(char c) { return isLower(c) || isUpper(c) || isAsciiDigit(c) || static_cast<unsigned char>(c) >= 0x80; }

template <class List> bool contains(const List& list, std::string_view word)
{
    return std::ranges::find(list, word) != list.end();
}

constexpr std::array kWriteVerbs{
    std::string_view{"issue"},  std::string_view{"create"},   std::string_view{"update"},  std::string_view{"delete"},
    std::string_view{"cancel"}, std::string_view{"send"},     std::string_view{"book"},    std::string_view{"refund"},
    std::string_view{"pay"},    std::string_view{"transfer"}, std::string_view{"modify"},  std::string_view{"exchange"},
    std::string_view{"return"}, std::string_view{"post"},     std::string_view{"write"},   std::string_view{"submit"},
    std::string_view{"place"},  std::string_view{"add"},      std::string_view{"set"},     std::string_view{"remove"},
    std::string_view{"apply"},  std::string_view{"charge"},   std::string_view{"approve"}, std::string_view{"reject"},
    std::string_view{"insert"}, std::string_view{"publish"},  std::string_view{"deploy"},  std::string_view{"schedule"},
    std::string_view{"order"},  std::string_view{"purchase"}, std::string_view{"buy"},     std::string_view{"sell"},
    std::string_view{"close"},  std::string_view{"reset"},    std::string_view{"credit"},  std::string_view{"grant"},
    std::string_view{"revoke"}, std::string_view{"ship"},     std::string_view{"edit"},    std::string_view{"move"},
    std::string_view{"rename"}, std::string_view{"upload"},   std::string_view{"store"},   std::string_view{"save"},
    std::string_view{"merge"},  std::string_view{"commit"},   std::string_view{"notify"},  std::string_view{"email"}};
constexpr std::array kReadVerbs{
    std::string_view{"get"},      std::string_view{"lookup"},   std::string_view{"look"},     std::string_view{"search"},
    std::string_view{"find"},     std::string_view{"list"},     std::string_view{"read"},     std::string_view{"check"},
    std::string_view{"fetch"},    std::string_view{"query"},    std::string_view{"view"},     std::string_view{"show"},
    std::string_view{"retrieve"}, std::string_view{"describe"}, std::string_view{"count"},    std::string_view{"calculate"},
    std::string_view{"think"},    std::string_view{"plan"},     std::string_view{"validate"}, std::string_view{"verify"},
    std::string_view{"status"},   std::string_view{"load"},     std::string_view{"inspect"},  std::string_view{"grep"}};

/// The string members by which services name their trouble.
constexpr std::array kMessageKeys{std::string_view{"error"},         std::string_view{"message"}, std::string_view{"detail"},
                                  std::string_view{"error_message"}, std::string_view{"msg"},     std::string_view{"reason"},
                                  std::string_view{"description"},   std::string_view{"title"}};

std::string messageOf(const Json& value, int depth = 0)
{
    if (value.is_string()) return value.get<std::string>();
    if (depth > 3) return {};
    if (value.is_array()) return value.empty() ? std::string() : messageOf(value.front(), depth + 1);
    if (!value.is_object()) return {};
    // {"error": "not_found", "message": "no such order"}: the sentence says more than the code.
    const Json& error = memberAt(value, "error");
    const std::string message = stringAt(value, "message");
    if (error.is_string() && !message.empty()) return error.get<std::string>() + ": " + message;
    for (const std::string_view key : kMessageKeys)
        if (const std::string found = messageOf(memberAt(value, key), depth + 1); !found.empty()) return found;
    return {};
}

std::string_view lastLine(std::string_view text)
{
    text = trimmed(text);
    const auto at = text.rfind('\n');
    return at == std::string_view::npos ? text : trimmed(text.substr(at + 1));
}

} // namespace

std::vector<std::string> nameParts(std::string_view name)
{
    std::vector<std::string> parts;
    std::string part;
    const auto flush = [&] {
        if (!part.empty()) parts.push_back(std::move(part));
        part.clear();
    };
    name = cutUtf8(name, 200);
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (!isWordByte(c)) {
            flush();
            continue;
        }
        const bool capital = isUpper(c);
        const bool begins = capital && i > 0 &&
                            (isLower(name[i - 1]) || isAsciiDigit(name[i - 1]) ||
                             (isUpper(name[i - 1]) && i + 1 < name.size() && isLower(name[i + 1])));
        if (begins) flush();
        part.push_back(capital ? static_cast<char>(c - 'A' + 'a') : c);
    }
    flush();
    return parts;
}

Effect effectOf(std::string_view toolName)
{
    // The first verb decides: "get_refund_status" reads, "order_lookup" begins with a noun that is also a verb, so a reading
    // verb at the end is looked at as well.
    const auto parts = nameParts(toolName);
    for (const auto& part : parts) {
        if (contains(kReadVerbs, part)) return Effect::Read;
        if (contains(kWriteVerbs, part)) return contains(kReadVerbs, parts.back()) ? Effect::Read : Effect::Write;
    }
    return Effect::Unknown;
}

bool isHandOverTool(std::string_view toolName)
{
    const auto parts = nameParts(toolName);
    const auto has = [&](std::string_view word) { return contains(parts, word); };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string& part = parts[i];
        if (part == "handover" || part == "handoff" || part.starts_with("escalat")) return true;
        if (part == "hand" && i + 1 < parts.size() && (parts[i + 1] == "over" || parts[i + 1] == "off")) return true;
    }
    const bool person = has("human") || has("agent") || has("agents") || has("manager") || has("supervisor") ||
                        has("operator") || has("person") || has("representative") || has("support");
    return person && (has("transfer") || has("forward") || has("delegate") || has("refer") || has("pass"));
}

bool isThoughtTool(std::string_view toolName)
{
    const auto parts = nameParts(toolName);
    return !parts.empty() && (parts.front() == "think" || parts.front() == "plan" || parts.front() == "calculate" ||
                              parts.front() == "reflect" || parts.front() == "calculator");
}

bool hasAny(std::string_view text, const std::vector<std::string_view>& phrases)
{
    const std::string lower = asciiLower(cutUtf8(text, kLookBytes));
    for (const std::string_view phrase : phrases) {
        for (std::size_t at = lower.find(phrase); at != std::string::npos; at = lower.find(phrase, at + 1)) {
            const bool beginFits = !isWordByte(phrase.front()) || at == 0 || !isWordByte(lower[at - 1]);
            const std::size_t end = at + phrase.size();
            const bool endFits = !isWordByte(phrase.back()) || end >= lower.size() || !isWordByte(lower[end]);
            if (beginFits && endFits) return true;
        }
    }
    return false;
}

bool isErrorResult(std::string_view result)
{
    result = trimmed(result);
    if (result.empty()) return false;
    const std::string head = asciiLower(result.substr(0, 60));
    for (const std::string_view begin : {"error:", "error -", "error executing", "error calling",
                                         "exception:", "traceback (most recent", "fatal:", "failed:", "toolerror", "\"error:"})
        if (head.starts_with(begin)) return true;
    if (head.front() != '{') return false;
    if (result.find("rror") == std::string_view::npos && result.find("\"status\"") == std::string_view::npos &&
        result.find("\"ok\"") == std::string_view::npos && result.find("\"success\"") == std::string_view::npos)
        return false;
    const auto json = parseJson(result, "tool result");
    if (!json) return head.starts_with("{\"error\"") || head.starts_with("{ \"error\"");
    const Json& error = memberAt(*json, "error");
    if (error.is_string()) return !error.get<std::string>().empty();
    if (error.is_object()) return !error.empty();
    if (error.is_boolean() && error.get<bool>()) return true;
    if (boolAt(*json, "isError") || boolAt(*json, "is_error")) return true;
    if (!boolAt(*json, "ok", true) || !boolAt(*json, "success", true)) return true;
    const std::string status = asciiLower(stringAt(*json, "status"));
    return status == "error";
}

std::string errorSentence(std::string_view text)
{
    text = trimmed(text);
    if (text.empty()) return {};
    std::string found;
    if (text.front() == '{' || text.front() == '[') {
        if (const auto json = parseJson(text, "error")) found = messageOf(*json);
    }
    if (found.empty()) found = std::string(text.starts_with("Traceback (most recent") ? lastLine(text) : firstLine(text));
    return std::string(cutUtf8(trimmed(found), 500));
}

namespace
{

/// Names of error classes are made of parts without borders: UnknownToolError, pydantic.ValidationError.
bool typeHas(std::string_view type, std::initializer_list<std::string_view> parts)
{
    return std::ranges::any_of(parts, [&](std::string_view part) { return containsNoCase(type, part); });
}

} // namespace

ErrorKind errorKindOf(std::string_view errorType, std::string_view errorText)
{
    const std::string_view prefix = errorText.substr(0, errorText.find(':')); // "ValidationError: …"
    if (typeHas(errorType, {"unknowntool", "toolnotfound", "unknown_tool", "tool_not_found"}) ||
        typeHas(prefix, {"unknowntool", "toolnotfound"}) ||
        hasAny(errorText,
               {"unknown tool", "no such tool", "tool not found", "unknown function", "unknown action", "no tool named",
                "is not a valid tool", "function not found", "tool does not exist", "unknown method"}))
        return ErrorKind::UnknownTool;
    if (hasAny(errorText, {"context length", "context window", "maximum context", "too many tokens", "prompt is too long",
                           "context_length_exceeded", "input is too long"}))
        return ErrorKind::ContextOverflow;
    if (hasAny(errorText, {"content filter", "content_filter", "content policy", "content management policy"}) ||
        typeHas(errorType, {"content_filter", "contentfilter"}))
        return ErrorKind::ContentFilter;
    if (typeHas(errorType, {"validationerror", "validation_error", "invalidarguments", "invalid_arguments", "schemaerror",
                            "invalidparams", "invalid_params"}) ||
        typeHas(prefix, {"validationerror"}) ||
        hasAny(errorText, {"validation error",
                           "schema validation",
                           "does not match the pattern",
                           "does not match pattern",
                           "required property",
                           "missing required",
                           "required argument",
                           "required parameter",
                           "required positional argument",
                           "unexpected keyword argument",
                           "invalid argument",
                           "invalid arguments",
                           "invalid parameter",
                           "invalid parameters",
                           "additional properties",
                           "additional property",
                           "additionalproperties",
                           "above the maximum",
                           "below the minimum",
                           "is not of type",
                           "is not one of",
                           "wrong type",
                           "does not match the schema",
                           "invalid params",
                           "field required"}))
        return ErrorKind::InvalidArguments;
    if (typeHas(errorType, {"timeout", "timeouterror", "connectionerror", "ratelimiterror"}) ||
        hasAny(errorText, {"timed out", "timeout", "time-out", "rate limit", "too many requests", "service unavailable",
                           "temporarily unavailable", "connection refused", "connection reset", "connection error",
                           "bad gateway", "overloaded", "internal server error", "try again later"}))
        return ErrorKind::Unavailable;
    return ErrorKind::Other;
}

bool isModelRefusal(std::string_view text)
{
    return hasAny(text.substr(0, 400),
                  {"i can't assist with", "i cannot assist with", "i can\xE2\x80\x99t assist with", "i can't help with that",
                   "i cannot help with that", "i can\xE2\x80\x99t help with that", "as an ai language model", "as an ai model",
                   "i'm not able to help with that", "i am not able to help with that", "i won't be able to assist with",
                   "i must decline", "against my guidelines", "violates my guidelines"});
}

bool saysNo(std::string_view text)
{
    return hasAny(text, {"cannot",
                         "can't",
                         "can\xE2\x80\x99t",
                         "can not",
                         "unable to",
                         "not able to",
                         "not allowed",
                         "not permitted",
                         "not eligible",
                         "not possible",
                         "refuse",
                         "refused",
                         "refusal",
                         "decline",
                         "declined",
                         "denied",
                         "deny",
                         "rejected",
                         "over my limit",
                         "above my limit",
                         "over the limit",
                         "above the limit",
                         "exceeds the limit",
                         "exceeds my limit",
                         "won't be able",
                         "against policy",
                         "against our policy",
                         "outside our policy",
                         "unfortunately"});
}

bool claimsSuccess(std::string_view text)
{
    return hasAny(text,
                  {"has been processed", "have processed",   "i've processed", "successfully",     "has been issued",
                   "i have issued",      "i've issued",      "is done",        "all done",         "has been cancelled",
                   "has been canceled",  "has been updated", "has been sent",  "has been booked",  "has been created",
                   "have been updated",  "i have updated",   "i've updated",   "i have cancelled", "i have canceled",
                   "i've cancelled",     "i've canceled",    "is complete",    "is now complete",  "has been completed",
                   "has been refunded",  "i have refunded",  "i've refunded",  "is on its way",    "completed successfully",
                   "i have sent",        "i've sent"});
}

bool admitsTrouble(std::string_view text)
{
    return saysNo(text) || hasAny(text, {"error", "failed", "could not", "couldn't", "couldn\xE2\x80\x99t", "did not work",
                                         "didn't work", "problem", "issue with", "went wrong", "not found", "sorry", "apologi",
                                         "apologize", "apologise", "apologies", "trouble", "try again"});
}

bool saysOverride(std::string_view text)
{
    std::string spaced(cutUtf8(text, kLookBytes));
    std::ranges::replace(spaced, '_', ' ');
    std::ranges::replace(spaced, '-', ' ');
    return hasAny(spaced,
                  {"by hand", "override", "overridden", "overrode", "overruled", "overrule", "reversed", "approved anyway",
                   "exception granted", "exception made", "manual approval", "manually approved", "corrected by", "undone"});
}

bool givesUp(std::string_view text)
{
    return hasAny(text, {"hello?", "are you there", "anyone there", "still there", "never mind", "nevermind", "forget it",
                         "i give up", "nobody answers", "hello??", "you there?"});
}

bool saysOutdated(std::string_view text)
{
    return hasAny(text, {"superseded", "outdated", "out of date", "out-of-date", "no longer in force", "no longer valid",
                         "no longer applies", "deprecated", "obsolete", "expired", "stale", "archived", "valid until",
                         "valid_until", "replaced by", "not in force"});
}

bool isEmptyResult(std::string_view text)
{
    text = trimmed(text);
    if (text.empty() || text == "[]" || text == "{}" || text == "null" || text == "None" || text == "\"\"" || text == "()")
        return true;
    if (text.size() > 300) return false;
    return hasAny(text, {"no results", "no documents", "no matches", "no match found", "nothing found", "0 results",
                         "no relevant", "[]}", "\"documents\":[]", "\"results\":[]"});
}

bool agreesWithRefusal(std::string_view after)
{
    return hasAny(after, {"upheld", "uphold", "confirmed", "confirm", "agreed", "refusal stands"});
}

std::string quoted(std::string_view text, std::size_t maxBytes) { return "\"" + SafeText::line(text, maxBytes).utf8() + "\""; }

} // namespace tackroom::words
