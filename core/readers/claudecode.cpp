// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/claudecode.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonmembers.h"
#include "core/readers/sessionlog.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

std::string_view typeOf(Value line) { return stringOf(member(line, "type")).value_or(""); }

std::string between(std::string_view text, std::string_view from, std::string_view to)
{
    const auto begin = text.find(from);
    if (begin == std::string_view::npos) return {};
    const auto end = text.find(to, begin + from.size());
    return std::string(text.substr(begin + from.size(), end == std::string_view::npos ? end : end - begin - from.size()));
}

/// Words that the program put into the user's mouth.
bool isHarnessText(std::string_view text)
{
    return text.starts_with("Caveat: The messages below") || text.starts_with("<local-command-") ||
           text.starts_with("<system-reminder>") || text.starts_with("<bash-stdout>") ||
           text.starts_with("<task-notification>");
}

/// "<command-name>/review</command-name>…" as it was typed.
std::string commandText(std::string_view text)
{
    if (text.find("<command-name>") == std::string_view::npos) return {};
    const std::string arguments = between(text, "<command-args>", "</command-args>");
    const std::string name = between(text, "<command-name>", "</command-name>");
    return arguments.empty() ? name : name + " " + arguments;
}

/// One session as its lines come.
class Session
{
public:
    Session(std::string id, bool bodies) : m_id(std::move(id)), m_log(bodies), m_bodies(bodies) {}

    void setId(std::string id) { m_id = std::move(id); }
    [[nodiscard]] bool knows(std::string_view uuid) const { return m_lines.contains(uuid); }

    /// What is wrong with the line; empty where nothing is.
    std::string add(Value line, std::string_view text, const FileRange& place)
    {
        if (!m_ranges.empty() && m_ranges.back().offset + m_ranges.back().bytes + 2 >= place.offset)
            m_ranges.back().bytes = place.offset + place.bytes - m_ranges.back().offset;
        else
            m_ranges.push_back(place);
        if (m_bodies) m_raw += (m_raw.empty() ? "" : "\n") + std::string(text);
        const std::string uuid = textOf(member(line, "uuid"));
        if (!uuid.empty() && !m_lines.insert(uuid).second && m_complete.contains(uuid)) return {};
        readFacts(line);
        std::string wrong;
        const auto type = typeOf(line);
        if (type == "user")
            wrong = addUser(line);
        else if (type == "assistant")
            wrong = addAssistant(line);
        else if (type == "system")
            addSystem(line);
        if (wrong.empty() && !uuid.empty()) m_complete.insert(uuid);
        return wrong;
    }

    ParsedRun finish(bool isSubAgent)
    {
        ParsedRun run;
        Run& out = run.record.run;
        out.nativeId = m_id;
        out.sessionId = m_sessionId.empty() ? m_id : m_sessionId;
        out.agentName = isSubAgent ? "Claude Code sub-agent" : "Claude Code";
        out.project = cut(m_cwd, kStepTextBytes);
        if (!m_version.empty()) {
            out.harnessVersion = cut(m_version, kStepTextBytes);
            out.harnessVersionSource = "version key: version";
        }
        out.costUsd = m_cost;
        m_log.finish(run);
        run.ranges = m_ranges;
        run.raw = std::move(m_raw);
        return run;
    }

private:
    void readFacts(Value line)
    {
        for (const auto& [key, to] : {std::pair{"cwd", &m_cwd}, std::pair{"version", &m_version}})
            if (const auto text = stringOf(member(line, key)); text && !text->empty()) *to = *text;
        if (const auto id = stringOf(member(line, "sessionId"))) m_sessionId = *id;
        if (const auto cost = numberOf(member(line, "costUSD"))) m_cost = m_cost.value_or(0) + *cost;
    }

