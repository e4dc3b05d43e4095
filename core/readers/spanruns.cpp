// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/openinference.h"
#include "core/readers/spans.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace tackroom
{

namespace
{

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr int kMaxClimb = 1000;
constexpr std::size_t kMaxConversation = 100'000;

/// What makes two messages the same: arguments are written with and without spaces.
std::string digestOf(const Message& message)
{
    std::string digest = message.role + '\0' + std::string(trimmed(message.content));
    for (const auto& call : message.toolCalls) {
        digest += '\0' + call.name + '\0';
        for (const char c : call.arguments)
            if (c != ' ' && c != '\n') digest += c;
    }
    return digest;
}

/// Places by id, the first of each. Most traces have a few spans, which are looked through sooner than put into a table.
class PlacesById
{
public:
    explicit PlacesById(std::size_t count)
    {
        if (count > kFew)
            m_table.emplace().reserve(count);
        else
            m_few.reserve(count);
    }
    /// The place that the id has now, and whether it is this one.
    std::pair<std::size_t, bool> add(std::string_view id, std::size_t place)
    {
        if (m_table) {
            const auto [found, isNew] = m_table->emplace(id, place);
            return {found->second, isNew};
        }
        if (const std::size_t found = find(id); found != kNone) return {found, false};
        m_few.emplace_back(id, place);
        return {place, true};
    }
    [[nodiscard]] std::size_t find(std::string_view id) const
    {
        if (m_table) {
            const auto found = m_table->find(id);
            return found == m_table->end() ? kNone : found->second;
        }
        for (const auto& [known, place] : m_few)
            if (known == id) return place;
        return kNone;
    }

private:
    static constexpr std::size_t kFew = 16;
    std::vector<std::pair<std::string_view, std::size_t>> m_few;
    std::optional<std::unordered_map<std::string_view, std::size_t>> m_table;
};

/// The spans of one trace as a tree.
class Trace
{
public:
    explicit Trace(std::vector<NormalisedSpan*> spans) : m_spans(std::move(spans)) { build(); }

    [[nodiscard]] std::size_t size() const { return m_spans.size(); }
    [[nodiscard]] NormalisedSpan& at(std::size_t i) const { return *m_spans[i]; }
    [[nodiscard]] int depth(std::size_t i) const { return m_depths[i]; }
    [[nodiscard]] std::size_t parent(std::size_t i) const { return m_parents[i]; }

    /// No parent; else the first whose parent is not there; else (all in a circle) the first.
    [[nodiscard]] std::size_t root() const
    {
        std::size_t orphan = kNone;
        for (std::size_t i = 0; i < size(); ++i) {
            if (at(i).step.parentId.empty()) return i;
            if (orphan == kNone && m_parents[i] == kNone) orphan = i;
        }
        return orphan == kNone ? 0 : orphan;
    }
    /// For each span whether some span below it has the property.
    template <class Has> [[nodiscard]] std::vector<bool> hasBelow(Has&& has) const
    {
        std::vector<bool> below(size());
        for (std::size_t i = 0; i < size(); ++i) {
            if (!has(at(i))) continue;
            int steps = 0;
            for (std::size_t up = m_parents[i]; up != kNone && !below[up] && ++steps < kMaxClimb; up = m_parents[up])
                below[up] = true;
        }
        return below;
    }

private:
    void build()
    {
        PlacesById byId(size());
        for (std::size_t i = 0; i < size(); ++i) byId.add(at(i).step.nativeId, i);
        m_parents.assign(size(), kNone);
        m_depths.assign(size(), 0);
        for (std::size_t i = 0; i < size(); ++i) {
            const std::size_t found = byId.find(at(i).step.parentId);
            if (found != i) m_parents[i] = found;
        }
        for (std::size_t i = 0; i < size(); ++i)
            for (std::size_t up = m_parents[i]; up != kNone && m_depths[i] < kMaxClimb; up = m_parents[up]) ++m_depths[i];
    }

    std::vector<NormalisedSpan*> m_spans;
    std::vector<std::size_t> m_parents;
    std::vector<int> m_depths;
};

bool hasTokens(const NormalisedSpan& span) { return span.step.promptTokens > 0 || span.step.completionTokens > 0; }
bool isSayingLlm(const NormalisedSpan& span) { return span.step.kind == StepKind::Llm && span.hasOutput; }

/// An llm span around another one (ADK's call_llm around the provider's own) is no second call.
void turnWrappersToChains(const Trace& trace)
{
    const auto below = trace.hasBelow(isSayingLlm);
    for (std::size_t i = 0; i < trace.size(); ++i)
        if (below[i] && trace.at(i).step.kind == StepKind::Llm) trace.at(i).step.kind = StepKind::Chain;
}

void fillSums(const Trace& trace, Run& run)
{
    const auto tokensBelow = trace.hasBelow(hasTokens);
    const auto costBelow = trace.hasBelow([](const NormalisedSpan& span) { return span.costUsd.has_value(); });
    for (std::size_t i = 0; i < trace.size(); ++i) {
        const NormalisedSpan& span = trace.at(i);
        const Step& step = span.step;
        if (!tokensBelow[i]) {
            run.promptTokens += step.promptTokens;
            run.completionTokens += step.completionTokens;
        }
        if (!costBelow[i] && span.costUsd) run.costUsd = run.costUsd.value_or(0) + *span.costUsd;
        if (step.status == StepStatus::Error) ++run.errorCount;
        if (step.start > 0 && (run.start == 0 || step.start < run.start)) run.start = step.start;
        run.end = std::max({run.end, step.start, step.end});
    }
    run.stepCount = static_cast<std::int64_t>(trace.size());
}

/// The span of a kind that stands highest, the first (or last) of them.
template <class Wanted> std::size_t highest(const Trace& trace, bool last, Wanted&& wanted)
{
    std::size_t best = kNone;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        if (!wanted(trace.at(i))) continue;
        const bool isBetter =
            best == kNone || trace.depth(i) < trace.depth(best) || (last && trace.depth(i) == trace.depth(best));
        if (isBetter) best = i;
    }
    return best;
}

void fillTexts(const Trace& trace, const NormalisedSpan& root, Run& run)
{
    const auto isAgent = [](const NormalisedSpan& span) { return span.step.kind == StepKind::Agent; };
    run.task = root.userText;
    if (run.task.empty())
        if (const auto i = highest(trace, false, [&](const auto& span) { return isAgent(span) && !span.userText.empty(); });
            i != kNone)
            run.task = trace.at(i).userText;
    for (std::size_t i = 0; i < trace.size() && run.task.empty(); ++i)
        if (trace.at(i).step.kind == StepKind::Llm) run.task = trace.at(i).userText;
    for (std::size_t i = 0; i < trace.size() && run.task.empty(); ++i)
        if (trace.at(i).step.kind == StepKind::Chain) run.task = trace.at(i).userText;

    if (root.hasOutput) {
        run.answer = root.answerText;
        return;
    }
    if (const auto i = highest(trace, true, [&](const auto& span) { return isAgent(span) && span.hasOutput; }); i != kNone) {
        run.answer = trace.at(i).answerText;
        return;
    }
    for (std::size_t i = trace.size(); i-- > 0;)
        if (isSayingLlm(trace.at(i))) {
            run.answer = trace.at(i).answerText;
            return;
        }
}

void fillNames(const Trace& trace, const NormalisedSpan& root, RunRecord& record)
{
    Run& run = record.run;
    VersionFacts version = root.version;
    run.sessionId = root.sessionId;
    run.userId = root.userId;
    run.project = root.project;
    run.agentName = root.agentName;
    if (run.agentName.empty())
        if (const auto i = highest(trace, false, [](const auto& span) { return !span.agentName.empty(); }); i != kNone)
            run.agentName = trace.at(i).agentName;
    if (run.agentName.empty() && root.step.kind == StepKind::Agent) run.agentName = root.step.name;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        const NormalisedSpan& span = trace.at(i);
        if (run.sessionId.empty()) run.sessionId = span.sessionId;
        if (run.userId.empty()) run.userId = span.userId;
        if (run.project.empty()) run.project = span.project;
        version.fillFrom(span.version);
    }
    setVersion(record, version);
}

