// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/jsonpieces.h"

#include "core/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>
#include <random>

namespace tackroom
{
namespace
{

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = JsonPiece::Kind;

std::vector<JsonPiece> in(std::string_view text, const JsonPiece& parent)
{
    auto pieces = jsonPiecesIn(text, parent, {});
    EXPECT_TRUE(pieces) << pieces.error().detail;
    return pieces ? *pieces : std::vector<JsonPiece>();
}

std::string nameOf(std::string_view text, const JsonPiece& piece)
{
    return decodedJsonString(text.substr(piece.nameAt, piece.nameBytes));
}

/// Everything that pieces tell, built again: equal to what a parser makes of the whole.
Json builtOf(std::string_view text, const JsonPiece& piece)
{
    if (piece.kind == Kind::Text) return decodedJsonString(jsonLiteral(text, piece));
    if (!piece.holdsOthers()) return *parseJson(text.substr(piece.at, piece.bytes), {});
    Json json = piece.kind == Kind::Object || (piece.kind == Kind::Group && piece.inObject) ? Json::object() : Json::array();
    const auto pieces = in(text, piece);
    EXPECT_LE(pieces.size(), kMostJsonPieces);
    std::uint64_t count = 0;
    for (const JsonPiece& each : pieces) {
        if (each.kind == Kind::Group) {
            EXPECT_EQ(each.first, piece.first + count);
            const Json part = builtOf(text, each);
            if (part.is_object())
                json.update(part);
            else
                json.insert(json.end(), part.begin(), part.end());
            count += each.count;
        } else {
            ++count;
            if (each.inObject)
                json[nameOf(text, each)] = builtOf(text, each);
            else
                json.push_back(builtOf(text, each));
        }
    }
    EXPECT_EQ(count, piece.count);
    return json;
}

void expectSame(const std::string& text)
{
    const auto root = jsonRoot(text, {});
    ASSERT_TRUE(root) << text.substr(0, 200);
    EXPECT_EQ(builtOf(text, *root), *parseJson(text, {})) << text.substr(0, 200);
}

TEST(JsonPieces, tellWhatAParserTells)
{
    expectSame(R"({"a":{"b":[1,{"c":"<i>x</i>"}]},"n":null,"e":{},"l":[], "s":"\"[{,\\"})");
    expectSame(" [ -1.5e3 , true,false , \"\\ud83d\\ude00 \\u00e4\\/\\n\" , [ [ ] , { } ] ]\n");
    expectSame("{}");
    expectSame("\xEF\xBB\xBF[1]");
}

TEST(JsonPieces, ofManyThereAreGroups)
{
    for (const std::uint64_t count : {999U, 1000U, 1001U, 2500U}) {
        std::string list = "[", object = "{";
        for (std::uint64_t i = 0; i < count; ++i) {
            list += std::format("{}{{\"i\":{}}}", i ? ", " : "", i);
            object += std::format("{}\"k{}\" : [{},\"]\"]", i ? " ,\n" : "", i, i);
        }
        list += "]";
        object += "}";
        for (const std::string& text : {list, object}) {
            const auto root = jsonRoot(text, {});
            ASSERT_TRUE(root);
            EXPECT_EQ(root->count, count);
            EXPECT_EQ(in(text, *root).size(), count <= kMostJsonPieces ? count : (count + 999) / 1000);
            expectSame(text);
        }
    }
    // Groups of groups.
    std::string text = "[0";
    for (int i = 1; i < 1'002'000; ++i) text += ",1";
    text += "]";
    const auto root = jsonRoot(text, {});
    const auto outer = in(text, *root);
    ASSERT_EQ(outer.size(), 2U);
    EXPECT_EQ(outer[0].count, 1'000'000U);
    EXPECT_EQ(outer[1].count, 2'000U);
    const auto inner = in(text, outer[1]);
    ASSERT_EQ(inner.size(), 2U);
    EXPECT_EQ(inner[1].first, 1'001'000U);
    EXPECT_EQ(in(text, inner[1]).size(), 1000U);
}

TEST(JsonPieces, aCutTextIsReadAsFarAsItGoes)
{
    const std::string text = R"({"a":[1,2,{"b":"some text"}],"c":"more"})";
    for (std::size_t size = 1; size < text.size(); ++size) {
        const std::string cut = text.substr(0, size);
        const auto root = jsonRoot(cut, {});
        ASSERT_TRUE(root) << cut;
        EXPECT_FALSE(root->isWhole) << cut;
        const auto pieces = jsonPiecesIn(cut, *root, {});
        ASSERT_TRUE(pieces) << cut;
        if (size > 5) { // its name and the beginning of its value
            ASSERT_FALSE(pieces->empty()) << cut;
            EXPECT_EQ(nameOf(cut, pieces->front()), "a");
            EXPECT_EQ(pieces->front().isWhole, size >= 28);
        }
    }
    const std::string cut = text.substr(0, 22); // "some t
    const auto a = in(cut, in(cut, *jsonRoot(cut, {}))[0]);
    ASSERT_EQ(a.size(), 3U);
    const auto b = in(cut, a[2]);
    ASSERT_EQ(b.size(), 1U);
    EXPECT_EQ(jsonLiteral(cut, b[0]), "some t");
}

TEST(JsonPieces, whatIsNoJsonIsSaid)
{
    for (const char* text : {"", "  ", "plain", "\"text\"", "1", "{} {}", "{\"a\":1}\n{\"a\":2}"})
        EXPECT_EQ(jsonRoot(text, {}).error().code, ErrorCode::UnknownFormat) << text;
    for (const char* text : {"{a:1}", "{1:2}", "[1 2]", "[,]1", "{\"a\" 1}", "[1;2]", "{\"a\":1]", "[1,\x01]"}) {
        const auto root = jsonRoot(text, {});
        if (!root) continue;
        const auto pieces = jsonPiecesIn(text, *root, {});
        EXPECT_TRUE(!pieces || root->count == 0) << text;
    }
    CancelSource cancel;
    cancel.cancel();
    const std::string text = "[1,2]";
    EXPECT_EQ(jsonPiecesIn(text, *jsonRoot(text, {}), cancel.token()).error().code, ErrorCode::Cancelled);
}

/// Whatever it is given: it ends, and stays within the text.
TEST(JsonPieces, hostileTexts)
{
    std::mt19937 random(7);
    constexpr std::string_view kBytes = "{}[]\",:\\u0dD8 \n1a\xC3\x00-";
    for (int round = 0; round < 20'000; ++round) {
        std::string text = round % 2 ? "{\"" : "[";
        for (std::size_t i = random() % 40; i > 0; --i) text += kBytes[random() % kBytes.size()];
        (void)indentedJson(text);
        (void)cutJsonLiteral(text, random() % 20);
        const auto root = jsonRoot(text, {});
        if (!root) continue;
        const auto pieces = jsonPiecesIn(text, *root, {});
        if (!pieces) continue;
        for (const JsonPiece& piece : *pieces) {
            ASSERT_LE(piece.at + piece.bytes, text.size());
            ASSERT_LE(piece.nameAt + piece.nameBytes, text.size());
            (void)decodedJsonString(jsonLiteral(text, piece));
            (void)jsonPiecesIn(text, piece, {});
        }
    }
    const std::string deep(200'000, '[');
    EXPECT_EQ(in(deep, *jsonRoot(deep, {})).size(), 1U);
    const std::string backslashes = "[\"" + std::string(100'000, '\\') + "\"]";
    EXPECT_TRUE(jsonRoot(backslashes, {}));
}

TEST(JsonPieces, aLiteralIsCutBetweenCharacters)
{
    const std::string literal = R"(ab\u00e4\ud83d\ude00\\\"ä€)";
    const std::string whole = decodedJsonString(literal);
    for (std::size_t most = 0; most <= literal.size(); ++most) {
        const auto cut = cutJsonLiteral(literal, most);
        EXPECT_LE(cut.size(), most);
        EXPECT_TRUE(whole.starts_with(decodedJsonString(cut))) << most << ": " << cut;
    }
    EXPECT_EQ(cutJsonLiteral(literal, 19), R"(ab\u00e4)");
    EXPECT_EQ(cutJsonLiteral(literal, 20), R"(ab\u00e4\ud83d\ude00)");
}

TEST(JsonPieces, indented)
{
    EXPECT_EQ(indentedJson(R"({"a":[1,{"b":"x, {y}"}],"e":{ },"l":[]})"),
              "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x, {y}\"\n    }\n  ],\n  \"e\": {},\n  \"l\": []\n}");
    EXPECT_EQ(indentedJson("[1 2]"), "[\n  1 2\n]");
    const std::string text = R"({"a":{"b":[1,{"c":"<i>x</i>"}]},"n":null})";
    EXPECT_EQ(indentedJson(text), dumpJson(*parseJson(text, {}), 2));
}

} // namespace
} // namespace tackroom
