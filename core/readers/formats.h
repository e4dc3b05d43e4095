// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The formats that are files, one function each; fileformat.h says what a format is.
#include "core/readers/fileformat.h"

namespace tackroom
{
[[nodiscard]] const FileFormat& inspectFormat();

} // namespace tackroom
