// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/taubench.h"

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/bodybudget.h"
#include "core/readers/jsonvalues.h"

#include <algorithm>
#include <array>
#include <format>
#include <map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kTextBytes = 2000;
constexpr std::size_t kToolBytes = 4000;
/// Messages of one run; a run with more is counted as not readable.
constexpr std::size_t kMaxMessages = 200'000;

/// One run as the file has it: its messages, whole.
struct Conversation {
    std::string nativeId;
    std::vector<Message> messages;
    std::string userId;
    std::optional<double> reward;
    std::string rewardParts;
    std::string error; ///< of a run that ended in an exception
    std::string raw;
};

Message messageOf(Value value)
{
    Message message;
    message.role = textOf(member(value, "role"));
    message.name = textOf(member(value, "name"));
    message.content = textOf(member(value, "content"));
    message.toolCallId = textOf(member(value, "tool_call_id"));
    simdjson::dom::array calls;
    if (const auto list = member(value, "tool_calls"); list && list->get(calls) == simdjson::SUCCESS)
        for (const Value call : calls)
            message.toolCalls.push_back(
                {textOf(member(call, "id")), textOf(at(call, "function.name")), textOf(at(call, "function.arguments"))});
    return message;
}

std::string rewardPartsOf(Value element)
{
    std::string text;
    // The benchmark computes a reward only for a conversation that came to its end.
    if (const auto whole = member(element, "info"); isObject(whole) && !isObject(member(*whole, "reward_info")))
        return "not finished: there is no reward_info";
    simdjson::dom::object parts;
    if (const auto info = at(element, "info.reward_info.info"); info && info->get(parts) == simdjson::SUCCESS)
        for (const auto& [key, value] : parts) {
            const auto number = numberOf(value);
            if (number && text.size() < kTextBytes) text += std::format("{}{} = {:g}", text.empty() ? "" : ", ", key, *number);
        }
    return text;
}

Conversation conversationOf(Value element)
{
    Conversation run;
    run.nativeId = std::format("task_{}/trial_{}", textOf(member(element, "task_id")), textOf(member(element, "trial")));
    simdjson::dom::array trajectory;
    if (const auto list = member(element, "traj"); list && list->get(trajectory) == simdjson::SUCCESS)
        for (const Value message : trajectory) run.messages.push_back(messageOf(message));
    run.userId = textOf(at(element, "info.task.user_id"));
    run.reward = numberOf(member(element, "reward"));
    run.rewardParts = rewardPartsOf(element);
    run.error = textOf(at(element, "info.error"));
    return run;
}

/// The display text: a line that begins with a role begins a message, any other line goes on with the one before.
Conversation conversationOf(std::string_view display, std::uint64_t line)
{
    static constexpr std::array<std::string_view, 4> kRoles{"user", "assistant", "tool", "system"};
    Conversation run;
    run.nativeId = std::format("line_{}", line + 1);
    for (const std::string_view text : splitOn(display, '\n')) {
        const auto colon = text.find(": ");
        const bool begins = colon != std::string_view::npos && std::ranges::contains(kRoles, text.substr(0, colon));
        if (begins || run.messages.empty()) {
            Message message;
            message.role = begins ? std::string(text.substr(0, colon)) : "system";
            message.content = std::string(begins ? text.substr(colon + 2) : text);
            run.messages.push_back(std::move(message));
        } else
            run.messages.back().content += "\n" + std::string(text);
    }
    for (Message& message : run.messages)
        if (message.role == "assistant" && message.content == "None") message.content.clear(); // Python's word for no text
    return run;
}

bool isErrorResult(std::string_view result) { return result.starts_with("Error"); }

Step llmStep(const Conversation& run, std::size_t index)
{
    Step step;
    step.nativeId = std::format("m{}", index);
    step.kind = StepKind::Llm;
    step.name = "assistant";
    step.outputText = cut(run.messages[index].content, kTextBytes);
    if (index > 0) step.inputText = cut(run.messages[index - 1].content, kTextBytes);
    return step;
}

