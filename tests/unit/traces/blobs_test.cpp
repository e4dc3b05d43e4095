// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/blobs.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

std::string coded(std::size_t size, std::string begin = {})
{
    while (begin.size() < size) begin += "aB3/x+9Z"[begin.size() % 8];
    return begin;
}

TEST(Blobs, dataAddressesBecomeChips)
{
    EXPECT_EQ(foldBlobs("see data:image/png;base64," + coded(45'336) + "== here"), "see ⟦▣ image/png, 34 kB⟧ here");
    EXPECT_EQ(foldBlobs(R"({"url":"data:application/pdf;name=a;base64,)" + coded(2'000'000) + R"("})"), R"({"url":"⟦▣ application/pdf, 1.5 MB⟧"})");
    EXPECT_EQ(foldBlobs("data:;base64," + coded(100)), "⟦▣ base64, 75 B⟧");
    for (const char* text : {"data: image/png;base64, is a prefix", "data:image/png;base64,AAAA", "data:text/plain,hello"})
        EXPECT_EQ(foldBlobs(text), text);
}

TEST(Blobs, longBase64IsNamedByItsFirstBytes)
{
    EXPECT_EQ(foldBlobs("{\"b\":\"" + coded(4000, "iVBORw0KGgo") + "\"}"), "{\"b\":\"⟦▣ image/png, 3 kB⟧\"}");
    EXPECT_EQ(foldBlobs(coded(4000, "/9j/")), "⟦▣ image/jpeg, 3 kB⟧");
    EXPECT_EQ(foldBlobs(coded(4000)), "⟦▣ base64, 3 kB⟧");
    const std::string hex(2000, 'a'), line(2000, '-'), shorter = coded(300);
    for (const std::string& text : {hex, line, shorter, std::string("plain words, nothing else"), std::string()}) EXPECT_EQ(foldBlobs(text), text);
}

TEST(Blobs, severalAndWhatStandsBetween)
{
    const std::string one = "data:image/png;base64," + coded(400);
    EXPECT_EQ(foldBlobs("a " + one + " b " + one + " c"), "a ⟦▣ image/png, 300 B⟧ b ⟦▣ image/png, 300 B⟧ c");
}

} // namespace
} // namespace tackroom
