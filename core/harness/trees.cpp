// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/trees.h"

#include "core/base/text.h"
#include "core/diff/lines.h"

#include <algorithm>
#include <unordered_map>

namespace tackroom
{

namespace
{

constexpr int kMaxDepth = 200;
constexpr std::size_t kMaxTextBytes = 8U * 1024U * 1024U;

std::string joined(const std::string& folder, const std::string& name) { return folder.empty() ? name : folder + '/' + name; }

std::unexpected<Error> tooDeep(const std::string& where)
{
    return fail(ErrorCode::Refused, where, "folders nested deeper than 200");
}

Status flatten(const GitStore& store, const std::string& tree, const std::string& folder, int depth, std::size_t limit,
               std::vector<HarnessRepository::FileEntry>& out)
{
    if (depth > kMaxDepth) return tooDeep(folder);
    TR_ASSIGN(const auto entries, store.tree(tree));
    for (const auto& entry : entries) {
        if (entry.isSubmodule()) continue;
        const auto path = joined(folder, entry.name);
        if (entry.isTree()) {
            TR_TRY(flatten(store, entry.id, path, depth + 1, limit, out));
            continue;
        }
        if (out.size() >= limit) return fail(ErrorCode::Refused, path, "more files than this program takes");
        out.push_back({path, BlobId(entry.id), entry.mode});
    }
    return {};
}

Status addAll(const GitStore& store, const TreeEntry& entry, const std::string& path, ChangeKind kind, int depth,
              std::vector<FileChange>& out)
{
    if (depth > kMaxDepth) return tooDeep(path);
    if (entry.isSubmodule()) return {};
    if (entry.isTree()) {
        TR_ASSIGN(const auto entries, store.tree(entry.id));
        for (const auto& inner : entries) TR_TRY(addAll(store, inner, joined(path, inner.name), kind, depth + 1, out));
        return {};
    }
    FileChange change;
    change.kind = kind;
    change.path = path;
    (kind == ChangeKind::Added ? change.newBlob : change.oldBlob) = BlobId(entry.id);
    (kind == ChangeKind::Added ? change.newMode : change.oldMode) = entry.mode;
    out.push_back(std::move(change));
    return {};
}

Status compare(const GitStore& store, const std::string& from, const std::string& to, const std::string& folder, int depth,
               std::vector<FileChange>& out)
{
    if (from == to) return {};
    if (depth > kMaxDepth) return tooDeep(folder);
    TR_ASSIGN(const auto olds, store.tree(from));
    TR_ASSIGN(const auto news, store.tree(to));
    std::map<std::string, std::pair<const TreeEntry*, const TreeEntry*>> both;
    for (const auto& entry : olds) both[entry.name].first = &entry;
    for (const auto& entry : news) both[entry.name].second = &entry;
    for (const auto& [name, pair] : both) {
        const auto [before, after] = pair;
        const auto path = joined(folder, name);
        if (before && after && before->id == after->id && before->mode == after->mode) continue;
        if (before && after && before->isTree() && after->isTree()) {
            TR_TRY(compare(store, before->id, after->id, path, depth + 1, out));
        } else if (before && after && !before->isTree() && !after->isTree() && !before->isSubmodule() &&
                   !after->isSubmodule()) {
            FileChange change;
            change.kind = before->id == after->id ? ChangeKind::ModeChanged : ChangeKind::Modified;
            change.path = path;
            change.oldBlob = BlobId(before->id);
            change.newBlob = BlobId(after->id);
            change.oldMode = before->mode;
            change.newMode = after->mode;
            out.push_back(std::move(change));
        } else {
            if (before) TR_TRY(addAll(store, *before, path, ChangeKind::Removed, depth + 1, out));
            if (after) TR_TRY(addAll(store, *after, path, ChangeKind::Added, depth + 1, out));
        }
    }
    return {};
}

/// How much of the two texts are the same lines, 0 to 1.
double sameLines(std::string_view one, std::string_view two)
{
    if (one.empty() || two.empty()) return 0;
    std::unordered_map<std::string_view, int> counts;
    const Lines first(one);
    for (std::uint32_t i = 0; i < first.count(); ++i) ++counts[first.line(LineNo(i))];
    const Lines second(two);
    std::size_t common = 0;
    for (std::uint32_t i = 0; i < second.count(); ++i) {
        const auto line = second.line(LineNo(i));
        const auto found = counts.find(line);
        if (found == counts.end() || found->second == 0) continue;
        --found->second;
        common += line.size();
    }
    return 2.0 * static_cast<double>(common) / static_cast<double>(one.size() + two.size());
}

Status findRenames(const GitStore& store, std::vector<FileChange>& changes)
{
    std::vector<std::size_t> removed;
    std::vector<std::size_t> added;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (changes[i].kind == ChangeKind::Removed) removed.push_back(i);
        if (changes[i].kind == ChangeKind::Added) added.push_back(i);
    }
    if (removed.empty() || added.empty()) return {};
    std::vector<bool> gone(changes.size(), false);
    const auto pair = [&](std::size_t from, std::size_t to) {
        changes[to].kind = ChangeKind::Renamed;
        changes[to].oldPath = changes[from].path;
        changes[to].oldBlob = changes[from].oldBlob;
        changes[to].oldMode = changes[from].oldMode;
        gone[from] = true;
    };
    for (const auto to : added)
        for (const auto from : removed)
            if (!gone[from] && changes[to].kind == ChangeKind::Added && changes[from].oldBlob == changes[to].newBlob)
                pair(from, to);
    if (removed.size() * added.size() <= 400) {
        for (const auto to : added) {
            if (changes[to].kind != ChangeKind::Added) continue;
            TR_ASSIGN(const auto text, store.bytes(changes[to].newBlob.value, ObjectType::Blob));
            std::size_t best = changes.size();
            double bestShare = 0.6;
            for (const auto from : removed) {
                if (gone[from] || text.size() > kMaxTextBytes) continue;
                TR_ASSIGN(const auto old, store.bytes(changes[from].oldBlob.value, ObjectType::Blob));
                if (old.size() > kMaxTextBytes) continue;
                if (const double share = sameLines(old, text); share > bestShare) {
                    bestShare = share;
                    best = from;
                }
            }
            if (best < changes.size()) pair(best, to);
        }
    }
    std::vector<FileChange> kept;
    for (std::size_t i = 0; i < changes.size(); ++i)
        if (!gone[i]) kept.push_back(std::move(changes[i]));
    changes = std::move(kept);
    return {};
}

/// Entries as git sorts them: a folder as if its name ended in a slash.
void sortEntries(std::vector<TreeEntry>& entries)
{
    const auto key = [](const TreeEntry& entry) { return entry.isTree() ? entry.name + '/' : entry.name; };
    std::ranges::sort(entries, {}, key);
}

std::string treeBytes(std::vector<TreeEntry> entries)
{
    sortEntries(entries);
    std::string bytes;
    for (const auto& entry : entries) {
        std::string mode;
        for (unsigned rest = entry.mode; rest > 0; rest /= 8) mode.insert(mode.begin(), static_cast<char>('0' + rest % 8));
        bytes += mode + ' ' + entry.name;
        bytes.push_back('\0');
        bytes += idToRaw(entry.id);
    }
    return bytes;
}

using Edits = std::vector<std::pair<std::vector<std::string>, const std::optional<NewFile>*>>;

/// Empty id: nothing is left in the folder.
Result<std::string> editFolder(const GitStore& store, const std::string& tree, const Edits& edits, std::size_t depth,
                               PackBuilder& pack)
{
    TR_ASSIGN(auto entries, store.tree(tree));
    const auto find = [&](const std::string& name) { return std::ranges::find(entries, name, &TreeEntry::name); };
    for (std::size_t i = 0; i < edits.size();) {
        const auto& [parts, file] = edits[i];
        const std::string& name = parts[depth];
        const bool leaf = parts.size() == depth + 1;
        auto at = find(name);
        if (leaf) {
            ++i;
            if (at != entries.end() && (at->isTree() || at->isSubmodule()))
                return fail(ErrorCode::Conflict, name, "a folder is there under the name of a file");
            if (!*file) {
                if (at == entries.end()) return fail(ErrorCode::Conflict, name, "a file to be removed is not there");
                entries.erase(at);
                continue;
            }
            const auto id = pack.add(ObjectType::Blob, (*file)->bytes);
            if (at == entries.end())
                entries.push_back({(*file)->mode, name, id});
            else
                *at = {(*file)->mode, name, id};
            continue;
        }
        Edits inner;
        for (; i < edits.size() && edits[i].first[depth] == name && edits[i].first.size() > depth + 1; ++i)
            inner.push_back(edits[i]);
        if (at != entries.end() && !at->isTree())
            return fail(ErrorCode::Conflict, name, "a file is there under the name of a folder");
        TR_ASSIGN(const auto id, editFolder(store, at == entries.end() ? std::string{} : at->id, inner, depth + 1, pack));
        if (id.empty()) {
            if (at != entries.end()) entries.erase(at);
        } else if (at == entries.end()) {
            entries.push_back({0040000, name, id});
        } else {
            at->id = id;
        }
    }
    if (entries.empty()) return std::string{};
    return pack.add(ObjectType::Tree, treeBytes(std::move(entries)));
}

std::string headerName(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const bool bad = static_cast<unsigned char>(c) < 32 || c == '<' || c == '>' || c == 127;
        out.push_back(bad ? ' ' : c);
    }
    // git trims these at the ends of a name; fsck wants some name to be left.
    const auto crud = std::string_view(" .,:;\"\\'");
    const auto begin = out.find_first_not_of(crud);
    if (begin == std::string::npos) return "unknown";
    return out.substr(begin, out.find_last_not_of(crud) - begin + 1);
}

