// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/packedrun.h"

#include "core/base/hash.h"
#include "core/index/runversions.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace tackroom
{

namespace
{

/// What a record holds beside its parts as one text with lengths, for its hash.
class ContentText
{
public:
    void add(std::string_view text)
    {
        add(static_cast<std::int64_t>(text.size()));
        m_text.append(text);
    }
    void add(std::int64_t number) { m_text.append(reinterpret_cast<const char*>(&number), sizeof number); }
    void add(std::optional<double> number)
    {
        add(static_cast<std::int64_t>(number.has_value()));
        add(std::bit_cast<std::int64_t>(number.value_or(0)));
    }
    [[nodiscard]] std::int64_t hash() const { return static_cast<std::int64_t>(xxh64(m_text)); }

private:
    std::string m_text;
};

// A content is two hashes: in its upper bits one of what happened, in the lower ones one of all, judgements too. Two files that
// tell of the same run with other scores do not contradict each other.
constexpr int kWholeBits = 40;

/// Of each step the times and how long its texts are: enough to tell one telling from another, and quickly made.
std::int64_t shapeOf(std::span<const StepView> steps)
{
    std::uint64_t hash = steps.size();
    const auto add = [&](std::uint64_t number) { hash = (hash ^ number) * 0x9E3779B97F4A7C15ULL + (hash >> 29); };
    for (const StepView& step : steps) {
        add(static_cast<std::uint64_t>(step.start));
        add(static_cast<std::uint64_t>(step.end));
        add(static_cast<std::uint64_t>(step.status) << 8 | static_cast<std::uint64_t>(step.kind));
        add(step.name.size() << 32 | step.errorText.size());
        add(step.arguments.size() << 32 | step.result.size());
        add(step.inputText.size() << 32 | step.outputText.size());
    }
    return static_cast<std::int64_t>(hash);
}

std::int64_t contentOf(const Run& run, std::span<const StepView> steps, const std::vector<std::string>& chunks,
                       const std::vector<std::string>& versions)
{
    ContentText text;
    for (const std::string* field :
         {&run.key.value, &run.nativeId, &run.sessionId, &run.userId, &run.agentName, &run.project, &run.harnessVersion,
          &run.harnessVersionLabel, &run.harnessVersionSource, &run.task, &run.answer})
        text.add(*field);
    for (const std::int64_t field : {run.start, run.end, static_cast<std::int64_t>(run.status), run.promptTokens,
                                     run.completionTokens, run.stepCount, run.errorCount})
        text.add(field);
    text.add(run.costUsd);
    text.add(shapeOf(steps));
    const auto happened = static_cast<std::uint64_t>(text.hash());
    for (const std::string& chunk : chunks) text.add(static_cast<std::int64_t>(xxh64(chunk)));
    for (const std::string& version : versions) text.add(version);
    const auto whole = static_cast<std::uint64_t>(text.hash());
    return static_cast<std::int64_t>(happened << kWholeBits | (whole & ((std::uint64_t{1} << kWholeBits) - 1)));
}

void addDistinct(std::vector<std::string>& to, std::string_view name)
{
    if (!name.empty() && !std::ranges::contains(to, name)) to.emplace_back(name);
}

} // namespace

bool isSameHappening(std::int64_t content, std::int64_t other) { return content >> kWholeBits == other >> kWholeBits; }

PackedRun packRun(PartPacker& packer, RunRecord record, std::span<const StepView> steps, const VersionRule& versionRule)
{
    PackedRun packed;
    packed.counts = packer.pack(record, steps);
    packed.chunks = std::move(packer.chunks());
    VersionFactsOfRun versionFacts = takeVersionFacts(record);
    packed.versions = versionNamesOf(versionFacts);
    packed.content = contentOf(record.run, steps, packed.chunks, packed.versions);
    std::int64_t ordinal = 0;
    for (const std::size_t index : packer.stepOrder()) {
        const StepView& step = steps[index];
        ++ordinal;
        addDistinct(packed.tools, step.toolName);
        addDistinct(packed.models, step.model);
        if (step.status == StepStatus::Error)
            packed.errors.push_back({ordinal, std::string(step.errorType), std::string(step.errorText)});
    }
    packed.run = std::move(record.run);
    if (!versionRule.empty()) {
        versionFacts.run = packed.run;
        versionFacts.model = modelOf(packed.models);
        setVersionOf(packed.run, resolveVersion(versionRule, versionFacts));
    }
    return packed;
}

} // namespace tackroom
