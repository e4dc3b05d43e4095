// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/traces.h"

#include "core/base/hash.h"
#include "core/base/text.h"

#include <array>

namespace tackroom
{

namespace
{

constexpr std::array<std::string_view, 3> kOutcomes{"unknown", "success", "failure"};
constexpr std::array<std::string_view, 6> kSources{"none", "status", "model judge", "rule", "verifier", "human"};
constexpr std::array<std::string_view, 11> kStepKinds{"other",     "agent", "llm",   "tool",      "retriever", "guardrail",
                                                      "evaluator", "human", "chain", "embedding", "reranker"};
constexpr std::array<std::string_view, 3> kStatuses{"unset", "ok", "error"};
constexpr std::array<std::string_view, 4> kAnnotators{"unknown", "human", "code", "llm"};
constexpr std::array<std::string_view, 5> kDecisions{"approve", "reject", "edit", "override", "answer"};

template <class Enum, std::size_t N> std::string_view nameIn(const std::array<std::string_view, N>& names, Enum value)
{
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view{};
}

template <class Enum, std::size_t N>
Enum valueIn(const std::array<std::string_view, N>& names, std::string_view name, Enum fallback)
{
    const std::string lower = asciiLower(trimmed(name));
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == lower) return static_cast<Enum>(i);
    return fallback;
}

} // namespace

RunKey runKeyOf(std::string_view storeKind, std::string_view nativeId)
{
    // A zero byte between them: no kind can run over into an id.
    std::string text(storeKind);
    text += '\0';
    text += nativeId;
    return RunKey(xxh128Hex(text));
}

std::string_view nameOf(Outcome value) { return nameIn(kOutcomes, value); }
std::string_view nameOf(OutcomeSource value) { return nameIn(kSources, value); }
std::string_view nameOf(StepKind value) { return nameIn(kStepKinds, value); }
std::string_view nameOf(StepStatus value) { return nameIn(kStatuses, value); }
std::string_view nameOf(Annotator value) { return nameIn(kAnnotators, value); }
std::string_view nameOf(DecisionKind value) { return nameIn(kDecisions, value); }

StepKind stepKindOf(std::string_view name) { return valueIn(kStepKinds, name, StepKind::Other); }
Annotator annotatorOf(std::string_view name) { return valueIn(kAnnotators, name, Annotator::Unknown); }
Outcome outcomeOf(std::string_view name) { return valueIn(kOutcomes, name, Outcome::Unknown); }
OutcomeSource outcomeSourceOf(std::string_view name) { return valueIn(kSources, name, OutcomeSource::None); }

} // namespace tackroom
