// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A tiny writer of Phoenix databases for tests, of an old and a newer generation of its schema.
#include "core/base/format.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace tackroom::testing
{

class PhoenixFixture
{
public:
    enum class Generation { Old, New };

    explicit PhoenixFixture(std::filesystem::path path, Generation generation = Generation::New)
        : m_path(std::move(path)), m_generation(generation)
    {
        const bool isNew = !std::filesystem::exists(m_path);
        EXPECT_EQ(sqlite3_open(m_path.c_str(), &m_db), SQLITE_OK);
        // Tests need no store that survives a power cut.
        exec(isNew ? "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY" : "PRAGMA synchronous=OFF");
        if (isNew) exec(generation == Generation::New ? newSchema() : oldSchema());
    }
    PhoenixFixture(const PhoenixFixture&) = delete;
    PhoenixFixture& operator=(const PhoenixFixture&) = delete;
    ~PhoenixFixture() { sqlite3_close(m_db); }

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    void exec(const std::string& sql)
    {
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << (message ? message : "") << "\n"
                                                                                          << sql;
        sqlite3_free(message);
    }
    [[nodiscard]] std::int64_t lastId() const { return sqlite3_last_insert_rowid(m_db); }
    static std::string quoted(const std::string& text)
    {
        std::string out = "'";
        for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
        return out + "'";
    }
    static std::string timeText(int second)
    {
        return formatText("2026-03-02 08:{:02}:{:02}.000000", (second / 60) % 60, second % 60);
    }

    std::int64_t addTrace(const std::string& traceId, int second = 0, const std::string& session = {})
    {
        std::string sessionRow = "NULL";
        if (!session.empty() && m_generation == Generation::New) {
            exec(formatText("INSERT INTO project_sessions(session_id, project_id, start_time, end_time) VALUES({}, 1, '', '')",
                            quoted(session)));
            sessionRow = std::to_string(lastId());
        }
        exec(formatText("INSERT INTO traces(project_rowid, trace_id, start_time, end_time{}) VALUES(1, {}, '{}', '{}'{})",
                        m_generation == Generation::New ? ", project_session_rowid" : "", quoted(traceId), timeText(second),
                        timeText(second + 9), m_generation == Generation::New ? ", " + sessionRow : ""));
        return lastId();
    }

    struct Span {
        std::string id = {}, parent = {}, name = {}, kind = "CHAIN", attributes = "{}", events = "[]", status = "OK",
                    message = {};
        int second = 0;
        int prompt = -1, completion = -1;
    };
    std::int64_t addSpan(std::int64_t trace, const Span& span)
    {
        const bool isNew = m_generation == Generation::New;
        const auto number = [](int value) { return value < 0 ? std::string("NULL") : std::to_string(value); };
        exec(formatText("INSERT INTO spans(trace_rowid, span_id, parent_id, name, span_kind, start_time, end_time, "
                        "attributes, events, status_code, "
                        "status_message, cumulative_error_count, cumulative_llm_token_count_prompt, "
                        "cumulative_llm_token_count_completion{}) "
                        "VALUES({}, {}, {}, {}, {}, '{}', '{}', {}, {}, {}, {}, 0, {}, {}{})",
                        isNew ? ", llm_token_count_prompt, llm_token_count_completion" : "", trace, quoted(span.id),
                        span.parent.empty() ? "NULL" : quoted(span.parent), quoted(span.name), quoted(span.kind),
                        timeText(span.second), timeText(span.second + 1), quoted(span.attributes), quoted(span.events),
                        quoted(span.status), quoted(span.message), std::max(0, span.prompt), std::max(0, span.completion),
                        isNew ? formatText(", {}, {}", number(span.prompt), number(span.completion)) : ""));
        return lastId();
    }

    struct Annotation {
        std::string name = {}, label = {}, score = "NULL", explanation = {}, kind = "HUMAN", metadata = "{}";
        std::string by = "NULL"; ///< row of users
    };
    std::int64_t annotate(const std::string& table, const std::string& key, std::int64_t row, const Annotation& a)
    {
        const bool isNew = m_generation == Generation::New;
        exec(formatText(
            "INSERT INTO {}({}, name, label, score, explanation, metadata, annotator_kind, created_at, updated_at{}) "
            "VALUES({}, {}, {}, {}, {}, {}, {}, '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000'{})",
            table, key, isNew ? ", user_id, identifier, source" : "", row, quoted(a.name),
            a.label.empty() ? "NULL" : quoted(a.label), a.score, quoted(a.explanation), quoted(a.metadata), quoted(a.kind),
            isNew ? formatText(", {}, '', 'APP'", a.by) : ""));
        return lastId();
    }

    /// A whole run: agent root, one llm call, one tool call that fails, and a closing llm call.
    std::int64_t addUsualRun(int number)
    {
        const std::string id = formatText("{:032x}", 0xabc000 + number);
        const auto span = [&](int k) { return formatText("{:08x}{:08x}", number, k); };
        const auto trace = addTrace(id, number, "session-" + std::to_string(number));
        addSpan(
            trace,
            {.id = span(1),
             .parent = {},
             .name = "refund-agent",
             .kind = "AGENT",
             .attributes = formatText(
                 R"({{"input":{{"value":"{{\"messages\":[{{\"role\":\"system\",\"content\":\"s\"}},{{\"role\":\"user\",\"content\":\"refund order {0}\"}}]}}","mime_type":"application/json"}},"output":{{"value":"done {0}"}},"user":{{"id":"user-{1}"}},"metadata":{{"harness.git_commit":"{2:040x}","harness.version":"v{1}"}}}})",
                 number, number % 3, number % 3 + 1),
             .second = number});
        addSpan(
            trace,
            {.id = span(2),
             .parent = span(1),
             .name = "chat",
             .kind = "LLM",
             .attributes = formatText(
                 R"({{"llm":{{"model_name":"m1","token_count":{{"prompt":100,"completion":10}},"input_messages":[{{"message":{{"role":"user","content":"refund order {0}"}}}}],"output_messages":[{{"message":{{"role":"assistant","tool_calls":[{{"tool_call":{{"id":"c1","function":{{"name":"lookup_order","arguments":"{{\"order_id\":\"#{0}\"}}"}}}}}}]}}}}]}}}})",
                 number),
             .second = number + 1,
             .prompt = 100,
             .completion = 10});
        addSpan(
            trace,
            {.id = span(3),
             .parent = span(1),
             .name = "lookup_order",
             .kind = "TOOL",
             .attributes = formatText(
                 R"({{"tool":{{"name":"lookup_order"}},"input":{{"value":"{{\"order_id\":\"#{0}\"}}"}},"output":{{"value":"no such order"}}}})",
                 number),
             .events =
                 R"([{"name":"exception","timestamp":"x","attributes":{"exception.type":"ValueError","exception.message":"order_id does not match"}}])",
             .status = "ERROR",
             .message = "it failed",
             .second = number + 2});
        const auto last = addSpan(
            trace,
            {.id = span(4),
             .parent = span(1),
             .name = "chat",
             .kind = "LLM",
             .attributes = formatText(
                 R"({{"llm":{{"model_name":"m1","token_count":{{"prompt":120,"completion":20}},"input_messages":[{{"message":{{"role":"user","content":"refund order {0}"}}}},{{"message":{{"role":"assistant","tool_calls":[{{"tool_call":{{"id":"c1","function":{{"name":"lookup_order","arguments":"{{\"order_id\":\"#{0}\"}}"}}}}}}]}}}},{{"message":{{"role":"tool","content":"no such order","tool_call_id":"c1"}}}}],"output_messages":[{{"message":{{"role":"assistant","content":"done {0}"}}}}]}}}})",
                 number),
             .second = number + 3,
             .prompt = 120,
             .completion = 20});
        if (m_generation == Generation::New)
            exec(formatText(
                "INSERT INTO span_costs(span_rowid, trace_rowid, span_start_time, total_cost) VALUES({}, {}, '', 0.25)", last,
                trace));
        return trace;
    }

