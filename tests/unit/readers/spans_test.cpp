// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/readers/spans.h"
#include "tests/unit/readers/spantesting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tackroom::testing
{
namespace
{

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Optional;

std::vector<std::string> messagesIn(std::string_view json) { return shown(messagesOfText(json)); }

TEST(SpanAttributes, FlattensObjectsAndKeepsThem)
{
    const Made made(
        "x", R"({"llm":{"model_name":"m","token_count":{"prompt":7}},"n":1.5,"t":"12","b":true,"a":[1,"x"],"nil":null})");
    const auto& attributes = made.span.attributes;
    EXPECT_EQ(attributes.text("llm.model_name"), "m");
    EXPECT_EQ(attributes.integer("llm.token_count.prompt"), 7);
    EXPECT_EQ(attributes.text("llm.token_count"), R"({"prompt":7})");
    EXPECT_TRUE(attributes.json("llm"));
    EXPECT_FALSE(attributes.json("n"));
    EXPECT_THAT(attributes.number("n"), Optional(DoubleEq(1.5)));
    EXPECT_EQ(attributes.integer("t"), 12);
    EXPECT_EQ(attributes.text("b"), "true");
    EXPECT_EQ(attributes.text("a"), R"([1,"x"])");
    EXPECT_FALSE(attributes.has("nil"));
    EXPECT_TRUE(attributes.hasPrefix("llm.token_count."));
    EXPECT_FALSE(attributes.hasPrefix("llm.x"));
    EXPECT_THAT(attributes.keysBelow("llm.t"), ElementsAre("llm.token_count", "llm.token_count.prompt"));
}

TEST(SpanAttributes, OtlpValuesOfEveryKind)
{
    jsonvalues::Parser parser;
    const auto list = parser.parse(R"([
        {"key":"s","value":{"stringValue":"x"}}, {"key":"i","value":{"intValue":"42"}}, {"key":"d","value":{"doubleValue":0.5}},
        {"key":"b","value":{"bool_value":false}}, {"key":"e","value":{}}, {"key":"broken"}, 5,
        {"key":"a","value":{"arrayValue":{"values":[{"stringValue":"q\"u"},{"intValue":"1"},{"boolValue":true}]}}},
        {"key":"k","value":{"kvlistValue":{"values":[{"key":"in","value":{"intValue":3}},{"key":"deep","value":{"kvlistValue":{"values":[
            {"key":"er","value":{"stringValue":"z"}}]}}}]}}}])");
    ASSERT_TRUE(list);
    SpanAttributes attributes;
    attributes.addOtlp(*list);
    EXPECT_EQ(attributes.text("s"), "x");
    EXPECT_EQ(attributes.integer("i"), 42);
    EXPECT_THAT(attributes.number("d"), Optional(DoubleEq(0.5)));
    EXPECT_EQ(attributes.text("b"), "false");
    EXPECT_FALSE(attributes.has("e"));
    EXPECT_FALSE(attributes.has("broken"));
    EXPECT_EQ(attributes.text("a"), R"(["q\"u",1,true])");
    EXPECT_EQ(attributes.text("k"), R"({"in":3,"deep":{"er":"z"}})");
    EXPECT_EQ(attributes.integer("k.in"), 3);
    EXPECT_EQ(attributes.text("k.deep.er"), "z");
    attributes.clear();
    EXPECT_FALSE(attributes.has("s"));
    attributes.addEncoded("j", R"("a \"quoted\" text")");
    attributes.addEncoded("o", R"({"x":1})");
    attributes.addEncoded("n", "7");
    EXPECT_EQ(attributes.text("j"), "a \"quoted\" text");
    EXPECT_EQ(attributes.text("o"), R"({"x":1})");
    EXPECT_EQ(attributes.integer("n"), 7);
}

