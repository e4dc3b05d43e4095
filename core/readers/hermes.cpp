// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/hermes.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/readers/conversation.h"
#include "core/readers/hermesmessages.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::int64_t kNewestHermesSchema = 30;
constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxPromptBytes = std::uint64_t{16} << 20;
/// A session that goes on where another was compressed may carry a slightly older time.
constexpr double kContinuationSlackSeconds = 5;
constexpr std::size_t kMaxAncestors = 10'000;

/// What is known of a session from the look over all.
struct Session {
    std::int64_t row = 0;
    std::string id, parent, source, endReason;
    double started = 0, ended = 0;
    bool forked = false; ///< its configuration says that it only branched off its parent
    std::uint64_t state = 0;
    std::int64_t next = -1; ///< index of the session that continues it
    bool continues = false;
};

class HermesFormat : public DatabaseFormat
{
public:
    explicit HermesFormat(std::span<const TableInfo> tables);
    [[nodiscard]] Result<std::vector<RunMark>> look(Database& db) override;
    [[nodiscard]] Result<std::optional<ParsedRun>> read(Database& db, std::int64_t row, bool bodies,
                                                        const Skipped& skipped) override;
    [[nodiscard]] Result<std::optional<std::int64_t>> find(Database& db, const std::string& nativeId) override;

private:
    [[nodiscard]] Status loadSessions(Database& db);
    [[nodiscard]] Status addMessageCounts(Database& db);
    [[nodiscard]] bool continuesParent(const Session& child, const Session& parent) const;
    void joinChains();
    void collectChain(std::size_t first, std::unordered_set<std::size_t>& taken);
    [[nodiscard]] std::string topmostOf(const Session& session) const;
    [[nodiscard]] Status readSession(Database& db, const Session& session, bool isFirst, bool bodies, HermesTranscript& out,
                                     Run& run);

    HermesMessageSql m_messageSql;
    std::string m_sessionsSql, m_sessionSql;
    std::string m_promptSql; ///< empty where prompts are not in a table of their own
    std::vector<Session> m_sessions;
    std::unordered_map<std::string, std::size_t> m_byId;
    std::unordered_map<std::int64_t, std::vector<std::size_t>> m_chains; ///< by the first session's row
    Parser m_parser;
};

HermesFormat::HermesFormat(std::span<const TableInfo> tables) : m_messageSql(hermesMessageSqlOf(tables))
{
    const TableInfo* sessions = storedTable(tables, "sessions");
    const auto column = [&](std::string_view name, std::string_view otherwise = "NULL") {
        return sqltext::column(sessions, "s", name, otherwise);
    };
    // Behind these the columns whose change means that the session has changed.
    m_sessionsSql = formatText("SELECT {}, s.id, s.parent_session_id, s.source, s.started_at, {}, {}, "
                               "CASE WHEN s.parent_session_id IS NULL THEN NULL ELSE {} END",
                               sqltext::rowId("s"), column("ended_at"), column("end_reason"),
                               sqltext::limited(column("model_config"), kMaxConfigBytes));
    for (const auto* name : {"ended_at", "end_reason", "message_count", "tool_call_count", "input_tokens", "output_tokens",
                             "cache_read_tokens", "estimated_cost_usd", "actual_cost_usd", "rewind_count", "model"})
        m_sessionsSql += ", " + column(name);
    m_sessionsSql += " FROM sessions s";
    m_sessionSql = formatText(
        "SELECT {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} FROM sessions s WHERE s.id = ?", column("user_id"),
        column("profile_name"), column("git_repo_root"), column("cwd"), column("source"), column("model"),
        column("input_tokens", "0"), column("cache_read_tokens", "0"), column("cache_write_tokens", "0"),
        column("output_tokens", "0"), column("actual_cost_usd"), column("estimated_cost_usd"), column("system_prompt_hash"),
        sqltext::limited(column("system_prompt"), kMaxPromptBytes), column("title"));
    const TableInfo* prompts = storedTable(tables, "system_prompts");
    if (prompts && prompts->hasColumn("hash") && prompts->hasColumn("prompt"))
        m_promptSql =
            formatText("SELECT {} FROM system_prompts p WHERE p.hash = ?", sqltext::limited("p.prompt", kMaxPromptBytes));
}

