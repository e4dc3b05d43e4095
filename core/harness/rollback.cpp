// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/rollback.h"

#include "core/diff/atoms.h"
#include "core/diff/lines.h"
#include "core/diff/merge.h"

namespace tackroom
{

namespace
{

struct Side {
    std::string id; ///< empty: the file is not there
    unsigned mode = 0;
    friend bool operator==(const Side&, const Side&) = default;
};

Result<Side> sideAt(const GitStore& store, const std::string& tree, const std::string& path)
{
    TR_ASSIGN(const auto entry, findInTree(store, tree, path));
    return entry ? Side{entry->id, entry->mode} : Side{};
}

/// The file as it will be; `conflict` where later versions touched the same text.
struct Outcome {
    Side side;
    std::string bytes;
    bool conflict = false;
};

Result<Outcome> takeBack(const GitStore& store, const Side& base, const Side& ours, const Side& theirs)
{
    const auto read = [&](const Side& side) -> Result<std::string> {
        if (side.id.empty()) return std::string{};
        return store.bytes(side.id, ObjectType::Blob);
    };
    TR_ASSIGN(const auto theirBytes, read(theirs));
    if (ours == base) return Outcome{theirs, theirBytes, false};
    TR_ASSIGN(const auto ourBytes, read(ours));
    if (ours == theirs) return Outcome{ours, ourBytes, false};
    if (base.id.empty() || ours.id.empty() || theirs.id.empty()) return Outcome{ours, ourBytes, true};
    TR_ASSIGN(const auto baseBytes, read(base));
    if (isBinary(baseBytes) || isBinary(ourBytes) || isBinary(theirBytes)) return Outcome{ours, ourBytes, true};
    const auto merged = mergeBytes(baseBytes, ourBytes, theirBytes);
    const unsigned mode = ours.mode == base.mode ? theirs.mode : ours.mode;
    return Outcome{{objectIdOf(ObjectType::Blob, merged.bytes), mode}, merged.bytes, !merged.clean()};
}

} // namespace

Result<RollbackPreview> previewRollback(const RepositoryState& d, const Version& target)
{
    if (target.parent.value.empty())
        return fail(ErrorCode::AnswerIsNo, target.label, "the first version cannot be taken back: there is nothing before it");
    const auto& store = *d.vault;
    RollbackPreview preview;
    preview.label = target.label;
    preview.tip = d.info.tip;
    TR_ASSIGN(const auto baseTree, d.treeAt(target.commit.value));
    TR_ASSIGN(const auto theirTree, d.treeAt(target.parent.value));
    TR_ASSIGN(const auto ourTree, d.treeAt(d.info.tip.value));
    TR_ASSIGN(const auto changed, compareTrees(store, theirTree, baseTree));
    auto& request = preview.request;
    for (const auto& change : changed) {
        TR_ASSIGN(const auto base, sideAt(store, baseTree, change.path));
        TR_ASSIGN(const auto ours, sideAt(store, ourTree, change.path));
        TR_ASSIGN(const auto theirs, sideAt(store, theirTree, change.path));
        TR_ASSIGN(const auto outcome, takeBack(store, base, ours, theirs));
        if (outcome.conflict) {
            preview.conflicts.push_back(change.path);
            continue;
        }
        if (outcome.side == ours) continue;
        LandRequest::File file{change.path, std::nullopt, outcome.side.mode};
        if (!outcome.side.id.empty())
            file.bytes = outcome.bytes;
        else
            file.mode = 0;
        std::string current;
        if (!ours.id.empty()) {
            TR_ASSIGN(current, store.bytes(ours.id, ObjectType::Blob));
        }
        for (auto& atom : makeAtoms(change.path, ours.id, outcome.side.id, current, outcome.bytes))
            request.entry.atoms.push_back(std::move(atom));
        FileChange result;
        result.kind = ours.id.empty()              ? ChangeKind::Added
                      : outcome.side.id.empty()    ? ChangeKind::Removed
                      : ours.id == outcome.side.id ? ChangeKind::ModeChanged
                                                   : ChangeKind::Modified;
        result.path = change.path;
        result.oldBlob = BlobId(ours.id);
        result.newBlob = BlobId(outcome.side.id);
        result.oldMode = ours.mode;
        result.newMode = outcome.side.mode;
        result.binary = isBinary(current) || isBinary(outcome.bytes);
        if (!result.binary) {
            const Lines oldLines(current);
            const Lines newLines(outcome.bytes);
            for (const auto& lines : diffLines(oldLines, newLines)) {
                result.removedLines += lines.oldLines.count();
                result.addedLines += lines.newLines.count();
            }
        }
        preview.changes.push_back(std::move(result));
        request.files.push_back(std::move(file));
    }
    request.kind = EntryKind::Rollback;
    request.expectedTip = d.info.tip;
    request.title = "Roll back " + target.label + ": " + target.title;
    request.entry.kind = EntryKind::Rollback;
    request.entry.rollsBack = target.label;
    request.entry.extra["rollsBackCommit"] = target.commit.value;
    return preview;
}

} // namespace tackroom
