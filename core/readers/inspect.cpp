// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/inspect.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/readers/inspectsample.h"
#include "core/readers/jsonmembers.h"
#include "core/readers/zipentries.h"

#include <algorithm>
#include <array>
#include <set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

/// The newest log format that we know.
constexpr std::int64_t kKnownVersion = 3;
constexpr std::uint64_t kMaxHeaderBytes = kMaxJsonElementBytes;

bool isSampleEntry(std::string_view name) { return name.starts_with("samples/") && name.ends_with(".json"); }
bool isChunked(std::string_view name) { return std::ranges::count(name, '/') > 1; }

/// The file of one log, in either of its two forms, to runs.
class LogReader
{
public:
    LogReader(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel)
        : m_file(unit.first()), m_request(request), m_sink(sink), m_cancel(cancel)
    {
    }

    Status readZip()
    {
        TR_ASSIGN(m_zip, listZip(m_file));
        readZipHeader();
        std::set<std::string, std::less<>> unread; // native ids
        std::size_t samples = 0, chunks = 0;
        for (const ZipEntry& entry : m_zip.entries) {
            if (m_cancel.cancelled()) return CancelToken::error();
            if (!isSampleEntry(entry.name)) continue;
            if (isChunked(entry.name)) {
                if (entry.name.ends_with("/sample.json")) {
                    ++chunks;
                    m_sink.skipped(entry.name, "this sample is kept in chunks, which is newer than known");
                }
                continue;
            }
            ++samples;
            TR_ASSIGN(const bool goOn, readSampleEntry(entry));
            if (!goOn) return {};
        }
        if (m_request.bodies) return {};
        return readSummaries(samples + chunks == 0);
    }

