// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/readerconnection.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <unistd.h>

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;
using frames::FrameType;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kProgramName = "tackroom-reader";
constexpr int kWriteMs = 10'000;
/// After its pipe broke, the child is dead or dies; its exit status is there soon.
constexpr int kExitMs = 5'000;

bool isProgram(const fs::path& path)
{
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// Options, then TACKROOM_READER, then beside this program, then TACKROOM_BIN_DIR, then PATH.
std::string programOf(const ReaderClient::Options& options)
{
    if (!options.program.empty()) return options.program.string();
    if (const char* named = std::getenv("TACKROOM_READER"); named && *named) return named;
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (const fs::path beside = self.parent_path() / kProgramName; !error && isProgram(beside)) return beside.string();
    if (const char* folder = std::getenv("TACKROOM_BIN_DIR"); folder && *folder)
        if (const fs::path there = fs::path(folder) / kProgramName; isProgram(there)) return there.string();
    return std::string(kProgramName);
}

/// The reader gets what it needs to write a private copy and to report its own mistakes, nothing else of the user's.
std::vector<std::string> environment()
{
    std::vector<std::string> kept;
    for (const char* name : {"TMPDIR", "LANG", "LC_ALL", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"})
        if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
    return kept;
}

std::uint64_t memoryLimit(const ReaderClient::Options& options)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)options; // the sanitizers' own tables need terabytes of addresses
    return 0;
#else
    return options.memoryLimitBytes > 0 ? static_cast<std::uint64_t>(options.memoryLimitBytes) : 0;
#endif
}

} // namespace

Result<ReaderConnection> ReaderConnection::start(const fs::path& store, const ReaderClient::Options& options)
{
    ChildOptions child;
    child.in = ChildOptions::Stream::Pipe;
    child.out = ChildOptions::Stream::Pipe;
    child.environment = environment();
    child.memoryBytes = memoryLimit(options);
    auto process = ChildProcess::start({programOf(options)}, child);
    if (!process && process.error().code == ErrorCode::NotFound)
        return fail(ErrorCode::Io, std::string(kProgramName),
                    "the reader program is not installed beside Tackroom, nor on PATH");
    if (!process) return std::unexpected(process.error());
    return ReaderConnection(std::move(*process), store, options);
}

Result<Json> ReaderConnection::ask(const Json& request, const Receiver& receiver, const CancelToken& cancel)
{
    ++m_request;
    const auto guard = cancel.onCancel([this] { m_child.kill(); });
    auto answer = exchange(dumpJson(request), receiver);
    if (cancel.cancelled()) {
        m_usable = false;
        return CancelToken::error();
    }
    if (!answer) {
        m_usable = false;
        m_child.kill();
        return answer;
    }
    const Json& error = memberAt(*answer, "error");
    if (error.is_object()) return std::unexpected(frames::errorOf(error));
    return answer;
}

ReaderConnection::ReaderConnection(ChildProcess child, fs::path store, const ReaderClient::Options& options)
    : m_child(std::move(child)), m_store(std::move(store)), m_stallMs(options.stallMs), m_totalMs(options.totalMs)
{
}

Result<Json> ReaderConnection::exchange(const std::string& request, const Receiver& receiver)
{
    const auto deadline = Clock::now() + std::chrono::milliseconds(m_totalMs);
    if (request.size() > frames::kMaxControlBytes)
        return fail(ErrorCode::Internal, m_store.string(), "the request is too long");
    if (auto sent = m_child.write(frames::encode(FrameType::Request, m_request, request), kWriteMs); !sent)
        return std::unexpected(explain(sent.error()));
    for (;;) {
        int timeoutMs = m_stallMs > 0 ? m_stallMs : -1;
        if (m_totalMs > 0) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
            if (left <= 0)
                return fail(ErrorCode::Timeout, m_store.string(),
                            formatText("the reader took longer than {} ms and was ended; nothing was changed", m_totalMs));
            timeoutMs = timeoutMs < 0 ? static_cast<int>(left) : static_cast<int>(std::min<std::int64_t>(timeoutMs, left));
        }
        TR_ASSIGN(auto answer, oneFrame(receiver, timeoutMs));
        if (answer) return std::move(*answer);
    }
}

/// The answer, or nothing yet.
Result<std::optional<Json>> ReaderConnection::oneFrame(const Receiver& receiver, int timeoutMs)
{
    std::array<char, frames::kHeaderBytes> bytes{};
    if (auto read = m_child.readOutExactly(bytes, timeoutMs); !read) return std::unexpected(explain(read.error()));
    const auto header = frames::decodeHeader({bytes.data(), bytes.size()});
    if (!header) return broken(header.error().detail);
    if (header->request != m_request) return broken("a frame of another request");
    std::string payload(header->length, '\0');
    if (auto read = m_child.readOutExactly(payload, timeoutMs); !read) return std::unexpected(explain(read.error()));
    if (header->type == FrameType::Text) {
        if (!receiver.text) return broken("a text that nobody asked for");
        if (const auto taken = receiver.text(payload); !taken) return broken(taken.error().detail);
        return std::nullopt;
    }
    auto json = parseJson(payload, "answer");
    if (!json || !json->is_object()) return broken("an answer that is not a JSON object");
    if (header->type == FrameType::Answer) return std::optional<Json>(std::move(*json));
    if (header->type != FrameType::Progress) return broken("a request from the reader");
    if (receiver.progress) TR_TRY(receiver.progress(*json));
    return std::nullopt;
}

std::unexpected<Error> ReaderConnection::broken(std::string_view what) const
{
    return fail(ErrorCode::Crashed, m_store.string(),
                formatText("the reader sent {} and was ended; nothing was changed", what));
}

/// What an error of the pipe means: how the child ended, or that it does not answer.
Error ReaderConnection::explain(const Error& error)
{
    const std::string store = m_store.string();
    if (error.code == ErrorCode::Timeout)
        return {ErrorCode::Timeout,
                store,
                formatText("the reader gave no sign for {} s and was ended; nothing was changed", (m_stallMs + 500) / 1000),
                {}};
    if (error.code != ErrorCode::Crashed) return error;
    const auto exit = m_child.waitFor(kExitMs);
    std::string how = "without a word";
    if (exit && exit->signal != 0) how = formatText("by signal {}", exit->signal);
    if (exit && exit->signal == 0) how = formatText("with exit code {}", exit->exitCode);
    return {ErrorCode::Crashed,
            store,
            formatText("the reader ended {} while reading {}; nothing was changed", how, m_store.filename().string()),
            {}};
}

std::int64_t frames::countAt(const Json& json, std::string_view key) { return std::max<std::int64_t>(0, intAt(json, key)); }

} // namespace tackroom
