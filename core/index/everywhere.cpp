// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/everywhere.h"

#include "core/base/format.h"
#include "core/index/indexschema.h"
#include "core/index/runrecords.h"
#include "core/index/textreader.h"
#include "core/sql/sql.h"

#include <algorithm>
#include <optional>
#include <set>

namespace tackroom
{

namespace
{

/// Runs of one request: so few that hits and progress come soon.
constexpr std::size_t kRunsAtOnce = 64;

class Search
{
public:
    Search(Database runs, const std::filesystem::path& store, const ReaderClient::Options& options,
           const std::vector<std::string>& words, const std::function<void(RunRow, TextHit)>& found, const CancelToken& cancel,
           const Progress& progress)
        : m_runs(std::move(runs)),
          m_reader(store, options),
          m_words(words),
          m_found(found),
          m_cancel(cancel),
          m_progress(progress)
    {
    }

    Result<EverywhereReport> run()
    {
        TR_ASSIGN(m_report.runs, m_runs.scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'runs'"));
        TR_ASSIGN(auto scanned,
                  m_reader.scan(m_words, [this](ScanHit hit) { return take(std::move(hit)); }, m_cancel, m_progress));
        addLosses(m_report.losses, std::move(scanned.losses)); // each once: they are told with every answer
        if (!scanned.all) TR_TRY(throughRuns());
        return m_report;
    }

private:
    /// Of a run that is in the store and not in the index yet nobody can be told.
    Status take(ScanHit hit)
    {
        std::optional<std::int64_t> row;
        {
            const bool sourced = !hit.source.empty();
            TR_ASSIGN(Statement find, m_runs.prepare(sourced ? "SELECT id FROM runs WHERE native_id = ?1 AND source = ?2"
                                                             : "SELECT id FROM runs WHERE native_id = ?1"));
            find.bind(1, hit.runId);
            if (sourced) find.bind(2, hit.source);
            TR_ASSIGN(const bool there, find.step());
            if (there) row = find.intAt(0);
        }
        if (!row) return {};
        if (!m_told.emplace(*row, hit.word).second) return {};
        ++m_report.found;
        m_found(RunRow(*row), {m_words[hit.word],
                               std::move(hit.stepId),
                               std::move(hit.place),
                               std::move(hit.snippet.text),
                               {{hit.snippet.markAt, hit.snippet.markBytes}}});
        return {};
    }

    Status throughRuns()
    {
        std::vector<std::int64_t> order;
        {
            TR_ASSIGN(Statement ids, m_runs.prepare("SELECT id FROM runs ORDER BY start_ns DESC, id DESC"));
            for (;;) {
                TR_ASSIGN(const bool more, ids.step());
                if (!more) break;
                order.push_back(ids.intAt(0));
            }
        }
        for (std::size_t i = 0; i < order.size(); i += kRunsAtOnce) {
            m_progress.report("searching", i, order.size());
            TR_TRY(batch(std::span(order).subspan(i, std::min(kRunsAtOnce, order.size() - i))));
        }
        m_progress.report("searching", order.size(), order.size());
        return {};
    }

    /// Where the reader ends at one run, the batch is gone through run by run, and that run is counted.
    Status batch(std::span<const std::int64_t> rows)
    {
        std::vector<RunAddress> addresses;
        TR_ASSIGN(Statement find, m_runs.prepare("SELECT native_id, source, place FROM runs WHERE id = ?"));
        for (const std::int64_t row : rows) {
            find.bind(1, row);
            TR_ASSIGN(const bool there, find.step());
            if (there) {
                RunAddress& address = addresses.emplace_back(find.stringAt(0));
                address.source = find.stringAt(1);
                address.place = find.stringAt(2);
            }
            find.reset();
        }
        const auto take = [this](ScanHit hit) { return this->take(std::move(hit)); };
        auto searched = m_reader.scanRuns(m_words, addresses, take, m_cancel);
        if (searched) {
            m_report.unreadable += searched->unreadable;
            addLosses(m_report.losses, std::move(searched->losses));
            return {};
        }
        const bool itsFault = searched.error().code == ErrorCode::Crashed || searched.error().code == ErrorCode::Timeout;
        if (!itsFault || m_cancel.cancelled()) return std::unexpected(searched.error());
        if (rows.size() == 1) {
            ++m_report.unreadable;
            return {};
        }
        for (const std::int64_t row : rows) TR_TRY(batch(std::span(&row, 1)));
        return {};
    }

    Database m_runs;
    TextReader m_reader;
    const std::vector<std::string>& m_words;
    const std::function<void(RunRow, TextHit)>& m_found;
    const CancelToken& m_cancel;
    const Progress& m_progress;
    EverywhereReport m_report;
    std::set<std::pair<std::int64_t, std::size_t>> m_told;
};

} // namespace

std::vector<std::string> textWordsOf(const RunFilter& filter)
{
    std::vector<std::string> words;
    const auto add = [&](const std::string& word) {
        if (!std::ranges::contains(words, word) && words.size() < kMaxScanWords) words.push_back(word);
    };
    for (const std::string& word : filter.words) add(word);
    for (const RunCondition& condition : filter.fields)
        if (condition.field.empty() || condition.field == kFoundField) add(condition.value);
    return words;
}

RunFilter withFound(RunFilter filter, const FoundRuns& found)
{
    const auto rowsOf = [&](const std::string& word) {
        std::string rows = "[";
        if (const auto at = found.find(word); at != found.end())
            for (const RunRow row : at->second) rows += formatText("{}{}", rows.size() > 1 ? "," : "", row.value);
        return rows + "]";
    };
    for (RunCondition& condition : filter.fields)
        if (condition.field.empty()) {
            condition.field = kFoundField;
            condition.subject = rowsOf(condition.value);
        }
    for (std::string& word : filter.words) {
        std::string rows = rowsOf(word);
        filter.fields.push_back({.field = std::string(kFoundField), .value = std::move(word), .subject = std::move(rows)});
    }
    filter.words.clear();
    return filter;
}

Result<EverywhereReport> searchEverywhere(const std::filesystem::path& folder, const std::filesystem::path& store,
                                          const ReaderClient::Options& options, const std::vector<std::string>& words,
                                          const std::function<void(RunRow, TextHit)>& found, const CancelToken& cancel,
                                          const Progress& progress)
{
    if (words.empty()) return fail(ErrorCode::Usage, {}, "there is no word to look for");
    TR_ASSIGN(Database runs, openCacheReader(folder / kRunsFile, cancel));
    return Search(std::move(runs), store, options, words, found, cancel, progress).run();
}

Result<std::vector<TextHit>> hitsInRun(const std::filesystem::path& folder, const std::filesystem::path& store,
                                       const ReaderClient::Options& options, RunRow row, const std::vector<std::string>& words,
                                       std::size_t most, const CancelToken& cancel)
{
    if (const auto index = TextIndex::open(folder, cancel)) {
        const auto holds = (*index)->holds(row);
        if (holds && *holds) {
            auto hits = (*index)->hits(row, words, most);
            // A word that was found everywhere may stand within another, where the index does not look.
            if (hits && !hits->empty()) return hits;
        }
    }
    TR_ASSIGN(const RunRecord record, readRecord(folder, row));
    constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;
    TextReader reader(store, options);
    std::vector<TextDocument> documents;
    const RunAddress address(record.run);
    const auto visit = [&](std::size_t, Result<Body> body) -> Status {
        if (!body) return std::unexpected(body.error());
        documents = documentsOf(std::move(*body));
        return {};
    };
    TR_TRY(reader.texts(std::span(&address, 1), kMostBytes, visit, cancel));
    addKnownDocuments(documents, record);
    return hitsIn(documents, words, most);
}

} // namespace tackroom
