// SPDX-License-Identifier: GPL-3.0-or-later
// Import of OTLP lines: bytes a second from the file into an index, and to runs in memory against parsing the lines with
// simdjson alone; beside it DuckDB's import, where it is installed. The file is made as the collector's file exporter writes it
// (a batch a line, traces mixed).
//   bench_otlp [--small] [--rounds N] [--otlp FILE]     --small: 98 MB in place of 976 MB
#include "core/base/format.h"
#include "core/index/readerclient.h"
#include "core/platform/childprocess.h"
#include "core/platform/directories.h"
#include "core/readers/formats.h"
#include "tests/bench/benchmark.h"

#include <cstdlib>
#include <fstream>
#include <random>

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

struct Options {
    std::size_t bytes = std::size_t{976} * 1'000'000;
    int rounds = 3;
    std::filesystem::path file;
};

/// Other programs' options are passed over: `packaging/dev bench` gives all of them to each.
Options optionsOf(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        if (word == "--small") options.bytes /= 10;
        if (word == "--rounds" && i + 1 < argc) options.rounds = std::max(1, std::atoi(argv[++i]));
        if (word == "--otlp" && i + 1 < argc) options.file = argv[++i];
    }
    return options;
}

class OtlpBench
{
public:
    OtlpBench(Options options, std::filesystem::path folder) : m_options(std::move(options)), m_folder(std::move(folder)) {}

    Status run()
    {
        m_file = m_options.file.empty() ? m_folder / "spans.jsonl" : m_options.file;
        if (m_options.file.empty()) makeFile(m_file, m_options.bytes);
        TR_ASSIGN(InputFile file, InputFile::open(m_file));
        m_megabytes = static_cast<double>(file.sizeBytes()) / 1e6;
        m_unit.parts.push_back({"spans.jsonl", std::move(file)});
        TR_TRY(parseAlone()); // so that it is warm
        for (int i = 0; i < m_options.rounds; ++i) TR_TRY(round(i));
        const double parse = bench::median(m_parse), read = bench::median(m_read), import = bench::median(m_import);
        std::printf(
            "OTLP/JSON lines, %.0f MB, %zu runs, %zu steps, %zu skipped (medians of %d, by turns, file in the page cache):\n",
            m_megabytes, m_counter.runs, m_counter.steps, m_counter.skips, m_options.rounds);
        std::printf(
            "  import into an index, by the reader process: %.3f s, %.0f MB/s (wanted: at least 200); reader's peak %.0f MB\n",
            import, m_megabytes / import, m_peakMegabytes);
        std::printf("  lines to runs in memory: %.3f s, %.0f MB/s; parsing the lines alone (simdjson): %.3f s; ratio %.2f\n",
                    read, m_megabytes / read, parse, read / parse);
        if (m_duckdb.empty())
            std::printf("  duckdb is not on PATH: nothing to put beside the import\n");
        else
            std::printf(
                "  duckdb's read_json_auto into a table: %.3f s, %.0f MB/s; ours to its speed: %.2f (wanted: at least 0.8)\n",
                bench::median(m_duckdb), m_megabytes / bench::median(m_duckdb), bench::median(m_duckdb) / import);
        return {};
    }

private:
    Status round(int number)
    {
        Status done;
        m_parse.push_back(bench::secondsOf([&] { done = parseAlone(); }));
        TR_TRY(done);
        m_counter = {};
        m_read.push_back(bench::secondsOf([&] { done = otlpJsonLinesFormat().read(m_unit, {}, m_counter, {}); }));
        TR_TRY(done);
        const auto cache = m_folder / formatText("cache{}", number);
        Result<IndexReport> report = fail(ErrorCode::Internal, {}, "not run");
        m_import.push_back(bench::secondsOf([&] { report = ReaderClient::index(m_file, cache, {}, {}, {}); }));
        if (!report) return std::unexpected(report.error());
        m_peakMegabytes = std::max(m_peakMegabytes, static_cast<double>(report->peakRssBytes) / 1e6);
        std::filesystem::remove_all(cache);
        return duckdb(number);
    }

    Status parseAlone()
    {
        jsonvalues::Parser parser;
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            return parser.parse(element.text, true).has_value();
        };
        return forEachJsonElement(m_unit.first(), JsonLayout::Lines, visitor, {});
    }

    /// Where somebody has installed it.
    Status duckdb(int number)
    {
        const std::string sql = formatText("CREATE TABLE t AS SELECT * FROM read_json_auto('{}', format='newline_delimited', "
                                           "maximum_object_size=100000000)",
                                           m_file.string());
        Result<ChildOutput> output = fail(ErrorCode::Internal, {}, "not run");
        const double seconds = bench::secondsOf([&] {
            output = runProcess({"duckdb", (m_folder / formatText("t{}.duckdb", number)).string(), "-c", sql}, {}, {}, 600'000,
                                1 << 20);
        });
        if (!output && output.error().code == ErrorCode::NotFound) return {};
        if (!output) return std::unexpected(output.error());
        if (output->exitCode != 0) return fail(ErrorCode::Io, "duckdb", output->err);
        m_duckdb.push_back(seconds);
        return {};
    }

    Options m_options;
    std::filesystem::path m_folder, m_file;
    FileUnit m_unit;
    Counter m_counter;
    double m_megabytes = 0, m_peakMegabytes = 0;
    std::vector<double> m_parse, m_read, m_import, m_duckdb;
};

} // namespace

int main(int argc, char** argv)
{
    auto folder = TemporaryFolder::make("tackroom-bench-otlp");
    if (!folder) return 4;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const auto done = OtlpBench(optionsOf(argc, argv), folder->path()).run();
    if (!done) std::fprintf(stderr, "bench_otlp: %s\n", oneLine(done.error()).c_str());
    return done ? 0 : 4;
}