/// What a call got back: the message that names the call, else the first unused tool message before the next assistant.
const Message* resultOf(const Conversation& run, std::size_t index, const Message::ToolCall& call, std::vector<bool>& used)
{
    const Message* found = nullptr;
    std::size_t at = 0;
    for (std::size_t i = index + 1; i < run.messages.size() && run.messages[i].role != "assistant"; ++i) {
        const Message& message = run.messages[i];
        if (message.role != "tool" || used[i]) continue;
        const bool named = !call.id.empty() && message.toolCallId == call.id;
        if (found && !named) continue;
        found = &message;
        at = i;
        if (named) break;
    }
    if (found) used[at] = true;
    return found;
}

Step toolStep(const Step& parent, std::size_t number, const Message::ToolCall& call, const Message* result)
{
    Step step;
    step.nativeId = std::format("{}.c{}", parent.nativeId, number);
    step.parentId = parent.nativeId;
    step.kind = StepKind::Tool;
    step.toolName = cut(call.name.empty() && result ? result->name : call.name, kTextBytes);
    step.name = step.toolName.empty() ? "tool" : step.toolName;
    step.arguments = cut(call.arguments, kToolBytes);
    if (result) {
        step.result = cut(result->content, kToolBytes);
        step.status = isErrorResult(result->content) ? StepStatus::Error : StepStatus::Ok;
        if (step.status == StepStatus::Error) step.errorText = cut(result->content, kTextBytes);
    }
    return step;
}

/// The steps, and for each message the step that said it ("" for user and system).
std::vector<Step> stepsOf(const Conversation& run, std::vector<std::string>& saidBy)
{
    std::vector<Step> steps;
    std::vector<bool> used(run.messages.size());
    saidBy.assign(run.messages.size(), {});
    for (std::size_t i = 0; i < run.messages.size(); ++i) {
        if (run.messages[i].role != "assistant") continue;
        const Step parent = llmStep(run, i);
        saidBy[i] = parent.nativeId;
        steps.push_back(parent);
        std::size_t number = 1;
        const auto add = [&](const Message::ToolCall& call, const Message* result) {
            steps.push_back(toolStep(parent, number++, call, result));
            if (result) saidBy[static_cast<std::size_t>(result - run.messages.data())] = steps.back().nativeId;
        };
        for (const auto& call : run.messages[i].toolCalls) add(call, resultOf(run, i, call, used));
        // Results without a recorded call: all that the display text has.
        for (std::size_t k = i + 1; k < run.messages.size() && run.messages[k].role != "assistant"; ++k)
            if (run.messages[k].role == "tool" && !used[k]) add({}, &run.messages[k]);
    }
    return steps;
}

Score rewardOf(const Conversation& run)
{
    Score score;
    score.name = "reward";
    score.value = run.reward;
    score.explanation = cut(run.error.empty() ? run.rewardParts : run.error, kTextBytes);
    score.annotator = Annotator::Code;
    score.by = "tau-bench";
    score.says = *run.reward >= 1.0 - 1e-6 ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    return score;
}

RunRecord recordOf(const Conversation& run, std::string_view elementText)
{
    RunRecord record;
    record.run.nativeId = run.nativeId;
    record.run.key = runKeyOf(TauBenchReader::kKind, run.nativeId + "\n" + xxh128Hex(elementText));
    record.run.userId = cut(run.userId, kTextBytes);
    std::vector<std::string> saidBy;
    record.steps = stepsOf(run, saidBy);
    for (const Message& message : run.messages) {
        if (message.role == "user" && record.run.task.empty()) record.run.task = cut(message.content, kTextBytes);
        if (message.role == "assistant" && !trimmed(message.content).empty())
            record.run.answer = cut(message.content, kTextBytes);
    }
    record.run.stepCount = static_cast<std::int64_t>(record.steps.size());
    record.run.errorCount = std::ranges::count(record.steps, StepStatus::Error, &Step::status);
    if (!run.error.empty()) record.run.status = StepStatus::Error;
    if (run.reward) record.scores.push_back(rewardOf(run));
    return record;
}

/// A name that is given again gets a number, so that no run hides another.
class Names
{
public:
    std::string unique(const std::string& name)
    {
        const int count = ++m_seen[name];
        return count == 1 ? name : std::format("{}/{}", name, count);
    }

private:
    std::map<std::string, int> m_seen;
};

