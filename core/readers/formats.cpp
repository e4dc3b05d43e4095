// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/formats.h"

namespace tackroom
{

const std::vector<const FileFormat*>& fileFormats()
{
    // The order matters only where two formats could take the same file: the more particular one stands first.
    static const std::vector<const FileFormat*> formats{};
    return formats;
}

} // namespace tackroom