TEST(SpanMessages, EveryWayOfWritingThem)
{
    // OpenAI
    EXPECT_THAT(
        messagesIn(
            R"([{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"42"}])"),
        ElementsAre("system: s", "user: a\n[image]", "assistant:  c1:f({})", "tool: 42 <c1>"));
    // the conventions' parts
    EXPECT_THAT(messagesIn(R"([{"role":"user","parts":[{"type":"text","content":"hi"}]},{"role":"assistant","parts":[
        {"type":"reasoning","content":"hm"},{"type":"tool_call","id":"c","name":"f","arguments":{"x":1}}],"finish_reason":"tool_call"},
        {"role":"tool","parts":[{"type":"tool_call_response","id":"c","response":"r"}]}])"),
                ElementsAre("user: hi", "assistant: [reasoning] hm c:f({\"x\":1})", "tool: r <c>"));
    // Anthropic: the answer of a tool stands in a user message
    EXPECT_THAT(
        messagesIn(
            R"([{"role":"assistant","content":[{"type":"text","text":"I look"},{"type":"tool_use","id":"u","name":"g","input":{"q":"z"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"u","content":[{"type":"text","text":"found"}]}]}])"),
        ElementsAre("assistant: I look u:g({\"q\":\"z\"})", "tool: found <u>"));
    // Gemini, as ADK writes requests and responses
    EXPECT_THAT(
        messagesIn(
            R"({"model":"g","config":{"system_instruction":"be kind"},"contents":[{"parts":[{"text":"hello"}],"role":"user"},
        {"parts":[{"function_call":{"name":"f","args":{"a":1},"id":"x"}}],"role":"model"},
        {"parts":[{"function_response":{"name":"f","response":{"result":"ok"},"id":"x"}}],"role":"user"}]})"),
        ElementsAre("system: be kind", "user: hello", "assistant:  x:f({\"a\":1})", "tool: {\"result\":\"ok\"} <x>"));
    EXPECT_THAT(messagesIn(R"({"content":{"parts":[{"text":"bye"}],"role":"model"},"finish_reason":"STOP"})"),
                ElementsAre("assistant: bye"));
    // Vercel
    EXPECT_THAT(
        messagesIn(R"([{"role":"assistant","content":[{"type":"tool-call","toolCallId":"t","toolName":"w","input":{"c":"B"}}]},
        {"role":"tool","content":[{"type":"tool-result","toolCallId":"t","toolName":"w","output":{"type":"json","value":{"deg":3}}}]}])"),
        ElementsAre("assistant:  t:w({\"c\":\"B\"})", "tool: {\"deg\":3} <t>"));
    EXPECT_THAT(messagesIn(R"({"system":"s","prompt":"p"})"), ElementsAre("system: s", "user: p"));
    // LangChain: dumped objects, pairs, lists of lists
    EXPECT_THAT(
        messagesIn(
            R"({"messages":[[{"lc":1,"type":"constructor","id":["HumanMessage"],"kwargs":{"content":"q","type":"human"}},["ai","a"]]]})"),
        ElementsAre("user: q", "assistant: a"));
    // Pydantic AI's own: parts of several roles in one request
    EXPECT_THAT(
        messagesIn(
            R"([{"kind":"request","parts":[{"part_kind":"system-prompt","content":"s"},{"part_kind":"user-prompt","content":"u"}]},
        {"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"f","args":{"x":2},"tool_call_id":"p"}]},
        {"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"f","content":"r","tool_call_id":"p"}]}])"),
        ElementsAre("system: s", "user: u", "assistant:  p:f({\"x\":2})", "tool: r <p>"));
    EXPECT_THAT(messagesIn("no JSON"), ElementsAre());
    EXPECT_THAT(messagesIn("[1,2"), ElementsAre());
    EXPECT_THAT(messagesIn(R"({"a":1})"), ElementsAre());
}

TEST(SpanMessages, TheLastOnesAlone)
{
    const auto last = [](std::string_view json) { return shown(lastMessagesOf(jsonIn(json).value(), 4)); };
    EXPECT_THAT(
        last(
            R"([{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"cdefgh"},{"role":"assistant","content":"d"}])"),
        ElementsAre("user: cdef", "assistant: d"));
    // a tool's answer in a user's message is no question
    EXPECT_THAT(
        last(
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"u","name":"g","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"u","content":"r"}]}]})"),
        ElementsAre("user: a", "assistant:  u:g({})", "tool: r <u>"));
    EXPECT_THAT(last(R"({"role":"user","content":"x"})"), ElementsAre("user: x"));
    EXPECT_FALSE(jsonIn("no"));
    // of a long turn the last of each role is enough, and what may tell of a decision
    EXPECT_THAT(
        last(
            R"([{"role":"user","content":"q"},{"role":"assistant","content":"b"},{"role":"tool","content":"r1"},{"role":"system","content":"s"},
        {"role":"assistant","content":[{"type":"text","text":"c"}]},{"role":"assistant","content":"d"},{"role":"tool","content":"r2"},
        {"role":"tool","content":"r3"}])"),
        ElementsAre("user: q", "system: s", "assistant: c", "assistant: d", "tool: r3"));
}