    /// Sidechain lines without an agent's id hang together by their parents.
    std::string chainOf(Value line)
    {
        if (!isTrue(member(line, "isSidechain")) || stringOf(member(line, "agentId"))) return {};
        constexpr std::size_t kMaxChains = 1000; // each is looked for among all calls
        if (m_chains >= kMaxChains) return {};
        const auto parent = m_chainOf.find(textOf(member(line, "parentUuid")));
        std::string chain = parent == m_chainOf.end() ? formatText("side{}", m_chains++) : parent->second;
        if (parent == m_chainOf.end()) m_log.addChain(chain, "sub-agent", jsonInner(contentText(at(line, "message.content"))));
        m_chainOf[textOf(member(line, "uuid"))] = chain;
        return chain;
    }

    /// As it stands inside a JSON text, to be looked for in a call's arguments.
    static std::string jsonInner(std::string_view text)
    {
        std::string out;
        for (const char c : text.substr(0, 200)) {
            if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') break;
            out += c;
        }
        return out;
    }

    std::string addUser(Value line)
    {
        const auto message = member(line, "message");
        if (!isObject(message)) return "its message is no object";
        const auto content = member(*message, "content");
        if (!content || content->is_null()) return "its message has no content";
        SessionLog::Facts facts;
        facts.start = facts.end = timeOf(member(line, "timestamp"));
        facts.chain = chainOf(line);
        const bool isHarness = isTrue(member(line, "isMeta")) || isTrue(member(line, "isCompactSummary"));
        if (!isArray(content)) {
            addWords(contentText(content), isHarness, facts);
            return {};
        }
        std::string words;
        for (const Value block : simdjson::dom::array(*content)) {
            if (typeOf(block) == "tool_result")
                addResult(line, block, facts);
            else {
                const std::string text = contentText(block);
                if (!text.empty()) words += (words.empty() ? "" : "\n") + text;
            }
        }
        if (!words.empty()) addWords(std::move(words), isHarness, facts);
        return {};
    }

    void addWords(std::string words, bool isHarness, const SessionLog::Facts& facts)
    {
        if (words.starts_with("[Request interrupted by user")) {
            HumanDecision decision;
            decision.kind = DecisionKind::Reject;
            decision.time = facts.start;
            decision.target = "what the agent was doing";
            decision.after = words;
            // The refusal of a tool call is followed by this line; it is one decision.
            if (!m_rejected) m_log.addDecision(std::move(decision), {});
            isHarness = true;
        }
        m_rejected = false;
        Message message;
        message.role = isHarness || isHarnessText(words) ? "system" : "user";
        if (std::string command = commandText(words); !command.empty()) words = std::move(command);
        message.content = std::move(words);
        m_log.add(std::move(message), facts);
    }

    void addResult(Value line, Value block, SessionLog::Facts facts)
    {
        Message message;
        message.role = "tool";
        message.toolCallId = textOf(member(block, "tool_use_id"));
        message.content = contentText(member(block, "content"));
        facts.isError = isTrue(member(block, "is_error"));
        const auto call = m_log.caller(message.toolCallId);
        const Message::ToolCall* made = call ? &m_log.message(call->first).toolCalls[call->second] : nullptr;
        if (made) message.name = made->name;
        addToolDecision(line, message, made, facts);
        m_log.add(std::move(message), std::move(facts));
    }

    void addToolDecision(Value line, const Message& result, const Message::ToolCall* call, SessionLog::Facts& facts)
    {
        const std::string_view text = result.content;
        const auto answer = member(line, "toolUseResult");
        HumanDecision decision;
        decision.time = facts.start;
        decision.target = "tool call: " + (call ? cut(call->name, kStepTextBytes) : std::string("unknown"));
        decision.before = call ? cut(call->arguments, kStepTextBytes) : std::string();
        if (text.starts_with("The user doesn't want to proceed") ||
            text.starts_with("The user doesn't want to take this action") ||
            text.starts_with("[Request interrupted by user for tool use]")) {
            decision.kind = DecisionKind::Reject;
            decision.after = "rejected";
            decision.reason = cut(trimmed(between(text, "the user said:", "Note: The user's next message")), kStepTextBytes);
            facts.errorType = "rejected by the user";
            m_rejected = true;
        } else if (call && call->name == "ExitPlanMode" && text.starts_with("User has approved")) {
            decision.kind = DecisionKind::Approve;
            decision.after = "approved";
        } else if (answer && isObject(member(*answer, "answers"))) {
            decision.kind = DecisionKind::Answer;
            decision.after = cut(textOf(member(*answer, "answers")), kStepTextBytes);
        } else if (answer && isTrue(member(*answer, "userModified"))) {
            decision.kind = DecisionKind::Edit;
            decision.after =
                cut(textOf(member(*answer, member(*answer, "newString") ? "newString" : "content")), kStepTextBytes);
        } else
            return;
        m_log.addDecision(std::move(decision), result.toolCallId);
    }