private:
    static std::string annotationColumns(bool isNew)
    {
        return std::string("name VARCHAR NOT NULL, label VARCHAR, score FLOAT, explanation VARCHAR, metadata JSONB NOT NULL, "
                           "annotator_kind VARCHAR NOT NULL, "
                           "created_at TIMESTAMP, updated_at TIMESTAMP") +
               (isNew ? ", user_id INTEGER, identifier VARCHAR DEFAULT '', source VARCHAR" : "");
    }
    static std::string schema(bool isNew)
    {
        std::string sql = "CREATE TABLE projects(id INTEGER PRIMARY KEY, name VARCHAR NOT NULL);"
                          "INSERT INTO projects VALUES(1, 'default');"
                          "CREATE TABLE traces(id INTEGER PRIMARY KEY, project_rowid INTEGER NOT NULL, trace_id VARCHAR NOT "
                          "NULL UNIQUE, start_time TIMESTAMP, "
                          "end_time TIMESTAMP" +
                          std::string(isNew ? ", project_session_rowid INTEGER" : "") +
                          ");"
                          "CREATE TABLE spans(id INTEGER PRIMARY KEY, trace_rowid INTEGER NOT NULL, span_id VARCHAR NOT NULL "
                          "UNIQUE, parent_id VARCHAR, name VARCHAR, "
                          "span_kind VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, attributes JSONB NOT NULL, events "
                          "JSONB NOT NULL, status_code VARCHAR, "
                          "status_message VARCHAR, cumulative_error_count INTEGER, cumulative_llm_token_count_prompt INTEGER, "
                          "cumulative_llm_token_count_completion INTEGER" +
                          std::string(isNew ? ", llm_token_count_prompt INTEGER, llm_token_count_completion INTEGER" : "") +
                          ");"
                          "CREATE INDEX ix_spans_trace_rowid ON spans(trace_rowid);"
                          "CREATE TABLE span_annotations(id INTEGER PRIMARY KEY, span_rowid INTEGER NOT NULL, " +
                          annotationColumns(isNew) +
                          ");"
                          "CREATE INDEX ix_span_annotations_span_rowid ON span_annotations(span_rowid);"
                          "CREATE TABLE trace_annotations(id INTEGER PRIMARY KEY, trace_rowid INTEGER NOT NULL, " +
                          annotationColumns(isNew) +
                          ");"
                          "CREATE INDEX ix_trace_annotations_trace_rowid ON trace_annotations(trace_rowid);";
        if (isNew)
            sql += "CREATE TABLE alembic_version(version_num VARCHAR(32) NOT NULL); INSERT INTO alembic_version "
                   "VALUES('735d3d93c33e');"
                   "CREATE TABLE users(id INTEGER PRIMARY KEY, username VARCHAR NOT NULL); INSERT INTO users VALUES(7, 'Ines');"
                   "CREATE TABLE project_sessions(id INTEGER PRIMARY KEY, session_id VARCHAR NOT NULL UNIQUE, project_id "
                   "INTEGER, start_time TIMESTAMP, end_time TIMESTAMP);"
                   "CREATE TABLE span_costs(id INTEGER PRIMARY KEY, span_rowid INTEGER, trace_rowid INTEGER, span_start_time "
                   "TIMESTAMP, total_cost FLOAT);"
                   "CREATE INDEX ix_span_costs_trace_rowid ON span_costs(trace_rowid);"
                   "CREATE TABLE document_annotations(id INTEGER PRIMARY KEY, span_rowid INTEGER NOT NULL, document_position "
                   "INTEGER, " +
                   annotationColumns(true) + ");";
        return sql;
    }
    static std::string newSchema() { return schema(true); }
    static std::string oldSchema() { return schema(false); }

    std::filesystem::path m_path;
    Generation m_generation;
    sqlite3* m_db = nullptr;
};

} // namespace tackroom::testing
