// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From a store's prompt registry to what importPrompt takes.
#include "core/index/promptreader.h"
#include "core/proposals/importprompt.h"

#include <optional>

namespace tackroom
{

/// Of a prompt that is imported whole, so many newest versions become patch sets; the rest is counted.
inline constexpr std::size_t kMaxImportedVersions = 50;

/// The prompt of that name. NotFound, with a hint that names those there are; also where the store keeps none.
[[nodiscard]] Result<PromptInfo> findPrompt(const PromptListing& listing, const std::filesystem::path& store,
                                            const std::string& name);
/// Reads the texts: of all versions (at most kMaxImportedVersions), or of the chosen one.
[[nodiscard]] Result<PromptImport> readPromptImport(PromptReader& reader, const PromptListing& listing,
                                                    const std::filesystem::path& store, const std::string& name,
                                                    std::optional<std::int64_t> version, const CancelToken& cancel,
                                                    const Progress& progress);

} // namespace tackroom
