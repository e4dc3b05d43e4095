// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/claudecode.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/claudesession.h"
#include "core/readers/jsonmembers.h"

#include <algorithm>
#include <array>
#include <deque>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

/// The lines that a session consists of; the others are the program's notes.
bool isSaid(Value line)
{
    const auto type = claudeLineType(line);
    return type == "user" || type == "assistant" || type == "system";
}

bool isSessionLine(Value line)
{
    if (!isObject(line) || member(line, "payload")) return false;
    const auto type = claudeLineType(line);
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
        ClaudeSession session;
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
        if (!isObject(*line) || claudeLineType(*line).empty()) {
            m_sink.skipped(where, "it is no line of a session");
            return;
        }
        if (!isSaid(*line)) return;
        const std::string wrong = sessionOf(*line).add(*line, element.text, {element.offset, element.text.size()});
        if (!wrong.empty()) m_sink.skipped(where, wrong);
    }

    ClaudeSession& sessionOf(Value line)
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
        m_sessions.push_back({id, isSubAgent, ClaudeSession(id, m_request.bodies), follows});
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
