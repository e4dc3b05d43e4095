// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A small database of each format but Phoenix's (phoenixfixture.h), for tests that damage them. Each row is written by a
/// statement that begins with "INSERT INTO table ", so that one table's rows can be written again.
#include <array>
#include <string_view>

namespace tackroom::testing
{

struct DatabaseSeed {
    std::string_view kind;
    const char* sql;
};

inline constexpr std::array kDatabaseSeeds{
    DatabaseSeed{
        "hermes-state",
        "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT, parent_session_id TEXT, started_at REAL, ended_at REAL,"
        " end_reason TEXT, model_config TEXT, system_prompt TEXT);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id TEXT, tool_calls "
        "TEXT,"
        " tool_name TEXT, timestamp REAL);"
        "INSERT INTO sessions VALUES('a','cli',NULL,1,2,'compression','{\"x\":[1]}','you'),('b','cli','a',2,3,NULL,'{}',NULL);"
        "INSERT INTO messages VALUES(1,'a','user','hi',NULL,NULL,NULL,1),"
        "(2,'a','assistant','',NULL,'[{\"id\":\"c\",\"function\":{\"name\":\"t\",\"arguments\":\"{}\"}}]',NULL,2),"
        "(3,'a','tool','{\"error\":\"no\"}','c',NULL,'t',3),(4,'b','assistant','done',NULL,NULL,NULL,4);"
        "CREATE TABLE schema_version(version INTEGER); INSERT INTO schema_version VALUES(30);"
        "CREATE TABLE system_prompts(hash TEXT PRIMARY KEY, prompt TEXT); INSERT INTO system_prompts VALUES('h','be good');"},
    DatabaseSeed{
        "llm-logs",
        "CREATE TABLE conversations(id TEXT PRIMARY KEY, name TEXT, model TEXT);"
        "CREATE TABLE responses(id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT, response_json TEXT,"
        " conversation_id TEXT, duration_ms INTEGER, datetime_utc TEXT);"
        "CREATE TABLE messages(hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);"
        "CREATE TABLE parts(id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, text TEXT, payload TEXT);"
        "CREATE TABLE turns(id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, model TEXT);"
        "INSERT INTO responses VALUES('r','m','p','s','a','{\"usage\":{\"prompt_tokens\":1}}','c',5,'2025-01-01T00:00:00');"
        "INSERT INTO messages VALUES('u',NULL,'user'),('t','u','assistant');"
        "INSERT INTO parts VALUES(1,'u',0,'text',NULL,'{\"text_ref\":[{\"literal\":\"x\"},{\"fragment\":1}]}'),"
        "(2,'t',0,'tool_call',NULL,'{\"name\":\"n\",\"arguments\":{\"a\":1},\"tool_call_id\":\"i\"}');"
        "INSERT INTO turns VALUES('tt','th','u','t','m');"
        "CREATE TABLE attachments(id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);"
        "CREATE TABLE prompt_attachments(response_id TEXT, attachment_id TEXT, \"order\" INTEGER);"
        "CREATE TABLE fragments(id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);"
        "CREATE TABLE prompt_fragments(response_id TEXT, fragment_id INTEGER, \"order\" INTEGER);"
        "CREATE TABLE tool_calls(id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT,"
        " tool_call_id TEXT);"
        "CREATE TABLE tool_results(id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, output TEXT,"
        " tool_call_id TEXT, exception TEXT);"
        "INSERT INTO attachments VALUES('a','image/png',NULL,'http://x/y.png',x'0102');"
        "INSERT INTO prompt_attachments VALUES('r','a',0);"
        "INSERT INTO fragments VALUES(1,'f','a piece','2025','s');"
        "INSERT INTO prompt_fragments VALUES('r',1,0);"
        "INSERT INTO tool_calls VALUES(1,'r',1,'f','{\"x\":1}','c');"
        "INSERT INTO tool_results VALUES(1,'r',1,'f','Error: no','c','E');"},
    DatabaseSeed{
        "mlflow-sqlite",
        "CREATE TABLE experiments(experiment_id INTEGER PRIMARY KEY, name TEXT, lifecycle_stage TEXT);"
        "CREATE TABLE trace_info(request_id TEXT PRIMARY KEY, experiment_id INTEGER, timestamp_ms INTEGER, execution_time_ms "
        "INTEGER,"
        " status TEXT);"
        "CREATE TABLE trace_tags(key TEXT, value TEXT, request_id TEXT);"
        "CREATE TABLE trace_request_metadata(key TEXT, value TEXT, request_id TEXT);"
        "INSERT INTO trace_request_metadata VALUES('mlflow.trace_schema.version','3','tr'),('mlflow.trace.session','s','tr'),"
        "('mlflow.source.git.commit','abc','tr');"
        "CREATE TABLE spans(trace_id TEXT, span_id TEXT, parent_span_id TEXT, name TEXT, type TEXT, status TEXT,"
        " start_time_unix_nano INTEGER, end_time_unix_nano INTEGER, content TEXT);"
        "CREATE TABLE assessments(assessment_id TEXT, trace_id TEXT, name TEXT, assessment_type TEXT, value TEXT, source_type "
        "TEXT,"
        " overrides TEXT, valid INTEGER);"
        "INSERT INTO experiments VALUES(1,'e','active'); INSERT INTO trace_info "
        "VALUES('tr',1,1772438400000,5,'OK'),('t2',1,1,1,'OK');"
        "INSERT INTO trace_tags VALUES('mlflow.artifactLocation','file:///x/1/traces/t2/artifacts','t2'),"
        "('mlflow.linkedPrompts','[{\"name\":\"p\",\"version\":\"1\"}]','tr');"
        "INSERT INTO spans VALUES('tr','00000000000000a1',NULL,'n','AGENT','OK',1,2,"
        " '{\"status\":{\"code\":\"OK\"},\"attributes\":{\"mlflow.spanInputs\":\"\\\"q\\\"\"},\"events\":[{\"name\":"
        "\"exception\"}]"
        "}');"
        "INSERT INTO assessments "
        "VALUES('1','tr','ok','feedback','true','HUMAN','2',1),('2','tr','ok','feedback','\"no\"','CODE',NULL,0);"},
    DatabaseSeed{
        "copilotkit-sqlite",
        "CREATE TABLE agent_runs(id INTEGER PRIMARY KEY, thread_id TEXT, run_id TEXT, parent_run_id TEXT, events TEXT, input "
        "TEXT,"
        " created_at INTEGER);"
        "INSERT INTO agent_runs VALUES(1,'t','r',NULL,'[{\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"},"
        "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":\"n\"},{\"type\":\"RUN_FINISHED\",\"outcome\":"
        "{\"type\":\"interrupt\",\"interrupts\":[{\"id\":\"i\",\"toolCallId\":\"c\"}]}}]',"
        " '{\"threadId\":\"t\",\"runId\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}',5),"
        "(2,'t','s','r','[]','{\"resume\":[{\"interruptId\":\"i\",\"payload\":{\"approved\":true}}],\"messages\":[]}',6);"},
};

} // namespace tackroom::testing
