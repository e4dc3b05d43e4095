// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/filesingest.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/readers/filelook.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <unordered_map>

namespace tackroom::filesingest
{

namespace
{

constexpr std::size_t kTailBytes = 4096;
constexpr std::chrono::milliseconds kTellEvery{50};

Json marksJson(const std::map<std::string, FileMark>& marks)
{
    Json files = Json::object();
    for (const auto& [name, mark] : marks) {
        Json entry = {{"s", mark.stamp.sizeBytes}, {"m", mark.stamp.mtimeNs}, {"i", mark.stamp.inode}};
        if (!mark.kind.empty()) entry["k"] = mark.kind;
        if (mark.unit != name) entry["u"] = mark.unit;
        if (mark.doneBytes) entry["d"] = mark.doneBytes;
        if (!mark.tailHash.empty()) entry["h"] = mark.tailHash;
        files[name] = std::move(entry);
    }
    return {{"v", 2}, {"files", std::move(files)}};
}

/// Nothing where the text is none of ours: everything is read.
std::optional<std::map<std::string, FileMark>> marksOf(const std::string& cursor)
{
    const auto json = parseJson(cursor, "cursor");
    if (!json || intAt(*json, "v") != 2 || !memberAt(*json, "files").is_object()) return std::nullopt;
    std::map<std::string, FileMark> marks;
    for (const auto& [name, entry] : memberAt(*json, "files").items())
        marks[name] = {.stamp = {.sizeBytes = static_cast<std::uint64_t>(intAt(entry, "s")),
                                 .mtimeNs = intAt(entry, "m"),
                                 .inode = static_cast<std::uint64_t>(intAt(entry, "i"))},
                       .kind = stringAt(entry, "k"),
                       .unit = stringAt(entry, "u", name),
                       .doneBytes = static_cast<std::uint64_t>(intAt(entry, "d")),
                       .tailHash = stringAt(entry, "h")};
    return marks;
}

Result<std::string> tailHash(const InputFile& file, std::uint64_t end)
{
    const std::uint64_t from = end > kTailBytes ? end - kTailBytes : 0;
    TR_ASSIGN(const std::string tail, file.read(from, static_cast<std::size_t>(end - from)));
    return xxh128Hex(tail);
}

/// Where the last whole line ends. A last line without a line feed counts where it is a whole value.
Result<std::uint64_t> endOfLines(const InputFile& file)
{
    std::uint64_t from = file.sizeBytes();
    std::string last;
    while (from > 0 && last.size() <= kMaxJsonElementBytes) {
        const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(from, std::size_t{64} << 10));
        from -= count;
        TR_ASSIGN(const std::string piece, file.read(from, count));
        const auto feed = piece.rfind('\n');
        if (feed != std::string::npos) {
            last.insert(0, piece, feed + 1);
            from += feed + 1;
            break;
        }
        last.insert(0, piece);
    }
    if (trimmed(last).empty()) return file.sizeBytes();
    jsonvalues::Parser parser;
    return parser.parse(last) ? file.sizeBytes() : from;
}

void addRanges(std::vector<FileRange>& to, const std::vector<FileRange>& more)
{
    to.insert(to.end(), more.begin(), more.end());
    std::ranges::sort(to, {}, &FileRange::offset);
    const auto same = std::ranges::unique(to);
    to.erase(same.begin(), same.end());
}

std::string folderOf(const std::vector<std::string>& names)
{
    std::filesystem::path common = std::filesystem::path(names.front()).parent_path();
    for (const std::string& name : names)
        while (!common.empty() && !name.starts_with(common.string() + "/")) common = common.parent_path();
    return common.empty() ? "." : common.string();
}

} // namespace

/// Takes the runs of one unit: gives keys, places and names, and joins what belongs to one run.
class UnitSink : public FormatSink
{
public:
    UnitSink(FilesIngest& ingest, const FileFormat& format, const std::string& name, const FileUnit& files, bool isTail)
        : m_ingest(ingest), m_format(format), m_kind(format.info().kind), m_name(name), m_files(files), m_isTail(isTail)
    {
        if (files.parts.size() > 1) {
            std::vector<std::string> names;
            for (const auto& part : files.parts) names.push_back(part.name);
            m_place.folder = folderOf(names);
        } else
            m_place.file = files.parts.front().name;
        m_place.kind = m_kind;
        m_placeHead = m_place.head();
    }

