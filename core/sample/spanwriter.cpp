// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/spanwriter.h"

namespace tackroom
{
namespace
{

constexpr UtcNs kMs = 1'000'000;
constexpr std::string_view kModelName = "sample-player (rules, no model)";

Json message(std::string_view role, std::string_view content) { return {{"message", {{"role", role}, {"content", content}}}}; }

std::string eventTime(UtcNs time)
{
    std::string text = formatTime(time / 1000 * 1000);
    // RFC 3339 as orjson writes it: six digits and an offset.
    if (text.ends_with('Z')) text.pop_back();
    const auto dot = text.find('.');
    std::string fraction = std::to_string(time / 1000 % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return text.substr(0, dot) + "." + fraction + "+00:00";
}

Json exceptionEvent(UtcNs time, std::string_view type, std::string_view text)
{
    return {{"name", "exception"},
            {"timestamp", eventTime(time)},
            {"attributes", {{"exception.type", type}, {"exception.message", text}, {"exception.escaped", "False"}}}};
}

void setText(Json& attributes, std::string_view key, std::string_view value, std::string_view mime = "text/plain")
{
    attributes[std::string(key)] = {{"value", value}, {"mime_type", mime}};
}

} // namespace

SpanWriter::SpanWriter(const HarnessRules& rules, const Customer& customer, const RunSetting& setting, Random& random)
    : m_rules(rules), m_customer(customer), m_setting(setting), m_random(random), m_now(setting.start)
{
}

std::string SpanWriter::hex(int digits)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    std::uint64_t bits = 0;
    for (int i = 0; i < digits; ++i) {
        if (i % 16 == 0) bits = m_random.next();
        text += kDigits[bits & 15];
        bits >>= 4;
    }
    return text;
}

PlayedSpan& SpanWriter::add(std::string_view name, std::string_view kind, std::int64_t lowMs, std::int64_t highMs)
{
    PlayedSpan span;
    span.spanId = hex(16);
    if (!m_run.spans.empty()) span.parentId = m_run.spans.front().spanId;
    span.name = name;
    span.kind = kind;
    span.start = m_now;
    m_now += m_random.between(lowMs * 1000, highMs * 1000) * 1000;
    span.end = m_now;
    m_now += m_random.between(1000, 9000) * 1000;
    span.attributes = {{"openinference", {{"span", {{"kind", kind}}}}},
                       {"session", {{"id", m_setting.sessionId}}},
                       {"user", {{"id", m_customer.userId}}}};
    m_run.spans.push_back(std::move(span));
    return m_run.spans.back();
}

void SpanWriter::begin(const std::string& task)
{
    m_run.traceId = hex(32);
    m_run.sessionId = m_setting.sessionId;
    m_run.userId = m_customer.userId;
    m_run.start = m_now;
    PlayedSpan& root = add("refund_agent", "AGENT", 2, 6);
    setText(root.attributes, "input", task);
    root.attributes["agent"] = {{"name", "refund-agent"}};
    static constexpr std::string_view kLanguages[] = {"en", "de", "es", "fr"};
    Json metadata = {{"harness.git_commit", m_setting.commit}};
    if (!m_setting.version.empty()) metadata["harness.version"] = m_setting.version;
    metadata["harness.loaded"] = m_rules.loaded;
    metadata["channel"] = "chat";
    metadata["language"] = kLanguages[static_cast<std::size_t>(m_customer.language)];
    metadata["sample"] = "played by rules, no model was used";
    root.attributes["metadata"] = std::move(metadata);
    if (!m_rules.systemPrompt.empty()) m_messages.push_back(message("system", m_rules.systemPrompt));
    m_messages.push_back(message("user", task));
    m_messageBytes = m_rules.systemPrompt.size() + task.size();
}

void SpanWriter::guardrail(const std::string& task)
{
    PlayedSpan& span = add("input_check", "GUARDRAIL", 8, 40);
    setText(span.attributes, "input", task);
    setText(span.attributes, "output", R"({"allowed":true})", "application/json");
}

void SpanWriter::hear(const std::string& text)
{
    m_now += m_random.between(20'000, 240'000) * kMs;
    m_messages.push_back(message("user", text));
    m_messageBytes += text.size();
}

PlayedSpan& SpanWriter::llm(Json output, std::string_view finish)
{
    const Json& last = m_messages.back()["message"];
    const std::string input = stringAt(last, "content");
    PlayedSpan& span = add("chat", "LLM", 600, 2600);
    const std::string content = stringAt(output["message"], "content");
    const std::size_t outputBytes = content.size() + (output["message"].contains("tool_calls") ? 120 : 0);
    span.promptTokens = static_cast<int>(m_messageBytes / 4 + 40);
    span.completionTokens = static_cast<int>(outputBytes / 4 + 3);
    Json llm = {{"model_name", kModelName},
                {"provider", "none"},
                {"invocation_parameters", R"({"temperature":0})"},
                {"finish_reason", finish},
                {"token_count",
                 {{"prompt", span.promptTokens},
                  {"completion", span.completionTokens},
                  {"total", span.promptTokens + span.completionTokens}}},
                {"input_messages", m_messages}};
    if (!m_toolsSent) {
        Json tools = Json::array();
        for (const auto& [name, tool] : m_rules.tools) tools.push_back({{"tool", {{"json_schema", tool.schemaText}}}});
        llm["tools"] = std::move(tools);
        m_toolsSent = true;
    }
    m_messages.push_back(output);
    m_messageBytes += outputBytes;
    llm["output_messages"] = Json::array({std::move(output)});
    setText(span.attributes, "input", input);
    if (!content.empty()) setText(span.attributes, "output", content);
    span.attributes["llm"] = std::move(llm);
    return span;
}

bool SpanWriter::say(std::string text)
{
    llm(message("assistant", text), "stop");
    m_run.finalMessage = std::move(text);
    return true;
}

std::string SpanWriter::sayNothing()
{
    m_run.finalMessage.clear();
    return llm(message("assistant", ""), "stop").spanId;
}

std::string SpanWriter::failingLlm()
{
    PlayedSpan& span = add("chat", "LLM", 200, 900);
    constexpr std::string_view kText = "429 Too Many Requests: the provider's rate limit was reached";
    span.statusCode = "ERROR";
    span.statusMessage = "RateLimitError: " + std::string(kText);
    span.events.push_back(exceptionEvent(span.end, "RateLimitError", kText));
    span.attributes["llm"] = {{"model_name", kModelName}, {"provider", "none"}, {"input_messages", m_messages}};
    PlayedSpan& root = m_run.spans.front();
    root.statusCode = "ERROR";
    root.statusMessage = m_run.spans.back().statusMessage;
    m_run.finalMessage.clear();
    return m_run.spans.back().spanId;
}

std::string SpanWriter::callTool(std::string_view tool, const Json& arguments)
{
    const std::string callId = "call_" + hex(12);
    Json output = message("assistant", "");
    output["message"]["tool_calls"] =
        Json::array({{{"tool_call", {{"id", callId}, {"function", {{"name", tool}, {"arguments", dumpJson(arguments)}}}}}}});
    llm(std::move(output), "tool_calls");
    return callId;
}

void SpanWriter::toolResult(std::string_view tool, const Json& arguments, const std::string& callId, const Json& result)
{
    PlayedSpan& span = add(tool, "TOOL", 40, 420);
    const std::string text = dumpJson(result);
    setText(span.attributes, "input", dumpJson(arguments), "application/json");
    setText(span.attributes, "output", text, "application/json");
    span.attributes["tool"] = {{"name", tool}, {"parameters", arguments}};
    const auto known = m_rules.tools.find(tool);
    if (known != m_rules.tools.end()) span.attributes["tool"]["description"] = known->second.description;
    Json answer = message("tool", text);
    answer["message"]["tool_call_id"] = callId;
    m_messages.push_back(std::move(answer));
    m_messageBytes += text.size();
}

void SpanWriter::toolError(std::string_view tool, const Json& arguments, const std::string& callId, const std::string& error)
{
    toolResult(tool, arguments, callId, Json{{"error", error}});
    PlayedSpan& span = m_run.spans.back();
    const auto colon = error.find(": ");
    span.statusCode = "ERROR";
    span.statusMessage = error;
    span.events.push_back(
        exceptionEvent(span.end, error.substr(0, colon), colon == std::string::npos ? error : error.substr(colon + 2)));
}

std::optional<std::string> SpanWriter::rejected(std::string_view tool, const Json& arguments) const
{
    const auto known = m_rules.tools.find(tool);
    if (known == m_rules.tools.end()) return "UnknownToolError: there is no tool '" + std::string(tool) + "'";
    const ToolRule& rule = known->second;
    for (const auto& [name, value] : arguments.items()) {
        if (rule.closed && !rule.properties.contains(name))
            return "ValidationError: additional property '" + name + "' is not allowed";
        if (const auto pattern = rule.patterns.find(name); pattern != rule.patterns.end() && value.is_string()) {
            const auto text = value.get<std::string>();
            if (!std::regex_search(text, pattern->second))
                return "ValidationError: " + name + " '" + text + "' does not match the pattern '" +
                       rule.patternTexts.at(name) + "'";
        }
        if (const auto maximum = rule.maxima.find(name);
            maximum != rule.maxima.end() && value.is_number() && value.get<double>() > maximum->second)
            return "ValidationError: " + name + " " + value.dump() + " is above the maximum";
    }
    return std::nullopt;
}

const PolicyText* SpanWriter::retrievePolicy()
{
    const std::string today = formatDay(m_run.start);
    const PolicyText* best = nullptr;
    for (const PolicyText& policy : m_rules.policies) // by day, oldest first
        if (policy.inForceFrom <= today) best = &policy;
    PlayedSpan& span = add("policy_search", "RETRIEVER", 30, 180);
    setText(span.attributes, "input", "return window and refund rules: " + m_customer.reason);
    Json documents = Json::array();
    if (best) {
        const double score = 0.7 + static_cast<double>(m_random.below(250)) / 1000;
        documents.push_back({{"document",
                              {{"id", best->path},
                               {"content", best->text},
                               {"score", score},
                               {"metadata", {{"policy_id", best->id}, {"in_force_from", best->inForceFrom}}}}}});
        Json context = message("system", "Retrieved policy " + best->id + ":\n" + best->text);
        m_messageBytes += best->text.size();
        m_messages.push_back(std::move(context));
    }
    span.attributes["retrieval"] = {{"documents", std::move(documents)}};
    return best;
}

void SpanWriter::pause(int seconds) { m_now += seconds * 1000 * kMs; }

void SpanWriter::selfCheck()
{
    PlayedSpan& span = add("answer_check", "EVALUATOR", 15, 60);
    setText(span.attributes, "input", m_run.finalMessage);
    setText(span.attributes, "output", R"({"language_ok":true,"no_promise":true})", "application/json");
}

void SpanWriter::fail(PlayedFailure failure, std::string spanId)
{
    if (m_run.failure != PlayedFailure::None && failure != PlayedFailure::DoubleRefund) return;
    m_run.failure = failure;
    m_run.decisiveSpanId = std::move(spanId);
}

PlayedRun& SpanWriter::finish()
{
    PlayedSpan& root = m_run.spans.front();
    root.end = m_run.spans.back().end + m_random.between(1, 4) * kMs;
    m_run.end = root.end;
    if (!m_run.finalMessage.empty())
        setText(root.attributes, "output", m_run.finalMessage);
    else if (root.statusCode == "OK")
        root.statusCode = "UNSET";
    return m_run;
}

} // namespace tackroom