Status HermesFormat::loadSessions(Database& db)
{
    m_sessions.clear();
    m_byId.clear();
    TR_ASSIGN(Statement statement, db.prepare(m_sessionsSql));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return addMessageCounts(db);
        Session session;
        session.row = statement.intAt(0);
        session.id = cut(statement.textAt(1), kIdBytes);
        session.parent = cut(statement.textAt(2), kIdBytes);
        session.source = cut(statement.textAt(3), kIdBytes);
        session.started = statement.doubleAt(4);
        session.ended = statement.doubleAt(5);
        session.endReason = cut(statement.textAt(6), kIdBytes);
        if (const auto config = statement.textAt(7); config.size() > 2 && !session.parent.empty())
            if (const auto parsed = m_parser.parse(config))
                for (const auto* mark : {"_branched_from", "_delegate_from", "_reset_from"})
                    session.forked |= textOf(member(*parsed, mark)) == session.parent;
        session.state = StateHash().add(statement, 8).value();
        m_byId.emplace(session.id, m_sessions.size());
        m_sessions.push_back(std::move(session));
    }
}

Status HermesFormat::addMessageCounts(Database& db)
{
    TR_ASSIGN(Statement statement, db.prepare("SELECT session_id, count(*), max(id) FROM messages GROUP BY session_id"));
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return {};
        const auto session = m_byId.find(cut(statement.textAt(0), kIdBytes));
        if (session == m_byId.end()) continue;
        auto& state = m_sessions[session->second].state;
        state = StateHash().add(static_cast<std::int64_t>(state)).add(statement.intAt(1)).add(statement.intAt(2)).value();
    }
}

bool HermesFormat::continuesParent(const Session& child, const Session& parent) const
{
    return parent.endReason == "compression" && !child.forked && child.source != "tool" &&
           child.started >= parent.ended - kContinuationSlackSeconds;
}

void HermesFormat::joinChains()
{
    const auto rank = [](const Session& session) {
        if (session.endReason == "compression") return 2;
        return session.ended == 0 ? 1 : 0;
    };
    const auto isBetter = [&](const Session& a, const Session& b) {
        return rank(a) != rank(b) ? rank(a) > rank(b) : a.started > b.started;
    };
    for (std::size_t i = 0; i < m_sessions.size(); ++i) {
        const auto found = m_byId.find(m_sessions[i].parent);
        if (m_sessions[i].parent.empty() || found == m_byId.end() || found->second == i) continue;
        Session& parent = m_sessions[found->second];
        if (!continuesParent(m_sessions[i], parent)) continue;
        if (parent.next >= 0 && !isBetter(m_sessions[i], m_sessions[static_cast<std::size_t>(parent.next)])) continue;
        if (parent.next >= 0) m_sessions[static_cast<std::size_t>(parent.next)].continues = false;
        parent.next = static_cast<std::int64_t>(i);
        m_sessions[i].continues = true;
    }
    m_chains.clear();
    std::unordered_set<std::size_t> taken;
    for (std::size_t i = 0; i < m_sessions.size(); ++i)
        if (!m_sessions[i].continues) collectChain(i, taken);
    // What is left goes round in a circle: it begins somewhere.
    for (std::size_t i = 0; i < m_sessions.size(); ++i)
        if (!taken.contains(i)) collectChain(i, taken);
}

void HermesFormat::collectChain(std::size_t first, std::unordered_set<std::size_t>& taken)
{
    auto& chain = m_chains[m_sessions[first].row];
    for (auto i = static_cast<std::int64_t>(first); i >= 0; i = m_sessions[static_cast<std::size_t>(i)].next) {
        if (!taken.insert(static_cast<std::size_t>(i)).second) return;
        chain.push_back(static_cast<std::size_t>(i));
    }
}

std::string HermesFormat::topmostOf(const Session& session) const
{
    const Session* top = &session;
    for (std::size_t i = 0; i < kMaxAncestors; ++i) {
        const auto parent = m_byId.find(top->parent);
        if (top->parent.empty() || parent == m_byId.end()) return top->id;
        top = &m_sessions[parent->second];
    }
    return session.id; // a circle has no top
}

Result<std::vector<RunMark>> HermesFormat::look(Database& db)
{
    TR_TRY(loadSessions(db));
    joinChains();
    std::vector<RunMark> marks;
    marks.reserve(m_chains.size());
    for (const auto& [row, chain] : m_chains) {
        StateHash state;
        for (const auto index : chain) state.add(m_sessions[index].id).add(static_cast<std::int64_t>(m_sessions[index].state));
        marks.push_back({row, xxh64(m_sessions[chain.front()].id), state.value()});
    }
    return marks;
}

Result<std::optional<std::int64_t>> HermesFormat::find(Database& db, const std::string& nativeId)
{
    // A chain that has grown since the last look is good enough to be shown; one that is not known is looked for.
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto found = m_byId.find(nativeId);
        if (found != m_byId.end() && m_chains.contains(m_sessions[found->second].row)) return m_sessions[found->second].row;
        if (attempt == 0) TR_TRY(look(db));
    }
    return std::nullopt;
}

