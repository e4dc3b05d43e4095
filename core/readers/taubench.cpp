// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/taubench.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/joined.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonfile.h"

#include <algorithm>
#include <array>
#include <map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kTauKind = "tau-bench";
/// Messages of one run; a run with more is counted as not readable.
constexpr std::size_t kMaxMessages = 200'000;
/// Of one call in an explanation.
constexpr std::size_t kCallBytes = 240;
/// Expected actions that are compared; a task has about ten.
constexpr std::size_t kMaxActions = 200;

enum class Layout : std::uint8_t { Results, Display, OneResult };

/// Whether two values are the same, members in any order and numbers by value, as Python compares them.
bool isSame(Value a, Value b, int depth = 0)
{
    if (depth > 64) return false;
    if (const auto number = numberOf(a)) return numberOf(b) == number;
    simdjson::dom::object left, right;
    if (a.get(left) == simdjson::SUCCESS) {
        if (b.get(right) != simdjson::SUCCESS || left.size() != right.size()) return false;
        for (const auto& [key, value] : left) {
            const auto other = member(b, key);
            if (!other || !isSame(value, *other, depth + 1)) return false;
        }
        return true;
    }
    if (isArray(a)) {
        const auto ours = elementsOf(a), theirs = elementsOf(b);
        return isArray(b) && std::ranges::equal(ours, theirs, [&](Value x, Value y) { return isSame(x, y, depth + 1); });
    }
    return a.type() == b.type() && textOf(a) == textOf(b);
}

