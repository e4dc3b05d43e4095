// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/collector.h"

#include <filesystem>

namespace tackroom::testing
{
namespace
{

class PhoenixFrame : public FolderTest
{
protected:
    Collector read(const std::filesystem::path& path)
    {
        Collector got;
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        if (!reader) return got;
        EXPECT_EQ((*reader)->info().kind, "phoenix-dataframe");
        const auto done = (*reader)->ingest({}, got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return got;
    }
    static void expectRuns(const Collector& got)
    {
        ASSERT_EQ(got.runs.size(), 2U);
        EXPECT_EQ(got.order, (std::vector<std::string>{"t2", "t1"}));
        const RunRecord& record = got.runs.at("t1");
        ASSERT_EQ(record.steps.size(), 2U);
        EXPECT_EQ(record.steps[0].nativeId, "a");
        EXPECT_EQ(record.steps[0].kind, StepKind::Agent);
        EXPECT_EQ(record.steps[0].start, 1'772'359'200'000'000'000);
        EXPECT_EQ(record.steps[1].parentId, "a");
        EXPECT_EQ(record.steps[1].kind, StepKind::Llm);
        EXPECT_EQ(record.steps[1].model, "gpt-5");
        EXPECT_EQ(record.steps[1].outputText, "ho");
        EXPECT_EQ(record.run.task, "hi");
        EXPECT_EQ(record.run.answer, "ho");
        EXPECT_EQ(record.run.promptTokens, 7);
        EXPECT_EQ(record.run.sessionId, "s");
        const RunRecord& failed = got.runs.at("t2");
        EXPECT_EQ(failed.run.status, StepStatus::Error);
        ASSERT_EQ(failed.steps.size(), 1U);
        EXPECT_EQ(failed.steps[0].errorText, "no such order");
        EXPECT_EQ(failed.steps[0].toolName, "find");
        EXPECT_TRUE(got.skips.empty());
    }
};

// What pandas 2 writes of such a frame with to_json(orient="records", lines=True): numbers of milliseconds, null where a column
// is empty.
constexpr const char* kA =
    R"({"name":"agent","span_kind":"AGENT","parent_id":null,"start_time":1772359200000,"end_time":1772359203000,"status_code":"OK","status_message":"","events":[],"context.span_id":"a","context.trace_id":"t1","attributes.input.value":"hi","attributes.output.value":"ho","attributes.session.id":"s","attributes.llm.model_name":null,"attributes.llm.input_messages":null,"attributes.tool.name":null})";
constexpr const char* kB =
    R"({"name":"call","span_kind":"LLM","parent_id":"a","start_time":1772359201000,"end_time":1772359202000,"status_code":"OK","status_message":"","events":[],"context.span_id":"b","context.trace_id":"t1","attributes.llm.model_name":"gpt-5","attributes.llm.input_messages":[{"message.role":"user","message.content":"hi"}],"attributes.llm.output_messages":[{"message.role":"assistant","message.content":"ho"}],"attributes.llm.token_count.prompt":7.0,"attributes.llm.token_count.completion":2.0})";
constexpr const char* kC =
    R"({"name":"find","span_kind":"TOOL","parent_id":null,"start_time":"2026-03-02T10:00:00+00:00","end_time":"2026-03-02T10:00:01+00:00","status_code":"ERROR","status_message":"no such order","events":[{"name":"exception","timestamp":"2026-03-02T10:00:01+00:00","attributes":{"exception.type":"KeyError","exception.message":"no such order"}}],"context.span_id":"c","context.trace_id":"t2","attributes.tool.name":"find","attributes.input.value":"{\"id\": 7}"})";

TEST_F(PhoenixFrame, linesAndRecords)
{
    const auto path = write("l.jsonl", formatText("{}\n{}\n{}\n", kB, kA, kC));
    const Collector got = read(path);
    expectRuns(got);
    EXPECT_EQ(got.runs.at("t2").steps[0].errorType, "KeyError");
    expectRuns(read(write("r.json", formatText("[{},{},{}]", kC, kA, kB))));
    expectRuns(read(write("t.json", formatText(R"({{"schema": {{"fields": []}}, "data": [{}, {}, {}]}})", kC, kA, kB))));
    // Bodies of one trace are read from its own lines.
    auto reader = openStore(path, {});
    ASSERT_TRUE(reader);
    const RunRecord& record = got.runs.at("t1");
    const auto whole = (*reader)->fetch(RunAddress(record.run), "b", 100'000);
    ASSERT_TRUE(whole);
    ASSERT_EQ(whole->messages.size(), 2U);
    EXPECT_EQ(whole->messages[1].content, "ho");
    EXPECT_TRUE(whole->raw.contains("\"context.span_id\":\"b\""));
}

TEST_F(PhoenixFrame, theOtherOrients)
{
    // The default of to_json(): columns, each by the index, which is the span id.
    expectRuns(
        read(write("c.json", R"({"name":{"a":"agent","b":"call","c":"find"},"span_kind":{"a":"AGENT","b":"LLM","c":"TOOL"},
        "parent_id":{"a":null,"b":"a","c":null},"start_time":{"a":1772359200000,"b":1772359201000,"c":1772445600000},
        "end_time":{"a":1772359203000,"b":1772359202000,"c":1772445601000},"status_code":{"a":"OK","b":"OK","c":"ERROR"},
        "status_message":{"a":"","b":"","c":"no such order"},"context.trace_id":{"a":"t1","b":"t1","c":"t2"},
        "attributes.session.id":{"a":"s","b":null,"c":null},"attributes.tool.name":{"a":null,"b":null,"c":"find"},
        "attributes.input.value":{"a":"hi","b":null,"c":null},"attributes.output.value":{"a":"ho","b":null,"c":null},
        "attributes.llm.model_name":{"a":null,"b":"gpt-5","c":null},"attributes.llm.token_count.prompt":{"a":null,"b":7,"c":null},
        "attributes.llm.input_messages":{"a":null,"b":[{"message.role":"user","message.content":"hi"}],"c":null},
        "attributes.llm.output_messages":{"a":null,"b":[{"message.role":"assistant","message.content":"ho"}],"c":null}})")));
    expectRuns(read(write("i.json", formatText(R"({{"a": {}, "b": {}, "c": {}}})", kA, kB, kC))));
    expectRuns(read(write(
        "s.json",
        R"({"columns":["name","span_kind","parent_id","start_time","end_time","status_code","status_message","context.trace_id",
        "attributes.session.id","attributes.tool.name","attributes.input.value","attributes.output.value","attributes.llm.model_name",
        "attributes.llm.token_count.prompt","attributes.llm.output_messages"],"index":["b","a","c"],"data":[
        ["call","LLM","a",1772359201000,1772359202000,"OK","","t1",null,null,null,null,"gpt-5",7,[{"message.role":"assistant","message.content":"ho"}]],
        ["agent","AGENT",null,1772359200000,1772359203000,"OK","","t1","s",null,"hi","ho",null,null,null],
        ["find","TOOL",null,1772445600000,1772445601000,"ERROR","no such order","t2",null,"find",null,null,null,null,null]]})")));
}

TEST_F(PhoenixFrame, restAnswersAndBrokenRows)
{
    const Collector rest = read(
        write("p.json",
              R"({"data": [{"id": "U3Bhbjox", "name": "call", "context": {"trace_id": "t", "span_id": "x"}, "span_kind": "LLM",
        "parent_id": null, "start_time": "2026-03-01T10:00:00Z", "end_time": "2026-03-01T10:00:01Z", "status_code": "OK", "status_message": "",
        "attributes": {"llm": {"model_name": "m"}, "input.value": "hi", "output.value": "ho"}, "events": []}], "next_cursor": null})"));
    ASSERT_EQ(rest.runs.size(), 1U);
    EXPECT_EQ(rest.runs.at("t").steps[0].model, "m");
    EXPECT_EQ(rest.runs.at("t").run.answer, "ho");

    const Collector odd = read(write(
        "o.jsonl",
        formatText(
            "{}\n{{\"a\": 1}}\n{{broken\n{}\n", kA,
            R"({"context.trace_id":"t3","start_time":{},"span_kind":7,"events":[1,{"timestamp":"x"}],"attributes.llm":[3],"status_code":[]})")));
    EXPECT_EQ(odd.runs.size(), 1U);
    EXPECT_EQ(odd.skips.size(), 3U); // no row, no JSON, no span id
    for (const auto json :
         {R"({"columns": [], "data": []})", R"({"data": []})", R"({"a": {"b": 1}})", R"({"context.trace_id": 7})"})
        EXPECT_EQ(openStore(write("n.json", json), {}).error().code, ErrorCode::UnknownFormat) << json;
}

} // namespace
} // namespace tackroom::testing
