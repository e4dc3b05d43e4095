// SPDX-License-Identifier: GPL-3.0-or-later
// The job that fills text.db.
#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/index/fulltext.h"
#include "core/index/indexschema.h"
#include "core/index/runrecords.h"
#include "core/index/textreader.h"
#include "core/platform/filelock.h"
#include "core/sql/sql.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;

/// Runs that are asked of the reader at once; a transaction is at most so many, or so long.
constexpr std::size_t kRunsOfBatch = 32;

struct Wanted {
    std::int64_t row = 0, content = 0;
    RunAddress address;
};

void removeTextFile(const fs::path& file)
{
    std::error_code ignored; // what cannot be removed shows itself when the file is opened
    for (const char* end : {"", "-wal", "-shm", "-journal"}) fs::remove(fs::path(file.string() + end), ignored);
}

Result<std::string> metaOf(Database& db, std::string_view key)
{
    TR_ASSIGN(Statement statement, db.prepare("SELECT value FROM meta WHERE key = ?"));
    statement.bind(1, key);
    TR_ASSIGN(const bool row, statement.step());
    return row ? statement.stringAt(0) : std::string();
}

Status setMetaOf(Database& db, std::string_view key, std::string_view value)
{
    TR_ASSIGN(Statement statement, db.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)"));
    statement.bind(1, key).bind(2, value);
    return statement.run();
}

Result<Database> openTextFile(const fs::path& file, const std::string& epoch)
{
    for (int attempt = 0;; ++attempt) {
        auto opened = openCacheWriter(file);
        const bool damaged =
            !opened && (opened.error().code == ErrorCode::Damaged || opened.error().code == ErrorCode::UnknownFormat);
        if (!opened && (!damaged || attempt > 0)) return std::unexpected(opened.error());
        if (opened) {
            Database& db = *opened;
            TR_ASSIGN(const std::int64_t version, db.scalar("PRAGMA user_version"));
            if (version == kTextSchemaVersion) {
                const auto theirs = metaOf(db, "runs_epoch");
                if (theirs && *theirs == epoch) return opened;
            } else if (version == 0) {
                TR_ASSIGN(Transaction transaction, db.transaction());
                TR_TRY(db.exec(kTextDdl));
                TR_TRY(db.exec(formatText("PRAGMA user_version={}", kTextSchemaVersion)));
                TR_TRY(setMetaOf(db, "runs_epoch", epoch));
                TR_TRY(transaction.commit());
                return opened;
            }
            if (attempt > 0) return fail(ErrorCode::Internal, file.string(), "the texts cannot be begun anew");
        }
        // Of another schema, of other row numbers, or damaged: nothing in it is worth keeping.
        opened = fail(ErrorCode::Internal, {}, {});
        removeTextFile(file);
    }
}

class TextJob
{
public:
    TextJob(fs::path folder, const fs::path& store, const TextIndexOptions& options, const CancelToken& cancel,
            const Progress& progress)
        : m_folder(std::move(folder)),
          m_options(options),
          m_cancel(cancel),
          m_progress(progress),
          m_reader(store, options.reader)
    {
    }

    Status run()
    {
        TR_ASSIGN(const RunsState state, readRunsState(m_folder));
        TR_ASSIGN(Database db, openTextFile(m_folder / kTextFile, state.epoch));
        m_db.emplace(std::move(db));
        TR_TRY(remember());
        TR_TRY(readWanted());
        TR_TRY(readPresent());
        TR_TRY(removeUnwanted());
        TR_TRY(addMissing());
        TR_ASSIGN(Transaction transaction, m_db->transaction());
        TR_TRY(setMetaOf(*m_db, "full", m_full ? "1" : "0"));
        return transaction.commit();
    }

private:
    struct Present {
        std::int64_t content = 0, bytes = 0;
    };

    Status remember()
    {
        if (m_options.asked.empty()) return {};
        TR_ASSIGN(Transaction transaction, m_db->transaction());
        for (const RunKey& key : m_options.asked) {
            TR_ASSIGN(Statement statement, m_db->prepare("INSERT OR IGNORE INTO asked(run_key) VALUES(?)"));
            statement.bind(1, key.value);
            TR_TRY(statement.run());
        }
        return transaction.commit();
    }