/// The forms that are read at once are read as if they were looked at one member after the other, which another member makes
/// them be.
TEST(SpanMessages, PlainOnesAsAllOthers)
{
    const auto withMore = [](std::string json) {
        for (const std::string_view begin : {"{\"role", "{\"parts", "{\"type", "{\"content"})
            for (std::size_t at = 0; (at = json.find(begin, at)) != std::string::npos; ++at) json.insert(at + 1, R"("_":0,)");
        return json;
    };
    for (
        const std::string json :
        {R"([{"role":"user","content":"a"},{"role":"assistant","content":""},{"role":"tool","content":"long text"}])",
         R"([{"role":"system","parts":[{"type":"text","content":"one"},{"type":"text","content":""},{"type":"text","content":"two"}]}])",
         R"([{"role":"assistant","parts":[{"type":"text","content":"t"},{"type":"tool_call","id":"i","name":"f","arguments":{"x":[1]}},
              {"type":"tool_call","arguments":"{\"y\": 2}"},{"type":"tool_call","id":"k","arguments":null}],"finish_reason":"stop"}])",
         R"([{"role":"tool","parts":[{"type":"tool_call_response","id":"i","response":"abcdefgh"},{"type":"tool_call_response","result":""}]}])",
         R"([{"parts":[{"type":"tool_call_response","id":"i","response":"r"},{"content":"t","type":"text"}],"role":"tool"}])",
         R"({"role":"assistant","parts":[{"type":"text","content":"1"},{"type":"text","content":"2"},{"type":"text","content":"3"},
              {"type":"text","content":"4"},{"type":"text","content":"5"},{"type":"text","content":"6"},{"type":"text","content":"7"}]})",
         R"([{"role":"assistant","parts":[{"type":"tool_call_response","id":"i","response":{"a":1}},{"type":"image","content":"x"}]}])",
         R"([{"role":"user","role":"tool","content":"a"},{"role":"user","parts":[]},{"role":"user","parts":[{"type":"text","content":7}]}])",
         R"([{"role":"User","content":"a"},{"content":"b"},{"role":"user"},{"role":"user","content":["x"]},{"role":"user","content":null}])"})
        EXPECT_EQ(messagesIn(json), messagesIn(withMore(json))) << json;
    EXPECT_THAT(
        messagesIn(R"([{"role":"assistant","parts":[{"type":"tool_call","id":"i","name":"f","arguments":{"x":[1]}}]}])"),
        ElementsAre("assistant:  i:f({\"x\":[1]})"));
}

