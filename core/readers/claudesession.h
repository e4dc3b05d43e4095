// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One session of Claude Code as its lines come. What is in them: claudecode.h.
#include "core/readers/sessionlog.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

[[nodiscard]] std::string_view claudeLineType(jsonvalues::Value line);

class ClaudeSession
{
public:
    ClaudeSession(std::string id, bool bodies) : m_id(std::move(id)), m_log(bodies), m_bodies(bodies) {}
    void setId(std::string id) { m_id = std::move(id); }
    [[nodiscard]] bool knows(std::string_view uuid) const { return m_lines.contains(uuid); }
    /// What is wrong with the line; empty where nothing is.
    [[nodiscard]] std::string add(jsonvalues::Value line, std::string_view text, const FileRange& place);
    [[nodiscard]] ParsedRun finish(bool isSubAgent);

private:
    void readFacts(jsonvalues::Value line);
    /// Sidechain lines without an agent's id hang together by their parents.
    [[nodiscard]] std::string chainOf(jsonvalues::Value line);
    /// As it stands inside a JSON text, to be looked for in a call's arguments.
    [[nodiscard]] static std::string jsonInner(std::string_view text);
    [[nodiscard]] std::string addUser(jsonvalues::Value line);
    void addWords(std::string words, bool isHarness, const SessionLog::Facts& facts);
    void addResult(jsonvalues::Value line, jsonvalues::Value block, SessionLog::Facts facts);
    void addToolDecision(jsonvalues::Value line, const Message& result, const Message::ToolCall* call,
                         SessionLog::Facts& facts);
    [[nodiscard]] std::string addAssistant(jsonvalues::Value line);
    void addBlocks(std::size_t index, jsonvalues::Value content);
    /// A block that a line repeats is there already.
    [[nodiscard]] bool isNew(std::size_t index, std::string_view words);
    void addSystem(jsonvalues::Value line);

    std::string m_id, m_sessionId, m_cwd, m_version, m_raw;
    SessionLog m_log;
    bool m_bodies;
    std::optional<double> m_cost;
    std::vector<FileRange> m_ranges;
    std::set<std::string, std::less<>> m_lines, m_complete, m_blocks;
    std::map<std::string, std::size_t, std::less<>> m_messageOfId;
    std::map<std::string, std::string, std::less<>> m_chainOf;
    std::size_t m_chains = 0;
    bool m_rejected = false;
};

} // namespace tackroom
