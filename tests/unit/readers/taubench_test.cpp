// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/platform/childprocess.h"
#include "core/readers/jsonelements.h"
#include "tests/unit/readers/collector.h"

#include <cstdlib>

namespace tackroom::testing
{
namespace
{

class TauBench : public FolderTest
{
protected:
    Collector read(const std::filesystem::path& path)
    {
        Collector got;
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        if (!reader) return got;
        EXPECT_EQ((*reader)->info().kind, "tau-bench");
        const auto done = (*reader)->ingest({}, got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return got;
    }
    static std::filesystem::path shared()
    {
        const char* data = std::getenv("TACKROOM_SHARED_DATA");
        return data ? std::filesystem::path(data) / "tau-bench" : std::filesystem::path();
    }
    /// The same counts by a few lines of Python.
    static std::string python(const std::string& program, const std::filesystem::path& path)
    {
        const auto counted = runProcess({"python3", "-c", program, path.string()}, {}, {}, 60'000, 10'000);
        EXPECT_TRUE(counted) << textOf(counted.error());
        return counted ? counted->out : "";
    }
};

constexpr const char* kResults = R"([
 {"task_id": 3, "reward": 0.0, "info": {"task": {"user_id": "mia"}, "reward_info": {"info": {"r_actions": 0.0, "gt": "x"}}}, "trial": 1, "traj": [
   {"role": "system", "content": "be good"},
   {"role": "user", "content": "hello [there] \" {you}"},
   {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{\"a\": 1}"}}]},
   {"role": "tool", "tool_call_id": "c1", "name": "find", "content": "Error: user not found"},
   {"role": "assistant", "content": "sorry", "tool_calls": null},
   {"role": "user", "content": "###STOP###"}]},
 {"task_id": 3, "reward": 1.0, "info": {}, "trial": 1, "traj": []},
 {"task_id": 4, "trial": 0, "reward": 0, "info": {"error": "rate limit"}, "traj": []},
 {"no": "run"}, 17, {"broken": oops}
])";

TEST_F(TauBench, resultsAreReadWhole)
{
    const auto got = read(write("r.json", kResults));
    EXPECT_EQ(got.order, (std::vector<std::string>{"task_3/trial_1", "task_3/trial_1/2", "task_4/trial_0"}));
    EXPECT_EQ(got.skips.size(), 3U);
    const RunRecord& record = got.runs.at("task_3/trial_1");
    EXPECT_EQ(record.run.task, "hello [there] \" {you}");
    EXPECT_EQ(record.run.answer, "sorry");
    EXPECT_EQ(record.run.userId, "mia");
    EXPECT_EQ(record.run.start, 0);
    EXPECT_EQ(record.run.errorCount, 1);
    ASSERT_EQ(record.steps.size(), 3U);
    EXPECT_EQ(record.steps[0].kind, StepKind::Llm);
    EXPECT_EQ(record.steps[1].kind, StepKind::Tool);
    EXPECT_EQ(record.steps[1].parentId, record.steps[0].nativeId);
    EXPECT_EQ(record.steps[1].toolName, "find");
    EXPECT_EQ(record.steps[1].arguments, "{\"a\": 1}");
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[1].errorText, "Error: user not found");
    ASSERT_EQ(record.scores.size(), 1U);
    EXPECT_EQ(record.scores[0].says, Outcome::Failure);
    EXPECT_EQ(record.scores[0].weight, OutcomeSource::Verifier);
    EXPECT_EQ(record.scores[0].explanation, "r_actions = 0");
    EXPECT_EQ(got.runs.at("task_3/trial_1/2").scores[0].says, Outcome::Success);
    EXPECT_EQ(got.runs.at("task_4/trial_0").scores[0].explanation, "rate limit");
    EXPECT_EQ(got.runs.at("task_4/trial_0").run.status, StepStatus::Error);
    EXPECT_NE(got.runs.at("task_3/trial_1/2").run.key, record.run.key);
    // What journals are filed under: id and text of the element.
    const std::string_view whole = kResults;
    const auto begin = whole.find('{'), end = whole.find(",\n {\"task_id\": 3, \"reward\": 1.0");
    EXPECT_EQ(record.run.key, runKeyOf("tau-bench", "task_3/trial_1\n" + xxh128Hex(whole.substr(begin, end - begin))));
}