TEST(SpanDialects, GenAiOfToday)
{
    Made made("chat gpt-5", R"({"gen_ai.operation.name":"chat","gen_ai.provider.name":"openai","gen_ai.request.model":"gpt-5",
        "gen_ai.response.model":"gpt-5-2026","gen_ai.usage.input_tokens":10,"gen_ai.usage.output_tokens":4,"gen_ai.conversation.id":"conv",
        "gen_ai.agent.name":"desk","gen_ai.agent.version":"v7","gen_ai.system_instructions":"[{\"type\":\"text\",\"content\":\"be brief\"}]",
        "gen_ai.input.messages":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"where is it?\"}]}]",
        "gen_ai.output.messages":"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"here\"}],\"finish_reason\":\"stop\"}]"})");
    const auto span = made.normal();
    EXPECT_EQ(span.dialect, "gen_ai");
    EXPECT_EQ(span.step.kind, StepKind::Llm);
    EXPECT_EQ(span.step.model, "gpt-5-2026");
    EXPECT_EQ(span.step.promptTokens, 10);
    EXPECT_EQ(span.step.completionTokens, 4);
    EXPECT_EQ(span.sessionId, "conv");
    EXPECT_EQ(span.agentName, "desk");
    EXPECT_EQ(span.version.label, "v7");
    EXPECT_EQ(span.version.labelKey, "gen_ai.agent.version");
    EXPECT_THAT(shown(span.input), ElementsAre("system: be brief", "user: where is it?"));
    EXPECT_THAT(shown(span.output), ElementsAre("assistant: here"));
    EXPECT_EQ(span.userText, "where is it?");
    EXPECT_EQ(span.answerText, "here");
    const auto lean = made.normal(false);
    EXPECT_TRUE(lean.input.empty());
    EXPECT_EQ(lean.step.outputText, "here");
    EXPECT_EQ(lean.step.inputText, "where is it?");
}

TEST(SpanDialects, GenAiMessagesAsEvents)
{
    Made made("chat m", R"({"gen_ai.operation.name":"chat","gen_ai.system":"openai","gen_ai.request.model":"m",
        "gen_ai.usage.prompt_tokens":5,"gen_ai.usage.completion_tokens":6})");
    made.event("gen_ai.system.message", R"({"content":"s"})")
        .event("gen_ai.user.message", R"({"content":"u"})")
        .event("gen_ai.assistant.message",
               R"({"tool_calls":"[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"})")
        .event("gen_ai.tool.message", R"({"content":"r","id":"c"})")
        .event("gen_ai.choice",
               R"({"index":0,"finish_reason":"stop","message":"{\"role\":\"assistant\",\"content\":\"done\"}"})");
    const auto span = made.normal();
    EXPECT_THAT(shown(span.input), ElementsAre("system: s", "user: u", "assistant:  c:f({})", "tool: r <c>"));
    EXPECT_THAT(shown(span.output), ElementsAre("assistant: done"));
    EXPECT_EQ(span.step.promptTokens, 5);
    EXPECT_EQ(span.step.completionTokens, 6);

    Made older("llm", R"({"gen_ai.system":"openai","gen_ai.request.model":"m"})");
    older.event("gen_ai.content.prompt", R"({"gen_ai.prompt":"[{\"role\":\"user\",\"content\":\"old\"}]"})")
        .event("gen_ai.content.completion", R"({"gen_ai.completion":"[{\"role\":\"assistant\",\"content\":\"answer\"}]"})");
    EXPECT_THAT(shown(older.normal().input), ElementsAre("user: old"));
    EXPECT_THAT(shown(older.normal().output), ElementsAre("assistant: answer"));

    Made plain("llm", R"({"gen_ai.system":"x","gen_ai.request.model":"m","gen_ai.prompt":"say hi","gen_ai.completion":"hi"})");
    EXPECT_EQ(plain.normal().step.inputText, "say hi");
    EXPECT_EQ(plain.normal().step.outputText, "hi");
}

TEST(SpanDialects, GenAiToolsAgentsEvaluations)
{
    const auto tool =
        Made("execute_tool f", R"({"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"f","gen_ai.tool.call.id":"c",
        "gen_ai.tool.call.arguments":{"x":1},"gen_ai.tool.call.result":"two"})")
            .normal();
    EXPECT_EQ(tool.step.kind, StepKind::Tool);
    EXPECT_EQ(tool.step.toolName, "f");
    EXPECT_EQ(tool.step.arguments, R"({"x":1})");
    EXPECT_EQ(tool.step.result, "two");
    EXPECT_EQ(tool.toolCallId, "c");
    EXPECT_EQ(Made("create_agent a", R"({"gen_ai.operation.name":"create_agent"})").normal().step.kind, StepKind::Agent);
    EXPECT_EQ(Made("embeddings m", R"({"gen_ai.operation.name":"embeddings","gen_ai.request.model":"m"})").normal().step.kind,
              StepKind::Embedding);

    Made made("chat", R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m"})");
    made.event("gen_ai.evaluation.result", R"({"gen_ai.evaluation.name":"Relevance","gen_ai.evaluation.score.value":0.25,
        "gen_ai.evaluation.score.label":"fail","gen_ai.evaluation.explanation":"off topic","gen_ai.evaluation.evaluator.type":"llm"})");
    const auto judged = made.normal();
    ASSERT_EQ(judged.scores.size(), 1U);
    EXPECT_EQ(judged.scores[0].name, "Relevance");
    EXPECT_EQ(judged.scores[0].stepId, "s");
    EXPECT_THAT(judged.scores[0].value, Optional(DoubleEq(0.25)));
    EXPECT_EQ(judged.scores[0].explanation, "off topic");
    EXPECT_EQ(judged.scores[0].says, Outcome::Failure);
    EXPECT_EQ(judged.scores[0].weight, OutcomeSource::ModelJudge);
}

