// SPDX-License-Identifier: GPL-3.0-or-later
// A span that is scanned says the same as the tree of its attributes.
#include "core/readers/openinferencescan.h"

#include <gtest/gtest.h>

#include <format>

namespace tackroom::openinference
{
namespace
{

Step stepOf(StepKind kind)
{
    Step step;
    step.kind = kind;
    step.name = "the span";
    step.parentId = "aaaa";
    return step;
}

std::string padded(std::string_view text) { return std::string(text) + std::string(simdjson::SIMDJSON_PADDING, ' '); }

std::string shown(const Step& step, const SpanFacts& facts)
{
    std::string text = std::format("kind {} name {} model {} tool {} arguments {} result {} input {} output {} tokens {} {}\n",
                                   static_cast<int>(step.kind), step.name, step.model, step.toolName, step.arguments,
                                   step.result, step.inputText, step.outputText, step.promptTokens, step.completionTokens);
    text += std::format("session {} user {} agent {} user text {} answer {} output {} late {} cost {} version {} {} {}",
                        facts.sessionId, facts.userId, facts.agentName, facts.userText, facts.answerText, facts.hasOutput,
                        facts.textsAreLate, facts.costUsd.value_or(-1), facts.version.commit, facts.version.label,
                        facts.version.prompt);
    return text;
}

/// Of the tree alone: it is all there is where nothing may be read behind the text.
std::string fromTree(std::string_view attributes, StepKind kind, Parsers& parsers)
{
    Step step = stepOf(kind);
    const auto facts = readAttributes(attributes, step, parsers, {.padded = false, .lateTexts = true});
    return facts ? shown(step, *facts) : facts.error().detail;
}

std::string fromBoth(std::string_view attributes, StepKind kind, Parsers& parsers)
{
    Step step = stepOf(kind);
    const std::string text = padded(attributes);
    const auto facts =
        readAttributes(std::string_view(text).substr(0, attributes.size()), step, parsers, {.padded = true, .lateTexts = true});
    return facts ? shown(step, *facts) : facts.error().detail;
}

bool isScanned(std::string_view attributes, StepKind kind, Parsers& parsers)
{
    Step step = stepOf(kind);
    SpanFacts facts;
    const std::string text = padded(attributes);
    return scanAttributes(std::string_view(text).substr(0, attributes.size()), step, facts, parsers,
                          {.padded = true, .lateTexts = true});
}

constexpr std::string_view kUsualLlm =
    R"({"llm":{"model_name":"gpt-x","token_count":{"prompt":12,"completion":3},"input_messages":[{"message":{"role":"user","content":"a \"b\" ü"}},)"
    R"({"message":{"role":"tool","content":"last\none","tool_call_id":"c1"}}],"output_messages":[{"message":{"role":"assistant","contents":[)"
    R"({"message_content":{"type":"text","text":"said"}}]}}]},"input":{"value":"{\"messages\":[]}","mime_type":"application/json"},)"
    R"("output":{"value":"x"},"session":{"id":"s-1"},"user":{"id":"u-1"},"openinference":{"span":{"kind":"LLM"}}})";