    Result<bool> add(ParsedRun run) override
    {
        auto done = take(run);
        if (!done) failure = done.error();
        return done;
    }
    void skipped(std::string where, std::string why) override { m_ingest.skip(m_name, std::move(where), std::move(why)); }
    /// Told for every line; who listens hands over what it has each time, so it is passed on only a few times a second.
    void progress(std::uint64_t doneBytes) override
    {
        const auto now = std::chrono::steady_clock::now();
        if (now - m_toldAt < kTellEvery) return;
        m_toldAt = now;
        m_ingest.noteProgress(doneBytes);
    }

    std::optional<Error> failure; ///< of the receiver, which ends everything
    bool wantsWhole = false;      ///< which run it is can be told only with the lines before

private:
    Result<bool> take(ParsedRun& run)
    {
        if (m_ingest.m_cancel.cancelled()) return CancelToken::error();
        std::string& nativeId = run.record.run.nativeId;
        if (m_format.growsByLines() && !run.ranges.empty()) {
            TR_TRY(joinWithFormer(run));
            if (wantsWhole) return false;
        } else if (const int count = ++m_seen[nativeId]; count > 1)
            nativeId = formatText("{}/#{}", nativeId, count);
        TR_TRY(deliver(run));
        return true;
    }

    /// The lines of this run that were seen before, in this reading or an earlier one, and the new ones: read as one.
    Status joinWithFormer(ParsedRun& run)
    {
        const std::string& nativeId = run.record.run.nativeId;
        std::vector<FileRange>& known = m_ranges[nativeId];
        if (known.empty() && m_isTail) {
            TR_ASSIGN(const std::string text, m_ingest.m_sink.placeOf(m_name, nativeId));
            if (const auto place = Place::fromText(text)) known = place->ranges;
        }
        const bool isNew = known.empty();
        wantsWhole = isNew && m_isTail && run.followsUnread;
        addRanges(known, run.ranges);
        if (isNew) return {};
        auto lines = cutOut(m_files.first(), known);
        if (!lines) {
            skipped(nativeId, lines.error().detail);
            run.ranges = known;
            return {};
        }
        FileUnit unit;
        unit.parts.push_back({m_files.parts.front().name, std::move(*lines)});
        OneRun one(nativeId);
        TR_TRY(m_format.read(unit, {}, one, m_ingest.m_cancel));
        if (auto whole = one.take(false)) run = std::move(*whole);
        run.ranges = known;
        return {};
    }

    Status deliver(ParsedRun& run)
    {
        RunRecord& record = run.record;
        if (record.run.key.value.empty()) record.run.key = runKeyOf(m_kind, record.run.nativeId);
        if (!m_ingest.m_verdicts.empty()) m_ingest.m_verdicts.mark(record, m_files.parts.front().name);
        record.run.source = m_name;
        m_place.ranges = std::move(run.ranges);
        record.run.place = m_place.toText(m_placeHead);
        ++m_ingest.m_runs;
        return m_ingest.m_sink.add(std::move(record));
    }

    FilesIngest& m_ingest;
    const FileFormat& m_format;
    std::string m_kind;
    const std::string& m_name;
    const FileUnit& m_files;
    bool m_isTail;
    Place m_place; ///< of the run that is delivered
    std::string m_placeHead;
    std::chrono::steady_clock::time_point m_toldAt;
    std::unordered_map<std::string, int> m_seen;
    std::unordered_map<std::string, std::vector<FileRange>> m_ranges;
};

Status FilesIngest::skipFile(const std::string& name, std::string where, std::string why)
{
    m_sink.beginSource(name, RunSink::Extent::Part);
    skip(name, std::move(where), std::move(why));
    return m_sink.endSource();
}

void FilesIngest::skip(const std::string& name, std::string where, std::string why)
{
    if (m_isFile) return m_sink.skipped(std::move(where), std::move(why));
    m_sink.skipped(where.empty() ? name : name + ", " + where, std::move(why));
}

void FilesIngest::noteProgress(std::uint64_t unitBytes)
{
    const std::uint64_t done = m_doneBytes + unitBytes;
    m_sink.progress(m_runs, done > 0 && m_totalBytes > 0 ? std::max(m_runs, m_runs * m_totalBytes / done) : 0);
}

