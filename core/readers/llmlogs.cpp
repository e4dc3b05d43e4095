// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/llmlogs.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/readers/llmtranscript.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kNewestLlmMigration = "m023";
/// Rows of the three tables in one order: what is older stands lower.
constexpr std::int64_t kRowsOfTable = std::int64_t{1} << 40;

std::int64_t orderOf(LlmTable table, std::int64_t row) { return static_cast<std::int64_t>(table) * kRowsOfTable + row; }

struct LlmConversation {
    std::string id;
    std::vector<std::int64_t> rows; ///< orderOf
};

class LlmLogsFormat : public DatabaseFormat
{
public:
    explicit LlmLogsFormat(std::span<const TableInfo> tables);
    [[nodiscard]] bool reads(LlmTable table) const { return !m_sql.exchange[static_cast<std::size_t>(table)].empty(); }
    [[nodiscard]] Result<std::vector<RunMark>> look(Database& db) override;
    [[nodiscard]] Result<std::optional<ParsedRun>> read(Database& db, std::int64_t row, bool bodies,
                                                        const Skipped& skipped) override;
    [[nodiscard]] Result<std::optional<std::int64_t>> find(Database& db, const std::string& nativeId) override;

private:
    [[nodiscard]] Status addLog(Database& db);
    [[nodiscard]] Status addRows(Database& db, LlmTable table, const std::string& sql);
    [[nodiscard]] Status addTools(Database& db, std::string_view table,
                                  std::unordered_map<std::string, std::vector<std::int64_t>>& rows);
    void add(const std::string& id, LlmTable table, std::int64_t row);

    LlmSql m_sql;
    std::string m_logSql, m_responsesSql, m_turnsSql;
    LlmToolRows m_tools;
    std::unordered_map<std::string, LlmConversation> m_conversations;
    std::unordered_map<std::int64_t, std::string> m_byRow;
    std::unordered_set<std::string> m_turns; ///< ids that are told by turns
};

LlmLogsFormat::LlmLogsFormat(std::span<const TableInfo> tables) : m_sql(llmSqlOf(tables))
{
    const TableInfo* logs = storedTable(tables, "logs");
    const TableInfo* log = logs ? logs : storedTable(tables, "log");
    if (reads(LlmTable::Log))
        m_logSql = formatText("SELECT {}, coalesce({}, {}) FROM \"{}\" l", sqltext::rowId("l"),
                              sqltext::column(log, "l", "chat_id"), sqltext::column(log, "l", "reply_to_id"), log->name);
    if (reads(LlmTable::Responses))
        m_responsesSql = formatText("SELECT {}, r.id, {} FROM responses r", sqltext::rowId("r"),
                                    sqltext::column(storedTable(tables, "responses"), "r", "conversation_id"));
    if (reads(LlmTable::Turns))
        m_turnsSql = formatText("SELECT {}, t.id, {} FROM turns t", sqltext::rowId("t"),
                                sqltext::column(storedTable(tables, "turns"), "t", "thread_id"));
}

void LlmLogsFormat::add(const std::string& id, LlmTable table, std::int64_t row)
{
    auto& conversation = m_conversations[id];
    conversation.id = id;
    conversation.rows.push_back(orderOf(table, row));
}

Status LlmLogsFormat::addLog(Database& db)
{
    if (m_logSql.empty()) return {};
    std::map<std::int64_t, std::int64_t> repliesTo; // 0: to none
    TR_ASSIGN(Statement statement, db.prepare(m_logSql));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) break;
        repliesTo.emplace(statement.intAt(0), statement.intAt(1));
    }
    std::unordered_map<std::int64_t, std::int64_t> firstOf;
    for (const auto& [row, before] : repliesTo) { // an answer stands behind what it answers
        const auto found = before < row ? firstOf.find(before) : firstOf.end();
        const std::int64_t first = found == firstOf.end() ? row : found->second;
        firstOf.emplace(row, first);
        add(formatText("log-{}", first), LlmTable::Log, row);
    }
    return {};
}

Status LlmLogsFormat::addRows(Database& db, LlmTable table, const std::string& sql)
{
    if (sql.empty()) return {};
    TR_ASSIGN(Statement statement, db.prepare(sql));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return {};
        const std::string id = cut(statement.textAt(1), 512);
        if (table == LlmTable::Turns)
            m_turns.insert(id);
        else if (m_turns.contains(id))
            continue;
        const std::string conversation = cut(statement.textAt(2), 512);
        add(conversation.empty() ? id : conversation, table, statement.intAt(0));
    }
}

Status LlmLogsFormat::addTools(Database& db, std::string_view table,
                               std::unordered_map<std::string, std::vector<std::int64_t>>& rows)
{
    rows.clear();
    TR_ASSIGN(Statement statement, db.prepare(formatText("SELECT t.id, t.response_id FROM {} t ORDER BY t.id", table)));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return {};
        rows[cut(statement.textAt(1), 512)].push_back(statement.intAt(0));
    }
}

