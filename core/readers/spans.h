// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Spans of whatever dialect (OpenTelemetry GenAI semantic conventions of every generation, OpenInference, OpenLLMetry, Vercel
/// AI SDK, Google ADK, Pydantic AI, Microsoft Agent Framework …) to steps, messages and runs: the one normaliser that all span
/// stores share. Pure functions of foreign values; no files and no SQL here.
///
///   SpanAttributes   flat keys ("gen_ai.request.model") with values; nested objects are flattened with dots as they are added
///   Span             one span as a file or table has it
///   normaliseSpan    what it is as a Step, what it tells of its run, its messages
///   SpanRunBuilder   the spans of one trace put together to a run
#include "core/readers/fileformat.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

/// The attributes of a span, by flat key. Values are views into the parsed text that they were added from and live as long as
/// it.
class SpanAttributes
{
public:
    /// A JSON value as it is (text, number, truth value, array); an object is flattened: add("llm", {"model_name": "x"}) is
    /// llm.model_name = "x", and the object itself can still be had by json("llm").
    void add(std::string_view key, jsonvalues::Value value);
    /// OTLP's list of {"key", "value": {"stringValue" | "intValue" | "doubleValue" | "boolValue" | "arrayValue" | "kvlistValue"
    /// …}}.
    void addOtlp(jsonvalues::Value keyValues);
    void addText(std::string_view key, std::string_view text);
    void addNumber(std::string_view key, double number);

    [[nodiscard]] bool has(std::string_view key) const;
    /// A text as it is; numbers and truth values in JSON form; arrays and objects as compact JSON; empty where there is none.
    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] std::string firstText(std::initializer_list<std::string_view> keys) const;
    [[nodiscard]] std::optional<double> number(std::string_view key) const; ///< also of a text that is one
    [[nodiscard]] std::int64_t integer(std::string_view key) const;         ///< 0 where there is none
    /// Whether any key begins so ("llm.input_messages.").
    [[nodiscard]] bool hasPrefix(std::string_view prefix) const;
    /// The keys in order that begin so.
    [[nodiscard]] std::vector<std::string_view> keysBelow(std::string_view prefix) const;

    struct Data; ///< private to spans.cpp
    SpanAttributes();
    SpanAttributes(SpanAttributes&&) noexcept;
    SpanAttributes& operator=(SpanAttributes&&) noexcept;
    ~SpanAttributes();

private:
    std::unique_ptr<Data> d;
};

struct SpanEvent {
    std::string name;
    UtcNs time = 0;
    SpanAttributes attributes;
};

/// One span as the store has it.
struct Span {
    std::string traceId, spanId, parentId, name, scope;
    UtcNs start = 0, end = 0;
    StepStatus status = StepStatus::Unset;
    std::string statusText;
    SpanAttributes attributes;
    std::vector<SpanEvent> events;
    const SpanAttributes* resource = nullptr; ///< may be shared by many spans
};

/// What a span tells, in the common model.
struct NormalisedSpan {
    std::string traceId;
    Step step;
    std::string
        dialect; ///< "openinference", "gen_ai", "openllmetry", "vercel", "adk", "pydantic-ai" …; empty where none was seen
    // of its run
    std::string sessionId, userId, agentName, userText, answerText;
    std::string commit, commitKey, versionLabel, versionKey, promptVersion,
        promptKey; ///< harness version, each with the key that said so
    std::optional<double> costUsd;
    std::vector<Score> scores; ///< evaluation results in attributes or events (gen_ai.evaluation.* …)
    std::vector<HumanDecision> decisions;
    // only where asked for
    std::vector<Message> input, output;
    std::string inputText, outputText;
};
[[nodiscard]] NormalisedSpan normaliseSpan(const Span& span, bool wantBodies);

/// Puts the spans of one trace together: order, root, task, answer, status, tokens (of the llm steps, not counted twice where
/// parents repeat their children's), cost, session, user, agent, version; with bodies also the conversation, each message told
/// once.
class SpanRunBuilder
{
public:
    void add(NormalisedSpan span, std::string raw = {});
    [[nodiscard]] bool empty() const;
    /// The run; the builder is empty afterwards. `nativeId` = the trace id.
    [[nodiscard]] ParsedRun finish(bool wantBodies);

private:
    struct Part {
        NormalisedSpan span;
        std::string raw;
    };
    std::vector<Part> m_parts;
};

} // namespace tackroom
