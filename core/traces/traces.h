// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/traces: the common model of what an agent's store holds, whatever its format. A reader maps what the store has and
/// leaves the rest empty; it never guesses silently. Plain values without behaviour; bodies are not part of them (Body).
///
///   Run            one recorded execution of the agent (a trace)
///   Step           one span of it
///   Score          an annotation of a run or step, by a human, code or a model
///   HumanDecision  a person's approve, reject, edit, override or answer inside a run
///   Body           the texts of one step or run, fetched when shown
#include "core/base/strongid.h"
#include "core/base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// xxh128 (32 hex digits) of store kind and native id, or of the content where there is no id; never of a path.
/// It names a run in the journal and is the same on every machine.
using RunKey = Strong<struct RunKeyTag, std::string>;
[[nodiscard]] RunKey runKeyOf(std::string_view storeKind, std::string_view nativeId);

enum class Outcome : std::uint8_t { Unknown, Success, Failure };
/// Who decided the outcome, strongest first; the strongest that says something wins, the others are kept beside it.
enum class OutcomeSource : std::uint8_t { None, Status, ModelJudge, Rule, Verifier, Human };
enum class StepKind : std::uint8_t {
    Other,
    Agent,
    Llm,
    Tool,
    Retriever,
    Guardrail,
    Evaluator,
    Human,
    Chain,
    Embedding,
    Reranker
};
enum class StepStatus : std::uint8_t { Unset, Ok, Error };
enum class Annotator : std::uint8_t { Unknown, Human, Code, Llm };
enum class DecisionKind : std::uint8_t { Approve, Reject, Edit, Override, Answer };

[[nodiscard]] std::string_view nameOf(Outcome);       ///< "unknown", "success", "failure"
[[nodiscard]] std::string_view nameOf(OutcomeSource); ///< "none", "status", "model judge", "rule", "verifier", "human"
[[nodiscard]] std::string_view nameOf(StepKind);      ///< "agent", "llm", "tool", …
[[nodiscard]] std::string_view nameOf(StepStatus);
[[nodiscard]] std::string_view nameOf(Annotator);
[[nodiscard]] std::string_view nameOf(DecisionKind);
[[nodiscard]] StepKind stepKindOf(std::string_view name); ///< case-insensitive; Other where unknown
[[nodiscard]] Annotator annotatorOf(std::string_view name);
[[nodiscard]] Outcome outcomeOf(std::string_view name);
[[nodiscard]] OutcomeSource outcomeSourceOf(std::string_view name);

struct Run {
    RunKey key;
    std::string nativeId;
    std::string sessionId;
    std::string userId;
    std::string agentName;
    std::string project;
    std::string harnessVersion;       ///< what the trace says: a commit id, a version label; empty where it says nothing
    std::string harnessVersionLabel;  ///< a label that the trace has beside a commit id ("v4"); empty where there is none
    std::string harnessVersionSource; ///< the key that said so: "commit key", "version key", "prompt version", …
    UtcNs start = 0;
    UtcNs end = 0;
    std::string task;                      ///< what the user asked, cut to 2,000 bytes
    std::string answer;                    ///< the last thing the agent said, cut to 2,000 bytes
    StepStatus status = StepStatus::Unset; ///< of the root step
    std::int64_t promptTokens = 0;
    std::int64_t completionTokens = 0;
    std::optional<double> costUsd;
    std::int64_t stepCount = 0;
    std::int64_t errorCount = 0;
    std::string source; ///< the file (of a store of several) that the run comes from; empty where the store is one
    std::string place;  ///< where in the store its reader finds it again: a text of the reader's own, at most 4 KiB
};

struct Step {
    std::string nativeId;
    std::string parentId; ///< native id; empty for a root
    StepKind kind = StepKind::Other;
    std::string name;
    UtcNs start = 0;
    UtcNs end = 0;
    StepStatus status = StepStatus::Unset;
    std::string errorType;
    std::string errorText; ///< cut to 2,000 bytes
    std::string model;
    std::string toolName;
    std::string arguments;  ///< of a tool call, as in the store, cut to 4,000 bytes
    std::string result;     ///< of a tool call or retrieval, cut to 4,000 bytes
    std::string inputText;  ///< last input message of an llm or agent step, cut to 2,000 bytes
    std::string outputText; ///< what it said, cut to 2,000 bytes
    std::int64_t promptTokens = 0;
    std::int64_t completionTokens = 0;
};

struct Score {
    std::string stepId; ///< native id; empty: of the run
    std::string name;
    std::string label;
    std::optional<double> value;
    std::string explanation;
    Annotator annotator = Annotator::Unknown;
    std::string by;
    UtcNs time = 0;
    /// What this score says of the run, where the reader knows (reward, experiment label, "incorrect" …).
    Outcome says = Outcome::Unknown;
    OutcomeSource weight = OutcomeSource::None;
};

struct HumanDecision {
    std::string stepId;
    DecisionKind kind = DecisionKind::Answer;
    std::string by;
    UtcNs time = 0;
    std::string target; ///< what was decided: a tool call, a refusal
    std::string before;
    std::string after;
    std::string reason;
};

/// One message of a conversation, whole.
struct Message {
    std::string role; ///< system, user, assistant, tool
    std::string name; ///< of a tool
    std::string content;
    struct ToolCall {
        std::string id, name, arguments;
    };
    std::vector<ToolCall> toolCalls;
    std::string toolCallId;
    std::string stepId; ///< the step that said it, where known
};

/// The texts of one step (or of the whole run), read when shown.
struct Body {
    std::vector<Message> messages; ///< of a run: the conversation in order; of an llm step: its input, then its output
    std::string input;             ///< raw text where there are no messages
    std::string output;
    std::string raw; ///< the step as the store has it, JSON; cut at the asked-for limit
    std::uint64_t omittedBytes = 0;
};

} // namespace tackroom