/// The conversation of a trace: each llm span brings what its input holds beyond what was said already, then its answer; so
/// sub-agents and histories that were rewritten in between are told once and in order.
class Conversation
{
public:
    void add(const NormalisedSpan& span)
    {
        std::map<std::string, int> here;
        for (const auto& message : span.input) {
            const std::string digest = digestOf(message);
            if (++here[digest] <= m_said[digest]) continue;
            ++m_said[digest];
            push(message, {});
        }
        for (const auto& message : span.output) {
            ++m_said[digestOf(message)];
            push(message, span.step.nativeId);
        }
    }
    [[nodiscard]] bool empty() const { return m_messages.empty(); }
    void addPlain(std::string_view role, const std::string& text, const std::string& stepId)
    {
        const bool isSaid = !m_messages.empty() && trimmed(m_messages.back().content) == trimmed(text);
        if (trimmed(text).empty() || isSaid) return;
        Message message;
        message.role = role;
        message.content = text;
        push(message, stepId);
    }
    void addTool(const NormalisedSpan& span)
    {
        Message message;
        message.role = "tool";
        message.name = span.step.toolName;
        message.content = span.outputText;
        message.toolCallId = span.toolCallId;
        push(message, span.step.nativeId);
    }
    /// A tool message belongs to the tool span that names its call; else to the first with the same result; else to the one at
    /// its place, if there are as many of both.
    void nameTools(const Trace& trace)
    {
        std::vector<const NormalisedSpan*> tools;
        for (std::size_t i = 0; i < trace.size(); ++i)
            if (trace.at(i).step.kind == StepKind::Tool) tools.push_back(&trace.at(i));
        const std::size_t toolCount = tools.size();
        std::size_t messageCount = 0;
        std::vector<Message*> unnamed;
        for (auto& message : m_messages) {
            if (message.role != "tool") continue;
            ++messageCount;
            const auto take = [&](auto&& fits) {
                const auto found = std::ranges::find_if(tools, [&](const auto* tool) { return tool && fits(*tool); });
                if (found == tools.end()) return false;
                message.stepId = (*found)->step.nativeId;
                *found = nullptr;
                return true;
            };
            if (!message.toolCallId.empty() && take([&](const auto& tool) { return tool.toolCallId == message.toolCallId; }))
                continue;
            if (!take([&](const auto& tool) { return tool.toolCallId.empty() && tool.outputText == message.content; }))
                unnamed.push_back(&message);
        }
        if (messageCount != toolCount) return;
        std::erase(tools, nullptr);
        for (std::size_t i = 0; i < unnamed.size() && i < tools.size(); ++i) unnamed[i]->stepId = tools[i]->step.nativeId;
    }
    [[nodiscard]] std::vector<Message> take() { return std::move(m_messages); }

private:
    void push(const Message& message, const std::string& stepId)
    {
        if (m_messages.size() >= kMaxConversation) return;
        m_messages.push_back(message);
        if (!stepId.empty()) m_messages.back().stepId = stepId;
    }
    std::vector<Message> m_messages;
    std::map<std::string, int> m_said; ///< how often each message stands there
};

