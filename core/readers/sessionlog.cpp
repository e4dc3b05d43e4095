// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/sessionlog.h"

#include "core/base/format.h"
#include "core/readers/conversation.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 20;

/// "m12.c1" → 12, "m12" → 12.
std::size_t messageOf(const Step& step)
{
    std::size_t number = 0;
    for (const char c : std::string_view(step.nativeId).substr(1)) {
        if (c < '0' || c > '9') break;
        number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    return number;
}

} // namespace

std::string SessionLog::bounded(std::string text) const
{
    const std::size_t most = m_bodies ? kMaxMessageBytes : kToolTextBytes;
    return text.size() > most ? jsonvalues::cut(text, most) : text;
}

std::size_t SessionLog::add(Message message, Facts facts)
{
    message.content = bounded(std::move(message.content));
    std::vector<Message::ToolCall> calls;
    calls.swap(message.toolCalls);
    m_messages.push_back(std::move(message));
    m_facts.push_back(std::move(facts));
    for (auto& call : calls) addCall(m_messages.size() - 1, std::move(call));
    return m_messages.size() - 1;
}

void SessionLog::append(std::size_t at, std::string_view text)
{
    std::string& content = m_messages[at].content;
    content = bounded(content.empty() ? std::string(text) : content + "\n" + std::string(text));
}

void SessionLog::addWords(std::size_t at, std::string_view words)
{
    if (words.empty()) return;
    append(at, words);
    std::string& said = m_facts[at].words;
    said = jsonvalues::cut(said.empty() ? std::string(words) : said + "\n" + std::string(words), kStepTextBytes);
}

void SessionLog::addThought(std::size_t at, std::string_view thought)
{
    if (!thought.empty()) append(at, "[thinking] " + std::string(thought));
}

std::optional<std::pair<std::size_t, std::size_t>> SessionLog::caller(std::string_view callId) const
{
    const auto found = m_callers.find(callId);
    return found == m_callers.end() ? std::nullopt : std::optional(found->second);
}

void SessionLog::addCall(std::size_t at, Message::ToolCall call)
{
    // A line that is written again while the answer streams repeats the call.
    if (!call.id.empty() && m_callers.contains(call.id)) return;
    call.arguments = bounded(std::move(call.arguments));
    if (!call.id.empty()) m_callers[call.id] = {at, m_messages[at].toolCalls.size()};
    m_messages[at].toolCalls.push_back(std::move(call));
}

void SessionLog::addStep(Step step) { m_others.emplace_back(m_messages.size(), std::move(step)); }

void SessionLog::addDecision(HumanDecision decision, std::string callId)
{
    m_decisions.push_back({std::move(decision), std::move(callId), m_messages.size()});
}

void SessionLog::addChain(std::string chain, std::string name, std::string prompt)
{
    m_chains.push_back({std::move(chain), std::move(name), std::move(prompt)});
}

void SessionLog::applyFacts(ParsedRun& run) const
{
    std::map<std::string_view, std::size_t> answers; // step → message
    for (std::size_t i = 0; i < run.conversation.size(); ++i)
        if (run.conversation[i].role == "tool" && !run.conversation[i].stepId.empty()) answers[run.conversation[i].stepId] = i;
    for (Step& step : run.record.steps) {
        const Facts& said = m_facts[messageOf(step)];
        if (step.kind == StepKind::Llm) {
            step.start = said.start;
            step.end = std::max(said.start, said.end);
            step.model = said.model;
            step.promptTokens = said.promptTokens;
            step.completionTokens = said.completionTokens;
            step.status = said.isError ? StepStatus::Error : StepStatus::Ok;
            step.errorType = said.errorType;
            if (!said.words.empty()) step.outputText = said.words;
            if (said.isError) step.errorText = jsonvalues::cut(step.outputText, kStepTextBytes);
            continue;
        }
        step.start = std::max(said.start, said.end);
        step.end = step.start;
        const auto answer = answers.find(step.nativeId);
        if (answer == answers.end()) {
            step.status = StepStatus::Unset; // the session ended, or the answer was not kept
            continue;
        }
        const Facts& got = m_facts[answer->second];
        step.end = std::max(step.start, got.end);
        step.errorType = got.errorType;
        if (!got.errorText.empty()) step.errorText = got.errorText;
    }
}

