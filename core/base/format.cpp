// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

namespace tackroom
{

std::string formatArguments(std::string_view format, std::format_args arguments) { return std::vformat(format, arguments); }

} // namespace tackroom
