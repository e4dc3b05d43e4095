// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a proposer wrote with a proposal: title, claim and trailers of a commit message. All of it is foreign text.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

struct ParsedMessage {
    std::string title;                                         ///< first line
    std::string claim;                                         ///< the rest without the trailers and without blank ends
    std::vector<std::pair<std::string, std::string>> trailers; ///< in order, as written

    /// All values of a trailer (its name in any letter case), joined with ", "; empty where there is none.
    [[nodiscard]] std::string trailer(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
};

/// Trailers are the lines `Name: value` of the last paragraph, where all its lines are such (or continue one with a blank
/// at the start) and it is not the title, as in `git interpret-trailers`.
[[nodiscard]] ParsedMessage parseMessage(std::string_view message);

/// `Name <mail>` in two parts; what has no mail is all name.
struct Person {
    std::string name, mail;
};
[[nodiscard]] Person personOf(std::string_view text);
/// The same mail or the same name, letter case and blanks apart.
[[nodiscard]] bool samePerson(const Person& a, const Person& b);

} // namespace tackroom
