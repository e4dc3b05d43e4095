// SPDX-License-Identifier: GPL-3.0-or-later
/// show, clusters
#include "core/base/format.h"
#include "core/base/joined.h"

#include "app/cli/context.h"
#include "app/cli/output.h"
#include "app/cli/textverbs.h"
#include "core/clusters/priornames.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace tackroom::cli
{

namespace
{

struct Shown {
    RunListItem item;
    std::vector<StepItem> steps;
    std::vector<Score> scores;
    std::vector<HumanDecision> decisions;
    std::vector<Signal> signals;
    Body body;
};

Result<Shown> read(Context& context, const std::string& wanted, const std::string& step, std::uint64_t maxBytes)
{
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
    TR_ASSIGN(const RunRow row, queries->find(wanted));
    Shown out;
    TR_ASSIGN(out.item, queries->item(row));
    TR_ASSIGN(out.steps, queries->steps(row));
    TR_ASSIGN(out.scores, queries->scores(row));
    TR_ASSIGN(out.decisions, queries->decisions(row));
    TR_ASSIGN(const auto clusters, ClusterQueries::open(report.folder, context.cancel));
    TR_ASSIGN(out.signals, clusters->signalsOf(row));
    if (!step.empty() && std::ranges::none_of(out.steps, [&](const StepItem& one) { return one.step.nativeId == step; }))
        return fail(ErrorCode::NotFound, step, "the run has no step of this id");
    TR_ASSIGN(const auto reader, ReaderClient::open(report.path, {}));
    TR_ASSIGN(out.body, reader->fetch(RunAddress(out.item.run), step, maxBytes, context.cancel));
    return out;
}

Json jsonOf(const Body& body)
{
    Json messages = Json::array();
    for (const Message& message : body.messages) {
        Json calls = Json::array();
        for (const auto& call : message.toolCalls)
            calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
        messages.push_back({{"role", message.role},
                            {"name", message.name},
                            {"content", message.content},
                            {"toolCalls", std::move(calls)},
                            {"toolCallId", message.toolCallId},
                            {"step", message.stepId}});
    }
    return {{"messages", std::move(messages)},
            {"input", body.input},
            {"output", body.output},
            {"raw", body.raw},
            {"omittedBytes", body.omittedBytes}};
}

Json jsonOf(const StepItem& item)
{
    const Step& step = item.step;
    return {{"id", step.nativeId},
            {"parent", step.parentId},
            {"depth", item.depth},
            {"kind", nameOf(step.kind)},
            {"name", step.name},
            {"status", nameOf(step.status)},
            {"start", jsonTime(step.start)},
            {"durationNs", step.end > step.start ? step.end - step.start : 0},
            {"tool", step.toolName},
            {"model", step.model},
            {"arguments", step.arguments},
            {"result", step.result},
            {"errorType", step.errorType},
            {"error", step.errorText}};
}

Json jsonOf(const Shown& shown)
{
    const Run& run = shown.item.run;
    Json json = {{"id", run.nativeId},
                 {"key", run.key.value},
                 {"outcome", nameOf(shown.item.outcome)},
                 {"outcomeSource", nameOf(shown.item.outcomeSource)},
                 {"outcomeReason", shown.item.outcomeReason},
                 {"cluster", shown.item.cluster.value},
                 {"clusterLabel", shown.item.clusterLabel},
                 {"version", run.harnessVersion},
                 {"versionSource", run.harnessVersionSource},
                 {"session", run.sessionId},
                 {"user", run.userId},
                 {"start", jsonTime(run.start)},
                 {"end", jsonTime(run.end)},
                 {"task", run.task},
                 {"answer", run.answer},
                 {"steps", Json::array()},
                 {"scores", Json::array()},
                 {"decisions", Json::array()},
                 {"signals", Json::array()}};
    for (const StepItem& step : shown.steps) json["steps"].push_back(jsonOf(step));
    for (const Score& score : shown.scores)
        json["scores"].push_back({{"step", score.stepId},
                                  {"name", score.name},
                                  {"label", score.label},
                                  {"value", score.value ? Json(*score.value) : Json()},
                                  {"explanation", score.explanation},
                                  {"annotator", nameOf(score.annotator)},
                                  {"by", score.by},
                                  {"says", nameOf(score.says)}});
    for (const HumanDecision& decision : shown.decisions)
        json["decisions"].push_back({{"step", decision.stepId},
                                     {"kind", nameOf(decision.kind)},
                                     {"by", decision.by},
                                     {"time", jsonTime(decision.time)},
                                     {"target", decision.target},
                                     {"before", decision.before},
                                     {"after", decision.after},
                                     {"reason", decision.reason}});
    for (const Signal& signal : shown.signals)
        json["signals"].push_back({{"family", signal.family},
                                   {"layer", nameOf(signal.layer)},
                                   {"step", signal.stepId},
                                   {"subject", signal.subject},
                                   {"explanation", signal.explanation},
                                   {"strength", signal.strength}});
    json["body"] = jsonOf(shown.body);
    return json;
}

std::string headOf(const Shown& shown)
{
    const Run& run = shown.item.run;
    std::string text = formatText("{}\n", safeLine(run.task.empty() ? run.nativeId : run.task, 200));
    text += formatText("  run       {}\n", safeLine(run.nativeId));
    text += formatText("  outcome   {} (by {}{}{})\n", nameOf(shown.item.outcome), nameOf(shown.item.outcomeSource),
                       shown.item.outcomeReason.empty() ? "" : ": ", safeLine(shown.item.outcomeReason));
    if (!shown.item.cluster.value.empty())
        text += formatText("  cluster   {}  {}\n", shown.item.cluster.value, safeLine(shown.item.clusterLabel));
    if (!run.harnessVersion.empty())
        text += formatText("  version   {} (from the {})\n",
                           safeLine(shown.item.versionLabel.empty() ? run.harnessVersion : shown.item.versionLabel),
                           safeLine(run.harnessVersionSource));
    if (!run.sessionId.empty()) text += formatText("  session   {}\n", safeLine(run.sessionId));
    text += formatText("  when      {}{}{}\n", when(run.start), run.end > run.start ? ", took " : "",
                       run.end > run.start ? formatDuration(run.end - run.start) : "");
    text += formatText("  tokens    {} in, {} out\n",
                       formatCount(static_cast<std::uint64_t>(std::max<std::int64_t>(run.promptTokens, 0))),
                       formatCount(static_cast<std::uint64_t>(std::max<std::int64_t>(run.completionTokens, 0))));
    return text;
}

std::string judgementsOf(const Shown& shown)
{
    std::string text;
    if (!shown.signals.empty()) text += "\nSignals\n";
    for (const Signal& signal : shown.signals)
        text += formatText("  {} ({}): {}\n", safeLine(signal.family), nameOf(signal.layer), safeLine(signal.explanation, 600));
    if (!shown.scores.empty()) text += "\nScores\n";
    for (const Score& score : shown.scores) {
        text += formatText("  {} = {}", safeLine(score.name),
                           score.label.empty() && score.value ? formatText("{}", *score.value) : safeLine(score.label));
        if (!score.label.empty() && score.value) text += formatText(" ({})", *score.value);
        text += formatText("  by {}{}{}", nameOf(score.annotator), score.by.empty() ? "" : " ", safeLine(score.by));
        if (!score.explanation.empty()) text += ": " + safeLine(score.explanation, 600);
        text += "\n";
    }
    if (!shown.decisions.empty()) text += "\nHuman decisions\n";
    for (const HumanDecision& decision : shown.decisions)
        text += formatText("  {} by {} of {}{}{}\n", nameOf(decision.kind),
                           safeLine(decision.by.empty() ? "somebody" : decision.by), safeLine(decision.target),
                           decision.reason.empty() ? "" : ": ", safeLine(decision.reason, 600));
    return text;
}

std::string stepsOf(const Shown& shown)
{
    std::string text = formatText("\nSteps ({})\n", formatCount(shown.steps.size()));
    for (const StepItem& item : shown.steps) {
        const Step& step = item.step;
        const std::string indent(2 + 2 * static_cast<std::size_t>(std::clamp(item.depth, 0, 20)), ' ');
        const std::string name = step.toolName.empty() ? step.name : step.toolName;
        text += formatText("{}{} {}", indent, nameOf(step.kind), safeLine(name, 100));
        if (step.end > step.start) text += formatText("  {}", formatDuration(step.end - step.start));
        if (!step.arguments.empty()) text += "  " + safeLine(step.arguments, 120);
        text += "\n";
        if (step.status == StepStatus::Error || !step.errorText.empty())
            text +=
                formatText("{}  error: {}\n", indent, safeLine(step.errorText.empty() ? step.errorType : step.errorText, 400));
    }
    return text;
}

std::string conversationOf(const Body& body)
{
    std::string text = "\nConversation\n";
    for (const Message& message : body.messages) {
        text += formatText("  {}{}{}\n", safeLine(message.role), message.name.empty() ? "" : " ", safeLine(message.name));
        if (!message.content.empty()) text += safeBlock(message.content, "    ");
        for (const auto& call : message.toolCalls)
            text += formatText("    → {} {}\n", safeLine(call.name), safeLine(call.arguments, 2000));
    }
    if (body.messages.empty()) {
        if (!body.input.empty()) text += "  input\n" + safeBlock(body.input, "    ");
        if (!body.output.empty()) text += "  output\n" + safeBlock(body.output, "    ");
        if (body.input.empty() && body.output.empty())
            text += body.raw.empty() ? "  (the store has no texts of it)\n" : safeBlock(body.raw, "    ");
    }
    if (body.omittedBytes > 0)
        text += formatText("  … {} more; --bytes shows more\n", counted(static_cast<std::int64_t>(body.omittedBytes), "byte"));
    return text;
}

/// What people said of it and what has become of it.
std::string saidOf(const ClusterItem& cluster)
{
    const ClusterWords& words = cluster.words;
    std::string text = formatText("  state: {}", nameOf(cluster.state));
    if (cluster.state == ClusterState::Regressed)
        text += formatText(" ({} since {} resolved it{})", counted(words.resolution->runsSince, "run"),
                           safeLine(words.resolution->by, 40),
                           words.resolution->version.empty() ? "" : ", first with " + safeLine(words.resolution->version, 40));
    if (!words.owner.empty()) text += "; owner: " + safeLine(words.owner, 60);
    text += "\n";
    if (words.isNamed) text += formatText("  made name: {}\n", safeLine(words.madeLabel, 160));
    if (!words.expected.empty()) text += formatText("  should have: {}\n", safeLine(words.expected, 200));
    if (!words.mergedFrom.empty()) text += formatText("  merged from {}\n", joined(words.mergedFrom));
    return text;
}

std::string textOf(const ClusterItem& cluster, const ClusterOverview& overview, const std::vector<ExemplarRun>& exemplars)
{
    std::string text = formatText("\n{}  {}\n", cluster.id.value, safeLine(cluster.label, 200));
    text += formatText("  layer: {}; {}\n",
                       safeLine(cluster.layerReason.empty() ? nameOf(cluster.layer) : cluster.layerReason, 300),
                       safeLine(cluster.family));
    text += formatText("  {} (of all: {})\n", shareOf(cluster.runs, cluster.failingRuns, "failing runs"),
                       shareOf(cluster.runs, overview.runs, "runs"));
    text += cluster.lastSeen == 0
                ? std::string("  when: the store does not say")
                : formatText("  first seen {}, last seen {}", formatDay(cluster.firstSeen), formatDay(cluster.lastSeen));
    if (cluster.users > 0) text += formatText(", {}", counted(cluster.users, "user"));
    text += "\n";
    text += saidOf(cluster);
    for (const VersionCount& version : cluster.versions)
        if (!version.version.empty())
            text += formatText("  {:<8}{}\n", safeLine(version.label.empty() ? version.version : version.label, 40),
                               shareOf(version.runs, version.outOf, "runs"));
    for (const ExemplarRun& exemplar : exemplars)
        text += formatText("  {:<16}{}  {}\n", safeLine(exemplar.role), shortId(exemplar.nativeId, 16),
                           safeLine(exemplar.explanation, 160));
    return text;
}

Json jsonOf(const ClusterItem& cluster)
{
    Json json = {{"id", cluster.id.value},
                 {"state", nameOf(cluster.state)},
                 {"words", wordsToJson(cluster.words)},
                 {"layer", nameOf(cluster.layer)},
                 {"family", cluster.family},
                 {"label", cluster.label},
                 {"runs", cluster.runs},
                 {"runIds", Json::array()},
                 {"exemplars", Json::array()},
                 {"exemplarDetails", Json::array()},
                 {"layerShare", cluster.layerShare},
                 {"layerReason", cluster.layerReason},
                 {"subject", cluster.subject},
                 {"signature", cluster.signature},
                 {"description", cluster.description},
                 {"failingRuns", cluster.failingRuns},
                 {"users", cluster.users},
                 {"share", {{"low", cluster.share.low}, {"high", cluster.share.high}}},
                 {"firstSeen", jsonTime(cluster.firstSeen)},
                 {"lastSeen", jsonTime(cluster.lastSeen)},
                 {"versions", Json::array()},
                 {"perWeek", cluster.perWeek}};
    for (const VersionCount& version : cluster.versions)
        json["versions"].push_back(
            {{"version", version.version}, {"label", version.label}, {"runs", version.runs}, {"outOf", version.outOf}});
    return json;
}

Json jsonOf(const ExemplarRun& exemplar)
{
    return {{"id", exemplar.nativeId}, {"key", exemplar.key.value}, {"role", exemplar.role},
            {"step", exemplar.stepId}, {"task", exemplar.task},     {"explanation", exemplar.explanation}};
}

/// The native ids of some runs, in pieces, so that a cluster of a million runs needs no statement of a million values.
Result<Json> idsOf(RunQueries& queries, const std::vector<RunRow>& rows)
{
    Json out = Json::array();
    constexpr std::size_t kPiece = 500;
    for (std::size_t at = 0; at < rows.size(); at += kPiece) {
        const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(at + kPiece, rows.size()));
        TR_ASSIGN(const std::vector<RunListItem> items, queries.items({rows.begin() + static_cast<std::ptrdiff_t>(at), end}));
        for (const RunListItem& item : items) out.push_back(item.run.nativeId);
    }
    return out;
}

} // namespace