    Result<std::unordered_set<std::int64_t>> chosenRows(Database& runs)
    {
        std::unordered_set<std::int64_t> rows;
        const auto collect = [&](Statement& statement) -> Status {
            for (;;) {
                TR_ASSIGN(const bool more, statement.step());
                if (!more) return {};
                rows.insert(statement.intAt(0));
            }
        };
        {
            TR_ASSIGN(Statement asked, m_db->prepare("SELECT run_key FROM asked"));
            TR_ASSIGN(Statement find, runs.prepare("SELECT id FROM runs WHERE run_key = ?"));
            for (;;) {
                TR_ASSIGN(const bool more, asked.step());
                if (!more) break;
                find.bind(1, asked.textAt(0));
                TR_TRY(collect(find));
                find.reset();
            }
        }
        std::error_code error;
        if (!fs::exists(m_folder / kDerivedFile, error)) return rows;
        TR_ASSIGN(Database derived, openCacheReader(m_folder / kDerivedFile, m_cancel));
        TR_ASSIGN(const std::int64_t version, derived.scalar("PRAGMA user_version"));
        if (version != kDerivedSchemaVersion) return rows;
        TR_ASSIGN(const std::string theirs, metaOf(derived, "runs_epoch"));
        TR_ASSIGN(const std::string ours, metaOf(runs, "epoch"));
        if (theirs != ours) return rows;
        TR_ASSIGN(
            Statement outcomes,
            derived.prepare("SELECT run_row FROM outcomes WHERE outcome = ?1 OR (source = ?2 AND reason LIKE 'judged %')"));
        outcomes.bind(1, static_cast<int>(Outcome::Failure)).bind(2, static_cast<int>(OutcomeSource::Human));
        TR_TRY(collect(outcomes));
        return rows;
    }

    /// The failing and chosen runs, newest first.
    Status readWanted()
    {
        TR_ASSIGN(Database runs, openCacheReader(m_folder / kRunsFile, m_cancel));
        TR_ASSIGN(auto view, runs.transaction(Database::Begin::Read));
        TR_ASSIGN(const auto chosen, chosenRows(runs));
        TR_ASSIGN(Statement row, runs.prepare("SELECT content, native_id, source, place, start_ns FROM runs WHERE id = ?"));
        std::vector<std::pair<std::int64_t, Wanted>> byStart;
        byStart.reserve(chosen.size());
        for (const std::int64_t id : chosen) {
            row.bind(1, id);
            TR_ASSIGN(const bool there, row.step());
            if (there) {
                Wanted wanted{id, row.intAt(0), RunAddress(row.stringAt(1))};
                wanted.address.source = row.stringAt(2);
                wanted.address.place = row.stringAt(3);
                byStart.emplace_back(row.intAt(4), std::move(wanted));
            }
            row.reset();
        }
        std::ranges::sort(byStart, [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second.row > b.second.row;
        });
        for (auto& [start, wanted] : byStart) m_wanted.push_back(std::move(wanted));
        return setMetaOf(*m_db, "wanted", std::to_string(m_wanted.size()));
    }

    Status readPresent()
    {
        TR_ASSIGN(Statement row, m_db->prepare("SELECT row, content, bytes FROM runs"));
        for (;;) {
            TR_ASSIGN(const bool more, row.step());
            if (!more) return {};
            m_present.emplace(row.intAt(0), Present{row.intAt(1), row.intAt(2)});
        }
    }

    Status removeRun(std::int64_t row)
    {
        for (const char* sql :
             {"DELETE FROM texts WHERE rowid BETWEEN ?1 << 20 AND (?1 << 20) + 1048575", "DELETE FROM runs WHERE row = ?1"}) {
            TR_ASSIGN(Statement statement, m_db->prepare(sql));
            statement.bind(1, row);
            TR_TRY(statement.run());
        }
        m_present.erase(row);
        return {};
    }

    Status removeUnwanted()
    {
        std::unordered_map<std::int64_t, std::int64_t> contents;
        for (const Wanted& wanted : m_wanted) contents.emplace(wanted.row, wanted.content);
        std::vector<std::int64_t> gone;
        for (const auto& [row, present] : m_present) {
            const auto at = contents.find(row);
            if (at == contents.end() || at->second != present.content) gone.push_back(row);
        }
        return removeRows(gone);
    }

