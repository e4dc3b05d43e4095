// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/json.h"
#include "core/base/time.h"
#include "core/sample/harnessrules.h"
#include "core/sample/random.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Why a played run failed. The first six are planted on purpose; the others come about by chance or by edits that no
/// shipped version has. sample.h says how each shows in the data.
enum class PlayedFailure : std::uint8_t {
    None,
    OverLimitLoyalLate,
    HashOrderId,
    DoubleRefund,
    PrematureHandOver,
    StalePolicy,
    SilentAbandonment,
    ProviderError,   ///< the model's provider answers 429; layer model
    JudgeUnresolved, ///< the judge finds the second question unanswered; layer unknown
    OverAuthority,   ///< refunded above 2,000 without a reason that finance accepts; layer instructions
    LimitTooLow,     ///< handed over, and the manager wonders why; layer instructions
    PolicyBreach,    ///< refunded after the window that is in force; layer retrieval
    ToolRejected,    ///< a tool's schema refused the agent's arguments otherwise; layer tools
};
[[nodiscard]] std::string_view nameOf(PlayedFailure failure);  ///< "over-limit-loyal-late" …; "none"
[[nodiscard]] std::string_view layerOf(PlayedFailure failure); ///< the words of Layer in core/signals
[[nodiscard]] bool isPlanted(PlayedFailure failure);
inline constexpr PlayedFailure kPlantedFailures[] = {PlayedFailure::OverLimitLoyalLate, PlayedFailure::HashOrderId,
                                                     PlayedFailure::DoubleRefund,       PlayedFailure::PrematureHandOver,
                                                     PlayedFailure::StalePolicy,        PlayedFailure::SilentAbandonment};

enum class Language : std::uint8_t { English, German, Spanish, French };

/// One customer with one case, and what the world will do to it. Everything but the agent's conduct.
struct Customer {
    std::string userId, firstName;
    Language language = Language::English;
    int since = 2024;             ///< year of the first order
    std::string orderId;          ///< RF-104233
    std::string typedOrderId;     ///< as in the message, perhaps with #
    bool correctsOrderId = false; ///< on being asked again, types it without #
    std::string item, reason;     ///< reason as issue_refund names it
    std::int64_t amountCents = 0;
    int deliveredDaysAgo = 5, lateDays = 0;
    std::string orderState = "delivered";
    bool upset = false;
    bool confirmationLost = false; ///< the gateway books the first call and does not confirm it
    bool providerFails = false;
    bool judgeDisagrees = false;
    bool managerDeclines = false; ///< against the managers' habit
    int managerIndex = 0;         ///< 0..2
    std::string task;             ///< what the customer writes
    std::string secondMessage;    ///< on being asked for the order number again

    [[nodiscard]] bool loyal(int year) const { return year - since >= 5; }
};
/// A customer whose case is drawn from the sample's mix.
[[nodiscard]] Customer drawCustomer(Random& random);

struct PlayedSpan {
    std::string spanId, parentId, name, kind; ///< kind as Phoenix writes it; the root's parentId is empty
    UtcNs start = 0, end = 0;
    Json attributes, events = Json::array();
    std::string statusCode = "OK", statusMessage;
    int promptTokens = -1, completionTokens = -1; ///< -1: not an LLM span
};

struct PlayedScore {
    std::string spanId;                              ///< empty: of the trace
    std::string name, label, explanation, annotator; ///< annotator LLM, CODE or HUMAN
    std::optional<double> score;
    Json metadata = Json::object();
    UtcNs time = 0;
    int managerIndex = -1; ///< 0..2 where a manager wrote it in the browser
};

struct PlayedRun {
    std::string traceId, sessionId, userId;
    UtcNs start = 0, end = 0;
    std::vector<PlayedSpan> spans; ///< root first, then by start
    std::vector<PlayedScore> scores;
    PlayedFailure failure = PlayedFailure::None;
    std::string decisiveSpanId; ///< empty where nothing failed
    std::string finalMessage;   ///< empty: the agent said nothing at the end
    std::int64_t refundedCents = 0;
    int refundsBooked = 0;
    bool handedOver = false;
};

struct RunSetting {
    UtcNs start = 0;
    std::string sessionId;
    std::string commit, version; ///< recorded in the metadata, never read; version may be empty
};

/// Plays one case. Pure: the same arguments give the same run, on every machine.
[[nodiscard]] PlayedRun playRun(const HarnessRules& rules, const Customer& customer, const RunSetting& setting, Random& random);
[[nodiscard]] PlayedRun playRun(const HarnessFiles& files, const Customer& customer, const RunSetting& setting, Random& random);

/// The policy that Legal has in force at a time, whatever the harness says.
struct WorldPolicy {
    std::string_view id;
    int windowDays;
};
[[nodiscard]] WorldPolicy policyInForce(UtcNs now);
inline constexpr std::string_view kManagers[3] = {"Ines Carvalho", "Tom Becker", "Priya Nair"};

} // namespace tackroom
