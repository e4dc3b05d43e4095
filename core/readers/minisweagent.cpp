// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/minisweagent.h"

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/filenames.h"
#include "core/readers/jsonfile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kMiniKind = "mini-swe-agent";
constexpr std::string_view kFence = "```mswea_bash_command";
constexpr std::string_view kReturnCode = "<returncode>";
constexpr std::size_t kMaxMessages = 200'000;

bool isObservationText(std::string_view content) { return trimmed(content).starts_with(kReturnCode); }

/// A list of messages that only mini-SWE-agent writes.
bool isBareList(const std::vector<Value>& messages)
{
    if (messages.size() < 2 || stringOf(member(messages.front(), "role")) != "system") return false;
    bool known = false;
    for (const Value message : messages) {
        const auto role = stringOf(member(message, "role"));
        const auto content = stringOf(member(message, "content"));
        if (!role) return false;
        known = known || (content && *role == "assistant" && content->contains(kFence)) ||
                (content && *role == "user" && isObservationText(*content));
    }
    return known;
}

bool isTrajectory(Value value)
{
    const auto format = stringOf(member(value, "trajectory_format"));
    return format && format->starts_with("mini-swe-agent") && isArray(member(value, "messages"));
}

/// The blocks of a text fenced as commands.
std::vector<std::string> fencedCommands(std::string_view content)
{
    std::vector<std::string> commands;
    for (std::size_t at = 0; commands.size() < 64;) {
        at = content.find("```", at);
        if (at == std::string_view::npos) break;
        const auto end = content.find('\n', at);
        if (end == std::string_view::npos) break;
        const std::string_view language = trimmed(content.substr(at + 3, end - at - 3));
        const auto close = content.find("\n```", end);
        if (close == std::string_view::npos) break;
        if (language == "mswea_bash_command" || language == "bash")
            commands.emplace_back(trimmed(content.substr(end + 1, close > end ? close - end - 1 : 0)));
        at = close + 4;
    }
    return commands;
}

struct Note {
    UtcNs time = 0;
    std::int64_t prompt = 0, completion = 0;
    std::string model;
    bool isError = false;
};

class Messages
{
public:
    void take(Value value)
    {
        if (m_run.conversation.size() >= kMaxMessages) return;
        Note note;
        if (const auto seconds = numberOf(at(value, "extra.timestamp")); seconds && std::abs(*seconds) < 9e9)
            note.time = static_cast<UtcNs>(*seconds * 1e9);
        note.prompt = integerOf(
            firstOf(value, {"extra.response.usage.prompt_tokens", "extra.response.usage.input_tokens", "usage.input_tokens"}));
        note.completion = integerOf(firstOf(
            value, {"extra.response.usage.completion_tokens", "extra.response.usage.output_tokens", "usage.output_tokens"}));
        note.model = cut(textOf(firstOf(value, {"extra.response.model", "model"})), 400);
        Message message = messageOf(value);
        if (message.role == "exit") return; // info has it
        if (message.role == "assistant")
            takeAnswer(value, message);
        else if (message.role == "user")
            takeUser(value, message, note);
        else if (message.role == "tool")
            note.isError = isFailed(value, message.content);
        m_run.conversation.push_back(std::move(message));
        m_notes.push_back(std::move(note));
    }

    ParsedRun finish(const std::string& model) &&
    {
        const auto& messages = m_run.conversation;
        addConversationSteps(m_run, {.isError = [&](const Message& message) {
                                 return m_notes[static_cast<std::size_t>(&message - messages.data())].isError;
                             }});
        std::map<std::string, const Note*> notes; // by the step that said it
        for (std::size_t i = 0; i < messages.size(); ++i)
            if (!messages[i].stepId.empty()) notes.emplace(messages[i].stepId, &m_notes[i]);
        for (Step& step : m_run.record.steps) {
            const auto note = notes.find(step.nativeId);
            if (note == notes.end()) continue;
            step.start = step.end = note->second->time;
            if (step.kind != StepKind::Llm) continue;
            step.promptTokens = note->second->prompt;
            step.completionTokens = note->second->completion;
            step.model = note->second->model.empty() ? model : note->second->model;
        }
        for (auto& [index, decision] : m_decisions) {
            if (const auto& caller = messages[index]; caller.role == "assistant") {
                decision.stepId = caller.stepId + (caller.toolCalls.empty() ? "" : ".c1");
                for (const auto& call : caller.toolCalls)
                    decision.target += (decision.target.empty() ? "" : "\n") + cut(call.arguments, kStepTextBytes);
            }
            m_run.record.decisions.push_back(std::move(decision));
        }
        fillRunFromConversation(m_run);
        return std::move(m_run);
    }

private:
    static Message messageOf(Value value)
    {
        if (textOf(member(value, "type")) == "function_call_output") {
            Message message;
            message.role = "tool";
            message.content = contentText(member(value, "output"));
            message.toolCallId = textOf(member(value, "call_id"));
            return message;
        }
        if (textOf(member(value, "object")) != "response") return chatMessage(value);
        Message message;
        message.role = "assistant";
        for (const Value part : elementsOf(member(value, "output"))) {
            const std::string type = textOf(member(part, "type"));
            if (type == "message") message.content += contentText(member(part, "content"));
            if (type == "function_call")
                message.toolCalls.push_back(
                    {textOf(member(part, "call_id")), textOf(member(part, "name")), textOf(member(part, "arguments"))});
        }
        return message;
    }

