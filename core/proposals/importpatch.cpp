// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/diff/patch.h"
#include "core/proposals/basestate.h"
#include "core/proposals/messages.h"
#include "core/proposals/proposals.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

using Files = std::map<std::string, HarnessRepository::FileEntry>;

Result<Files> filesOf(HarnessRepository& repository, const CommitId& commit)
{
    TR_ASSIGN(std::vector<HarnessRepository::FileEntry> entries, repository.filesAt(commit));
    Files out;
    for (auto& entry : entries) {
        std::string path = entry.path;
        out.emplace(std::move(path), std::move(entry));
    }
    return out;
}

/// True where each old blob that the patch names is the one at its path; `named` says whether it names any.
bool namesTheseFiles(const Patch& patch, const Files& files, bool* named)
{
    *named = false;
    for (const FilePatch& file : patch.files) {
        if (file.oldBlobId.empty()) continue;
        *named = true;
        const auto at = files.find(file.oldPath);
        if (at == files.end() || !at->second.blob.value.starts_with(file.oldBlobId)) return false;
    }
    return true;
}

bool isPlain(unsigned mode) { return mode == 0100644 || mode == 0100755; }

/// One file after its patch.
Result<LandRequest::File> applied(HarnessRepository& repository, const FilePatch& patch, const Files& files,
                                  const std::string& name)
{
    std::string before;
    unsigned mode = 0100644;
    if (patch.change == PatchChange::Add) {
        if (files.contains(patch.newPath))
            return fail(ErrorCode::Conflict, name, formatText("it adds {}, which is there already", patch.newPath));
    } else {
        const auto at = files.find(patch.oldPath);
        if (at == files.end())
            return fail(ErrorCode::Conflict, name,
                        formatText("it changes {}, which the main line does not have", patch.oldPath));
        mode = at->second.mode;
        if (!isPlain(mode)) return fail(ErrorCode::Refused, name, formatText("{} is not a plain file", patch.oldPath));
        TR_ASSIGN(before, repository.blob(at->second.blob));
        const bool moves = patch.change == PatchChange::Rename || patch.change == PatchChange::Copy;
        if (moves && files.contains(patch.newPath))
            return fail(ErrorCode::Conflict, name, formatText("{} is there already", patch.newPath));
    }
    if (patch.newMode != 0) mode = patch.newMode;
    if (!isPlain(mode))
        return fail(ErrorCode::Refused, name,
                    formatText("it makes {} a symbolic link or submodule; only plain files are taken", patch.path()));
    auto after = applyFile(before, patch);
    if (!after) {
        Error error = after.error();
        error.detail = (error.where.empty() ? "" : error.where + ": ") + error.detail;
        error.where = name;
        return std::unexpected(std::move(error));
    }
    if (patch.change == PatchChange::Delete) return LandRequest::File{patch.oldPath, std::nullopt, mode};
    return LandRequest::File{patch.newPath, std::move(*after), mode};
}

Result<std::vector<LandRequest::File>> applyAll(HarnessRepository& repository, const Patch& patch, const Files& files,
                                                const std::string& name)
{
    std::vector<LandRequest::File> out;
    bool changes = false;
    for (const FilePatch& file : patch.files) {
        TR_ASSIGN(LandRequest::File after, applied(repository, file, files, name));
        const auto old = files.find(after.path);
        if (old == files.end() || !after.bytes || old->second.mode != after.mode) {
            changes = true;
        } else {
            TR_ASSIGN(const std::string before, repository.blob(old->second.blob));
            changes = changes || before != *after.bytes;
        }
        if (file.change == PatchChange::Rename) out.push_back({file.oldPath, std::nullopt, 0100644});
        out.push_back(std::move(after));
    }
    if (!changes) return fail(ErrorCode::InvalidPatch, name, "the patch changes nothing");
    return out;
}

