// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/index/indexschema.h"
#include "core/index/packedparts.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace tackroom::testing
{
namespace
{

/// Everything of a step as one text, to be compared.
std::string told(const Step& step)
{
    return formatText("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", step.nativeId, step.parentId,
                      static_cast<int>(step.kind), step.name, step.start, step.end, static_cast<int>(step.status),
                      step.errorType, step.errorText, step.model, step.toolName, step.arguments, step.result, step.inputText,
                      step.outputText, step.promptTokens, step.completionTokens);
}
std::string told(const Score& score)
{
    return formatText("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", score.stepId, score.name, score.label, score.value.has_value(),
                      score.value.value_or(0), score.explanation, static_cast<int>(score.annotator), score.by, score.time,
                      static_cast<int>(score.says), static_cast<int>(score.weight));
}
std::string told(const HumanDecision& decision)
{
    return formatText("{}|{}|{}|{}|{}|{}|{}|{}", decision.stepId, static_cast<int>(decision.kind), decision.by, decision.time,
                      decision.target, decision.before, decision.after, decision.reason);
}

/// A record whose fields are each there and not there, with numbers at their ends.
RunRecord anyRecord(std::mt19937_64& random, std::size_t steps)
{
    const auto chance = [&] { return random() % 3 == 0; };
    const auto text = [&](std::size_t most) {
        return chance() ? std::string() : std::string(random() % most, static_cast<char>('a' + random() % 26));
    };
    const auto number = [&]() -> std::int64_t {
        switch (random() % 5) {
        case 0:
            return 0;
        case 1:
            return std::numeric_limits<std::int64_t>::min();
        case 2:
            return std::numeric_limits<std::int64_t>::max();
        default:
            return static_cast<std::int64_t>(random() >> (random() % 64));
        }
    };
    RunRecord record;
    for (std::size_t i = 0; i < steps; ++i) {
        Step& step = record.steps.emplace_back();
        step.nativeId = formatText("s{}", i);
        if (i && !chance()) step.parentId = formatText("s{}", random() % i);
        step.kind = static_cast<StepKind>(random() % 11);
        step.status = static_cast<StepStatus>(random() % 3);
        for (auto field : {&Step::name, &Step::errorType, &Step::errorText, &Step::model, &Step::toolName, &Step::arguments,
                           &Step::result, &Step::inputText, &Step::outputText})
            step.*field = text(300);
        step.start = number();
        step.end = number();
        if (chance()) step.promptTokens = number();
        if (chance()) step.completionTokens = number();
    }
    for (std::size_t i = 0; i < steps / 2; ++i) {
        Score& score = record.scores.emplace_back();
        for (auto field : {&Score::stepId, &Score::name, &Score::label, &Score::explanation, &Score::by})
            score.*field = text(50);
        if (chance()) score.value = static_cast<double>(number());
        score.annotator = static_cast<Annotator>(random() % 4);
        score.says = static_cast<Outcome>(random() % 3);
        score.weight = static_cast<OutcomeSource>(random() % 6);
        score.time = number();
        HumanDecision& decision = record.decisions.emplace_back();
        for (auto field : {&HumanDecision::stepId, &HumanDecision::by, &HumanDecision::target, &HumanDecision::before,
                           &HumanDecision::after, &HumanDecision::reason})
            decision.*field = text(50);
        decision.kind = static_cast<DecisionKind>(random() % 5);
        decision.time = number();
    }
    return record;
}

UnpackedParts unpacked(const std::vector<std::string>& chunks, PartsWanted wanted = PartsWanted::All)
{
    UnpackedParts parts;
    for (const auto& chunk : chunks) EXPECT_TRUE(unpackParts(chunk, wanted, parts));
    return parts;
}

TEST(PackedParts, whatIsPackedComesBack)
{
    std::mt19937_64 random(3);
    PartPacker packer;
    for (const std::size_t steps : {0, 1, 2, 17, 300, 40, 3}) {
        const RunRecord record = anyRecord(random, steps);
        const auto counts = packer.pack(record);
        EXPECT_EQ(counts.steps, static_cast<std::int64_t>(steps));
        const auto parts = unpacked(packer.chunks());
        ASSERT_EQ(parts.steps.size(), record.steps.size());
        for (std::size_t i = 0; i < steps; ++i) {
            EXPECT_EQ(told(parts.steps[i]), told(record.steps[packer.stepOrder()[i]]));
            const auto parent = parts.parents[i];
            if (parent == 0) {
                EXPECT_EQ(parts.depths[i], 0);
                continue;
            }
            EXPECT_EQ(parts.steps[static_cast<std::size_t>(parent) - 1].nativeId, parts.steps[i].parentId);
            EXPECT_EQ(parts.depths[i], parts.depths[static_cast<std::size_t>(parent) - 1] + 1);
        }
        ASSERT_EQ(parts.scores.size(), record.scores.size());
        for (std::size_t i = 0; i < record.scores.size(); ++i) EXPECT_EQ(told(parts.scores[i]), told(record.scores[i]));
        ASSERT_EQ(parts.decisions.size(), record.decisions.size());
        for (std::size_t i = 0; i < record.decisions.size(); ++i)
            EXPECT_EQ(told(parts.decisions[i]), told(record.decisions[i]));
        const auto judged = unpacked(packer.chunks(), PartsWanted::Judgements);
        EXPECT_TRUE(judged.steps.empty());
        EXPECT_EQ(judged.scores.size(), record.scores.size());
    }
}

TEST(PackedParts, aStepWhoseTextsLieElsewhereIsTheSame)
{
    std::mt19937_64 random(5);
    const RunRecord record = anyRecord(random, 200);
    for (const Step& step : record.steps) EXPECT_EQ(told(StepView(step).toStep()), told(step));
}

TEST(PackedParts, aTextStandsOnceAndALongRunInSeveralChunks)
{
    RunRecord record;
    for (int i = 0; i < 2000; ++i) {
        Step& step = record.steps.emplace_back();
        step.nativeId = formatText("{:016x}", i);
        if (i) step.parentId = formatText("{:016x}", i - 1);
        step.start = i;
        step.inputText = std::string(2000, 'q');
    }
    PartPacker packer;
    packer.pack(record);
    ASSERT_EQ(packer.chunks().size(), 1U);
    EXPECT_LT(packer.chunks()[0].size(), 2000U * 40);
    for (std::size_t i = 0; i < record.steps.size(); ++i)
        record.steps[i].outputText = std::string(2000, 'q') + std::to_string(i);
    packer.pack(record);
    EXPECT_GE(packer.chunks().size(), 4U);
    for (const auto& chunk : packer.chunks()) EXPECT_LT(chunk.size(), std::size_t{1100} << 10);
    const auto parts = unpacked(packer.chunks());
    ASSERT_EQ(parts.steps.size(), 2000U);
    EXPECT_EQ(parts.depths.back(), 1999);
    EXPECT_EQ(parts.steps.back().outputText, std::string(2000, 'q') + "1999");
}

TEST(PackedParts, brokenBytesAreSaidToBeSo)
{
    std::mt19937_64 random(4);
    PartPacker packer;
    packer.pack(anyRecord(random, 12));
    const std::string whole = packer.chunks()[0];
    for (std::size_t size = 0; size < whole.size(); ++size) {
        UnpackedParts parts;
        const auto done = unpackParts(std::string_view(whole).substr(0, size), PartsWanted::All, parts);
        ASSERT_FALSE(done) << size;
        EXPECT_EQ(done.error().code, ErrorCode::Damaged);
    }
    // Whatever the bytes are, there is an answer.
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = whole;
        for (int change = 0; change < 3; ++change) bytes[1 + random() % (bytes.size() - 1)] = static_cast<char>(random());
        UnpackedParts parts;
        (void)unpackParts(bytes, PartsWanted::All, parts);
        EXPECT_LE(parts.steps.size(), bytes.size());
    }
}

} // namespace
} // namespace tackroom::testing
