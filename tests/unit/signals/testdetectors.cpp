// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signals/words.h"
#include "tests/unit/signals/runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tackroom
{
namespace
{

using testing::find;
using testing::RunBuilder;

/// A reward says that, not why: the text is then what the agent did that lasts.
TEST(FailedChecks, aBareRewardIsToldApartByWhatTheAgentDid)
{
    const auto textAfter = [](const std::vector<std::string>& tools) {
        RunBuilder run;
        for (const std::string& tool : tools) run.call(tool, "{}", "done");
        run.score("", "reward", "", Outcome::Failure, OutcomeSource::Verifier).value = 0;
        const auto signals = detectSignals(run);
        const Signal* signal = find(signals, "failed-evaluator");
        return signal ? signal->text : std::string();
    };
    EXPECT_EQ(textAfter({}), "no tool was called");
    EXPECT_EQ(textAfter({"get_user_details"}), "nothing was changed");
    EXPECT_EQ(textAfter({"get_user_details", "cancel_reservation", "think"}), "last change by cancel_reservation");
    EXPECT_EQ(textAfter({"get_user_details", "python"}), "last call of python") << "nothing is claimed of a tool not known";
    EXPECT_EQ(textAfter({"cancel_reservation", "transfer_to_human"}), "last change by cancel_reservation, handed over");
}

TEST(ToolErrors, theErrorTextTheStepAndTheToolAreNamed)
{
    RunBuilder run;
    const std::string step = run.failedCall("lookup_order", R"({"order_id":"W1"})", "unknown order id 'W1'").nativeId;
    run.says("I could not find it.");
    const auto signals = detectSignals(run);
    const Signal* signal = find(signals, "tool-error");
    ASSERT_TRUE(signal);
    EXPECT_EQ(signal->layer, Layer::Tools);
    EXPECT_EQ(signal->stepId, step);
    EXPECT_EQ(signal->subject, "lookup_order");
    EXPECT_EQ(signal->text, "unknown order id 'W1'");
    EXPECT_EQ(signal->explanation,
              "\"lookup_order\" answered with an error: \"unknown order id 'W1'\", and no later call of it succeeded.");
    EXPECT_DOUBLE_EQ(signal->strength, 0.8);
}

TEST(ToolErrors, weakerWhereALaterCallSucceeded)
{
    RunBuilder run;
    run.failedCall("lookup_order", R"({"order_id":"W1"})", "unknown order id 'W1'");
    run.call("lookup_order", R"({"order_id":"W2"})", R"({"state":"open"})");
    const auto signals = detectSignals(run);
    ASSERT_TRUE(find(signals, "tool-error"));
    EXPECT_DOUBLE_EQ(find(signals, "tool-error")->strength, 0.3);
}

TEST(ToolErrors, errorsOfOneShapeAreOneSignalOthersAreNot)
{
    RunBuilder run;
    run.failedCall("lookup_order", "1", "unknown order id 'W1'");
    run.failedCall("lookup_order", "2", "unknown order id 'W2'");
    run.failedCall("lookup_order", "3", "the database is closed");
    std::size_t errors = 0;
    for (const Signal& signal : detectSignals(run)) errors += signal.family == "tool-error" ? 1 : 0;
    EXPECT_EQ(errors, 2U);
}

TEST(ToolErrors, aResultThatIsAnErrorCounts)
{
    for (const std::string result :
         {"Error: reservation not found", R"({"error": "not_found", "message": "no such order"})",
          R"({"status":"error","message":"x"})", R"({"isError":true,"message":"x"})", R"({"success":false,"reason":"x"})"}) {
        RunBuilder run;
        run.call("get_reservation", "{}", result);
        EXPECT_TRUE(find(detectSignals(run), "tool-error")) << result;
    }
    for (const std::string result : {R"({"errors": 0, "state": "open"})", R"({"error": null})", R"({"error": ""})",
                                     R"({"success": true})", "The error rate is low.", R"({"status":"no_confirmation"})", ""}) {
        RunBuilder run;
        run.call("get_reservation", "{}", result);
        EXPECT_FALSE(find(detectSignals(run), "tool-error")) << result;
    }
    RunBuilder run;
    run.call("get_reservation", "{}", R"({"error": "not_found", "message": "no such order"})");
    EXPECT_EQ(find(detectSignals(run), "tool-error")->text, "not_found: no such order");
}

TEST(ToolErrors, kindsOfErrorAreToldApart)
{
    const auto familyOf = [](std::string type, std::string text) {
        RunBuilder run;
        run.failedCall("issue_refund", "{}", std::move(text)).errorType = std::move(type);
        return detectSignals(run).front().family;
    };
    EXPECT_EQ(familyOf("", "Unknown tool: issue_refnd"), "unknown-tool");
    EXPECT_EQ(familyOf("UnknownToolError", "there is no tool 'x'"), "unknown-tool");
    EXPECT_EQ(familyOf("", "order_id '#1' does not match the pattern '^RF-[0-9]+$'"), "invalid-arguments");
    EXPECT_EQ(familyOf("ValidationError", "1 error for issue_refund"), "invalid-arguments");
    EXPECT_EQ(familyOf("", "'amount' is a required property"), "invalid-arguments");
    EXPECT_EQ(familyOf("", "Request timed out after 30 s"), "tool-unavailable");
    EXPECT_EQ(familyOf("", "503 Service Unavailable"), "tool-unavailable");
    EXPECT_EQ(familyOf("", "no such order"), "tool-error");
    EXPECT_EQ(familyOf("KeyError", ""), "tool-error");
}

TEST(StepErrors, theLowestStepIsNamedAndModelsAreTheirOwnLayer)
{
    RunBuilder run;
    run.record().steps.front().status = StepStatus::Error;
    Step& llm = run.step(StepKind::Llm, "chat");
    llm.status = StepStatus::Error;
    llm.errorText = "429 Too Many Requests";
    llm.model = "m-1";
    const std::string id = llm.nativeId;
    const auto signals = detectSignals(run);
    ASSERT_TRUE(find(signals, "model-error"));
    EXPECT_EQ(find(signals, "model-error")->stepId, id);
    EXPECT_EQ(find(signals, "model-error")->subject, "m-1");
    EXPECT_EQ(find(signals, "model-error")->layer, Layer::Model);
    EXPECT_FALSE(find(signals, "step-error")) << "the root only passed the error on";
    EXPECT_FALSE(find(signals, "silent-abandonment")) << "the error says why there is no answer";

    RunBuilder overflow;
    Step& long_ = overflow.step(StepKind::Llm, "chat");
    long_.status = StepStatus::Error;
    long_.errorText = "This model's maximum context length is 8192 tokens";
    EXPECT_EQ(find(detectSignals(overflow), "context-overflow")->layer, Layer::Memory);

    RunBuilder alone;
    alone.record().steps.front().status = StepStatus::Error;
    alone.record().steps.front().errorText = "boom";
    EXPECT_TRUE(find(detectSignals(alone), "step-error"));
}

TEST(IgnoredErrors, onlyWhereTheAgentClaimsSuccess)
{
    const auto detected = [](std::string tool, std::string answer, bool laterWrite) {
        RunBuilder run;
        run.failedCall(std::move(tool), "{}", "the gateway refused");
        if (laterWrite) run.call("create_refund", "{}", "ok");
        run.says(std::move(answer));
        return find(detectSignals(run), "ignored-error") != nullptr;
    };
    EXPECT_TRUE(detected("issue_refund", "Your refund has been processed.", false));
    EXPECT_FALSE(detected("issue_refund", "I am sorry, the refund failed.", false));
    EXPECT_FALSE(detected("issue_refund", "Your refund has been processed.", true));
    EXPECT_FALSE(detected("get_order", "Your refund has been processed.", false)) << "reading may fail without harm";
}

TEST(Repeats, aWriteThatSucceededTwiceIsTheStrongest)
{
    RunBuilder run;
    run.call("issue_refund", R"({"order_id":"1","amount":5})", R"({"status":"no_confirmation"})");
    const std::string second = run.call("issue_refund", R"({"amount":5, "order_id":"1"})", R"({"status":"booked"})").nativeId;
    run.score(second, "single_refund", "fail", Outcome::Failure, OutcomeSource::Rule, "two refunds");
    run.says("Refunded.");
    const auto signals = detectSignals(run);
    EXPECT_EQ(signals.front().family, "double-action");
    EXPECT_EQ(signals.front().layer, Layer::Orchestration);
    EXPECT_EQ(signals.front().stepId, second);
    EXPECT_FALSE(find(signals, "repeated-call"));
}

TEST(Repeats, aLostAnswerCountsAKeyOrTheServicesOwnWordDoNot)
{
    RunBuilder lost;
    lost.failedCall("issue_refund", R"({"id":1})", "timed out");
    lost.call("issue_refund", R"({"id":1})", "booked");
    EXPECT_TRUE(find(detectSignals(lost), "double-action"));

    RunBuilder refused;
    refused.failedCall("issue_refund", R"({"id":1})", "amount is missing");
    refused.call("issue_refund", R"({"id":1})", "booked");
    EXPECT_FALSE(find(detectSignals(refused), "double-action"));

    RunBuilder keyed;
    keyed.call("issue_refund", R"({"id":1,"idempotency_key":"a"})", "no confirmation");
    keyed.call("issue_refund", R"({"id":1,"idempotency_key":"a"})", "booked");
    EXPECT_FALSE(find(detectSignals(keyed), "double-action"));

    RunBuilder told;
    told.call("issue_refund", R"({"id":1})", "no confirmation");
    told.call("issue_refund", R"({"id":1})", R"({"status":"booked","deduplicated":true})");
    EXPECT_FALSE(find(detectSignals(told), "double-action"));

    RunBuilder other;
    other.call("issue_refund", R"({"id":1})", "booked");
    other.call("issue_refund", R"({"id":2})", "booked");
    EXPECT_TRUE(detectSignals(other).empty());
}

TEST(Repeats, aLoopIsTheSameCallWithTheSameResult)
{
    RunBuilder run;
    run.call("search_flights", R"({"to":"EWR"})", "none");
    const std::string second = run.call("search_flights", R"({"to":"EWR"})", "none").nativeId;
    run.call("search_flights", R"({"to":"EWR"})", "none");
    run.says("There is none.");
    const auto signals = detectSignals(run);
    ASSERT_TRUE(find(signals, "repeated-call"));
    EXPECT_EQ(find(signals, "repeated-call")->stepId, second);
    EXPECT_DOUBLE_EQ(find(signals, "repeated-call")->strength, 0.7);

    RunBuilder polling;
    polling.call("get_status", "{}", "1");
    polling.call("get_status", "{}", "2");
    EXPECT_FALSE(find(detectSignals(polling), "repeated-call")) << "the result changed";

    RunBuilder thinking;
    for (int i = 0; i < 4; ++i) thinking.call("think", "{}", "");
    EXPECT_FALSE(find(detectSignals(thinking), "repeated-call"));
}

TEST(Evaluators, theLayerIsWhatTheyLookAt)
{
    const auto layerWith = [](StepKind kind, std::string check, bool failedStep = false) {
        RunBuilder run;
        Step& step = kind == StepKind::Tool ? run.call("issue_refund", "{}", "booked") : run.step(kind, "it");
        if (failedStep) step.status = StepStatus::Error;
        const std::string id = step.nativeId;
        run.score(id, std::move(check), "fail", Outcome::Failure, OutcomeSource::Rule, "because of 3");
        const auto signals = detectSignals(run);
        return find(signals, "failed-evaluator")->layer;
    };
    EXPECT_EQ(layerWith(StepKind::Retriever, "policy_applied"), Layer::Retrieval);
    EXPECT_EQ(layerWith(StepKind::Llm, "polite"), Layer::Instructions);
    EXPECT_EQ(layerWith(StepKind::Llm, "groundedness"), Layer::Retrieval);
    EXPECT_EQ(layerWith(StepKind::Tool, "finance_review"), Layer::Instructions);
    EXPECT_EQ(layerWith(StepKind::Tool, "tool_arguments"), Layer::Tools);
    EXPECT_EQ(layerWith(StepKind::Tool, "finance_review", true), Layer::Tools);
    EXPECT_EQ(layerWith(StepKind::Agent, "resolution"), Layer::Unknown);
}

TEST(Evaluators, aJudgesLabelOrAChecksExplanationIsTheText)
{
    RunBuilder run;
    run.score("root", "resolution", "unresolved", Outcome::Failure, OutcomeSource::ModelJudge,
              "A sentence that differs each time.");
    run.score("root", "amount_ok", "fail", Outcome::Failure, OutcomeSource::Rule, "7 is not 8");
    run.score("root", "passed_one", "pass", Outcome::Success, OutcomeSource::Rule);
    const auto signals = detectSignals(run);
    ASSERT_EQ(signals.size(), 2U);
    EXPECT_EQ(signals[0].text, "7 is not 8");
    EXPECT_EQ(signals[1].text, "unresolved");
    EXPECT_GT(signals[0].strength, signals[1].strength);
}

TEST(People, anOverrideIsOneSignalWhetherDecisionScoreOrBoth)
{
    RunBuilder score;
    const std::string step = score.call("hand_over", "{}", "queued").nativeId;
    score.score(step, "manager_decision", "approved_by_hand", Outcome::Failure, OutcomeSource::Human, "loyal customer");
    auto signals = detectSignals(score);
    ASSERT_TRUE(find(signals, "human-override"));
    EXPECT_EQ(find(signals, "human-override")->layer, Layer::Memory);
    EXPECT_EQ(signals.front().family, "human-override");

    score.decision(step, DecisionKind::Override, "", "handed over", "approved_by_hand").reason = "loyal customer";
    signals = detectSignals(score);
    EXPECT_EQ(std::ranges::count(signals, "human-override", &Signal::family), 1);
    EXPECT_EQ(find(signals, "human-override")->subject, "hand_over");
    EXPECT_EQ(find(signals, "human-override")->text, "approved_by_hand");
}

TEST(People, approvalAfterARefusalEditRejectAndFeedback)
{
    const auto familiesOf = [](const RunRecord& record) {
        std::set<std::string> families;
        for (const Signal& signal : detectSignals(record)) families.insert(signal.family);
        return families;
    };
    using Families = std::set<std::string>;
    RunBuilder approved;
    approved.decision("", DecisionKind::Approve, "refund", "refused: above the limit", "approved");
    EXPECT_EQ(familiesOf(approved), Families{"human-override"});
    RunBuilder upheld;
    upheld.decision("", DecisionKind::Approve, "refund", "refused: above the limit", "upheld");
    EXPECT_EQ(familiesOf(upheld), Families{});
    RunBuilder edited;
    edited.decision("", DecisionKind::Edit, "reply", "a", "b");
    EXPECT_EQ(familiesOf(edited), Families{"human-edit"});
    RunBuilder rejected;
    rejected.decision("", DecisionKind::Reject, "issue_refund");
    EXPECT_EQ(familiesOf(rejected), Families{"human-reject"});
    RunBuilder plain;
    plain.decision("", DecisionKind::Approve, "issue_refund");
    plain.decision("", DecisionKind::Answer, "size?", "", "M");
    EXPECT_EQ(familiesOf(plain), Families{});
    RunBuilder thumb;
    thumb.score("", "user_feedback", "thumbs_down", Outcome::Failure, OutcomeSource::Human);
    EXPECT_EQ(familiesOf(thumb), Families{"human-feedback"});
}

TEST(HandOvers, theCheckOfTheStepDecides)
{
    for (const std::string tool : {"hand_over", "transfer_to_human_agents", "escalateToManager", "handover"}) {
        RunBuilder run;
        run.call("lookup_order", "{}", "{}");
        const std::string step = run.call(tool, "{}", "queued").nativeId;
        EXPECT_TRUE(find(detectSignals(run), "hand-over")) << tool;
        run.score(step, "handover_needed", "fail", Outcome::Failure, OutcomeSource::Rule, "within the limit");
        const auto signals = detectSignals(run);
        ASSERT_TRUE(find(signals, "premature-hand-over")) << tool;
        EXPECT_EQ(signals.front().family, "premature-hand-over");
        EXPECT_EQ(signals.front().stepId, step);
        EXPECT_EQ(signals.front().layer, Layer::Instructions);
        EXPECT_FALSE(find(signals, "hand-over"));
        run.record().scores.back().says = Outcome::Success;
        EXPECT_FALSE(find(detectSignals(run), "premature-hand-over"));
        EXPECT_FALSE(find(detectSignals(run), "hand-over"));
    }
    RunBuilder judged;
    judged.call("hand_over", "{}", "queued");
    judged.score("root", "resolution", "bad", Outcome::Failure, OutcomeSource::ModelJudge,
                 "It was handed over although the agent could have helped.");
    EXPECT_TRUE(find(detectSignals(judged), "premature-hand-over"));
}

TEST(Abandonment, aConversationThatEndsWithoutAnAnswer)
{
    RunBuilder run;
    run.call("lookup_order", "{}", "{}");
    const std::string last = run.says("").nativeId;
    auto signals = detectSignals(run);
    ASSERT_TRUE(find(signals, "silent-abandonment"));
    EXPECT_EQ(find(signals, "silent-abandonment")->stepId, last);
    EXPECT_EQ(find(signals, "silent-abandonment")->layer, Layer::Instructions);
    EXPECT_DOUBLE_EQ(find(signals, "silent-abandonment")->strength, 0.7);
    run.score("root", "closing_message", "fail", Outcome::Failure, OutcomeSource::Rule,
              "no message to the customer at the end");
    signals = detectSignals(run);
    EXPECT_EQ(signals.front().family, "silent-abandonment");
    EXPECT_DOUBLE_EQ(signals.front().strength, 0.9);

    RunBuilder answered;
    answered.call("lookup_order", "{}", "{}");
    answered.says("Here it is.");
    EXPECT_FALSE(find(detectSignals(answered), "silent-abandonment"));

    RunBuilder inVain;
    inVain.says("One moment.").inputText = "please refund my order";
    inVain.says("I am still looking.").inputText = "Hello?? Never mind then.";
    EXPECT_TRUE(find(detectSignals(inVain), "user-gives-up"));
    inVain.record().steps.back().inputText = "thanks";
    EXPECT_FALSE(find(detectSignals(inVain), "user-gives-up"));

    RunBuilder waiting;
    waiting.says("One moment.");
    waiting.step(StepKind::Human, "user");
    EXPECT_TRUE(find(detectSignals(waiting), "silent-abandonment"));
}

TEST(Refusals, theModelsOwnNotThePolicys)
{
    RunBuilder run;
    run.says("I'm sorry, but I can't assist with that.");
    ASSERT_TRUE(find(detectSignals(run), "model-refusal"));
    EXPECT_EQ(find(detectSignals(run), "model-refusal")->layer, Layer::Model);
    RunBuilder policy;
    policy.says("I cannot refund this, for it is above the limit.");
    EXPECT_FALSE(find(detectSignals(policy), "model-refusal"));
}

TEST(Retrieval, outdatedByCheckOrByItsOwnWordsAndEmpty)
{
    RunBuilder checked;
    Step& search = checked.step(StepKind::Retriever, "policy_search");
    search.result = "Returns within 30 days.";
    const std::string id = search.nativeId;
    checked.score(id, "policy_applied", "fail", Outcome::Failure, OutcomeSource::Rule,
                  "refused by RP-1, which is no longer in force");
    const auto signals = detectSignals(checked);
    EXPECT_EQ(signals.front().family, "stale-retrieval");
    EXPECT_EQ(signals.front().layer, Layer::Retrieval);
    EXPECT_EQ(signals.front().stepId, id);

    RunBuilder says;
    says.step(StepKind::Retriever, "policy_search").result = "SUPERSEDED by RP-2. Returns within 30 days.";
    EXPECT_TRUE(find(detectSignals(says), "stale-retrieval"));

    RunBuilder empty;
    empty.step(StepKind::Retriever, "policy_search").result = "[]";
    EXPECT_TRUE(find(detectSignals(empty), "empty-retrieval"));

    RunBuilder fine;
    fine.step(StepKind::Retriever, "policy_search").result = "Returns within 45 days.";
    EXPECT_TRUE(detectSignals(fine).empty());
}

TEST(Detectors, anyBytesDoNoHarm)
{
    std::uint32_t state = 5;
    const auto next = [&](std::uint32_t below) { return (state = state * 1664525U + 1013904223U) / 65536U % below; };
    const std::string_view alphabet = "ae{}[]\":,\\ \n\x80\xE2\xF0\xFF";
    const auto noise = [&] {
        std::string text;
        for (std::uint32_t length = next(200); length > 0; --length)
            text += alphabet[next(static_cast<std::uint32_t>(alphabet.size()))];
        return text;
    };
    for (int round = 0; round < 300; ++round) {
        RunBuilder run;
        for (int i = 0; i < 6; ++i) {
            Step& step = run.step(static_cast<StepKind>(next(11)), noise());
            step.toolName = next(2) == 0 ? "issue_refund" : noise();
            step.arguments = next(8) == 0 ? std::string(4000, '[') : noise();
            step.result = "{" + noise();
            step.errorText = next(2) == 0 ? "{" + noise() : std::string();
            step.inputText = noise();
            step.outputText = noise();
        }
        run.score("s1", noise(), noise(), Outcome::Failure, static_cast<OutcomeSource>(next(6)), noise());
        run.decision("s2", static_cast<DecisionKind>(next(5)), noise(), noise(), noise());
        for (const Signal& signal : detectSignals(run)) {
            ASSERT_GE(signal.strength, 0);
            ASSERT_LE(signal.strength, 1);
            ASSERT_LE(signal.text.size(), 500U);
            ASSERT_LE(signal.subject.size(), 120U);
        }
    }
}

TEST(Detectors, eachFamilyIsListedOnceAndTheOrderIsFixed)
{
    std::set<std::string> families;
    for (const DetectorInfo& info : detectors()) {
        EXPECT_TRUE(families.insert(info.family).second) << info.family;
        EXPECT_FALSE(info.title.empty());
        EXPECT_TRUE(info.explanation.ends_with('.')) << info.family;
    }
    RunBuilder run;
    run.failedCall("b", "1", "x");
    run.failedCall("a", "1", "x");
    run.failedCall("a", "1", "y");
    const auto once = detectSignals(run), twice = detectSignals(run);
    ASSERT_EQ(once.size(), twice.size());
    for (std::size_t i = 0; i < once.size(); ++i) {
        EXPECT_TRUE(families.contains(once[i].family)) << once[i].family;
        EXPECT_EQ(once[i].explanation, twice[i].explanation);
        if (i > 0) {
            EXPECT_GE(once[i - 1].strength, once[i].strength);
        }
    }
}

TEST(Words, effectOfAToolsName)
{
    using words::Effect;
    for (const char* name :
         {"issue_refund", "cancelReservation", "mcp__shop__send_certificate", "update-order", "book_reservation"})
        EXPECT_EQ(words::effectOf(name), Effect::Write) << name;
    for (const char* name :
         {"get_refund_status", "lookup_order", "order_lookup", "searchFlights", "list_all_airports", "check_order"})
        EXPECT_EQ(words::effectOf(name), Effect::Read) << name;
    EXPECT_EQ(words::effectOf("weather"), Effect::Unknown);
    for (const char* name : {"hand_over", "handoff", "transfer_to_human_agents", "escalate", "transferToSupervisor"})
        EXPECT_TRUE(words::isHandOverTool(name)) << name;
    for (const char* name : {"transfer_money", "get_agent", "lookup_order", "handle_order"})
        EXPECT_FALSE(words::isHandOverTool(name)) << name;
}

TEST(Layers, namesGoThereAndBack)
{
    for (int i = 0; i <= static_cast<int>(Layer::Model); ++i)
        EXPECT_EQ(layerOf(nameOf(static_cast<Layer>(i))), static_cast<Layer>(i));
    EXPECT_EQ(layerOf("nonsense"), Layer::Unknown);
}

} // namespace
} // namespace tackroom
