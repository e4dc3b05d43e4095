// SPDX-License-Identifier: GPL-3.0-or-later
// Import of OTLP lines: bytes a second from the file to runs, against parsing the lines with simdjson alone. With a FILE that
// one is read; else a file of 200 MB is made, as the collector's file exporter writes it (a batch a line, traces mixed).
#include "core/base/format.h"
#include "core/platform/directories.h"
#include "core/readers/formats.h"
#include "tests/bench/benchmark.h"

#include <cstdlib>
#include <fstream>
#include <random>
#include <sys/resource.h>

namespace
{

using namespace tackroom;

std::string jsonOf(std::string_view text)
{
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') json += '\\';
        json += c;
    }
    return json + '"';
}

class Traces
{
public:
    /// The spans of one trace as JSON, with a comma between them: three calls of a model, two tools, the agent.
    std::string next()
    {
        const std::string trace = hex(32), root = hex(16);
        std::string messages = formatText(
            R"([{{"role":"system","parts":[{{"type":"text","content":"{}"}}]}},{{"role":"user","parts":[{{"type":"text","content":"{}"}}]}})",
            words(120), words(20));
        std::string spans;
        m_time += 1'000'000'000;
        for (int turn = 0; turn < 3; ++turn) {
            const std::string call =
                formatText(R"({{"type":"tool_call","id":"call_{}","name":"lookup","arguments":{{"id":"{}"}}}})", turn, hex(8));
            const std::string said = turn < 2 ? call : formatText(R"({{"type":"text","content":"{}"}})", words(60));
            const std::string answer = formatText(R"({{"role":"assistant","parts":[{}],"finish_reason":"stop"}})", said);
            spans += span(trace, hex(16), root, "chat gpt-5",
                          {{"gen_ai.operation.name", "chat"},
                           {"gen_ai.provider.name", "openai"},
                           {"gen_ai.request.model", "gpt-5"},
                           {"gen_ai.response.model", "gpt-5-2026"},
                           {"gen_ai.response.id", hex(24)},
                           {"gen_ai.usage.input_tokens", "1200"},
                           {"gen_ai.usage.output_tokens", "80"},
                           {"gen_ai.conversation.id", hex(16)},
                           {"gen_ai.input.messages", messages + "]"},
                           {"gen_ai.output.messages", "[" + answer + "]"}}) +
                     ",";
            messages += "," + answer;
            if (turn == 2) break;
            const std::string result = words(80);
            spans += span(trace, hex(16), root, "execute_tool lookup",
                          {{"gen_ai.operation.name", "execute_tool"},
                           {"gen_ai.tool.name", "lookup"},
                           {"gen_ai.tool.call.result", result}}) +
                     ",";
            messages += formatText(
                R"(,{{"role":"tool","parts":[{{"type":"tool_call_response","id":"call_{}","response":"{}"}}]}})", turn, result);
        }
        return spans + span(trace, root, "", "invoke_agent desk",
                            {{"gen_ai.operation.name", "invoke_agent"}, {"gen_ai.agent.name", "desk"}, {"session.id", hex(8)}});
    }

private:
    std::string span(const std::string& trace, const std::string& id, const std::string& parent, std::string_view name,
                     const std::vector<std::pair<std::string, std::string>>& attributes)
    {
        std::string json = formatText(
            R"({{"traceId":"{}","spanId":"{}","parentSpanId":"{}","name":"{}","kind":1,"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[)",
            trace, id, parent, name, m_time, m_time + 900);
        m_time += 1000;
        for (const auto& [key, value] : attributes) {
            const bool isNumber = key.starts_with("gen_ai.usage.");
            json += formatText(R"({}{{"key":"{}","value":{{"{}":{}}}}})", json.ends_with('[') ? "" : ",", key,
                               isNumber ? "intValue" : "stringValue", jsonOf(value));
        }
        return json + R"(],"status":{"code":1}})";
    }
    std::string hex(int digits)
    {
        std::string text;
        for (int i = 0; i < digits; ++i) text += "0123456789abcdef"[m_random() % 16];
        return text;
    }
    std::string words(int count)
    {
        static constexpr const char* kWords[] = {"order",    "late", "refund", "ship",  "customer",
                                                 "delivery", "gate", "policy", "check", "item"};
        std::string text;
        for (int i = 0; i < count; ++i) (text += i ? " " : "") += kWords[m_random() % 10];
        return text;
    }
    std::mt19937 m_random{1};
    std::int64_t m_time = 1'760'000'000'000'000'000;
};

void makeFile(const std::filesystem::path& path, std::size_t bytes)
{
    std::ofstream out(path, std::ios::binary);
    Traces traces;
    for (std::size_t written = 0; written < bytes;) {
        std::string line =
            R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"desk"}},{"key":"service.version","value":{"stringValue":"v4"}}]},"scopeSpans":[{"scope":{"name":"lib"},"spans":[)";
        for (int i = 0; i < 4; ++i) (line += i ? "," : "") += traces.next();
        line += "]}]}]}\n";
        out << line;
        written += line.size();
    }
}

class Counter : public FormatSink
{
public:
    Result<bool> add(ParsedRun run) override
    {
        ++runs;
        steps += run.record.steps.size();
        return true;
    }
    void skipped(std::string, std::string) override { ++skips; }
    void progress(std::uint64_t) override {}
    std::size_t runs = 0, steps = 0, skips = 0;
};

} // namespace

int main(int argc, char** argv)
{
    auto folder = TemporaryFolder::make("bench");
    if (!folder) return 4;
    const std::filesystem::path path = argc > 1 ? std::filesystem::path(argv[1]) : folder->path() / "spans.jsonl";
    if (argc < 2) makeFile(path, std::size_t{200} << 20);
    auto file = InputFile::open(path);
    if (!file) return 3;
    const double megabytes = static_cast<double>(file->sizeBytes()) / 1e6;
    FileUnit unit;
    unit.parts.push_back({"spans.jsonl", std::move(*file)});

    Counter counter;
    std::vector<double> seconds;
    const auto ours = [&] {
        counter = {};
        seconds.push_back(bench::secondsOf([&] {
            if (!otlpJsonLinesFormat().read(unit, {}, counter, {})) std::exit(1);
        }));
    };
    const auto parseAlone = [&] {
        jsonvalues::Parser parser;
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            return parser.parse(element.text, true).has_value();
        };
        if (!forEachJsonElement(unit.first(), JsonLayout::Lines, visitor, {})) std::exit(1);
    };
    bench::compare("OTLP lines to runs", "parsing the lines alone", 3, ours, parseAlone);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%.0f MB, %zu runs, %zu steps, %zu skipped; %.0f MB/s; peak memory %ld MB\n", megabytes, counter.runs,
                counter.steps, counter.skips, megabytes / bench::median(seconds), usage.ru_maxrss / 1024);
    return 0;
}