TEST(SpanDialects, ErrorsOnlyOfFailedSpans)
{
    Made made("t", R"({"error.type":"Timeout"})");
    made.event("exception", R"({"exception.type":"ValueError","exception.message":"bad value"})");
    EXPECT_EQ(made.normal().step.errorText, ""); // it was caught
    made.span.status = StepStatus::Error;
    made.span.statusText = "it broke";
    EXPECT_EQ(made.normal().step.errorType, "ValueError");
    EXPECT_EQ(made.normal().step.errorText, "bad value");
    made.span.events.clear();
    EXPECT_EQ(made.normal().step.errorType, "Timeout");
    EXPECT_EQ(made.normal().step.errorText, "it broke");
}

TEST(SpanDialects, OpenInferenceFlatAndNested)
{
    const auto flat =
        Made("llm",
             R"({"openinference.span.kind":"LLM","llm.model_name":"m","llm.token_count.prompt":3,"llm.token_count.completion":2,
        "llm.input_messages.0.message.role":"user","llm.input_messages.0.message.content":"q",
        "llm.input_messages.1.message.role":"assistant","llm.input_messages.1.message.tool_calls.0.tool_call.id":"c",
        "llm.input_messages.1.message.tool_calls.0.tool_call.function.name":"f",
        "llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments":"{}",
        "llm.input_messages.10.message.role":"tool","llm.input_messages.10.message.content":"r","llm.input_messages.10.message.tool_call_id":"c",
        "llm.output_messages.0.message.role":"assistant","llm.output_messages.0.message.contents.0.message_content.type":"text",
        "llm.output_messages.0.message.contents.0.message_content.text":"a","llm.cost.total":0.25,
        "session.id":"S","user.id":"U","agent.name":"A","metadata":"{\"harness.git_commit\":\"abc123\",\"user_id\":\"other\"}"})")
            .normal();
    EXPECT_EQ(flat.dialect, "openinference");
    EXPECT_THAT(shown(flat.input), ElementsAre("user: q", "assistant:  c:f({})", "tool: r <c>"));
    EXPECT_THAT(shown(flat.output), ElementsAre("assistant: a"));
    EXPECT_EQ(flat.sessionId + flat.userId + flat.agentName, "SUA");
    EXPECT_EQ(flat.version.commit, "abc123");
    EXPECT_THAT(flat.costUsd, Optional(DoubleEq(0.25)));
    EXPECT_EQ(flat.step.promptTokens, 3);

    const auto nested = Made("llm", R"({"openinference":{"span":{"kind":"LLM"}},"llm":{"model_name":"m",
        "input_messages":[{"message":{"role":"user","content":"q"}}],"output_messages":[{"message.role":"assistant","message.content":"a"}]}})")
                            .normal();
    EXPECT_THAT(shown(nested.input), ElementsAre("user: q"));
    EXPECT_THAT(shown(nested.output), ElementsAre("assistant: a"));
    EXPECT_EQ(nested.step.kind, StepKind::Llm);

    const auto tool =
        Made("lookup",
             R"({"openinference.span.kind":"TOOL","tool.name":"lookup","input.value":"{\"id\":1}","output.value":"found"})")
            .normal();
    EXPECT_EQ(tool.step.toolName, "lookup");
    EXPECT_EQ(tool.step.arguments, R"({"id":1})");
    EXPECT_EQ(tool.step.result, "found");
    const auto retriever = Made("r", R"({"openinference.span.kind":"RETRIEVER","input.value":"query",
        "retrieval.documents.0.document.content":"one","retrieval.documents.1.document.content":"two"})")
                               .normal();
    EXPECT_EQ(retriever.step.result, "one\n\ntwo");
    EXPECT_EQ(retriever.step.inputText, "query");
    const auto chain =
        Made("agent",
             R"({"openinference.span.kind":"AGENT","input.value":"{\"messages\":[{\"role\":\"user\",\"content\":\"asked\"}]}",
        "output.value":"{\"output\":\"said\"}"})")
            .normal(false);
    EXPECT_EQ(chain.userText, "asked");
    EXPECT_EQ(chain.answerText, "said");
}

