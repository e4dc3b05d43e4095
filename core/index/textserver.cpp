// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/textserver.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/index/fulltext.h"
#include "core/readers/textscan.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::frames
{

namespace
{

constexpr std::size_t kMaxRequestRuns = 256, kHitsOfFrame = 200;
constexpr std::uint64_t kMaxScannedBytes = std::uint64_t{64} << 20;
constexpr std::chrono::milliseconds kTellEvery{100};

Result<std::vector<RunAddress>> runsOf(const Json& request)
{
    std::vector<RunAddress> runs;
    for (const Json& each : memberAt(request, "runs")) {
        RunAddress run(stringAt(each, "run"));
        run.source = stringAt(each, "source");
        run.place = stringAt(each, "place");
        runs.push_back(std::move(run));
    }
    if (runs.size() > kMaxRequestRuns) return fail(ErrorCode::Internal, {}, "too many runs in one request");
    return runs;
}

Result<std::vector<TextNeedle>> needlesOf(const Json& request)
{
    std::vector<TextNeedle> needles;
    for (const Json& word : memberAt(request, "words"))
        if (word.is_string() && !word.get_ref<const std::string&>().empty())
            needles.emplace_back(word.get_ref<const std::string&>());
    if (needles.empty() || needles.size() != memberAt(request, "words").size() || needles.size() > kMaxScanWords)
        return fail(ErrorCode::Internal, {}, "no words to look for, or too many");
    return needles;
}

/// As dumpJson() writes it, without a value of the JSON library for each.
void appendJsonText(std::string& json, std::string_view text)
{
    if (!isUtf8(text)) {
        json += dumpJson(Json(text));
        return;
    }
    json += '"';
    std::size_t copied = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        json += text.substr(copied, i - copied);
        json += byte < 0x20 ? formatText("\\u{:04x}", static_cast<unsigned>(byte)) : std::string{'\\', text[i]};
        copied = i + 1;
    }
    json += text.substr(copied);
    json += '"';
}

/// Hits go out together: a frame for each would cost more than finding it.
class HitSender
{
public:
    explicit HitSender(const SendFrame& send) : m_send(send) {}

    Status add(const ScanHit& hit)
    {
        // A list: names would be half of it, and there may be a hundred thousand.
        m_hits += m_count++ == 0 ? "[" : ",[";
        m_hits += std::to_string(hit.word);
        for (const std::string* text : {&hit.runId, &hit.source, &hit.stepId, &hit.place, &hit.snippet.text}) {
            m_hits += ',';
            appendJsonText(m_hits, *text);
        }
        for (const std::size_t number : {hit.snippet.markAt, hit.snippet.markBytes}) {
            m_hits += ',';
            m_hits += std::to_string(number);
        }
        m_hits += ']';
        return m_count >= kHitsOfFrame ? flush() : Status();
    }
    Status done(std::uint64_t done, std::uint64_t total)
    {
        m_done = done;
        m_total = total;
        if (std::chrono::steady_clock::now() - m_told < kTellEvery) return {};
        return flush();
    }
    Status flush()
    {
        m_told = std::chrono::steady_clock::now();
        const std::string frame = formatText(R"({{"what":"scan","done":{},"total":{},"hits":[{}]}})", m_done, m_total, m_hits);
        m_hits.clear();
        m_count = 0;
        return m_send(FrameType::Progress, frame);
    }

private:
    const SendFrame& m_send;
    std::string m_hits;      ///< lists, with commas between them
    std::size_t m_count = 0; ///< of these
    std::uint64_t m_done = 0, m_total = 0;
    std::chrono::steady_clock::time_point m_told;
};

/// What damage has hidden, for the answer: as much as anybody reads.
Json lossesOf(const StoreReader& reader)
{
    constexpr std::size_t kMostLosses = 20;
    Json list = Json::array();
    if (const auto* scanner = dynamic_cast<const TextScanner*>(&reader))
        for (const ScanLoss& loss : scanner->losses())
            if (list.size() < kMostLosses) list.push_back({{"where", loss.where}, {"why", loss.why}});
    return list;
}

} // namespace

Result<Json> answerTexts(StoreReader& reader, const Json& request, const SendFrame& send)
{
    TR_ASSIGN(const auto runs, runsOf(request));
    const auto maxBytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, intAt(request, "maxBytes")));
    for (std::size_t i = 0; i < runs.size(); ++i) {
        Json end = {{"what", "run"}, {"which", i}};
        auto body = reader.fetch(runs[i], {}, maxBytes);
        if (body) {
            body->raw.clear(); // not of a run
            TR_TRY(sendBody(*body, [&](std::string_view payload) { return send(FrameType::Text, payload); }));
            end["omittedBytes"] = body->omittedBytes;
        } else {
            end["error"] = errorJson(body.error());
        }
        TR_TRY(send(FrameType::Progress, dumpJson(end)));
    }
    return Json{{"runs", runs.size()}};
}

Result<Json> answerScan(StoreReader& reader, const Json& request, const SendFrame& send)
{
    TR_ASSIGN(const auto needles, needlesOf(request));
    auto* scanner = dynamic_cast<TextScanner*>(&reader);
    if (!scanner) return Json{{"scanned", false}};
    HitSender sender(send);
    TR_ASSIGN(const bool scanned, scanner->scan(
                                      needles, [&](const ScanHit& hit) { return sender.add(hit); },
                                      [&](std::uint64_t done, std::uint64_t total) { return sender.done(done, total); }, {}));
    TR_TRY(sender.flush());
    return Json{{"scanned", scanned}, {"losses", lossesOf(reader)}};
}

Result<Json> answerScanRuns(StoreReader& reader, const Json& request, const SendFrame& send)
{
    TR_ASSIGN(const auto runs, runsOf(request));
    TR_ASSIGN(const auto needles, needlesOf(request));
    HitSender sender(send);
    std::int64_t unreadable = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        TR_TRY(sender.done(i, runs.size()));
        auto body = reader.fetch(runs[i], {}, kMaxScannedBytes);
        if (!body) {
            ++unreadable;
            continue;
        }
        std::vector<bool> found(needles.size());
        for (TextDocument& document : documentsOf(std::move(*body)))
            for (std::size_t word = 0; word < needles.size(); ++word) {
                if (found[word]) continue;
                auto snippet = needles[word].inText(document.text);
                if (!snippet) continue;
                found[word] = true;
                TR_TRY(
                    sender.add({word, runs[i].nativeId, runs[i].source, document.stepId, document.place, std::move(*snippet)}));
            }
    }
    TR_TRY(sender.flush());
    return Json{{"scanned", true}, {"unreadable", unreadable}, {"losses", lossesOf(reader)}};
}

} // namespace tackroom::frames
