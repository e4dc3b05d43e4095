// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The usual span, read without building a tree of its attributes. Most bytes of a store are messages, repeated in each call of
/// a model, and again in the request that its instrumentation keeps: simdjson finds where they end without looking into them.
#include "core/readers/openinference.h"

#include <string>
#include <string_view>

namespace tackroom::openinference
{

/// How much of a text is kept: of what was said, of a tool's arguments and results, of an id or name.
inline constexpr std::size_t kTextBytes = 2000;
inline constexpr std::size_t kToolBytes = 4000;
inline constexpr std::size_t kIdBytes = 512;
/// Paths of attributes that are longer are none that is looked for.
inline constexpr std::size_t kLongestPath = 64;

/// Whether a key has one of the words without which it is none of a harness version's.
[[nodiscard]] bool hasVersionWord(std::string_view key);
/// What one item of a list of messages says; empty where it has no words.
[[nodiscard]] std::string messageContent(Value item);

/// Does what readAttributes() does. False, and the step and the (empty) facts as they were, wherever something is not as usual
/// (a value given twice, a harness version, an escaped key, a number where a text belongs, broken JSON …): then the tree is to
/// be built. What is stepped over is not checked: it shows when the body is read.
[[nodiscard]] bool scanAttributes(std::string_view text, Step& step, SpanFacts& facts, Parsers& parsers, Reading reading);

} // namespace tackroom::openinference