std::string signatureLine(const Reviewer& who, UtcNs time)
{
    const auto seconds = std::max<UtcNs>(0, time / 1'000'000'000);
    return headerName(who.name) + " <" + headerName(who.mail) + "> " + std::to_string(seconds) + " +0000";
}

std::string withoutNul(std::string_view text)
{
    std::string out = toUtf8(text);
    std::erase(out, '\0');
    return out;
}

} // namespace

Result<std::vector<HarnessRepository::FileEntry>> flattenTree(const GitStore& store, const std::string& tree, std::size_t limit)
{
    std::vector<HarnessRepository::FileEntry> out;
    if (!tree.empty()) TR_TRY(flatten(store, tree, {}, 0, limit, out));
    std::ranges::sort(out, {}, &HarnessRepository::FileEntry::path);
    return out;
}

Result<std::optional<TreeEntry>> findInTree(const GitStore& store, const std::string& tree, std::string_view path)
{
    std::string current = tree;
    const auto parts = splitOn(path, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        TR_ASSIGN(const auto entries, store.tree(current));
        const auto at = std::ranges::find(entries, parts[i], &TreeEntry::name);
        if (at == entries.end()) return std::nullopt;
        if (i + 1 == parts.size()) return at->isTree() || at->isSubmodule() ? std::nullopt : std::optional(*at);
        if (!at->isTree()) return std::nullopt;
        current = at->id;
    }
    return std::nullopt;
}

