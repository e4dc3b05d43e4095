// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Formats that are files: JSON, JSON lines, zipped logs. A FileFormat is a pure function of bytes: it recognises the beginning
/// of a file and cuts the file into runs. Everything around it (folders, globs, compression, what is new since the last time,
/// finding a run again) is FilesReader's (filesreader.h).
///
/// To add one: a file `myformat.cpp` with a class that implements FileFormat and a function `const FileFormat& myFormat();`,
/// declared in formats.h and put into the list in formats.cpp. A format has no state and is used from one thread at a time.
#include "core/base/cancel.h"
#include "core/readers/jsonelements.h"
#include "core/readers/jsonvalues.h"
#include "core/readers/readers.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What the beginning of a file looks like, once for all formats.
struct FileLook {
    enum class Shape : std::uint8_t {
        Other,  ///< neither JSON nor zip
        Object, ///< one JSON object and nothing behind it
        Array,  ///< one JSON array
        Lines,  ///< a JSON value a line
        Zip,
    };
    Shape shape = Shape::Other;
    std::string_view beginning; ///< at most 64 KiB, decompressed, without a byte order mark
    /// The first values, parsed: the object; or the first (at most 8) elements or lines. Fewer where one is longer than
    /// kMaxLookBytes or broken. Good while the look lives.
    std::vector<jsonvalues::Value> values;
    std::vector<std::string> keys;    ///< of the first value, where it is an object; also where it is too long to be parsed
    std::vector<std::string> entries; ///< of a zip: the names of its first 64 entries
    [[nodiscard]] bool hasKey(std::string_view key) const;
};
inline constexpr std::uint64_t kMaxLookBytes = std::uint64_t{16} << 20;

/// A stretch of a file.
struct FileRange {
    std::uint64_t offset = 0, bytes = 0;
    friend bool operator==(const FileRange&, const FileRange&) = default;
};

/// The texts of one step that are not (only) in the conversation.
struct StepTexts {
    std::vector<Message> messages; ///< of an llm step: its input, then its output
    std::string input, output;     ///< where there are no messages: of a tool call, a retrieval …
    std::string raw;               ///< the step as the file has it, JSON
};

/// One run of a file. The conversation and texts are filled only where FormatRequest::bodies asks for them.
struct ParsedRun {
    /// `run.nativeId` must be there and be the same whenever the same run is read. `run.key` may be left empty: it is then
    /// runKeyOf(the format's kind, nativeId). Where the format has no lasting id, the format sets a key from the content.
    RunRecord record;
    std::vector<Message> conversation;                   ///< in order; `stepId` names the step that said it
    std::map<std::string, StepTexts, std::less<>> texts; ///< by native id of the step
    std::string raw;                                     ///< of the whole run
    /// What of the unit's first file must be read to have this run again; empty: all of it. A file made of these stretches
    /// (a line feed between them) is given to read() when the run is shown.
    std::vector<FileRange> ranges;
    /// Of lines that follow others which were not read with them (FormatRequest::fromBytes): under another id it may be known
    /// already. Where it is not known under this one, the file is read anew from its beginning.
    bool followsUnread = false;
};

/// The files that are read together: one, or those that a format says belong together (FileFormat::unitOf).
struct FileUnit {
    struct Part {
        std::string name; ///< relative to the store, '/' between folders
        InputFile file;
    };
    std::vector<Part> parts; ///< never empty; by name
    [[nodiscard]] const InputFile& first() const { return parts.front().file; }
};

struct FormatRequest {
    bool bodies = false;         ///< conversation, texts and raw are wanted as well
    std::uint64_t fromBytes = 0; ///< growsByLines() only: lines before this are known already
};

/// Where a format delivers.
class FormatSink
{
public:
    virtual ~FormatSink() = default;
    /// False: no more are wanted. A run of the same native id that is given again in the same file has more ranges: the two are
    /// read again together.
    [[nodiscard]] virtual Result<bool> add(ParsedRun run) = 0;
    /// Something that was there and could not be read: counted and shown (N of M).
    virtual void skipped(std::string where, std::string why) = 0;
    virtual void progress(std::uint64_t doneBytes) = 0;
};

class FileFormat
{
public:
    virtual ~FileFormat() = default;
    [[nodiscard]] virtual FormatInfo info() const = 0;
    struct Recognised {
        std::string schema; ///< the generation: "results", "ATIF-v1.4"
        std::string note;   ///< what is newer than known and read as far as understood; mostly empty
    };
    /// Whether the file is of this format; never by its name.
    [[nodiscard]] virtual std::optional<Recognised> recognise(const FileLook& look) const = 0;
    /// Files of this format with the same answer are read together. By default each file is alone.
    [[nodiscard]] virtual std::string unitOf(const std::string& name, const FileLook& look) const;
    /// Whether the file is written line by line at its end, and read() can begin in the middle (FormatRequest::fromBytes).
    [[nodiscard]] virtual bool growsByLines() const { return false; }
    /// Delivers the runs, newest first where that is cheap. A half-written last line is left out without a word where the
    /// format grows by lines. Errors: Damaged where nothing can be read at all, Refused (a limit), Io, Cancelled, the sink's.
    [[nodiscard]] virtual Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                                      const CancelToken& cancel) const = 0;
};

/// All formats, in the order in which they are asked.
[[nodiscard]] const std::vector<const FileFormat*>& fileFormats();

} // namespace tackroom
