// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/decisivestep.h"

#include "core/base/asciichars.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace tackroom
{

namespace
{

constexpr std::size_t kReadBytes = 6'000, kOpeningBytes = 400, kLongBytes = 4'000;

/// One weight a feature, in the order of featuresOf(). Learnt in November 2026 by multinomial regression over the messages of each
/// conversation, heavily regularised (λ 12), from the 126 conversations of the algorithm-generated half of Who&When (Zhang et al.
/// 2025), whose mistakes people have labelled. The hand-crafted half was not looked at.
constexpr std::array kWeights = {-0.69, -0.07, 0.25, -0.13, -0.03, -0.30, 0.34, -0.09, -0.35, 0.47,  0.03,
                                 0.31,  0.01,  0.54, 0.15,  0.23,  0.03,  0.14, 0.33,  0.62,  -0.13, -0.08,
                                 -0.09, -0.10, 0.43, 0.04,  0.06,  -0.07, 0.17, -0.09, -0.15, 0.01};
using StepFeatures = std::array<double, kWeights.size()>;

bool hasAnyOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

/// Runs code or asks, and so makes no mistake of its own.
bool isNoAgent(std::string_view agent)
{
    const std::string name = asciiLower(agent);
    return hasAnyOf(name, {"terminal", "executor"}) || name == "user" || name == "human";
}

struct Said {
    std::string_view agent;
    std::string text; ///< lower case, the beginning
    std::size_t bytes = 0;
    bool noAgent = false, code = false;
    [[nodiscard]] std::string_view opening() const { return std::string_view(text).substr(0, kOpeningBytes); }
};

class Conversation
{
public:
    explicit Conversation(const std::vector<AgentMessage>& messages)
    {
        for (const AgentMessage& message : messages) {
            Said said{agentName(message.agent), asciiLower(std::string_view(message.text).substr(0, kReadBytes)),
                      message.text.size(), false, false};
            said.noAgent = isNoAgent(said.agent);
            said.code = said.text.contains("```");
            ++m_messages[said.agent];
            m_said.push_back(std::move(said));
        }
        const auto first = std::ranges::find(m_said, false, &Said::noAgent);
        m_first = first == m_said.end() ? 0 : static_cast<std::size_t>(first - m_said.begin());
    }

    [[nodiscard]] const std::vector<Said>& said() const { return m_said; }

    /// To be called for 0, 1, 2 …: remembers what has been before.
    [[nodiscard]] StepFeatures featuresOf(std::size_t i)
    {
        const Said &here = m_said[i], nothing{};
        const Said& next = i + 1 < m_said.size() ? m_said[i + 1] : nothing;
        const Said& before = i > 0 ? m_said[i - 1] : nothing;
        const std::string_view text = here.text;
        const bool nextRuns = next.noAgent, answered = i + 1 < m_said.size() && !nextRuns;
        const bool ran = nextRuns && next.text.contains("exitcode: 0");
        const auto n = static_cast<double>(m_said.size());
        const StepFeatures features = {
            double(here.noAgent),
            double(i == 0),
            double(i == 1),
            double(i == 2),
            double(i == 3),
            double(i + 1 == m_said.size()),
            double(i + 2 == m_said.size()),
            static_cast<double>(i) / n,
            double(text.contains("terminate")),
            double(here.code),
            double(here.code && !nextRuns),
            double(nextRuns && hasAnyOf(next.text, {"exitcode: 1", "exitcode: 2", "traceback"})),
            double(ran),
            double(here.code && !m_code),
            double(here.code && ran && !m_success),
            static_cast<double>(std::min(here.bytes, kLongBytes)) / static_cast<double>(kLongBytes),
            double(!m_agents.contains(here.agent)),
            double(i > 0 && before.agent == here.agent),
            double(hasAnyOf(text, {"verif", "confirm", "correct"})),
            double(hasAnyOf(text, {"assum", "hypothet", "for example", "simulat", "approximat", "estimat", "placeholder",
                                   "manually", "sample data", "mock"})),
            double(hasAnyOf(text, {"answer", "output", "result", "total", "therefore", "thus", "conclusion"})),
            double(before.text.contains("exitcode: 1")),
            double(before.text.contains("exitcode: 0")),
            double(m_failure),
            double(std::ranges::any_of(text, isAsciiDigit)),
            double(text.contains("search")),
            double(hasAnyOf(text, {"step-by-step", "step by step", "plan", "let's start", "let's begin", "let's break"})),
            double(i == m_first),
            double(answered && hasAnyOf(next.opening(), {"correct", "verified", "confirmed", "successfully"})),
            double(answered && hasAnyOf(next.opening(), {"however", "mistake", "incorrect", "issue", "seems", "unable",
                                                         "apolog", "error", "not found"})),
            double(hasAnyOf(here.opening(), {"apolog", "mistake", "incorrect", "issue", "seems"})),
            static_cast<double>(m_messages[here.agent]) / n};
        m_code = m_code || here.code;
        m_success = m_success || text.contains("exitcode: 0");
        m_failure = m_failure || text.contains("exitcode: 1");
        m_agents.insert(here.agent);
        return features;
    }

private:
    std::vector<Said> m_said;
    std::map<std::string_view, std::size_t> m_messages;
    std::set<std::string_view> m_agents;
    std::size_t m_first = 0;
    bool m_code = false, m_success = false, m_failure = false;
};

} // namespace

std::string_view agentName(std::string_view name)
{
    const auto bracket = name.find(" (");
    return bracket == std::string_view::npos || bracket == 0 ? name : name.substr(0, bracket);
}

DecisiveStep decisiveStepOf(const std::vector<AgentMessage>& messages)
{
    if (messages.empty()) return {};
    Conversation conversation(messages);
    std::vector<double> share;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const StepFeatures features = conversation.featuresOf(i);
        double score = 0;
        for (std::size_t k = 0; k < kWeights.size(); ++k) score += kWeights[k] * features[k];
        share.push_back(std::exp(score));
    }
    double sum = 0;
    for (const double s : share) sum += s;
    std::map<std::string_view, double> byAgent;
    for (std::size_t i = 0; i < share.size(); ++i) byAgent[conversation.said()[i].agent] += share[i] /= sum;
    const auto step = std::ranges::max_element(share);
    const auto agent = std::ranges::max_element(byAgent, {}, [](const auto& entry) { return entry.second; });
    return {std::string(agent->first), static_cast<std::size_t>(step - share.begin()), agent->second, *step};
}

} // namespace tackroom
