// SPDX-License-Identifier: GPL-3.0-or-later
// Traces of mozilla-ai/any-agent (1.x): {"spans": […], "final_output": …}. The spans are the OpenTelemetry SDK's own, with ids
// as whole numbers of 128 and 64 bits (JSON readers do not take the former: they are read as texts), times in nanoseconds, and
// the dialect "any-agent" (spandialects.h). One file is one run; its answer is final_output (a text, or an object as JSON).
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/formats.h"
#include "core/readers/spancollector.h"

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::uint64_t kMaxDocumentBytes = std::uint64_t{64} << 20;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Whole numbers that no 64 bits hold get quotes around them.
std::string quoteBigNumbers(std::string_view json)
{
    std::string quoted;
    quoted.reserve(json.size() + json.size() / 64);
    bool inString = false, escaped = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (!inString && isDigit(c)) {
            std::size_t end = i;
            while (end < json.size() && isDigit(json[end])) ++end;
            const bool isWhole = end == json.size() || (json[end] != '.' && json[end] != 'e' && json[end] != 'E');
            const bool isBig =
                isWhole && end - i > 19 && (i == 0 || (json[i - 1] != '.' && json[i - 1] != '-' && json[i - 1] != '+'));
            if (isBig) quoted += '"';
            quoted += json.substr(i, end - i);
            if (isBig) quoted += '"';
            i = end - 1;
            continue;
        }
        if (escaped)
            escaped = false;
        else if (inString && c == '\\')
            escaped = true;
        else if (c == '"')
            inString = !inString;
        quoted += c;
    }
    return quoted;
}

/// A decimal number of at most 128 bits as hex; a text that is hex already as it is.
std::string hexOfNumber(std::optional<Value> value, std::size_t digits)
{
    const std::string text = textOf(value);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos || text.size() > 39)
        return hexId(text.starts_with("0x") ? std::string_view(text).substr(2) : std::string_view(text), digits);
    __extension__ typedef unsigned __int128 Wide;
    Wide number = 0;
    for (const char c : text) number = number * 10 + static_cast<unsigned>(c - '0');
    std::string hex;
    for (; number != 0; number >>= 4) hex.insert(hex.begin(), "0123456789abcdef"[static_cast<unsigned>(number & 15U)]);
    return hexId(hex, digits);
}

void readSpan(Value value, Span& span, SpanAttributes& resource)
{
    const auto context = member(value, "context");
    const auto parent = member(value, "parent");
    if (context) {
        span.traceId = hexOfNumber(member(*context, "trace_id"), 32);
        span.spanId = hexOfNumber(member(*context, "span_id"), 16);
    }
    if (parent && isObject(parent)) span.parentId = hexOfNumber(member(*parent, "span_id"), 16);
    span.name = stringOf(member(value, "name")).value_or("");
    span.start = integerOf(member(value, "start_time"));
    span.end = integerOf(member(value, "end_time"));
    if (const auto status = member(value, "status")) {
        const std::string code = asciiLower(textOf(member(*status, "status_code")));
        if (code == "ok") span.status = StepStatus::Ok;
        if (code == "error") span.status = StepStatus::Error;
        span.statusText = textOf(member(*status, "description"));
    }
    if (const auto attributes = member(value, "attributes")) span.attributes.addMembers(*attributes);
    resource.clear();
    if (const auto found = member(value, "resource"))
        if (const auto attributes = member(*found, "attributes")) resource.addMembers(*attributes);
    span.resource = &resource;
    simdjson::dom::array events;
    if (const auto list = member(value, "events"); list && list->get(events) == simdjson::SUCCESS)
        for (const Value item : events) {
            SpanEvent& event = span.events.emplace_back();
            event.name = stringOf(member(item, "name")).value_or("");
            event.time = integerOf(member(item, "timestamp"));
            if (const auto attributes = member(item, "attributes")) event.attributes.addMembers(*attributes);
        }
}

/// Sets the answer of each run to the trace's final output.
class AnswerSink : public FormatSink
{
public:
    AnswerSink(FormatSink& inner, std::string answer, bool wantBodies)
        : m_inner(inner), m_answer(std::move(answer)), m_wantBodies(wantBodies)
    {
    }
    Result<bool> add(ParsedRun run) override
    {
        if (!m_answer.empty()) {
            run.record.run.answer = cut(m_answer, kStepTextBytes);
            const bool isSaid = !run.conversation.empty() && run.conversation.back().content == m_answer;
            if (m_wantBodies && !isSaid) {
                Message message;
                message.role = "assistant";
                message.content = m_answer;
                run.conversation.push_back(std::move(message));
            }
        }
        return m_inner.add(std::move(run));
    }
    void skipped(std::string where, std::string why) override { m_inner.skipped(std::move(where), std::move(why)); }
    void progress(std::uint64_t doneBytes) override { m_inner.progress(doneBytes); }

private:
    FormatSink& m_inner;
    std::string m_answer;
    bool m_wantBodies;
};

class AnyAgentFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"any-agent", "any-agent trace"}; }
    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        // The ids of 128 bits keep the look from parsing it.
        if (look.shape == FileLook::Shape::Array || look.shape == FileLook::Shape::Zip || !look.hasKey("spans"))
            return std::nullopt;
        const bool isIt = look.hasKey("final_output") || look.beginning.contains("\"any_agent.version\"");
        const bool hasContext = look.beginning.contains("\"context\"") && look.beginning.contains("\"trace_id\"");
        if (!hasContext || !(isIt || look.beginning.contains("\"gen_ai."))) return std::nullopt;
        return Recognised{"", {}};
    }
    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        const InputFile& file = unit.first();
        if (file.sizeBytes() > kMaxDocumentBytes)
            return fail(ErrorCode::Refused, file.path().string(),
                        formatText("it is larger than {} MB", kMaxDocumentBytes >> 20));
        TR_ASSIGN(const std::string text, file.read(0, static_cast<std::size_t>(file.sizeBytes())));
        Parser parser;
        const std::string quoted = quoteBigNumbers(std::string_view(text).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0));
        const auto value = parser.parse(quoted);
        if (!value) return std::unexpected(value.error());
        simdjson::dom::array spans;
        if (const auto list = member(*value, "spans"); !list || list->get(spans) != simdjson::SUCCESS)
            return fail(ErrorCode::Damaged, file.path().string(), "there are no spans in it");
        AnswerSink answers(sink, textOf(member(*value, "final_output")), request.bodies);
        TraceCollector collector(answers, request.bodies);
        Span span;
        SpanAttributes resource;
        std::size_t index = 0;
        for (const Value item : spans) {
            if (cancel.cancelled()) return CancelToken::error();
            span.clear();
            ++index;
            readSpan(item, span, resource);
            if (span.traceId.empty() || span.spanId.empty())
                sink.skipped(formatText("span {}", index), "it has no trace id or span id");
            else
                collector.add(span, request.bodies ? simdjson::minify(item) : std::string());
        }
        TR_ASSIGN([[maybe_unused]] const bool goOn, collector.finish());
        return {};
    }
};

} // namespace

const FileFormat& anyAgentFormat()
{
    static const AnyAgentFormat format;
    return format;
}

} // namespace tackroom