/// The texts of one tool call: what it was given and what it got back.
void fillToolBody(const Conversation& run, const Step& step, const std::vector<std::string>& saidBy, BodyBudget& budget,
                  Body& body)
{
    const auto caller = std::ranges::find(saidBy, step.parentId) - saidBy.begin();
    const std::size_t number = std::stoul(step.nativeId.substr(step.nativeId.rfind(".c") + 2)) - 1;
    const auto& calls = run.messages[static_cast<std::size_t>(caller)].toolCalls;
    if (number < calls.size()) body.input = budget.take(calls[number].arguments);
    const auto said = std::ranges::find(saidBy, step.nativeId);
    if (said != saidBy.end()) body.output = budget.take(run.messages[static_cast<std::size_t>(said - saidBy.begin())].content);
}

/// The run in an element; Damaged says what is wrong with it.
Result<Conversation> readElement(Parser& parser, JsonLayout layout, const JsonElement& element)
{
    TR_ASSIGN(const Value value, parser.parse(element.text, true));
    if (layout == JsonLayout::Lines) {
        const auto display = stringOf(member(value, "messages_display"));
        if (!display) return fail(ErrorCode::Damaged, {}, "there is no text messages_display in it");
        return conversationOf(*display, element.index);
    }
    if (!isObject(value) || !member(value, "task_id") || !isArray(member(value, "traj")))
        return fail(ErrorCode::Damaged, {}, "there is no task_id with a list traj in it");
    // The parser counts no further than 2^24 - 1, which is more than enough to refuse.
    if (simdjson::dom::array(*member(value, "traj")).size() > kMaxMessages)
        return fail(ErrorCode::Refused, {}, std::format("it has more than {} messages", kMaxMessages));
    return conversationOf(value);
}

std::string placeOf(JsonLayout layout, std::uint64_t index)
{
    return layout == JsonLayout::Lines ? std::format("line {}", index + 1) : std::format("element {}", index);
}

} // namespace

struct TauBenchReader::Places {
    struct Place {
        std::uint64_t offset = 0, bytes = 0, index = 0;
    };
    std::map<std::string, Place> byId;
};

Result<std::unique_ptr<StoreReader>> TauBenchReader::recognise(InputFile& file, const CancelToken& cancel)
{
    TR_ASSIGN(const std::string beginning, file.read(0, 4096));
    std::string_view text(beginning);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    text = trimmed(text);
    if (!text.starts_with('[') && !text.starts_with('{')) return nullptr;
    const JsonLayout layout = text.starts_with('[') ? JsonLayout::Array : JsonLayout::Lines;
    Parser parser;
    bool known = false;
    JsonElementVisitor visitor;
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        const auto value = parser.parse(element.text, true);
        if (!value && value.error().code == ErrorCode::Refused) return std::unexpected(value.error());
        if (value && layout == JsonLayout::Lines) known = stringOf(member(*value, "messages_display")).has_value();
        if (value && layout == JsonLayout::Array)
            known = member(*value, "task_id") && member(*value, "reward") && isArray(member(*value, "traj"));
        return false;
    };
    auto cutting = forEachJsonElement(file, layout, visitor, cancel);
    if (!cutting && cutting.error().where.empty()) cutting.error().where = file.path().string();
    if (!cutting && cutting.error().code != ErrorCode::Damaged && cutting.error().code != ErrorCode::UnknownFormat)
        return std::unexpected(cutting.error());
    if (!known) return nullptr;
    if (file.sizeBytes() > kMaxJsonFileBytes)
        return fail(ErrorCode::Refused, file.path().string(),
                    std::format("the JSON file has {} bytes; at most {} are read", file.sizeBytes(), kMaxJsonFileBytes));
    return std::make_unique<TauBenchReader>(std::move(file), layout);
}

TauBenchReader::TauBenchReader(InputFile file, JsonLayout layout) : m_file(std::move(file)), m_layout(layout)
{
    m_info.kind = kKind;
    m_info.schema = layout == JsonLayout::Lines ? "few-shot" : "results";
    m_info.title = layout == JsonLayout::Lines ? "tau-bench few-shot conversations" : "tau-bench results";
    m_info.sizeBytes = m_file.sizeBytes();
}

TauBenchReader::~TauBenchReader() = default;

