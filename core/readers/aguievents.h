// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What is an event or a request of AG-UI.
#include "core/readers/jsonvalues.h"

#include <string>

namespace tackroom
{

/// "RUN_STARTED" and "runStarted" are one: letters and digits, lower case.
[[nodiscard]] std::string agUiType(jsonvalues::Value event);
[[nodiscard]] bool isAgUiEvent(jsonvalues::Value value);
[[nodiscard]] bool isAgUiRequest(jsonvalues::Value value);

} // namespace tackroom
