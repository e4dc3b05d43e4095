// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Private to core/readers: the prompt registries that are known, and what they share.
#include "core/readers/databasereader.h"
#include "core/readers/promptregistry.h"

namespace tackroom
{

/// Nothing where the tables are not there; else it takes the connection.
[[nodiscard]] Result<std::unique_ptr<PromptRegistry>> openPhoenixPrompts(DatabaseCandidate& candidate);
[[nodiscard]] Result<std::unique_ptr<PromptRegistry>> openMlflowPrompts(DatabaseCandidate& candidate);

namespace prompts
{
inline constexpr std::uint64_t kMaxNoteBytes = 2'000;
inline constexpr std::uint64_t kMaxNameBytes = 512;
inline constexpr std::size_t kMaxLabels = 50;

/// Well-formed and cut.
[[nodiscard]] std::string note(std::string_view text);
[[nodiscard]] std::string name(std::string_view text);
/// The JSON of a column; null where it is empty. Damaged where it is broken, with what it is of.
[[nodiscard]] Result<Json> jsonOf(std::string_view text, const std::string& what);
/// A list of messages, as {"role", "content"}; content is a text or a list of parts.
[[nodiscard]] std::vector<PromptContent::Message> messagesOf(const Json& list);
/// A simple value as text, anything else as compact JSON.
[[nodiscard]] std::string plainText(const Json& value);
/// The error of a text that is longer than is read.
[[nodiscard]] std::unexpected<Error> tooLong(const std::string& what, std::int64_t bytes);
} // namespace prompts

} // namespace tackroom
