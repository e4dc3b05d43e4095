// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The command line as tables: which verbs there are, what they take, what they print. Help and parsing both come from them.
#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::cli
{

struct Option {
    std::string_view name;  ///< without the dashes
    std::string_view value; ///< what it takes, "DIR"; empty: a flag
    std::string_view help;
};

struct Position {
    std::string_view name;
    enum class Count : std::uint8_t { One, Optional, Any } count = Count::One;
};

/// What the user gave, checked against one verb's tables.
class Arguments
{
public:
    [[nodiscard]] bool has(std::string_view option) const { return m_options.contains(option); }
    [[nodiscard]] std::string text(std::string_view option, std::string_view fallback = {}) const;
    /// A decimal number within the bounds; a Usage error else.
    [[nodiscard]] Result<std::uint64_t> number(std::string_view option, std::uint64_t fallback, std::uint64_t least,
                                               std::uint64_t most) const;
    /// A Usage error where the option was not given.
    [[nodiscard]] Result<std::string> required(std::string_view option) const;
    [[nodiscard]] const std::vector<std::string>& positions() const { return m_positions; }
    /// Empty where it was not given.
    [[nodiscard]] std::string position(std::size_t i) const { return i < m_positions.size() ? m_positions[i] : std::string(); }
    [[nodiscard]] const std::string& verb() const { return m_verb; }

private:
    friend struct Parser;
    std::string m_verb;
    std::map<std::string, std::string, std::less<>> m_options;
    std::vector<std::string> m_positions;
};

struct Answer;
struct Context;

struct Verb {
    std::string_view name;
    std::string_view summary; ///< one line
    std::vector<Position> positions;
    std::vector<Option> options;
    std::string_view json; ///< the members of the document, one a line
    Result<Answer> (*run)(Context&);
};

[[nodiscard]] std::span<const Verb> verbs();
[[nodiscard]] const Verb* findVerb(std::string_view name);
[[nodiscard]] std::span<const Option> generalOptions();

/// `words` without the program's name. General options may stand anywhere. With --help or --version the rest is not checked.
[[nodiscard]] Result<Arguments> parseArguments(const std::vector<std::string>& words);
/// True where --json was given, even if the rest is wrong.
[[nodiscard]] bool wantsJson(const std::vector<std::string>& words);

[[nodiscard]] std::string generalHelp();
[[nodiscard]] std::string helpOf(const Verb& verb);

} // namespace tackroom::cli
