// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What one agent said in a conversation of several.
struct AgentMessage {
    std::string agent;
    std::string text;
};

struct DecisiveStep {
    std::string agent;                    ///< who most probably made the mistake
    std::size_t step = 0;                 ///< where it most probably was made
    double agentShare = 0, stepShare = 0; ///< of the whole probability
};

/// "Orchestrator (thought)" and "Orchestrator (-> WebSurfer)" are one agent.
[[nodiscard]] std::string_view agentName(std::string_view name);

/// Where in a failed conversation the decisive mistake was made. Each message is weighed by some thirty simple things (where it
/// stands, who speaks, code that was the first to run or failed, assumptions, what the next one says to it); the weights stand in
/// decisivestep.cpp with where they come from. Right in about four of ten conversations: a first place to look at, no verdict.
[[nodiscard]] DecisiveStep decisiveStepOf(const std::vector<AgentMessage>& messages);

} // namespace tackroom
