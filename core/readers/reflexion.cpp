// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/reflexion.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonfile.h"

#include <algorithm>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kKind = "reflexion";
constexpr std::size_t kMaxReflections = 10'000;

std::optional<bool> successOf(Value row)
{
    bool success = false;
    const auto said = member(row, "is_success");
    if (!said || said->get(success) != simdjson::SUCCESS) return std::nullopt;
    return success;
}

bool isRow(Value value)
{
    return stringOf(member(value, "name")) && isArray(member(value, "memory")) && successOf(value).has_value();
}

ParsedRun runOf(Value row, std::size_t trialOfFile)
{
    auto memory = elementsOf(member(row, "memory"));
    memory.resize(std::min(memory.size(), kMaxReflections));
    const bool success = *successOf(row);
    // What a failed run was given is all but the reflection on it.
    const std::size_t given = success || memory.empty() ? memory.size() : memory.size() - 1;
    const std::string name = cut(textOf(member(row, "name")), 400);
    ParsedRun run;
    Run& out = run.record.run;
    out.nativeId = formatText("trial_{}/{}", given, name);
    std::string identity = out.nativeId;
    for (std::size_t i = 0; i < memory.size(); ++i) {
        Message message;
        message.role = i < given ? "user" : "assistant";
        message.content = textOf(memory[i]);
        if (i < given) identity += "\n" + message.content;
        run.conversation.push_back(std::move(message));
    }
    out.key = runKeyOf(kKind, out.nativeId + "\n" + xxh128Hex(identity));
    addConversationSteps(run);
    fillRunFromConversation(run);
    out.task = name;
    Score score;
    score.name = "is_success";
    score.label = success ? "success" : "failure";
    score.value = success ? 1.0 : 0.0;
    score.annotator = Annotator::Code;
    score.by = "environment";
    score.says = success ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    run.record.scores.push_back(score);
    if (success && given < trialOfFile) {
        Score copied;
        copied.name = "re-measured";
        copied.label = "no";
        copied.explanation = formatText("solved in trial {}; trial {} did not run it again", given, trialOfFile);
        copied.annotator = Annotator::Code;
        copied.by = "Reflexion";
        run.record.scores.push_back(std::move(copied));
    }
    return run;
}

class Reflexion final : public FileFormat
{
public:
    FormatInfo info() const override { return {std::string(kKind), "Reflexion trial results (JSON)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Array || look.values.empty() || !std::ranges::all_of(look.values, isRow))
            return std::nullopt;
        return Recognised{"env_results", {}};
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        TR_ASSIGN(const JsonFile file, JsonFile::read(unit.first()));
        if (!isArray(file.value())) return fail(ErrorCode::Damaged, unit.parts.front().name, "this is no list of environments");
        const auto rows = elementsOf(file.value());
        std::size_t trial = 0;
        for (const Value row : rows)
            if (isRow(row)) {
                const std::size_t reflections = elementsOf(member(row, "memory")).size();
                trial = std::max(trial, *successOf(row) || reflections == 0 ? reflections : reflections - 1);
            }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (cancel.cancelled()) return CancelToken::error();
            if (!isRow(rows[i])) {
                sink.skipped(formatText("element {}", i), "it has no name, memory and is_success");
                continue;
            }
            ParsedRun run = runOf(rows[i], trial);
            if (request.bodies)
                run.raw = simdjson::minify(rows[i]);
            else
                run.conversation.clear();
            TR_ASSIGN(const bool more, sink.add(std::move(run)));
            if (!more) break;
        }
        return {};
    }
};

} // namespace

const FileFormat& reflexionFormat()
{
    static const Reflexion format;
    return format;
}

} // namespace tackroom
