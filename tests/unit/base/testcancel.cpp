// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/cancel.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <thread>

namespace tackroom
{
namespace
{

TEST(Cancel, ADefaultTokenIsNeverCancelled)
{
    const CancelToken token;
    EXPECT_FALSE(token.cancelled());
    const auto guard = token.onCancel([] { FAIL(); });
    EXPECT_EQ(CancelToken::error().error().code, ErrorCode::Cancelled);
}

TEST(Cancel, CopiesShareTheFlagAndActionsRunOnce)
{
    CancelSource source;
    const CancelToken copy = source.token();
    int calls = 0;
    const auto guard = copy.onCancel([&] { ++calls; });
    EXPECT_FALSE(copy.cancelled());
    source.cancel();
    source.cancel();
    EXPECT_TRUE(copy.cancelled());
    EXPECT_EQ(calls, 1);
    const auto late = copy.onCancel([&] { ++calls; });
    EXPECT_EQ(calls, 2);
}

TEST(Cancel, ADeadGuardsActionIsNotCalled)
{
    CancelSource source;
    int calls = 0;
    {
        const auto guard = source.token().onCancel([&] { ++calls; });
    }
    source.cancel();
    EXPECT_EQ(calls, 0);
}

TEST(Cancel, TheGuardsEndWaitsForARunningAction)
{
    CancelSource source;
    std::atomic<bool> started = false;
    std::atomic<bool> ended = false;
    auto guard = std::make_unique<CancelToken::Guard>(source.token().onCancel([&] {
        started = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ended = true;
    }));
    std::thread canceller([&] { source.cancel(); });
    while (!started) std::this_thread::yield();
    guard.reset();
    EXPECT_TRUE(ended);
    canceller.join();
}

TEST(Cancel, ProgressGoesToItsSink)
{
    std::uint64_t last = 0;
    const Progress progress([&](std::string_view what, std::uint64_t done, std::uint64_t total) {
        EXPECT_EQ(what, "reading");
        EXPECT_EQ(total, 10u);
        last = done;
    });
    progress.report("reading", 4, 10);
    EXPECT_EQ(last, 4u);
    Progress().report("nowhere", 1, 1);
}

} // namespace
} // namespace tackroom
