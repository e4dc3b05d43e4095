// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/journalstore.h"

#include "core/base/hash.h"
#include "core/harness/trees.h"

#include <algorithm>
#include <set>

namespace tackroom
{

namespace
{

constexpr const char* kBatchFile = "batch.json";

std::string subjectOf(const JournalEntry& entry)
{
    std::string subject(nameOf(entry.kind));
    if (!entry.proposal.value.empty()) subject += ' ' + entry.proposal.value;
    if (!entry.rollsBack.empty()) subject += ' ' + entry.rollsBack;
    if (entry.judgement) subject += ' ' + entry.judgement->run + ' ' + std::string(nameOf(entry.judgement->verdict));
    if (!entry.version.empty()) subject += " as " + entry.version;
    std::ranges::replace_if(subject, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, ' ');
    return subject;
}

} // namespace

JournalBatch makeBatch(std::vector<JournalEntry> entries, const std::string& parent, std::uint64_t lamport, PackBuilder& pack)
{
    JournalBatch batch;
    Json json;
    json["format"] = 1;
    json["entries"] = Json::array();
    UtcNs time = 0;
    for (auto& entry : entries) {
        entry.lamport = ++lamport;
        entry.id.clear();
        entry.id = uuidV5("journal\n" + parent + '\n' + dumpJson(entry.toJson()));
        json["entries"].push_back(entry.toJson());
        time = std::max(time, entry.time);
    }
    const auto blob = pack.add(ObjectType::Blob, dumpJson(json, 1) + '\n');
    std::string treeText = "100644 " + std::string(kBatchFile);
    treeText.push_back('\0');
    const auto tree = pack.add(ObjectType::Tree, treeText + idToRaw(blob));
    // One form whoever decides, so that nothing in the commit depends on the machine.
    const Reviewer journal{"Tackroom journal", "tackroom@localhost"};
    std::vector<std::string> parents;
    if (!parent.empty()) parents.push_back(parent);
    const auto message = entries.empty() ? std::string("empty") : subjectOf(entries.front());
    batch.commit = pack.add(ObjectType::Commit, commitBytes(tree, parents, journal, journal, time, message + '\n'));
    batch.entries = std::move(entries);
    return batch;
}

Status JournalReader::load(const GitStore& store, const std::string& id)
{
    TR_ASSIGN(const auto commit, store.commit(id));
    TR_ASSIGN(const auto file, findInTree(store, commit.tree, kBatchFile));
    Batch batch{commit.parents, {}};
    if (file) {
        TR_ASSIGN(const auto text, store.bytes(file->id, ObjectType::Blob));
        TR_ASSIGN(const auto json, parseJson(text, "journal " + id.substr(0, 12)));
        if (const auto& entries = memberAt(json, "entries"); entries.is_array()) {
            for (const auto& item : entries) {
                TR_ASSIGN(auto entry, JournalEntry::fromJson(item));
                batch.entries.push_back(std::move(entry));
            }
        }
    } else if (commit.parents.size() < 2) {
        return fail(ErrorCode::Damaged, id, "a commit of the journal holds no batch");
    }
    m_batches.emplace(id, std::move(batch));
    return {};
}

Result<std::vector<JournalEntry>> JournalReader::entries(const GitStore& store, const std::string& tip)
{
    std::vector<JournalEntry> out;
    if (tip.empty()) return out;
    std::vector<std::string> open{tip};
    std::unordered_map<std::string, std::size_t> waiting; // how many parents are not yet replayed
    std::unordered_map<std::string, std::vector<std::string>> children;
    while (!open.empty()) {
        const auto id = open.back();
        open.pop_back();
        if (waiting.contains(id)) continue;
        if (!m_batches.contains(id)) TR_TRY(load(store, id));
        const auto& batch = m_batches.at(id);
        waiting[id] = batch.parents.size();
        for (const auto& parent : batch.parents) {
            children[parent].push_back(id);
            open.push_back(parent);
        }
    }
    const auto key = [&](const std::string& id) {
        const auto& entries = m_batches.at(id).entries;
        return entries.empty() ? std::tuple(std::uint64_t{0}, std::string{}, id)
                               : std::tuple(entries.front().lamport, entries.front().id, id);
    };
    std::set<std::tuple<std::uint64_t, std::string, std::string>> ready;
    for (const auto& [id, count] : waiting)
        if (count == 0) ready.insert(key(id));
    while (!ready.empty()) {
        const auto id = std::get<2>(*ready.begin());
        ready.erase(ready.begin());
        const auto& batch = m_batches.at(id);
        out.insert(out.end(), batch.entries.begin(), batch.entries.end());
        for (const auto& child : children[id])
            if (--waiting[child] == 0) ready.insert(key(child));
    }
    return out;
}

} // namespace tackroom
