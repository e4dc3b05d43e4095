// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/player.h"

#include "core/sample/phrases.h"
#include "core/sample/playedscores.h"
#include "core/sample/spanwriter.h"

#include <chrono>
#include <cmath>

namespace tackroom
{
namespace
{

int yearOf(UtcNs time)
{
    const auto days =
        std::chrono::floor<std::chrono::days>(std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(time)));
    return static_cast<int>(std::chrono::year_month_day(days).year());
}

/// One case from the first message to the last. Each step writes its span and decides what comes next.
class Play
{
public:
    Play(const HarnessRules& rules, const Customer& customer, const RunSetting& setting, Random& random)
        : m_rules(rules),
          m_customer(customer),
          m_random(random),
          m_spans(rules, customer, setting, random),
          m_start(setting.start),
          m_years(yearOf(setting.start) - customer.since)
    {
    }

    PlayedRun run()
    {
        m_spans.begin(m_customer.task);
        m_spans.guardrail(m_customer.task);
        if (answerCase()) m_spans.selfCheck();
        PlayedRun& run = m_spans.finish();
        if (run.failure != PlayedFailure::ProviderError) addScores(m_rules, m_customer, m_facts, m_random, run);
        return std::move(run);
    }

private:
    /// False where the conversation ended without a message.
    bool answerCase()
    {
        const std::string id = m_rules.stripHash && m_customer.typedOrderId.starts_with('#') ? m_customer.typedOrderId.substr(1)
                                                                                             : m_customer.typedOrderId;
        if (!lookUp(id)) {
            if (m_spans.run().failure == PlayedFailure::ProviderError) return false;
            const std::string rejected = m_spans.lastSpanId();
            m_spans.say(line(AgentLine::AskNumber));
            m_spans.hear(m_customer.secondMessage);
            if (!m_customer.correctsOrderId) {
                m_spans.fail(m_customer.typedOrderId.starts_with('#') ? PlayedFailure::HashOrderId
                                                                      : PlayedFailure::ToolRejected,
                             rejected);
                m_facts.orderFound = false;
                return m_spans.say(line(AgentLine::NotFound));
            }
            if (!lookUp(m_customer.orderId)) {
                m_spans.fail(PlayedFailure::ToolRejected, m_spans.lastSpanId());
                m_facts.orderFound = false;
                return m_spans.say(line(AgentLine::NotFound));
            }
        }
        if (m_customer.orderState != "delivered") return waitForOthers();
        return decide();
    }

    bool lookUp(const std::string& id)
    {
        const Json arguments = {{"order_id", id}};
        if (m_customer.providerFails) {
            const std::string failing = m_spans.failingLlm();
            m_spans.fail(PlayedFailure::ProviderError, failing);
            return false;
        }
        const std::string callId = m_spans.callTool("lookup_order", arguments);
        if (const auto error = m_spans.rejected("lookup_order", arguments)) {
            m_spans.toolError("lookup_order", arguments, callId, *error);
            return false;
        }
        m_spans.toolResult("lookup_order", arguments, callId, order());
        return true;
    }

    [[nodiscard]] Json order() const
    {
        Json result = {{"order_id", m_customer.orderId},
                       {"state", m_customer.orderState},
                       {"items", Json::array({m_customer.item})},
                       {"total", static_cast<double>(m_customer.amountCents) / 100},
                       {"currency", "EUR"}};
        if (m_customer.orderState == "delivered") {
            constexpr UtcNs kDay = 86'400'000'000'000;
            const UtcNs delivered = m_start - m_customer.deliveredDaysAgo * kDay;
            result["promised_on"] = formatDay(delivered - m_customer.lateDays * kDay);
            result["delivered_on"] = formatDay(delivered);
        }
        result["customer_since"] = m_customer.since;
        return result;
    }

    bool waitForOthers()
    {
        const bool processing = m_customer.orderState == "processing";
        if (processing ? m_rules.silentWhileProcessing : m_rules.silentWhileWaiting) {
            m_spans.fail(PlayedFailure::SilentAbandonment, m_spans.sayNothing());
            return false;
        }
        return m_spans.say(line(AgentLine::Holding));
    }