    Status removeRows(const std::vector<std::int64_t>& gone)
    {
        for (std::size_t i = 0; i < gone.size(); i += kRunsOfBatch) {
            if (m_cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(Transaction transaction, m_db->transaction());
            for (std::size_t k = i; k < std::min(gone.size(), i + kRunsOfBatch); ++k) TR_TRY(removeRun(gone[k]));
            TR_TRY(transaction.commit());
        }
        return {};
    }

    /// From the newest on, until the limit is reached; what is older than that goes.
    Status addMissing()
    {
        std::size_t next = 0;
        while (next < m_wanted.size() && m_bytes < m_options.limitBytes) {
            std::vector<const Wanted*> missing;
            for (; next < m_wanted.size() && missing.size() < kRunsOfBatch && m_bytes < m_options.limitBytes; ++next) {
                const auto present = m_present.find(m_wanted[next].row);
                if (present == m_present.end())
                    missing.push_back(&m_wanted[next]);
                else
                    m_bytes += present->second.bytes;
            }
            TR_TRY(add(missing));
            m_progress.report("reading texts", next, m_wanted.size());
        }
        m_full = m_full || next < m_wanted.size();
        std::vector<std::int64_t> old;
        for (; next < m_wanted.size(); ++next)
            if (m_present.contains(m_wanted[next].row)) old.push_back(m_wanted[next].row);
        return removeRows(old);
    }

    /// Asks the reader; a run at which it ends is noted as unreadable, and the others are asked for again.
    Status add(std::vector<const Wanted*> missing)
    {
        while (!missing.empty()) {
            std::vector<RunAddress> addresses;
            for (const Wanted* wanted : missing) addresses.push_back(wanted->address);
            std::vector<Result<Body>> bodies;
            const auto read = m_reader.texts(
                addresses, static_cast<std::uint64_t>(m_options.maxRunBytes),
                [&](std::size_t, Result<Body> body) -> Status {
                    bodies.push_back(std::move(body));
                    return {};
                },
                m_cancel);
            if (m_cancel.cancelled()) return CancelToken::error();
            if (!read) {
                const bool itsFault = read.error().code == ErrorCode::Crashed || read.error().code == ErrorCode::Timeout;
                if (!itsFault || bodies.size() >= missing.size()) return read;
                bodies.emplace_back(std::unexpected(read.error()));
            }
            TR_TRY(write(missing, std::move(bodies)));
            missing.erase(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(m_written));
        }
        return {};
    }

    /// What the reader was not asked for any more stays to be done.
    Status write(const std::vector<const Wanted*>& missing, std::vector<Result<Body>> bodies)
    {
        TR_ASSIGN(Transaction transaction, m_db->transaction());
        for (m_written = 0; m_written < bodies.size(); ++m_written) {
            // What is older than the limit allows was asked for in vain.
            if (m_bytes >= m_options.limitBytes)
                m_full = true;
            else
                TR_TRY(writeRun(*missing[m_written], std::move(bodies[m_written])));
        }
        return transaction.commit();
    }

    Status writeRun(const Wanted& wanted, Result<Body> body)
    {
        std::vector<TextDocument> documents;
        std::string problem;
        std::uint64_t omitted = 0;
        if (body) {
            omitted = body->omittedBytes;
            documents = documentsOf(std::move(*body));
        } else {
            problem = oneLine(body.error());
        }
        const auto record = readRecord(m_folder, RunRow(wanted.row));
        if (!record && record.error().code == ErrorCode::NotFound) return {}; // it left the store meanwhile
        if (!record) return std::unexpected(record.error());
        addKnownDocuments(documents, *record);
        std::int64_t bytes = 0, place = 0;
        for (TextDocument& document : documents) {
            if (place >= kMaxParts) break;
            // The marks around hits, and what ends a text for C.
            for (char& c : document.text)
                if (c == '\0' || c == '\x02' || c == '\x03') c = ' ';
            TR_ASSIGN(Statement insert, m_db->prepare("INSERT INTO texts(rowid, text, step, place) VALUES(?, ?, ?, ?)"));
            insert.bind(1, firstPartOf(wanted.row) + place++)
                .bind(2, document.text)
                .bind(3, document.stepId)
                .bind(4, document.place);
            TR_TRY(insert.run());
            bytes += static_cast<std::int64_t>(document.text.size());
        }
        TR_ASSIGN(Statement insert, m_db->prepare("INSERT INTO runs(row, content, bytes, cut, problem) VALUES(?, ?, ?, ?, ?)"));
        insert.bind(1, wanted.row).bind(2, wanted.content).bind(3, bytes).bind(4, omitted > 0).bind(5, problem);
        m_bytes += bytes;
        return insert.run();
    }

    fs::path m_folder;
    const TextIndexOptions& m_options;
    const CancelToken& m_cancel;
    const Progress& m_progress;
    TextReader m_reader;
    std::optional<Database> m_db;
    std::vector<Wanted> m_wanted;
    std::unordered_map<std::int64_t, Present> m_present;
    std::int64_t m_bytes = 0;
    std::size_t m_written = 0;
    bool m_full = false;
};

} // namespace

Result<TextCoverage> updateTextIndex(const fs::path& folder, const fs::path& store, const TextIndexOptions& options,
                                     const CancelToken& cancel, const Progress& progress)
{
    TR_ASSIGN(const FileLock lock, FileLock::acquire(folder / kTextLock, options.lockMs, cancel));
    auto done = TextJob(folder, store, options, cancel, progress).run();
    if (!done && done.error().code == ErrorCode::Damaged && done.error().where == (folder / kTextFile).string()) {
        // Damage that shows only on the way: begin anew, once.
        removeTextFile(folder / kTextFile);
        done = TextJob(folder, store, options, cancel, progress).run();
    }
    if (!done) return std::unexpected(done.error());
    TR_ASSIGN(const auto index, TextIndex::open(folder, cancel));
    return index->coverage();
}

} // namespace tackroom
