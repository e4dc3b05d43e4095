// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/judgement.h"

#include "core/base/text.h"

#include <array>

namespace tackroom
{

namespace
{
constexpr std::array<std::string_view, 4> kVerdicts{"good", "bad", "unsure", "withdrawn"};
} // namespace

std::string_view nameOf(JudgeVerdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::optional<JudgeVerdict> judgeVerdictOf(std::string_view name)
{
    const std::string lower = asciiLower(trimmed(name));
    for (std::size_t i = 0; i < kVerdicts.size(); ++i)
        if (kVerdicts[i] == lower) return static_cast<JudgeVerdict>(i);
    return std::nullopt;
}

Json RunJudgement::toJson() const
{
    Json json{{"run", run}, {"verdict", std::string(nameOf(verdict))}};
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) json[key] = value;
    };
    put("adopted", adopted);
    put("preference", preference);
    put("relevance", relevance);
    put("missingKnowledge", missingKnowledge);
    put("copyOf", copyOf);
    return json;
}

std::optional<RunJudgement> RunJudgement::fromJson(const Json& json)
{
    const auto verdict = judgeVerdictOf(stringAt(json, "verdict"));
    RunJudgement judgement;
    judgement.run = stringAt(json, "run");
    if (!verdict || judgement.run.empty()) return std::nullopt;
    judgement.verdict = *verdict;
    judgement.adopted = stringAt(json, "adopted");
    judgement.preference = stringAt(json, "preference");
    judgement.relevance = stringAt(json, "relevance");
    judgement.missingKnowledge = stringAt(json, "missingKnowledge");
    judgement.copyOf = stringAt(json, "copyOf");
    return judgement;
}

} // namespace tackroom
