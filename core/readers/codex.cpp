// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/codex.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/sessionlog.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

std::string_view itemTypeOf(std::optional<Value> value)
{
    return stringOf(value ? member(*value, "type") : value).value_or("");
}

/// What the program says in the user's name.
bool isCodexText(std::string_view text)
{
    static constexpr std::array<std::string_view, 7> kBeginnings{
        "<environment_context>", "<user_instructions>",        "# AGENTS.md instructions", "<turn_aborted>",
        "<INSTRUCTIONS>",        "<permissions instructions>", "<subagent_notification>"};
    return std::ranges::any_of(kBeginnings, [&](std::string_view each) { return text.starts_with(each); });
}

/// The number behind the words, where they stand near the beginning of what a command gave.
std::optional<int> codeBehind(std::string_view text, std::string_view words)
{
    const auto at = text.substr(0, 400).find(words);
    if (at == std::string_view::npos) return std::nullopt;
    int code = 0;
    const std::string_view digits = text.substr(at + words.size(), 12);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code);
    return read.ec == std::errc() ? std::optional(code) : std::nullopt;
}

/// What a tool gave back: its words and its exit code.
struct Output {
    std::string text;
    std::optional<int> exitCode;
    bool failed = false;
};

Output outputOf(std::optional<Value> value, Parser& inner)
{
    Output output;
    if (isObject(value)) {
        output.failed = textOf(member(*value, "success")) == "false";
        output.text = contentText(member(*value, "content"));
        return output;
    }
    output.text = contentText(value);
    // Shells before 2025-10 answered with JSON in a text.
    if (output.text.starts_with("{\"output\":") || output.text.starts_with("{\"metadata\":")) {
        const std::string json = output.text;
        if (const auto parsed = inner.parse(json); parsed && isObject(*parsed)) {
            if (const auto code = at(*parsed, "metadata.exit_code")) output.exitCode = static_cast<int>(integerOf(code));
            output.text = textOf(member(*parsed, "output"));
            return output;
        }
    }
    for (const std::string_view words : {"Exit code: ", "exited with code ", "exit code "})
        if (!output.exitCode) output.exitCode = codeBehind(output.text, words);
    return output;
}

class Rollout
{
public:
    explicit Rollout(bool bodies) : m_log(bodies), m_bodies(bodies) {}

    void setMeta(Value meta)
    {
        if (!m_id.empty()) return; // a fork repeats its parent's
        m_id = cut(textOf(member(meta, "id")), 500);
        m_parent = cut(textOf(at(meta, "source.subagent.thread_spawn.parent_thread_id")), 500);
        m_version = cut(textOf(member(meta, "cli_version")), kStepTextBytes);
        m_cwd = cut(textOf(member(meta, "cwd")), kStepTextBytes);
    }

    /// False where the line is none of a rollout.
    bool add(Value line, std::string_view text)
    {
        if (m_bodies) m_raw += (m_raw.empty() ? "" : "\n") + std::string(text);
        const auto payload = member(line, "payload");
        const UtcNs time = timeOf(member(line, "timestamp"));
        if (!isObject(payload)) return addBare(line, time);
        const auto type = itemTypeOf(line);
        if (type == "session_meta")
            setMeta(*payload);
        else if (type == "turn_context")
            m_model = cut(textOf(member(*payload, "model")), kStepTextBytes);
        else if (type == "response_item")
            addItem(*payload, time);
        else if (type == "event_msg")
            addEvent(*payload, time);
        else if (type == "compacted")
            addCompaction(textOf(member(*payload, "message")), time);
        return true;
    }

    [[nodiscard]] bool empty() const { return m_log.size() == 0 && !m_hasSteps; }

    ParsedRun finish(const std::string& nameless)
    {
        ParsedRun run;
        Run& out = run.record.run;
        out.nativeId = m_id.empty() ? nameless : m_id;
        out.sessionId = m_parent.empty() ? out.nativeId : m_parent;
        out.agentName = "Codex";
        out.project = m_cwd;
        if (!m_version.empty()) {
            out.harnessVersion = m_version;
            out.harnessVersionSource = "version key: cli_version";
        }
        out.promptTokens = m_prompt;
        out.completionTokens = m_completion;
        m_log.finish(run);
        run.raw = std::move(m_raw);
        return run;
    }

private:
    bool addBare(Value line, UtcNs time)
    {
        if (member(line, "record_type")) return true;
        if (itemTypeOf(line).empty()) {
            if (!member(line, "id") || !member(line, "timestamp")) return false;
            setMeta(line);
            m_time = time;
            return true;
        }
        addItem(line, time ? time : m_time); // bare items have no time of their own
        return true;
    }

