// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Full text: words in what was said, called, answered and explained in a run.
///
/// text.db holds the texts of the failing runs and of the chosen ones (those that a person judged, and those that somebody
/// asked for), beside runs.db and derived.db, with a lock of its own (text.lock). It is a file of its own because derived.db is
/// written whole and renamed into place by each analysis, while texts are many, come slowly from the reader and stay; and
/// because it may be deleted by itself. One job fills it after the analysis, newest runs first, in short transactions, up to a
/// limit of bytes.
///
///   meta    `schema` is the file's user_version; `runs_epoch` as in derived.db: with another one the file is begun anew.
///           `wanted`: how many failing and chosen runs there were when it was last filled; `full`: the limit was reached
///   runs    row (RunRow), content (the hash in runs.db: another one is read again), bytes, cut, problem (why it was not read)
///   asked   run_key of the runs that somebody asked for
///   texts   FTS5, one row a message, tool call, error or explanation: rowid = run row * 2^20 + place in the run; text, step,
///           place. The text lies in the table, for the words around a hit. Tokens are unicode61's: letters and digits of any
///           script, folded, without accents (muller finds Müller, and Müller muller).
///
/// What a word of a query finds there:
///   refund           a word that begins so: refund, refunds, Refunded
///   "late delivery"  these words in this order; signs and line ends between them do not matter
///   issue_refund     words with signs in them: those words in that order, and the signs exactly so
///   退款             scripts that write without spaces (Chinese, Japanese, Thai, Khmer …), Korean, and signs alone: anywhere
///                    in a text; this goes through all texts that are here, without the index
/// Nothing in a word is syntax of FTS5 or LIKE.
#include "core/base/cancel.h"
#include "core/index/readerclient.h"
#include "core/index/runqueries.h"
#include "core/readers/readers.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

inline constexpr int kTextSchemaVersion = 1;
inline constexpr std::string_view kTextFile = "text.db";
inline constexpr std::string_view kTextLock = "text.lock";

/// One text of a run.
struct TextDocument {
    std::string stepId; ///< empty where nobody knows the step
    std::string place;  ///< "system", "user", "assistant", "tool", "arguments", "input", "output", "error", "judge", "decision"
    std::string text;
};
[[nodiscard]] std::vector<TextDocument> documentsOf(Body body);
/// What the index itself knows of the run: errors, explanations of scores, decisions and their reasons.
void addKnownDocuments(std::vector<TextDocument>& documents, const RunRecord& record);

/// A place where a word of a query stands.
struct TextHit {
    std::string word;
    std::string stepId, place;
    std::string snippet;                                    ///< foreign, well-formed
    std::vector<std::pair<std::size_t, std::size_t>> marks; ///< offset and length in `snippet`, in bytes
    friend bool operator==(const TextHit&, const TextHit&) = default;
};
/// The places in the texts of one run, without an index: anywhere in them, ASCII letters folded. In the order of the texts, the
/// system prompt last; at most `most`.
[[nodiscard]] std::vector<TextHit> hitsIn(const std::vector<TextDocument>& documents, const std::vector<std::string>& words,
                                          std::size_t most);

/// How much of what should be there is there.
struct TextCoverage {
    std::int64_t searched = 0; ///< runs whose texts are there
    std::int64_t wanted = 0;   ///< failing and chosen runs when it was last filled
    std::int64_t cut = 0;      ///< of `searched`: runs whose texts were too long, and were cut
    std::int64_t unreadable = 0;
    std::int64_t bytes = 0; ///< of texts
    bool full = false;      ///< older runs were left out because of the limit
    friend bool operator==(const TextCoverage&, const TextCoverage&) = default;
};

/// Reads text.db. One connection, one thread.
class TextIndex
{
public:
    /// NotFound where there is none that belongs to the runs.db of now.
    [[nodiscard]] static Result<std::unique_ptr<TextIndex>> open(const std::filesystem::path& storeCacheFolder,
                                                                 const CancelToken& cancel);
    ~TextIndex();
    [[nodiscard]] Result<TextCoverage> coverage();
    /// Whether the texts of this run are there, whole or cut.
    [[nodiscard]] Result<bool> holds(RunRow row);
    [[nodiscard]] Result<std::vector<TextHit>> hits(RunRow row, const std::vector<std::string>& words, std::size_t most);

private:
    struct Private;
    explicit TextIndex(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

struct TextIndexOptions {
    std::int64_t limitBytes = std::int64_t{512} << 20; ///< of texts; the newest runs stay
    std::int64_t maxRunBytes = std::int64_t{2} << 20;  ///< of one run
    int lockMs = 0;                                    ///< how long to wait for another program that fills it
    std::vector<RunKey> asked = {};                    ///< runs that are to be there from now on, failing or not
    ReaderClient::Options reader = {};
};
/// Brings text.db up to date with runs.db and derived.db: what is new, changed, chosen or no longer wanted, nothing else.
/// Locked where another program is at it. Ended at any point it is a valid index of a part. Progress: "reading texts", runs.
[[nodiscard]] Result<TextCoverage> updateTextIndex(const std::filesystem::path& storeCacheFolder,
                                                   const std::filesystem::path& store, const TextIndexOptions& options,
                                                   const CancelToken& cancel, const Progress& progress);

/// How one word is looked for in text.db.
struct TextCondition {
    std::string match; ///< FTS5 expression; empty: LIKE alone
    std::string like;  ///< pattern with \ as its escape; empty: the expression alone
};
[[nodiscard]] TextCondition textConditionOf(std::string_view word);
/// Begins the file anew where it is of another version.
extern const std::string_view kTextDdl;

} // namespace tackroom
