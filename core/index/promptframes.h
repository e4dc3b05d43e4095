// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a child says of the prompts of a store: one control frame a prompt and one a version, so that none is long. The text of
/// a version comes as the raw text of a body (readerframes.h), ready as the bytes of a file.
#include "core/index/readerframes.h"
#include "core/readers/promptregistry.h"

namespace tackroom::frames
{

/// The frames of a listing, in order: {"what":"prompt", …}, then its {"what":"version", …}.
[[nodiscard]] Status sendPrompts(const PromptListing& listing, const std::function<Status(const Json&)>& send);

/// Puts a listing together again; takes nothing that is more than a listing may hold.
class PromptReceiver
{
public:
    void add(const Json& frame);
    /// `answer` has the registry's name and how many prompts there are.
    [[nodiscard]] PromptListing take(const Json& answer);

private:
    PromptListing m_listing;
    std::size_t m_versions = 0;
};

} // namespace tackroom::frames