TEST(SpanDialects, OpenLlmetry)
{
    const auto llm = Made("openai.chat", R"({"llm.request.type":"chat","gen_ai.system":"openai","gen_ai.request.model":"m",
        "gen_ai.prompt.0.role":"system","gen_ai.prompt.0.content":"s","gen_ai.prompt.1.role":"user","gen_ai.prompt.1.content":"[{\"type\":\"text\",\"text\":\"u\"}]",
        "gen_ai.prompt.2.role":"assistant","gen_ai.prompt.2.tool_calls.0.id":"c","gen_ai.prompt.2.tool_calls.0.name":"f","gen_ai.prompt.2.tool_calls.0.arguments":"{}",
        "gen_ai.prompt.3.role":"tool","gen_ai.prompt.3.content":"r","gen_ai.prompt.3.tool_call_id":"c",
        "gen_ai.completion.0.role":"assistant","gen_ai.completion.0.content":"a","gen_ai.completion.0.finish_reason":"stop",
        "gen_ai.usage.prompt_tokens":9,"gen_ai.usage.completion_tokens":1,"traceloop.association.properties.session_id":"S",
        "traceloop.association.properties.user_id":"U","traceloop.association.properties.release":"r12"})")
                         .normal();
    EXPECT_EQ(llm.dialect, "openllmetry");
    EXPECT_EQ(llm.step.kind, StepKind::Llm);
    EXPECT_THAT(shown(llm.input), ElementsAre("system: s", "user: u", "assistant:  c:f({})", "tool: r <c>"));
    EXPECT_THAT(shown(llm.output), ElementsAre("assistant: a"));
    EXPECT_EQ(llm.sessionId + llm.userId, "SU");
    EXPECT_EQ(llm.version.label, "r12");
    const auto tool =
        Made(
            "f.tool",
            R"({"traceloop.span.kind":"tool","traceloop.entity.name":"f","traceloop.entity.input":"{\"a\":1}","traceloop.entity.output":"5"})")
            .normal();
    EXPECT_EQ(tool.step.kind, StepKind::Tool);
    EXPECT_EQ(tool.step.toolName, "f");
    EXPECT_EQ(tool.step.arguments, R"({"a":1})");
    EXPECT_EQ(tool.step.result, "5");
    const auto flow =
        Made("w.workflow", R"({"traceloop.span.kind":"workflow","traceloop.entity.name":"w","traceloop.entity.output":"end"})")
            .normal();
    EXPECT_EQ(flow.step.kind, StepKind::Chain);
    EXPECT_EQ(flow.answerText, "end");
    EXPECT_EQ(Made("a.agent", R"({"traceloop.span.kind":"agent","traceloop.entity.name":"planner"})").normal().agentName,
              "planner");
}

