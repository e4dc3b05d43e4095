// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tackroom::fuzz
{

/// What is fed.
enum class Target : std::uint8_t { Attributes, Events, Texts, Store, JsonBeginning, Frames, Filter };
inline constexpr int kTargets = 7;

/// Feeds one target. Returning is passing: whatever the bytes are, the answer is a value or an error.
void feed(Target target, std::string_view bytes);
/// The largest resident set of runs and texts that a store of these bytes may bring; asserted inside feed().
inline constexpr std::size_t kMaxStepTextBytes = 4000;

} // namespace tackroom::fuzz