/// `base-commit:` as git format-patch --base writes it behind the mail.
std::string namedBase(std::string_view bytes)
{
    constexpr std::string_view kKey = "base-commit: ";
    for (const auto line : splitOn(bytes, '\n'))
        if (line.starts_with(kKey)) return std::string(trimmed(line.substr(kKey.size())));
    return {};
}

struct Placed {
    CommitId base;
    std::vector<LandRequest::File> files;
};

/// On the tip where the patch fits there to the byte; else on the base that it names, by commit or by the blobs of its
/// `index` lines; else on the tip with its hunks moved.
Result<Placed> place(HarnessRepository& repository, const Patch& patch, std::string_view bytes, const std::string& name,
                     const CancelToken& cancel)
{
    const CommitId tip = repository.info().tip;
    TR_ASSIGN(const Files tipFiles, filesOf(repository, tip));
    auto onTip = applyAll(repository, patch, tipFiles, name);
    bool named = false;
    if (onTip && namesTheseFiles(patch, tipFiles, &named)) return Placed{tip, std::move(*onTip)};

    TR_ASSIGN(const std::vector<Version> versions, repository.versions());
    const std::string base = namedBase(bytes);
    for (const Version& version : versions) {
        if (cancel.cancelled()) return CancelToken::error();
        if (version.commit == tip) continue;
        TR_ASSIGN(const Files files, filesOf(repository, version.commit));
        const bool fits = namesTheseFiles(patch, files, &named) && named;
        if (!fits && (base.empty() || version.commit.value != base)) continue;
        if (auto there = applyAll(repository, patch, files, name)) return Placed{version.commit, std::move(*there)};
    }
    if (!onTip) return std::unexpected(onTip.error());
    return Placed{tip, std::move(*onTip)};
}

std::string messageOf(const Patch& patch, const std::string& name)
{
    std::string title = toUtf8(trimmed(patch.title));
    std::ranges::replace(title, '\n', ' ');
    std::string out = title.empty() ? "Patch " + name : title;
    if (const std::string text = toUtf8(trimmed(patch.description)); !text.empty()) out += "\n\n" + text;
    out += "\n\n";
    for (const auto& [key, value] : patch.trailers)
        if (asciiLower(key) != "patch-file") out += toUtf8(key) + ": " + toUtf8(value) + "\n";
    return out + "Patch-File: " + name + "\n";
}

} // namespace

Result<Proposal> importPatch(HarnessRepository& repository, std::string_view patchBytes, const std::string& name,
                             const CancelToken& cancel)
{
    std::string shownName = toUtf8(trimmed(name));
    std::erase_if(shownName, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (shownName.empty()) shownName = "patch";
    if (trimmed(patchBytes).empty()) return fail(ErrorCode::InvalidPatch, shownName, "the file is empty, which is no patch");
    TR_ASSIGN(const Patch patch, parsePatch(patchBytes, shownName));
    if (patch.files.empty()) return fail(ErrorCode::InvalidPatch, shownName, "there is no change of a file in it");

    TR_TRY(repository.refresh());
    const ProposalId id = proposalIdOf(patchBytes);
    TR_ASSIGN(const std::vector<Proposal> known, listProposals(repository, cancel));
    if (const auto at = std::ranges::find(known, id, &Proposal::id); at != known.end()) return *at;

    TR_ASSIGN(Placed placed, place(repository, patch, patchBytes, shownName, cancel));
    const std::string author = patch.authorName.empty() && patch.authorMail.empty()
                                   ? std::string("Unknown <unknown@localhost>")
                                   : formatText("{} <{}>", patch.authorName.empty() ? patch.authorMail : patch.authorName,
                                                patch.authorMail.empty() ? "unknown@localhost" : patch.authorMail);
    TR_TRY(repository.keepPatchSet(id, placed.base, placed.files, messageOf(patch, shownName), toUtf8(author)));
    return findProposal(repository, id.value, cancel);
}

} // namespace tackroom
