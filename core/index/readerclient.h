// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/readers/readers.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace tackroom {

/// What `index` says of a store.
struct IndexReport {
    StoreInfo store;
    std::filesystem::path path;      ///< canonical
    std::filesystem::path folder;    ///< where runs.db and derived.db lie
    std::int64_t runs = 0, steps = 0, scores = 0, decisions = 0, unreadable = 0;
    std::int64_t newRuns = 0;        ///< read this time; 0 for an unchanged store
    double seconds = 0;
    std::int64_t peakRssBytes = 0;   ///< of the reader process
};

/// The parent's end of one tackroom-reader process. Every call blocks and belongs on a worker thread; cancelling kills the
/// child. A child that crashes, hangs (no frame for `stallMs`) or breaks the protocol becomes one Error; nothing else is harmed.
class ReaderClient {
public:
    struct Options {
        std::filesystem::path program;           ///< of tackroom-reader; empty: beside this program, else on PATH
        std::int64_t memoryLimitBytes = std::int64_t{4} << 30;
        int stallMs = 60'000;
        int totalMs = 0;                         ///< 0: no limit
        std::int64_t cacheLimitBytes = 0;        ///< index() removes other stores' indexes above it (cachelimit.h); 0: no limit
    };
    /// What the file is, without indexing it.
    [[nodiscard]] static Result<StoreInfo> recognise(const std::filesystem::path& store, const Options& options, const CancelToken& cancel);
    /// Brings runs.db below `cacheDirectory` up to date and says what is in it.
    /// `opened` is called once, from this thread, as soon as it is known what the store is and where its rows will be (store,
    /// path and folder are set): they can be looked at while they come.
    [[nodiscard]] static Result<IndexReport> index(const std::filesystem::path& store, const std::filesystem::path& cacheDirectory,
                                                   const Options& options, const CancelToken& cancel, const Progress& progress,
                                                   const std::function<void(const IndexReport&)>& opened = {});

    /// A child that stays open for fetching bodies of one store.
    [[nodiscard]] static Result<std::unique_ptr<ReaderClient>> open(const std::filesystem::path& store, const Options& options);
    ~ReaderClient();
    [[nodiscard]] Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes, const CancelToken& cancel);

private:
    struct Private;
    explicit ReaderClient(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

/// The folder of a store's index below the cache directory.
[[nodiscard]] std::filesystem::path storeCacheFolder(const std::filesystem::path& cacheDirectory, const std::filesystem::path& canonicalStore, std::string_view kind);

} // namespace tackroom
