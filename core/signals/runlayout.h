// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One run laid out for the detectors: made once, read by all. Refers to the record, which must outlive it.
#include "core/signals/signals.h"
#include "core/signals/words.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

struct ToolCallFact {
    const Step* step = nullptr;
    std::string_view tool;    ///< tool name, else the step's name
    std::string arguments;    ///< canonical where the tool is called more than once, without retry keys; else as it is
    bool hasRetryKey = false; ///< an idempotency key was among the arguments
    words::Effect effect = words::Effect::Unknown;
    bool failed = false;
    bool handOver = false;
    std::string error; ///< one sentence; empty where not failed
    words::ErrorKind errorKind = words::ErrorKind::Other;
    std::size_t position = 0; ///< in RunLayout::steps
};

struct RunLayout {
    const RunRecord* record = nullptr;
    OutcomeVerdict verdict;
    std::vector<const Step*> steps;         ///< by start, then as recorded
    std::vector<ToolCallFact> calls;        ///< in that order
    std::vector<const Step*> llm;           ///< llm steps in that order
    std::vector<const Step*> retrievals;    ///< retriever steps in that order
    std::vector<const Score*> failedScores; ///< that say Failure, as recorded
    bool agentSaidNo = false;               ///< the answer, or what the agent last said, is a refusal

    [[nodiscard]] const Step* stepOf(std::string_view nativeId) const; ///< null where unknown or empty
    [[nodiscard]] std::string_view lastSaid() const;                   ///< the answer, else the last llm output
};

/// A tool call by kind, or by a tool's name where the kind says nothing.
[[nodiscard]] bool isToolStep(const Step& step);
[[nodiscard]] RunLayout layOut(const RunRecord& record);
/// The arguments with sorted keys and no white space; keys that only mark a retry left out (told by `hasRetryKey`).
[[nodiscard]] std::string canonicalArguments(std::string_view arguments, bool* hasRetryKey);

namespace detect
{
// Each looks for its families (see detectors()) and appends what it finds.
void toolErrors(const RunLayout& run, std::vector<Signal>& out);
void ignoredErrors(const RunLayout& run, std::vector<Signal>& out);
void stepErrors(const RunLayout& run, std::vector<Signal>& out);
void repeatedCalls(const RunLayout& run, std::vector<Signal>& out);
void failedEvaluators(const RunLayout& run, std::vector<Signal>& out);
void humanDecisions(const RunLayout& run, std::vector<Signal>& out);
void handOvers(const RunLayout& run, std::vector<Signal>& out);
void abandonment(const RunLayout& run, std::vector<Signal>& out);
void modelRefusals(const RunLayout& run, std::vector<Signal>& out);
void retrievals(const RunLayout& run, std::vector<Signal>& out);
} // namespace detect

} // namespace tackroom
