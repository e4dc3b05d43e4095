// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

/// The messages of a tau2-bench simulation; used by tau2bench.cpp alone.
namespace tackroom::tau2
{

/// Conversation, steps and texts, of messages or ticks. `model` is that of the agent.
[[nodiscard]] ParsedRun conversationOf(jsonvalues::Value simulation, const std::string& model);

} // namespace tackroom::tau2
