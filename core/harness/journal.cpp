// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/journal.h"

#include "core/base/hash.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

constexpr std::array<std::string_view, 11> kKindNames{"baseline", "approve", "reject", "defer", "request-changes", "rollback",
                                                      "imported", "reopen",  "note",   "judge", "cluster"};

/// Members that this program knows; the rest of an entry is kept in `extra` and written back.
constexpr std::array<std::string_view, 18> kKnownMembers{
    "id",     "lamport", "kind",      "time",    "reviewer", "reason",   "proposal", "patchSet",  "base",
    "result", "version", "rollsBack", "cluster", "atoms",    "evidence", "format",   "judgement", "clusterEdit"};

bool isPlain(std::string_view text)
{
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 32 || c == 127 || c == '<' || c == '>') return false;
    return !text.empty();
}

Json atomToJson(const Atom& atom)
{
    Json json;
    json["path"] = atom.path;
    json["oldBlob"] = atom.oldBlobId;
    json["newBlob"] = atom.newBlobId;
    json["oldRange"] = {atom.oldRange.begin, atom.oldRange.end};
    json["newRange"] = {atom.newRange.begin, atom.newRange.end};
    json["oldSha256"] = atom.oldSha256;
    json["newSha256"] = atom.newSha256;
    return json;
}

ByteRange rangeAt(const Json& json, std::string_view key)
{
    const auto& range = memberAt(json, key);
    if (!range.is_array() || range.size() != 2 || !range[0].is_number_unsigned() || !range[1].is_number_unsigned()) return {};
    return {range[0].get<std::size_t>(), range[1].get<std::size_t>()};
}

Atom atomFromJson(const Json& json)
{
    return {stringAt(json, "path"),    stringAt(json, "oldBlob"),   stringAt(json, "newBlob"),  rangeAt(json, "oldRange"),
            rangeAt(json, "newRange"), stringAt(json, "oldSha256"), stringAt(json, "newSha256")};
}

} // namespace

Result<Reviewer> parseReviewer(std::string_view text)
{
    const auto wrong = [&](std::string detail) {
        return fail(ErrorCode::Usage, std::string(text), std::move(detail), "write it as 'Name <mail>'");
    };
    text = trimmed(text);
    const auto open = text.find('<');
    if (open == std::string_view::npos || !text.ends_with('>')) return wrong("a reviewer needs a name and a mail address");
    Reviewer reviewer{std::string(trimmed(text.substr(0, open))),
                      std::string(trimmed(text.substr(open + 1, text.size() - open - 2)))};
    if (!isPlain(reviewer.name) || !isPlain(reviewer.mail) || !isUtf8(text))
        return wrong("a reviewer needs a name and a mail address of plain text");
    return reviewer;
}

std::string toString(const Reviewer& reviewer) { return reviewer.name + " <" + reviewer.mail + ">"; }

std::string_view nameOf(EntryKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

Json JournalEntry::toJson() const
{
    Json json;
    json["id"] = id;
    json["lamport"] = lamport;
    json["kind"] = std::string(nameOf(kind));
    json["time"] = time;
    json["reviewer"] = {{"name", reviewer.name}, {"mail", reviewer.mail}};
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) json[key] = value;
    };
    put("reason", reason);
    put("proposal", proposal.value);
    put("patchSet", patchSet.value);
    put("base", base.value);
    put("result", result.value);
    put("version", version);
    put("rollsBack", rollsBack);
    put("cluster", cluster);
    if (!atoms.empty()) {
        json["atoms"] = Json::array();
        for (const auto& atom : atoms) json["atoms"].push_back(atomToJson(atom));
    }
    if (!evidence.empty()) json["evidence"] = evidence;
    if (judgement) json["judgement"] = judgement->toJson();
    if (!clusterEdit.is_null()) json["clusterEdit"] = clusterEdit;
    for (const auto& [key, value] : extra.items())
        if (!json.contains(key)) json[key] = value;
    return json;
}

Result<JournalEntry> JournalEntry::fromJson(const Json& json)
{
    if (!json.is_object()) return fail(ErrorCode::Damaged, "journal", "an entry is no JSON object");
    JournalEntry entry;
    entry.id = stringAt(json, "id");
    const auto& lamport = memberAt(json, "lamport");
    if (entry.id.empty() || !lamport.is_number_unsigned())
        return fail(ErrorCode::Damaged, "journal", "an entry has no id or no counter");
    entry.lamport = lamport.get<std::uint64_t>();
    const auto kind = stringAt(json, "kind");
    // A kind that a newer program wrote is carried along as a note.
    for (std::size_t i = 0; i < kKindNames.size(); ++i)
        if (kKindNames[i] == kind) entry.kind = static_cast<EntryKind>(i);
    entry.time = intAt(json, "time");
    const auto& reviewer = memberAt(json, "reviewer");
    entry.reviewer = {stringAt(reviewer, "name"), stringAt(reviewer, "mail")};
    entry.reason = stringAt(json, "reason");
    entry.proposal = ProposalId(stringAt(json, "proposal"));
    entry.patchSet = CommitId(stringAt(json, "patchSet"));
    entry.base = CommitId(stringAt(json, "base"));
    entry.result = CommitId(stringAt(json, "result"));
    entry.version = stringAt(json, "version");
    entry.rollsBack = stringAt(json, "rollsBack");
    entry.cluster = stringAt(json, "cluster");
    if (const auto& atoms = memberAt(json, "atoms"); atoms.is_array())
        for (const auto& atom : atoms) entry.atoms.push_back(atomFromJson(atom));
    if (const auto& evidence = memberAt(json, "evidence"); evidence.is_array())
        for (const auto& item : evidence)
            if (item.is_string()) entry.evidence.push_back(item.get<std::string>());
    if (const auto& said = memberAt(json, "judgement"); said.is_object()) {
        entry.judgement = RunJudgement::fromJson(said);
        if (!entry.judgement) entry.extra["judgement"] = said; // of a newer program: kept as it is
    }
    entry.clusterEdit = memberAt(json, "clusterEdit");
    for (const auto& [key, value] : json.items())
        if (std::ranges::find(kKnownMembers, key) == kKnownMembers.end()) entry.extra[key] = value;
    return entry;
}

namespace
{
std::string copiedFrom(const JournalEntry& entry)
{
    return entry.judgement ? entry.judgement->copyOf : stringAt(entry.clusterEdit, "copyOf");
}
} // namespace

bool isCopy(const JournalEntry& entry) { return !copiedFrom(entry).empty(); }

std::string originOf(const JournalEntry& entry) { return isCopy(entry) ? copiedFrom(entry) : entry.id; }

JournalEntry copyOf(const JournalEntry& entry)
{
    JournalEntry copy = entry;
    if (copy.judgement) copy.judgement->copyOf = originOf(entry);
    if (!copy.clusterEdit.is_null()) copy.clusterEdit["copyOf"] = originOf(entry);
    return copy;
}

} // namespace tackroom
