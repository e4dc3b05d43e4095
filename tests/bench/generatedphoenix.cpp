// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/generatedphoenix.h"

#include "core/base/format.h"
#include "core/base/time.h"
#include "core/sample/phoenixschema.h"

#include <sqlite3.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::bench
{

namespace
{

constexpr UtcNs kFirstStart = 1'767'225'600'000'000'000; // 2026-01-01
constexpr UtcNs kSecond = 1'000'000'000;

/// splitmix64: a few instructions a number, and the same on every machine.
class Random
{
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next()
    {
        std::uint64_t z = (m_state += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    bool chance(unsigned percent) { return next() % 100 < percent; }

private:
    std::uint64_t m_state;
};

constexpr std::array<std::string_view, 48> kWords{
    "order",  "refund",  "customer", "shipment", "delayed",  "policy",  "the",     "a",       "within",  "days",
    "return", "address", "changed",  "please",   "check",    "status",  "invoice", "number",  "was",     "not",
    "found",  "in",      "system",   "carrier",  "tracking", "shows",   "package", "arrived", "damaged", "box",
    "credit", "card",    "charge",   "twice",    "on",       "account", "support", "agent",   "will",    "escalate",
    "case",   "to",      "team",     "after",    "review",   "of",      "photo",   "evidence"};
constexpr std::array<std::string_view, 6> kTools{"lookup_order", "issue_refund", "search_policy",
                                                 "get_customer", "track_parcel", "update_address"};

/// Sentences as they are, and as they stand inside a JSON text once and twice.
struct Sentence {
    std::string plain, once, twice;
};

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

std::vector<Sentence> sentences(Random& random)
{
    std::vector<Sentence> pool(4096);
    for (auto& sentence : pool) {
        const std::size_t words = 5 + random.below(14);
        for (std::size_t i = 0; i < words; ++i) {
            if (i) sentence.plain += ' ';
            sentence.plain += kWords[random.below(kWords.size())];
        }
        switch (random.below(16)) {
        case 0:
            sentence.plain += " \"as agreed\".";
            break;
        case 1:
            sentence.plain += ".\n";
            break;
        case 2:
            sentence.plain += " für 12,50 € – bitte prüfen.";
            break;
        default:
            sentence.plain += '.';
        }
        sentence.once = escaped(sentence.plain);
        sentence.twice = escaped(sentence.once);
    }
    return pool;
}

/// A text of some sentences in its three forms.
struct Text {
    std::string once, twice;
    void add(const Sentence& sentence)
    {
        if (!once.empty()) {
            once += ' ';
            twice += ' ';
        }
        once += sentence.once;
        twice += sentence.twice;
    }
};

struct Said {
    std::string_view role;
    Text content;
    std::string_view tool; ///< of a call
    std::string callId;
    std::string argumentsOnce, argumentsTwice;
};

std::string timeText(UtcNs time)
{
    // "2026-01-01T00:00:00.123Z" as Phoenix writes it.
    const std::string day = formatDay(time);
    const std::int64_t micros = time % (86'400 * kSecond) / 1'000;
    const std::int64_t seconds = micros / 1'000'000;
    return formatText("{} {:02}:{:02}:{:02}.{:06}", day, seconds / 3600, seconds / 60 % 60, seconds % 60, micros % 1'000'000);
}

struct Span {
    std::string spanId, parentId, name, attributes, events = "[]", statusMessage;
    std::string_view kind, status = "OK";
    UtcNs start = 0, end = 0;
    std::int64_t promptTokens = 0, completionTokens = 0;
};

struct Trace {
    std::int64_t number = 0;
    std::string traceId, sessionId;
    std::vector<Span> spans; ///< in the order of their ends
    std::int64_t promptTokens = 0, completionTokens = 0;
    bool failed = false;
};

class TraceMaker
{
public:
    explicit TraceMaker(std::uint64_t seed)
        : m_seed(seed), m_pool([seed] {
              Random random(seed);
              return sentences(random);
          }())
    {
        Random random(seed + 1);
        for (int i = 0; i < 3; ++i) m_system.add(sentence(random));
    }

    Trace make(std::int64_t number)
    {
        m_random = Random(m_seed ^ (static_cast<std::uint64_t>(number) * 0x2545F4914F6CDD1DULL));
        Trace trace;
        trace.number = number;
        trace.traceId = formatText("{:016x}{:016x}", m_random.next(), static_cast<std::uint64_t>(number));
        trace.sessionId = formatText("session-{:08}", number / 4);
        m_common =
            formatText(R"("session":{{"id":"{}"}},"user":{{"id":"customer-{:06}"}})", trace.sessionId, number / 4 % 20'000);
        m_clock = kFirstStart + number * 7 * kSecond;
        m_history.clear();
        const std::string rootId = newId();
        const UtcNs start = m_clock;
        Text asked = text(2);
        m_history.push_back({"system", m_system, {}, {}, {}, {}});
        m_history.push_back({"user", asked, {}, {}, {}, {}});
        const std::size_t rounds = 2 + m_random.below(4);
        for (std::size_t i = 0; i < rounds; ++i) {
            addLlm(trace, rootId, true);
            addTool(trace, rootId);
        }
        if (m_random.chance(50)) addRetriever(trace, rootId);
        if (m_random.chance(50)) addChain(trace, rootId);
        const Text answer = addLlm(trace, rootId, false);
        addRoot(trace, rootId, start, asked, answer);
        return trace;
    }

private:
    const Sentence& sentence(Random& random) { return m_pool[random.below(m_pool.size())]; }
    Text text(std::size_t sentences)
    {
        Text text;
        for (std::size_t i = 0; i < sentences; ++i) text.add(sentence(m_random));
        return text;
    }
    std::string newId() { return formatText("{:016x}", m_random.next()); }
    Span span(const std::string& parentId, std::string name, std::string_view kind)
    {
        Span span;
        span.spanId = newId();
        span.parentId = parentId;
        span.name = std::move(name);
        span.kind = kind;
        span.start = m_clock;
        m_clock += static_cast<UtcNs>(50 + m_random.below(900)) * 1'000'000;
        span.end = m_clock;
        m_clock += 1'000'000;
        return span;
    }

    static void appendMessage(std::string& out, const Said& said)
    {
        out += R"({"message":{"role":")";
        out += said.role;
        out += '"';
        if (!said.content.once.empty()) out += R"(,"content":")" + said.content.once + '"';
        if (said.role == "assistant" && !said.tool.empty())
            out += formatText(R"(,"tool_calls":[{{"tool_call":{{"id":"{}","function":{{"name":"{}","arguments":"{}"}}}}}}])",
                              said.callId, said.tool, said.argumentsOnce);
        if (said.role == "tool") out += formatText(R"(,"tool_call_id":"{}")", said.callId);
        out += "}}";
    }
    static void appendRequest(std::string& out, const Said& said)
    {
        out += formatText(R"({{\"role\":\"{}\",\"content\":\"{}\"}})", said.role, said.content.twice);
    }

    Text addLlm(Trace& trace, const std::string& parent, bool calls)
    {
        Span llm = span(parent, "ChatCompletion", "LLM");
        Said said{"assistant", calls ? Text{} : text(3), {}, {}, {}, {}};
        if (calls) {
            said.tool = kTools[m_random.below(kTools.size())];
            said.callId = formatText("call_{:016x}", m_random.next());
            const std::uint64_t order = m_random.next() % 1'000'000;
            said.argumentsOnce = formatText(R"({{\"order_id\":\"W{:07}\",\"reason\":\"delayed\"}})", order);
        }
        std::string& out = llm.attributes;
        out =
            R"({"llm":{"model_name":"gpt-4o-2024-08-06","provider":"openai","invocation_parameters":"{\"temperature\":0.2}",)";
        llm.promptTokens = static_cast<std::int64_t>(80 + m_history.size() * 60);
        llm.completionTokens = 20 + static_cast<std::int64_t>(m_random.below(80));
        out += formatText(R"("token_count":{{"prompt":{},"completion":{},"total":{}}},"input_messages":[)", llm.promptTokens,
                          llm.completionTokens, llm.promptTokens + llm.completionTokens);
        for (std::size_t i = 0; i < m_history.size(); ++i) {
            if (i) out += ',';
            appendMessage(out, m_history[i]);
        }
        out += R"(],"output_messages":[)";
        appendMessage(out, said);
        out += R"(]},"input":{"mime_type":"application/json","value":"{\"messages\":[)";
        for (std::size_t i = 0; i < m_history.size(); ++i) {
            if (i) out += ',';
            appendRequest(out, m_history[i]);
        }
        out +=
            R"(],\"model\":\"gpt-4o-2024-08-06\"}"},"output":{"mime_type":"application/json","value":"{\"choices\":[{\"message\":)";
        appendRequest(out, said);
        out += R"(}]}"},"openinference":{"span":{"kind":"LLM"}},)" + m_common + '}';
        trace.promptTokens += llm.promptTokens;
        trace.completionTokens += llm.completionTokens;
        trace.spans.push_back(std::move(llm));
        m_history.push_back(said);
        return m_history.back().content;
    }

    void addTool(Trace& trace, const std::string& parent)
    {
        const Said call = m_history.back();
        Span tool = span(parent, std::string(call.tool), "TOOL");
        Said result{"tool", text(1 + m_random.below(3)), call.tool, call.callId, {}, {}};
        const bool failed = m_random.chance(5);
        tool.attributes = formatText(
            R"({{"tool":{{"name":"{}","description":"{}"}},"input":{{"mime_type":"application/json","value":"{}"}},)",
            call.tool, sentenceOf(call.tool).once, call.argumentsOnce);
        if (!failed) tool.attributes += formatText(R"("output":{{"value":"{}"}},)", result.content.once);
        tool.attributes += R"("openinference":{"span":{"kind":"TOOL"}},)" + m_common + '}';
        if (failed) {
            tool.status = "ERROR";
            tool.statusMessage = formatText("ToolError: {} failed", call.tool);
            tool.events = formatText(
                R"([{{"name":"exception","timestamp":"2026-01-01T00:00:00.000000+00:00","attributes":{{"exception.type":"ToolError","exception.message":"{}","exception.escaped":"False","exception.stacktrace":"Traceback (most recent call last):\n  File \"/app/tools.py\", line 41, in call\n    {}\n{}"}}}}])",
                result.content.once, result.content.once, text(3).once);
            trace.failed = true;
        }
        trace.spans.push_back(std::move(tool));
        m_history.push_back(std::move(result));
    }

    const Sentence& sentenceOf(std::string_view tool) { return m_pool[tool.size()]; }

    void addRetriever(Trace& trace, const std::string& parent)
    {
        Span retriever = span(parent, "search_articles", "RETRIEVER");
        retriever.attributes = formatText(R"({{"input":{{"value":"{}"}},"retrieval":{{"documents":[)", text(1).once);
        for (int i = 0; i < 3; ++i)
            retriever.attributes += formatText(
                R"({}{{"document":{{"id":"kb-{:05}","content":"{}","score":0.{:03},"metadata":{{"source":"kb"}}}}}})",
                i ? "," : "", m_random.below(10'000), text(2).once, m_random.below(1000));
        retriever.attributes += R"(]},"openinference":{"span":{"kind":"RETRIEVER"}},)" + m_common + '}';
        trace.spans.push_back(std::move(retriever));
    }

    void addChain(Trace& trace, const std::string& parent)
    {
        Span chain = span(parent, "format_answer", "CHAIN");
        chain.attributes = formatText(
            R"({{"input":{{"value":"{{\"text\": \"{}\"}}","mime_type":"application/json"}},"output":{{"value":"{}"}},)",
            text(2).twice, text(2).once);
        chain.attributes += R"("openinference":{"span":{"kind":"CHAIN"}},)" + m_common + '}';
        trace.spans.push_back(std::move(chain));
    }

    void addRoot(Trace& trace, const std::string& rootId, UtcNs start, const Text& asked, const Text& answer)
    {
        Span root;
        root.spanId = rootId;
        root.name = "support_agent";
        root.kind = "AGENT";
        root.start = start;
        root.end = m_clock;
        root.attributes =
            formatText(R"({{"agent":{{"name":"support_agent"}},"input":{{"value":"{}"}},"output":{{"value":"{}"}},)"
                       R"("metadata":{{"harness.git_commit":"{:040x}","harness.version":"v{}","channel":"chat"}},)",
                       asked.once, answer.once, 0x1234567ULL + static_cast<std::uint64_t>(trace.number / 20'000),
                       trace.number / 20'000 + 1);
        root.attributes += R"("openinference":{"span":{"kind":"AGENT"}},)" + m_common + '}';
        if (trace.failed && m_random.chance(40)) {
            root.status = "ERROR";
            root.statusMessage = "the tool gave up";
        }
        root.promptTokens = 0;
        trace.spans.push_back(std::move(root));
    }

    std::uint64_t m_seed;
    std::vector<Sentence> m_pool;
    Text m_system;
    Random m_random{0};
    std::string m_common;
    UtcNs m_clock = 0;
    std::vector<Said> m_history;
};

class Writer
{
public:
    ~Writer()
    {
        for (sqlite3_stmt* statement : m_statements) sqlite3_finalize(statement);
        sqlite3_close(m_db);
    }

    Status open(const std::filesystem::path& file)
    {
        const bool fresh = !std::filesystem::exists(file);
        if (sqlite3_open(file.c_str(), &m_db) != SQLITE_OK) return failed();
        TR_TRY(exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA cache_size=-200000"));
        if (fresh) {
            TR_TRY(exec(std::string(kPhoenixDdl)));
            TR_TRY(
                exec("INSERT INTO projects(id, name) VALUES(1, 'support'); INSERT INTO alembic_version VALUES('c9d0e1f2a3b4');"
                     "INSERT INTO generative_models(id, name, provider, name_pattern, is_built_in) VALUES(1, 'gpt-4o', "
                     "'openai', 'gpt-4o', 1)"));
        }
        m_fresh = fresh;
        TR_TRY(exec("BEGIN"));
        return prepareAll();
    }

    /// Several at a time, one span of each in turn.
    Status add(std::vector<Trace>& traces, PhoenixSize& size)
    {
        std::vector<std::int64_t> rows;
        for (const auto& trace : traces) {
            TR_TRY(addTrace(trace));
            rows.push_back(sqlite3_last_insert_rowid(m_db));
            ++size.traces;
        }
        for (std::size_t at = 0, left = traces.size(); left > 0; ++at) {
            left = 0;
            for (std::size_t i = 0; i < traces.size(); ++i) {
                if (at >= traces[i].spans.size()) continue;
                ++left;
                TR_TRY(addSpan(traces[i], rows[i], traces[i].spans[at], at + 1 == traces[i].spans.size()));
                ++size.spans;
                size.attributeBytes += static_cast<std::int64_t>(traces[i].spans[at].attributes.size());
            }
        }
        for (std::size_t i = 0; i < traces.size(); ++i) TR_TRY(annotate(traces[i], rows[i]));
        return {};
    }

    Status finish()
    {
        TR_TRY(exec("COMMIT"));
        return m_fresh ? exec(std::string(kPhoenixIndexes)) : Status{};
    }

private:
    enum Which : std::size_t { Session, TraceRow, SpanRow, Cost, SpanAnnotation, TraceAnnotation };

    [[nodiscard]] std::unexpected<Error> failed() const
    {
        return fail(ErrorCode::Io, "the generated store", sqlite3_errmsg(m_db));
    }
    Status exec(const std::string& sql)
    {
        if (sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
        return {};
    }
    Status prepareAll()
    {
        for (const char* sql :
             {"INSERT OR IGNORE INTO project_sessions(session_id, project_id, start_time, end_time) VALUES(?, 1, ?, ?)",
              "INSERT INTO traces(project_rowid, trace_id, start_time, end_time, project_session_rowid) VALUES(1, ?, ?, ?, "
              "(SELECT id FROM project_sessions WHERE session_id = ?))",
              "INSERT INTO spans(trace_rowid, span_id, parent_id, name, span_kind, start_time, end_time, attributes, events, "
              "status_code, status_message, cumulative_error_count, cumulative_llm_token_count_prompt, "
              "cumulative_llm_token_count_completion, llm_token_count_prompt, llm_token_count_completion) "
              "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
              "INSERT INTO span_costs(span_rowid, trace_rowid, model_id, span_start_time, total_cost, total_tokens) "
              "VALUES(?,?,1,?,?,?)",
              "INSERT INTO span_annotations(span_rowid, name, label, score, explanation, metadata, annotator_kind, identifier, "
              "source) VALUES(?, 'groundedness', ?, ?, ?, '{}', 'LLM', '', 'API')",
              "INSERT INTO trace_annotations(trace_rowid, name, label, score, explanation, metadata, annotator_kind, "
              "identifier, "
              "source) VALUES(?, 'outcome', ?, ?, ?, '{\"by\":\"checker\"}', 'CODE', '', 'API')"}) {
            sqlite3_stmt* statement = nullptr;
            if (sqlite3_prepare_v2(m_db, sql, -1, &statement, nullptr) != SQLITE_OK) return failed();
            m_statements.push_back(statement);
        }
        return {};
    }

    struct Bind {
        sqlite3_stmt* to;
        int at = 0;
        Bind& text(std::string_view value)
        {
            sqlite3_bind_text(to, ++at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
            return *this;
        }
        Bind& number(std::int64_t value)
        {
            sqlite3_bind_int64(to, ++at, value);
            return *this;
        }
        Bind& real(double value)
        {
            sqlite3_bind_double(to, ++at, value);
            return *this;
        }
        Bind& null()
        {
            sqlite3_bind_null(to, ++at);
            return *this;
        }
    };
    Status run(Which which)
    {
        const int rc = sqlite3_step(m_statements[which]);
        sqlite3_reset(m_statements[which]);
        if (rc != SQLITE_DONE) return failed();
        return {};
    }

    Status addTrace(const Trace& trace)
    {
        const std::string start = timeText(trace.spans.back().start), end = timeText(trace.spans.back().end);
        Bind{m_statements[Session]}.text(trace.sessionId).text(start).text(end);
        TR_TRY(run(Session));
        Bind{m_statements[TraceRow]}.text(trace.traceId).text(start).text(end).text(trace.sessionId);
        return run(TraceRow);
    }

    Status addSpan(const Trace& trace, std::int64_t row, const Span& span, bool root)
    {
        const std::string start = timeText(span.start);
        Bind bind{m_statements[SpanRow]};
        bind.number(row).text(span.spanId);
        if (span.parentId.empty())
            bind.null();
        else
            bind.text(span.parentId);
        bind.text(span.name).text(span.kind).text(start).text(timeText(span.end)).text(span.attributes).text(span.events);
        bind.text(span.status).text(span.statusMessage).number(span.status == "ERROR" ? 1 : 0);
        bind.number(root ? trace.promptTokens : span.promptTokens)
            .number(root ? trace.completionTokens : span.completionTokens);
        if (span.kind == "LLM")
            bind.number(span.promptTokens).number(span.completionTokens);
        else
            bind.null().null();
        TR_TRY(run(SpanRow));
        if (span.kind != "LLM") return {};
        m_lastLlm = sqlite3_last_insert_rowid(m_db);
        const auto tokens = static_cast<double>(span.promptTokens + span.completionTokens);
        Bind{m_statements[Cost]}.number(m_lastLlm).number(row).text(start).real(tokens * 2.5e-6).real(tokens);
        return run(Cost);
    }

    Status annotate(const Trace& trace, std::int64_t row)
    {
        const auto number = static_cast<std::uint64_t>(trace.number);
        const bool good = !trace.failed && number % 7 != 0;
        if (number % 5 < 3) {
            Bind{m_statements[TraceAnnotation]}
                .number(row)
                .text(good ? "correct" : "incorrect")
                .real(good ? 1 : 0)
                .text(good ? "the order is as the customer asked" : "the refund went to another order");
            TR_TRY(run(TraceAnnotation));
        }
        if (number % 4 != 0) return {};
        Bind{m_statements[SpanAnnotation]}.number(m_lastLlm).text("grounded").real(0.9).text("all claims are in the documents");
        return run(SpanAnnotation);
    }

    sqlite3* m_db = nullptr;
    std::vector<sqlite3_stmt*> m_statements;
    bool m_fresh = false;
    std::int64_t m_lastLlm = 0;
};

} // namespace

Result<PhoenixSize> generatePhoenix(const std::filesystem::path& file, const PhoenixPlan& plan)
{
    constexpr std::int64_t kAtATime = 4;
    TraceMaker maker(plan.seed);
    Writer writer;
    TR_TRY(writer.open(file));
    PhoenixSize size;
    std::vector<Trace> traces;
    for (std::int64_t i = 0; i < plan.traces; ++i) {
        traces.push_back(maker.make(plan.firstTrace + i));
        if (static_cast<std::int64_t>(traces.size()) < kAtATime && i + 1 < plan.traces) continue;
        TR_TRY(writer.add(traces, size));
        traces.clear();
    }
    TR_TRY(writer.finish());
    return size;
}

} // namespace tackroom::bench
