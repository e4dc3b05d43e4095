// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/boundedqueue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace tackroom
{
namespace
{

TEST(BoundedQueue, handsOverInOrderAndNeverMoreThanItsCapacityAhead)
{
    BoundedQueue<std::unique_ptr<int>> queue(3);
    std::atomic<int> pushed = 0, taken = 0, mostAhead = 0;
    std::thread producer([&] {
        for (int i = 0; i < 20'000; ++i) {
            ASSERT_TRUE(queue.push(std::make_unique<int>(i)));
            const int ahead = ++pushed - taken;
            if (ahead > mostAhead) mostAhead = ahead;
        }
        queue.close();
    });
    int next = 0;
    while (auto value = queue.pop()) {
        EXPECT_EQ(**value, next++);
        ++taken;
    }
    producer.join();
    EXPECT_EQ(next, 20'000);
    EXPECT_LE(mostAhead, 5); // three in it, one in the consumer's hand and one not counted yet
    EXPECT_FALSE(queue.pop());
    EXPECT_FALSE(queue.push(nullptr));
}

TEST(BoundedQueue, aProducerThatWaitsForRoomIsLetGo)
{
    BoundedQueue<int> queue(1);
    ASSERT_TRUE(queue.push(1));
    std::thread producer([&] { EXPECT_FALSE(queue.push(2)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    queue.close();
    producer.join();
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_FALSE(queue.pop());
}

} // namespace
} // namespace tackroom
