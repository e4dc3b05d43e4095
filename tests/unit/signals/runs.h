// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Small runs for the detectors' tests, built step by step.
#include "core/signals/signals.h"

#include <string>
#include <utility>

namespace tackroom::testing
{

class RunBuilder
{
public:
    RunBuilder()
    {
        m_record.run.key = RunKey("key");
        m_record.run.task = "please refund my order";
        m_record.run.answer = "Your refund is under way.";
        m_record.run.status = StepStatus::Ok;
        Step root;
        root.nativeId = "root";
        root.kind = StepKind::Agent;
        root.name = "agent";
        root.start = m_time;
        m_record.steps.push_back(root);
    }

    Step& step(StepKind kind, std::string name)
    {
        Step step;
        step.nativeId = "s" + std::to_string(m_record.steps.size());
        step.parentId = "root";
        step.kind = kind;
        step.name = std::move(name);
        step.start = ++m_time;
        step.status = StepStatus::Ok;
        m_record.steps.push_back(std::move(step));
        return m_record.steps.back();
    }

    Step& call(std::string tool, std::string arguments, std::string result)
    {
        Step& made = step(StepKind::Tool, tool);
        made.toolName = std::move(tool);
        made.arguments = std::move(arguments);
        made.result = std::move(result);
        return made;
    }

    Step& failedCall(std::string tool, std::string arguments, std::string error)
    {
        Step& made = call(std::move(tool), std::move(arguments), {});
        made.status = StepStatus::Error;
        made.errorText = std::move(error);
        return made;
    }

    Step& says(std::string text)
    {
        Step& made = step(StepKind::Llm, "chat");
        made.outputText = std::move(text);
        m_record.run.answer = made.outputText;
        return made;
    }

    Score& score(std::string stepId, std::string name, std::string label, Outcome says, OutcomeSource weight,
                 std::string explanation = {})
    {
        Score score;
        score.stepId = std::move(stepId);
        score.name = std::move(name);
        score.label = std::move(label);
        score.explanation = std::move(explanation);
        score.says = says;
        score.weight = weight;
        score.annotator = weight == OutcomeSource::Human        ? Annotator::Human
                          : weight == OutcomeSource::ModelJudge ? Annotator::Llm
                                                                : Annotator::Code;
        m_record.scores.push_back(std::move(score));
        return m_record.scores.back();
    }

    HumanDecision& decision(std::string stepId, DecisionKind kind, std::string target, std::string before = {},
                            std::string after = {})
    {
        HumanDecision decision;
        decision.stepId = std::move(stepId);
        decision.kind = kind;
        decision.by = "Ines";
        decision.target = std::move(target);
        decision.before = std::move(before);
        decision.after = std::move(after);
        m_record.decisions.push_back(std::move(decision));
        return m_record.decisions.back();
    }

    RunRecord& record() { return m_record; }
    operator const RunRecord&() const { return m_record; }

private:
    RunRecord m_record;
    UtcNs m_time = 1'000;
};

inline const Signal* find(const std::vector<Signal>& signals, std::string_view family)
{
    for (const Signal& signal : signals)
        if (signal.family == family) return &signal;
    return nullptr;
}

} // namespace tackroom::testing