    void takeAnswer(Value value, Message& message)
    {
        m_asked = m_run.conversation.size();
        m_open = 0;
        if (message.toolCalls.empty()) {
            std::vector<std::string> commands;
            for (const Value action : elementsOf(at(value, "extra.actions")))
                commands.push_back(textOf(isObject(action) ? member(action, "command") : std::optional(action)));
            if (commands.empty()) commands = fencedCommands(message.content);
            if (commands.size() > 1 && !at(value, "extra.actions")) commands.clear(); // refused: it must be one
            for (std::string& command : commands) message.toolCalls.push_back({{}, "bash", std::move(command)});
            m_open = message.toolCalls.size();
        }
    }

    void takeUser(Value value, Message& message, Note& note)
    {
        const std::string type = textOf(at(value, "extra.interrupt_type"));
        const std::string_view text = message.content;
        if (type == "UserRejection" || text.contains("The user rejected your command"))
            return decide(DecisionKind::Reject, text, note.time);
        if (type == "UserInterruption" || text.starts_with("Interrupted by user: "))
            return decide(DecisionKind::Override, text, note.time);
        if (type == "UserNewTask" || text.starts_with("The user added a new task: "))
            return decide(DecisionKind::Answer, text, note.time);
        if (!type.empty()) return; // FormatError and its like
        const bool isOld = !member(value, "extra");
        if (m_open == 0 ||
            !(isObservationText(text) || at(value, "extra.returncode") || at(value, "extra.raw_output") || isOld))
            return;
        --m_open;
        message.role = "tool";
        note.isError = isFailed(value, text);
    }

    static bool isFailed(Value value, std::string_view content)
    {
        if (!textOf(at(value, "extra.exception_info")).empty()) return true;
        if (const auto code = numberOf(at(value, "extra.returncode"))) return *code != 0;
        const auto begin = content.find(kReturnCode);
        return begin != std::string_view::npos && begin < 200 && !content.substr(begin + kReturnCode.size()).starts_with("0<");
    }

    void decide(DecisionKind kind, std::string_view words, UtcNs time)
    {
        m_open = 0;
        HumanDecision decision;
        decision.kind = kind;
        decision.by = "user";
        decision.time = time;
        const auto colon = words.find(": ");
        decision.reason = cut(colon == std::string_view::npos ? words : words.substr(colon + 2), kStepTextBytes);
        if (m_asked < m_run.conversation.size()) m_decisions.emplace_back(m_asked, std::move(decision));
    }

    ParsedRun m_run;
    std::vector<Note> m_notes;
    std::size_t m_asked = 0; ///< the last assistant message
    std::size_t m_open = 0;  ///< its commands that have no observation yet
    std::vector<std::pair<std::size_t, HumanDecision>> m_decisions;
};

void fillFromInfo(ParsedRun& run, Value info)
{
    Run& out = run.record.run;
    out.costUsd = numberOf(at(info, "model_stats.instance_cost"));
    out.harnessVersion = cut(textOf(member(info, "mini_version")), 200);
    if (!out.harnessVersion.empty()) out.harnessVersionSource = "version key";
    std::string agent = textOf(at(info, "config.agent_type"));
    if (const auto dot = agent.rfind('.'); dot != std::string::npos) agent.erase(0, dot + 1);
    out.agentName = cut(agent, 400);
    const std::string status = cut(textOf(member(info, "exit_status")), 400);
    if (status.empty()) return;
    if (status != "Submitted") out.status = StepStatus::Error;
    Score score;
    score.name = "exit_status";
    score.label = status;
    score.explanation = "how the run ended; whether the patch is right was not tested here";
    score.annotator = Annotator::Code;
    score.by = "mini-SWE-agent";
    run.record.scores.push_back(std::move(score));
}

class MiniSweAgent final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kMiniKind), "mini-SWE-agent trajectories (JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape == FileLook::Shape::Array)
            return isBareList(look.values) ? std::optional(Recognised{"list of messages", {}}) : std::nullopt;
        if (look.shape != FileLook::Shape::Object) return std::nullopt;
        if (look.values.empty()) {
            const bool known = look.hasKey("info") && look.hasKey("messages") && look.beginning.contains("\"mini_version\"");
            return known ? std::optional(Recognised{"mini-swe-agent", {}}) : std::nullopt;
        }
        if (!isTrajectory(look.values.front())) return std::nullopt;
        std::string format(*stringOf(member(look.values.front(), "trajectory_format")));
        const bool known = format == "mini-swe-agent-1" || format == "mini-swe-agent-1.1";
        return Recognised{format, known ? "" : format + " is newer than mini-swe-agent-1.1 and read as far as that goes"};
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        if (cancel.cancelled()) return CancelToken::error();
        const FileUnit::Part& part = unit.parts.front();
        TR_ASSIGN(const JsonFile file, JsonFile::read(part.file));
        const Value value = file.value();
        const auto list = isArray(value) ? std::optional(value) : member(value, "messages");
        if (!isArray(list)) return fail(ErrorCode::Damaged, part.name, "there is no list of messages in it");
        Messages messages;
        for (const Value message : elementsOf(list)) messages.take(message);
        ParsedRun run = std::move(messages).finish(cut(textOf(at(value, "info.config.model.model_name")), 400));
        if (const auto info = member(value, "info"); isObject(info)) fillFromInfo(run, *info);
        Run& out = run.record.run;
        out.nativeId = cut(textOf(member(value, "instance_id")), 400);
        out.key = runKeyOf(kMiniKind, out.nativeId + "\n" + xxh128Hex(trimmed(file.text())));
        if (out.nativeId.empty()) out.nativeId = stemOfFile(part.name);
        if (request.bodies)
            run.raw = file.text();
        else
            run.conversation.clear();
        return sink.add(std::move(run)).transform([](bool) {});
    }
};

} // namespace

const FileFormat& miniSweAgentFormat()
{
    static const MiniSweAgent format;
    return format;
}

} // namespace tackroom