std::vector<Message> conversationOf(const Trace& trace, const NormalisedSpan& root)
{
    Conversation conversation;
    for (std::size_t i = 0; i < trace.size(); ++i)
        if (trace.at(i).step.kind == StepKind::Llm) conversation.add(trace.at(i));
    for (std::size_t i = 0; i < trace.size() && conversation.empty(); ++i)
        if (trace.at(i).step.kind == StepKind::Agent) conversation.add(trace.at(i));
    openinference::Parsers parsers;
    if (conversation.empty()) {
        conversation.addPlain("user", openinference::userTextOf(root.inputText, parsers), root.step.nativeId);
        for (std::size_t i = 0; i < trace.size(); ++i)
            if (trace.at(i).step.kind == StepKind::Tool) conversation.addTool(trace.at(i));
    }
    if (root.step.kind != StepKind::Tool && root.step.kind != StepKind::Llm)
        conversation.addPlain("assistant", openinference::answerTextOf(root.outputText, parsers), root.step.nativeId);
    conversation.nameTools(trace);
    return conversation.take();
}

/// Histories repeat in every call: of decisions that are alike there are as many as the span that shows most of them has.
void addDecisions(std::vector<HumanDecision>& all, std::vector<HumanDecision>& ofSpan)
{
    const auto isAlike = [](const HumanDecision& a, const HumanDecision& b) {
        return a.kind == b.kind && a.target == b.target && a.reason == b.reason;
    };
    for (std::size_t i = 0; i < ofSpan.size(); ++i) {
        const auto like = [&](const HumanDecision& other) { return isAlike(ofSpan[i], other); };
        const auto here = std::count_if(ofSpan.begin(), ofSpan.begin() + static_cast<std::ptrdiff_t>(i) + 1, like);
        if (std::ranges::count_if(all, like) < here) all.push_back(ofSpan[i]);
    }
}

