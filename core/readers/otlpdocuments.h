// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The documents of a file of OTLP lines made to spans: one after the other, or by several threads a stretch of the file each.
/// Whatever the number of threads, documents and spans come out in the order in which they stand in the file.
#include "core/base/boundedqueue.h"
#include "core/base/cancel.h"
#include "core/readers/otlp.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

namespace tackroom
{

/// What became of one document.
struct OtlpDocument {
    std::uint64_t index = 0, offset = 0, bytes = 0;
    std::optional<Error> failure; ///< it is no JSON
    bool isTooLong = false;       ///< nor was it looked at
    bool isOtlp = false;
    std::size_t spanCount = 0; ///< of the stretch's spans, behind those of the documents before it
};

/// Reads one document after the other; one a thread.
class OtlpDocumentReader
{
public:
    explicit OtlpDocumentReader(SpanReceiver& receiver) : m_reader(receiver) {}
    [[nodiscard]] OtlpDocument read(const JsonElement& element);
    [[nodiscard]] std::uint64_t lostSpans() const { return m_reader.lostSpans(); }

private:
    jsonvalues::Parser m_parser;
    OtlpJson m_reader;
};

/// A stretch of whole lines, and what is in it once it was read.
struct OtlpStretch {
    std::uint64_t from = 0, to = 0;
    std::uint64_t lineCount = 0, lostSpans = 0;
    std::vector<OtlpDocument> documents; ///< their index counts from the beginning of the stretch
    std::string spans;                   ///< packed (packedspan.h), one behind the other
    std::optional<Error> failure;        ///< why it was not read to its end
    std::binary_semaphore isRead{0};
};

/// Reads the lines of a file with several threads, some stretches ahead of who asks.
class OtlpStretches
{
public:
    /// Below this the threads cost more than they bring.
    static constexpr std::uint64_t kWorthBytes = std::uint64_t{4} << 20;
    /// How many threads are good on this machine.
    [[nodiscard]] static std::size_t goodThreadCount();

    OtlpStretches(const InputFile& file, std::uint64_t fromBytes, std::size_t threadCount, const CancelToken& cancel);
    ~OtlpStretches();
    /// False where no thread could be made: nothing will be read.
    [[nodiscard]] bool works() const { return !m_threads.empty(); }
    /// The next stretch, read; none behind the last one.
    [[nodiscard]] Result<std::unique_ptr<OtlpStretch>> next();
    /// One that is not needed any more, for its memory.
    void giveBack(std::unique_ptr<OtlpStretch> stretch);

private:
    struct Worker;
    void work();
    void readLines(OtlpStretch& stretch, Worker& worker);
    [[nodiscard]] Status handOutMore();

    const InputFile& m_file;
    const CancelToken& m_cancel;
    std::uint64_t m_position;
    std::size_t m_ahead;
    std::deque<std::unique_ptr<OtlpStretch>> m_underWay; ///< in the order of the file
    std::unique_ptr<OtlpStretch> m_spare;                ///< was given back
    BoundedQueue<OtlpStretch*> m_queue;
    std::atomic<bool> m_ended = false; ///< nobody asks any more
    std::mutex m_large; ///< held by the one that reads a stretch of very long lines: each takes several times its size
    std::vector<std::thread> m_threads;
};

} // namespace tackroom