    void addItem(Value item, UtcNs time)
    {
        const auto type = itemTypeOf(item);
        if (type == "message" || (type.empty() && member(item, "role")))
            addMessage(item, time);
        else if (type == "reasoning")
            addReasoning(item, time);
        else if (type == "function_call")
            addCall(item, "arguments", textOf(member(item, "name")), time);
        else if (type == "custom_tool_call")
            addCall(item, "input", textOf(member(item, "name")), time);
        else if (type == "local_shell_call")
            addCall(item, "action", "shell", time);
        else if (type == "web_search_call")
            addCall(item, "action", "web_search", time);
        else if (type == "function_call_output" || type == "custom_tool_call_output")
            addOutput(item, time);
    }

    /// The llm step that is being said; a new one where the former has got its answers.
    std::size_t said(UtcNs time)
    {
        if (!m_open) {
            Message message;
            message.role = "assistant";
            SessionLog::Facts facts;
            facts.start = time;
            facts.model = m_model;
            m_open = m_log.add(std::move(message), std::move(facts));
        }
        SessionLog::Facts& facts = m_log.facts(*m_open);
        facts.end = std::max(facts.end, time);
        return *m_open;
    }

    void addMessage(Value item, UtcNs time)
    {
        const std::string role = textOf(member(item, "role"));
        std::string text = contentText(member(item, "content"));
        if (role == "assistant") {
            m_log.addWords(said(time), text);
            return;
        }
        m_open.reset();
        Message message;
        message.role = role == "user" && !isCodexText(text) ? "user" : "system";
        message.content = std::move(text);
        SessionLog::Facts facts;
        facts.start = facts.end = time;
        m_log.add(std::move(message), std::move(facts));
    }

    void addReasoning(Value item, UtcNs time)
    {
        std::string text = contentText(member(item, "summary"));
        if (const auto content = member(item, "content"); text.empty() && isArray(content)) text = contentText(content);
        m_log.addThought(said(time), text);
    }

    void addCall(Value item, std::string_view argumentsKey, std::string name, UtcNs time)
    {
        std::string id = textOf(member(item, "call_id"));
        if (id.empty()) id = textOf(member(item, "id"));
        const std::size_t index = said(time);
        // Two calls of one id would hide each other; only a hand-made file has them.
        if (!id.empty() && m_log.caller(id)) id.clear();
        m_log.addCall(index, {std::move(id), std::move(name), textOf(member(item, argumentsKey))});
    }

    void addOutput(Value item, UtcNs time)
    {
        const std::string id = textOf(member(item, "call_id"));
        Output output = outputOf(member(item, "output"), m_inner);
        Message message;
        message.role = "tool";
        message.toolCallId = id;
        SessionLog::Facts facts;
        facts.start = facts.end = time;
        facts.isError = output.failed || output.exitCode.value_or(0) != 0;
        if (output.exitCode.value_or(0) != 0) facts.errorType = formatText("exit code {}", *output.exitCode);
        if (const auto call = m_log.caller(id)) {
            const auto& made = m_log.message(call->first).toolCalls[call->second];
            message.name = made.name;
            addToolDecision(output.text, made, time, facts);
        }
        message.content = std::move(output.text);
        m_open.reset();
        m_log.add(std::move(message), std::move(facts));
    }

    void addToolDecision(std::string_view text, const Message::ToolCall& call, UtcNs time, SessionLog::Facts& facts)
    {
        HumanDecision decision;
        decision.time = time;
        decision.target = cut("tool call: " + call.name, kStepTextBytes);
        decision.before = cut(call.arguments, kStepTextBytes);
        const std::string_view beginning = text.substr(0, 200);
        if (beginning.find("rejected by user") != std::string_view::npos ||
            beginning.find("aborted by user") != std::string_view::npos) {
            decision.kind = DecisionKind::Reject;
            decision.after = "rejected";
            facts.isError = true;
            facts.errorType =
                beginning.find("aborted") != std::string_view::npos ? "aborted by the user" : "rejected by the user";
        } else if (call.name == "request_user_input" && !facts.isError) {
            decision.kind = DecisionKind::Answer;
            decision.after = cut(text, kStepTextBytes);
        } else
            return;
        m_decided = m_decided || decision.kind == DecisionKind::Reject;
        m_log.addDecision(std::move(decision), call.id);
    }

    void addEvent(Value event, UtcNs time)
    {
        const auto type = itemTypeOf(event);
        if (type == "token_count")
            addTokens(event);
        else if (type == "task_started")
            m_decided = false;
        else if (type == "turn_aborted") {
            m_open.reset();
            // A refused or aborted call ends its turn; that is one decision.
            if (textOf(member(event, "reason")) == "interrupted" && !m_decided) {
                HumanDecision decision;
                decision.kind = DecisionKind::Reject;
                decision.time = time;
                decision.target = "what the agent was doing";
                decision.after = "interrupted";
                m_log.addDecision(std::move(decision), {});
            }
            m_decided = false;
        } else if (type == "error" || type == "stream_error") {
            Step step;
            step.name = type == "error" ? "error" : "stream error";
            step.start = step.end = time;
            step.status = StepStatus::Error;
            step.errorType = step.name;
            step.errorText = cut(textOf(member(event, "message")), kStepTextBytes);
            m_log.addStep(std::move(step));
            m_hasSteps = true;
        }
    }