Result<std::vector<FileChange>> compareTrees(const GitStore& store, const std::string& from, const std::string& to)
{
    std::vector<FileChange> out;
    TR_TRY(compare(store, from, to, {}, 0, out));
    std::ranges::sort(out, {}, &FileChange::path);
    return out;
}

Status describeChanges(const GitStore& store, std::vector<FileChange>& changes)
{
    TR_TRY(findRenames(store, changes));
    for (auto& change : changes) {
        std::string before;
        std::string after;
        if (!change.oldBlob.value.empty()) {
            TR_ASSIGN(before, store.bytes(change.oldBlob.value, ObjectType::Blob));
        }
        if (!change.newBlob.value.empty()) {
            TR_ASSIGN(after, store.bytes(change.newBlob.value, ObjectType::Blob));
        }
        change.binary = isBinary(before) || isBinary(after);
        if (change.binary || before.size() > kMaxTextBytes || after.size() > kMaxTextBytes) continue;
        const Lines oldLines(before);
        const Lines newLines(after);
        for (const auto& line : diffLines(oldLines, newLines)) {
            change.removedLines += line.oldLines.count();
            change.addedLines += line.newLines.count();
        }
    }
    return {};
}

Result<std::string> editTree(const GitStore& store, const std::string& tree, const FileEdits& edits, PackBuilder& pack)
{
    Edits flat;
    for (const auto& [path, file] : edits) {
        std::vector<std::string> parts;
        for (const auto part : splitOn(path, '/')) parts.emplace_back(part);
        flat.emplace_back(std::move(parts), &file);
    }
    // By components, so that what lies in one folder stands together ("a/b" before "a-b").
    std::ranges::sort(flat, {}, [](const auto& edit) { return edit.first; });
    TR_ASSIGN(auto id, editFolder(store, tree, flat, 0, pack));
    if (id.empty()) id = pack.add(ObjectType::Tree, {});
    return id;
}

std::string commitBytes(const std::string& tree, const std::vector<std::string>& parents, const Reviewer& author,
                        const Reviewer& committer, UtcNs time, std::string_view message)
{
    std::string bytes = "tree " + tree + '\n';
    for (const auto& parent : parents) bytes += "parent " + parent + '\n';
    bytes += "author " + signatureLine(author, time) + "\ncommitter " + signatureLine(committer, time) + "\n\n" +
             withoutNul(message);
    return bytes;
}

std::string tagBytes(const std::string& commit, const std::string& name, const Reviewer& tagger, UtcNs time,
                     std::string_view message)
{
    return "object " + commit + "\ntype commit\ntag " + name + "\ntagger " + signatureLine(tagger, time) + "\n\n" +
           withoutNul(message);
}

Result<std::string> treeOf(const GitStore& store, const std::string& commit)
{
    if (commit.empty()) return std::string{};
    TR_ASSIGN(const auto data, store.commit(commit));
    return data.tree;
}

} // namespace tackroom
