// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One small file of each format that is JSON, made here from what the formats' headers say: what the campaign damages. The
/// campaign checks first that each is taken by its format and holds a run, so that damage hits what it is meant to hit.
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::fuzz
{

struct FormatSeed {
    std::string_view kind;
    std::string text;
};

inline std::vector<FormatSeed> formatSeeds()
{
    return {
        {"otlp-json",
         R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","parentSpanId":"","name":"chat gpt","kind":1,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"}]}]"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"3"}}],"events":[{"name":"exception","timeUnixNano":"1","attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]}],"status":{"code":2,"message":"bad"}}]}]}]})"},
        {"tempo-json",
         R"({"batches":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{},"spans":[{"traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"t61rcWkgMzE=","name":"a","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000","attributes":[{"key":"ai.prompt.messages","value":{"stringValue":"[]"}}]}]}]}]})"},
        {"jaeger-json",
         R"({"data":[{"traceID":"0af7651916cd43dd8448eb211c80319c","spans":[{"traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"b7ad6b7169203331","operationName":"llm","references":[{"refType":"CHILD_OF","traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"b7ad6b7169203332"}],"startTime":1700000000000000,"duration":1000,"tags":[{"key":"gen_ai.system","type":"string","value":"openai"}],"logs":[{"timestamp":1,"fields":[{"key":"event","type":"string","value":"x"}]}],"processID":"p1"}],"processes":{"p1":{"serviceName":"s","tags":[]}}}]})"},
        {"tau-bench", R"([{"task_id":1,"reward":1.0,"info":{"task":{"user_id":"u","actions":[{"name":"f","kwargs":{}}]}},"trial":0,"traj":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"Error: x"},{"role":"assistant","content":"a"}]}])"},
        {"who-and-when",
         R"({"question":"q?","question_ID":"1","ground_truth":"8","is_correct":false,"history":[{"content":"do","role":"assistant","name":"Planner"},{"content":"exitcode: 1","role":"user","name":"Computer_terminal"}],"mistake_agent":"Planner","mistake_step":"0","mistake_reason":"r"})"},
        {"swe-agent",
         R"({"environment":"main","trajectory":[{"action":"ls\n","observation":"a","response":"I\n```\nls\n```","state":"{}","thought":"I"}],"history":[{"role":"system","content":"s","agent":"main"},{"role":"user","content":"u","agent":"main"},{"role":"assistant","content":"I","thought":"I","action":"ls","agent":"main"},{"role":"user","content":"a","agent":"main"}],"info":{"exit_status":"submitted","submission":"diff","model_stats":{"tokens_sent":1,"tokens_received":2,"instance_cost":0.1}}})"},
        {"mini-swe-agent",
         R"({"trajectory_format":"mini-swe-agent-1","instance_id":"i","info":{"exit_status":"Submitted","submission":"x","model_stats":{"instance_cost":0.1,"api_calls":1},"mini_version":"1.0"},"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"```bash\nls\n```"},{"role":"user","content":"<returncode>0</returncode>"}]})"},
        {"atif",
         R"({"schema_version":"ATIF-v1.4","session_id":"s","agent":{"name":"a","version":"1","model_name":"m"},"steps":[{"step_id":1,"timestamp":"2026-01-01T00:00:00Z","source":"user","message":"q"},{"step_id":2,"source":"agent","message":"a","tool_calls":[{"tool_call_id":"c","function_name":"f","arguments":{"x":1}}],"observation":{"results":[{"source_call_id":"c","content":"Error: no"}]},"metrics":{"prompt_tokens":1,"completion_tokens":2,"cost_usd":0.1}}],"final_metrics":{"total_cost_usd":0.1}})"},
        {"openhands",
         R"([{"id":0,"timestamp":"2026-01-01T00:00:00","source":"user","message":"q","action":"message","args":{"content":"q"}},{"id":1,"timestamp":"2026-01-01T00:00:01","source":"agent","message":"r","action":"run","args":{"command":"ls"},"llm_metrics":{"accumulated_cost":0.1}},{"id":2,"timestamp":"2026-01-01T00:00:02","source":"agent","cause":1,"observation":"run","content":"x","extras":{"command":"ls","metadata":{"exit_code":1}}}])"},
        {"langfuse",
         R"({"trace":{"id":"t","name":"n","timestamp":"2026-01-01T00:00:00Z","input":"q","output":"a","sessionId":"s"},"observations":[{"id":"o","traceId":"t","type":"GENERATION","name":"g","startTime":"2026-01-01T00:00:00Z","endTime":"2026-01-01T00:00:01Z","model":"m","input":[{"role":"user","content":"q"}],"output":{"role":"assistant","content":"a"},"level":"ERROR","statusMessage":"bad","usage":{"input":1,"output":2}}]})"},
        {"langsmith",
         R"({"post":[{"id":"0190a1b2-0000-7000-8000-000000000001","trace_id":"0190a1b2-0000-7000-8000-000000000001","dotted_order":"20260101T000000000000Z0190a1b2-0000-7000-8000-000000000001","name":"ChatOpenAI","run_type":"llm","start_time":"2026-01-01T00:00:00Z","inputs":{"messages":[{"role":"user","content":"q"}]},"extra":{"metadata":{"ls_model_name":"m","revision_id":"r"}},"session_name":"p"}],"patch":[{"id":"0190a1b2-0000-7000-8000-000000000001","trace_id":"0190a1b2-0000-7000-8000-000000000001","end_time":"2026-01-01T00:00:01Z","outputs":{"choices":[{"message":{"role":"assistant","content":"a"}}]},"error":null}]})"},
        {"inspect",
         R"({"version":2,"status":"success","eval":{"run_id":"r","created":"2026-01-01T00:00:00+00:00","task":"t","task_id":"i","model":"m","dataset":{"samples":1},"config":{}},"plan":{"name":"plan","steps":[]},"results":{"total_samples":1,"completed_samples":1,"scores":[]},"samples":[{"id":1,"epoch":1,"input":"q","target":"a","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","tool_calls":[{"id":"c","function":"bash","arguments":{"cmd":"ls"},"type":"function"}]},{"role":"tool","content":"x","tool_call_id":"c","function":"bash","error":{"type":"timeout","message":"late"}}],"output":{"model":"m","choices":[{"message":{"role":"assistant","content":"a"},"stop_reason":"stop"}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}},"scores":{"match":{"value":"I","answer":"b","explanation":"e"}},"metadata":{}}]})"},
        {"claude-code",
         "{\"type\":\"user\",\"sessionId\":\"s\",\"uuid\":\"u1\",\"parentUuid\":null,\"version\":\"2.0\",\"cwd\":\"/"
         "\",\"isSidechain\":false,\"timestamp\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"user\",\"content\":\"q\"}}\n"
         "{\"type\":\"assistant\",\"sessionId\":\"s\",\"uuid\":\"u2\",\"parentUuid\":\"u1\",\"timestamp\":\"2026-01-01T00:00:"
         "01Z\",\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[{\"type\":\"tool_use\",\"id\":"
         "\"t\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n"
         "{\"type\":\"user\",\"sessionId\":\"s\",\"uuid\":\"u3\",\"parentUuid\":\"u2\",\"timestamp\":\"2026-01-01T00:00:02Z\","
         "\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"no\",\"is_"
         "error\":true}]}}\n"},
        {"codex",
         "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"s\",\"timestamp\":\"2026-01-"
         "01T00:00:00Z\",\"cwd\":\"/\",\"originator\":\"codex_cli_rs\",\"cli_version\":\"0.40\"}}\n"
         "{\"timestamp\":\"2026-01-01T00:00:01Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"role\":"
         "\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]}}\n"
         "{\"timestamp\":\"2026-01-01T00:00:02Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"function_call\",\"name\":"
         "\"shell\",\"arguments\":\"{}\",\"call_id\":\"c\"}}\n"
         "{\"timestamp\":\"2026-01-01T00:00:03Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"function_call_output\","
         "\"call_id\":\"c\",\"output\":\"{\\\"output\\\":\\\"x\\\",\\\"metadata\\\":{\\\"exit_code\\\":1}}\"}}\n"},
        {"phoenix-dataframe",
         R"([{"name":"call","span_kind":"LLM","parent_id":null,"start_time":1772359201000,"end_time":1772359202000,"status_code":"ERROR","status_message":"bad","events":[],"context.span_id":"b","context.trace_id":"t1","attributes.llm.model_name":"m","attributes.llm.input_messages":[{"message.role":"user","message.content":"hi"}],"attributes.llm.token_count.prompt":7.0}])"},
        {"ag-ui",
         R"([{"type":"RUN_STARTED","threadId":"t","runId":"r"},{"type":"TEXT_MESSAGE_START","messageId":"m","role":"assistant"},{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"hi"},{"type":"TEXT_MESSAGE_END","messageId":"m"},{"type":"TOOL_CALL_START","toolCallId":"c","toolCallName":"f","parentMessageId":"m"},{"type":"TOOL_CALL_ARGS","toolCallId":"c","delta":"{}"},{"type":"TOOL_CALL_END","toolCallId":"c"},{"type":"RUN_FINISHED","threadId":"t","runId":"r"}])"},
    };
}

} // namespace tackroom::fuzz
