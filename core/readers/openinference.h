// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// OpenInference attributes of one span, as Phoenix stores them (nested objects; older ones with flat keys inside lists), read
/// into the common model. Pure functions of foreign text; no database here.
#include "core/readers/harnessversion.h"
#include "core/readers/jsonvalues.h"
#include "core/traces/traces.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::openinference
{

using jsonvalues::Value;

/// What a span tells of its run, beside its step.
struct SpanFacts {
    std::string sessionId, userId, agentName;
    std::string userText;      ///< of the input: what the user asked
    std::string answerText;    ///< of the output
    bool hasOutput = false;    ///< there is an output, be it an empty text
    bool textsAreLate = false; ///< userText and answerText were not looked for yet
    std::optional<double> costUsd;
    VersionFacts version;
    /// As new; what the texts had of room they keep.
    void clear();
};

/// Parsers that are used again for every span. One a thread.
struct Parsers {
    jsonvalues::Parser attributes;
    jsonvalues::Parser metadata;
    jsonvalues::Parser inner; ///< of JSON inside a text: input.value, output.value
    jsonvalues::Parser events;
};

struct Reading {
    bool padded = false;    ///< simdjson's padding may be read behind the text
    bool lateTexts = false; ///< of tools and models, userText and answerText are left to readLateTexts: few runs want them
};
/// Fills the step from the attributes (`kind` where it is still Other) and answers what they tell of the run.
/// Damaged where the text is not a JSON object; the step keeps what it had.
[[nodiscard]] Result<SpanFacts> readAttributes(std::string_view attributes, Step& step, Parsers& parsers, Reading reading = {});
/// The same into facts that are used again for every span; as new where it fails.
[[nodiscard]] Status readAttributes(std::string_view attributes, Step& step, SpanFacts& facts, Parsers& parsers,
                                    Reading reading = {});
void readLateTexts(std::string_view attributes, SpanFacts& facts, Parsers& parsers);
/// Error type and text from the span's events (the last "exception"), where the step has none.
[[nodiscard]] Status readEvents(std::string_view events, Step& step, Parsers& parsers);

/// The messages of an llm span, whole: input, output. Empty where it has none.
struct LlmMessages {
    std::vector<Message> input, output;
};
[[nodiscard]] LlmMessages messagesOf(Value attributes);
/// The messages of one list of them ("llm.input_messages").
[[nodiscard]] std::vector<Message> messageList(Value list);
/// The texts of a list of documents ("retrieval.documents"), each with its id.
[[nodiscard]] std::string documentList(Value list);

/// input.value and output.value, whole. Of a retriever without an output: its documents.
struct Texts {
    std::string input, output;
};
[[nodiscard]] Texts textsOf(Value attributes);

/// What the user asked, of an input text: the last user message where it is JSON with messages, the member "input", "query",
/// "question" … where it is an object with one, else the text as it is.
[[nodiscard]] std::string userTextOf(std::string_view input, Parsers& parsers);
/// The same of an output text: the last assistant message, "output", "answer", "response" …
[[nodiscard]] std::string answerTextOf(std::string_view output, Parsers& parsers);

/// OpenInference's AGENT, CHAIN, LLM, TOOL …; UNKNOWN and PROMPT are Other.
[[nodiscard]] StepKind kindOf(std::string_view spanKind);

} // namespace tackroom::openinference
