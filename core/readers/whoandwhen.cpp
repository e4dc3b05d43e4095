// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/whoandwhen.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonfile.h"

#include <charconv>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kKind = "who-and-when";
constexpr std::size_t kMaxHistory = 100'000;

bool isOne(Value value)
{
    return isArray(member(value, "history")) && member(value, "mistake_agent") && member(value, "mistake_step");
}

/// "Orchestrator (-> WebSurfer)" is said by the Orchestrator.
std::string speakerOf(Value entry)
{
    std::string name = textOf(member(entry, "name"));
    if (name.empty()) name = textOf(member(entry, "role"));
    if (const auto bracket = name.find(" ("); bracket != std::string::npos && bracket > 0) name.resize(bracket);
    return cut(name, kStepTextBytes);
}

bool isTerminal(std::string_view speaker) { return asciiLower(speaker) == "computer_terminal"; }
bool isHuman(std::string_view speaker) { return asciiLower(speaker) == "human"; }

/// "exitcode: 1 (execution failed)"
bool saysFailed(std::string_view content)
{
    constexpr std::string_view kWord = "exitcode: ";
    return content.starts_with(kWord) && !content.substr(kWord.size()).starts_with("0");
}

void addEntry(ParsedRun& run, Value entry)
{
    const std::size_t index = run.conversation.size();
    Message message;
    message.name = speakerOf(entry);
    message.content = contentText(member(entry, "content"));
    message.stepId = formatText("m{}", index);
    Step step;
    step.nativeId = message.stepId;
    step.name = message.name;
    if (index > 0) step.inputText = cut(run.conversation.back().content, kStepTextBytes);
    step.outputText = cut(message.content, kStepTextBytes);
    if (isTerminal(message.name)) {
        message.role = "tool";
        step.kind = StepKind::Tool;
        step.toolName = message.name;
        step.result = cut(message.content, kToolTextBytes);
        step.status = saysFailed(message.content) ? StepStatus::Error : StepStatus::Ok;
        if (step.status == StepStatus::Error) step.errorText = step.outputText;
    } else {
        message.role = isHuman(message.name) ? "user" : "assistant";
        step.kind = isHuman(message.name) ? StepKind::Human : StepKind::Llm;
    }
    run.record.steps.push_back(std::move(step));
    run.conversation.push_back(std::move(message));
}

void addOutcome(ParsedRun& run, Value value)
{
    const auto verdict = firstOf(value, {"is_correct", "is_corrected"});
    bool correct = false;
    if (!verdict || verdict->get(correct) != simdjson::SUCCESS) return;
    Score score;
    score.name = "is_correct";
    score.label = correct ? "correct" : "incorrect";
    score.value = correct ? 1.0 : 0.0;
    const std::string truth = textOf(firstOf(value, {"ground_truth", "groundtruth"}));
    if (!truth.empty()) score.explanation = cut("expected: " + truth, kStepTextBytes);
    score.annotator = Annotator::Code;
    score.by = "Who&When";
    score.says = correct ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    run.record.scores.push_back(std::move(score));
}

void addMistake(ParsedRun& run, Value value)
{
    const std::string agent = textOf(member(value, "mistake_agent"));
    const std::string given = textOf(member(value, "mistake_step"));
    if (agent.empty() && given.empty()) return;
    Score score;
    score.name = "mistake";
    score.label = cut(agent, kStepTextBytes);
    std::string explanation = textOf(member(value, "mistake_reason"));
    const std::string_view digits = trimmed(given);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error != std::errc() || end != digits.data() + digits.size() || index >= run.conversation.size()) {
        explanation += formatText(" (the step is given as \"{}\", which is none of the history)", cut(given, 100));
    } else {
        score.stepId = run.conversation[index].stepId;
        if (run.conversation[index].name != score.label)
            explanation += formatText(" (that step was said by {})", run.conversation[index].name);
    }
    score.explanation = cut(explanation, kStepTextBytes);
    score.annotator = Annotator::Human;
    score.by = "Who&When";
    score.weight = OutcomeSource::Human;
    run.record.scores.push_back(std::move(score));
}

Result<ParsedRun> runOf(Value value, std::string_view text)
{
    if (!isOne(value)) return fail(ErrorCode::Damaged, {}, "there is no history with a mistake_agent and a mistake_step in it");
    const auto history = elementsOf(member(value, "history"));
    if (history.size() > kMaxHistory)
        return fail(ErrorCode::Refused, {}, formatText("it has more than {} entries", kMaxHistory));
    ParsedRun run;
    for (const Value entry : history) addEntry(run, entry);
    Run& out = run.record.run;
    const std::string hash = xxh128Hex(text);
    out.nativeId = cut(textOf(member(value, "question_ID")), 400);
    if (out.nativeId.empty()) out.nativeId = hash;
    out.key = runKeyOf(kKind, out.nativeId + "\n" + hash);
    out.task = cut(textOf(member(value, "question")), kStepTextBytes);
    if (!run.conversation.empty()) out.answer = cut(run.conversation.back().content, kStepTextBytes);
    addOutcome(run, value);
    addMistake(run, value);
    fillRunFromConversation(run);
    return run;
}

class WhoAndWhen final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kKind), "Who&When annotated failures (JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.values.empty() || !isOne(look.values.front())) return std::nullopt;
        const auto first = elementsOf(member(look.values.front(), "history"));
        const bool named = !first.empty() && member(first.front(), "name");
        return Recognised{named ? "algorithm-generated" : "hand-crafted", {}};
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        const auto add = [&](Value value, std::string_view text, const std::string& where,
                             std::optional<FileRange> range) -> Result<bool> {
            auto run = runOf(value, text);
            if (!run) {
                sink.skipped(where, run.error().detail);
                return true;
            }
            if (range) run->ranges.push_back(*range);
            if (request.bodies)
                run->raw = text;
            else
                run->conversation.clear();
            return sink.add(std::move(*run));
        };
        // An object alone, most often; what is no single value is an array, or lines.
        TR_ASSIGN(const std::string beginning, unit.first().read(0, 16));
        const bool isArray = trimmed(beginning).starts_with('[') || trimmed(beginning).starts_with("\xEF\xBB\xBF[");
        std::optional<Error> damage;
        if (!isArray) {
            const auto file = JsonFile::read(unit.first());
            if (file) return add(file->value(), trimmed(file->text()), unit.parts.front().name, {}).transform([](bool) {});
            if (file.error().code != ErrorCode::Damaged) return std::unexpected(file.error());
            damage = file.error();
        }
        Parser parser;
        std::uint64_t good = 0;
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            sink.progress(element.offset);
            const std::string where = formatText("{} {}", isArray ? "element" : "line", element.index + (isArray ? 0 : 1));
            const auto value = parser.parse(element.text, true);
            if (value) {
                ++good;
                return add(*value, element.text, where, FileRange{element.offset, element.text.size()});
            }
            if (!damage) sink.skipped(where, value.error().detail);
            // A single object that is broken is not so many broken lines.
            if (damage && good == 0) return std::unexpected(*damage);
            if (damage) sink.skipped(where, value.error().detail);
            return true;
        };
        const auto read = forEachJsonElement(unit.first(), isArray ? JsonLayout::Array : JsonLayout::Lines, visitor, cancel);
        if (!read && (read.error().code != ErrorCode::Damaged || good == 0)) return read;
        if (!read) sink.skipped("the rest of the file", read.error().detail);
        return {};
    }
};

} // namespace

const FileFormat& whoAndWhenFormat()
{
    static const WhoAndWhen format;
    return format;
}

} // namespace tackroom
