// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/rows.h"

#include <memory>
#include <string>

namespace tackroom::ui
{

/// What a DiffView shows: one file before and after. Free of Qt and immutable, so that a worker makes it and any thread may
/// hold it.
struct DiffDocument {
    std::string path;         ///< for the language and accessible name; foreign text
    std::string languageHint; ///< a name of KSyntaxHighlighting's ("Markdown"); empty: by the path
    std::shared_ptr<const RowModel> model;
    bool prose = false;        ///< wrapped by default
    std::size_t sizeBytes = 0; ///< of both sides

    /// Runs the comparison: call it on a worker. `path` decides on prose (.md, .txt, .mdc, .rst and no extension at all).
    [[nodiscard]] static std::shared_ptr<const DiffDocument> make(std::string path, std::string oldBytes, std::string newBytes,
                                                                  const DiffOptions& options = {},
                                                                  std::string languageHint = {});
};

} // namespace tackroom::ui