TEST(OpenInferenceScan, usualSpansAreScannedAndSayTheSame)
{
    Parsers parsers;
    const std::pair<StepKind, std::string_view> spans[] = {
        {StepKind::Llm, kUsualLlm},
        {StepKind::Llm,
         R"({"llm.model_name":"m","llm.input_messages":[{"message.role":"user","message.content":"flat"}],"llm.output_messages":[{"message":{}}],"llm":{"cost":{"total":0.25}}})"},
        {StepKind::Tool,
         R"({"tool":{"name":"look_up","description":"d"},"input":{"value":"{\"id\": 7}"},"output":{"value":"found"},"session.id":"s","metadata":{"a":{"b":[1,2]}}})"},
        {StepKind::Tool, R"({"input":{"value":null},"output":{"value":""}})"},
        {StepKind::Chain,
         R"({"input":{"value":"{\"question\":\"why?\"}"},"output":{"value":"[\"user\"]"},"agent":{"name":"n"}})"},
        {StepKind::Retriever, R"({"input":{"value":"q"},"output":{"value":"docs"}})"},
        {StepKind::Agent, R"({})"},
    };
    for (const auto& [kind, attributes] : spans) {
        EXPECT_TRUE(isScanned(attributes, kind, parsers)) << attributes;
        EXPECT_EQ(fromBoth(attributes, kind, parsers), fromTree(attributes, kind, parsers)) << attributes;
    }
    Step step = stepOf(StepKind::Llm);
    const std::string text = padded(kUsualLlm);
    const auto facts =
        readAttributes(std::string_view(text).substr(0, kUsualLlm.size()), step, parsers, {.padded = true, .lateTexts = true});
    ASSERT_TRUE(facts);
    EXPECT_EQ(step.inputText, "last\none");
    EXPECT_EQ(step.outputText, "said");
    EXPECT_EQ(step.model, "gpt-x");
    EXPECT_EQ(facts->sessionId, "s-1");
    EXPECT_TRUE(facts->hasOutput);
}

TEST(OpenInferenceScan, whatIsUnusualIsLeftToTheTree)
{
    Parsers parsers;
    const std::pair<StepKind, std::string_view> spans[] = {
        {StepKind::Tool, R"({"tool":{"name":"a"},"tool.name":"b"})"},           // given twice
        {StepKind::Tool, R"({"tool":{"name":7}})"},                             // no text
        {StepKind::Tool, R"({"input":{"value":{"a":1.50}}})"},                  // an object in place of a text
        {StepKind::Tool, R"({"tool_call":{"function":{"arguments":"{}"}}})"},   // rare
        {StepKind::Tool, R"({"to\u006fl":{"name":"escaped"}})"},                // an escaped key
        {StepKind::Tool, R"({"output":{"value":"v"},"git":{"commit":"abc"}})"}, // a harness version
        {StepKind::Tool, R"({"metadata":"{\"user_id\":\"from a text\"}"})"},    // metadata in a text
        {StepKind::Tool, R"({"metadata":{"user_id":"u","session_id":"s"}})"},   // the user in the metadata
        {StepKind::Llm,
         R"({"llm":{"input_messages":[],"output_messages":[]},"input":{"value":"asked"},"output":{"value":"said"}})"},
        {StepKind::Llm, R"({"llm":{"token_count":{"prompt":"12"},"input_messages":[{}],"output_messages":[{}]}})"},
        {StepKind::Retriever, R"({"retrieval":{"documents":[{"document":{"id":"1","content":"c"}}]}})"},
        {StepKind::Other, R"({"openinference":{"span":{"kind":"TOOL"}},"tool":{"name":"t"}})"},
        {StepKind::Tool, R"([1,2])"},
        {StepKind::Tool, R"({"tool":{"name":"a"}} x)"},
        {StepKind::Tool, R"({"tool":{"name":"a"})"},
        {StepKind::Tool, R"({"tool":{"name":"a)"},
        {StepKind::Tool, R"({"tool":{"name":"\ud800"}})"},
        {StepKind::Tool, ""},
    };
    for (const auto& [kind, attributes] : spans) {
        EXPECT_FALSE(isScanned(attributes, kind, parsers)) << attributes;
        EXPECT_EQ(fromBoth(attributes, kind, parsers), fromTree(attributes, kind, parsers)) << attributes;
    }
}

/// A model's call with this as its last message.
std::string callWith(std::string_view message)
{
    return std::format(R"({{"llm":{{"input_messages":[{{"message":{{"content":"first"}}}},{0}],"output_messages":[{0}]}}}})",
                       message);
}