Status FilesIngest::look(const ListedFile& listed)
{
    FileMark& mark = m_now[listed.name];
    mark.stamp = listed.stamp;
    mark.unit = listed.name;
    const auto former = m_former.find(listed.name);
    const bool same = former != m_former.end() && former->second.stamp == listed.stamp;
    const FileFormat* format = nullptr;
    if (same) {
        mark = former->second;
        if (mark.kind.empty()) return {};
        format = formatOfKind(mark.kind);
    } else {
        // What was said of it the last time holds no longer.
        if (former != m_former.end() && former->second.kind.empty()) TR_TRY(m_sink.sourceIsGone(listed.name));
        const auto file = InputFile::open(m_root / listed.name);
        if (!file && m_isFile) return std::unexpected(file.error());
        if (!file) return skipFile(listed.name, {}, file.error().detail);
        TR_ASSIGN(const LookedFile looked, LookedFile::at(*file, m_cancel));
        const auto known = formatOf(looked.look());
        if (!known) {
            const std::string json = describeJson(looked.look().beginning);
            return json.empty() ? Status() : skipFile(listed.name, {}, "not of a format that is read: " + json);
        }
        format = known->format;
        mark.kind = format->info().kind;
        if (mark.kind == kSweBenchKind) takeVerdict(listed.name);
        if (!m_isFile) mark.unit = format->unitOf(listed.name, looked.look());
    }
    if (mark.unit == listed.name) return same ? Status() : readUnit(mark.unit, {format, {listed.name}, true});
    Unit& unit = m_grouped[mark.unit];
    unit.format = format;
    unit.names.push_back(listed.name);
    unit.changed = unit.changed || !same;
    return {};
}

Status FilesIngest::readUnit(const std::string& name, const Unit& unit, bool whole)
{
    m_readWith[name] = m_judged.size();
    FileUnit files;
    std::uint64_t bytes = 0, held = 0;
    std::vector<std::pair<std::string, std::string>> unread; // told when the rest was read, which forgets what was told before
    for (const std::string& each : unit.names) {
        auto file = InputFile::open(m_root / each);
        if (!file) {
            unread.emplace_back(each, file.error().detail);
            continue;
        }
        bytes += file->sizeBytes();
        m_now[each].stamp = file->stamp();
        if (const auto added = addPart(files, held, each, std::move(*file)); !added)
            unread.emplace_back(each, added.error().detail);
    }
    if (!files.parts.empty()) {
        TR_TRY(readFiles(name, unit, std::move(files), whole));
        m_doneBytes += bytes;
    }
    for (auto& [each, why] : unread) TR_TRY(skipFile(name, each, why));
    return {};
}

Status FilesIngest::readFiles(const std::string& name, const Unit& unit, FileUnit files, bool whole)
{
    const bool grows = unit.format->growsByLines() && files.parts.size() == 1;
    if (grows) {
        TR_ASSIGN(const std::uint64_t end, endOfLines(files.first()));
        files.parts.front().file.endAt(end);
        FileMark& mark = m_now[unit.names.front()];
        mark.doneBytes = end;
        TR_ASSIGN(mark.tailHash, tailHash(files.first(), end));
    }
    bool isTail = false;
    if (grows && !whole) {
        TR_ASSIGN(isTail, readTail(name, unit, files));
    }
    return isTail ? Status() : readWhole(name, unit, std::move(files));
}

/// True where the former bytes are the same, so that only the new lines were read.
Result<bool> FilesIngest::readTail(const std::string& name, const Unit& unit, FileUnit& files)
{
    const auto former = m_former.find(unit.names.front());
    if (former == m_former.end()) return false;
    const FileMark& mark = former->second;
    if (mark.kind != unit.format->info().kind || mark.doneBytes == 0 || mark.doneBytes > files.first().sizeBytes())
        return false;
    TR_ASSIGN(const std::string hash, tailHash(files.first(), mark.doneBytes));
    if (hash != mark.tailHash || mark.stamp.inode != files.first().stamp().inode) return false;
    m_sink.beginSource(name, RunSink::Extent::Part);
    UnitSink sink(*this, *unit.format, name, files, true);
    const auto read = unit.format->read(files, {.bodies = false, .fromBytes = mark.doneBytes}, sink, m_cancel);
    if (sink.failure) return std::unexpected(*sink.failure);
    if (!read && read.error().code == ErrorCode::Cancelled) return std::unexpected(read.error());
    if (!read) skip(name, {}, read.error().detail);
    TR_TRY(m_sink.endSource());
    return !sink.wantsWhole;
}

Status FilesIngest::readWhole(const std::string& name, const Unit& unit, FileUnit files)
{
    m_sink.beginSource(name, RunSink::Extent::Whole);
    UnitSink sink(*this, *unit.format, name, files, false);
    const auto read = unit.format->read(files, {}, sink, m_cancel);
    if (sink.failure) return std::unexpected(*sink.failure);
    if (!read && read.error().code == ErrorCode::Cancelled) return std::unexpected(read.error());
    if (!read) skip(name, {}, read.error().detail);
    return m_sink.endSource();
}

