// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/readerserver.h"

#include "core/base/json.h"
#include "core/index/cachelimit.h"
#include "core/index/ingest.h"
#include "core/index/promptframes.h"
#include "core/index/readerclient.h"
#include "core/index/readerframes.h"
#include "core/index/textserver.h"
#include "core/platform/childprocess.h"
#include "core/readers/readers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <new>
#include <unistd.h>

namespace tackroom
{

namespace
{

using frames::FrameType;

constexpr std::chrono::milliseconds kProgressEvery{100};
constexpr std::int64_t kMostSampledRuns = 100'000;

/// The highest resident size of this program. Not getrusage's, which counts what the parent was before the exec.
std::int64_t peakRssBytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::strtoll(line.c_str() + 6, nullptr, 10) * 1024;
    return 0;
}

class Server
{
public:
    Server(int inFd, int outFd) : m_in(inFd), m_out(outFd) {}

    int run()
    {
        for (;;) {
            std::array<char, frames::kHeaderBytes> bytes{};
            if (!readExactly(bytes)) return 0; // the parent is done with us
            const auto header = frames::decodeHeader({bytes.data(), bytes.size()});
            if (!header || header->type != FrameType::Request) return 1;
            m_request = header->request;
            std::string payload(header->length, '\0');
            if (!readExactly(payload)) return 1;
            if (!send(FrameType::Answer, dumpJson(answer(payload)))) return 1;
        }
    }

private:
    bool readExactly(std::span<char> buffer) const
    {
        while (!buffer.empty()) {
            const ssize_t got = ::read(m_in, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            buffer = buffer.subspan(static_cast<std::size_t>(got));
        }
        return true;
    }

    Status send(FrameType type, std::string_view payload) const
    {
        if (type != FrameType::Text && payload.size() > frames::kMaxControlBytes) {
            const Json error = {{"error", frames::errorJson({ErrorCode::Internal, {}, "the reader's answer is too long", {}})}};
            return send(FrameType::Answer, dumpJson(error));
        }
        return writeFully(m_out, frames::encode(type, m_request, payload), -1, "the pipe to the parent");
    }

    Json answer(std::string_view payload)
    {
        Result<Json> done = Json();
        try {
            done = handle(payload);
        } catch (const std::bad_alloc&) {
            m_reader.reset();
            done = fail(ErrorCode::Refused, m_path, "the store needs more memory than the reader may use");
        } catch (const std::exception& error) {
            m_reader.reset();
            done = fail(ErrorCode::Internal, m_path, error.what());
        }
        if (done) return *done;
        return {{"error", frames::errorJson(done.error())}};
    }

    Result<Json> handle(std::string_view payload)
    {
        TR_ASSIGN(const Json request, parseJson(payload, "request"));
        const std::string verb = stringAt(request, "verb");
        if (verb == "prompts") return prompts(stringAt(request, "path"));
        if (verb == "prompt") return prompt(request);
        if (verb == "evict") return evict(request);
        const bool staysOpen = verb == "fetch" || verb == "texts" || verb == "scan" || verb == "scanRuns";
        TR_TRY(open(stringAt(request, "path"), !staysOpen));
        if (verb == "recognise") return Json{{"info", frames::infoJson(m_reader->info())}};
        if (verb == "index") return index(stringAt(request, "cache"), intAt(request, "cacheLimitBytes"));
        if (verb == "versionKeys") return versionKeys(intAt(request, "runs"));
        if (verb == "fetch") return fetch(request);
        const auto sendFrame = [this](FrameType type, std::string_view bytes) { return send(type, bytes); };
        if (verb == "texts") return frames::answerTexts(*m_reader, request, sendFrame);
        if (verb == "scan") return frames::answerScan(*m_reader, request, sendFrame);
        if (verb == "scanRuns") return frames::answerScanRuns(*m_reader, request, sendFrame);
        return fail(ErrorCode::Internal, {}, "the reader does not know the verb " + verb);
    }

    /// Here no index is open, so that looking at the locks is safe.
    static Result<Json> evict(const Json& request)
    {
        const std::string cache = stringAt(request, "cache"), only = stringAt(request, "only");
        const auto limit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, intAt(request, "limitBytes")));
        TR_ASSIGN(const Eviction done,
                  only.empty() ? evictIndexes(cache, limit, stringAt(request, "keep")) : removeIndexOf(cache, only));
        Json removed = Json::array();
        for (const auto& folder : done.removed) removed.push_back(folder.string());
        return Json{{"bytesBefore", done.bytesBefore},
                    {"bytesAfter", done.bytesAfter},
                    {"removed", std::move(removed)},
                    {"inUse", done.inUse},
                    {"failed", done.failed}};
    }

