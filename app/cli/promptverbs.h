// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/context.h"

namespace tackroom::cli
{

[[nodiscard]] Result<Answer> runPrompts(Context& context);
[[nodiscard]] Result<Answer> runImportPrompt(Context& context);

} // namespace tackroom::cli
