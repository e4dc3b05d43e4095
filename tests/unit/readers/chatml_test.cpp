// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/readers/chatml.h"
#include "core/readers/jsonvalues.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace tackroom::testing
{
namespace
{

using namespace jsonvalues;
using chatml::Side;

std::string textOfFile(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

/// One message in the words of the comparison: role, name, content, calls (id, name, arguments), the call that it answers.
struct Compared {
    std::string role, name, content, calls, toolCallId;
    bool anything = false; ///< the oracle's message has at least one of these
    friend bool operator==(const Compared& a, const Compared& b)
    {
        return a.role == b.role && a.name == b.name && a.content == b.content && a.calls == b.calls &&
               a.toolCallId == b.toolCallId;
    }
    [[nodiscard]] std::string text() const
    {
        return formatText("role={} name={} content={} calls={} answers={}", role, name, content, calls, toolCallId);
    }
};

std::string callText(std::string_view id, std::string_view name, std::string_view arguments)
{
    return formatText("[{}|{}|{}]", id, name, arguments);
}

/// The oracle keeps Anthropic's blocks as they are: their texts and calls are what we make of them.
void readBlocks(Value content, Compared& to)
{
    for (const Value block : simdjson::dom::array(content)) {
        if (jsonvalues::textOf(member(block, "type")) == "tool_use")
            to.calls += callText(jsonvalues::textOf(member(block, "id")), jsonvalues::textOf(member(block, "name")),
                                 jsonvalues::textOf(member(block, "input")));
        else
            to.content += (to.content.empty() ? "" : "\n") + jsonvalues::textOf(member(block, "text"));
    }
}

Compared comparedOf(Value oracle)
{
    Compared to;
    to.anything = member(oracle, "role") || member(oracle, "content") || member(oracle, "tool_calls");
    to.role = jsonvalues::textOf(member(oracle, "role"));
    to.name = jsonvalues::textOf(member(oracle, "name"));
    to.toolCallId = jsonvalues::textOf(member(oracle, "tool_call_id"));
    const auto content = member(oracle, "content");
    simdjson::dom::array list;
    bool blocks = content && content->get(list) == simdjson::SUCCESS;
    if (blocks)
        for (const Value each : list) blocks = blocks && stringOf(member(each, "type"));
    if (blocks)
        readBlocks(*content, to);
    else
        to.content = jsonvalues::textOf(content);
    if (const auto calls = member(oracle, "tool_calls"); isArray(calls))
        for (const Value call : simdjson::dom::array(*calls))
            to.calls += callText(jsonvalues::textOf(member(call, "id")), jsonvalues::textOf(member(call, "name")),
                                 jsonvalues::textOf(member(call, "arguments")));
    return to;
}

Compared comparedOf(const Message& message)
{
    Compared to{
        .role = message.role, .name = message.name, .content = message.content, .calls = {}, .toolCallId = message.toolCallId};
    for (const auto& call : message.toolCalls) to.calls += callText(call.id, call.name, call.arguments);
    return to;
}

struct Counts {
    int sides = 0, equal = 0, messages = 0, raw = 0, none = 0, oursMore = 0;
};

std::optional<std::vector<chatml::ChatMessage>> ours(std::optional<Value> foreign, Side side, Parser& parser)
{
    if (!foreign) return std::nullopt;
    const auto text = stringOf(foreign);
    if (!text) return chatml::messagesOf(*foreign, side);
    const auto parsed = parser.parse(*text);
    return parsed ? chatml::messagesOf(*parsed, side) : std::nullopt;
}

void compareSide(const std::string& where, Value oracle, std::optional<Value> foreign, Side side, Counts& counts)
{
    ++counts.sides;
    Parser parser;
    const auto got = ours(foreign, side, parser);
    if (jsonvalues::textOf(member(oracle, "success")) != "true") {
        ++counts.none;
        counts.oursMore += got.has_value();
        return;
    }
    std::vector<Compared> expected;
    bool anything = false;
    for (const Value each : simdjson::dom::array(*member(oracle, "data"))) {
        expected.push_back(comparedOf(each));
        anything = anything || expected.back().anything;
    }
    if (!anything) { // it made no message of it but kept the value in "json"
        ++counts.raw;
        counts.oursMore += got.has_value();
        return;
    }
    ASSERT_TRUE(got) << where << ": the oracle has " << expected.size() << " messages, we have none";
    std::vector<Compared> mine;
    for (const auto& each : *got) mine.push_back(comparedOf(each.message));
    ASSERT_EQ(mine.size(), expected.size()) << where;
    for (std::size_t i = 0; i < mine.size(); ++i) {
        // A content that the oracle has parsed is compared as the same JSON.
        Parser one;
        if (mine[i].content != expected[i].content)
            if (const auto json = one.parse(mine[i].content)) mine[i].content = simdjson::minify(*json);
        EXPECT_TRUE(mine[i] == expected[i])
            << where << " message " << i << "\n  ours   " << mine[i].text() << "\n  oracle " << expected[i].text();
    }
    ++counts.equal;
    counts.messages += static_cast<int>(mine.size());
}

Counts compareFile(const std::filesystem::path& oraclePath, const std::filesystem::path& tracePath)
{
    Counts counts;
    Parser oracleParser, traceParser;
    const auto oracleText = textOfFile(oraclePath), traceText = textOfFile(tracePath);
    const auto oracle = oracleParser.parse(oracleText);
    const auto trace = traceParser.parse(traceText);
    EXPECT_TRUE(oracle && trace) << oraclePath;
    if (!oracle || !trace) return counts;
    for (const auto& [id, sides] : simdjson::dom::object(*oracle)) {
        std::optional<Value> observation;
        for (const Value each : simdjson::dom::array(*member(*trace, "observations")))
            if (jsonvalues::textOf(member(each, "id")) == id) observation = each;
        EXPECT_TRUE(observation) << id;
        if (!observation) continue;
        for (const auto& [side, name] : {std::pair{Side::Input, "input"}, std::pair{Side::Output, "output"}})
            if (const auto said = member(sides, name))
                compareSide(formatText("{} {} {}", oraclePath.filename().string(), id, name), *said, member(*observation, name),
                            side, counts);
    }
    return counts;
}

std::string shown(const std::vector<Message>& messages)
{
    std::string out;
    for (const Message& message : messages) {
        out += formatText("{}{}: {}", message.role, message.name.empty() ? "" : "(" + message.name + ")", message.content);
        for (const auto& call : message.toolCalls) out += callText(call.id, call.name, call.arguments);
        if (!message.toolCallId.empty()) out += " <" + message.toolCallId + ">";
        out += '\n';
    }
    return out;
}

/// What is said in a JSON text, one line a message.
std::string said(std::string_view json, Side side = Side::Input)
{
    Parser parser, inner;
    const auto value = parser.parse(json);
    EXPECT_TRUE(value) << json;
    return value ? shown(chatml::saidOf(*value, side, true, inner).messages) : "";
}

TEST(ChatMl, anthropicBlocksBecomeCallsAndAnswers)
{
    EXPECT_EQ(said(R"({"model": "c", "system": [{"type": "text", "text": "be good"}], "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "let me see"},
            {"type": "tool_use", "id": "t1", "name": "find", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "none"}]},
            {"type": "image", "source": {}}]}]})"),
              "system: be good\nuser: hi\nassistant: hm\nlet me see[t1|find|{\"a\":1}]\ntool: none <t1>\nuser: [image]\n");
}

