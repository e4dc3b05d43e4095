// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/text/decisivestep.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace tackroom
{

TEST(DecisiveStep, accusesWhoAssumesAndNotWhoRunsCode)
{
    const std::vector<AgentMessage> messages = {
        {"Planner", "Here is a plan."},
        {"Coder", "Let's assume sample data of 3 rows.\n```python\nprint(4)\n```"},
        {"Computer_terminal", "exitcode: 0 (execution succeeded)\nCode output: 4"},
        {"Planner", "TERMINATE"},
    };
    const DecisiveStep found = decisiveStepOf(messages);
    EXPECT_EQ(found.agent, "Coder");
    EXPECT_EQ(found.step, 1U);
    EXPECT_GT(found.stepShare, 0.25);
    EXPECT_LE(found.agentShare, 1.0);
}

TEST(DecisiveStep, livesThroughOddConversations)
{
    EXPECT_EQ(decisiveStepOf({}).step, 0U);
    EXPECT_EQ(decisiveStepOf({{"", ""}}).step, 0U);
    EXPECT_EQ(decisiveStepOf({{"human", std::string(1'000'000, 'x')}, {"human", "\xff"}}).agent, "human");
    EXPECT_EQ(agentName("Orchestrator (-> WebSurfer)"), "Orchestrator");
    EXPECT_EQ(agentName("Coder"), "Coder");
    EXPECT_EQ(agentName(" (x)"), " (x)");
}

TEST(DecisiveStep, reachesTheGoalOnRecordedConversations)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const std::filesystem::path folder =
        std::filesystem::path(data ? data : "../shared/data") / "who-and-when/Algorithm-Generated";
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "there is no who-and-when in TACKROOM_SHARED_DATA";
    double agents = 0, steps = 0, near = 0, all = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto file = readFile(entry.path(), 16 << 20);
        ASSERT_TRUE(file);
        const auto json = parseJson(*file, entry.path().string());
        ASSERT_TRUE(json);
        std::vector<AgentMessage> messages;
        for (const Json& message : (*json)["history"])
            messages.push_back({stringAt(message, "name"), stringAt(message, "content")});
        const DecisiveStep found = decisiveStepOf(messages);
        const int truth = std::stoi(stringAt(*json, "mistake_step")), step = static_cast<int>(found.step);
        agents += found.agent == stringAt(*json, "mistake_agent");
        steps += step == truth;
        near += std::abs(step - truth) <= 3;
        ++all;
    }
    std::printf("Who&When, generated half (the weights were learnt from it): n %.0f, agent %.3f, step %.3f, within 3 %.3f\n",
                all, agents / all, steps / all, near / all);
    EXPECT_GE(agents / all, 0.58);
    EXPECT_GE(steps / all, 0.33);
    EXPECT_GE(near / all, 0.70);
}

} // namespace tackroom