TEST_F(TauBench, bodiesComeFromTheFile)
{
    const auto path = write("r.json", kResults);
    const auto reader = openStore(path, {});
    ASSERT_TRUE(reader);
    const auto got = read(path);
    const RunAddress address(got.runs.at("task_3/trial_1").run);
    const auto run = (*reader)->fetch(address, {}, 1 << 20);
    ASSERT_TRUE(run) << textOf(run.error());
    ASSERT_EQ(run->messages.size(), 6U);
    EXPECT_EQ(run->messages[2].stepId, "m2");
    EXPECT_EQ(run->messages[3].stepId, "m2.c1");
    const auto tool = (*reader)->fetch(address, "m2.c1", 1 << 20);
    ASSERT_TRUE(tool);
    EXPECT_EQ(tool->input, "{\"a\": 1}");
    EXPECT_EQ(tool->output, "Error: user not found");
    const auto llm = (*reader)->fetch(address, "m4", 1 << 20);
    ASSERT_TRUE(llm);
    EXPECT_EQ(llm->messages.size(), 5U);
    EXPECT_EQ((*reader)->fetch("task_9/trial_1", {}, 100).error().code, ErrorCode::NotFound);
    EXPECT_EQ((*reader)->fetch(address, "m99", 100).error().code, ErrorCode::NotFound);
    // The second run of that name is another one, also when it is read again.
    const auto second = (*reader)->fetch(RunAddress(got.runs.at("task_3/trial_1/2").run), {}, 1 << 20);
    ASSERT_TRUE(second) << textOf(second.error());
    EXPECT_TRUE(second->messages.empty());
    EXPECT_TRUE(second->raw.contains("\"reward\": 1.0"));
}

TEST_F(TauBench, theRewardSaysWhatWasExpectedAndNotDone)
{
    const auto got = read(write("r.json", R"([
 {"task_id": 1, "trial": 0, "reward": 0.0, "info": {"task": {"actions": [
    {"name": "cancel", "kwargs": {"id": "A"}}, {"name": "refund", "kwargs": {"n": 2, "to": ["x", 1]}},
    {"name": "book", "kwargs": {"seat": 1}}], "outputs": ["42"]},
  "reward_info": {"info": {"r_outputs": 0.0, "outputs": {"42": false, "7": true}}}}, "traj": [
   {"role": "assistant", "content": null, "tool_calls": [
     {"id": "1", "function": {"name": "get_user", "arguments": "{}"}},
     {"id": "2", "function": {"name": "refund", "arguments": "{\"to\":[\"x\",1.0],\"n\":2}"}},
     {"id": "3", "function": {"name": "book", "arguments": "{\"seat\":9}"}},
     {"id": "4", "function": {"name": "upgrade", "arguments": "{}"}}]}]},
 {"task_id": 2, "trial": 0, "reward": 1.0, "info": {"task": {"actions": [{"name": "cancel", "kwargs": {}}]},
  "reward_info": {"info": {"r_actions": 1.0}}}, "traj": []}])"));
    EXPECT_EQ(got.runs.at("task_1/trial_0").scores.at(0).explanation,
              "not done: cancel\n"
              "r_outputs = 0; not said: 42; not done: cancel({\"id\":\"A\"}); different: book({\"seat\":9}) instead of "
              "book({\"seat\":1}); not expected: upgrade({})");
    EXPECT_EQ(got.runs.at("task_2/trial_0").scores.at(0).explanation, "r_actions = 1");
}

TEST_F(TauBench, fewShotLinesAreConversations)
{
    const auto got = read(write(
        "f.jsonl", "{\"messages_display\": \"user: hi\\nand more\\nassistant: None\\ntool: Error: no\\nassistant: bye\"}\n\n"
                   "{\"messages_display\": \"user: two\"}\nnot json\n"));
    EXPECT_EQ(got.order, (std::vector<std::string>{"line_1", "line_3"}));
    EXPECT_EQ(got.skips.size(), 1U);
    const RunRecord& record = got.runs.at("line_1");
    EXPECT_EQ(record.run.task, "hi\nand more");
    EXPECT_EQ(record.run.answer, "bye");
    ASSERT_EQ(record.steps.size(), 3U);
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_TRUE(record.scores.empty());
}

