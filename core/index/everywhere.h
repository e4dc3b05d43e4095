// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// "Search everything": words in the texts of all runs of a store, without an index, by the reader process; and how what it
/// finds becomes a part of a query.
#include "core/base/cancel.h"
#include "core/index/fulltext.h"
#include "core/index/runqueries.h"
#include "core/readers/textscan.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tackroom
{

/// The words of a query that are looked for in texts, those that must not be there among them; each once.
[[nodiscard]] std::vector<std::string> textWordsOf(const RunFilter& filter);

/// By word, the runs in which it was found.
using FoundRuns = std::map<std::string, std::vector<RunRow>, std::less<>>;
/// The same query, which counts these runs as having these words.
[[nodiscard]] RunFilter withFound(RunFilter filter, const FoundRuns& found);
/// The field of such a condition: value = the word, subject = the rows as a JSON list. Nobody can type it.
inline constexpr std::string_view kFoundField = "+found";

struct EverywhereReport {
    std::int64_t runs = 0;        ///< of the store
    std::int64_t unreadable = 0;  ///< runs whose texts could not be read
    std::int64_t found = 0;       ///< hits that were told
    std::vector<ScanLoss> losses; ///< parts of the store that could not be looked through
};
/// Goes through everything, newest runs first. `found` is called from this thread, once for each word and run. Blocking;
/// cancelling ends the reader. Progress: "searching".
[[nodiscard]] Result<EverywhereReport>
searchEverywhere(const std::filesystem::path& storeCacheFolder, const std::filesystem::path& store,
                 const ReaderClient::Options& options, const std::vector<std::string>& words,
                 const std::function<void(RunRow, TextHit)>& found, const CancelToken& cancel, const Progress& progress);

/// Where words stand in one run: in text.db where its texts are there, else in what the reader says of it now. At most `most`.
[[nodiscard]] Result<std::vector<TextHit>> hitsInRun(const std::filesystem::path& storeCacheFolder,
                                                     const std::filesystem::path& store, const ReaderClient::Options& options,
                                                     RunRow row, const std::vector<std::string>& words, std::size_t most,
                                                     const CancelToken& cancel);

} // namespace tackroom
