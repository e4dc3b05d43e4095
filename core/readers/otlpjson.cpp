// SPDX-License-Identifier: GPL-3.0-or-later
// OTLP as JSON in files: one document, an array of them, or one a line (the collector's file exporter, which appends); and the
// same as Grafana Tempo gives it out. What is in them: otlp.h. Each trace is one run.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/formats.h"
#include "core/readers/otlpdocuments.h"
#include "core/readers/packedspan.h"

namespace tackroom
{

namespace
{

constexpr std::uint64_t kMaxDocumentBytes = std::uint64_t{128} << 20;
constexpr std::size_t kPeekBytes = std::size_t{64} << 10;

enum class Layout : std::uint8_t { Document, Array, Lines };

/// How the values of the file lie. A line that is a value by itself is one of several; a document may be a single line.
Result<Layout> layoutOf(const InputFile& file)
{
    TR_ASSIGN(const std::string beginning, file.read(0, kPeekBytes));
    std::string_view text = beginning;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return Layout::Lines;
    text.remove_prefix(first);
    if (text.starts_with('[')) return Layout::Array;
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return Layout::Lines;
    jsonvalues::Parser parser;
    return parser.parse(text.substr(0, end)) ? Layout::Lines : Layout::Document;
}

/// Reads the documents of one file.
class OtlpFile
{
public:
    OtlpFile(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel, bool grows)
        : m_file(unit.first()),
          m_request(request),
          m_sink(sink),
          m_cancel(cancel),
          m_collector(sink, request.bodies, grows),
          m_documents(m_collector)
    {
    }

    Status read()
    {
        TR_ASSIGN(const Layout layout, m_request.fromBytes > 0 ? Result<Layout>(Layout::Lines) : layoutOf(m_file));
        TR_TRY(layout == Layout::Document ? readDocument() : readElements(layout));
        if (m_ended) return {};
        TR_ASSIGN([[maybe_unused]] const bool goOn, m_collector.finish());
        if (const std::uint64_t lost = m_lostSpans + m_documents.lostSpans(); lost > 0)
            m_sink.skipped(m_file.path().filename().string(), formatText("{} spans without a trace id or span id", lost));
        return {};
    }

private:
    Status readDocument()
    {
        if (m_file.sizeBytes() > kMaxDocumentBytes)
            return fail(ErrorCode::Refused, m_file.path().string(),
                        formatText("one JSON document of {} MB; at most {} MB are read at once", m_file.sizeBytes() >> 20,
                                   kMaxDocumentBytes >> 20),
                        "Write one document a line, as the collector's file exporter does.");
        TR_ASSIGN(std::string text, m_file.read(0, static_cast<std::size_t>(m_file.sizeBytes())));
        if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
        const std::size_t size = text.size();
        text.append(simdjson::SIMDJSON_PADDING, '\0');
        const OtlpDocument document = m_documents.read({.text = std::string_view(text).substr(0, size)});
        if (document.failure) return std::unexpected(*document.failure);
        if (m_cancel.cancelled()) return CancelToken::error();
        if (!document.isOtlp) return fail(ErrorCode::Damaged, m_file.path().string(), "there are no spans of OTLP's in it");
        return {};
    }

    Status readElements(Layout layout)
    {
        m_isLines = layout == Layout::Lines;
        if (m_isLines && !m_request.bodies && m_file.sizeBytes() >= m_request.fromBytes + OtlpStretches::kWorthBytes) {
            OtlpStretches stretches(m_file, m_request.fromBytes, OtlpStretches::goodThreadCount(), m_cancel);
            if (stretches.works()) return readStretches(stretches);
        }
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            if (m_cancel.cancelled()) return std::unexpected(CancelToken::error().error());
            m_collector.beginStretch({element.offset, element.text.size()});
            return take(m_documents.read(element));
        };
        visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) { skipTooLong(index, bytes); };
        return forEachJsonElement(m_file, m_isLines ? JsonLayout::Lines : JsonLayout::Array, visitor, m_cancel,
                                  m_request.fromBytes);
    }

