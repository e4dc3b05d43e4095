// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The RunSink that writes runs.db, on a thread of its own. Used by ingest.cpp alone.
#include "core/base/boundedqueue.h"
#include "core/index/runsfile.h"
#include "core/readers/readers.h"
#include "core/readers/stepview.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace tackroom
{

/// Runs are packed where they come from and written by another thread, a batch at a time and a few batches behind. Whatever
/// else is asked waits until that thread has nothing to do.
class IndexWriter : public RunSink, public StepViewSink
{
public:
    /// Opens or makes the file. Damaged and another schema are healed by beginning anew.
    [[nodiscard]] static Result<std::unique_ptr<IndexWriter>> open(const std::filesystem::path& file, const Progress& progress);
    ~IndexWriter() override;

    [[nodiscard]] RunsFile::Totals totals();
    [[nodiscard]] std::int64_t newRuns();
    [[nodiscard]] std::int64_t removedRuns();
    [[nodiscard]] Result<std::string> meta(std::string_view key);

    /// Of the runs that are there and of those that come.
    [[nodiscard]] Status setVersionRule(const VersionRule& rule);
    [[nodiscard]] Status noteVersionKeys(const std::string& keys);

    // RunSink
    void startsOver() override;
    [[nodiscard]] Status add(RunRecord record) override;
    [[nodiscard]] Status addWith(RunRecord record, std::span<const StepView> steps) override;
    void beginSource(std::string_view source, Extent extent) override;
    [[nodiscard]] Status endSource() override;
    [[nodiscard]] Status sourceIsGone(std::string_view source) override;
    [[nodiscard]] Result<std::string> placeOf(std::string_view source, std::string_view nativeId) override;
    void skipped(std::string where, std::string why) override;
    void progress(std::uint64_t doneRuns, std::uint64_t totalRuns) override;

    /// Takes away what was not delivered again after startsOver(), and notes where the next ingest begins.
    [[nodiscard]] Status finish(const std::string& kind, const std::string& fingerprint, const std::string& cursor);
    /// Keeps what was written so far, without the new cursor: for an ingest that ended early.
    [[nodiscard]] Status keep();

private:
    struct Skip {
        std::string where, why;
    };
    struct Source {
        std::string name;
        bool begins = false;
        Extent extent = Extent::Whole; ///< where it begins
    };
    using Item = std::variant<PackedRun, Skip, Source>;
    using Batch = std::vector<Item>;

    IndexWriter(std::unique_ptr<RunsFile> file, const Progress& progress) : m_file(std::move(file)), m_progress(progress) {}
    void collect(Item item, std::size_t bytes);
    void handOver();
    void work();
    [[nodiscard]] Status write(const Batch& batch);
    /// The file, when nothing is under way any more; the error that came before.
    [[nodiscard]] Result<RunsFile*> settled();
    [[nodiscard]] Status inOrder(const std::function<Status(RunsFile&)>& work);
    void inOrderOrFail(const std::function<Status(RunsFile&)>& work);
    [[nodiscard]] std::optional<Error> failure();

    std::unique_ptr<RunsFile> m_file; ///< the thread's while batches are under way, else the caller's
    Progress m_progress;
    PartPacker m_packer;
    VersionRule m_versionRule;
    Batch m_batch;
    std::size_t m_batchBytes = 0;
    std::chrono::steady_clock::time_point m_batchBegan;
    BoundedQueue<Batch> m_queue{64}; ///< as much as comes while an index is made or a checkpoint is written
    std::mutex m_mutex;
    std::condition_variable m_idle;
    std::size_t m_underWay = 0;     ///< batches handed over and not written yet
    std::optional<Error> m_failure; ///< the first one; nothing is written after it
    std::atomic<bool> m_failed = false;
    std::atomic<std::int64_t> m_expectedRuns = 0; ///< as far as is known
    bool m_startedOver = false;                   ///< then the ends of sources are marks among the runs: nothing waits for them
    std::thread m_thread;                         ///< from the first batch on
};

} // namespace tackroom