Result<std::vector<RunMark>> LlmLogsFormat::look(Database& db)
{
    m_conversations.clear();
    m_byRow.clear();
    m_turns.clear();
    TR_TRY(addRows(db, LlmTable::Turns, m_turnsSql));
    TR_TRY(addRows(db, LlmTable::Responses, m_responsesSql));
    TR_TRY(addLog(db));
    if (!m_sql.calls.empty()) TR_TRY(addTools(db, "tool_calls", m_tools.calls));
    if (!m_sql.results.empty()) TR_TRY(addTools(db, "tool_results", m_tools.results));
    std::vector<RunMark> marks;
    for (auto& [id, conversation] : m_conversations) {
        std::ranges::sort(conversation.rows);
        StateHash state;
        for (const auto row : conversation.rows) state.add(row);
        m_byRow.emplace(conversation.rows.front(), id);
        marks.push_back({conversation.rows.front(), xxh64(id), state.value()});
    }
    return marks;
}

Result<std::optional<std::int64_t>> LlmLogsFormat::find(Database& db, const std::string& nativeId)
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto found = m_conversations.find(nativeId);
        if (found != m_conversations.end()) return found->second.rows.front();
        if (attempt == 0) TR_TRY(look(db));
    }
    return std::nullopt;
}

Result<std::optional<ParsedRun>> LlmLogsFormat::read(Database& db, std::int64_t row, bool bodies, const Skipped& skipped)
{
    const auto id = m_byRow.find(row);
    if (id == m_byRow.end()) return std::nullopt;
    ParsedRun parsed;
    parsed.record.run.nativeId = id->second;
    parsed.record.run.sessionId = id->second;
    LlmTranscript transcript(db, m_sql, m_tools, bodies, skipped);
    for (const auto each : m_conversations[id->second].rows)
        TR_TRY(transcript.add(static_cast<LlmTable>(std::clamp<std::int64_t>(each / kRowsOfTable, 0, 2)), each % kRowsOfTable));
    transcript.fill(parsed);
    return parsed;
}

/// Whether these are llm's tables, of any generation.
Result<bool> isLlmLogs(const DatabaseCandidate& candidate)
{
    constexpr std::string_view kStore = "a database of llm";
    TR_ASSIGN(const bool responses,
              hasTables(candidate, kStore,
                        {{"conversations", {"id", "name", "model"}},
                         {"responses", {"id", "model", "prompt", "system", "response", "conversation_id"}}}));
    if (responses) return true;
    TR_ASSIGN(const bool turns, hasTables(candidate, kStore,
                                          {{"threads", {"id", "tip_message_hash"}},
                                           {"turns", {"id", "thread_id", "parent_message_hash", "tip_message_hash", "model"}},
                                           {"messages", {"hash", "parent_hash", "role"}},
                                           {"parts", {"message_hash", "type"}}}));
    if (turns) return true;
    for (const std::string_view name : {"logs", "log"}) {
        const TableInfo* log = storedTable(candidate.tables, name);
        if (!log) continue;
        const auto has = [&](std::string_view column) { return log->hasColumn(column); };
        if (has("model") && has("prompt") && has("system") && has("response") &&
            (has("timestamp") || has("timestamp_utc") || has("datetime_utc")))
            return true;
    }
    return false;
}

} // namespace

Result<std::unique_ptr<StoreReader>> openLlmLogs(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool fits, isLlmLogs(candidate));
    if (!fits) return nullptr;
    auto format = std::make_unique<LlmLogsFormat>(candidate.tables);
    StoreInfo info;
    info.kind = kLlmLogsKind;
    info.title = "logs of llm";
    std::string generation = format->reads(LlmTable::Turns)          ? "turns"
                             : format->reads(LlmTable::Responses)    ? "responses"
                             : storedTable(candidate.tables, "logs") ? "logs"
                                                                     : "log";
    const TableInfo* migrations = storedTable(candidate.tables, "_llm_migrations");
    if (migrations && migrations->hasColumn("name")) {
        TR_ASSIGN(Statement row, candidate.db.prepare("SELECT max(name) FROM _llm_migrations"));
        TR_ASSIGN(const bool found, row.step());
        const std::string last = found ? cut(row.textAt(0), 80) : std::string();
        if (!last.empty()) generation += ", " + last;
        if (last.substr(0, kNewestLlmMigration.size()) > kNewestLlmMigration)
            info.note =
                formatText("its last migration, {}, is newer than {}, the newest known; it is read as far as understood", last,
                           kNewestLlmMigration);
    }
    info.schema = formatText("llm ({})", generation);
    return std::make_unique<DatabaseReader>(std::move(candidate.db), candidate.path, std::move(info), std::move(format));
}

} // namespace tackroom
