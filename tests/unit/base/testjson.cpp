// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

TEST(Json, KeepsTheOrderOfKeys)
{
    const auto value = parseJson(R"({"z":1,"a":2,"m":[1,{"y":0,"b":1}]})", "x");
    ASSERT_TRUE(value);
    EXPECT_EQ(dumpJson(*value), R"({"z":1,"a":2,"m":[1,{"y":0,"b":1}]})");
}

TEST(Json, NamesLineAndColumn)
{
    const auto value = parseJson("{\n  \"a\": 1,\n  oops\n}", "file.json");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, ErrorCode::Damaged);
    EXPECT_EQ(value.error().where, "file.json");
    EXPECT_EQ(value.error().detail, "line 3, column 3: not well-formed JSON");
    EXPECT_EQ(parseJson("[1,", "x").error().detail, "line 1, column 3: the JSON ends too early");
    EXPECT_FALSE(parseJson("", "x"));
    EXPECT_FALSE(parseJson("[1] 2", "x"));
    EXPECT_FALSE(parseJson("[1e999]", "x"));
    EXPECT_FALSE(parseJson("[\"\xFF\"]", "x"));
}

TEST(Json, RefusesWhatIsTooDeepOrTooWide)
{
    EXPECT_EQ(parseJson(std::string(100'000, '['), "x").error().code, ErrorCode::Refused);
    EXPECT_TRUE(parseJson(std::string(150, '[') + std::string(150, ']'), "x"));
    EXPECT_TRUE(parseJson("[\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"]", "x"));
    std::string wide = "{";
    for (int i = 0; i < 30'000; ++i) wide += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
    EXPECT_EQ(parseJson(wide + "}", "x").error().code, ErrorCode::Refused);
    std::string longArray = "[0";
    for (int i = 0; i < 30'000; ++i) longArray += ",0";
    EXPECT_TRUE(parseJson(longArray + "]", "x"));
}

TEST(Json, IllFormedTextIsReplacedOnTheWayOut)
{
    Json value;
    value["a"] = "x\xFFy";
    EXPECT_EQ(dumpJson(value), "{\"a\":\"x\uFFFDy\"}");
    EXPECT_EQ(dumpJson(Json{{"a", 1}}, 2), "{\n  \"a\": 1\n}");
}

TEST(Json, MembersByType)
{
    const auto parsed = parseJson(R"({"s":"t","i":-3,"big":18446744073709551615,"d":1.5,"b":true,"n":null})", "x");
    ASSERT_TRUE(parsed);
    const Json& object = *parsed;
    EXPECT_EQ(stringAt(object, "s"), "t");
    EXPECT_EQ(stringAt(object, "i", "none"), "none");
    EXPECT_EQ(stringAt(object, "missing", "none"), "none");
    EXPECT_EQ(intAt(object, "i"), -3);
    EXPECT_EQ(intAt(object, "big", 7), 7);
    EXPECT_EQ(intAt(object, "d", 7), 7);
    EXPECT_EQ(doubleAt(object, "d"), 1.5);
    EXPECT_EQ(doubleAt(object, "i"), -3.0);
    EXPECT_TRUE(boolAt(object, "b"));
    EXPECT_TRUE(boolAt(object, "s", true));
    EXPECT_TRUE(memberAt(object, "n").is_null());
    EXPECT_TRUE(memberAt(object, "missing").is_null());
    EXPECT_TRUE(memberAt(Json::array(), "x").is_null());
}

} // namespace
} // namespace tackroom
