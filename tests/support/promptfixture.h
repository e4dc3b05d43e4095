// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The tables of Phoenix's and MLflow's prompt registries with a few prompts, as SQL for tests.
#include "core/base/format.h"

#include <string>

namespace tackroom::testing
{

inline constexpr const char* kPhoenixPromptTables =
    "CREATE TABLE IF NOT EXISTS users(id INTEGER PRIMARY KEY, username VARCHAR NOT NULL);"
    "CREATE TABLE prompts(id INTEGER PRIMARY KEY, source_prompt_id INTEGER, name VARCHAR NOT NULL, description VARCHAR,"
    " metadata JSONB NOT NULL, created_at TIMESTAMP, updated_at TIMESTAMP);"
    "CREATE TABLE prompt_versions(id INTEGER PRIMARY KEY, prompt_id INTEGER NOT NULL, description VARCHAR, user_id INTEGER,"
    " template_type VARCHAR NOT NULL, template_format VARCHAR NOT NULL, template JSONB NOT NULL, invocation_parameters JSONB "
    "NOT NULL, tools JSON, response_format JSON, model_provider VARCHAR NOT NULL, model_name VARCHAR NOT NULL, metadata JSONB "
    "NOT NULL, created_at TIMESTAMP NOT NULL);"
    "CREATE TABLE prompt_version_tags(id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, description VARCHAR, prompt_id INTEGER,"
    " prompt_version_id INTEGER, user_id INTEGER);"
    "CREATE TABLE prompt_labels(id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, description VARCHAR, color VARCHAR);"
    "CREATE TABLE prompts_prompt_labels(id INTEGER PRIMARY KEY, prompt_label_id INTEGER, prompt_id INTEGER);";

inline std::string sqlQuoted(const std::string& text)
{
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

/// A version of Phoenix's, as SQL.
struct PhoenixPromptVersion {
    int id = 0, prompt = 1;
    std::string note = {};
    std::string type = "CHAT", format = "MUSTACHE";
    std::string content = R"({"type":"chat","messages":[{"role":"user","content":"{{question}}"}]})";
    std::string parameters = R"({"type":"openai","openai":{"temperature":0.2}})";
    std::string tools = {}, responseFormat = {};

    [[nodiscard]] std::string sql() const
    {
        const auto orNull = [](const std::string& text) { return text.empty() ? std::string("NULL") : sqlQuoted(text); };
        return formatText("INSERT INTO prompt_versions VALUES({}, {}, {}, 7, '{}', '{}', {}, {}, {}, {}, 'OPENAI', 'gpt-4o', "
                          "'{{}}', '2026-03-0{} 08:00:00.000000');",
                          id, prompt, orNull(note), type, format, sqlQuoted(content), sqlQuoted(parameters), orNull(tools),
                          orNull(responseFormat), id % 9 + 1);
    }
};

inline constexpr const char* kPhoenixTools =
    R"({"type":"tools","tools":[{"type":"function","function":{"name":"lookup_order","description":"Finds an order",)"
    R"("parameters":{"type":"object","properties":{"order_id":{"type":"string"}}}}}],"tool_choice":{"type":"zero_or_more"}})";

/// Prompt 1 `refund` with the versions 3, 5 and 8 (tags production and staging), prompt 2 `greet` with one text.
inline std::string phoenixPromptsSql()
{
    return std::string(kPhoenixPromptTables) +
           "INSERT OR IGNORE INTO users VALUES(7, 'Ines');"
           "INSERT INTO prompts VALUES(1, NULL, 'refund', 'Answers about refunds', '{\"team\":\"care\",\"since\":2}', '', ''),"
           "(2, NULL, 'greet', NULL, '{}', '', '');"
           "INSERT INTO prompt_labels VALUES(1, 'support', NULL, NULL), (2, 'billing', NULL, NULL);"
           "INSERT INTO prompts_prompt_labels VALUES(1, 1, 1), (2, 2, 1);" +
           PhoenixPromptVersion{.id = 3, .note = "First"}.sql() +
           PhoenixPromptVersion{
               .id = 5,
               .note = "Says the limit\n\nThey asked for it.",
               .content = R"({"type":"chat","messages":[{"role":"system","content":[{"type":"text","text":"Refund up to 2,000.)"
                          R"(\n<!-- message: user -->\n\\<!-- message:"}]},{"role":"user","content":"{{question}}"}]})"}
               .sql() +
           PhoenixPromptVersion{.id = 6,
                                .prompt = 2,
                                .type = "STR",
                                .format = "F_STRING",
                                .content = R"({"type":"string","template":"---\nHello {name}!\n"})",
                                .parameters = "{}"}
               .sql() +
           PhoenixPromptVersion{
               .id = 8,
               .note = "With a tool",
               .content = R"({"type":"chat","messages":[{"role":"system","content":"Refund up to 2,000."},{"role":"ai",)"
                          R"("content":[{"type":"tool_call","tool_call_id":"c1","tool_call":{"type":"function","name":)"
                          R"("lookup_order","arguments":"{}"}}]},{"role":"user","content":"{{question}}"}]})",
               .tools = kPhoenixTools,
               .responseFormat = R"({"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}})"}
               .sql() +
           "INSERT INTO prompt_version_tags VALUES(1, 'production', NULL, 1, 5, 7), (2, 'staging', NULL, 1, 8, 7);";
}

