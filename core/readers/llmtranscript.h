// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One conversation of llm's logs.db, put together from its rows (llmlogs.h says how).
#include "core/readers/databasereader.h"

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tackroom
{

enum class LlmTable : std::uint8_t { Log, Responses, Turns };

/// The statements for the tables that this database has; empty where it has none of them.
struct LlmSql {
    std::string exchange[3]; ///< by LlmTable: one row by its number
    std::string calls, results;
    std::string attachments, promptFragments, systemFragments; ///< of a response, by its id
    std::string message, parts, fragment;                      ///< of turns
};
[[nodiscard]] LlmSql llmSqlOf(std::span<const TableInfo> tables);

/// The rows of tool_calls and tool_results by response, which have no index.
struct LlmToolRows {
    std::unordered_map<std::string, std::vector<std::int64_t>> calls, results;
};

class LlmTranscript
{
public:
    LlmTranscript(Database& db, const LlmSql& sql, const LlmToolRows& tools, bool bodies,
                  const DatabaseFormat::Skipped& skipped)
        : m_db(db), m_sql(sql), m_tools(tools), m_bodies(bodies), m_skipped(skipped)
    {
    }
    [[nodiscard]] Status add(LlmTable table, std::int64_t row);
    void fill(ParsedRun& run);

private:
    struct Answer { ///< of an assistant's message, by its place
        UtcNs start = 0, end = 0;
        std::string model;
        std::int64_t promptTokens = 0, completionTokens = 0;
    };
    [[nodiscard]] Status addExchange(const Statement& row, const std::string& id, LlmTable table);
    [[nodiscard]] Status addTurn(const Statement& row);
    [[nodiscard]] Status addResults(const std::string& responseId);
    [[nodiscard]] Status addCalls(const std::string& responseId, Message& message);
    [[nodiscard]] Status addMessage(const std::string& hash, const std::string& role, const Answer* answer);
    struct Part {
        std::string type, name, text, payload;
    };
    [[nodiscard]] Status addPart(Part part, Message& message, std::vector<Message>& results, std::vector<bool>& failed);
    [[nodiscard]] Result<std::string> joined(const std::string& sql, const std::string& id);
    [[nodiscard]] Result<std::string> textOfReferences(jsonvalues::Value pieces);
    [[nodiscard]] std::string limitedText(std::string_view text) const;
    [[nodiscard]] Answer answerOf(const Statement& row);
    void push(Message message, bool failed = false);

    Database& m_db;
    const LlmSql& m_sql;
    const LlmToolRows& m_tools;
    bool m_bodies;
    const DatabaseFormat::Skipped& m_skipped;
    jsonvalues::Parser m_parser;
    std::vector<Message> m_messages;
    std::map<std::size_t, Answer> m_answers;
    std::unordered_set<std::size_t> m_failed; ///< places of tools' results
    std::unordered_set<std::string> m_told;   ///< hashes of messages
    std::string m_system, m_firstSystem;
};

} // namespace tackroom
