// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/indexwriter.h"

#include "core/base/text.h"
#include "core/index/runversions.h"

#include <new>

namespace tackroom
{

namespace
{

/// A batch is handed over when it has so much or is so old.
constexpr std::size_t kBatchBytes = std::size_t{512} << 10;
constexpr std::chrono::milliseconds kBatchTime{20};
constexpr std::size_t kUsualBatch = 128; ///< runs in it

std::size_t sizeOf(const PackedRun& run)
{
    std::size_t bytes = 500 + run.run.task.size() + run.run.answer.size();
    for (const auto& chunk : run.chunks) bytes += chunk.size();
    for (const auto& error : run.errors) bytes += error.text.size();
    return bytes;
}

} // namespace

Result<std::unique_ptr<IndexWriter>> IndexWriter::open(const std::filesystem::path& file, const Progress& progress)
{
    TR_ASSIGN(auto runs, RunsFile::open(file));
    return std::unique_ptr<IndexWriter>(new IndexWriter(std::move(runs), progress));
}

IndexWriter::~IndexWriter()
{
    m_queue.close();
    if (m_thread.joinable()) m_thread.join();
}

std::optional<Error> IndexWriter::failure()
{
    if (!m_failed) return std::nullopt;
    const std::lock_guard lock(m_mutex);
    return m_failure;
}

void IndexWriter::collect(Item item, std::size_t bytes)
{
    const auto now = std::chrono::steady_clock::now();
    if (m_batch.empty()) {
        m_batch.reserve(kUsualBatch);
        m_batchBegan = now;
    }
    m_batch.push_back(std::move(item));
    m_batchBytes += bytes;
    if (m_batchBytes >= kBatchBytes || now - m_batchBegan >= kBatchTime) handOver();
}

void IndexWriter::handOver()
{
    if (m_batch.empty()) return;
    if (!m_thread.joinable()) m_thread = std::thread([this] { work(); });
    {
        const std::lock_guard lock(m_mutex);
        ++m_underWay;
    }
    // Only our own destructor closes the queue.
    (void)m_queue.push(std::exchange(m_batch, {}));
    m_batchBytes = 0;
}

void IndexWriter::work()
{
    while (const auto batch = m_queue.pop()) {
        Status written;
        if (!m_failed) {
            try {
                written = write(*batch);
            } catch (const std::bad_alloc&) {
                written = fail(ErrorCode::Refused, {}, "the store needs more memory than the reader may use");
            }
        }
        const std::lock_guard lock(m_mutex);
        if (!written && !m_failure) {
            m_failure = written.error();
            m_failed = true;
        }
        if (--m_underWay == 0) m_idle.notify_all();
    }
}

Status IndexWriter::write(const Batch& batch)
{
    for (const Item& item : batch) {
        if (const auto* run = std::get_if<PackedRun>(&item))
            TR_TRY(m_file->put(*run));
        else if (const auto* source = std::get_if<Source>(&item))
            TR_TRY(source->begins ? m_file->beginSource(source->name, source->extent) : m_file->endSource());
        else
            TR_TRY(m_file->skip(std::get<Skip>(item).where, std::get<Skip>(item).why));
    }
    TR_TRY(m_file->makeIndexIfDue(m_expectedRuns));
    return m_file->commitIfDue();
}

Result<RunsFile*> IndexWriter::settled()
{
    handOver();
    std::unique_lock lock(m_mutex);
    m_idle.wait(lock, [&] { return m_underWay == 0; });
    if (m_failure) return std::unexpected(*m_failure);
    return m_file.get();
}

Status IndexWriter::inOrder(const std::function<Status(RunsFile&)>& work)
{
    TR_ASSIGN(RunsFile * file, settled());
    return work(*file);
}

void IndexWriter::inOrderOrFail(const std::function<Status(RunsFile&)>& work)
{
    const auto done = inOrder(work);
    if (done) return;
    const std::lock_guard lock(m_mutex);
    if (!m_failure) m_failure = done.error();
    m_failed = true;
}

RunsFile::Totals IndexWriter::totals()
{
    (void)settled();
    return m_file->totals();
}

std::int64_t IndexWriter::newRuns()
{
    (void)settled();
    return m_file->newRuns();
}

std::int64_t IndexWriter::removedRuns()
{
    (void)settled();
    return m_file->removedRuns();
}

Result<std::string> IndexWriter::meta(std::string_view key)
{
    TR_ASSIGN(RunsFile * file, settled());
    return file->meta(key);
}

Status IndexWriter::setVersionRule(const VersionRule& rule)
{
    m_versionRule = rule;
    TR_ASSIGN(RunsFile * file, settled());
    TR_ASSIGN(const std::string former, file->meta("version_rule"));
    return former == ruleText(rule) ? Status() : file->resolveVersions(rule);
}

Status IndexWriter::noteVersionKeys(const std::string& keys)
{
    return inOrder([&](RunsFile& file) { return file.noteVersionKeys(keys); });
}

void IndexWriter::startsOver()
{
    m_startedOver = true;
    inOrderOrFail([](RunsFile& file) { return file.startOver(); });
}

Status IndexWriter::add(RunRecord record)
{
    const std::vector<Step> steps = std::exchange(record.steps, {});
    return addWith(std::move(record), viewsOf(steps));
}

Status IndexWriter::addWith(RunRecord record, std::span<const StepView> steps)
{
    if (const auto failed = failure()) return std::unexpected(*failed);
    PackedRun run = packRun(m_packer, std::move(record), steps, m_versionRule);
    const std::size_t bytes = sizeOf(run);
    collect(std::move(run), bytes);
    return {};
}

void IndexWriter::skipped(std::string where, std::string why)
{
    if (m_failed) return;
    const std::size_t bytes = where.size() + why.size();
    collect(Skip{toUtf8(where), toUtf8(why)}, bytes);
}

void IndexWriter::beginSource(std::string_view source, Extent extent)
{
    if (m_startedOver) return collect(Source{std::string(source), true, extent}, source.size());
    inOrderOrFail([&](RunsFile& file) { return file.beginSource(source, extent); });
}

Status IndexWriter::endSource()
{
    if (!m_startedOver) return inOrder([](RunsFile& file) { return file.endSource(); });
    if (const auto failed = failure()) return std::unexpected(*failed);
    collect(Source{}, 0);
    return {};
}

Status IndexWriter::sourceIsGone(std::string_view source)
{
    return inOrder([&](RunsFile& file) { return file.sourceIsGone(source); });
}

Result<std::string> IndexWriter::placeOf(std::string_view source, std::string_view nativeId)
{
    TR_ASSIGN(RunsFile * file, settled());
    return file->placeOf(source, nativeId);
}

void IndexWriter::progress(std::uint64_t doneRuns, std::uint64_t totalRuns)
{
    m_expectedRuns = static_cast<std::int64_t>(totalRuns);
    handOver();
    m_progress.report("reading", doneRuns, totalRuns);
}

Status IndexWriter::finish(const std::string& kind, const std::string& fingerprint, const std::string& cursor)
{
    return inOrder([&](RunsFile& file) { return file.finish(kind, fingerprint, cursor); });
}

Status IndexWriter::keep()
{
    return inOrder([](RunsFile& file) { return file.commit(); });
}

} // namespace tackroom