TEST(OpenInferenceScan, theLastMessageSaysTheSameWhateverItsForm)
{
    Parsers parsers;
    const std::pair<std::string_view, std::string_view> messages[] = {
        {R"({"message":{"role":"user","content":"plain \u00fc"}})", "plain ü"},
        {R"({"message":{"role":"assistant","tool_calls":[{"tool_call":{"id":"c"}}]}})", ""},
        {R"({"message":{"content":""}})", ""},
        {R"({"message":{"content":null,"contents":[{"message_content":{"text":"part"}}]}})", "part"},
        {R"({"message":{"contents":[{"message_content":{"text":"part"}}],"content":"whole"}})", "whole"},
        {R"({"message":{"content":["a",{"text":"b"}]}})", "a\nb"},
        {R"({"message":{"content":12}})", "12"},
        {R"({"message":{"content":"one","content":"two"}})", "one"},
        {R"({"message":{"cont\u0065nt":"escaped key"}})", "escaped key"},
        {R"({"message.role":"user","message.content":"flat"})", "flat"},
        {R"({"message":{"role":"user","content":"nested"},"message.content":"flat"})", "flat"},
        {R"({"message":{"content":"one"},"message":{"content":"two"}})", "one"},
        {R"({"message":"no object"})", ""},
        {R"({})", ""},
        {R"("text")", ""},
    };
    for (const auto& [message, wanted] : messages) {
        const std::string call = callWith(message);
        EXPECT_EQ(fromBoth(call, StepKind::Llm, parsers), fromTree(call, StepKind::Llm, parsers)) << message;
        Step step = stepOf(StepKind::Llm);
        const std::string text = padded(call);
        ASSERT_TRUE(
            readAttributes(std::string_view(text).substr(0, call.size()), step, parsers, {.padded = true, .lateTexts = true}));
        EXPECT_EQ(step.inputText, wanted) << message;
        EXPECT_EQ(step.outputText, wanted) << message;
    }
}

TEST(OpenInferenceScan, pathsThatWereMetBeforeAreReadAlikeHoweverManyThereAre)
{
    Parsers parsers;
    // More members in one place, and more places, than are kept in mind; the same key means something only where it belongs.
    for (int i = 0; i < 900; ++i) {
        const std::string usual = std::format(
            R"({{"metadata":{{"a{0}":{{"name":"no tool","id":"x"}},"session":{{"id":"no session"}}}},"k{0}":{{"b":{{"c{0}":1}}}},)"
            R"("tool":{{"name":"t{0}","id":"i"}},"session":{{"id":"s{0}"}},"input":{{"value":"v{0}"}}}})",
            i);
        ASSERT_TRUE(isScanned(usual, StepKind::Tool, parsers)) << usual;
        ASSERT_EQ(fromBoth(usual, StepKind::Tool, parsers), fromTree(usual, StepKind::Tool, parsers)) << usual;
        const std::string versioned =
            std::format(R"({{"metadata":{{"a{0}":{{"name":"x","git_commit":"c"}}}},"tool":{{"name":"t"}}}})", i);
        ASSERT_FALSE(isScanned(versioned, StepKind::Tool, parsers)) << versioned;
    }
}

TEST(OpenInferenceScan, aStepThatIsNotScannedStaysAsItWas)
{
    Parsers parsers;
    Step step = stepOf(StepKind::Llm);
    const std::string text = padded(
        R"({"llm":{"model_name":"m","input_messages":[{"message":{"content":"x"}}],"output_messages":[{"message":{"content":"y"}}],"model_name":"m"}})");
    SpanFacts facts;
    EXPECT_FALSE(scanAttributes(std::string_view(text).substr(0, text.size() - simdjson::SIMDJSON_PADDING), step, facts,
                                parsers, {.padded = true, .lateTexts = true}));
    EXPECT_EQ(step.model, "");
    EXPECT_EQ(step.inputText, "");
}

} // namespace
} // namespace tackroom::openinference