Result<std::string> TauBenchReader::fingerprint()
{
    // The file may have been written anew since it was opened: look at what stands at the path now.
    TR_ASSIGN(const InputFile now, InputFile::open(m_file.path()));
    return std::format("{}:{}", now.sizeBytes(), now.mtimeNs());
}

Result<std::string> TauBenchReader::ingest(const std::string&, RunSink& sink, const CancelToken& cancel)
{
    // The format is one text that is written anew as a whole; what did not change is recognised by the receiver.
    sink.startsOver();
    Parser parser;
    Names names;
    std::uint64_t runs = 0, seen = 0;
    JsonElementVisitor visitor;
    visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
        sink.skipped(placeOf(m_layout, index),
                     std::format("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
    };
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        seen = element.offset + element.text.size();
        auto run = readElement(parser, m_layout, element);
        if (!run) {
            sink.skipped(placeOf(m_layout, element.index), run.error().detail);
            return true;
        }
        run->nativeId = names.unique(run->nativeId);
        TR_TRY(sink.add(recordOf(*run, element.text)));
        ++runs;
        // About how many there will be, by the bytes so far.
        if (runs % 64 == 0) sink.progress(runs, seen > 0 ? runs * m_file.sizeBytes() / seen : 0);
        return true;
    };
    const auto read = forEachJsonElement(m_file, m_layout, visitor, cancel);
    if (!read && read.error().code != ErrorCode::Damaged) return std::unexpected(read.error());
    // Cut off in the middle: what came before it is good and stays, the rest is named.
    if (!read) sink.skipped("the rest of the file", read.error().detail);
    sink.progress(runs, runs);
    return std::format("{{\"runs\":{}}}", runs);
}

Status TauBenchReader::findPlaces()
{
    if (m_places) return {};
    auto places = std::make_unique<Places>();
    Parser parser;
    Names names;
    JsonElementVisitor visitor;
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        if (const auto run = readElement(parser, m_layout, element))
            places->byId[names.unique(run->nativeId)] = {element.offset, element.text.size(), element.index};
        return true;
    };
    const auto read = forEachJsonElement(m_file, m_layout, visitor, {});
    if (!read && read.error().code != ErrorCode::Damaged) return std::unexpected(read.error());
    m_places = std::move(places);
    return {};
}

Result<Body> TauBenchReader::fetch(const RunAddress& address, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_TRY(findPlaces());
    const auto place = m_places->byId.find(address.nativeId);
    if (place == m_places->byId.end()) return fail(ErrorCode::NotFound, address.nativeId, "there is no such run in the file");
    TR_ASSIGN(const std::string text, m_file.read(place->second.offset, static_cast<std::size_t>(place->second.bytes)));
    Parser parser;
    const std::string padded = text + std::string(simdjson::SIMDJSON_PADDING, '\0');
    auto run = readElement(parser, m_layout,
                           {place->second.index, place->second.offset, std::string_view(padded).substr(0, text.size())});
    if (!run) return fail(ErrorCode::Damaged, address.nativeId, "the file has changed since it was indexed");
    std::vector<std::string> saidBy;
    const auto steps = stepsOf(*run, saidBy);
    for (std::size_t i = 0; i < saidBy.size(); ++i) run->messages[i].stepId = saidBy[i];

    Body body;
    BodyBudget budget(maxBytes);
    std::size_t upTo = run->messages.size();
    if (!stepId.empty()) {
        const auto step = std::ranges::find(steps, stepId, &Step::nativeId);
        if (step == steps.end()) return fail(ErrorCode::NotFound, stepId, "there is no such step in the run");
        const auto said = std::ranges::find(saidBy, stepId);
        if (step->kind == StepKind::Tool) {
            fillToolBody(*run, *step, saidBy, budget, body);
            body.omittedBytes = budget.omittedBytes();
            return body;
        }
        upTo = static_cast<std::size_t>(said - saidBy.begin()) + 1;
    }
    for (std::size_t i = 0; i < upTo; ++i) body.messages.push_back(budget.take(run->messages[i]));
    if (stepId.empty()) body.raw = budget.take(text);
    body.omittedBytes = budget.omittedBytes();
    return body;
}

} // namespace tackroom
