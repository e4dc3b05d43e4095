// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The messages of a Hermes conversation: read, told once, put into steps (hermes.h says how).
#include "core/readers/databasereader.h"

#include <string>
#include <unordered_set>
#include <vector>

namespace tackroom
{

struct HermesMessageSql {
    std::string select; ///< of one session, by id
};
[[nodiscard]] HermesMessageSql hermesMessageSqlOf(std::span<const TableInfo> tables);

class HermesTranscript
{
public:
    HermesTranscript(const HermesMessageSql& sql, std::string runId, const DatabaseFormat::Skipped& skipped)
        : m_sql(sql), m_runId(std::move(runId)), m_skipped(skipped)
    {
    }
    void addSystemPrompt(std::string text);
    /// `continues`: the session goes on where another ended, and may begin with copies of what that one said.
    [[nodiscard]] Status readSession(Database& db, const std::string& sessionId, const std::string& model, bool continues,
                                     bool bodies);
    /// Conversation, steps with times and models, decisions.
    void fill(ParsedRun& run);

private:
    struct Entry {
        UtcNs time = 0;
        std::string model;
        std::int64_t tokens = 0;
    };
    [[nodiscard]] Message messageOf(const Statement& row, bool bodies);
    [[nodiscard]] std::string contentOf(const Statement& row, bool bodies);
    [[nodiscard]] bool isError(const Message& message);
    void addDecision(ParsedRun& run, std::size_t index);
    void addAnswer(ParsedRun& run, std::size_t index, jsonvalues::Value answered);
    void setTimes(ParsedRun& run) const;

    const HermesMessageSql& m_sql;
    std::string m_runId;
    const DatabaseFormat::Skipped& m_skipped;
    std::vector<Message> m_messages;
    std::vector<Entry> m_entries;                         ///< beside m_messages
    std::unordered_set<std::uint64_t> m_said, m_saidThen; ///< hashes without and with the time
    jsonvalues::Parser m_parser;
    std::string m_buffer;
};

} // namespace tackroom