/// One session of the chain: what it adds to the run, and its messages.
Status HermesFormat::readSession(Database& db, const Session& session, bool isFirst, bool bodies, HermesTranscript& out,
                                 Run& run)
{
    std::string model, prompt, promptHash;
    {
        TR_ASSIGN(Statement statement, db.prepare(m_sessionSql));
        statement.bind(1, session.id);
        TR_ASSIGN(const bool found, statement.step());
        if (!found) return {};
        if (isFirst) {
            run.userId = cut(statement.textAt(0), kIdBytes);
            run.agentName = cut(statement.textAt(1), kIdBytes);
            for (const int column : {2, 3, 4})
                if (run.project.empty()) run.project = cut(statement.textAt(column), kIdBytes);
        }
        model = cut(statement.textAt(5), kIdBytes);
        for (const int column : {6, 7, 8}) run.promptTokens += std::clamp<std::int64_t>(statement.intAt(column), 0, 1LL << 50);
        run.completionTokens += std::clamp<std::int64_t>(statement.intAt(9), 0, 1LL << 50);
        for (const int column : {10, 11}) {
            if (statement.isNullAt(column)) continue;
            run.costUsd = run.costUsd.value_or(0) + statement.doubleAt(column);
            break;
        }
        promptHash = cut(statement.textAt(12), kIdBytes);
        prompt = statement.stringAt(13);
    }
    if (isFirst) {
        if (promptHash.empty() && !prompt.empty()) promptHash = sha256Hex(prompt);
        run.harnessVersion = promptHash;
        if (!promptHash.empty()) run.harnessVersionSource = "system prompt hash";
        if (bodies && prompt.empty() && !promptHash.empty() && !m_promptSql.empty()) {
            TR_ASSIGN(Statement statement, db.prepare(m_promptSql));
            statement.bind(1, promptHash);
            TR_ASSIGN(const bool found, statement.step());
            if (found) prompt = statement.stringAt(0);
        }
        // Always there where the session has a prompt: steps are named by their place in the conversation.
        if (!promptHash.empty()) out.addSystemPrompt(bodies ? prompt : std::string());
    }
    return out.readSession(db, session.id, model, !isFirst, bodies);
}

Result<std::optional<ParsedRun>> HermesFormat::read(Database& db, std::int64_t row, bool bodies, const Skipped& skipped)
{
    const auto chain = m_chains.find(row);
    if (chain == m_chains.end()) return std::nullopt;
    const Session& first = m_sessions[chain->second.front()];
    ParsedRun parsed;
    Run& run = parsed.record.run;
    run.nativeId = first.id;
    run.sessionId = topmostOf(first);
    HermesTranscript transcript(m_messageSql, first.id, skipped);
    for (const auto index : chain->second)
        TR_TRY(readSession(db, m_sessions[index], index == chain->second.front(), bodies, transcript, run));
    run.start = timeOfSeconds(first.started);
    transcript.fill(parsed);
    const UtcNs ended = timeOfSeconds(m_sessions[chain->second.back()].ended);
    fillRunFromConversation(parsed);
    if (ended) run.end = ended;
    run.end = std::max(run.end, run.start);
    return parsed;
}

} // namespace

Result<std::unique_ptr<StoreReader>> openHermes(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool fits, hasTables(candidate, "a Hermes Agent database",
                                         {{"sessions", {"id", "source", "parent_session_id", "started_at"}},
                                          {"messages", {"id", "session_id", "role", "content", "timestamp", "tool_calls"}}}));
    if (!fits) return nullptr;
    StoreInfo info;
    info.kind = kHermesKind;
    info.title = "Hermes Agent database";
    info.schema = "hermes";
    const TableInfo* versions = storedTable(candidate.tables, "schema_version");
    if (versions && versions->hasColumn("version")) {
        TR_ASSIGN(const std::int64_t version, candidate.db.scalar("SELECT max(version) FROM schema_version"));
        info.schema = formatText("hermes (schema version {})", version);
        if (version > kNewestHermesSchema)
            info.note = formatText("its schema version {} is newer than {}, the newest known; it is read as far as understood",
                                   version, kNewestHermesSchema);
    }
    auto format = std::make_unique<HermesFormat>(candidate.tables);
    return std::make_unique<DatabaseReader>(std::move(candidate.db), candidate.path, std::move(info), std::move(format));
}

} // namespace tackroom