TEST(ChatMl, langChainInEveryForm)
{
    EXPECT_EQ(said(R"({"messages": [[{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"],
                       "kwargs": {"content": "hi", "type": "human"}}, {"lc": 1, "id": ["x", "AIMessageChunk"], "kwargs": {"content": "",
                       "additional_kwargs": {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}}}]]})"),
              "user: hi\nassistant: [1|f|{}]\n");
    EXPECT_EQ(said(R"({"messages": [["human", "hi"], {"type": "ai", "data": {"content": "yes"}}]})"),
              "user: hi\nassistant: yes\n");
    EXPECT_EQ(said(R"({"generations": [[{"text": "yes", "type": "ChatGeneration", "message": {"lc": 1, "id": ["x", "AIMessage"],
                       "kwargs": {"content": "yes"}}}]], "llm_output": null})",
                   Side::Output),
              "assistant: yes\n");
    EXPECT_EQ(said(R"({"generations": [[{"text": "plain"}]]})", Side::Output), "assistant: plain\n");
    EXPECT_EQ(said(R"({"output": {"type": "ai", "content": "done"}})", Side::Output), "assistant: done\n");
    EXPECT_EQ(said(R"({"prompts": ["Human: hi"]})"), "user: Human: hi\n");
}

TEST(ChatMl, responsesApiAndVercelAndGemini)
{
    EXPECT_EQ(
        said(R"({"instructions": "short", "input": [{"role": "developer", "content": [{"type": "input_text", "text": "d"}]},
        {"type": "reasoning", "summary": []}, {"type": "function_call", "call_id": "c", "id": "fc", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "ok"}, {"type": "web_search_call", "id": "w", "status": "done"}]})"),
        "system: short\nsystem: d\nassistant: [c|f|{}]\ntool: ok <c>\n"
        "assistant: [w|web_search|{\"type\":\"web_search_call\",\"id\":\"w\",\"status\":\"done\"}]\n");
    EXPECT_EQ(
        said(
            R"([{"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "1", "toolName": "f", "input": {"x": 2}}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "1", "toolName": "f", "output": {"type": "json", "value": {"y": 3}}}]}])"),
        "assistant: [1|f|{\"x\":2}]\ntool(f): {\"y\":3} <1>\n");
    EXPECT_EQ(
        said(R"({"systemInstruction": {"parts": [{"text": "s"}]}, "contents": [{"role": "user", "parts": [{"functionResponse":
        {"id": "7", "name": "f", "response": {"r": 1}}}, {"inlineData": {}}]}]})"),
        "system: s\ntool(f): {\"r\":1} <7>\nuser: [file]\n");
    EXPECT_EQ(
        said(
            R"({"candidates": [{"content": {"role": "model", "parts": [{"text": "a"}, {"functionCall": {"name": "g", "args": {}}}]}}]})",
            Side::Output),
        "assistant: a[|g|{}]\n");
}

