// SPDX-License-Identifier: GPL-3.0-or-later
// Mutated seeds for everything that reads foreign bytes: the same sequence on every machine. A crash, a hang or a broken
// promise (feed() aborts) fails it. TACKROOM_CAMPAIGN=full runs a hundred times as many, a number so many times as many.
#include "core/index/readerframes.h"
#include "core/platform/directories.h"
#include "tests/fuzz/formatseeds.h"
#include "tests/fuzz/readersfuzz.h"
#include "tests/support/formatfixture.h"
#include "tests/support/phoenixfixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tackroom::fuzz
{
namespace
{

class Random
{
public:
    explicit Random(std::uint64_t seed) : m_state(seed * 0x9E3779B97F4A7C15ULL + 1) {}
    std::size_t below(std::size_t limit)
    {
        m_state ^= m_state << 13;
        m_state ^= m_state >> 7;
        m_state ^= m_state << 17;
        return limit ? m_state % limit : 0;
    }

private:
    std::uint64_t m_state;
};

constexpr std::string_view kPieces[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        "\"",
                                        ":",
                                        ",",
                                        "\\",
                                        "\\ud800",
                                        "null",
                                        "1e999",
                                        "-",
                                        "\xFF",
                                        "\xC0\x80",
                                        "\0",
                                        "\xED\xA0\x80",
                                        "{\"message\":",
                                        "99999999999999999999",
                                        "true",
                                        "\n",
                                        "[[[[[[[[[[[[[[[[",
                                        "\x01\x00\x00\x00"};

std::string mutated(std::string text, Random& random)
{
    for (std::size_t n = 1 + random.below(6); n > 0; --n) {
        const std::size_t at = random.below(text.size() + 1);
        const std::size_t some = 1 + random.below(40);
        switch (random.below(7)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(random.below(256));
            break;
        case 2:
            text.insert(at, kPieces[random.below(std::size(kPieces))]);
            break;
        case 3:
            text.erase(at, some);
            break;
        case 4:
            text.insert(at, text.substr(random.below(text.size() + 1), some));
            break;
        case 5:
            if (random.below(4) == 0) text.resize(at);
            break;
        case 6: // a run of one byte, as of a bad block
            for (std::size_t i = at; i < text.size() && i < at + some; ++i)
                text[i] = static_cast<char>(random.below(2) ? 0 : 0xFF);
            break;
        }
    }
    return text;
}

int campaignScale()
{
    const char* named = std::getenv("TACKROOM_CAMPAIGN");
    if (!named) return 1;
    return std::string_view(named) == "full" ? 100 : std::clamp(std::atoi(named), 1, 100);
}

void campaign(Target target, const std::vector<std::string>& seeds, int count)
{
    count *= campaignScale();
    Random random(static_cast<std::uint64_t>(target) + 20260302);
    for (const auto& seed : seeds) feed(target, seed);
    for (int i = 0; i < count; ++i) {
        const auto started = std::chrono::steady_clock::now();
        feed(target, mutated(seeds[random.below(seeds.size())], random));
        ASSERT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20)) << "case " << i;
    }
    std::printf("[          ] %d mutated inputs\n", count);
}

const std::vector<std::string>& attributeSeeds()
{
    static const std::vector<std::string> seeds{
        R"({"llm":{"model_name":"m","token_count":{"prompt":1,"completion":2},"input_messages":[{"message":{"role":"user","content":"hi"}},{"message.role":"tool","message.content":"x"}],"output_messages":[{"message":{"role":"assistant","contents":[{"message_content":{"type":"text","text":"t"}}],"tool_calls":[{"tool_call":{"id":"c","function":{"name":"f","arguments":"{}"}}}]}}]},"metadata":"{\"harness.git_commit\":\"abc\"}","openinference":{"span":{"kind":"LLM"}}})",
        R"({"input":{"value":"{\"messages\":[[{\"kwargs\":{\"type\":\"human\",\"content\":\"q\"}}]]}"},"output":{"value":"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a\"}}]}"},"retrieval":{"documents":[{"document":{"id":"d","content":"c","score":0.5}}]},"service":{"version":"1"},"vcs":{"ref":{"head":{"revision":"r"}}}})",
    };
    return seeds;
}

