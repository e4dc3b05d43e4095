// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/humanresume.h"

#include "core/readers/conversation.h"

#include <algorithm>
#include <array>

namespace tackroom::humanresume
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxDecisions = 200;

struct AnswerType {
    std::string_view name;
    DecisionKind kind;
};
constexpr std::array kAnswerTypes{
    AnswerType{"accept", DecisionKind::Approve}, AnswerType{"approve", DecisionKind::Approve},
    AnswerType{"ignore", DecisionKind::Reject},  AnswerType{"reject", DecisionKind::Reject},
    AnswerType{"edit", DecisionKind::Edit},      AnswerType{"response", DecisionKind::Answer},
    AnswerType{"respond", DecisionKind::Answer},
};

const AnswerType* typeOf(Value value)
{
    const auto type = stringOf(member(value, "type"));
    if (!type) return nullptr;
    const auto at = std::ranges::find(kAnswerTypes, *type, &AnswerType::name);
    return at == kAnswerTypes.end() ? nullptr : &*at;
}

std::optional<bool> truthOf(std::optional<Value> value)
{
    bool truth = false;
    if (!value || value->get(truth) != simdjson::SUCCESS) return std::nullopt;
    return truth;
}

std::vector<Value> listOf(Value value)
{
    std::vector<Value> out;
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return {value};
    for (const Value each : list)
        if (out.size() < kMaxDecisions) out.push_back(each);
    return out;
}

std::string firstTextOf(Value value, std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys)
        if (std::string text = textOf(member(value, key)); !text.empty()) return cut(text, kStepTextBytes);
    return {};
}

void addAsked(std::vector<Asked>& out, const std::string& id, Value value)
{
    for (const Value each : listOf(value)) {
        if (const auto requests = member(each, "action_requests"); isArray(requests)) {
            for (const Value request : listOf(*requests))
                out.push_back({id, firstTextOf(request, {"name", "action"}), firstTextOf(request, {"args", "arguments"})});
            continue;
        }
        if (const auto request = member(each, "action_request"); isObject(request))
            out.push_back({id, firstTextOf(*request, {"action", "name"}), firstTextOf(*request, {"args", "arguments"})});
        else
            out.push_back({id, {}, cut(textOf(each), kStepTextBytes)});
    }
}

/// The answers one by one; those that are given by the id of an interrupt with it.
std::vector<std::pair<std::string, Value>> answersIn(Value resume, std::span<const Asked> asked)
{
    std::vector<std::pair<std::string, Value>> out;
    const auto add = [&](const std::string& id, Value value) {
        const auto decisions = member(value, "decisions");
        const Value answers = isArray(decisions) ? *decisions : value;
        const bool several = isArray(decisions) || (isArray(answers) && isKnownAnswer(answers));
        if (!several) return void(out.emplace_back(id, answers));
        for (const Value each : listOf(answers)) out.emplace_back(id, each);
    };
    simdjson::dom::object object;
    bool byId = resume.get(object) == simdjson::SUCCESS && object.size() > 0;
    if (byId)
        for (const auto entry : object)
            byId = byId && std::ranges::any_of(asked, [&](const Asked& one) { return !one.id.empty() && one.id == entry.key; });
    if (!byId) {
        add({}, resume);
        return out;
    }
    for (const auto entry : object) add(std::string(entry.key), entry.value);
    return out;
}

HumanDecision decisionOf(Value answer)
{
    HumanDecision decision;
    if (const AnswerType* type = typeOf(answer)) {
        decision.kind = type->kind;
        const auto edited = member(answer, "edited_action");
        const auto args = edited ? edited : member(answer, "args");
        std::string words = firstTextOf(answer, {"message"});
        if (type->kind == DecisionKind::Edit && args)
            decision.after = member(*args, "args") ? firstTextOf(*args, {"args"}) : cut(textOf(args), kStepTextBytes);
        else if (words.empty())
            words = cut(textOf(args), kStepTextBytes);
        if (type->kind == DecisionKind::Answer)
            decision.after = words;
        else if (type->kind != DecisionKind::Edit)
            decision.reason = words;
        if (decision.after.empty()) decision.after = std::string(type->name);
        return decision;
    }
    auto truth = truthOf(answer);
    if (!truth) truth = truthOf(member(answer, "approved"));
    if (truth) {
        decision.kind = *truth ? DecisionKind::Approve : DecisionKind::Reject;
        decision.reason = firstTextOf(answer, {"reason", "message"});
    }
    decision.after = cut(textOf(answer), kStepTextBytes);
    return decision;
}

} // namespace

std::vector<Asked> askedIn(Value interrupts)
{
    std::vector<Asked> out;
    for (const Value each : listOf(interrupts)) {
        const auto value = member(each, "value");
        if (out.size() >= kMaxDecisions) break;
        if (value && isObject(each))
            addAsked(out, firstTextOf(each, {"id", "interrupt_id"}), *value);
        else
            addAsked(out, {}, each);
    }
    return out;
}

bool isKnownAnswer(Value resume)
{
    if (isArray(member(resume, "decisions"))) return true;
    const auto list = listOf(resume);
    return !list.empty() && std::ranges::all_of(list, [](Value each) { return typeOf(each) != nullptr; });
}

std::vector<HumanDecision> decisionsOf(Value resume, std::span<const Asked> asked)
{
    std::vector<HumanDecision> out;
    const auto answers = answersIn(resume, asked);
    std::vector<bool> taken(asked.size(), false);
    for (const auto& [id, answer] : answers) {
        if (out.size() >= kMaxDecisions) break;
        HumanDecision decision = decisionOf(answer);
        decision.target = "interrupt";
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (taken[i] || (!id.empty() && asked[i].id != id)) continue;
            taken[i] = true;
            if (!asked[i].action.empty()) decision.target = "tool call: " + asked[i].action;
            decision.before = asked[i].words;
            break;
        }
        out.push_back(std::move(decision));
    }
    return out;
}

} // namespace tackroom::humanresume
