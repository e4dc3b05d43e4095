// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "app/cli/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tackroom::cli
{

namespace
{

constexpr std::size_t kSignatureWidth = 26;

constexpr std::array kGeneral = {
    Option{"json", "", "print one JSON document instead of text"},
    Option{"cache", "DIR", "where indexes lie (may be deleted; default: tackroom in the user's cache directory)"},
    Option{"data", "DIR", "where vaults and adopted repositories lie (keep; default: tackroom in the user's data directory)"},
    Option{"reviewer", "'NAME <MAIL>'", "who decides; needed by approve, reject, defer, rollback and judge"},
    Option{"help", "", "this text, or that of a verb"},
    Option{"version", "", "the version of Tackroom"},
};

std::unexpected<Error> usage(std::string where, std::string detail, std::string_view verb)
{
    return fail(ErrorCode::Usage, std::move(where), std::move(detail),
                verb.empty() ? "tackroom-cli --help lists the verbs"
                             : formatText("tackroom-cli {} --help tells what it takes", verb));
}

const Option* findOption(std::span<const Option> options, std::string_view name)
{
    const auto at = std::ranges::find(options, name, &Option::name);
    return at == options.end() ? nullptr : &*at;
}

std::string signature(const Verb& verb)
{
    std::string out(verb.name);
    for (const Position& position : verb.positions) {
        switch (position.count) {
        case Position::Count::One:
            out += formatText(" {}", position.name);
            break;
        case Position::Count::Optional:
            out += formatText(" [{}]", position.name);
            break;
        case Position::Count::Any:
            out += formatText(" [{}...]", position.name);
            break;
        }
    }
    return out;
}

std::string optionLines(std::span<const Option> options)
{
    std::string out;
    for (const Option& option : options) {
        const std::string left = formatText("  --{}{}{}", option.name, option.value.empty() ? "" : " ", option.value);
        out += formatText("{:<28}{}\n", left + " ", option.help);
    }
    return out;
}

} // namespace

struct Parser {
    const std::vector<std::string>& words;
    const Verb* verb = nullptr;
    Arguments out;

    Result<Arguments> run()
    {
        findTheVerb();
        bool onlyPositions = false;
        bool verbSeen = false;
        for (std::size_t i = 0; i < words.size(); ++i) {
            const std::string& word = words[i];
            if (!onlyPositions && word == "--") {
                onlyPositions = true;
            } else if (!onlyPositions && (word.starts_with("--") || word == "-h")) {
                TR_TRY(option(i));
            } else if (!onlyPositions && word.size() > 1 && word.starts_with('-')) {
                return usage(word, "there is no such option", out.m_verb);
            } else if (!verbSeen) {
                verbSeen = true;
                out.m_verb = word;
            } else {
                out.m_positions.push_back(word);
            }
        }
        if (out.has("help") || out.has("version")) return std::move(out);
        TR_TRY(checkPositions());
        return std::move(out);
    }

private:
    /// The verb is the first word that is neither an option nor the value of a general one.
    void findTheVerb()
    {
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (words[i].starts_with("--")) {
                const Option* general = findOption(kGeneral, std::string_view(words[i]).substr(2));
                if (general && !general->value.empty()) ++i;
                continue;
            }
            verb = findVerb(words[i]);
            if (verb) out.m_verb = words[i];
            return;
        }
    }

    Status option(std::size_t& i)
    {
        std::string_view name = words[i] == "-h" ? std::string_view("help") : std::string_view(words[i]).substr(2);
        std::string value;
        const std::size_t equals = name.find('=');
        const bool joined = equals != std::string_view::npos;
        if (joined) {
            value = name.substr(equals + 1);
            name = name.substr(0, equals);
        }
        const std::string shown = formatText("--{}", name);
        const Option* known = findOption(kGeneral, name);
        if (!known && verb) known = findOption(verb->options, name);
        if (!known)
            return usage(shown, verb ? formatText("`{}` has no such option", verb->name) : "there is no such option",
                         out.m_verb);
        if (known->value.empty() && joined) return usage(shown, "this option takes no value", out.m_verb);
        if (!known->value.empty() && !joined) {
            if (i + 1 >= words.size())
                return usage(shown, formatText("this option needs a value: {}", known->value), out.m_verb);
            value = words[++i];
        }
        if (!known->value.empty() && value.empty()) return usage(shown, "its value is empty", out.m_verb);
        if (!out.m_options.emplace(std::string(name), std::move(value)).second && !known->value.empty())
            return usage(shown, "this option is given twice", out.m_verb);
        return {};
    }

    Status checkPositions() const
    {
        if (out.m_verb.empty()) return usage("tackroom-cli", "what should be done? A verb is missing", {});
        if (!verb) return usage(out.m_verb, "there is no such verb", {});
        std::size_t least = 0, most = 0;
        for (const Position& position : verb->positions) {
            if (position.count == Position::Count::One) ++least;
            most = position.count == Position::Count::Any ? words.size() : most + 1;
        }
        if (out.m_positions.size() < least)
            return usage(out.m_verb, formatText("{} is missing", verb->positions[out.m_positions.size()].name), out.m_verb);
        if (out.m_positions.size() > most) return usage(out.m_positions[most], "this is more than the verb takes", out.m_verb);
        for (const auto& position : out.m_positions)
            if (position.empty()) return usage(out.m_verb, "an empty argument", out.m_verb);
        return {};
    }
};