Result<Answer> runShow(Context& context)
{
    TR_ASSIGN(const std::uint64_t maxBytes, context.arguments.number("bytes", 200'000, 1'000, 256'000'000));
    const std::string step = context.arguments.text("step");
    TR_ASSIGN(const Shown shown, read(context, context.arguments.position(1), step, maxBytes));
    std::string text = headOf(shown);
    if (step.empty()) text += judgementsOf(shown) + stepsOf(shown);
    text += conversationOf(shown.body);
    return answerOf(context, jsonOf(shown), std::move(text));
}

Result<Answer> runClusters(Context& context)
{
    if (context.arguments.has("texts")) return groupLines(context);
    if (context.arguments.positions().empty())
        return fail(ErrorCode::Usage, "clusters", "STORE is missing", "tackroom-cli clusters --help tells what it takes");
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
    TR_ASSIGN(const auto clusters, ClusterQueries::open(report.folder, context.cancel));
    TR_ASSIGN(const ClusterOverview overview, clusters->overview());

    Json json = {{"clusters", Json::array()},
                 {"runs", overview.runs},
                 {"failingRuns", overview.failingRuns},
                 {"unclustered", overview.unclustered},
                 {"editsWithoutPlace", overview.editsWithoutPlace}};
    std::string text = formatText("{}; {} fail\n", counted(static_cast<std::int64_t>(overview.clusters.size()), "cluster"),
                                  shareOf(overview.failingRuns, overview.runs, "runs"));
    if (overview.unclustered > 0)
        text += formatText("In no cluster: {}\n", shareOf(overview.unclustered, overview.failingRuns, "failing runs"));
    // Scores of that name are few stores'; their clusters alone are looked through for them.
    TR_ASSIGN(const auto scoreNames, queries->values("score", 1000));
    const bool hasPrior =
        std::ranges::contains(scoreNames, std::string(kPriorClusterScore), &std::pair<std::string, std::int64_t>::first);
    for (const ClusterItem& cluster : overview.clusters) {
        if (context.cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const std::vector<ExemplarRun> exemplars, clusters->exemplars(cluster.id));
        TR_ASSIGN(const std::vector<RunRow> members, clusters->members(cluster.id));
        Json one = jsonOf(cluster);
        TR_ASSIGN(one["runIds"], idsOf(*queries, members));
        for (const ExemplarRun& exemplar : exemplars) {
            if (exemplar.role != "counter-example") one["exemplars"].push_back(exemplar.nativeId);
            one["exemplarDetails"].push_back(jsonOf(exemplar));
        }
        std::optional<PriorName> prior;
        if (hasPrior) {
            TR_ASSIGN(prior, priorNameOf(report.folder, cluster.id, context.cancel));
        }
        one["priorName"] = prior ? Json{{"name", prior->name}, {"runs", prior->runs}, {"outOf", prior->outOf}} : Json();
        json["clusters"].push_back(std::move(one));
        text += textOf(cluster, overview, exemplars);
        if (prior)
            text += formatText("  the store calls it \"{}\": an issue of {} of {}\n", safeLine(prior->name),
                               formatCount(static_cast<std::uint64_t>(prior->runs)), counted(prior->outOf, "run"));
    }
    return answerOf(context, std::move(json), std::move(text));
}

} // namespace tackroom::cli