TEST(SpanDialects, Vercel)
{
    const auto outer =
        Made(
            "ai.generateText",
            R"({"ai.operationId":"ai.generateText","ai.telemetry.functionId":"desk","ai.prompt":"{\"system\":\"s\",\"prompt\":\"p\"}",
        "ai.response.text":"t","ai.usage.promptTokens":3,"ai.usage.completionTokens":4,"ai.telemetry.metadata.sessionId":"S","ai.telemetry.metadata.git_commit":"c0ffee"})")
            .normal();
    EXPECT_EQ(outer.dialect, "vercel");
    EXPECT_EQ(outer.step.kind, StepKind::Agent);
    EXPECT_EQ(outer.agentName, "desk");
    EXPECT_EQ(outer.userText, "p");
    EXPECT_EQ(outer.answerText, "t");
    EXPECT_EQ(outer.sessionId, "S");
    EXPECT_EQ(outer.version.commit, "c0ffee");
    const auto inner = Made("ai.generateText.doGenerate",
                            R"({"ai.operationId":"ai.generateText.doGenerate","ai.model.id":"m","gen_ai.request.model":"m",
        "ai.prompt.messages":"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"p\"}]}]",
        "ai.response.toolCalls":"[{\"toolCallType\":\"function\",\"toolCallId\":\"c\",\"toolName\":\"f\",\"args\":\"{}\"}]"})")
                           .normal();
    EXPECT_EQ(inner.step.kind, StepKind::Llm);
    EXPECT_THAT(shown(inner.input), ElementsAre("user: p"));
    EXPECT_THAT(shown(inner.output), ElementsAre("assistant:  c:f({})"));
    const auto tool =
        Made(
            "ai.toolCall",
            R"({"ai.operationId":"ai.toolCall","ai.toolCall.name":"f","ai.toolCall.id":"c","ai.toolCall.args":"{}","ai.toolCall.result":"\"ok\""})")
            .normal();
    EXPECT_EQ(tool.step.kind, StepKind::Tool);
    EXPECT_EQ(tool.step.toolName, "f");
    EXPECT_EQ(tool.step.result, "\"ok\"");
    EXPECT_EQ(tool.toolCallId, "c");
}

TEST(SpanDialects, Adk)
{
    const auto llm =
        Made("call_llm",
             R"({"gen_ai.system":"gcp.vertex.agent","gen_ai.request.model":"gemini","gcp.vertex.agent.session_id":"S",
        "gcp.vertex.agent.llm_request":"{\"model\":\"gemini\",\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
        "gcp.vertex.agent.llm_response":"{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"yo\"}]}}"})",
             "gcp.vertex.agent")
            .normal();
    EXPECT_EQ(llm.dialect, "adk");
    EXPECT_EQ(llm.step.kind, StepKind::Llm);
    EXPECT_THAT(shown(llm.input), ElementsAre("user: hi"));
    EXPECT_THAT(shown(llm.output), ElementsAre("assistant: yo"));
    EXPECT_EQ(llm.sessionId, "S");
    const auto tool =
        Made("execute_tool add",
             R"({"gcp.vertex.agent.tool_call_args":"{\"a\":1}","gcp.vertex.agent.tool_response":"{\"result\":2}"})")
            .normal();
    EXPECT_EQ(tool.step.kind, StepKind::Tool);
    EXPECT_EQ(tool.step.toolName, "add");
    EXPECT_EQ(tool.step.result, R"({"result":2})");
    EXPECT_EQ(Made("agent_run [root_agent]", "{}", "gcp.vertex.agent").normal().agentName, "root_agent");
    EXPECT_EQ(Made("agent_run [root_agent]", "{}", "gcp.vertex.agent").normal().step.kind, StepKind::Agent);
    EXPECT_EQ(Made("invocation", "{}", "gcp.vertex.agent").normal().step.kind, StepKind::Chain);
}