std::string Arguments::text(std::string_view option, std::string_view fallback) const
{
    const auto at = m_options.find(option);
    return at == m_options.end() ? std::string(fallback) : at->second;
}

Result<std::uint64_t> Arguments::number(std::string_view option, std::uint64_t fallback, std::uint64_t least,
                                        std::uint64_t most) const
{
    const auto at = m_options.find(option);
    if (at == m_options.end()) return fallback;
    std::uint64_t value = 0;
    const char* end = at->second.data() + at->second.size();
    const auto [stop, error] = std::from_chars(at->second.data(), end, value);
    if (error != std::errc() || stop != end || value < least || value > most)
        return usage(formatText("--{}", option), formatText("{} is not a number from {} to {}", at->second, least, most),
                     m_verb);
    return value;
}

Result<std::string> Arguments::required(std::string_view option) const
{
    const auto at = m_options.find(option);
    if (at == m_options.end()) return usage(formatText("--{}", option), "this option is needed here", m_verb);
    return at->second;
}

std::span<const Option> generalOptions() { return kGeneral; }

const Verb* findVerb(std::string_view name)
{
    const auto at = std::ranges::find(verbs(), name, &Verb::name);
    return at == verbs().end() ? nullptr : &*at;
}

Result<Arguments> parseArguments(const std::vector<std::string>& words)
{
    // Of the verbs one is of two words; alone, its second one is a store of that name.
    std::vector<std::string> joined = words;
    const auto rule = std::ranges::find(joined, "rule");
    if (joined.end() - rule > 2 && *std::next(rule) == "version" && std::find(joined.begin(), rule, "--") == rule) {
        *rule = "rule version";
        joined.erase(std::next(rule));
    }
    return Parser{joined, nullptr, {}}.run();
}

bool wantsJson(const std::vector<std::string>& words)
{
    for (const auto& word : words) {
        if (word == "--") return false;
        if (word == "--json") return true;
    }
    return false;
}

std::string generalHelp()
{
    std::string out =
        "Usage: tackroom-cli [OPTIONS] VERB ...\n\n"
        "Opens the traces that an agent leaves, shows why it fails, and lands, refuses and takes back proposed edits of its\n"
        "harness in a git repository. STORE is a trace store, REPO a harness repository.\n\nVerbs:\n";
    for (const Verb& verb : verbs()) {
        std::string left = "  " + signature(verb);
        if (left.size() >= kSignatureWidth + 2) left += "\n"; // a long one stands on a line of its own
        left.append(kSignatureWidth + 2 - (left.ends_with('\n') ? 0 : left.size()), ' ');
        out += left + std::string(verb.summary) + "\n";
    }
    out += "\nOptions for all of them:\n" + optionLines(kGeneral);
    out += "\nExit codes: 0 done, 1 the answer is no, 2 bad usage, 3 bad input, 4 the environment failed.\n"
           "A failure is one line on stderr; with --json also {\"error\":{\"code\",\"where\",\"detail\",\"hint\"}} on stdout.\n"
           "`tackroom-cli VERB --help` tells the options and the JSON members of a verb.\n";
    return out;
}

std::string helpOf(const Verb& verb)
{
    std::string summary(verb.summary);
    if (summary.front() >= 'a' && summary.front() <= 'z') summary.front() = static_cast<char>(summary.front() - 'a' + 'A');
    std::string out = formatText("Usage: tackroom-cli {} [OPTIONS]\n\n{}.\n", signature(verb), summary);
    if (!verb.options.empty()) out += "\nOptions:\n" + optionLines(verb.options);
    out += "\nOptions for all verbs:\n" + optionLines(kGeneral);
    out += "\nWith --json, one document with the members:\n";
    std::string_view rest = verb.json;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        out += formatText("  {}\n", rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return out;
}

} // namespace tackroom::cli
