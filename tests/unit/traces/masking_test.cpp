// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/masking.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tackroom
{
namespace
{

std::string masked(std::string_view text) { return maskSecrets(text).text; }

/// Put together here, so that no scanner of secrets takes this file for a leak.
std::string key(std::string_view begin, std::string_view rest) { return std::string(begin) + std::string(rest); }
constexpr std::string_view kBody = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";

TEST(Masking, apiKeysOfKnownShapes)
{
    for (const char* begin : {"sk-", "sk-ant-api03-", "sk-lf-", "pk-lf-", "sk_live_", "ghp_", "github_pat_", "glpat-", "xoxb-",
                              "AIza", "hf_", "lsv2_pt_", "npm_", "gsk_"}) {
        const std::string text = "use " + key(begin, kBody) + ", please";
        EXPECT_EQ(masked(text), "use [masked: API key], please") << begin;
    }
    EXPECT_EQ(masked(key("AKIA", "IOSFODNN7EXAMPLE")), "[masked: API key]");
    EXPECT_EQ(masked("{\"k\":\"" + key("sk-", kBody) + "\"}"), "{\"k\":\"[masked: API key]\"}");
    // Too short, in the middle of a word, or a name made of words.
    for (const char* not_a_key : {"sk-short", "desk-A1b2C3d4E5f6G7h8I9j0K1", "sk-learn-based-estimator-pipeline", "ghp_tooshort1"})
        EXPECT_EQ(masked(not_a_key), not_a_key);
}

TEST(Masking, bearerBasicAndWebTokens)
{
    EXPECT_EQ(masked("Authorization: Bearer abcDEF123456._-"), "Authorization: Bearer [masked: token]");
    EXPECT_EQ(masked("authorization: basic dXNlcjpwYXNz="), "authorization: basic [masked: token]");
    const std::string jwt = key("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN");
    EXPECT_EQ(masked("t=" + jwt + ";"), "t=[masked: token];");
    for (const char* text : {"a bearer of bad news", "basic authentication is on", "eyJust a name", "bearer token"})
        EXPECT_EQ(masked(text), text);
}

TEST(Masking, valuesOfSecretNames)
{
    EXPECT_EQ(masked("password=hunter22 next"), "password=[masked: secret] next");
    EXPECT_EQ(masked(R"({"api_key": "abc def", "n": 1})"), R"({"api_key": "[masked: secret]", "n": 1})");
    EXPECT_EQ(masked(R"("{\"client_secret\":\"zzzz\",\"a\":2}")"), R"("{\"client_secret\":\"[masked: secret]\",\"a\":2}")");
    EXPECT_EQ(masked("postgres://bob:pa55@db.example/x"), "postgres://bob:[masked: secret]@db.example/x");
    for (const char* text : {"the password is wrong", "password: null", "secret santa", "passwords=many", "http://host:8080/a@b"})
        EXPECT_EQ(masked(text), text);
}

TEST(Masking, privateKeys)
{
    const std::string pem = key("-----BEGIN RSA PRIVATE", " KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----");
    EXPECT_EQ(masked("a\n" + pem + "\nb"), "a\n[masked: private key]\nb");
    EXPECT_EQ(masked(pem.substr(0, 50)), "[masked: private key]") << "cut off in the middle";
    const std::string certificate = "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----";
    EXPECT_EQ(masked(certificate), certificate);
}

TEST(Masking, mailAddresses)
{
    EXPECT_EQ(masked("write to jo.doe+x@mail.example.org."), "write to [masked: e-mail].");
    EXPECT_EQ(masked("<a@b.io>,c@d.com"), "<[masked: e-mail]>,[masked: e-mail]");
    for (const char* text : {"user@localhost", "@decorator.name", "a @ b.com", "git@host:repo", "x@1.2.3.4"})
        EXPECT_EQ(masked(text), text);
}

TEST(Masking, cardNumbersWithLuhnsCheck)
{
    EXPECT_TRUE(passesLuhn("4111111111111111"));
    EXPECT_FALSE(passesLuhn("4111111111111112"));
    EXPECT_FALSE(passesLuhn(""));
    EXPECT_FALSE(passesLuhn("41a1"));
    for (const char* card : {"4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"})
        EXPECT_EQ(masked("card " + std::string(card) + " ok"), "card [masked: card number] ok") << card;
    for (const char* text : {"4111111111111112", "1771234567890123456", "id-4111111111111111", "#4111111111111111",
                             "0x4111111111111111", "4111111111111111a", "2222222222222222"})
        EXPECT_EQ(masked(text), text) << "no card";
}

TEST(Masking, phoneNumbers)
{
    for (const char* phone : {"+49 30 1234567", "+1 (555) 123-4567", "+442071838750", "555-123-4567", "(555) 123-4567", "1-555-123-4567"})
        EXPECT_EQ(masked("call " + std::string(phone) + "."), "call [masked: phone number].") << phone;
    for (const char* text : {"2026-03-01", "2026-03-02 08:00:11", "192.168.1.100", "5 + 12345678", "1,204", "order 555-1234", "+5",
                             "1772409600000000000", "12.5", "v1.2.3-4"})
        EXPECT_EQ(masked(text), text);
}

TEST(Masking, countsAndKeepsTheRest)
{
    const Masked out = maskSecrets("a@b.io and a@b.io, 4111 1111 1111 1111; naïve – ok");
    EXPECT_EQ(out.count, 3U);
    EXPECT_EQ(out.text, "[masked: e-mail] and [masked: e-mail], [masked: card number]; naïve – ok");
    EXPECT_EQ(maskSecrets("").count, 0U);
    EXPECT_EQ(masked(out.text), out.text) << "what is masked stays as it is";
    for (const MaskPattern& each : maskPatterns()) EXPECT_FALSE(each.name.empty() || each.explanation.empty());
}

TEST(Masking, anyBytesAndLongOnes)
{
    std::string bytes;
    for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * 37);
    for (std::size_t cut = 0; cut < 300; ++cut) (void)maskSecrets(std::string_view(bytes).substr(cut, 50));
    for (const char* unit : {"a@", "4", "+1 ", "sk-", "eyJa.", "password=", "://a:", "-----BEGIN ", "(", "Bearer ", "eyJ-", "sk-a-", "a@b.", "1-", "secret:"}) {
        std::string many;
        while (many.size() < 200'000) many += unit;
        const auto begun = std::chrono::steady_clock::now();
        (void)maskSecrets(many);
        EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5)) << unit;
    }
}

} // namespace
} // namespace tackroom
