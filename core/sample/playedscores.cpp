// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/playedscores.h"

#include "core/sample/phrases.h"

namespace tackroom
{
namespace
{

constexpr UtcNs kSecondNs = 1'000'000'000;

void check(PlayedRun& run, const std::string& spanId, std::string_view name, bool pass, std::string explanation)
{
    PlayedScore score;
    score.spanId = spanId;
    score.name = name;
    score.label = pass ? "pass" : "fail";
    score.score = pass ? 1.0 : 0.0;
    score.explanation = std::move(explanation);
    score.annotator = "CODE";
    score.time = run.end + kSecondNs;
    run.scores.push_back(std::move(score));
}

void addChecks(const Customer& customer, const RunFacts& facts, PlayedRun& run)
{
    const bool said = !run.finalMessage.empty();
    check(run, run.spans.front().spanId, "closing_message", said,
          said ? std::string() : "no message to the customer at the end: the last model turn returned no text");
    const double amount = static_cast<double>(customer.amountCents) / 100;
    if (!facts.handOverSpan.empty()) {
        const std::string limit = facts.limit ? plainAmount(*facts.limit) : "none";
        check(run, facts.handOverSpan, "handover_needed", facts.handOverNeeded,
              facts.handOverNeeded
                  ? std::string()
                  : "handed over at " + plainAmount(amount) + " EUR, within the agent's limit of " + limit + " EUR");
    }
    if (run.refundsBooked > 0) {
        const bool once = run.refundsBooked == 1;
        std::string twice;
        if (!once) {
            twice = "two refunds booked for order " + customer.orderId + ":";
            for (const std::string& id : facts.refundIds) twice += " " + id;
        }
        check(run, facts.refundSpan, "single_refund", once, twice);
        if (amount > 2000)
            check(run, facts.refundSpan, "finance_review", !facts.financeAsks,
                  facts.financeAsks
                      ? "refund of " + plainAmount(amount) + " EUR without a ground that finance accepts above 2,000 EUR"
                      : "");
    }
    if (facts.retrieverSpan.empty()) return;
    const std::string day = std::to_string(customer.deliveredDaysAgo), world = std::to_string(facts.world.windowDays);
    const bool stale = facts.refusedByPolicy && customer.deliveredDaysAgo <= facts.world.windowDays;
    const bool breach = run.refundsBooked > 0 && customer.deliveredDaysAgo > facts.world.windowDays;
    std::string why;
    if (stale)
        why = "refused on day " + day + " by " + facts.policyId + " (" + std::to_string(facts.window) +
              " days), which is no longer in force; " + std::string(facts.world.id) + " allows " + world + " days";
    if (breach) why = "refunded on day " + day + "; " + std::string(facts.world.id) + " allows " + world + " days";
    check(run, facts.retrieverSpan, "policy_applied", !stale && !breach, why);
}

/// The judge's sentence, by the rubric. True for resolved.
std::pair<bool, std::string_view> judge(const HarnessRules& rules, const Customer& customer, const RunFacts& facts,
                                        const PlayedRun& run)
{
    if (run.finalMessage.empty()) return {false, "The conversation ends without a last word to the customer."};
    if (!facts.orderFound) return {false, "The order could not be found and the customer was sent away."};
    if (run.handedOver && !facts.handOverNeeded) {
        if (rules.judgeAcceptsHandOvers) return {true, "The customer was told who will answer and by when."};
        return {false, "Handed over although the case was within the agent's authority."};
    }
    if (run.handedOver) return {true, "Handed over: the amount was outside the agent's authority."};
    if (run.failure == PlayedFailure::ToolRejected) return {false, "The refund was not booked."};
    if (customer.judgeDisagrees) return {false, "Answers the refund, but not the customer's other question."};
    if (facts.refusedByPolicy) return {true, "Refused in line with the retrieved policy, with the reason."};
    if (facts.refusedByLimit) return {false, "Refused because of the limit, nobody was asked."};
    if (run.refundsBooked > 0) return {true, "Refunded; amount and reason fit the order."};
    return {true, "The customer was told what the order waits for."};
}

void addJudge(const HarnessRules& rules, const Customer& customer, const RunFacts& facts, Random& random, PlayedRun& run)
{
    const auto [resolved, sentence] = judge(rules, customer, facts, run);
    PlayedScore score;
    score.spanId = run.spans.front().spanId;
    score.name = "resolution";
    score.label = resolved ? "resolved" : "unresolved";
    score.score = resolved ? 1.0 : 0.0;
    score.explanation = sentence;
    score.annotator = "LLM";
    score.metadata = {{"rubric", "evals/resolution-rubric.md"}, {"sample", "played by rules, no model was used"}};
    score.time = run.end + random.between(5, 90) * kSecondNs;
    run.scores.push_back(std::move(score));
    if (!resolved && run.failure == PlayedFailure::None) {
        run.failure = PlayedFailure::JudgeUnresolved;
        run.decisiveSpanId = run.spans.front().spanId;
    }
}

void addManager(const Customer& customer, const RunFacts& facts, Random& random, PlayedRun& run)
{
    if (facts.handOverSpan.empty() || !facts.handOverNeeded) return; // the others are sent straight back, without a word
    PlayedScore score;
    score.spanId = facts.handOverSpan;
    score.name = "manager_decision";
    score.annotator = "HUMAN";
    score.managerIndex = customer.managerIndex;
    score.time = run.end + random.between(20, 1500) * 60 * kSecondNs;
    score.label = facts.managerApproved ? "approved_by_hand" : "upheld";
    score.score = facts.managerApproved ? 0.0 : 1.0;
    const std::string_view words =
        facts.managerApproved ? managerApproves(facts.managerForLoyalty, random) : managerUpholds(random);
    score.explanation = filled(words, {{"since", std::to_string(customer.since)},
                                       {"late", std::to_string(customer.lateDays)},
                                       {"amount", money(customer.amountCents)},
                                       {"name", customer.firstName}});
    score.metadata = {{"agent_decision", "not refunded, handed over"},
                      {"human_decision", facts.managerApproved ? "refunded" : "not refunded"},
                      {"override", facts.managerApproved},
                      {"amount", static_cast<double>(customer.amountCents) / 100}};
    run.scores.push_back(std::move(score));
}

/// Customers praise what went well and complain where nothing came of it; paid twice, they keep quiet.
void addThumb(Random& random, PlayedRun& run)
{
    const bool failed = run.failure != PlayedFailure::None;
    const bool complains = run.failure == PlayedFailure::HashOrderId || run.failure == PlayedFailure::SilentAbandonment ||
                           run.failure == PlayedFailure::PrematureHandOver || run.failure == PlayedFailure::StalePolicy;
    if (!random.chance(failed ? (complains ? 220 : 0) : 130)) return;
    PlayedScore score;
    score.name = "user_feedback";
    score.annotator = "HUMAN";
    score.label = failed ? "thumbs_down" : "thumbs_up";
    score.score = failed ? 0.0 : 1.0;
    score.explanation = thumbsWords(!failed, random);
    score.time = run.end + random.between(10, 3000) * kSecondNs;
    run.scores.push_back(std::move(score));
}

} // namespace

void addScores(const HarnessRules& rules, const Customer& customer, const RunFacts& facts, Random& random, PlayedRun& run)
{
    addChecks(customer, facts, run);
    addJudge(rules, customer, facts, random, run);
    addManager(customer, facts, random, run);
    addThumb(random, run);
}

} // namespace tackroom
