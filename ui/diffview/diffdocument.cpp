// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffdocument.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace tackroom::ui
{
namespace
{

bool isProse(std::string_view path)
{
    const std::string name = asciiLower(path.substr(path.rfind('/') + 1));
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return true;
    static constexpr std::array<std::string_view, 8> kExtensions = {".md",  ".markdown", ".mdc",    ".mdx",
                                                                    ".txt", ".rst",      ".prompt", ".adoc"};
    return std::ranges::find(kExtensions, std::string_view(name).substr(dot)) != kExtensions.end();
}

} // namespace

std::shared_ptr<const DiffDocument> DiffDocument::make(std::string path, std::string oldBytes, std::string newBytes,
                                                       const DiffOptions& options, std::string languageHint)
{
    auto document = std::make_shared<DiffDocument>();
    document->prose = isProse(path);
    document->sizeBytes = oldBytes.size() + newBytes.size();
    document->path = std::move(path);
    document->languageHint = std::move(languageHint);
    document->model = RowModel::make(std::move(oldBytes), std::move(newBytes), options);
    return document;
}

} // namespace tackroom::ui