Status FilesIngest::takeAwayGone()
{
    std::set<std::string> units;
    for (const auto& [name, mark] : m_now) units.insert(mark.unit);
    for (const auto& [name, mark] : m_former)
        if (!units.contains(mark.unit)) {
            TR_TRY(m_sink.sourceIsGone(mark.unit));
            units.insert(mark.unit);
        }
    // A unit that lost one of its files is another one now.
    for (const auto& [name, mark] : m_former)
        if (const auto unit = m_grouped.find(mark.unit); unit != m_grouped.end() && !m_now.contains(name))
            unit->second.changed = true;
    return {};
}

/// The verdicts that were known before and are the same, before the runs that they may be of.
Status FilesIngest::takeVerdicts(const std::vector<ListedFile>& files)
{
    std::set<std::string_view> there;
    for (const ListedFile& file : files) {
        there.insert(file.name);
        const auto former = m_former.find(file.name);
        if (former == m_former.end() || former->second.kind != kSweBenchKind) continue;
        if (m_cancel.cancelled()) return CancelToken::error();
        if (former->second.stamp == file.stamp) takeVerdict(file.name);
    }
    m_judged.clear(); // what is the same makes nothing new
    for (const ListedFile& file : files)
        if (const auto former = m_former.find(file.name);
            former != m_former.end() && former->second.kind == kSweBenchKind && former->second.stamp != file.stamp)
            m_judged.emplace_back(folderOfName(file.name));
    for (const auto& [name, mark] : m_former)
        if (mark.kind == kSweBenchKind && !there.contains(name)) m_judged.emplace_back(folderOfName(name));
    return {};
}

void FilesIngest::takeVerdict(const std::string& name)
{
    auto file = InputFile::open(m_root / name);
    const auto taken = file ? m_verdicts.take(name, *file) : Status(std::unexpected(file.error()));
    if (!taken) {
        m_verdicts.forget(name);
        skip(name, {}, taken.error().detail);
    }
    m_judged.emplace_back(folderOfName(name));
}

/// Units that were not read, or read before a verdict of their folder was known.
Status FilesIngest::readJudgedAgain()
{
    std::map<std::string, Unit> again;
    for (const auto& [name, mark] : m_now) {
        if (mark.kind.empty() || mark.kind == kSweBenchKind) continue;
        const auto read = m_readWith.find(mark.unit);
        const std::size_t from = read == m_readWith.end() ? 0 : read->second;
        const bool judged = std::any_of(m_judged.begin() + static_cast<std::ptrdiff_t>(from), m_judged.end(),
                                        [&](const std::string& folder) { return liesBelow(name, folder); });
        if (judged) again[mark.unit] = {formatOfKind(mark.kind), {}, true};
    }
    for (const auto& [name, mark] : m_now)
        if (const auto unit = again.find(mark.unit); unit != again.end()) unit->second.names.push_back(name);
    for (const auto& [name, unit] : again) {
        if (m_cancel.cancelled()) return CancelToken::error();
        if (unit.format) TR_TRY(readUnit(name, unit, true));
        noteProgress(0);
    }
    return {};
}

Result<std::string> FilesIngest::run(std::vector<ListedFile> files, const std::string& cursor)
{
    if (auto former = cursor.empty() ? std::nullopt : marksOf(cursor))
        m_former = std::move(*former);
    else
        m_sink.startsOver();
    for (const ListedFile& file : files) {
        const auto former = m_former.find(file.name);
        if (former == m_former.end() || former->second.stamp != file.stamp) m_totalBytes += file.stamp.sizeBytes;
    }
    if (!m_isFile) TR_TRY(takeVerdicts(files));
    // Newest first: what a person wants to see first was written last.
    std::ranges::stable_sort(files, std::greater{}, [](const ListedFile& file) { return file.stamp.mtimeNs; });
    for (const ListedFile& file : files) {
        if (m_cancel.cancelled()) return CancelToken::error();
        TR_TRY(look(file));
        noteProgress(0);
    }
    TR_TRY(takeAwayGone());
    for (auto& [name, unit] : m_grouped) {
        if (!unit.changed) continue;
        std::ranges::sort(unit.names);
        TR_TRY(readUnit(name, unit));
        noteProgress(0);
    }
    if (!m_judged.empty()) TR_TRY(readJudgedAgain());
    m_sink.progress(m_runs, m_runs);
    return dumpJson(marksJson(m_now));
}

} // namespace tackroom::filesingest