inline constexpr const char* kMlflowPromptTables =
    "CREATE TABLE registered_models(name VARCHAR(256), creation_time BIGINT, last_updated_time BIGINT, description "
    "VARCHAR(5000));"
    "CREATE TABLE registered_model_tags(key VARCHAR(250), value VARCHAR(5000), name VARCHAR(256));"
    "CREATE TABLE registered_model_aliases(alias VARCHAR(256), version INTEGER, name VARCHAR(256));"
    "CREATE TABLE model_versions(name VARCHAR(256), version INTEGER, creation_time BIGINT, last_updated_time BIGINT, "
    "description VARCHAR(5000), user_id VARCHAR(256), current_stage VARCHAR(20));"
    "CREATE TABLE model_version_tags(key VARCHAR(250), value VARCHAR(5000), name VARCHAR(256), version INTEGER);";

/// `summary` with a text and a chat version and an alias, a deleted one between them, and a model that is no prompt.
inline std::string mlflowPromptsSql()
{
    return std::string(kMlflowPromptTables) +
           "INSERT INTO registered_models VALUES('summary', 1772438400000, 0, 'Sums up'), ('classifier', 0, 0, 'a model');"
           "INSERT INTO registered_model_tags VALUES('mlflow.prompt.is_prompt', 'true', 'summary'), ('team', 'care', "
           "'summary');"
           "INSERT INTO model_versions VALUES('summary', 1, 1772438400000, 0, 'First', NULL, 'None'), ('summary', 2, 0, 0, "
           "'x', "
           "NULL, 'Deleted_Internal'), ('summary', 3, 1772524800000, 0, 'As a chat', 'ana', 'None'), ('classifier', 1, 0, 0, "
           "'', "
           "'ana', 'None');"
           "INSERT INTO registered_model_aliases VALUES('production', 1, 'summary');"
           "INSERT INTO model_version_tags VALUES('mlflow.prompt.is_prompt', 'true', 'summary', 1),"
           "('mlflow.prompt.text', 'Sum up: {{ text }}', 'summary', 1), ('author', 'ben', 'summary', 1),"
           "('mlflow.prompt.text', '[{\"role\": \"system\", \"content\": \"Be brief.\"}, {\"role\": \"user\", \"content\": "
           "\"{{text}}\"}]', 'summary', 3), ('_mlflow_prompt_type', 'chat', 'summary', 3), ('_mlflow_prompt_model_config', "
           "'{\"provider\": \"openai\", \"model_name\": \"gpt-4\", \"temperature\": 0.5, \"stop\": [\"a\"]}', 'summary', 3), "
           "('_mlflow_prompt_response_format', '{\"type\": \"object\"}', 'summary', 3);";
}

} // namespace tackroom::testing
