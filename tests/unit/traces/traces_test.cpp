// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/traces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tackroom
{
namespace
{

TEST(Traces, everyNameIsSetAndDistinct)
{
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(StepKind::Reranker); ++i) names.insert(nameOf(static_cast<StepKind>(i)));
    EXPECT_EQ(names.size(), 11U);
    EXPECT_FALSE(names.contains(""));
    EXPECT_EQ(nameOf(StepKind::Retriever), "retriever");
    EXPECT_EQ(nameOf(Outcome::Failure), "failure");
    EXPECT_EQ(nameOf(OutcomeSource::ModelJudge), "model judge");
    EXPECT_EQ(nameOf(OutcomeSource::Human), "human");
    EXPECT_EQ(nameOf(StepStatus::Error), "error");
    EXPECT_EQ(nameOf(Annotator::Llm), "llm");
    EXPECT_EQ(nameOf(DecisionKind::Answer), "answer");
    EXPECT_EQ(nameOf(static_cast<StepKind>(200)), "");
}

TEST(Traces, namesAreReadBackInAnyCase)
{
    for (int i = 0; i <= static_cast<int>(StepKind::Reranker); ++i) {
        const auto kind = static_cast<StepKind>(i);
        EXPECT_EQ(stepKindOf(nameOf(kind)), kind);
        std::string upper(nameOf(kind));
        std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
        EXPECT_EQ(stepKindOf(upper), kind);
    }
    EXPECT_EQ(stepKindOf("PROMPT"), StepKind::Other);
    EXPECT_EQ(annotatorOf("CODE"), Annotator::Code);
    EXPECT_EQ(annotatorOf("robot"), Annotator::Unknown);
    EXPECT_EQ(outcomeOf("Failure"), Outcome::Failure);
    EXPECT_EQ(outcomeSourceOf("model judge"), OutcomeSource::ModelJudge);
}

TEST(Traces, aRunKeyDependsOnKindAndIdAlone)
{
    const RunKey key = runKeyOf("phoenix-sqlite", "abc");
    EXPECT_EQ(key.value.size(), 32U);
    EXPECT_EQ(key, runKeyOf("phoenix-sqlite", "abc"));
    EXPECT_NE(key, runKeyOf("phoenix-sqlite", "abd"));
    EXPECT_NE(key, runKeyOf("phoenix-sqlitea", "bc"));
    // Written down: a key names a run in journals for ever, on every machine.
    EXPECT_EQ(runKeyOf("phoenix-sqlite", "74c19c97bbac5dd9da6ca4a164b226b6").value, "a05c85d30b03baa3e4fbeaf3285611c5");
}

} // namespace
} // namespace tackroom
