// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/proposals/basestate.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/diff/lines.h"
#include "core/diff/merge.h"

#include <algorithm>

namespace tackroom
{

namespace
{

using Fit = CarriedFile::Fit;

BlobId blobIdOf(std::string_view bytes)
{
    std::string object = formatText("blob {}", bytes.size());
    object += '\0';
    object += bytes;
    return BlobId{sha1Hex(object)};
}

void planAdded(CarriedFile& file, const MainLine& main, const HarnessRepository::FileEntry* here)
{
    file.landing = file.change.newBlob;
    file.mode = file.change.newMode;
    if (here) file.current = *here;
    if (!here)
        file.fit = main.blocked(file.change.path) ? Fit::Conflicting : Fit::AsProposed;
    else if (here->blob != file.change.newBlob)
        file.fit = Fit::Conflicting;
    else
        file.fit = here->mode == file.change.newMode ? Fit::Contained : Fit::Carried;
}

void planRemoved(CarriedFile& file, const HarnessRepository::FileEntry* here)
{
    if (here) file.current = *here;
    file.mode = file.change.oldMode;
    file.fit = !here ? Fit::Contained : here->blob == file.change.oldBlob ? Fit::AsProposed : Fit::Conflicting;
}

/// The mode that base, main line and proposal agree on; nothing where both changed it differently.
std::optional<unsigned> mergedMode(const FileChange& change, unsigned mainMode)
{
    if (mainMode == change.oldMode || mainMode == change.newMode) return change.newMode;
    if (change.newMode == change.oldMode) return mainMode;
    return std::nullopt;
}

Status mergeContents(HarnessRepository& repository, CarriedFile& file, bool moves)
{
    TR_ASSIGN(const std::string base, repository.blob(file.change.oldBlob));
    TR_ASSIGN(const std::string ours, repository.blob(file.current->blob));
    TR_ASSIGN(const std::string theirs, repository.blob(file.change.newBlob));
    if (isBinary(base) || isBinary(ours) || isBinary(theirs)) {
        file.fit = Fit::Conflicting;
        return {};
    }
    MergeResult merged = mergeBytes(base, ours, theirs);
    if (!merged.clean()) {
        file.fit = Fit::Conflicting;
    } else if (merged.bytes == ours) {
        file.landing = file.current->blob;
        file.fit = moves ? Fit::Carried : Fit::Contained;
    } else {
        file.merged = std::move(merged.bytes);
        file.landing.reset();
        file.fit = Fit::Carried;
    }
    return {};
}

Status planChanged(HarnessRepository& repository, CarriedFile& file, const MainLine& main,
                   const HarnessRepository::FileEntry* here)
{
    const FileChange& change = file.change;
    const bool renamed = change.kind == ChangeKind::Renamed;
    const auto* source = renamed ? main.find(change.oldPath) : here;
    file.landing = change.newBlob;
    file.mode = change.newMode;
    if (!source) {
        const bool there = renamed && here && here->blob == change.newBlob;
        if (there) file.current = *here;
        file.fit = there ? Fit::Contained : Fit::Gone;
        return {};
    }
    file.current = *source;
    const auto mode = mergedMode(change, source->mode);
    if (!mode || (renamed && (here || main.blocked(change.path)))) {
        file.fit = Fit::Conflicting;
        return {};
    }
    file.mode = *mode;
    const bool moves = renamed || *mode != source->mode;
    if (source->blob == change.oldBlob)
        file.fit = source->mode == change.oldMode            ? Fit::AsProposed
                   : moves || change.newBlob != source->blob ? Fit::Carried
                                                             : Fit::Contained;
    else if (source->blob == change.newBlob)
        file.fit = moves ? Fit::Carried : Fit::Contained;
    else if (change.newBlob == change.oldBlob) {
        file.landing = source->blob;
        file.fit = moves ? Fit::Carried : Fit::Contained;
    } else
        return mergeContents(repository, file, moves);
    return {};
}

Result<CarriedFile> planFile(HarnessRepository& repository, const MainLine& main, const FileChange& change)
{
    CarriedFile file{change, Fit::AsProposed, {}, {}, {}, 0100644};
    const auto* here = main.find(change.path);
    switch (change.kind) {
    case ChangeKind::Added:
        planAdded(file, main, here);
        break;
    case ChangeKind::Removed:
        planRemoved(file, here);
        break;
    case ChangeKind::Modified:
    case ChangeKind::Renamed:
    case ChangeKind::ModeChanged:
        TR_TRY(planChanged(repository, file, main, here));
        break;
    }
    return file;
}

void conclude(CarryPlan& plan)
{
    const auto first = [&](Fit fit) { return std::ranges::find(plan.files, fit, &CarriedFile::fit); };
    const auto all = [&](Fit fit) {
        return std::ranges::all_of(plan.files, [fit](const CarriedFile& f) { return f.fit == fit; });
    };
    if (const auto gone = first(Fit::Gone); gone != plan.files.end()) {
        plan.state = BaseState::TargetGone;
        plan.reason = gone->change.oldPath.empty() ? gone->change.path : gone->change.oldPath;
    } else if (const auto conflict = first(Fit::Conflicting); conflict != plan.files.end()) {
        plan.state = BaseState::Conflicts;
        plan.reason = conflict->change.path;
    } else if (all(Fit::Contained)) {
        plan.state = BaseState::AlreadyContained;
    } else {
        plan.state = all(Fit::AsProposed) ? BaseState::Clean : BaseState::Reapplies;
    }
}

std::string start(const std::optional<std::string>& bytes) { return bytes ? bytes->substr(0, 4096) : std::string(); }

/// The change from what the main line has to what would land.
void restate(ProposedFile& out, const CarriedFile& file)
{
    FileChange& change = out.change;
    change.oldBlob = out.current ? file.current->blob : BlobId{};
    change.oldMode = out.current ? file.current->mode : 0;
    change.newBlob = out.proposed ? blobIdOf(*out.proposed) : BlobId{};
    change.newMode = out.proposed ? out.mode : 0;
    if (!out.current && out.proposed) change.kind = ChangeKind::Added;
    if (out.current && !out.proposed) change.kind = ChangeKind::Removed;
    const std::string_view before = out.current ? std::string_view(*out.current) : std::string_view();
    const std::string_view after = out.proposed ? std::string_view(*out.proposed) : std::string_view();
    change.binary = isBinary(before) || isBinary(after);
    change.addedLines = change.removedLines = 0;
    if (change.binary) return;
    for (const LineChange& lines : diffLines(Lines(before), Lines(after))) {
        change.removedLines += lines.oldLines.count();
        change.addedLines += lines.newLines.count();
    }
}

} // namespace

Result<MainLine> MainLine::read(HarnessRepository& repository)
{
    MainLine main;
    main.m_tip = repository.info().tip;
    TR_ASSIGN(std::vector<HarnessRepository::FileEntry> files, repository.filesAt(main.m_tip));
    for (auto& file : files) {
        std::string path = file.path;
        main.m_files.emplace(std::move(path), std::move(file));
    }
    return main;
}

const HarnessRepository::FileEntry* MainLine::find(const std::string& path) const
{
    const auto at = m_files.find(path);
    return at == m_files.end() ? nullptr : &at->second;
}

bool MainLine::blocked(const std::string& path) const
{
    const auto below = m_files.lower_bound(path + "/");
    if (below != m_files.end() && below->first.starts_with(path + "/")) return true;
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
        if (m_files.contains(path.substr(0, slash))) return true;
    return false;
}

Result<CarryPlan> planOf(HarnessRepository& repository, const MainLine& main, const std::vector<FileChange>& changes)
{
    CarryPlan plan;
    for (const FileChange& change : changes) {
        TR_ASSIGN(CarriedFile file, planFile(repository, main, change));
        plan.files.push_back(std::move(file));
    }
    conclude(plan);
    return plan;
}

Result<std::vector<ProposedFile>> textsOf(HarnessRepository& repository, const CarryPlan& plan)
{
    std::vector<ProposedFile> out;
    for (const CarriedFile& file : plan.files) {
        ProposedFile text;
        text.change = file.change;
        text.mode = file.mode;
        text.conflicts = file.fit == Fit::Conflicting || file.fit == Fit::Gone;
        if (file.current) {
            TR_ASSIGN(text.current, repository.blob(file.current->blob));
        }
        if (file.merged) {
            text.proposed = file.merged;
        } else if (file.landing) {
            TR_ASSIGN(text.proposed, repository.blob(*file.landing));
        }
        text.kind =
            artifactKindOf(file.change.path, start(text.proposed ? text.proposed : text.current), repository.manifest());
        if (!text.conflicts) restate(text, file);
        out.push_back(std::move(text));
    }
    return out;
}

} // namespace tackroom