    Status open(const std::string& path, bool anew)
    {
        if (m_reader && m_path == path && !anew) return {};
        m_reader.reset();
        m_path = path;
        TR_ASSIGN(m_reader, openStore(path, {}));
        return {};
    }

    /// A frame now and then.
    [[nodiscard]] Progress progressToParent()
    {
        return Progress([this, last = std::chrono::steady_clock::time_point{}](std::string_view what, std::uint64_t done,
                                                                               std::uint64_t total) mutable {
            const auto now = std::chrono::steady_clock::now();
            if (now - last < kProgressEvery && done != total) return;
            last = now;
            // A parent that is gone shows in the answer; it also sends us SIGKILL.
            (void)send(FrameType::Progress, dumpJson({{"what", what}, {"done", done}, {"total", total}}));
        });
    }

    Result<Json> versionKeys(std::int64_t runs)
    {
        const Progress progress = progressToParent();
        TR_ASSIGN(const VersionKeys keys,
                  sampleVersionKeys(*m_reader, std::clamp<std::int64_t>(runs, 1, kMostSampledRuns), progress, {}));
        return frames::versionKeysJson(keys);
    }

    Result<Json> index(const std::string& cache, std::int64_t cacheLimitBytes)
    {
        TR_ASSIGN(const auto canonical, canonicalStore(m_path));
        const Progress progress = progressToParent();
        const auto& info = m_reader->info();
        const auto folder = storeCacheFolder(cache, canonical, info.kind);
        // Where the rows will be, before they are there: who waits can look at them as they come.
        TR_TRY(send(FrameType::Progress,
                    dumpJson({{"what", "opened"}, {"info", frames::infoJson(info)}, {"path", canonical.string()}})));
        TR_ASSIGN(const IngestReport report,
                  ingestStore(*m_reader, canonical, folder, progress, {}, readVersionRuleFile(folder)));
        // What cannot be removed today is tried again tomorrow: no reason to keep the answer back.
        if (cacheLimitBytes > 0) (void)evictIndexes(cache, static_cast<std::uint64_t>(cacheLimitBytes), folder);
        return Json{{"info", frames::infoJson(info)},  {"path", canonical.string()}, {"runs", report.runs},
                    {"steps", report.steps},           {"scores", report.scores},    {"decisions", report.decisions},
                    {"unreadable", report.unreadable}, {"newRuns", report.newRuns},  {"seconds", report.seconds},
                    {"peakRssBytes", peakRssBytes()}};
    }

    Result<Json> fetch(const Json& request)
    {
        const auto maxBytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, intAt(request, "maxBytes")));
        RunAddress run(stringAt(request, "run"));
        run.source = stringAt(request, "source");
        run.place = stringAt(request, "place");
        TR_ASSIGN(const Body body, m_reader->fetch(run, stringAt(request, "step"), maxBytes));
        TR_TRY(frames::sendBody(body, [this](std::string_view payload) { return send(FrameType::Text, payload); }));
        return Json{{"omittedBytes", body.omittedBytes}};
    }

    /// Opened for each request anew: a writer may have come. No reader stays open meanwhile, for looking at the file and
    /// closing it would drop the locks of its connection.
    Result<std::unique_ptr<PromptRegistry>> registry(const std::string& path)
    {
        m_reader.reset();
        m_path = path;
        return openPromptRegistry(path, {});
    }

    Result<Json> prompts(const std::string& path)
    {
        TR_ASSIGN(const auto registry, this->registry(path));
        if (!registry) return Json{{"registry", ""}, {"promptCount", 0}};
        TR_ASSIGN(const PromptListing listing, registry->list());
        TR_TRY(frames::sendPrompts(listing, [this](const Json& frame) { return send(FrameType::Progress, dumpJson(frame)); }));
        return Json{{"registry", listing.registry}, {"promptCount", listing.promptCount}};
    }

    Result<Json> prompt(const Json& request)
    {
        TR_ASSIGN(const auto registry, this->registry(stringAt(request, "path")));
        if (!registry) return fail(ErrorCode::NotFound, m_path, "the store keeps no prompts");
        TR_ASSIGN(const PromptContent content, registry->read(stringAt(request, "name"), intAt(request, "version")));
        Body body;
        body.raw = promptFileText(content);
        TR_TRY(frames::sendBody(body, [this](std::string_view payload) { return send(FrameType::Text, payload); }));
        return Json::object();
    }

    int m_in, m_out;
    std::uint32_t m_request = 0;
    std::string m_path;
    std::unique_ptr<StoreReader> m_reader;
};

} // namespace

int serveReader(int inFd, int outFd) { return Server(inFd, outFd).run(); }

} // namespace tackroom