TEST(ChatMl, textsAreMessagesToo)
{
    EXPECT_EQ(shown(chatml::messagesOfText("developer: be\ngood\nuser: hi\nassistant: None\ntool: [1]", Side::Input)),
              "system: be\ngood\nuser: hi\nassistant: \ntool: [1]\n");
    EXPECT_EQ(shown(chatml::messagesOfText("Note: this is no role", Side::Output)), "assistant: Note: this is no role\n");
    EXPECT_EQ(shown(chatml::messagesOfText("  ", Side::Output)), "");
    EXPECT_EQ(said(R"(["role='user' content='don\\'t \\u00e9\\n' name=None", "role='assistant' content=None name=None"])"),
              "user: don't \u00e9\n\nassistant: \n");
    EXPECT_EQ(said(R"({"raw": "done", "tasks_output": []})", Side::Output), "assistant: done\n");
    EXPECT_EQ(said(R"({"prompt": "hi", "system": "be good"})"), "system: be good\nuser: hi\n");
    EXPECT_EQ(said(R"("\"[{\\\"role\\\": \\\"user\\\", \\\"content\\\": \\\"twice\\\"}]\"")"), "user: twice\n");
    EXPECT_EQ(said(R"("\"just a text\"")"), "user: just a text\n");
    EXPECT_EQ(said(R"("[{\"role\": \"user\", \"content\": \"hi\"}]")"), "user: hi\n");
}

TEST(ChatMl, whatIsNoMessageIsNone)
{
    for (const auto json :
         {"{}", "[]", "[[]]", "[[[[[[[[[]]]]]]]]]", "[1, 2]", R"({"location": "x", "temperature": 64})",
          R"([{"title": "a", "href": "b"}])", R"({"messages": 7})", R"({"messages": []})", R"({"choices": [null, {}]})",
          R"({"generations": [[]]})", R"({"generations": []})", R"({"contents": [{}]})", R"([null])", R"([["user"]])"})
        EXPECT_EQ(said(json, Side::Output), "") << json;
    // Broken members leave the rest readable.
    EXPECT_EQ(
        said(
            R"([{"role": "assistant", "content": {"a": 1}, "tool_calls": [null, 3, {"function": 4}], "name": null}, 17, null])"),
        "assistant: {\"a\":1}[||]\n");
}

/// Langfuse's own normaliser wrote what it makes of the inputs and outputs of real traces beside them (SOURCE.md). Compared,
/// message by message: number of messages; role, name, content, id and name and arguments of each tool call, tool_call_id.
/// Not compared, because the common model has no such thing: "tools" (definitions), "json" (what was left over), "type".
/// Where the oracle has no message at all (success false; only "json" or "tools") there is nothing to be equal to: counted.
TEST(ChatMl, equalsLangfusesOwnOracle)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const auto folder = data ? std::filesystem::path(data) / "langfuse" : std::filesystem::path();
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "there are no recorded Langfuse traces (TACKROOM_SHARED_DATA)";
    int files = 0, messages = 0;
    std::vector<std::filesystem::path> oracles;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().filename().string().ends_with(".chatml.json")) oracles.push_back(entry.path());
    std::ranges::sort(oracles);
    for (const auto& path : oracles) {
        const std::string name = path.filename().string();
        const std::string stem = name.substr(0, name.size() - std::string_view(".chatml.json").size());
        const Counts counts = compareFile(path, folder / (stem + ".trace.json"));
        std::cout << formatText("{:32} inputs and outputs {:2}: equal {:2} with {:2} messages; the oracle has no message in "
                                "{:2} (not parsed {:2}, left as json {}), of which we read {}\n",
                                stem, counts.sides, counts.equal, counts.messages, counts.none + counts.raw, counts.none,
                                counts.raw, counts.oursMore);
        ++files;
        messages += counts.messages;
    }
    EXPECT_EQ(files, 10);
    EXPECT_EQ(messages, 74); // counted by the Python below
    // python3: sum(len(s['data']) for f in *.chatml.json for o in f.values() for s in o.values() if s['success'] and
    //              any({'role', 'content', 'tool_calls'} & m.keys() for m in s['data']))
}

} // namespace
} // namespace tackroom::testing
