// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/otlpdocuments.h"

#include "core/readers/packedspan.h"

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

namespace tackroom
{

namespace
{

/// A little less than what JsonLines reads at once: the rest of the last line mostly fits in as well.
constexpr std::uint64_t kStretchBytes = std::uint64_t{896} << 10;
constexpr std::uint64_t kLargeBytes = std::uint64_t{8} << 20;
constexpr std::size_t kMostThreads = 4;

/// The spans of a stretch, made ready.
class SpanList : public SpanReceiver
{
public:
    void begin(std::string& packed)
    {
        m_packed = &packed;
        m_count = 0;
    }
    [[nodiscard]] bool wantsBodies() const override { return false; }
    void add(const Span& span, std::string) override
    {
        normaliseSpan(span, false, m_span);
        packedspan::append(*m_packed, m_span);
        ++m_count;
    }
    [[nodiscard]] std::size_t count() const { return m_count; }

private:
    NormalisedSpan m_span; ///< again and again
    std::string* m_packed = nullptr;
    std::size_t m_count = 0;
};

} // namespace

OtlpDocument OtlpDocumentReader::read(const JsonElement& element)
{
    OtlpDocument document{.index = element.index, .offset = element.offset, .bytes = element.text.size(), .failure = {}};
    const auto value = m_parser.parse(element.text, true);
    if (value)
        document.isOtlp = m_reader.readDocument(*value);
    else
        document.failure = value.error();
    return document;
}

std::size_t OtlpStretches::goodThreadCount()
{
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
}

OtlpStretches::OtlpStretches(const InputFile& file, std::uint64_t fromBytes, std::size_t threadCount, const CancelToken& cancel)
    : m_file(file), m_cancel(cancel), m_position(fromBytes), m_ahead(threadCount + 2), m_queue(m_ahead)
{
    m_threads.reserve(threadCount);
    try {
        for (std::size_t i = 0; i < threadCount; ++i) m_threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        // With those that there are, or with none.
    }
}

OtlpStretches::~OtlpStretches()
{
    m_ended = true;
    m_queue.close();
    for (auto& thread : m_threads) thread.join();
}

/// What a thread uses again for every stretch.
struct OtlpStretches::Worker {
    SpanList spans;
    OtlpDocumentReader reader{spans};
    JsonLines lines;
};

void OtlpStretches::work()
{
    std::unique_ptr<Worker> worker;
    while (const auto stretch = m_queue.pop()) {
        const bool isLarge = (*stretch)->to - (*stretch)->from > kLargeBytes;
        try {
            std::unique_lock lock(m_large, std::defer_lock);
            if (isLarge) lock.lock();
            if (!worker) worker = std::make_unique<Worker>();
            readLines(**stretch, *worker);
            if (isLarge) worker.reset(); // its parser has grown
        } catch (const std::bad_alloc&) {
            (*stretch)->failure = Error{ErrorCode::Refused, {}, "it needs more memory than the reader may use", {}};
        } catch (const std::exception& error) {
            (*stretch)->failure = Error{ErrorCode::Internal, {}, error.what(), {}};
        }
        (*stretch)->isRead.release();
    }
}

void OtlpStretches::readLines(OtlpStretch& stretch, Worker& worker)
{
    const std::uint64_t lostBefore = worker.reader.lostSpans();
    worker.spans.begin(stretch.spans);
    JsonElementVisitor visitor;
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        if (m_cancel.cancelled()) return std::unexpected(CancelToken::error().error());
        const std::size_t before = worker.spans.count();
        OtlpDocument& document = stretch.documents.emplace_back(worker.reader.read(element));
        document.spanCount = worker.spans.count() - before;
        return !m_ended;
    };
    visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
        stretch.documents.push_back({.index = index, .bytes = bytes, .failure = {}, .isTooLong = true});
    };
    const auto count = worker.lines.each(m_file, stretch.from, stretch.to, visitor, m_cancel);
    stretch.lostSpans = worker.reader.lostSpans() - lostBefore;
    if (count)
        stretch.lineCount = *count;
    else
        stretch.failure = count.error();
}

/// Stretches for the threads, as many as they may be ahead.
Status OtlpStretches::handOutMore()
{
    while (m_underWay.size() < m_ahead && m_position < m_file.sizeBytes()) {
        auto stretch = m_spare ? std::move(m_spare) : std::make_unique<OtlpStretch>();
        stretch->from = m_position;
        TR_ASSIGN(stretch->to, endOfLineAt(m_file, m_position + kStretchBytes));
        m_position = stretch->to;
        m_underWay.push_back(std::move(stretch));
        (void)m_queue.push(m_underWay.back().get()); // there is room, and only the destructor closes it
    }
    return {};
}

void OtlpStretches::giveBack(std::unique_ptr<OtlpStretch> stretch)
{
    if (stretch->spans.capacity() > kLargeBytes) return;
    stretch->documents.clear();
    stretch->spans.clear();
    stretch->failure.reset();
    stretch->lineCount = stretch->lostSpans = 0;
    m_spare = std::move(stretch);
}

Result<std::unique_ptr<OtlpStretch>> OtlpStretches::next()
{
    TR_TRY(handOutMore());
    if (m_underWay.empty()) return nullptr;
    m_underWay.front()->isRead.acquire();
    auto stretch = std::move(m_underWay.front());
    m_underWay.pop_front();
    TR_TRY(handOutMore());
    return stretch;
}

} // namespace tackroom
