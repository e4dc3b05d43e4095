// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/spandialects.h"
#include "core/readers/sparemessages.h"

#include <algorithm>

namespace tackroom
{

using namespace jsonvalues;
using spandialects::Reading;

namespace
{

/// A caught exception of a span that ended well is no error of the step.
void readError(Reading& reading)
{
    Step& step = reading.out.step;
    if (step.status != StepStatus::Error) return;
    assignCut(step.errorText, reading.span.statusText, kStepTextBytes);
    for (const SpanEvent& event : reading.span.events) {
        if (event.name != "exception") continue;
        step.errorType = cut(event.attributes.text("exception.type"), kIdBytes);
        if (std::string text = event.attributes.text("exception.message"); !text.empty())
            step.errorText = cut(text, kStepTextBytes);
    }
    reading.fillId(step.errorType, {"error.type", "exception.type"});
    reading.fill(step.errorText, {"error.message", "exception.message", "otel.status_description", "logfire.exception.message"},
                 kStepTextBytes);
}

bool hasVersionKey(const SpanAttributes& attributes)
{
    static const std::vector<AttributeKey> known = [] {
        std::vector<AttributeKey> keys;
        for (const std::string_view key : knownVersionKeys()) keys.emplace_back(key);
        return keys;
    }();
    return std::ranges::any_of(known, [&](const AttributeKey& key) { return attributes.has(key); });
}

void readVersion(Reading& reading)
{
    static constexpr std::string_view kPrefixes[] = {"metadata.",
                                                     "traceloop.association.properties.",
                                                     "ai.telemetry.metadata.",
                                                     "langfuse.trace.metadata.",
                                                     "langsmith.metadata.",
                                                     "langfuse."};
    const SpanAttributes& attributes = reading.attributes;
    std::string_view present[std::size(kPrefixes)];
    std::size_t count = 0;
    for (const auto prefix : kPrefixes)
        if (attributes.hasPrefix(prefix)) present[count++] = prefix;
    // Metadata may be JSON in a text.
    SpanAttributes inner;
    const auto inText = attributes.view("metadata");
    if (inText && inText->starts_with('{'))
        if (const auto parsed = reading.parsers.metadata.parse(*inText)) inner.addMembers(*parsed);
    const bool onlyResource = count == 0 && inner.empty() && !moreVersionKeysWanted() && !hasVersionKey(attributes);
    if (onlyResource && (reading.span.resourceVersion || !reading.span.resource)) {
        if (reading.span.resourceVersion) reading.out.version = *reading.span.resourceVersion;
    } else {
        reading.out.version = findVersion(
            [&](std::string_view name) -> std::string {
                const AttributeKey key(name);
                if (attributes.has(key) && !attributes.json(key)) return attributes.text(key);
                if (!inner.empty() && inner.has(key) && !inner.json(key)) return inner.text(key);
                for (std::size_t i = 0; i < count; ++i) {
                    const std::string whole = std::string(present[i]) + std::string(name);
                    if (attributes.has(whole) && !attributes.json(whole)) return attributes.text(whole);
                }
                return reading.span.resource ? reading.span.resource->text(key) : std::string();
            },
            [&](const VersionKeyVisit& visit) {
                attributes.eachBelow("", visit);
                inner.eachBelow("", visit);
                if (reading.span.resource) reading.span.resource->eachBelow("", visit);
            });
    }
    auto& label = reading.out.version.label;
    if (label.empty() && attributes.has("gen_ai.agent.version")) {
        label = cut(attributes.text("gen_ai.agent.version"), kIdBytes);
        reading.out.version.labelKey = "gen_ai.agent.version";
    }
    if (!inner.empty()) {
        if (reading.out.sessionId.empty()) reading.out.sessionId = cut(inner.firstText({"session_id", "thread_id"}), kIdBytes);
        if (reading.out.userId.empty()) reading.out.userId = cut(inner.text("user_id"), kIdBytes);
    }
}

void readSurroundings(Reading& reading)
{
    NormalisedSpan& out = reading.out;
    reading.fillId(out.sessionId, {"session.id", "session_id", "thread.id", "metadata.session_id", "metadata.thread_id"});
    reading.fillId(out.toolCallId, {"gen_ai.tool.call.id", "ai.toolCall.id", "tool_call.id"});
    reading.fillId(out.userId, {"user.id", "enduser.id", "metadata.user_id", "kagent.user_id"});
    readVersion(reading);
    if (!reading.span.resource) return;
    const SpanAttributes& resource = *reading.span.resource;
    Reading::fillFrom(resource, out.userId, {"user.id"}, kIdBytes);
    Reading::fillFrom(resource, out.project, {"openinference.project.name", "service.name"}, kIdBytes);
    if (out.project.starts_with("unknown_service")) out.project.clear();
}

const Message* lastOf(const std::vector<Message>& messages, std::string_view role)
{
    for (auto message = messages.rbegin(); message != messages.rend(); ++message)
        if (message->role == role) return &*message;
    return nullptr;
}

/// What was asked and answered, and the texts of the step.
void fillTexts(Reading& reading)
{
    NormalisedSpan& out = reading.out;
    Step& step = out.step;
    if (const Message* asked = lastOf(out.input, "user"))
        assignCut(out.userText, asked->content, kStepTextBytes);
    else if (out.input.empty() && !out.inputText.empty() && step.kind != StepKind::Tool)
        out.userText = cut(openinference::userTextOf(out.inputText, reading.parsers), kStepTextBytes);
    const Message* said = lastOf(out.output, "assistant");
    if (!said && out.output.empty() && step.kind == StepKind::Agent && out.outputText.empty())
        said = lastOf(out.input, "assistant");
    if (said) {
        assignCut(out.answerText, said->content, kStepTextBytes);
        out.hasOutput = true;
    } else if (!out.outputText.empty() && step.kind != StepKind::Tool) {
        out.answerText = cut(openinference::answerTextOf(out.outputText, reading.parsers), kStepTextBytes);
        out.hasOutput = true;
    }
    if (step.kind == StepKind::Tool) {
        if (step.toolName.empty()) step.toolName = step.name;
        assignCut(step.arguments, out.inputText, kToolTextBytes);
        assignCut(step.result, out.outputText, kToolTextBytes);
        return;
    }
    if (step.kind == StepKind::Retriever || step.kind == StepKind::Reranker)
        assignCut(step.result, out.outputText, kToolTextBytes);
    const bool lastInput = step.kind == StepKind::Llm && !out.input.empty();
    if (lastInput)
        assignCut(step.inputText, out.input.back().content, kStepTextBytes);
    else
        step.inputText = out.userText;
    step.outputText = out.answerText;
}

} // namespace

VersionFacts versionOfResource(const SpanAttributes& resource)
{
    return findVersion([&](std::string_view key) { return resource.text(key); },
                       [&](const VersionKeyVisit& visit) { resource.eachBelow("", visit); });
}

NormalisedSpan normaliseSpan(const Span& span, bool wantBodies)
{
    NormalisedSpan out;
    normaliseSpan(span, wantBodies, out);
    return out;
}

void normaliseSpan(const Span& span, bool wantBodies, NormalisedSpan& out)
{
    out.clear();
    out.traceId = span.traceId;
    Step& step = out.step;
    assignCut(step.nativeId, span.spanId, kIdBytes);
    assignCut(step.parentId, span.parentId, kIdBytes);
    assignCut(step.name, span.name, kIdBytes);
    step.start = span.start;
    step.end = span.end;
    step.status = span.status;

    thread_local openinference::Parsers parsers;
    Reading reading{span, span.attributes, out, wantBodies ? kWholeText : kToolTextBytes, parsers};
    readError(reading);
    spandialects::readOpenInference(reading);
    spandialects::readVercel(reading);
    spandialects::readAdk(reading);
    spandialects::readPydantic(reading);
    spandialects::readOpenLlmetry(reading);
    spandialects::readAgentFramework(reading);
    spandialects::readAnyAgent(reading);
    spandialects::readBackends(reading);
    spandialects::readGenAi(reading);
    readSurroundings(reading);
    fillTexts(reading);
    out.isEventOnly = span.isEventOnly;
    if (!wantBodies && !span.isEventOnly) {
        spareMessages().giveBack(out.input);
        spareMessages().giveBack(out.output);
        out.inputText.clear();
        out.outputText.clear();
    }
}

} // namespace tackroom