    std::string addAssistant(Value line)
    {
        const auto message = member(line, "message");
        if (!isObject(message)) return "its message is no object";
        const auto content = member(*message, "content");
        if (!content || content->is_null()) return "its message has no content";
        const std::string chain = chainOf(line);
        const std::string id = textOf(member(*message, "id"));
        const auto known = m_messageOfId.find(id);
        const bool goesOn = !id.empty() && known != m_messageOfId.end();
        std::size_t index = 0;
        if (goesOn)
            index = known->second;
        else {
            Message said;
            said.role = "assistant";
            SessionLog::Facts facts;
            facts.start = timeOf(member(line, "timestamp"));
            facts.model = cut(textOf(member(*message, "model")), kStepTextBytes);
            facts.chain = chain;
            index = m_log.add(std::move(said), std::move(facts));
            if (!id.empty()) m_messageOfId[id] = index;
        }
        SessionLog::Facts& facts = m_log.facts(index);
        facts.end = std::max(facts.end, timeOf(member(line, "timestamp")));
        // Each line of a message repeats its usage; the output grows while it streams.
        const auto usage = member(*message, "usage");
        if (isObject(usage)) {
            facts.promptTokens = integerOf(member(*usage, "input_tokens")) +
                                 integerOf(member(*usage, "cache_creation_input_tokens")) +
                                 integerOf(member(*usage, "cache_read_input_tokens"));
            facts.completionTokens = std::max(facts.completionTokens, integerOf(member(*usage, "output_tokens")));
        }
        if (isTrue(member(line, "isApiErrorMessage"))) {
            facts.isError = true;
            facts.errorType = "api error";
        }
        addBlocks(index, *content);
        m_rejected = false;
        return {};
    }

    void addBlocks(std::size_t index, Value content)
    {
        if (!isArray(content)) return m_log.addWords(index, contentText(content));
        for (const Value block : simdjson::dom::array(content)) {
            const auto type = typeOf(block);
            if (type == "tool_use" || type == "server_tool_use")
                m_log.addCall(index,
                              {textOf(member(block, "id")), textOf(member(block, "name")), textOf(member(block, "input"))});
            else if (type == "thinking" || type == "redacted_thinking") {
                const std::string thought = textOf(member(block, "thinking"));
                if (isNew(index, thought)) m_log.addThought(index, thought);
            } else if (const std::string words = contentText(block); isNew(index, words))
                m_log.addWords(index, words);
        }
    }

    /// A block that a line repeats is there already.
    bool isNew(std::size_t index, std::string_view words)
    {
        return !words.empty() && m_blocks.insert(formatText("{} {}", index, xxh128Hex(words))).second;
    }