    void addTokens(Value event)
    {
        if (const auto total = at(event, "info.total_token_usage"); isObject(total)) {
            m_prompt = integerOf(member(*total, "input_tokens"));
            m_completion = integerOf(member(*total, "output_tokens"));
        }
        const auto last = at(event, "info.last_token_usage");
        if (isObject(last) && m_open) {
            SessionLog::Facts& facts = m_log.facts(*m_open);
            facts.promptTokens = integerOf(member(*last, "input_tokens"));
            facts.completionTokens = integerOf(member(*last, "output_tokens"));
            m_open.reset();
        }
    }

    void addCompaction(std::string words, UtcNs time)
    {
        m_open.reset();
        Step step;
        step.name = "compaction";
        step.start = step.end = time;
        step.outputText = cut(words, kStepTextBytes);
        m_log.addStep(std::move(step));
        m_hasSteps = true;
    }

    SessionLog m_log;
    bool m_bodies, m_hasSteps = false, m_decided = false;
    Parser m_inner;
    std::string m_id, m_parent, m_version, m_cwd, m_model, m_raw;
    std::int64_t m_prompt = 0, m_completion = 0;
    UtcNs m_time = 0;
    std::optional<std::size_t> m_open;
};

bool isItem(Value line)
{
    static constexpr std::array<std::string_view, 7> kItems{
        "message",          "reasoning",        "function_call",          "function_call_output",
        "local_shell_call", "custom_tool_call", "custom_tool_call_output"};
    return std::ranges::contains(kItems, itemTypeOf(line));
}

class CodexFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"codex", "Codex rollout"}; }

    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if ((look.shape != FileLook::Shape::Lines && look.shape != FileLook::Shape::Object) || look.values.empty())
            return std::nullopt;
        for (const Value line : look.values) {
            const auto type = itemTypeOf(line);
            if (isObject(member(line, "payload")) &&
                (type == "session_meta" || type == "response_item" || type == "turn_context" || type == "event_msg"))
                return Recognised{"rollout", {}};
        }
        // The older generation: its first line, and behind it bare items.
        const Value first = look.values.front();
        const bool begins = itemTypeOf(first).empty() && stringOf(member(first, "id")) &&
                            stringOf(member(first, "timestamp")) && (member(first, "instructions") || member(first, "git"));
        const bool items = std::ranges::any_of(look.values, [](Value line) {
            return (isItem(line) && (member(line, "role") || member(line, "call_id") || member(line, "summary"))) ||
                   member(line, "record_type");
        });
        if (!begins || !(items || look.values.size() == 1)) return std::nullopt;
        return Recognised{"bare items", {}};
    }

    [[nodiscard]] bool growsByLines() const override { return true; }

    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        const InputFile& file = unit.first();
        Rollout rollout(request.bodies);
        Parser parser;
        std::string nameless;
        if (request.fromBytes > 0) { // whose lines these are stands in the first one
            TR_TRY(forEachJsonElement(file, JsonLayout::Lines,
                                      {[&](const JsonElement& element) -> Result<bool> {
                                           if (element.index == 0)
                                               nameless = "rollout-" + xxh128Hex(element.text).substr(0, 16);
                                           const auto line = parser.parse(element.text, true);
                                           if (line &&
                                               !(isObject(member(*line, "payload")) && itemTypeOf(*line) != "session_meta"))
                                               rollout.setMeta(member(*line, "payload").value_or(*line));
                                           return false;
                                       },
                                       {}},
                                      cancel));
        }
        JsonElementVisitor visitor;
        visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
            sink.skipped(formatText("line {}", index + 1),
                         formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
        };
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            sink.progress(element.offset);
            if (nameless.empty()) nameless = "rollout-" + xxh128Hex(element.text).substr(0, 16);
            const auto line = parser.parse(element.text, true);
            const bool isLast = element.offset + element.text.size() >= file.sizeBytes();
            if (!line && !isLast) sink.skipped(formatText("line {}", element.index + 1), line.error().detail);
            if (line && (!isObject(*line) || !rollout.add(*line, element.text)))
                sink.skipped(formatText("line {}", element.index + 1), "it is no line of a rollout");
            return true;
        };
        TR_TRY(forEachJsonElement(file, JsonLayout::Lines, visitor, cancel, request.fromBytes));
        if (rollout.empty()) return {};
        ParsedRun run = rollout.finish(nameless);
        run.ranges = {{request.fromBytes, file.sizeBytes() - std::min(request.fromBytes, file.sizeBytes())}};
        TR_ASSIGN([[maybe_unused]] const bool goOn, sink.add(std::move(run)));
        return {};
    }
};

} // namespace

const FileFormat& codexFormat()
{
    static const CodexFormat format;
    return format;
}

} // namespace tackroom
