// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/rowvalues.h"

#include <optional>

namespace tackroom::rowvalues
{

namespace
{

/// Binds one parameter after the other.
class Binder
{
public:
    explicit Binder(Statement& to) : m_to(to) {}
    template <class Value> Binder& add(const Value& value)
    {
        m_to.bind(++m_index, value);
        return *this;
    }
    Binder& add(std::optional<double> value)
    {
        if (value) return add(*value);
        return add(nullptr);
    }

private:
    Statement& m_to;
    int m_index = 0;
};

} // namespace

Run readRun(const Statement& row)
{
    Run run;
    int c = 1;
    run.key = RunKey(row.stringAt(c++));
    run.nativeId = row.stringAt(c++);
    run.sessionId = row.stringAt(c++);
    run.userId = row.stringAt(c++);
    run.agentName = row.stringAt(c++);
    run.project = row.stringAt(c++);
    run.harnessVersion = row.stringAt(c++);
    run.harnessVersionLabel = row.stringAt(c++);
    run.harnessVersionSource = row.stringAt(c++);
    run.start = row.intAt(c++);
    run.end = row.intAt(c++);
    run.status = enumOf(row.intAt(c++), StepStatus::Error);
    run.promptTokens = row.intAt(c++);
    run.completionTokens = row.intAt(c++);
    if (!row.isNullAt(c)) run.costUsd = row.doubleAt(c);
    ++c;
    run.stepCount = row.intAt(c++);
    run.errorCount = row.intAt(c++);
    run.task = row.stringAt(c++);
    run.answer = row.stringAt(c++);
    run.source = row.stringAt(c++);
    run.place = row.stringAt(c++);
    return run;
}

void bindRun(Statement& to, const Run& run, std::int64_t content, std::int64_t scores, std::int64_t decisions)
{
    Binder values(to);
    values.add(run.key.value).add(content).add(run.nativeId).add(run.sessionId).add(run.userId);
    values.add(run.agentName).add(run.project).add(run.harnessVersion).add(run.harnessVersionLabel);
    values.add(run.harnessVersionSource).add(run.start).add(run.end).add(static_cast<int>(run.status));
    values.add(run.promptTokens).add(run.completionTokens);
    values.add(run.costUsd);
    values.add(run.stepCount).add(run.errorCount).add(scores).add(decisions).add(run.task).add(run.answer);
    values.add(run.source).add(run.place);
}

void bindStep(Statement& to, std::int64_t id, std::int64_t parent, int depth, const Step& step)
{
    Binder values(to);
    values.add(id).add(parent).add(depth).add(step.nativeId).add(step.parentId);
    values.add(static_cast<int>(step.kind)).add(step.name).add(step.start).add(step.end);
    values.add(static_cast<int>(step.status)).add(step.errorType).add(step.errorText).add(step.model);
    values.add(step.toolName).add(step.arguments).add(step.result).add(step.inputText).add(step.outputText);
    values.add(step.promptTokens).add(step.completionTokens);
}

Step readStep(const Statement& row)
{
    Step step;
    int c = 3;
    step.nativeId = row.stringAt(c++);
    step.parentId = row.stringAt(c++);
    step.kind = enumOf(row.intAt(c++), StepKind::Reranker);
    step.name = row.stringAt(c++);
    step.start = row.intAt(c++);
    step.end = row.intAt(c++);
    step.status = enumOf(row.intAt(c++), StepStatus::Error);
    step.errorType = row.stringAt(c++);
    step.errorText = row.stringAt(c++);
    step.model = row.stringAt(c++);
    step.toolName = row.stringAt(c++);
    step.arguments = row.stringAt(c++);
    step.result = row.stringAt(c++);
    step.inputText = row.stringAt(c++);
    step.outputText = row.stringAt(c++);
    step.promptTokens = row.intAt(c++);
    step.completionTokens = row.intAt(c++);
    return step;
}

void bindScore(Statement& to, std::int64_t id, const Score& score)
{
    Binder values(to);
    values.add(id).add(score.stepId).add(score.name).add(score.label);
    values.add(score.value);
    values.add(score.explanation).add(static_cast<int>(score.annotator)).add(score.by).add(score.time);
    values.add(static_cast<int>(score.says)).add(static_cast<int>(score.weight));
}

Score readScore(const Statement& row)
{
    Score score;
    score.stepId = row.stringAt(1);
    score.name = row.stringAt(2);
    score.label = row.stringAt(3);
    if (!row.isNullAt(4)) score.value = row.doubleAt(4);
    score.explanation = row.stringAt(5);
    score.annotator = enumOf(row.intAt(6), Annotator::Llm);
    score.by = row.stringAt(7);
    score.time = row.intAt(8);
    score.says = enumOf(row.intAt(9), Outcome::Failure);
    score.weight = enumOf(row.intAt(10), OutcomeSource::Human);
    return score;
}

void bindDecision(Statement& to, std::int64_t id, const HumanDecision& decision)
{
    Binder values(to);
    values.add(id).add(decision.stepId).add(static_cast<int>(decision.kind)).add(decision.by);
    values.add(decision.time).add(decision.target).add(decision.before).add(decision.after).add(decision.reason);
}

HumanDecision readDecision(const Statement& row)
{
    HumanDecision decision;
    decision.stepId = row.stringAt(1);
    decision.kind = enumOf(row.intAt(2), DecisionKind::Answer);
    decision.by = row.stringAt(3);
    decision.time = row.intAt(4);
    decision.target = row.stringAt(5);
    decision.before = row.stringAt(6);
    decision.after = row.stringAt(7);
    decision.reason = row.stringAt(8);
    return decision;
}

} // namespace tackroom::rowvalues
