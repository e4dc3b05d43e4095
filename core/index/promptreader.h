// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/readerclient.h"
#include "core/readers/promptregistry.h"

namespace tackroom
{

/// The parent's end of a tackroom-reader that reads the prompts which a store keeps in versions. As with ReaderClient every
/// call blocks, and cancelling kills the child; the next call starts a new one.
class PromptReader
{
public:
    [[nodiscard]] static Result<std::unique_ptr<PromptReader>> open(const std::filesystem::path& store,
                                                                    const ReaderClient::Options& options);
    ~PromptReader();
    /// An empty `registry` where the store keeps none.
    [[nodiscard]] Result<PromptListing> list(const CancelToken& cancel);
    /// A version as the bytes of a file (promptFileText).
    [[nodiscard]] Result<std::string> file(const std::string& name, std::int64_t version, const CancelToken& cancel);

private:
    struct Private;
    explicit PromptReader(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace tackroom
