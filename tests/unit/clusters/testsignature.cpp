// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/clusters/evidence.h"
#include "core/clusters/signature.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

TEST(Signature, masksWhatDiffersAndKeepsWords)
{
    struct Case {
        std::string text, signature;
    };
    for (const auto& [text, signature] : {
             Case{"unknown order id '#W1203'", "unknown order id ‹id›"},
             Case{"Error: user olivia_gonzalez_2305 not found", "error: user ‹id› not found"},
             Case{"order 4711 of 2026-03-01 12:30:05 costs $1,204.50", "order ‹n› of ‹date› ‹time› costs ‹amount›"},
             Case{"handed over at 1,204.50 EUR, within the limit of EUR 2000",
                  "handed over at ‹amount›, within the limit of ‹amount›"},
             Case{"mail to ines@example.org failed", "mail to ‹email› failed"},
             Case{"no run 6fa459ea-ee8a-3ca4-894e-db77e160355e", "no run ‹uuid›"},
             Case{"commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is gone", "commit ‹hex› is gone"},
             Case{"GET https://api.shop.example/v1/orders/12 gave 500", "get ‹url› gave ‹n›"},
             Case{"cannot open /var/lib/shop/orders.db", "cannot open ‹path›"},
             Case{"the ids 1, 2, 3 are taken", "the ids ‹n› are taken"},
             Case{"the answer \"I am so sorry\" was cut", "the answer ‹text› was cut"},
             Case{"'order_id' is a required property", "order_id is a required property"},
             Case{"missing required argument 'reason'", "missing required argument reason"},
             Case{"order 'blue shoes' isn't there", "order ‹text› isn't there"},
             Case{"customer 'anna' isn't there", "customer ‹text› isn't there"},
             Case{"order_id=RF-104233 state=open", "order_id: ‹id› state: open"},
             Case{"ValidationError: order_id '#RF-104233' does not match the pattern '^RF-[0-9]{6}$'",
                  "validationerror: order_id ‹id› does not match the pattern ‹text›"},
             Case{"timed out after 30s", "timed out after ‹n›"},
             Case{"", ""},
             Case{"...", ""},
         })
        EXPECT_EQ(signatureOf(text), signature) << text;
}

TEST(Signature, isShortOneLineAndWellFormed)
{
    std::string text = "a\nb\x1b[31m \xff ";
    for (int i = 0; i < 500; ++i) text += "w\xC3\xB6rter ";
    const std::string signature = signatureOf(text);
    EXPECT_LE(signature.size(), kSignatureBytes);
    EXPECT_EQ(signature.find('\n'), std::string::npos);
    EXPECT_EQ(signature.find('\x1b'), std::string::npos);
    EXPECT_EQ(signature, signatureOf(text));
}

TEST(Signature, quotesThatNeverEndDoNoHarm)
{
    EXPECT_EQ(signatureOf("it's the customer's order"), "it's the customer's order");
    EXPECT_EQ(signatureOf("expected \" but got 5"), "expected but got ‹n›");
}

TEST(SignatureGroups, nearOnesJoinAndTheFirstLeads)
{
    SignatureGroups groups;
    const auto first = groups.add("refused on day ‹n› by ‹id› which is no longer in force ‹id› allows ‹n› days");
    const auto second = groups.add("refused on day ‹n› by ‹id› which is no longer in force ‹id› allows ‹n› more days");
    EXPECT_EQ(first.group, second.group);
    EXPECT_EQ(first.similarity, 1);
    EXPECT_LT(second.similarity, 1);
    EXPECT_NE(groups.add("unknown order ‹id›").group, groups.add("unknown user ‹id›").group);
    EXPECT_NE(groups.add("error: reservation not found").group, groups.add("error: flight not found").group);
    EXPECT_EQ(groups.leader(first.group), "refused on day ‹n› by ‹id› which is no longer in force ‹id› allows ‹n› days");
    EXPECT_EQ(groups.size(), 5U);
    EXPECT_EQ(groups.add("‹n›").group, groups.add("‹id›").group) << "nothing but marks: nothing to tell them apart";
}

TEST(SignatureGroups, textsThatAreAllDifferentStayBounded)
{
    SignatureGroups groups;
    for (std::size_t i = 0; i < SignatureGroups::kMaxGroups + 50; ++i) {
        std::string word; // of letters, for figures would be masked
        for (std::size_t rest = i; word.empty() || rest > 0; rest /= 20) word += static_cast<char>('a' + rest % 20);
        groups.add(word + " x" + word + " y" + word);
    }
    EXPECT_EQ(groups.size(), SignatureGroups::kMaxGroups + 1);
    EXPECT_EQ(groups.leader(SignatureGroups::kMaxGroups), "other");
}

TEST(Signature, anyBytesGiveAShortWellFormedLine)
{
    std::uint32_t state = 11;
    const std::string_view alphabet = "aZ09 \"'`:=,.#@/-$%{}[]\n\t\x01\x80\xC3\xA4\xE2\x82\xAC\xF0\xFF";
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::uint32_t length = (state = state * 1664525U + 1013904223U) / 65536U % 300; length > 0; --length)
            text += alphabet[(state = state * 1664525U + 1013904223U) / 65536U % alphabet.size()];
        const std::string signature = signatureOf(text);
        ASSERT_LE(signature.size(), kSignatureBytes);
        ASSERT_TRUE(isUtf8(signature)) << round;
        ASSERT_EQ(signature.find('\n'), std::string::npos);
        (void)tokensOf(signature);
    }
}

/// The index by first tokens must find what a look at every leader would find.
TEST(SignatureGroups, findsWhatACompleteSearchFinds)
{
    SignatureGroups groups;
    std::vector<std::string> leaders;
    std::uint32_t state = 7;
    const auto next = [&](std::uint32_t below) { return (state = state * 1664525U + 1013904223U) / 65536U % below; };
    for (int i = 0; i < 600; ++i) {
        std::string text;
        for (std::uint32_t words = 3 + next(6); words > 0; --words)
            text += std::string("w") + static_cast<char>('a' + next(14)) + ' ';
        double best = 0;
        for (const std::string& leader : leaders) best = std::max(best, similarity(tokensOf(leader), tokensOf(text)));
        const auto match = groups.add(text);
        ASSERT_EQ(match.group == leaders.size(), best < SignatureGroups::kNear) << text;
        if (match.group == leaders.size()) {
            leaders.push_back(text);
        } else {
            ASSERT_DOUBLE_EQ(match.similarity, best) << text;
        }
    }
    EXPECT_GT(leaders.size(), 50U);
}

TEST(Evidence, isTheShareThatPassingRunsDoNotExplain)
{
    const Occurrence all{100, 400};
    EXPECT_LT(evidenceOf({50, 200}, all, 0), 0.1) << "as frequent in both";
    EXPECT_LT(evidenceOf({0, 400}, {1000000, 1000000}, 0), 0.001) << "only in passing runs";
    EXPECT_GT(evidenceOf({50, 0}, all, 0), 0.85) << "only in failing runs";
    EXPECT_LT(evidenceOf({1, 0}, all, 0), evidenceOf({10, 0}, all, 0)) << "few runs show little";
    EXPECT_GT(evidenceOf({1, 0}, all, 0.9), evidenceOf({1, 0}, all, 0)) << "but they may belong to what is known";
    EXPECT_DOUBLE_EQ(evidenceOf({5, 0}, {100, 0}, 0), kUncompared) << "nothing to compare with";
    EXPECT_NEAR(liftOf({50, 20}, all), 10, 1e-9);
}

} // namespace
} // namespace tackroom