TEST(ReadersCampaign, attributes) { campaign(Target::Attributes, attributeSeeds(), 20'000); }
TEST(ReadersCampaign, events)
{
    campaign(Target::Events,
             {R"([{"name":"exception","timestamp":"t","attributes":{"exception.type":"E","exception.message":"m"}}])"}, 20'000);
}
TEST(ReadersCampaign, texts)
{
    campaign(Target::Texts,
             {R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})", R"([["human","q"]])",
              R"({"output":{"content":"o"}})"},
             20'000);
}
TEST(ReadersCampaign, jsonBeginnings)
{
    campaign(Target::JsonBeginning, {R"({"a":1,"b\"c":[{}]})", R"([{"x":"y"},2])"}, 20'000);
}
TEST(ReadersCampaign, filters) { campaign(Target::Filter, {R"(a tool:b "c d" since:7d outcome:failure)"}, 20'000); }

TEST(ReadersCampaign, frames)
{
    std::string stream;
    Body body;
    body.messages.push_back(
        {.role = "user", .name = {}, .content = "text", .toolCalls = {{"1", "f", "{}"}}, .toolCallId = "t", .stepId = "s"});
    body.input = "in";
    ASSERT_TRUE(frames::sendBody(body, [&](std::string_view payload) -> Status {
        stream += frames::encode(frames::FrameType::Text, 1, payload);
        return {};
    }));
    campaign(Target::Frames, {stream}, 20'000);
}

/// Every format, damaged: its own seed, and half of one put behind half of another.
TEST(ReadersCampaign, formats)
{
    const auto seeds = formatSeeds();
    std::vector<std::string> texts{"{\"messages_display\":\"user: a\\nassistant: b\\ntool: c\"}\n{\"messages_display\":\"user: d\"}\n"};
    for (const FormatSeed& seed : seeds) {
        auto file = InputFile::ofBytes("seed", seed.text);
        EXPECT_EQ(testing::recognisedKind(file), seed.kind);
        const auto looked = LookedFile::at(file, {});
        ASSERT_TRUE(looked);
        const auto known = filesingest::formatOf(looked->look());
        if (!known) continue;
        EXPECT_GE(testing::readTextWith(*known->format, seed.text).runs.size(), 1U) << seed.kind;
        texts.push_back(seed.text);
    }
    for (std::size_t i = 0; i + 1 < seeds.size(); ++i)
        texts.push_back(seeds[i].text.substr(0, seeds[i].text.size() / 2) + seeds[i + 1].text.substr(seeds[i + 1].text.size() / 2));
    campaign(Target::Store, texts, 6000);
}

/// The recorded files themselves, damaged, where they are there.
TEST(ReadersCampaign, recordedFiles)
{
    const auto folder = testing::sharedData();
    if (folder.empty()) GTEST_SKIP() << "the folder of recorded runs (TACKROOM_SHARED_DATA) is not there";
    constexpr std::uintmax_t kMostBytes = 40'000;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.file_size() <= kMostBytes && !testing::recognisedKind(entry.path()).empty())
            files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<std::string> texts;
    for (const auto& path : files) {
        std::ifstream in(path, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    ASSERT_GT(texts.size(), 50U);
    std::printf("[          ] %zu files\n", texts.size());
    campaign(Target::Store, texts, 1000);
}

TEST(ReadersCampaign, databases)
{
    const auto folder = TemporaryFolder::make("campaign");
    ASSERT_TRUE(folder);
    std::vector<std::string> seeds;
    for (const auto generation : {testing::PhoenixFixture::Generation::New, testing::PhoenixFixture::Generation::Old}) {
        const auto path = folder->path() / std::to_string(seeds.size());
        {
            testing::PhoenixFixture store(path, generation);
            for (int i = 0; i < 6; ++i) store.addUsualRun(i);
            store.annotate("span_annotations", "span_rowid", 3, {.name = "manager_decision", .label = "rejected"});
        }
        std::ifstream in(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    campaign(Target::Store, seeds, 1500);
}

} // namespace
} // namespace tackroom::fuzz