TEST(SpanDialects, PydanticAiOfThreeVersions)
{
    const auto one = Made("chat m", R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m","events":
        "[{\"content\":\"s\",\"role\":\"system\",\"event.name\":\"gen_ai.system.message\"},{\"content\":\"u\",\"role\":\"user\",\"event.name\":\"gen_ai.user.message\"},{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a\"},\"event.name\":\"gen_ai.choice\"}]"})",
                          "pydantic-ai")
                         .normal();
    EXPECT_EQ(one.dialect, "pydantic-ai");
    EXPECT_THAT(shown(one.input), ElementsAre("system: s", "user: u"));
    EXPECT_THAT(shown(one.output), ElementsAre("assistant: a"));
    const auto run = Made("agent run", R"({"agent_name":"bot","model_name":"m","final_result":"done","all_messages_events":
        "[{\"content\":\"u\",\"role\":\"user\",\"event.name\":\"gen_ai.user.message\"}]"})")
                         .normal();
    EXPECT_EQ(run.step.kind, StepKind::Agent);
    EXPECT_EQ(run.agentName, "bot");
    EXPECT_EQ(run.userText, "u");
    EXPECT_EQ(run.answerText, "done");
    const auto two =
        Made("agent run", R"({"agent_name":"bot","final_result":"{\"x\":1}","operation.cost":0.5,"pydantic_ai.all_messages":
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"u2\"}]},{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"a2\"}]}]"})")
            .normal();
    EXPECT_EQ(two.userText, "u2");
    EXPECT_THAT(two.costUsd, Optional(DoubleEq(0.5)));
    const auto tool =
        Made("running tool", R"({"gen_ai.tool.name":"f","gen_ai.tool.call.id":"c","tool_arguments":"{}","tool_response":"r"})",
             "pydantic-ai")
            .normal();
    EXPECT_EQ(tool.step.kind, StepKind::Tool);
    EXPECT_EQ(tool.step.result, "r");
    auto feedback =
        Made("feedback: tone", R"({"logfire.feedback.name":"tone","tone":"rude","logfire.feedback.comment":"why"})");
    feedback.span.parentId = "judged";
    const auto judged = feedback.normal();
    ASSERT_EQ(judged.scores.size(), 1U);
    EXPECT_EQ(judged.scores[0].stepId, "judged");
    EXPECT_EQ(judged.scores[0].label, "rude");
    EXPECT_EQ(judged.scores[0].explanation, "why");
}

TEST(SpanDialects, AgentFrameworkAnyAgentAndBackends)
{
    const auto executor =
        Made("executor.process writer", R"({"executor.id":"writer","executor.type":"AgentExecutor"})", "agent_framework")
            .normal();
    EXPECT_EQ(executor.dialect, "agent-framework");
    EXPECT_EQ(executor.step.kind, StepKind::Chain);
    const auto chat = Made("chat m", R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.input.messages":
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"q\"}]}]"})",
                           "agent_framework")
                          .normal();
    EXPECT_EQ(chat.step.kind, StepKind::Llm);
    EXPECT_THAT(shown(chat.input), ElementsAre("user: q"));

    const auto any = Made("call_llm m", R"({"gen_ai.operation.name":"call_llm","gen_ai.request.model":"m","gen_ai.output":
        "[{\"tool.name\":\"f\",\"tool.args\":\"{}\"}]","gen_ai.usage.input_cost":0.5,"gen_ai.usage.output_cost":0.25})")
                         .normal();
    EXPECT_EQ(any.dialect, "any-agent");
    EXPECT_THAT(shown(any.output), ElementsAre("assistant:  :f({})"));
    EXPECT_THAT(any.costUsd, Optional(DoubleEq(0.75)));

    const auto mlflow =
        Made("predict",
             R"({"mlflow.spanType":"\"AGENT\"","mlflow.spanInputs":"{\"question\":\"q\"}","mlflow.spanOutputs":"\"a\""})")
            .normal();
    EXPECT_EQ(mlflow.step.kind, StepKind::Agent);
    EXPECT_EQ(mlflow.userText, "q");
    EXPECT_EQ(mlflow.answerText, "a");
    const auto langfuse =
        Made("g", R"({"langfuse.observation.type":"generation","langfuse.observation.output":"a","langfuse.session.id":"S",
        "langfuse.observation.usage_details":"{\"input\":12,\"output\":3}","langfuse.observation.model.name":"m","langfuse.release":"r1"})")
            .normal();
    EXPECT_EQ(langfuse.step.kind, StepKind::Llm);
    EXPECT_EQ(langfuse.step.promptTokens, 12);
    EXPECT_EQ(langfuse.step.completionTokens, 3);
    EXPECT_EQ(langfuse.sessionId, "S");
    EXPECT_EQ(langfuse.version.label, "r1");
}

} // namespace
} // namespace tackroom::testing
