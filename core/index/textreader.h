// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/readerclient.h"
#include "core/readers/textscan.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tackroom
{

/// The parent's end of one tackroom-reader process that hands over the texts of many runs, or looks through all of them. Every
/// call blocks and belongs on a worker thread; cancelling kills the child, and the next call starts another.
class TextReader
{
public:
    TextReader(std::filesystem::path store, ReaderClient::Options options);
    ~TextReader();

    /// At most so many runs in one request.
    static constexpr std::size_t kMostRuns = 256;
    /// The texts of several runs, each as it comes and in their order; what cannot be read of one run is its error. An error of
    /// `visit` ends it. Where the child ends in between, the runs that were not visited are those that were not read.
    using Visit = std::function<Status(std::size_t which, Result<Body> body)>;
    [[nodiscard]] Status texts(std::span<const RunAddress> runs, std::uint64_t maxBytesEach, const Visit& visit,
                               const CancelToken& cancel);

    using Hit = std::function<Status(ScanHit)>;
    struct Scanned {
        bool all = false;            ///< false: this store is gone through by its runs
        std::int64_t unreadable = 0; ///< of the runs that were asked for
        std::vector<ScanLoss> losses;
    };
    /// Looks for words in everything, newest first; each is told once a run. Progress: "searching", rows.
    [[nodiscard]] Result<Scanned> scan(const std::vector<std::string>& words, const Hit& hit, const CancelToken& cancel,
                                       const Progress& progress);
    /// The same in the texts of some runs (at most kMostRuns).
    [[nodiscard]] Result<Scanned> scanRuns(const std::vector<std::string>& words, std::span<const RunAddress> runs,
                                           const Hit& hit, const CancelToken& cancel);

private:
    [[nodiscard]] Status connect();
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace tackroom