/// A sub-agent's steps go below one of its own, and that below the tool call that began it.
void SessionLog::nestChains(ParsedRun& run) const
{
    if (m_chains.empty()) return;
    std::map<std::string_view, std::size_t> agents; // chain → its agent step
    std::vector<Step> steps;
    const auto parentOf = [&](const Chain& chain) {
        for (const Step& step : steps)
            if (step.kind == StepKind::Tool && !chain.prompt.empty() && messageOf(step) < m_facts.size()) {
                const Message& caller = run.conversation[messageOf(step)];
                const auto call = caller.toolCalls.size() == 1
                                      ? caller.toolCalls.begin()
                                      : std::ranges::find(caller.toolCalls, chain.id, &Message::ToolCall::id);
                const std::string& arguments = call == caller.toolCalls.end() ? step.arguments : call->arguments;
                if (arguments.find(chain.prompt) != std::string::npos) return step.nativeId;
            }
        return std::string();
    };
    for (Step& step : run.record.steps) {
        const std::string& name = m_facts[messageOf(step)].chain;
        const auto chain = std::ranges::find(m_chains, name, &Chain::id);
        if (!name.empty() && step.kind == StepKind::Llm && chain != m_chains.end()) {
            if (!agents.contains(chain->id)) {
                Step agent;
                agent.nativeId = formatText("a{}", agents.size());
                agent.parentId = parentOf(*chain);
                agent.kind = StepKind::Agent;
                agent.name = jsonvalues::cut(chain->name, kStepTextBytes);
                agent.start = agent.end = step.start;
                agents[chain->id] = steps.size();
                steps.push_back(std::move(agent));
            }
            step.parentId = steps[agents[chain->id]].nativeId;
        }
        if (!name.empty() && agents.contains(name)) {
            Step& agent = steps[agents[name]];
            agent.end = std::max(agent.end, step.end);
        }
        steps.push_back(std::move(step));
    }
    run.record.steps = std::move(steps);
}

void SessionLog::addOtherSteps(ParsedRun& run)
{
    std::vector<Step> steps;
    steps.reserve(run.record.steps.size() + m_others.size());
    std::size_t number = 0;
    const auto addUpTo = [&](std::size_t message) {
        for (; number < m_others.size() && m_others[number].first <= message; ++number) {
            Step& step = m_others[number].second;
            step.nativeId = formatText("o{}", number);
            if (m_bodies) run.texts[step.nativeId].output = step.errorText.empty() ? step.outputText : step.errorText;
            steps.push_back(std::move(step));
        }
    };
    for (Step& step : run.record.steps) {
        if (step.nativeId.starts_with('m')) addUpTo(messageOf(step));
        steps.push_back(std::move(step));
    }
    addUpTo(m_messages.max_size());
    run.record.steps = std::move(steps);
}

void SessionLog::addDecisions(ParsedRun& run)
{
    // What the agent did last before each message: the steps are in the order of the messages.
    std::map<std::size_t, std::string_view> lastOf;
    for (const Step& step : run.record.steps)
        if (step.nativeId.starts_with('m')) lastOf[messageOf(step)] = step.nativeId;
    for (Decided& each : m_decisions) {
        const auto after = lastOf.lower_bound(each.messages);
        if (const auto call = caller(each.callId))
            each.decision.stepId = formatText("m{}.c{}", call->first, call->second + 1);
        else if (after != lastOf.begin())
            each.decision.stepId = std::prev(after)->second;
        run.record.decisions.push_back(std::move(each.decision));
    }
}

void SessionLog::finish(ParsedRun& run)
{
    run.conversation = std::move(m_messages);
    ConversationRules rules;
    rules.isError = [&](const Message& message) {
        return m_facts[static_cast<std::size_t>(&message - run.conversation.data())].isError;
    };
    addConversationSteps(run, rules);
    applyFacts(run);
    nestChains(run);
    addOtherSteps(run);
    addDecisions(run);
    Run& out = run.record.run;
    for (std::size_t i = 0; i < m_facts.size(); ++i) {
        const Facts& facts = m_facts[i];
        if (facts.start && (out.start == 0 || facts.start < out.start)) out.start = facts.start;
        out.end = std::max({out.end, facts.start, facts.end});
        const Message& message = run.conversation[i];
        if (facts.chain.empty() && message.role == "user" && out.task.empty())
            out.task = jsonvalues::cut(message.content, kStepTextBytes);
        if (facts.chain.empty() && !facts.words.empty()) out.answer = facts.words;
    }
    fillRunFromConversation(run);
}

} // namespace tackroom
