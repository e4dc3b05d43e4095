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

void bindRun(Statement& to, const Run& run, const RunNumbers& numbers)
{
    Binder values(to);
    values.add(run.key.value).add(numbers.content).add(run.nativeId).add(run.sessionId).add(run.userId);
    values.add(run.agentName).add(run.project).add(run.harnessVersion).add(run.harnessVersionLabel);
    values.add(run.harnessVersionSource).add(run.start).add(run.end).add(static_cast<int>(run.status));
    values.add(run.promptTokens).add(run.completionTokens);
    values.add(run.costUsd);
    values.add(run.stepCount).add(run.errorCount).add(numbers.scores).add(numbers.decisions).add(numbers.nameSet);
    values.add(run.task).add(run.answer).add(run.source).add(run.place);
}

} // namespace tackroom::rowvalues