bool onlyLooks(std::string_view name)
{
    static constexpr std::array<std::string_view, 6> kLooks{"get_", "search_", "list_", "find_", "calculate", "think"};
    return std::ranges::any_of(kLooks, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// The calls of a run beside those that the task expects.
class Comparison
{
public:
    explicit Comparison(const std::vector<Message>& messages)
    {
        for (const Message& message : messages)
            for (const auto& call : message.toolCalls)
                if (m_calls.size() < kMaxMessages) m_calls.push_back({&call, false});
    }

    /// The first call that the run missed, by name alone, which is the same for runs that went wrong the same way; then all calls
    /// whole. A call that changes something comes before one that only looks, what was not done before what was done otherwise.
    struct Differences {
        std::string first, calls;
    };
    Differences differences(std::optional<Value> actions)
    {
        std::vector<std::string> missing, different, beyond;
        std::string first;
        int firstRank = 0; // of what is told first: the higher the more it says
        const auto tell = [&](int rank, std::string_view what, std::string_view name) {
            if (onlyLooks(name)) rank -= 10;
            if (!first.empty() && rank <= firstRank) return;
            first = formatText("{}: {}", what, cut(name, 100));
            firstRank = rank;
        };
        std::vector<Value> left;
        for (const Value action : elementsOf(actions)) {
            if (left.size() >= kMaxActions) break;
            if (!take(action, true)) left.push_back(action);
        }
        for (const Value action : left) {
            const Call* call = take(action, false);
            tell(call ? 2 : 3, call ? "different" : "not done", textOf(member(action, "name")));
            if (call)
                different.push_back(
                    formatText("{} instead of {}", words(call->what->name, call->what->arguments), words(action)));
            else
                missing.push_back(words(action));
        }
        for (const Call& call : m_calls)
            if (!call.isTaken && !onlyLooks(call.what->name) && beyond.size() < kMaxActions) {
                beyond.push_back(words(call.what->name, call.what->arguments));
                if (actions) tell(1, "not expected", call.what->name);
            }
        if (!actions) beyond.clear();
        std::string text;
        if (!missing.empty()) text += "; not done: " + joined(missing);
        if (!different.empty()) text += "; different: " + joined(different);
        if (!beyond.empty()) text += "; not expected: " + joined(beyond);
        return {std::move(first), std::move(text)};
    }

private:
    struct Call {
        const Message::ToolCall* what;
        bool isTaken;
    };

    static std::string words(std::string_view name, std::string_view arguments)
    {
        return formatText("{}({})", cut(name, 100), cut(arguments, kCallBytes));
    }
    static std::string words(Value action)
    {
        return words(textOf(member(action, "name")), textOf(firstOf(action, {"kwargs", "arguments"})));
    }
    Call* take(Value action, bool exactly)
    {
        const std::string name = textOf(member(action, "name"));
        const auto wanted = firstOf(action, {"kwargs", "arguments"});
        for (Call& call : m_calls) {
            if (call.isTaken || call.what->name != name) continue;
            if (exactly) {
                const auto given = m_parser.parse(call.what->arguments);
                if (!given || !wanted || !isSame(*given, *wanted)) continue;
            }
            call.isTaken = true;
            return &call;
        }
        return nullptr;
    }

    std::vector<Call> m_calls;
    Parser m_parser;
};

/// What the reward is made of, and what was wanted and did not happen.
std::string explanationOf(Value element, const std::vector<Message>& messages, bool isFailure)
{
    // The benchmark computes a reward only for a conversation that came to its end.
    if (const auto whole = member(element, "info"); isObject(whole) && !isObject(member(*whole, "reward_info")))
        return "not finished: there is no reward_info";
    std::string text;
    simdjson::dom::object parts;
    if (const auto info = at(element, "info.reward_info.info"); info && info->get(parts) == simdjson::SUCCESS)
        for (const auto& [key, value] : parts) {
            const auto number = numberOf(value);
            if (number && text.size() < kStepTextBytes)
                text += formatText("{}{} = {:g}", text.empty() ? "" : ", ", key, *number);
        }
    if (!isFailure) return text;
    std::vector<std::string> unsaid;
    if (const auto outputs = at(element, "info.reward_info.info.outputs"); outputs && outputs->get(parts) == simdjson::SUCCESS)
        for (const auto& [key, value] : parts)
            if (textOf(value) == "false" && unsaid.size() < kMaxActions) unsaid.push_back(cut(key, 100));
    if (!unsaid.empty()) text += "; not said: " + joined(unsaid);
    const auto [first, calls] = Comparison(messages).differences(at(element, "info.task.actions"));
    const std::string lead = first.empty() && !unsaid.empty() ? "something not said" : first;
    text += calls;
    if (text.starts_with("; ")) text.erase(0, 2);
    return lead.empty() ? text : lead + "\n" + text;
}

void addReward(ParsedRun& run, Value element, const std::string& error)
{
    const auto reward = numberOf(member(element, "reward"));
    if (!reward) return;
    Score score;
    score.name = "reward";
    score.value = reward;
    score.says = *reward >= 1.0 - 1e-6 ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    score.explanation =
        cut(error.empty() ? explanationOf(element, run.conversation, score.says == Outcome::Failure) : error, kStepTextBytes);
    score.annotator = Annotator::Code;
    score.by = kTauKind;
    run.record.scores.push_back(std::move(score));
}

/// A name that is given again gets a number, so that no run hides another.
class Names
{
public:
    std::string unique(const std::string& name)
    {
        const int count = ++m_seen[name];
        return count == 1 ? name : formatText("{}/{}", name, count);
    }

private:
    std::map<std::string, int> m_seen;
};

/// The display text: a line that begins with a role begins a message, any other line goes on with the one before.
std::vector<Message> displayed(std::string_view display)
{
    static constexpr std::array<std::string_view, 4> kRoles{"user", "assistant", "tool", "system"};
    std::vector<Message> messages;
    for (const std::string_view text : splitOn(display, '\n')) {
        const auto colon = text.find(": ");
        const bool begins = colon != std::string_view::npos && std::ranges::contains(kRoles, text.substr(0, colon));
        if (begins || messages.empty()) {
            Message message;
            message.role = begins ? std::string(text.substr(0, colon)) : "system";
            message.content = std::string(begins ? text.substr(colon + 2) : text);
            messages.push_back(std::move(message));
        } else
            messages.back().content.append("\n").append(text);
    }
    for (Message& message : messages)
        if (message.role == "assistant" && message.content == "None") message.content.clear(); // Python's word for no text
    return messages;
}

/// Everything but the name; Damaged and Refused say what is wrong with the element.
Status readDisplay(ParsedRun& run, Value value, std::uint64_t line)
{
    const auto display = stringOf(member(value, "messages_display"));
    if (!display) return fail(ErrorCode::Damaged, {}, "there is no text messages_display in it");
    run.conversation = displayed(*display);
    if (run.conversation.size() > kMaxMessages)
        return fail(ErrorCode::Refused, {}, formatText("it has more than {} messages", kMaxMessages));
    run.record.run.nativeId = formatText("line_{}", line + 1);
    addConversationSteps(run);
    fillRunFromConversation(run);
    return {};
}

Status readResult(ParsedRun& run, Value value)
{
    if (!isObject(value) || !member(value, "task_id") || !isArray(member(value, "traj")))
        return fail(ErrorCode::Damaged, {}, "there is no task_id with a list traj in it");
    // The parser counts no further than 2^24 - 1, which is more than enough to refuse.
    if (simdjson::dom::array(*member(value, "traj")).size() > kMaxMessages)
        return fail(ErrorCode::Refused, {}, formatText("it has more than {} messages", kMaxMessages));
    for (const Value message : elementsOf(member(value, "traj"))) run.conversation.push_back(chatMessage(message));
    Run& out = run.record.run;
    out.nativeId = cut(formatText("task_{}/trial_{}", textOf(member(value, "task_id")), textOf(member(value, "trial"))), 400);
    out.userId = cut(textOf(at(value, "info.task.user_id")), kStepTextBytes);
    const std::string error = textOf(at(value, "info.error"));
    if (!error.empty()) out.status = StepStatus::Error;
    addConversationSteps(run);
    fillRunFromConversation(run);
    addReward(run, value, error);
    return {};
}

class TauBench final : public FileFormat
{
public:
    FormatInfo info() const override
    {
        return {std::string(kTauKind), "tau-bench results (JSON) and few-shot conversations (JSON lines)"};
    }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.values.empty()) return std::nullopt;
        const Value first = look.values.front();
        if (look.shape == FileLook::Shape::Array && member(first, "task_id") && member(first, "reward") &&
            isArray(member(first, "traj")))
            return Recognised{"results", {}};
        if ((look.shape == FileLook::Shape::Lines || look.shape == FileLook::Shape::Object) &&
            stringOf(member(first, "messages_display")))
            return Recognised{"few-shot", {}};
        return std::nullopt;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        TR_ASSIGN(const Layout layout, layoutOf(unit.first()));
        if (layout == Layout::OneResult) {
            TR_ASSIGN(const JsonFile file, JsonFile::read(unit.first()));
            Reading reading{request, sink, layout, {}};
            return reading.add(file.value(), {0, 0, trimmed(file.text())}).transform([](bool) {});
        }
        return readElements(unit.first(), layout, request, sink, cancel);
    }

private:
    struct Reading {
        const FormatRequest& request;
        FormatSink& sink;
        Layout layout;
        Names names;

        Result<bool> add(Value value, const JsonElement& element)
        {
            ParsedRun run;
            const auto done = layout == Layout::Display ? readDisplay(run, value, element.index) : readResult(run, value);
            if (!done) {
                sink.skipped(where(element.index), done.error().detail);
                return true;
            }
            Run& out = run.record.run;
            const std::string plain = out.nativeId;
            out.nativeId = names.unique(plain);
            out.key = runKeyOf(kTauKind, out.nativeId + "\n" + xxh128Hex(element.text));
            // What is numbered by its place in the file can only be found by reading the file from its beginning.
            if (layout == Layout::Results && out.nativeId == plain) run.ranges.push_back({element.offset, element.text.size()});
            if (request.bodies)
                run.raw = element.text;
            else
                run.conversation.clear();
            return sink.add(std::move(run));
        }
        [[nodiscard]] std::string where(std::uint64_t index) const
        {
            return layout == Layout::Display ? formatText("line {}", index + 1) : formatText("element {}", index);
        }
    };

    static Result<Layout> layoutOf(const InputFile& file)
    {
        TR_ASSIGN(const std::string beginning, file.read(0, 64 << 10));
        std::string_view text = beginning;
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        if (trimmed(text).starts_with('[')) return Layout::Results;
        return std::ranges::contains(objectKeys(trimmed(text)), "messages_display") ? Layout::Display : Layout::OneResult;
    }

    static Status readElements(const InputFile& file, Layout layout, const FormatRequest& request, FormatSink& sink,
                               const CancelToken& cancel)
    {
        Parser parser;
        Reading reading{request, sink, layout, {}};
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            sink.progress(element.offset);
            const auto value = parser.parse(element.text, true);
            if (!value) {
                sink.skipped(reading.where(element.index), value.error().detail);
                return true;
            }
            return reading.add(*value, element);
        };
        visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
            sink.skipped(reading.where(index), formatText("it has {} bytes, more than are read", bytes));
        };
        const auto jsonLayout = layout == Layout::Display ? JsonLayout::Lines : JsonLayout::Array;
        const auto read = forEachJsonElement(file, jsonLayout, visitor, cancel);
        if (!read && read.error().code != ErrorCode::Damaged) return read;
        // Cut off in the middle: what came before it is good and stays, the rest is named.
        if (!read) sink.skipped("the rest of the file", read.error().detail);
        return {};
    }
};

} // namespace

const FileFormat& tauBenchFormat()
{
    static const TauBench format;
    return format;
}

} // namespace tackroom