    bool decide()
    {
        const PolicyText* policy = m_spans.retrievePolicy();
        m_facts.retrieverSpan = m_spans.lastSpanId();
        const WorldPolicy world = policyInForce(m_spans.run().start);
        const int window = policy ? policy->windowDays : 0;
        m_facts.window = window;
        m_facts.policyId = policy ? policy->id : "none";
        m_facts.world = world;
        const double amount = static_cast<double>(m_customer.amountCents) / 100;
        m_facts.limit = m_rules.limitFor(m_years, m_customer.lateDays > 0);
        const bool within = m_facts.limit && amount <= *m_facts.limit;
        if (m_customer.upset && m_rules.handOverWhenUpset) return handOver(AgentLine::HandedOverTone, within);
        if (m_customer.deliveredDaysAgo > window) {
            if (m_customer.deliveredDaysAgo <= world.windowDays)
                m_spans.fail(PlayedFailure::StalePolicy, m_facts.retrieverSpan);
            m_facts.refusedByPolicy = true;
            return m_spans.say(line(AgentLine::RefusedWindow));
        }
        if (within) return refund(amount);
        if (m_rules.handOverAboveLimit) return handOver(AgentLine::HandedOverLimit, false);
        m_facts.refusedByLimit = true;
        return m_spans.say(line(AgentLine::RefusedLimit));
    }

    bool handOver(AgentLine words, bool withinLimit)
    {
        const bool tone = words == AgentLine::HandedOverTone;
        const Json arguments = {{"order_id", m_customer.orderId},
                                {"amount", static_cast<double>(m_customer.amountCents) / 100},
                                {"why", tone ? "The customer is upset." : "The amount is above my limit."},
                                {"recommendation", m_customer.lateDays > 0 ? "approve" : "unsure"}};
        const std::string callId = m_spans.callTool("hand_over", arguments);
        m_spans.toolResult("hand_over", arguments, callId, Json{{"status", "queued"}, {"queue", "managers"}});
        PlayedRun& run = m_spans.run();
        run.handedOver = true;
        m_facts.handOverSpan = m_spans.lastSpanId();
        m_facts.handOverNeeded = !withinLimit;
        if (withinLimit)
            m_spans.fail(PlayedFailure::PrematureHandOver, m_facts.handOverSpan);
        else
            decideAsManager();
        return m_spans.say(line(words));
    }

    /// The managers' habit: loyal and late is paid out, and so is what the agent might have done itself all along.
    void decideAsManager()
    {
        constexpr std::int64_t kUsualAuthorityCents = 200000;
        const bool loyalLate = m_years >= 5 && m_customer.lateDays > 0;
        const bool small = m_customer.amountCents <= kUsualAuthorityCents;
        m_facts.managerApproved = (loyalLate || small) && !m_customer.managerDeclines;
        m_facts.managerForLoyalty = loyalLate;
        if (!m_facts.managerApproved) return;
        m_spans.fail(loyalLate ? PlayedFailure::OverLimitLoyalLate : PlayedFailure::LimitTooLow, m_facts.handOverSpan);
    }

    bool refund(double amount)
    {
        Json arguments = {
            {"order_id", m_customer.orderId}, {"amount", amount}, {"currency", "EUR"}, {"reason", m_customer.reason}};
        const auto tool = m_rules.tools.find("issue_refund");
        const bool keyInTool = tool != m_rules.tools.end() && tool->second.properties.contains("idempotency_key");
        if (keyInTool || m_rules.refundRetry.idempotencyKey) m_facts.deduplicated = true;
        if (keyInTool) arguments["idempotency_key"] = m_customer.orderId;
        std::string callId = m_spans.callTool("issue_refund", arguments);
        if (const auto error = m_spans.rejected("issue_refund", arguments)) {
            m_spans.toolError("issue_refund", arguments, callId, *error);
            m_spans.fail(PlayedFailure::ToolRejected, m_spans.lastSpanId());
            return m_spans.say("I'm sorry, the refund could not be booked. Please write to us again tomorrow.");
        }
        PlayedRun& run = m_spans.run();
        run.refundsBooked = 1;
        run.refundedCents = m_customer.amountCents;
        judgeRefund();
        if (!m_customer.confirmationLost) {
            m_spans.toolResult("issue_refund", arguments, callId, booked());
            m_facts.refundSpan = m_spans.lastSpanId();
            return m_spans.say(line(AgentLine::Refunded));
        }
        m_spans.toolResult("issue_refund", arguments, callId,
                           Json{{"status", "no_confirmation"}, {"message", "the gateway did not confirm within 10 s"}});
        m_facts.refundSpan = m_spans.lastSpanId();
        return m_spans.say(line(retryRefund(arguments, callId) ? AgentLine::Refunded : AgentLine::Unconfirmed));
    }

    [[nodiscard]] Json booked()
    {
        m_facts.refundIds.push_back("R-" + std::to_string(100000 + m_random.below(900000)));
        return {{"status", "booked"}, {"refund_id", m_facts.refundIds.back()}};
    }