    Status readJson()
    {
        JsonMemberVisitor visitor;
        visitor.splitKeys = {"samples"};
        visitor.tooLong = [&](std::string_view key, std::uint64_t index, std::uint64_t bytes) {
            m_sink.skipped(key == "samples" ? formatText("sample {}", index + 1) : std::string(key),
                           formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
        };
        visitor.member = [&](std::string_view key, const JsonElement& value) -> Result<bool> {
            readLogMember(key, value.text);
            return true;
        };
        visitor.element = [&](std::string_view, const JsonElement& element) -> Result<bool> {
            if (m_samples++ == 0) {
                m_before = element.offset;
                TR_TRY(readLateMembers());
            }
            m_sink.progress(element.offset);
            return readSample(formatText("sample {}", element.index + 1), element.text,
                              {{0, m_before}, {element.offset, element.text.size()}});
        };
        const auto read = forEachJsonMember(m_file, visitor, m_cancel);
        if (!read && read.error().code != ErrorCode::Damaged) return read;
        if (!read && m_samples == 0 && !m_log.known) return read;
        // Stretches of a log end within its object; that is no damage.
        if (!read && !m_request.bodies) m_sink.skipped("the rest of the log", read.error().detail);
        if (m_samples == 0 && !m_request.bodies && read)
            m_sink.skipped("the samples", "this log was written with its header only; it has no samples");
        return {};
    }

private:
    void readZipHeader()
    {
        // A log that was never finished has no header; its journal begins with what was to be run.
        for (const std::string_view name : {"header.json", "_journal/start.json"}) {
            const auto entry = std::ranges::find(m_zip.entries, name, &ZipEntry::name);
            if (entry == m_zip.entries.end()) continue;
            const auto text = readZipEntry(m_file, *entry, kMaxHeaderBytes);
            const auto header = text ? m_parser.parse(*text) : Result<Value>(std::unexpected(text.error()));
            if (header && isObject(*header)) {
                m_log.readHeader(*header);
                if (const auto range = zipEntryRange(m_file, *entry); range && *range) m_headerRange = **range;
                return;
            }
            m_sink.skipped(std::string(name), header ? "it is no JSON object" : header.error().detail);
        }
    }

    Result<bool> readSampleEntry(const ZipEntry& entry)
    {
        m_sink.progress(entry.offset);
        const auto text = readZipEntry(m_file, entry, kMaxJsonElementBytes);
        if (!text) {
            m_sink.skipped(entry.name, text.error().detail);
            return true;
        }
        std::vector<FileRange> ranges;
        if (const auto range = zipEntryRange(m_file, entry); range && *range && m_headerRange.bytes > 0)
            ranges = {m_headerRange, **range};
        return readSample(entry.name, *text, std::move(ranges));
    }

    Result<bool> readSample(const std::string& where, std::string_view text, std::vector<FileRange> ranges)
    {
        const auto sample = m_parser.parse(text);
        if (!sample || !isObject(*sample) || !member(*sample, "id")) {
            m_sink.skipped(where, sample ? "it is no sample with an id" : sample.error().detail);
            return true;
        }
        ParsedRun run = inspectRun(m_log, *sample, m_request.bodies);
        if (!m_seen.insert(run.record.run.nativeId).second) {
            m_sink.skipped(where, "another sample of the log has the same id and epoch");
            return true;
        }
        // A log that does not say of which eval it is: what it says is what it is.
        if (m_log.runId.empty() && m_log.taskId.empty())
            run.record.run.key = runKeyOf("inspect", run.record.run.nativeId + "\n" + xxh128Hex(text));
        if (ranges.size() == 2 && ranges.front().bytes > 0) run.ranges = std::move(ranges);
        return m_sink.add(std::move(run));
    }

    /// Samples that only their summary tells of: those that could not be read, or all of a log that keeps no samples.
    Status readSummaries(bool withoutSamples)
    {
        std::vector<const ZipEntry*> entries;
        for (const ZipEntry& entry : m_zip.entries)
            if (entry.name == "summaries.json") entries = {&entry};
        if (entries.empty())
            for (const ZipEntry& entry : m_zip.entries)
                if (entry.name.starts_with("_journal/summaries/")) entries.push_back(&entry);
        if (entries.empty() && withoutSamples)
            m_sink.skipped("the samples", "this log has no samples and no summaries of them");
        for (const ZipEntry* entry : entries) {
            const auto text = readZipEntry(m_file, *entry, kMaxJsonElementBytes);
            const auto list = text ? m_parser.parse(*text) : Result<Value>(std::unexpected(text.error()));
            if (!list || !isArray(*list)) {
                m_sink.skipped(entry->name, list ? "it is no list" : list.error().detail);
                continue;
            }
            for (const Value summary : simdjson::dom::array(*list)) {
                if (!isObject(summary) || !member(summary, "id")) continue;
                ParsedRun run = inspectRun(m_log, summary, false);
                if (!m_seen.insert(run.record.run.nativeId).second) continue;
                TR_ASSIGN(const bool goOn, m_sink.add(std::move(run)));
                if (!goOn) return {};
            }
        }
        return {};
    }

    void readLogMember(std::string_view key, std::string_view text)
    {
        static constexpr std::array<std::string_view, 5> kWanted{"version", "eval", "plan", "stats", "results"};
        if (!std::ranges::contains(kWanted, key)) return;
        // The header is read as one object, so that it is read in one way in both forms.
        std::string& header = m_header;
        header += header.empty() ? "{" : ",";
        header += formatText("\"{}\":{}", key, text);
        const auto value = m_parser.parse(header + "}");
        if (value) {
            m_log.readHeader(*value);
            return;
        }
        m_sink.skipped(std::string(key), value.error().detail);
        header.clear();
    }

    /// Where samples stand before `eval` (no version of Inspect writes it so), the members are looked for first.
    Status readLateMembers()
    {
        if (m_log.known) return {};
        m_before = 0;
        JsonMemberVisitor visitor;
        visitor.splitKeys = {"samples"};
        visitor.member = [&](std::string_view key, const JsonElement& value) -> Result<bool> {
            if (key == "eval") readLogMember(key, value.text);
            return !m_log.known;
        };
        const auto read = forEachJsonMember(m_file, visitor, m_cancel);
        if (!read && read.error().code != ErrorCode::Damaged) return read;
        return {};
    }

    const InputFile& m_file;
    const FormatRequest& m_request;
    FormatSink& m_sink;
    const CancelToken& m_cancel;
    Parser m_parser;
    InspectLog m_log;
    ZipList m_zip;
    FileRange m_headerRange;
    std::string m_header;
    std::set<std::string, std::less<>> m_seen;
    std::uint64_t m_samples = 0, m_before = 0;
};

class InspectFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"inspect", "Inspect evaluation log"}; }

    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape == FileLook::Shape::Zip) {
            const bool known = std::ranges::any_of(look.entries, [](const std::string& name) {
                return name == "_journal/start.json" ||
                       (name.starts_with("samples/") && name.find("_epoch_") != std::string::npos);
            });
            if (!known &&
                !(std::ranges::contains(look.entries, "header.json") && std::ranges::contains(look.entries, "summaries.json")))
                return std::nullopt;
            return Recognised{"eval", {}};
        }
        if (look.shape != FileLook::Shape::Object || !look.hasKey("eval") || !look.hasKey("status")) return std::nullopt;
        // A log longer than a look shows its keys only.
        if (look.values.empty()) {
            if (look.beginning.find("\"task_id\"") == std::string_view::npos) return std::nullopt;
            return Recognised{"json", {}};
        }
        if (!at(look.values.front(), "eval.task_id") && !at(look.values.front(), "eval.run_id")) return std::nullopt;
        const std::int64_t version = integerOf(member(look.values.front(), "version"));
        Recognised known{formatText("json, version {}", version), {}};
        if (version > kKnownVersion)
            known.note =
                formatText("log format {} is newer than known ({}); it is read as far as understood", version, kKnownVersion);
        return known;
    }

    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        LogReader reader(unit, request, sink, cancel);
        TR_ASSIGN(const std::string sign, unit.first().read(0, 2));
        return sign == "PK" ? reader.readZip() : reader.readJson();
    }
};

} // namespace

const FileFormat& inspectFormat()
{
    static const InspectFormat format;
    return format;
}

} // namespace tackroom
