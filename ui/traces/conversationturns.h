// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/rundetails.h"

#include <QString>

#include <string>
#include <vector>

namespace tackroom::ui
{

/// A piece of a turn, as safe plain text.
struct TurnPart {
    enum Kind { Text, Call, ToolResult, Decisive, Decision, Error };
    Kind kind = Text;
    QString text;
    std::uint64_t omittedBytes = 0; ///< of the foreign text, beyond what is in `text`
    bool failed = false;            ///< a result that is an error
    std::ptrdiff_t message = -1;    ///< of the body, that has the whole text; without messages: 0 its input, 1 its output
    std::ptrdiff_t call = -1;       ///< the arguments of this call of it
};

/// What one speaker said at once.
struct Turn {
    enum Speaker { User, Agent, System, Tool, Human, Other };
    Speaker speaker = Other;
    QString role;       ///< the word beside it
    std::string stepId; ///< empty: not known
    bool decisive = false;
    std::vector<TurnPart> parts;
};

/// Messages in their order, with the decisive step and the human decisions at their places.
[[nodiscard]] std::vector<Turn> turnsOf(const RunDetails& details, const Body& body);
/// The whole foreign text of a part, JSON on lines; `body` may hold more of the same conversation than what the turns were made
/// of.
[[nodiscard]] std::string wholeText(const Body& body, const TurnPart& part);
/// JSON on several lines where the text is JSON and long enough to need it; else the text itself. Safe, at most `maxBytes` of
/// it.
[[nodiscard]] QString prettyText(std::string_view foreign, std::size_t maxBytes, std::uint64_t* omittedBytes = nullptr);

} // namespace tackroom::ui