    void addSystem(Value line)
    {
        const auto subtype = stringOf(member(line, "subtype")).value_or("");
        const UtcNs time = timeOf(member(line, "timestamp"));
        std::string words = contentText(member(line, "content"));
        if (subtype == "compact_boundary" || subtype == "microcompact_boundary") {
            Step step;
            step.name = "compaction";
            step.start = step.end = time;
            step.outputText = cut(words, kStepTextBytes);
            m_log.addStep(std::move(step));
            return;
        }
        if (subtype == "api_error") {
            Step step;
            step.name = "api error";
            step.start = step.end = time;
            step.status = StepStatus::Error;
            step.errorType = "api error";
            const auto error = member(line, "error");
            step.errorText = cut(words.empty() ? textOf(error) : words, kStepTextBytes);
            m_log.addStep(std::move(step));
            return;
        }
        if (words.empty()) return;
        Message message;
        message.role = "system";
        message.content = std::move(words);
        SessionLog::Facts facts;
        facts.start = facts.end = time;
        m_log.add(std::move(message), std::move(facts));
    }

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

/// The lines that a session consists of; the others are the program's notes.
bool isSaid(Value line)
{
    const auto type = typeOf(line);
    return type == "user" || type == "assistant" || type == "system";
}

bool isSessionLine(Value line)
{
    if (!isObject(line) || member(line, "payload")) return false;
    const auto type = typeOf(line);
    if (type == "summary") return member(line, "leafUuid").has_value();
    if (type == "user" || type == "assistant")
        return isObject(member(line, "message")) && member(line, "timestamp") && at(line, "message.content");
    static constexpr std::array<std::string_view, 6> kOthers{
        "system", "file-history-snapshot", "queue-operation", "progress", "attachment", "custom-title"};
    return std::ranges::contains(kOthers, type) && (member(line, "sessionId") || member(line, "messageId"));
}

class ClaudeReader
{
public:
    ClaudeReader(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel, bool isExport)
        : m_file(unit.first()), m_request(request), m_sink(sink), m_cancel(cancel), m_isExport(isExport)
    {
    }

    Status read()
    {
        TR_ASSIGN(m_nameless, namelessId());
        const auto visit = [&](const JsonElement& element) -> Result<bool> {
            if (m_cancel.cancelled()) return CancelToken::error();
            m_sink.progress(element.offset);
            take(element);
            return true;
        };
        const auto tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
            m_sink.skipped(formatText("line {}", index + 1),
                           formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
        };
        Status done;
        if (m_isExport)
            done = forEachJsonMember(
                m_file,
                {.splitKeys = {"loglines"},
                 .member = {},
                 .element = [&](std::string_view, const JsonElement& element) { return visit(element); },
                 .tooLong = [&](std::string_view, std::uint64_t i, std::uint64_t bytes) { tooLong(i, bytes); }},
                m_cancel);
        else
            done = forEachJsonElement(m_file, JsonLayout::Lines, {visit, tooLong}, m_cancel, m_request.fromBytes);
        if (!done && (done.error().code != ErrorCode::Damaged || m_sessions.empty())) return done;
        if (!done) m_sink.skipped("the rest of the file", done.error().detail);
        return deliver();
    }

private:
    struct Entry {
        std::string id;
        bool isSubAgent;
        Session session;
        bool followsUnread = false; ///< an id that it had before may stand in the lines that were not read
    };

    /// The name of a session whose lines have none: by the first line that is said, also where reading begins later.
    Result<std::string> namelessId()
    {
        std::string first;
        const auto visit = [&](const JsonElement& element) -> Result<bool> {
            const auto line = m_parser.parse(element.text, true);
            if (!line || !isObject(*line) || !isSaid(*line)) return true;
            first = element.text;
            return false;
        };
        const auto looked =
            m_isExport ? forEachJsonMember(m_file,
                                           {.splitKeys = {"loglines"},
                                            .member = {},
                                            .element = [&](std::string_view, const JsonElement& line) { return visit(line); },
                                            .tooLong = {}},
                                           m_cancel)
                       : forEachJsonElement(m_file, JsonLayout::Lines, {visit, {}}, m_cancel);
        if (!looked && looked.error().code != ErrorCode::Damaged) return std::unexpected(looked.error());
        return "session-" + xxh128Hex(first).substr(0, 16);
    }

