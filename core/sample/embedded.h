// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <span>
#include <string_view>

namespace tackroom
{

/// The files of resources/sample, put into the program by core/sample/embed.cmake. Paths are relative to that folder,
/// with `/`, in byte order.
struct EmbeddedFile {
    std::string_view path, bytes;
};
[[nodiscard]] std::span<const EmbeddedFile> embeddedSampleFiles();

} // namespace tackroom
