// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/traces/traces.h"

#include <string>

namespace tackroom::ui
{

/// What a step does and says as plain lines to compare with another's: JSON on several lines, blobs as chips.
[[nodiscard]] std::string stepDocument(const Step& step);
/// What a model call was given, message by message; the answer at its end is left out.
[[nodiscard]] std::string inputDocument(const Body& body);

/// All messages of a body, or its input and output, whole: JSON on lines, nothing folded, nothing left out.
[[nodiscard]] std::string bodyDocument(const Body& body);

} // namespace tackroom::ui
