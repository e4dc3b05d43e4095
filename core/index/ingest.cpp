// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/ingest.h"

#include "core/base/joined.h"
#include "core/base/json.h"
#include "core/index/indexschema.h"
#include "core/index/indexwriter.h"
#include "core/index/runversions.h"
#include "core/platform/atomicfile.h"
#include "core/platform/directories.h"
#include "core/platform/filelock.h"
#include "core/readers/harnessversion.h"

#include <chrono>

namespace tackroom
{

namespace
{

constexpr int kLockMs = 20'000;

Status writeStoreFile(const StoreInfo& info, const std::filesystem::path& store, const std::filesystem::path& folder,
                      const IngestReport& report)
{
    const Json json = {{"path", store.string()},      {"kind", info.kind},
                       {"schema", info.schema},       {"title", info.title},
                       {"sizeBytes", info.sizeBytes}, {"runs", report.runs},
                       {"steps", report.steps},       {"unreadable", report.unreadable},
                       {"seconds", report.seconds},   {"indexedAt", formatTime(utcNow())}};
    return writeFileAtomically(folder / kStoreFile, dumpJson(json, 2) + "\n");
}

/// The lock of the index; its folder is made where it is missing, and made again where it was evicted while we waited.
Result<FileLock> lockIndex(const std::filesystem::path& folder, const CancelToken& cancel)
{
    for (int attempt = 0;; ++attempt) {
        TR_TRY(makePrivateDirectory(folder));
        auto lock = FileLock::acquire(folder / kRunsLock, kLockMs, cancel);
        std::error_code error;
        if (std::filesystem::exists(folder / kRunsLock, error) || attempt == 3) return lock;
    }
}

IngestReport reportOf(IndexWriter& writer)
{
    const auto totals = writer.totals();
    return {.runs = totals.runs,
            .steps = totals.steps,
            .scores = totals.scores,
            .decisions = totals.decisions,
            .unreadable = totals.unreadable,
            .newRuns = writer.newRuns(),
            .removedRuns = writer.removedRuns()};
}

Result<IngestReport> ingestLocked(StoreReader& reader, const std::filesystem::path& store, const std::filesystem::path& folder,
                                  const Progress& progress, const CancelToken& cancel, const VersionRule& versionRule)
{
    const auto started = std::chrono::steady_clock::now();
    TR_ASSIGN(auto writer, IndexWriter::open(folder / kRunsFile, progress));
    TR_TRY(writer->setVersionRule(versionRule));
    TR_ASSIGN(const std::string formerKeys, writer->meta("version_keys"));
    const std::vector<std::string> wantedKeys = wantedVersionKeys(formerKeys, versionRule);
    const std::string versionKeys = joined(wantedKeys, "\n");
    const bool newKeys = versionKeys != formerKeys; // then they are to be looked for in the runs that were read
    wantVersionKeys({wantedKeys, false});
    TR_ASSIGN(const std::string fingerprint, reader.fingerprint());
    TR_ASSIGN(const std::string formerKind, writer->meta("kind"));
    TR_ASSIGN(const std::string formerFingerprint, writer->meta("fingerprint"));
    const bool sameKind = formerKind == reader.info().kind;
    if (sameKind && formerFingerprint == fingerprint && !newKeys) {
        IngestReport report = reportOf(*writer);
        report.wasCurrent = true;
        return report;
    }
    std::string cursor;
    if (sameKind && !newKeys) {
        TR_ASSIGN(cursor, writer->meta("cursor"));
    }
    auto newCursor = reader.ingest(cursor, *writer, cancel);
    if (!newCursor) {
        TR_TRY(writer->keep());
        return std::unexpected(newCursor.error());
    }
    TR_TRY(writer->finish(reader.info().kind, fingerprint, *newCursor));
    if (newKeys) TR_TRY(writer->noteVersionKeys(versionKeys));
    IngestReport report = reportOf(*writer);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    TR_TRY(writeStoreFile(reader.info(), store, folder, report));
    return report;
}

} // namespace

Result<IngestReport> ingestStore(StoreReader& reader, const std::filesystem::path& canonicalStore,
                                 const std::filesystem::path& folder, const Progress& progress, const CancelToken& cancel,
                                 const VersionRule& versionRule)
{
    TR_ASSIGN(const FileLock lock, lockIndex(folder, cancel));
    auto report = ingestLocked(reader, canonicalStore, folder, progress, cancel, versionRule);
    // Damage that shows only while writing (a broken page of our own file, not of the store): begin anew, once.
    const bool ours =
        !report && report.error().code == ErrorCode::Damaged && report.error().where == (folder / kRunsFile).string();
    if (!ours) return report;
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove((folder / kRunsFile).string() + suffix, ignored);
    return ingestLocked(reader, canonicalStore, folder, progress, cancel, versionRule);
}

} // namespace tackroom
