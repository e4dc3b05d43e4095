// SPDX-License-Identifier: GPL-3.0-or-later
// OTLP/JSON, Tempo, Jaeger and any-agent: the real files of shared/data. Their numbers were counted with Python alone (json.load,
// spans counted; errors by status; tokens of the spans that no other span with tokens lies below; see the comments at each).
#include "core/readers/formats.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <cstdlib>

namespace tackroom::testing
{
namespace
{

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RealSpans : public FolderTest
{
protected:
    void SetUp() override
    {
        FolderTest::SetUp();
        const char* data = std::getenv("TACKROOM_SHARED_DATA");
        if (!data || !std::filesystem::exists(std::filesystem::path(data) / "otel-agentevals"))
            GTEST_SKIP() << "the shared data are not here";
        m_data = data;
    }
    RunRecord one(const std::string& name, const std::string& kind)
    {
        Collector got;
        auto reader = openStore(m_data / name, {});
        EXPECT_TRUE(reader) << name << " " << (reader ? "" : textOf(reader.error()));
        if (!reader) return {};
        EXPECT_EQ((*reader)->info().kind, kind) << name;
        const auto done = (*reader)->ingest({}, got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        EXPECT_EQ(got.runs.size(), 1U) << name;
        EXPECT_TRUE(got.skips.empty()) << name;
        if (got.runs.empty()) return {};
        const auto body = (*reader)->fetch(RunAddress(got.runs.begin()->second.run), {}, 10'000'000);
        EXPECT_TRUE(body) << textOf(body.error());
        if (body) m_body = *body;
        return got.runs.begin()->second;
    }
    static int count(const RunRecord& record, StepKind kind)
    {
        return static_cast<int>(std::ranges::count_if(record.steps, [&](const Step& step) { return step.kind == kind; }));
    }
    std::filesystem::path m_data;
    Body m_body;
};

TEST_F(RealSpans, JaegerExportsOfKagent)
{
    struct ExpectedSpans {
        std::string file, trace;
        std::int64_t spans, errors, prompt, completion;
        int llm, tools;
        std::string task;
    };
    // llm: the spans with llm.request.type (the provider's own; ADK's call_llm around them are chains); tools: with
    // gen_ai.tool.name
    for (const ExpectedSpans& want : {
             ExpectedSpans{"helm", "3e289017fe03ffd7c4145316d2eb3d0d", 96, 1, 3776, 130, 2, 1, "list all Helm releases"},
             ExpectedSpans{"helm_2", "bc07807133692d12e4268dc007ef9a19", 72, 1, 1822, 43, 1, 0, {}},
             ExpectedSpans{"helm_3", "c9a03cc4e80ea7a22332db0fe4dc3adf", 125, 1, 4047, 803, 2, 1,
                           "I need all the Helm releases right now!!"},
             ExpectedSpans{"k8s", "d497c9dd55717f2c5ecb79bda3028993", 73, 1, 2203, 139, 1, 0, {}},
         }) {
        const auto record = one("otel-agentevals/" + want.file + ".json", "jaeger-json");
        EXPECT_EQ(record.run.nativeId, want.trace);
        EXPECT_EQ(record.run.stepCount, want.spans) << want.file;
        EXPECT_EQ(static_cast<std::int64_t>(record.steps.size()), want.spans);
        EXPECT_EQ(record.run.errorCount, want.errors) << want.file;
        EXPECT_EQ(record.run.promptTokens, want.prompt) << want.file;
        EXPECT_EQ(record.run.completionTokens, want.completion) << want.file;
        EXPECT_EQ(count(record, StepKind::Llm), want.llm) << want.file;
        EXPECT_EQ(count(record, StepKind::Tool), want.tools) << want.file;
        EXPECT_EQ(count(record, StepKind::Agent), 1) << want.file;
        EXPECT_THAT(record.run.task, StartsWith(want.task));
        EXPECT_FALSE(record.run.task.empty()) << want.file;
        EXPECT_FALSE(record.run.answer.empty()) << want.file;
        EXPECT_EQ(record.run.userId, "admin@kagent.dev");
        EXPECT_THAT(record.run.sessionId, StartsWith("ctx-"));
        EXPECT_FALSE(record.run.agentName.empty());
    }
}

TEST_F(RealSpans, AJaegerConversation)
{
    const auto record = one("otel-agentevals/helm.json", "jaeger-json");
    ASSERT_EQ(m_body.messages.size(), 5U);
    EXPECT_EQ(m_body.messages[0].role, "system");
    EXPECT_EQ(m_body.messages[1].content, "list all Helm releases");
    ASSERT_EQ(m_body.messages[2].toolCalls.size(), 1U);
    EXPECT_EQ(m_body.messages[2].toolCalls[0].name, "helm_list_releases");
    EXPECT_EQ(m_body.messages[3].role, "tool");
    EXPECT_FALSE(m_body.messages[3].stepId.empty());
    EXPECT_THAT(m_body.messages[4].content, StartsWith("There are two Helm releases installed in the cluster:"));
    EXPECT_EQ(jsonvalues::cut(m_body.messages[4].content, 2000), record.run.answer);
    const auto tool = std::ranges::find(record.steps, StepKind::Tool, &Step::kind);
    ASSERT_NE(tool, record.steps.end());
    EXPECT_EQ(tool->toolName, "helm_list_releases");
    EXPECT_EQ(tool->arguments, "{}");
    EXPECT_THAT(tool->result, HasSubstr("kagent-crds"));
}

TEST_F(RealSpans, TempoExport)
{
    const auto record = one("otel-agentevals/tempo_export_with_batches.json", "tempo-json");
    EXPECT_EQ(record.run.nativeId, "dd547580319ab0312cee07f1def50dad");
    EXPECT_EQ(record.steps.size(), 86U);
    EXPECT_EQ(record.run.errorCount, 0);
    EXPECT_EQ(record.run.promptTokens, 4648); // of openai.chat alone: generate_content and call_llm repeat them
    EXPECT_EQ(record.run.completionTokens, 129);
    EXPECT_EQ(record.run.start, 1777555053769217800);
    EXPECT_EQ(record.run.end, 1777555058430533600);
    EXPECT_EQ(count(record, StepKind::Llm), 2);
    EXPECT_EQ(count(record, StepKind::Tool), 1);
    EXPECT_EQ(count(record, StepKind::Agent), 2);
    EXPECT_EQ(record.run.task, "list all helm releases\n");
    EXPECT_THAT(record.run.answer, StartsWith("There are two Helm releases currently deployed:"));
    EXPECT_EQ(record.run.userId, "admin@kagent.dev");
    EXPECT_EQ(record.run.sessionId, "ctx-eff35888-55ab-4eb0-b90d-7b21f711f91f");
    ASSERT_EQ(m_body.messages.size(), 5U);
}

TEST_F(RealSpans, AnyAgentOfSevenFrameworks)
{
    struct ExpectedSpans {
        std::string file, trace;
        std::size_t spans;
        std::int64_t prompt, completion;
        double cost;
        int llm, tools;
    };
    for (const ExpectedSpans& want : {
             ExpectedSpans{"AGNO", "1de0532b350588ff152b1edf6bf358b3", 6, 1396, 74, 0.0001618, 3, 2},
             ExpectedSpans{"GOOGLE", "cdbd7b99cef221c28dd6d03c27d09b4c", 7, 2251, 86, 0.0002509, 3, 3},
             ExpectedSpans{"LANGCHAIN", "572318454595034fe5076610d6400542", 7, 1262, 125, 0.0001637, 4, 2},
             ExpectedSpans{"LLAMA_INDEX", "89c41176422c506985d55a0d2d2091db", 9, 1308, 255, 0.0002073, 5, 3},
             ExpectedSpans{"OPENAI", "4bedea77bb33b9c5f280371eae21ea97", 6, 1020, 76, 0.0001248, 3, 2},
             ExpectedSpans{"SMOLAGENTS", "9135313a4e40fe254d48742d230ea040", 7, 2294, 87, 0.0002555, 3, 3},
             ExpectedSpans{"TINYAGENT", "9707d5fd6d4a546d47757044c6127e04", 8, 1369, 156, 0.0001837, 4, 3},
         }) {
        const auto record = one("any-agent/" + want.file + "_trace.json", "any-agent");
        EXPECT_EQ(record.run.nativeId, want.trace);
        EXPECT_EQ(record.steps.size(), want.spans) << want.file;
        EXPECT_EQ(record.run.errorCount, 0);
        EXPECT_EQ(record.run.promptTokens, want.prompt) << want.file;
        EXPECT_EQ(record.run.completionTokens, want.completion) << want.file;
        EXPECT_NEAR(record.run.costUsd.value_or(0), want.cost, 1e-9) << want.file;
        EXPECT_EQ(count(record, StepKind::Llm), want.llm) << want.file;
        EXPECT_EQ(count(record, StepKind::Tool), want.tools) << want.file;
        EXPECT_EQ(record.run.agentName, "any_agent");
        EXPECT_THAT(record.run.task, HasSubstr("Find what year it is in the America/New_York timezone")) << want.file;
        EXPECT_THAT(record.run.answer, StartsWith(R"({"steps":[{"number":1,)")) << want.file;
        ASSERT_FALSE(m_body.messages.empty());
        EXPECT_EQ(m_body.messages.front().role, "system") << want.file;
    }
}

TEST_F(RealSpans, TheProtocolsOwnExamples)
{
    const auto record = one("otlp-proto-examples/trace.json", "otlp-json");
    EXPECT_EQ(record.run.nativeId, "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(record.run.project, "my.service");
    ASSERT_EQ(record.steps.size(), 1U);
    EXPECT_EQ(record.steps[0].name, "I'm a server span");
    EXPECT_EQ(record.steps[0].start, 1544712660000000000);
    EXPECT_EQ(record.steps[0].parentId, "eee19b7ec3c1b173");
    for (const std::string name : {"logs", "events"}) {
        auto reader = openStore(m_data / "otlp-proto-examples" / (name + ".json"), {});
        ASSERT_TRUE(reader) << textOf(reader.error());
        EXPECT_EQ((*reader)->info().kind, "otlp-json");
        EXPECT_THAT((*reader)->info().note, HasSubstr("log records"));
        Collector got;
        (void)(*reader)->ingest({}, got, {});
        EXPECT_TRUE(got.runs.empty());
    }
}

TEST_F(RealSpans, EvalSetsAreNotTraces)
{
    for (const char* name : {"eval_set_helm.json", "evalset_helm_3_2026-02-23.json", "evalset_k8s_2026-02-20.json"}) {
        const auto reader = openStore(m_data / "otel-agentevals" / name, {});
        EXPECT_FALSE(reader) << name;
    }
}

} // namespace
} // namespace tackroom::testing
