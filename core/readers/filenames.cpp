// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/filenames.h"

#include "core/base/text.h"

namespace tackroom
{

std::string lastOfPath(std::string_view path)
{
    const auto slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string stemOfFile(std::string_view path)
{
    constexpr std::size_t kMaxBytes = 400;
    std::string name = lastOfPath(path);
    for (const std::string_view ending : {".zst", ".gz", ".xz", ".bz2", ".json", ".traj"})
        if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    return std::string(cutUtf8(name, kMaxBytes));
}

} // namespace tackroom
