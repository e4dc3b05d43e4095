// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The query language: the same in the window's box and behind `tackroom-cli runs --query`.
///
///   words "quoted words"        looked for in task, answer, error texts and ids; each has to be there
///   field:value  field:"a b"    outcome cluster version tool model agent session user error source id; several of one field: any
///   field:>N  >= < <=  A..B     steps errors cost tokens duration (30s, 5m); also without the colon: steps>10
///   since:2w  until:2026-03-01  an age, a day (until: the whole of it) or a time
///   score:name  score:name<0.5  score:name=label  score:name!=label
///   has:decision                decision score error cluster version cost session user judgement
///   -anything                   not that
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// One narrowing. `field` empty: a word that must not be there.
struct RunCondition {
    std::string field;
    std::string value; ///< as typed, without quotes and comparison
    enum class Test : std::uint8_t { Is, IsNot, Above, AtLeast, Below, AtMost, Between, Exists } test = Test::Is;
    bool negated = false;
    std::string subject; ///< the score's name
    double number = 0, upTo = 0; ///< of comparisons; durations in nanoseconds
    bool numeric = false;        ///< `number` is there
    friend bool operator==(const RunCondition&, const RunCondition&) = default;
};

/// A part of a query that says nothing to us, and why.
struct QueryProblem {
    std::string typed;
    enum class Why : std::uint8_t {
        Field,      ///< there is no such field
        Empty,      ///< nothing stands behind the colon
        Value,      ///< the field has no such value
        Number,     ///< a number is needed
        Comparison, ///< the number needs a comparison
        Time,       ///< an age, a day or a time is needed
    } why = Why::Field;
    friend bool operator==(const QueryProblem&, const QueryProblem&) = default;
};
/// One English sentence part: "there is no such field". For the command line; the window has its own words.
[[nodiscard]] std::string_view explanationOf(QueryProblem::Why why);

/// A query that was taken apart. What is not understood is returned, not dropped.
struct RunFilter {
    std::string text; ///< as typed
    std::vector<RunCondition> fields;
    std::vector<std::string> words;
    std::vector<QueryProblem> notUnderstood;
};
[[nodiscard]] RunFilter parseRunFilter(std::string_view text);

struct QueryField {
    enum class Kind : std::uint8_t { Text, Word, Number, Duration, Time, Score } kind;
    std::string_view name;
};
/// All of them, in the order in which they are offered.
[[nodiscard]] std::span<const QueryField> queryFields();
/// The words that a field of kind Word takes (outcome, source, has).
[[nodiscard]] std::span<const std::string_view> wordsOf(std::string_view field);

} // namespace tackroom
