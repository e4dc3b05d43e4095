// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The texts of a step or of a whole run of a Phoenix store, from its rows of spans.
#include "core/readers/bodybudget.h"
#include "core/readers/phoenixrun.h"

#include <map>
#include <string>
#include <vector>

namespace tackroom
{

class PhoenixBodyBuilder
{
public:
    explicit PhoenixBodyBuilder(std::uint64_t maxBytes) : m_maxKept(std::max(maxBytes, kLeastKept)), m_budget(maxBytes) {}

    /// One span by itself: of an llm span its messages, else input and output; and the span as the store has it.
    [[nodiscard]] Body step(const PhoenixSpanRow& row);

    /// The conversation of a run, from its spans by start. Each llm span brings what its input holds beyond what was said
    /// already, then its answer; so sub-agents and histories that were rewritten in between are told once and in order.
    void addToRun(const PhoenixSpanRow& row);
    /// Where no span has messages, or the root says more: the root's own input and output as user and assistant.
    [[nodiscard]] Body finishRun();

private:
    struct ToolResult {
        std::string spanId, output;
        bool used = false;
    };
    void addLlm(const openinference::LlmMessages& messages, const std::string& spanId);
    void nameToolMessages();

    openinference::Parsers m_parsers;
    /// Of a run, messages are gathered before the budget is given out; more than this is never gathered.
    static constexpr std::uint64_t kLeastKept = std::uint64_t{64} << 20;
    std::uint64_t m_maxKept, m_kept = 0;
    BodyBudget m_budget;
    std::uint64_t m_notRead = 0; ///< bytes
    std::vector<Message> m_messages;
    std::map<std::string, int> m_said; ///< how often each message (by content) stands in m_messages
    std::vector<ToolResult> m_toolResults;
    std::vector<Message> m_toolMessages; ///< of tool spans, for a run without llm messages
    openinference::Texts m_root;
    bool m_hasRoot = false;
    std::string m_rootId;
};

} // namespace tackroom
