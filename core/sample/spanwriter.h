// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/sample/player.h"

#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

/// Writes down what the agent does as OpenInference spans, and keeps the clock and the conversation. One run.
class SpanWriter
{
public:
    SpanWriter(const HarnessRules& rules, const Customer& customer, const RunSetting& setting, Random& random);

    void begin(const std::string& task);
    void guardrail(const std::string& task);
    void hear(const std::string& message);                              ///< the customer writes again, a while later
    bool say(std::string message);                                      ///< an LLM span that ends with a message; always true
    std::string sayNothing();                                           ///< an LLM span without text; its id
    std::string failingLlm();                                           ///< the provider answers 429; the span's id
    std::string callTool(std::string_view tool, const Json& arguments); ///< an LLM span that asks for a call; the call's id
    void toolResult(std::string_view tool, const Json& arguments, const std::string& callId, const Json& result);
    void toolError(std::string_view tool, const Json& arguments, const std::string& callId, const std::string& error);
    /// Why the tool's schema refuses these arguments; nothing where it takes them.
    [[nodiscard]] std::optional<std::string> rejected(std::string_view tool, const Json& arguments) const;
    const PolicyText* retrievePolicy(); ///< the newest policy of the harness that is in force today
    void pause(int seconds);
    void selfCheck();

    /// The first failure of a run counts, except that money paid twice outranks what came before.
    void fail(PlayedFailure failure, std::string spanId);
    [[nodiscard]] const std::string& lastSpanId() const { return m_run.spans.back().spanId; }
    [[nodiscard]] PlayedRun& run() { return m_run; }
    PlayedRun& finish();

private:
    PlayedSpan& add(std::string_view name, std::string_view kind, std::int64_t lowMs, std::int64_t highMs);
    PlayedSpan& llm(Json output, std::string_view finish);
    std::string hex(int digits);

    const HarnessRules& m_rules;
    const Customer& m_customer;
    const RunSetting& m_setting;
    Random& m_random;
    PlayedRun m_run;
    Json m_messages = Json::array(); ///< OpenInference: [{"message": {...}}]
    std::size_t m_messageBytes = 0;
    UtcNs m_now = 0;
    bool m_toolsSent = false;
};

} // namespace tackroom