/// What log records tell of a span, given to it.
void mergeEvents(NormalisedSpan& span, NormalisedSpan& events)
{
    std::ranges::move(events.input, std::back_inserter(span.input));
    std::ranges::move(events.output, std::back_inserter(span.output));
    std::ranges::move(events.scores, std::back_inserter(span.scores));
    if (!events.userText.empty()) span.userText = events.userText;
    if (events.hasOutput) span.answerText = span.step.outputText = events.answerText;
    span.hasOutput = span.hasOutput || events.hasOutput;
    if (span.step.kind == StepKind::Llm && !span.input.empty())
        span.step.inputText = jsonvalues::cut(span.input.back().content, kStepTextBytes);
}

} // namespace

void SpanRunBuilder::joinParts()
{
    PlacesById byId(m_parts.size());
    for (std::size_t i = 0; i < m_parts.size(); ++i)
        if (!m_parts[i].span->isEventOnly) byId.add(m_parts[i].span->step.nativeId, i);
    std::vector<bool> gone(m_parts.size());
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        NormalisedSpan& span = *m_parts[i].span;
        const auto [found, isFirst] = byId.add(span.step.nativeId, i);
        if (isFirst) { // records of a span that is not there stand for it
            if (!span.input.empty() || !span.output.empty()) span.step.kind = StepKind::Llm;
            continue;
        }
        if (found == i) continue;
        NormalisedSpan& first = *m_parts[found].span;
        gone[i] = true;
        if (span.isEventOnly)
            mergeEvents(first, span);
        else if (first.step.name != span.step.name || first.step.start != span.step.start)
            gone[i] = false; // another span that shares the id
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        if (gone[i]) continue;
        if (kept != i) m_parts[kept] = std::move(m_parts[i]);
        ++kept;
    }
    m_parts.resize(kept);
}

ParsedRun SpanRunBuilder::finish(bool wantBodies, Spares* spares)
{
    ParsedRun run;
    unpackParts(spares);
    if (m_parts.empty()) return run;
    const auto start = [](const Part& part) { return part.span->step.start; };
    if (!std::ranges::is_sorted(m_parts, {}, start)) std::ranges::stable_sort(m_parts, {}, start);
    joinParts();
    const auto treeOf = [&] {
        std::vector<NormalisedSpan*> spans;
        spans.reserve(m_parts.size());
        for (auto& part : m_parts) spans.push_back(part.span.get());
        return Trace(std::move(spans));
    };
    Trace trace = treeOf();
    { // a child that began in the same instant as its parent stands behind it
        std::vector<std::size_t> order(m_parts.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto place = [&](std::size_t i) { return std::pair(trace.at(i).step.start, trace.depth(i)); };
        if (!std::ranges::is_sorted(order, {}, place)) {
            std::ranges::stable_sort(order, {}, place);
            std::vector<Part> parts;
            parts.reserve(order.size());
            for (const std::size_t i : order) parts.push_back(std::move(m_parts[i]));
            m_parts = std::move(parts);
            trace = treeOf();
        }
    }
    turnWrappersToChains(trace);
    const NormalisedSpan& root = trace.at(trace.root());
    RunRecord& record = run.record;
    record.run.nativeId = root.traceId;
    record.run.status = root.step.status;
    fillSums(trace, record.run);
    fillTexts(trace, root, record.run);
    fillNames(trace, root, record);
    if (wantBodies) run.conversation = conversationOf(trace, root);
    record.steps.reserve(m_parts.size());
    for (Part& part : m_parts) {
        NormalisedSpan& span = *part.span;
        std::ranges::move(span.scores, std::back_inserter(record.scores));
        addDecisions(record.decisions, span.decisions);
        if (wantBodies) {
            StepTexts& texts = run.texts[span.step.nativeId];
            texts.messages = std::move(span.input);
            for (auto& message : span.output) {
                message.stepId = span.step.nativeId;
                texts.messages.push_back(std::move(message));
            }
            texts.input = std::move(span.inputText);
            texts.output = std::move(span.outputText);
            texts.raw = std::move(part.raw);
        }
        record.steps.push_back(std::move(span.step));
    }
    if (spares) giveBack(*spares);
    clear();
    return run;
}

} // namespace tackroom