    /// The first call has been booked without a confirmation. True where there is one in the end.
    bool retryRefund(const Json& arguments, const std::string& callId)
    {
        const RetryRule& retry = m_rules.refundRetry;
        if (retry.maxAttempts < 2 || !retry.retryOn.contains("no_confirmation")) return false;
        m_facts.refundIds.push_back("R-" + std::to_string(100000 + m_random.below(900000)));
        if (m_rules.checksBeforeRetry) {
            const Json look = {{"order_id", m_customer.orderId}};
            Json state = order();
            state["refunds"] = Json::array({Json{{"refund_id", m_facts.refundIds.back()}, {"amount", arguments["amount"]}}});
            m_spans.toolResult("lookup_order", look, m_spans.callTool("lookup_order", look), state);
            return true;
        }
        m_spans.pause(retry.backoffSeconds);
        if (m_facts.deduplicated) {
            m_spans.toolResult("issue_refund", arguments, callId,
                               Json{{"status", "booked"}, {"refund_id", m_facts.refundIds.back()}, {"deduplicated", true}});
            return true;
        }
        m_spans.toolResult("issue_refund", arguments, callId, booked());
        m_facts.refundSpan = m_spans.lastSpanId();
        m_spans.run().refundsBooked = 2;
        m_spans.run().refundedCents *= 2;
        m_spans.fail(PlayedFailure::DoubleRefund, m_facts.refundSpan);
        return true;
    }

    void judgeRefund()
    {
        constexpr std::int64_t kFinanceLimitCents = 200000;
        m_facts.financeAsks = m_customer.amountCents > kFinanceLimitCents && !(m_years >= 5 && m_customer.lateDays > 0);
        if (m_facts.financeAsks) m_spans.fail(PlayedFailure::OverAuthority, m_spans.lastSpanId());
        if (m_customer.deliveredDaysAgo > m_facts.world.windowDays)
            m_spans.fail(PlayedFailure::PolicyBreach, m_facts.retrieverSpan);
    }

    std::string line(AgentLine what)
    {
        const Language language = m_rules.answersInLanguage ? m_customer.language : Language::English;
        std::string state = m_customer.orderState;
        for (char& c : state)
            if (c == '_') c = ' ';
        return filled(agentLine(what, language, m_random), {{"order", m_customer.orderId},
                                                            {"typed", m_customer.typedOrderId},
                                                            {"amount", money(m_customer.amountCents, language)},
                                                            {"days", std::to_string(m_customer.deliveredDaysAgo)},
                                                            {"window", std::to_string(m_facts.window)},
                                                            {"state", state}});
    }

    const HarnessRules& m_rules;
    const Customer& m_customer;
    Random& m_random;
    SpanWriter m_spans;
    RunFacts m_facts;
    UtcNs m_start;
    int m_years;
};

struct FailureWords {
    PlayedFailure failure;
    std::string_view name, layer;
};
constexpr FailureWords kFailureWords[] = {
    {PlayedFailure::None, "none", ""},
    {PlayedFailure::OverLimitLoyalLate, "over-limit-loyal-late", "memory"},
    {PlayedFailure::HashOrderId, "hash-order-id", "tools"},
    {PlayedFailure::DoubleRefund, "double-refund", "orchestration"},
    {PlayedFailure::PrematureHandOver, "premature-hand-over", "instructions"},
    {PlayedFailure::StalePolicy, "stale-policy", "retrieval"},
    {PlayedFailure::SilentAbandonment, "silent-abandonment", "instructions"},
    {PlayedFailure::ProviderError, "provider-error", "model"},
    {PlayedFailure::JudgeUnresolved, "judge-unresolved", "unknown"},
    {PlayedFailure::OverAuthority, "over-authority", "instructions"},
    {PlayedFailure::LimitTooLow, "limit-too-low", "instructions"},
    {PlayedFailure::PolicyBreach, "policy-breach", "retrieval"},
    {PlayedFailure::ToolRejected, "tool-rejected", "tools"},
};

const FailureWords& wordsOf(PlayedFailure failure)
{
    for (const FailureWords& words : kFailureWords)
        if (words.failure == failure) return words;
    return kFailureWords[0];
}

} // namespace

std::string_view nameOf(PlayedFailure failure) { return wordsOf(failure).name; }
std::string_view layerOf(PlayedFailure failure) { return wordsOf(failure).layer; }

bool isPlanted(PlayedFailure failure)
{
    for (const PlayedFailure planted : kPlantedFailures)
        if (planted == failure) return true;
    return false;
}

WorldPolicy policyInForce(UtcNs now)
{
    static const UtcNs change = parseTime("2026-03-23T00:00:00Z").value_or(0);
    return now < change ? WorldPolicy{"RP-2025-09", 30} : WorldPolicy{"RP-2026-03", 45};
}

PlayedRun playRun(const HarnessRules& rules, const Customer& customer, const RunSetting& setting, Random& random)
{
    return Play(rules, customer, setting, random).run();
}

PlayedRun playRun(const HarnessFiles& files, const Customer& customer, const RunSetting& setting, Random& random)
{
    return playRun(readRules(files), customer, setting, random);
}

} // namespace tackroom
