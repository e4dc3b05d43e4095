// SPDX-License-Identifier: GPL-3.0-or-later
// Texts that a person or a store says, fed with anything: words to look for, queries, rules for the version, answers of people,
// verdicts, prompts between processes.
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/jsonpieces.h"
#include "core/base/text.h"
#include "core/index/ingest.h"
#include "core/index/promptframes.h"
#include "core/index/runqueries.h"
#include "core/index/runversions.h"
#include "core/readers/harnessversion.h"
#include "core/readers/humanresume.h"
#include "core/readers/promptregistry.h"
#include "core/readers/swebench.h"
#include "core/readers/textscan.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/smalldatabases.h"

#include <fstream>

namespace tackroom::fuzz
{

namespace
{

// ---- words in texts

void requireSnippet(const TextSnippet& snippet)
{
    if (!isUtf8(snippet.text)) broken("a snippet is well-formed");
    if (snippet.markAt > snippet.text.size() || snippet.markBytes > snippet.text.size() - snippet.markAt)
        broken("the mark of a snippet lies within it");
}

std::size_t slowlyFound(const std::string& folded, const std::string& wanted)
{
    return wanted.empty() ? std::string::npos : folded.find(wanted);
}

/// The word, 0xFF, the text.
void feedNeedle(std::string_view bytes)
{
    const std::string_view word = takeChunk(bytes);
    if (word.empty()) return;
    const TextNeedle needle(word);
    const auto at = needle.in(bytes);
    if (at != slowlyFound(asciiLower(bytes), asciiLower(word))) broken("the fast search finds what the slow one finds");
    if (const auto plain = needle.inText(bytes)) requireSnippet(*plain);
    if (const auto json = needle.inJson(bytes)) {
        requireSnippet(*json);
        if (!needle.mayBeInJson(bytes)) broken("where a text may not be it is not found");
    }
    (void)decodedJsonString(bytes);
    (void)indentedJson(bytes);
    const auto root = jsonRoot(bytes, {});
    const auto pieces = root ? jsonPiecesIn(bytes, *root, {}) : Result<std::vector<JsonPiece>>();
    if (!pieces) return;
    for (const JsonPiece& piece : *pieces)
        if (piece.at + piece.bytes > bytes.size() || piece.nameAt + piece.nameBytes > bytes.size())
            broken("a piece of a JSON text lies within it");
}

std::vector<std::string> needleSeeds()
{
    return {"refund\xFF{\"input\":{\"value\":\"the REFUND was late\"}}", "a\"b\xFF{\"x\":\"{\\\"y\\\":\\\"a\\\\\\\"b\\\"}\"}",
            "\xC3\xA4\xFF[\"\\u00e4\",\"\xC3\xA4\"]", "\xF0\x9F\x98\x80\xFF\"\\ud83d\\ude00\"",
            "issue_refund\xFF" + std::string(40, 'i') + "issue_refunissue_Refund" + std::string(40, 'd')};
}

// ---- queries

/// An index with a few runs.
const std::filesystem::path& smallIndex()
{
    static const std::filesystem::path folder = [] {
        const auto store = scratch() / "asked.db";
        std::ofstream(store, std::ios::binary) << databaseOf("phoenix-sqlite").bytes;
        const auto reader = openStore(store, {});
        if (!reader || !ingestStore(**reader, store, scratch() / "asked", {}, {})) broken("a small store is read");
        return scratch() / "asked";
    }();
    return folder;
}

/// Whatever is typed, what is asked of the database is good SQL, and the runs that match are as many as are listed.
void feedQuery(std::string_view bytes)
{
    static const auto queries = RunQueries::open(smallIndex(), {});
    if (!queries) broken("a small index is opened");
    const RunFilter filter = parseRunFilter(bytes);
    if (filter.text != bytes) broken("a query keeps its text");
    const auto rows = (*queries)->rows(filter, RunOrder::Start, true);
    const auto count = (*queries)->count(filter);
    if (!rows || !count) broken("a query can be asked");
    if (static_cast<std::int64_t>(rows->size()) != *count) broken("as many are counted as are listed");
    for (const QueryProblem& problem : filter.notUnderstood)
        if (explanationOf(problem.why).empty()) broken("what is not understood is explained");
}

std::vector<std::string> querySeeds()
{
    return {R"(outcome:failure tool:issue_refund version:v4 "late delivery" since:2w)",
            R"(steps:>3 -version:v1 duration:>1ms cost:0.1..2 tokens>=10)",
            R"(score:correct<0.5 score:x=label score:y!=z has:decision -has:judgement until:2026-03-01)",
            R"(cluster:"a b" agent:x session:s user:u error:E source:verifier id:abc model:gpt 50% _a)"};
}

// ---- rules for the version

std::vector<std::string> linesOf(std::string_view bytes)
{
    std::vector<std::string> lines;
    for (const std::string_view line : splitOn(bytes, '\n')) lines.emplace_back(line);
    return lines;
}

VersionFactsOfRun factsOfRun()
{
    VersionFactsOfRun facts;
    facts.run.start = 1'772'438'400'000'000'000;
    facts.run.agentName = "agent";
    facts.keys = {{"release", "prod-7"}, {"service.version", "1.2"}};
    facts.found = {"3f2a91c", "v4", "commit key: git.commit"};
    return facts;
}

/// One term a line. What a rule is written as is read as the same rule.
void feedVersionRule(std::string_view bytes)
{
    static const VersionFactsOfRun kFacts = factsOfRun();
    const auto rule = parseVersionRule(linesOf(bytes));
    if (!rule) {
        if (rule.error().detail.empty()) broken("an error says what it is");
        return;
    }
    const auto again = parseVersionRule(toTerms(*rule));
    if (!again || *again != *rule) broken("a rule that is written down is read again");
    (void)keysOf(*rule);
    (void)ruleText(*rule);
    (void)resolveVersion(*rule, kFacts);
}

std::vector<std::string> versionRuleSeeds()
{
    return {"key service.version\nkey release\nwhere release = prod-7 is v4\ndeployment first",
            "from 2026-03-01 to 2026-03-08 is v4\ndeployed 2026-03-01T08:00:00Z is 3f2a91c (v5)",
            "where a = b = c is d is e\nfrom 2026-03-01 is 0123abcd (v9)"};
}

/// The keys of a trace, and what an index makes of them.
void feedVersionFacts(std::string_view bytes)
{
    static jsonvalues::Parser parser;
    const auto value = parser.parse(bytes);
    if (!value) return;
    wantVersionKeys({.keys = {"release", "a.b"}, .all = xxh64(bytes) % 2 == 0});
    const VersionFacts facts =
        findVersion([&](std::string_view key) { return jsonvalues::textOf(jsonvalues::at(*value, key)); },
                    [&](const VersionKeyVisit& visit) { eachScalar(*value, visit); });
    wantVersionKeys({});
    RunRecord record;
    setVersion(record, facts);
    if (facts.any() == record.run.harnessVersion.empty()) broken("a version that is named is set");
    const VersionFactsOfRun ofRun = takeVersionFacts(record);
    for (const std::string& name : versionNamesOf(ofRun))
        if (!isUtf8(name)) broken("names are well-formed");
    VersionKeyCounts counts;
    counts.add(ofRun);
    if (counts.take().runs != 1) broken("a run is counted");
}

std::vector<std::string> versionFactsSeeds()
{
    return {R"({"harness":{"git_commit":"3f2a91c","version":"v4"},"service.version":"1.2","prompt":{"version":3}})",
            R"({"metadata":{"release":"prod-7","a":{"b":1.5}},"vcs":{"ref":{"head":{"revision":"abc"}}},"commit":null})"};
}

// ---- what people answered, what a harness judged

void feedResume(std::string_view bytes)
{
    static jsonvalues::Parser parser;
    const auto value = parser.parse(bytes);
    if (!value) return;
    const auto asked = jsonvalues::member(*value, "asked");
    const auto resume = jsonvalues::member(*value, "resume");
    const auto questions = asked ? humanresume::askedIn(*asked) : std::vector<humanresume::Asked>();
    const auto answer = resume.value_or(*value);
    const bool known = humanresume::isKnownAnswer(answer);
    const auto decisions = humanresume::decisionsOf(answer, questions);
    if (known && decisions.empty()) broken("a known answer is a decision");
    for (const HumanDecision& each : decisions)
        for (const std::string* text : {&each.target, &each.before, &each.after, &each.reason})
            if (!isUtf8(*text)) broken("a decision's texts are well-formed");
}

std::vector<std::string> resumeSeeds()
{
    return {
        R"({"asked":[{"value":{"action_request":{"action":"refund","args":{"id":1}},"description":"d"},"id":"i"}],"resume":[{"type":"edit","args":{"action":"refund","args":{"id":2}}}]})",
        R"({"asked":{"action_requests":[{"name":"a","args":{},"description":"d"}]},"resume":{"decisions":[{"type":"reject","message":"no"},{"type":"edit","edited_action":{"name":"a","args":{}}}]}})",
        R"({"asked":[{"value":"which?","id":"i"}],"resume":{"i":{"approved":false,"reason":"r"}}})", R"({"resume":true})"};
}

/// The name of a file, 0xFF, what it says. A verdict marks a run at most once.
void feedVerdicts(std::string_view bytes)
{
    const std::string name(takeChunk(bytes));
    SweBenchVerdicts verdicts;
    for (const std::string& each : {std::string("out/report.json"), name}) {
        const auto taken = verdicts.take(each, InputFile::ofBytes(each, std::string(bytes)));
        if (!taken && taken.error().detail.empty()) broken("an error says what it is");
    }
    RunRecord record;
    record.run.nativeId = "a__b-1";
    verdicts.mark(record, "out/a__b-1/a__b-1.traj");
    verdicts.mark(record, name);
    if (record.scores.size() > 2) broken("each marking adds one score");
    verdicts.forget(name);
}

std::vector<std::string> verdictSeeds()
{
    return {
        "out/r.json\xFF{\"resolved_ids\":[\"a__b-1\"],\"unresolved_ids\":[\"a__b-2\"],\"error_ids\":[],\"empty_patch_ids\":[]}",
        "a__b-1\xFF{\"a__b-1\":{\"resolved\":true,\"patch_successfully_applied\":true,\"tests_status\":{}}}",
        "x\xFF{\"resolved\":[\"a__b-1\"],\"generated\":[\"a__b-1\",\"c\"],\"applied\":[],\"no_generation\":[\"d\"]}"};
}

// ---- prompts between processes

void feedPromptFrames(std::string_view bytes)
{
    frames::PromptReceiver receiver;
    Json answer;
    for (const std::string& line : linesOf(bytes)) {
        auto frame = parseJson(line, "frame");
        if (!frame) continue;
        receiver.add(*frame);
        answer = std::move(*frame);
    }
    const PromptListing listing = receiver.take(answer);
    if (listing.prompts.size() > kMaxRegisteredPrompts) broken("a listing has its limits");
    for (const PromptInfo& prompt : listing.prompts)
        if (!isUtf8(prompt.name) || prompt.versions.size() > kMaxListedVersions) broken("a prompt has its limits");
}

std::vector<std::string> promptFrameSeeds()
{
    PromptListing listing{.registry = "MLflow", .promptCount = 1, .prompts = {}};
    listing.prompts.push_back({.name = "p",
                               .description = "d",
                               .labels = {"l"},
                               .tags = {{"k", "v"}},
                               .versionCount = 1,
                               .versions = {{.number = 1,
                                             .note = "n",
                                             .author = "a",
                                             .provider = "o",
                                             .model = "m",
                                             .kind = "chat",
                                             .time = 1,
                                             .labels = {"production"}}}});
    std::string all;
    const auto sent = frames::sendPrompts(listing, [&](const Json& frame) -> Status {
        all += dumpJson(frame) + "\n";
        return {};
    });
    if (!sent) broken("a listing can be sent");
    return {all + R"({"registry":"MLflow","prompts":1})"};
}

/// A prompt of any content as a file.
void feedPromptFile(std::string_view bytes)
{
    const auto json = parseJson(bytes, "prompt");
    if (!json || !json->is_object()) return;
    PromptContent content;
    content.provider = stringAt(*json, "provider");
    content.chat = boolAt(*json, "chat");
    content.text = stringAt(*json, "text");
    content.parameters = memberAt(*json, "parameters");
    content.tools = memberAt(*json, "tools");
    content.settings = memberAt(*json, "settings");
    content.responseFormat = memberAt(*json, "responseFormat");
    for (const Json& each : memberAt(*json, "messages")) {
        PromptContent::Message message{stringAt(each, "role"), stringAt(each, "text"), {}};
        if (const Json& parts = memberAt(each, "parts"); !parts.is_null()) message.parts = parts;
        content.messages.push_back(std::move(message));
    }
    const std::string text = promptFileText(content);
    if (text != promptFileText(content)) broken("the same prompt is the same file");
    if (!text.empty() && !text.ends_with('\n')) broken("a prompt's file ends with a line");
    if (!isUtf8(text)) broken("a prompt's file is well-formed");
}

std::vector<std::string> promptFileSeeds()
{
    return {
        R"({"chat":true,"provider":"o","parameters":{"temperature":0.2},"tools":[{"a":1}],"settings":{"tool_choice":"auto"},"responseFormat":{"type":"json"},"messages":[{"role":"system","text":"<!-- message: user -->\n\\<!-- message:"},{"role":"user","parts":[{"type":"image"}]}]})",
        R"({"chat":false,"text":"---\nHello {name}!\n"})"};
}

} // namespace

std::span<const Part> textParts()
{
    static const std::vector<Part> parts{
        {"needle", feedNeedle, needleSeeds},
        {"query", feedQuery, querySeeds, true},
        {"version-rule", feedVersionRule, versionRuleSeeds},
        {"version-facts", feedVersionFacts, versionFactsSeeds},
        {"resume", feedResume, resumeSeeds},
        {"verdicts", feedVerdicts, verdictSeeds},
        {"prompt-frames", feedPromptFrames, promptFrameSeeds},
        {"prompt-file", feedPromptFile, promptFileSeeds},
    };
    return parts;
}

} // namespace tackroom::fuzz