    void take(const JsonElement& element)
    {
        const std::string where = formatText("line {}", element.index + 1);
        const auto line = m_parser.parse(element.text, true);
        if (!line) {
            // The last line may be half written.
            if (m_isExport || element.offset + element.text.size() < m_file.sizeBytes())
                m_sink.skipped(where, line.error().detail);
            return;
        }
        if (!isObject(*line) || typeOf(*line).empty()) {
            m_sink.skipped(where, "it is no line of a session");
            return;
        }
        if (!isSaid(*line)) return;
        const std::string wrong = sessionOf(*line).add(*line, element.text, {element.offset, element.text.size()});
        if (!wrong.empty()) m_sink.skipped(where, wrong);
    }

    Session& sessionOf(Value line)
    {
        std::string id = cut(textOf(member(line, "sessionId")), 500);
        if (id.empty()) id = m_nameless;
        const std::string agent = cut(textOf(member(line, "agentId")), 500);
        const bool isSubAgent = !agent.empty() && isTrue(member(line, "isSidechain"));
        if (isSubAgent) id += "/agent-" + agent;
        for (Entry& entry : m_sessions)
            if (entry.id == id) return entry.session;
        const auto parent = stringOf(member(line, "parentUuid"));
        if (parent && !isSubAgent)
            for (Entry& entry : m_sessions)
                if (!entry.isSubAgent && entry.session.knows(*parent)) { // it goes on under a new id
                    entry.id = id;
                    entry.session.setId(id);
                    entry.followsUnread = m_request.fromBytes > 0;
                    return entry.session;
                }
        const bool follows = m_request.fromBytes > 0 && parent && !isSubAgent;
        m_sessions.push_back({id, isSubAgent, Session(id, m_request.bodies), follows});
        return m_sessions.back().session;
    }

    Status deliver()
    {
        for (Entry& entry : m_sessions) {
            ParsedRun run = entry.session.finish(entry.isSubAgent);
            run.followsUnread = entry.followsUnread;
            if (m_isExport) run.ranges.clear();
            if (run.conversation.empty() && run.record.steps.empty()) continue;
            TR_ASSIGN(const bool goOn, m_sink.add(std::move(run)));
            if (!goOn) break;
        }
        return {};
    }

    const InputFile& m_file;
    const FormatRequest& m_request;
    FormatSink& m_sink;
    const CancelToken& m_cancel;
    Parser m_parser;
    std::deque<Entry> m_sessions;
    std::string m_nameless;
    const bool m_isExport;
};

/// The lines of a session; the export of the web is one object, which does not grow at its end.
class ClaudeCodeFormat : public FileFormat
{
public:
    explicit ClaudeCodeFormat(bool isExport) : m_isExport(isExport) {}

    [[nodiscard]] FormatInfo info() const override
    {
        if (m_isExport) return {"claude-code-export", "Claude Code session (web export)"};
        return {"claude-code", "Claude Code session"};
    }

    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (m_isExport) return recogniseExport(look);
        if (look.shape != FileLook::Shape::Lines && look.shape != FileLook::Shape::Object) return std::nullopt;
        if (std::ranges::none_of(look.values, isSessionLine)) return std::nullopt;
        return Recognised{"session", {}};
    }

    [[nodiscard]] bool growsByLines() const override { return !m_isExport; }

    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        return ClaudeReader(unit, request, sink, cancel, m_isExport).read();
    }

private:
    static std::optional<Recognised> recogniseExport(const FileLook& look)
    {
        if (look.shape != FileLook::Shape::Object || !look.hasKey("loglines")) return std::nullopt;
        if (look.values.empty()) return Recognised{"loglines", {}}; // longer than a look
        const auto lines = member(look.values.front(), "loglines");
        if (!isArray(lines)) return std::nullopt;
        for (const Value line : simdjson::dom::array(*lines)) {
            if (isSessionLine(line)) return Recognised{"loglines", {}};
            break;
        }
        return std::nullopt;
    }

    bool m_isExport;
};

} // namespace

const FileFormat& claudeCodeFormat()
{
    static const ClaudeCodeFormat format(false);
    return format;
}

const FileFormat& claudeCodeExportFormat()
{
    static const ClaudeCodeFormat format(true);
    return format;
}

} // namespace tackroom