TEST_F(TauBench, aCutFileKeepsWhatCameBefore)
{
    const std::string whole = kResults;
    const auto got = read(write("cut.json", whole.substr(0, whole.find("\"task_id\": 4") + 10)));
    EXPECT_EQ(got.runs.size(), 2U);
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_EQ(got.skips[0].first, "the rest of the file");
}

TEST_F(TauBench, aRunOfTooManyMessagesIsCountedNotRead)
{
    std::string many = "{}";
    for (int i = 0; i < 200'000; ++i) many += ",{}";
    const auto got =
        read(write("m.json", R"([{"task_id":1,"reward":1,"traj":[]},{"task_id":2,"reward":1,"traj":[)" + many + "]}]"));
    EXPECT_EQ(got.runs.size(), 1U);
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_EQ(got.skips[0].first, "element 1");
}

TEST_F(TauBench, elementsAreCutRightAcrossChunks)
{
    // Elements around the size of the reader's chunks, with brackets and quotes in their texts.
    std::string text = "\xEF\xBB\xBF [ ";
    std::vector<std::size_t> sizes{1, 1048570, 1048575, 1048576, 1048577, 300};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        std::string body;
        while (body.size() < sizes[i]) body += R"(\\\"[{)";
        text += formatText("{}{{\"i\":{},\"t\":\"{}\"}}", i ? " ,\n" : "", i, body);
    }
    auto file = InputFile::open(write("big.json", text + " ]\n"));
    ASSERT_TRUE(file);
    std::size_t seen = 0;
    JsonElementVisitor visitor{.visit = [&](const JsonElement& element) -> Result<bool> {
                                   EXPECT_TRUE(element.text.starts_with(formatText("{{\"i\":{},", seen)));
                                   EXPECT_TRUE(element.text.ends_with("\"}"));
                                   EXPECT_EQ(file->read(element.offset, element.text.size()).value(), element.text);
                                   ++seen;
                                   return true;
                               },
                               .tooLong = {}};
    const auto done = forEachJsonElement(*file, JsonLayout::Array, visitor, {});
    EXPECT_TRUE(done) << textOf(done.error());
    EXPECT_EQ(seen, sizes.size());
}

TEST_F(TauBench, recordedResultsAgreeWithPython)
{
    const auto path = shared() / "gpt-4o-airline.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data";
    const auto got = read(path);
    std::size_t steps = 0, errors = 0, success = 0, failure = 0;
    for (const auto& [id, record] : got.runs) {
        steps += record.steps.size();
        errors += static_cast<std::size_t>(record.run.errorCount);
        success += record.scores.at(0).says == Outcome::Success;
        failure += record.scores.at(0).says == Outcome::Failure;
    }
    EXPECT_EQ(got.runs.size(), 200U);
    EXPECT_EQ(success, 84U);
    EXPECT_EQ(failure, 116U);
    EXPECT_TRUE(got.skips.empty());
    EXPECT_EQ(formatText("{} {} {}\n", got.runs.size(), steps, errors),
              python("import json,sys\nd=json.load(open(sys.argv[1]))\n"
                     "m=[m for r in d for m in r['traj']]\n"
                     "print(len(d), sum(x['role']=='assistant' for x in m)+sum(len(x.get('tool_calls') or []) for x in m),"
                     "sum(x['role']=='tool' and x['content'].startswith('Error') for x in m))",
                     path));
}

TEST_F(TauBench, recordedConversationsAgreeWithPython)
{
    for (const auto& [name, lines] :
         {std::pair{"MockRetailDomainEnv-few_shot.jsonl", 69U}, std::pair{"MockAirlineDomainEnv-few_shot.jsonl", 19U}}) {
        const auto path = shared() / name;
        if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data";
        const auto got = read(path);
        std::size_t steps = 0;
        for (const auto& [id, record] : got.runs) steps += record.steps.size();
        EXPECT_EQ(got.runs.size(), lines);
        EXPECT_EQ(formatText("{} {}\n", got.runs.size(), steps),
                  python("import json,sys\nd=[json.loads(l)['messages_display'] for l in open(sys.argv[1])]\n"
                         "print(len(d), sum(x.startswith(('assistant: ','tool: ')) for t in d for x in t.split('\\n')))",
                         path));
    }
}

} // namespace
} // namespace tackroom::testing
