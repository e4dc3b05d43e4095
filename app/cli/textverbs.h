// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/context.h"

namespace tackroom::cli
{

/// clusters --texts FILE: no store, only the lines of a file.
[[nodiscard]] Result<Answer> groupLines(Context& context);
[[nodiscard]] Result<Answer> runTemplates(Context& context);
[[nodiscard]] Result<Answer> runAttribute(Context& context);

} // namespace tackroom::cli
