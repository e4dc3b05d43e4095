// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/readers: one file a store or format, and a registry that recognises what it is given by tables and keys, never by
/// name. Readers run only in the reader process (core/index/readerserver.h): what they read is hostile until proved otherwise.
/// To add one: write `class XReader : public StoreReader` in its own file and add its `recognise` to registry.cpp.
#include "core/base/cancel.h"
#include "core/traces/traces.h"
#include "core/traces/versionrule.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tackroom
{

/// What a store is, as far as a look at it tells.
struct StoreInfo {
    std::string kind;   ///< "phoenix-sqlite", "tau-bench" …; part of RunKey
    std::string schema; ///< the generation, e.g. "phoenix 2025-09 (alembic 735d3d93c33e)", "results", "few-shot"
    std::string title;  ///< for people: "Arize Phoenix database"
    std::string note;   ///< what is newer than known, empty where nothing is to be said
    std::uint64_t sizeBytes = 0;
};

/// One run with all that belongs to it, as a reader hands it over.
struct RunRecord {
    Run run;
    std::vector<Step> steps; ///< parents before children where the store allows, else by start
    std::vector<Score> scores;
    std::vector<HumanDecision> decisions;
    /// Keys of the trace that may name the harness version, beside the one that did: for the rule that a person may set.
    std::vector<VersionKey> versionKeys;
};

/// Where a reader delivers. Calls come from one thread. An error ends the reading.
class RunSink
{
public:
    virtual ~RunSink() = default;
    /// Called before the first run where `cursor` is of no use (the first time; rows were deleted; another file stands at the
    /// path): everything is delivered, and what is not delivered again is no longer in the store.
    virtual void startsOver() = 0;
    /// A run; given again with the same key it replaces the former one.
    [[nodiscard]] virtual Status add(RunRecord record) = 0;
    enum class Extent : std::uint8_t {
        Whole, ///< what is added up to endSource() is all that the source has now: its other runs are taken away at the end
        Part,  ///< its other runs, and what was skipped of it before, stay
    };
    /// What comes up to endSource() is of this source. Not nested.
    virtual void beginSource(std::string_view source, Extent extent) = 0;
    [[nodiscard]] virtual Status endSource() = 0;
    /// The source is no longer in the store: its runs are taken away.
    [[nodiscard]] virtual Status sourceIsGone(std::string_view source) = 0;
    /// The place of a run of that source that was delivered before (now or by an earlier ingest); empty where there is none.
    [[nodiscard]] virtual Result<std::string> placeOf(std::string_view source, std::string_view nativeId) = 0;
    /// Something that was there and could not be read: counted and shown (N of M).
    virtual void skipped(std::string where, std::string why) = 0;
    /// So far, of about how many (0: not known).
    virtual void progress(std::uint64_t doneRuns, std::uint64_t totalRuns) = 0;
};

/// Which run: its native id, and its source and place as the index has them (empty where the reader gave none).
struct RunAddress {
    RunAddress(std::string id = {}) : nativeId(std::move(id)) {}
    RunAddress(const char* id) : nativeId(id) {}
    explicit RunAddress(const Run& run) : nativeId(run.nativeId), source(run.source), place(run.place) {}
    std::string nativeId;
    std::string source;
    std::string place;
    friend bool operator==(const RunAddress&, const RunAddress&) = default;
};

/// An open store. Not thread-safe; one thread owns it.
class StoreReader
{
public:
    virtual ~StoreReader() = default;
    [[nodiscard]] virtual const StoreInfo& info() const = 0;
    /// A text that changes whenever the store's content may have changed (size, mtime, data version, highest row ids).
    [[nodiscard]] virtual Result<std::string> fingerprint() = 0;
    /// Reads what is new since `cursor` (empty: everything), newest first where the store allows, and returns the cursor
    /// for the next time: a JSON text of the reader's own. A run that grew is delivered again, whole.
    [[nodiscard]] virtual Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel) = 0;
    /// The texts of one step, or of the whole run where `stepId` is empty. At most `maxBytes` in all; the rest is counted.
    [[nodiscard]] virtual Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes) = 0;
};

/// Recognises and opens. Errors: NotFound, NotAFile, NotReadable, Empty, UnknownFormat (its detail names what the file
/// looks like: "a SQLite database with the tables a, b, c", "JSON: an object with the keys …"), Damaged, Refused.
[[nodiscard]] Result<std::unique_ptr<StoreReader>> openStore(const std::filesystem::path& path, const CancelToken& cancel);

/// The one name of a store: links resolved; of a glob its folder's, with the pattern. NotFound where nothing is there.
[[nodiscard]] Result<std::filesystem::path> canonicalStore(const std::filesystem::path& path);
/// A text that changes when the store was written to, from its files' sizes and times alone; empty where it cannot be told.
/// For looking often: nothing is opened.
[[nodiscard]] std::string storeStamp(const std::filesystem::path& path);

/// One line a format that is read, for help texts.
struct FormatInfo {
    std::string kind;
    std::string title;
};
[[nodiscard]] std::vector<FormatInfo> knownFormats();

} // namespace tackroom
