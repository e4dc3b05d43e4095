// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Fifty runs of which it is known why they fail.
#include "core/base/format.h"
#include "tests/unit/clusters/clustertesting.h"

namespace tackroom::testing
{

inline constexpr UtcNs kDay = std::int64_t{86'400} * 1'000'000'000;
inline constexpr UtcNs kMonday = 1'772'409'600LL * 1'000'000'000; // 2026-03-02

/// A run of the day `day` since a Monday. Fails by the check "ok" where `fails`.
inline RunRecord recordOf(int number, int day, bool fails)
{
    RunRecord record;
    record.run.nativeId = formatText("run-{:05}", number);
    record.run.key = runKeyOf("given", record.run.nativeId);
    record.run.start = kMonday + day * kDay + number;
    record.run.end = record.run.start + 1'000'000;
    record.run.userId = formatText("user-{}", number % 7);
    record.run.harnessVersion = day < 7 ? "v1" : "v2";
    record.run.task = formatText("please refund order {} for the blue tent", number);
    record.run.answer = "Done.";
    record.run.status = StepStatus::Ok;
    Step root;
    root.nativeId = "root";
    root.kind = StepKind::Agent;
    root.name = "agent";
    root.start = record.run.start;
    record.steps.push_back(root);
    Score score;
    score.stepId = "root";
    score.name = "ok";
    score.label = fails ? "fail" : "pass";
    score.annotator = Annotator::Llm;
    score.weight = OutcomeSource::ModelJudge;
    score.says = fails ? Outcome::Failure : Outcome::Success;
    record.scores.push_back(score);
    return record;
}

inline void addCall(RunRecord& record, const std::string& tool, const std::string& error)
{
    Step step;
    step.nativeId = formatText("call-{}", record.steps.size());
    step.parentId = "root";
    step.kind = StepKind::Tool;
    step.name = step.toolName = tool;
    step.start = record.run.start + static_cast<UtcNs>(record.steps.size());
    step.arguments = formatText("{{\"id\":\"{}\"}}", record.run.nativeId);
    step.errorText = error;
    step.status = error.empty() ? StepStatus::Ok : StepStatus::Error;
    step.result = error.empty() ? record.run.nativeId : std::string();
    record.steps.push_back(step);
}

/// 30 passing and 20 failing runs over two weeks; of the failing, 12 by lookup_order, 6 by send_mail, 2 by the judge alone.
inline std::vector<RunRecord> smallStore()
{
    std::vector<RunRecord> records;
    for (int i = 0; i < 50; ++i) {
        const bool fails = i % 5 < 2;
        RunRecord record = recordOf(i, i % 14, fails);
        const int which = i / 5 * 2 + i % 5; // of the failing: 0 … 19
        if (!fails || which >= 18)
            addCall(record, "lookup_order", "");
        else if (which < 12)
            addCall(record, "lookup_order", formatText("unknown order id 'W{}'", 1000 + i));
        else
            addCall(record, "send_mail", formatText("no address for customer {}", i));
        records.push_back(std::move(record));
    }
    return records;
}

inline ClusterOverview overviewOf(const std::filesystem::path& folder)
{
    auto queries = ClusterQueries::open(folder, {});
    EXPECT_TRUE(queries) << (queries ? "" : oneLine(queries.error()));
    if (!queries) return {};
    return (*queries)->overview().value_or(ClusterOverview());
}

} // namespace tackroom::testing