    /// What the threads have read, as if it had been read here.
    Status readStretches(OtlpStretches& stretches)
    {
        for (;;) {
            if (m_cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(auto stretch, stretches.next());
            if (!stretch) return {};
            std::string_view spans = stretch->spans;
            for (OtlpDocument& document : stretch->documents) {
                document.index += m_lineCount;
                m_collector.beginStretch({document.offset, document.bytes});
                for (std::size_t i = 0; i < document.spanCount; ++i) {
                    const auto span = packedspan::glanceAt(spans);
                    m_collector.addPacked(span);
                    spans.remove_prefix(span.whole.size());
                }
                TR_ASSIGN(const bool goOn, take(document));
                if (!goOn) return {};
            }
            if (stretch->failure) return std::unexpected(*stretch->failure);
            m_lineCount += stretch->lineCount;
            m_lostSpans += stretch->lostSpans;
            stretches.giveBack(std::move(stretch));
        }
    }

    /// A document whose spans the collector has.
    Result<bool> take(const OtlpDocument& document)
    {
        if (document.isTooLong) {
            skipTooLong(document.index, document.bytes);
            return true;
        }
        const std::uint64_t end = document.offset + document.bytes;
        if (document.failure) {
            if (document.failure->code == ErrorCode::Refused) return std::unexpected(*document.failure);
            const bool isHalfWritten = m_isLines && end >= m_file.sizeBytes();
            if (!isHalfWritten) m_sink.skipped(where(document.index), document.failure->detail);
            return true;
        }
        if (!document.isOtlp) m_sink.skipped(where(document.index), "it is no document of OTLP's");
        m_sink.progress(end);
        TR_ASSIGN(const bool goOn, m_collector.endStretch());
        m_ended = !goOn;
        return goOn;
    }

    void skipTooLong(std::uint64_t index, std::uint64_t bytes)
    {
        m_sink.skipped(where(index), formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
    }
    [[nodiscard]] std::string where(std::uint64_t index) const
    {
        if (!m_isLines) return formatText("element {}", index + 1);
        return m_request.fromBytes > 0 ? formatText("line {} behind byte {}", index + 1, m_request.fromBytes)
                                       : formatText("line {}", index + 1);
    }

    const InputFile& m_file;
    const FormatRequest& m_request;
    FormatSink& m_sink;
    const CancelToken& m_cancel;
    TraceCollector m_collector;
    OtlpDocumentReader m_documents;
    std::uint64_t m_lineCount = 0, m_lostSpans = 0; ///< of the stretches so far
    bool m_isLines = false;
    bool m_ended = false;
};

bool isJson(const FileLook& look)
{
    return look.shape == FileLook::Shape::Object || look.shape == FileLook::Shape::Array ||
           look.shape == FileLook::Shape::Lines;
}

std::string layoutName(const FileLook& look)
{
    if (look.shape == FileLook::Shape::Lines) return "lines";
    return look.shape == FileLook::Shape::Array ? "array" : "document";
}

/// Lines are a format of their own: only they may grow while they are read.
class OtlpJsonFormat : public FileFormat
{
public:
    explicit OtlpJsonFormat(bool lines) : m_lines(lines) {}
    [[nodiscard]] FormatInfo info() const override
    {
        if (m_lines) return {"otlp-jsonl", "OpenTelemetry traces (OTLP/JSON, a document a line)"};
        return {"otlp-json", "OpenTelemetry traces (OTLP/JSON)"};
    }
    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (!isJson(look) || (look.shape == FileLook::Shape::Lines) != m_lines || !isOtlpDocument(look)) return std::nullopt;
        Recognised recognised{layoutName(look), {}};
        bool onlyLogs = !look.values.empty();
        for (const auto& value : look.values)
            onlyLogs = onlyLogs && (jsonvalues::member(value, "resourceLogs") || jsonvalues::member(value, "resource_logs"));
        if (onlyLogs) {
            recognised.schema += ", logs";
            recognised.note =
                "It begins with log records, which hold no spans; only records of the GenAI conventions that name a "
                "trace make runs.";
        }
        for (const std::string_view key : {"instrumentationLibrarySpans", "instrumentation_library_spans"})
            if (look.beginning.contains(key)) recognised.schema += ", before 2022";
        return recognised;
    }
    [[nodiscard]] bool growsByLines() const override { return m_lines; }
    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        return OtlpFile(unit, request, sink, cancel, m_lines).read();
    }

private:
    bool m_lines;
};

class TempoJsonFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"tempo-json", "Grafana Tempo trace (JSON)"}; }
    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (!isJson(look)) return std::nullopt;
        const bool isBatches = look.hasKey("batches");
        if (!isBatches && !look.hasKey("trace")) return std::nullopt;
        // "trace" and "batches" are words of others as well.
        for (const std::string_view key : {"resourceSpans", "scopeSpans", "instrumentationLibrarySpans"})
            if (look.beginning.contains(formatText("\"{}\"", key))) return Recognised{isBatches ? "batches" : "trace", {}};
        return std::nullopt;
    }
    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        return OtlpFile(unit, request, sink, cancel, false).read();
    }
};

} // namespace

const FileFormat& otlpJsonFormat()
{
    static const OtlpJsonFormat format(false);
    return format;
}

const FileFormat& otlpJsonLinesFormat()
{
    static const OtlpJsonFormat format(true);
    return format;
}

const FileFormat& tempoJsonFormat()
{
    static const TempoJsonFormat format;
    return format;
}

} // namespace tackroom
