// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/proposals/importprompt.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/proposals/basestate.h"
#include "core/proposals/messages.h"

#include <algorithm>
#include <charconv>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxPromptTitleBytes = 160;
constexpr std::size_t kMaxTrailerBytes = 300;
constexpr std::size_t kMaxStemBytes = 80;

/// One line without control characters, fit for a title or trailer.
std::string oneLineOf(std::string_view text, std::size_t maxBytes)
{
    std::string out;
    for (const char c : toUtf8(text)) {
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        if (control && (out.empty() || out.back() == ' ')) continue;
        out += control ? ' ' : c;
    }
    return std::string(cutUtf8(trimmed(out), maxBytes));
}

/// "Name <mail>" of what the registry says, which may be anything.
std::string authorOf(const std::string& author)
{
    Person person = personOf(oneLineOf(author, kMaxTrailerBytes));
    const auto clean = [](std::string& text) {
        std::erase_if(text, [](char c) { return c == '<' || c == '>'; });
        text = std::string(trimmed(text));
    };
    clean(person.name);
    clean(person.mail);
    if (person.name.empty()) person.name = person.mail;
    if (person.name.empty()) return {};
    return formatText("{} <{}>", person.name, person.mail.empty() ? "unknown@localhost" : person.mail);
}

std::string labelOf(const PromptImport& import, const PromptImport::Version& version)
{
    return formatText("{}@{}", oneLineOf(import.name, kMaxTrailerBytes), version.number);
}

std::string messageOf(const PromptImport& import, const PromptImport::Version& version)
{
    std::string note(trimmed(toUtf8(version.note)));
    std::erase_if(note, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f; });
    const std::string first = oneLineOf(firstLine(note), kMaxPromptTitleBytes);
    std::string out = formatText("Prompt {}, version {}", oneLineOf(import.name, kMaxPromptTitleBytes), version.number);
    if (!first.empty()) out += ": " + first;
    // The title has the first line; a longer note is told whole.
    if (note.size() > first.size()) out += "\n\n" + note;
    out += formatText("\n\nPrompt-Registry: {}, {}\nPrompt-Version: {}\n", oneLineOf(import.store, kMaxTrailerBytes),
                      oneLineOf(import.registry, kMaxTrailerBytes), labelOf(import, version));
    if (version.time > 0) out += formatText("Prompt-Time: {}\n", formatTime(version.time));
    std::string labels;
    for (const std::string& label : version.labels) labels += (labels.empty() ? "" : ", ") + oneLineOf(label, kMaxTrailerBytes);
    if (!labels.empty()) out += formatText("Prompt-Labels: {}\n", oneLineOf(labels, kMaxTrailerBytes));
    const std::string author = authorOf(version.author);
    return out + formatText("Proposed-by: {}\n", author.empty() ? "not named by the prompt registry" : author);
}

/// The patch sets of the proposal so far: what version each is, and its bytes of the file.
struct KeptVersion {
    std::int64_t number = 0;
    std::optional<std::string> bytes;
};

Result<std::vector<KeptVersion>> keptVersions(HarnessRepository& repository, const ProposalId& id, const std::string& path)
{
    TR_ASSIGN(const std::vector<HarnessRepository::Branch> branches, repository.proposalBranches());
    std::vector<KeptVersion> out;
    for (const auto& branch : branches) {
        if (!branch.name.starts_with("refs/tackroom/proposals/" + id.value + "/")) continue;
        KeptVersion kept;
        const std::string label = parseMessage(branch.message).trailer("Prompt-Version");
        const auto digits = std::string_view(label).substr(std::min(label.rfind('@') + 1, label.size()));
        std::from_chars(digits.data(), digits.data() + digits.size(), kept.number);
        TR_ASSIGN(kept.bytes, repository.fileAt(branch.tip, path));
        out.push_back(std::move(kept));
    }
    return out;
}

/// What the main line has at the path; nothing where there is none. Refused where it is a link or a folder's name.
Result<std::optional<std::string>> currentText(HarnessRepository& repository, const std::string& path)
{
    TR_ASSIGN(const std::vector<HarnessRepository::FileEntry> files, repository.filesAt(repository.info().tip));
    const auto at = std::ranges::find(files, path, &HarnessRepository::FileEntry::path);
    if (at == files.end()) return std::optional<std::string>();
    if (at->mode != 0100644 && at->mode != 0100755) return fail(ErrorCode::Refused, path, "it is not a plain file");
    TR_ASSIGN(std::string bytes, repository.blob(at->blob));
    return std::optional(std::move(bytes));
}

} // namespace

std::string promptPathOf(std::string_view name)
{
    std::string stem;
    for (const char c : name.substr(0, kMaxStemBytes)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        const bool after = !stem.empty() && stem.back() != '-' && stem.back() != '.';
        if (plain || (c == '.' && after))
            stem += c;
        else if (after)
            stem += '-';
    }
    while (stem.ends_with('.') || (stem.ends_with('-') && stem != name)) stem.pop_back();
    if (stem != name || stem.empty()) stem += (stem.empty() ? "" : "-") + sha256Hex(name).substr(0, 8);
    return "prompts/" + stem + ".md";
}

Result<PromptImported> importPrompt(HarnessRepository& repository, const PromptImport& import, const CancelToken& cancel)
{
    if (import.versions.empty()) return fail(ErrorCode::NotFound, import.name, "the prompt has no version to import");
    TR_TRY(repository.refresh());
    PromptImported out;
    out.path = promptPathOf(import.name);
    out.leftOut = import.leftOut;
    TR_ASSIGN(const auto current, currentText(repository, out.path));
    std::size_t first = 0;
    for (std::size_t i = 0; i < import.versions.size(); ++i) {
        if (!current || import.versions[i].bytes != *current) continue;
        out.contained = import.versions[i].number;
        first = i + 1;
    }
    if (first == import.versions.size()) return out;

    std::string identity = formatText("prompt\n{}\n{}\n{}", import.registry, import.store, import.name);
    if (!import.whole) identity += formatText("\n{}", import.versions.back().number);
    const ProposalId id = proposalIdOf(identity);
    TR_ASSIGN(const auto kept, keptVersions(repository, id, out.path));
    const CommitId base = repository.info().tip;
    for (std::size_t i = first; i < import.versions.size(); ++i) {
        const PromptImport::Version& version = import.versions[i];
        if (cancel.cancelled()) return CancelToken::error();
        // An older version than the newest patch set would become the newest one.
        const bool there = std::ranges::any_of(kept, [&](const KeptVersion& one) {
            return one.number > version.number || (one.number == version.number && one.bytes == version.bytes);
        });
        if (there) continue;
        const std::string author = authorOf(version.author);
        TR_TRY(repository.keepPatchSet(id, base, {{out.path, version.bytes, 0100644}}, messageOf(import, version),
                                       author.empty() ? "Prompt registry <unknown@localhost>" : author));
        ++out.patchSets;
    }
    TR_ASSIGN(out.proposal, findProposal(repository, id.value, cancel));
    return out;
}

} // namespace tackroom
