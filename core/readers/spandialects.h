// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The dialects in which frameworks and instrumentations write what an agent did into spans; each function reads what its
/// dialect has and fills only what is still empty. spannormalise.cpp asks them in the order in which they are declared here:
/// the more particular one first, the general conventions last. Field by field:
///
///   OpenInference       openinference.span.kind; llm.{input,output}_messages (lists or flat keys); input.value, output.value;
///                       tool.name; llm.model_name; llm.token_count.*; llm.cost.total; session.id, user.id, agent.name;
///                       retrieval.documents
///   Vercel AI SDK       ai.operationId (ai.generateText … .doGenerate, ai.toolCall); ai.prompt, ai.prompt.messages;
///   (3 to 6)            ai.response.text, .toolCalls, .object; ai.toolCall.{name,id,args,result}; ai.model.id; ai.usage.*;
///                       ai.telemetry.metadata.*
///   Google ADK          gcp.vertex.agent.{llm_request,llm_response,tool_call_args,tool_response,session_id}; spans invocation,
///                       agent_run [x], call_llm, execute_tool x
///   Pydantic AI         events, all_messages_events (1), pydantic_ai.all_messages (2, 3); tool_arguments, tool_response;
///   (1 to 3)            final_result; agent_name, model_name; operation.cost; Logfire's annotations (logfire.feedback.*) are
///                       scores by a human
///   OpenLLMetry         traceloop.span.kind (workflow, task, agent, tool); traceloop.entity.{name,input,output};
///                       gen_ai.prompt.N.*, gen_ai.completion.N.*, before them llm.prompts.N.*, llm.completions.N.*;
///                       traceloop.association.properties.*
///   Agent Framework     executor.process, workflow.run … (workflow.name, executor.id, executor.type); the rest is gen_ai.*
///   any-agent           gen_ai.output, gen_ai.tool.args, operation call_llm, gen_ai.usage.*_cost
///   MLflow, Langfuse,   mlflow.span{Type,Inputs,Outputs}; langfuse.observation.{type,input,output}, langfuse.{session,user}.id;
///   LangSmith (OTLP)    langsmith.span.kind
///   gen_ai              the semantic conventions of every generation: gen_ai.operation.name; gen_ai.system or provider.name;
///                       messages as events (gen_ai.user.message … gen_ai.choice; gen_ai.content.prompt), attributes
///                       (gen_ai.prompt, gen_ai.completion) or gen_ai.{input,output}.messages with parts and
///                       gen_ai.system_instructions; usage prompt_tokens or input_tokens; gen_ai.tool.*; gen_ai.agent.*;
///                       gen_ai.conversation.id; gen_ai.evaluation.*
#include "core/readers/openinference.h"
#include "core/readers/spans.h"

namespace tackroom::spandialects
{

/// One span while it is read.
struct Reading {
    const Span& span;
    const SpanAttributes& attributes; ///< the span's
    NormalisedSpan& out;
    std::size_t maxTextBytes; ///< of each message
    openinference::Parsers& parsers;

    void dialect(std::string_view name)
    {
        if (out.dialect.empty()) out.dialect = name;
    }
    void kind(StepKind kind)
    {
        if (out.step.kind == StepKind::Other) out.step.kind = kind;
    }
    /// Fills `to` with the first text that is there, where it is still empty; cut.
    void fill(std::string& to, std::initializer_list<AttributeKey> keys, std::size_t maxBytes) const
    {
        fillFrom(attributes, to, keys, maxBytes);
    }
    static void fillFrom(const SpanAttributes& attributes, std::string& to, std::initializer_list<AttributeKey> keys,
                         std::size_t maxBytes);
    void fillId(std::string& to, std::initializer_list<AttributeKey> keys) const { fill(to, keys, 512); }
    /// Whole where bodies are wanted or it may be JSON that is looked into, else cut to what the step shows.
    void fillText(std::string& to, std::initializer_list<AttributeKey> keys) const;
    /// Messages of a text that is JSON or of an array, where there are none yet.
    void fillMessages(std::vector<Message>& to, const AttributeKey& key) const;
    /// Messages as flat keys: prefix0.role, prefix0.content, prefix0.tool_calls.0.name … (also with "message." before each).
    void fillFlatMessages(std::vector<Message>& to, std::string_view prefix) const;
    void tokens(std::int64_t prompt, std::int64_t completion) const;
};

void readOpenInference(Reading& reading);
void readVercel(Reading& reading);
void readAdk(Reading& reading);
void readPydantic(Reading& reading);
void readOpenLlmetry(Reading& reading);
void readAgentFramework(Reading& reading);
void readAnyAgent(Reading& reading);
void readBackends(Reading& reading); ///< MLflow, Langfuse, LangSmith
void readGenAi(Reading& reading);

} // namespace tackroom::spandialects
