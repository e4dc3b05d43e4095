// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/textreader.h"

#include "core/base/text.h"
#include "core/index/readerconnection.h"

#include <optional>

namespace tackroom
{

struct TextReader::Private {
    std::filesystem::path store;
    ReaderClient::Options options;
    std::optional<ReaderConnection> connection;
};

namespace
{

Json addressesOf(std::span<const RunAddress> runs)
{
    Json list = Json::array();
    for (const RunAddress& run : runs) list.push_back({{"run", run.nativeId}, {"source", run.source}, {"place", run.place}});
    return list;
}

/// A hit as the child tells it; nothing where it cannot be.
std::optional<ScanHit> hitOf(const Json& json, std::size_t words)
{
    constexpr std::size_t kParts = 8;
    if (!json.is_array() || json.size() != kParts) return std::nullopt;
    for (const std::size_t number : {0, 6, 7})
        if (!json[number].is_number_unsigned()) return std::nullopt;
    for (std::size_t text = 1; text < 6; ++text)
        if (!json[text].is_string()) return std::nullopt;
    ScanHit hit;
    hit.word = json[0].get<std::size_t>();
    hit.runId = json[1].get_ref<const std::string&>();
    hit.source = json[2].get_ref<const std::string&>();
    hit.stepId = json[3].get_ref<const std::string&>();
    hit.place = json[4].get_ref<const std::string&>();
    hit.snippet.text = json[5].get_ref<const std::string&>();
    hit.snippet.markAt = json[6].get<std::size_t>();
    hit.snippet.markBytes = json[7].get<std::size_t>();
    const std::size_t size = hit.snippet.text.size();
    if (hit.word >= words || hit.snippet.markAt > size || hit.snippet.markBytes > size - hit.snippet.markAt)
        return std::nullopt;
    return hit;
}

/// Hands the hits of a frame on.
Status takeHits(const Json& json, std::size_t words, const TextReader::Hit& hit)
{
    for (const Json& each : memberAt(json, "hits")) {
        auto one = hitOf(each, words);
        if (!one) return fail(ErrorCode::Crashed, {}, "the reader sent a hit that cannot be; nothing was changed");
        TR_TRY(hit(std::move(*one)));
    }
    return {};
}

TextReader::Scanned scannedOf(const Json& answer)
{
    constexpr std::size_t kMostLosses = 20;
    TextReader::Scanned scanned{boolAt(answer, "scanned"), frames::countAt(answer, "unreadable"), {}};
    for (const Json& loss : memberAt(answer, "losses"))
        if (loss.is_object() && scanned.losses.size() < kMostLosses)
            scanned.losses.push_back({std::string(cutUtf8(toUtf8(stringAt(loss, "where")), 200)),
                                      std::string(cutUtf8(toUtf8(stringAt(loss, "why")), 500))});
    return scanned;
}

} // namespace

TextReader::TextReader(std::filesystem::path store, ReaderClient::Options options)
    : d(new Private{.store = std::move(store), .options = std::move(options), .connection = {}})
{
    std::error_code error;
    if (auto full = std::filesystem::absolute(d->store, error); !error) d->store = std::move(full);
}
TextReader::~TextReader() = default;

Status TextReader::connect()
{
    if (d->connection && d->connection->usable()) return {};
    d->connection.reset();
    TR_ASSIGN(auto connection, ReaderConnection::start(d->store, d->options));
    d->connection.emplace(std::move(connection));
    return {};
}

Status TextReader::texts(std::span<const RunAddress> runs, std::uint64_t maxBytesEach, const Visit& visit,
                         const CancelToken& cancel)
{
    if (cancel.cancelled()) return CancelToken::error();
    TR_TRY(connect());
    std::size_t next = 0;
    frames::BodyReceiver body(maxBytesEach);
    ReaderConnection::Receiver receiver;
    receiver.text = [&](std::string_view payload) { return body.add(payload); };
    // After the texts of a run comes a frame that closes it.
    receiver.progress = [&](const Json& json) -> Status {
        if (stringAt(json, "what") != "run" || next >= runs.size() ||
            frames::countAt(json, "which") != static_cast<std::int64_t>(next))
            return fail(ErrorCode::Crashed, d->store.string(), "the reader sent texts out of their order; nothing was changed");
        Body whole = body.take(static_cast<std::uint64_t>(frames::countAt(json, "omittedBytes")));
        body = frames::BodyReceiver(maxBytesEach);
        if (const Json& error = memberAt(json, "error"); error.is_object())
            return visit(next++, std::unexpected(frames::errorOf(error)));
        return visit(next++, std::move(whole));
    };
    TR_TRY(d->connection->ask(
        {{"verb", "texts"}, {"path", d->store.string()}, {"runs", addressesOf(runs)}, {"maxBytes", maxBytesEach}}, receiver,
        cancel));
    if (next != runs.size())
        return fail(ErrorCode::Crashed, d->store.string(), "the reader left runs out and was ended; nothing was changed");
    return {};
}

Result<TextReader::Scanned> TextReader::scan(const std::vector<std::string>& words, const Hit& hit, const CancelToken& cancel,
                                             const Progress& progress)
{
    if (cancel.cancelled()) return CancelToken::error();
    TR_TRY(connect());
    ReaderConnection::Receiver receiver;
    receiver.progress = [&](const Json& json) -> Status {
        TR_TRY(takeHits(json, words.size(), hit));
        progress.report("searching", static_cast<std::uint64_t>(frames::countAt(json, "done")),
                        static_cast<std::uint64_t>(frames::countAt(json, "total")));
        return {};
    };
    TR_ASSIGN(const Json answer,
              d->connection->ask({{"verb", "scan"}, {"path", d->store.string()}, {"words", words}}, receiver, cancel));
    return scannedOf(answer);
}

Result<TextReader::Scanned> TextReader::scanRuns(const std::vector<std::string>& words, std::span<const RunAddress> runs,
                                                 const Hit& hit, const CancelToken& cancel)
{
    if (cancel.cancelled()) return CancelToken::error();
    TR_TRY(connect());
    ReaderConnection::Receiver receiver;
    receiver.progress = [&](const Json& json) { return takeHits(json, words.size(), hit); };
    TR_ASSIGN(
        const Json answer,
        d->connection->ask({{"verb", "scanRuns"}, {"path", d->store.string()}, {"words", words}, {"runs", addressesOf(runs)}},
                           receiver, cancel));
    return scannedOf(answer);
}

} // namespace tackroom
