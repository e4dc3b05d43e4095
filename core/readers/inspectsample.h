// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One sample of an Inspect log to a run (inspect.h says how).
#include "core/readers/fileformat.h"

#include <map>
#include <string>

namespace tackroom
{

/// What a log says of all its samples.
struct InspectLog {
    std::string runId, taskId, evalId, task, solver, commit;
    bool dirty = false;
    bool known = false; ///< whether `eval` was there at all
    UtcNs created = 0, completed = 0;
    std::int64_t version = 0;
    std::map<std::string, bool, std::less<>> scorerIsAccuracy; ///< by name of the scorer

    void readEval(jsonvalues::Value eval);
    /// header.json, _journal/start.json or the whole object of a `.json` log without its samples.
    void readHeader(jsonvalues::Value header);
    [[nodiscard]] std::string nativeIdOf(jsonvalues::Value sample) const;
};

/// A sample, or its summary where that is all there is.
[[nodiscard]] ParsedRun inspectRun(const InspectLog& log, jsonvalues::Value sample, bool bodies);

/// The texts that a sample keeps apart: "attachment://<hash>" stands for them.
class InspectAttachments
{
public:
    explicit InspectAttachments(jsonvalues::Value sample);
    /// A text in which references stand.
    [[nodiscard]] std::string resolved(std::string text) const;
    /// JSON in which whole texts are references.
    [[nodiscard]] std::string resolvedJson(std::string json) const;
    [[nodiscard]] std::string text(std::optional<jsonvalues::Value> value) const; ///< contentText, resolved
    [[nodiscard]] std::string json(std::optional<jsonvalues::Value> value) const; ///< textOf, resolved
    [[nodiscard]] Message message(jsonvalues::Value value) const;

private:
    [[nodiscard]] std::string replaced(std::string text, bool asJson) const;
    std::optional<jsonvalues::Value> m_attachments;
};

/// The steps of `events`, with the decisions and texts in them.
void addInspectEvents(jsonvalues::Value sample, const InspectAttachments& attachments, ParsedRun& run, bool bodies);
/// The scores, with the human edits of them.
void addInspectScores(const InspectLog& log, jsonvalues::Value sample, ParsedRun& run);

} // namespace tackroom
