// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/pack.h"

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/harness/files.h"

#include <algorithm>
#include <unistd.h>
#include <zlib.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxPackBytes = 64U * 1024U * 1024U;
constexpr UtcNs kKeepNs = 14LL * 24 * 3600 * 1'000'000'000;

void appendBig32(std::string& out, std::uint64_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

/// The zlib stream of the bytes; empty where the compressor failed.
std::string compressed(std::string_view bytes)
{
    uLongf size = compressBound(bytes.size());
    std::string out(size, '\0');
    if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(),
                  Z_DEFAULT_COMPRESSION) != Z_OK)
        return {};
    out.resize(size);
    return out;
}

std::string objectHeader(ObjectType type, std::size_t size)
{
    std::string header;
    auto byte = static_cast<unsigned>((static_cast<unsigned>(type) << 4) | (size & 15));
    size >>= 4;
    while (size > 0) {
        header.push_back(static_cast<char>(byte | 0x80));
        byte = static_cast<unsigned>(size & 0x7f);
        size >>= 7;
    }
    header.push_back(static_cast<char>(byte));
    return header;
}

std::string keepText(const std::string& owner, UtcNs now) { return "tackroom " + owner + ' ' + formatTime(now) + '\n'; }

} // namespace

std::string PackBuilder::add(ObjectType type, std::string_view bytes)
{
    std::string id = objectIdOf(type, bytes);
    if (!m_ids.insert(id).second) return id;
    const std::string body = compressed(bytes);
    m_broken = m_broken || body.empty();
    const std::string entry = objectHeader(type, bytes.size()) + body;
    const auto crc = crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(entry.data()), static_cast<uInt>(entry.size()));
    m_places.push_back({id, static_cast<std::uint32_t>(crc), 12 + m_body.size()});
    m_body += entry;
    return id;
}

Result<PackImage> PackBuilder::finish() const
{
    if (m_broken) return fail(ErrorCode::Internal, {}, "objects could not be compressed");
    if (m_body.size() >= 0x7fffffffU - 32) return fail(ErrorCode::Refused, {}, "more than 2 GiB in one step");
    PackImage image;
    image.pack = "PACK";
    appendBig32(image.pack, 2);
    appendBig32(image.pack, m_places.size());
    image.pack += m_body;
    image.checksum = sha1Hex(image.pack);
    image.pack += idToRaw(image.checksum);

    auto places = m_places;
    std::ranges::sort(places, {}, &Place::id);
    image.index = "\377tOc";
    appendBig32(image.index, 2);
    std::size_t at = 0;
    for (unsigned first = 0; first < 256; ++first) {
        while (at < places.size() &&
               static_cast<unsigned char>(idToRaw(std::string_view(places[at].id).substr(0, 2))[0]) <= first)
            ++at;
        appendBig32(image.index, at);
    }
    for (const auto& place : places) image.index += idToRaw(place.id);
    for (const auto& place : places) appendBig32(image.index, place.crc);
    for (const auto& place : places) appendBig32(image.index, place.offset);
    image.index += idToRaw(image.checksum);
    image.index += idToRaw(sha1Hex(image.index));
    for (const auto& place : m_places) image.ids.push_back(place.id);
    return image;
}

Status installPack(const PackImage& image, const std::filesystem::path& objects, const std::string& owner, UtcNs now)
{
    const auto packs = objects / "pack";
    const std::string name = "pack-" + image.checksum;
    TR_TRY(files::makeFolders(packs));
    if (std::error_code ignored; std::filesystem::exists(packs / (name + ".idx"), ignored)) return {};
    const auto stage = objects / ("tackroom-" + owner + "-" + image.checksum.substr(0, 16));
    TR_TRY(files::makeFolders(stage));
    const auto clear = [&] {
        (void)files::removeFile(stage / "pack");
        (void)files::removeFile(stage / "idx");
        (void)files::removeEmptyFolder(stage);
    };
    auto status = files::writeNew(stage / "pack", image.pack, 0444);
    if (status) status = files::writeNew(stage / "idx", image.index, 0444);
    if (status) status = files::removeFile(packs / (name + ".keep"));
    if (status) status = files::writeNew(packs / (name + ".keep"), keepText(owner, now));
    if (status) status = files::rename(stage / "pack", packs / (name + ".pack"));
    if (status) status = files::rename(stage / "idx", packs / (name + ".idx"));
    if (status) status = files::syncFolder(packs);
    if (std::error_code ignored; !status && !std::filesystem::exists(packs / (name + ".idx"), ignored)) {
        (void)files::removeFile(packs / (name + ".pack"));
        (void)files::removeFile(packs / (name + ".keep"));
    }
    clear();
    return status;
}

Status sweepPacks(const std::filesystem::path& objects, const std::string& owner, UtcNs now)
{
    const std::string stagePrefix = "tackroom-" + owner + "-";
    TR_ASSIGN(const auto folders, files::namesIn(objects));
    for (const auto& name : folders) {
        if (!name.starts_with(stagePrefix)) continue;
        TR_TRY(files::removeFile(objects / name / "pack"));
        TR_TRY(files::removeFile(objects / name / "idx"));
        TR_TRY(files::removeEmptyFolder(objects / name));
    }
    const auto packs = objects / "pack";
    TR_ASSIGN(const auto names, files::namesIn(packs));
    const auto there = [&](const std::string& name) { return std::ranges::binary_search(names, name); };
    const std::string mark = "tackroom " + owner + ' ';
    for (const auto& name : names) {
        if (!name.ends_with(".keep")) continue;
        const auto text = readFile(packs / name, 200);
        if (!text) continue;
        const std::string stem = name.substr(0, name.size() - 5);
        // Killed while the keep file itself was written: it is a beginning of ours, and nothing stands behind it.
        const bool ours = text->starts_with(mark) || (mark.starts_with(*text) && !there(stem + ".pack"));
        if (!ours) continue;
        if (!there(stem + ".idx")) {
            TR_TRY(files::removeFile(packs / (stem + ".pack")));
            TR_TRY(files::removeFile(packs / name));
        } else {
            const auto made = parseTime(trimmed(text->substr(std::min(mark.size(), text->size()))));
            if (made && *made + kKeepNs < now) TR_TRY(files::removeFile(packs / name));
        }
    }
    return {};
}

namespace
{

/// Walks what is missing, oldest commit first, and flushes a pack whenever it has grown large.
class Copier
{
public:
    Copier(const GitStore& from, GitStore& to, const std::string& owner, UtcNs now, const CancelToken& cancel)
        : m_from(from), m_to(to), m_owner(owner), m_now(now), m_cancel(cancel)
    {
    }

    Status copyTip(const std::string& tip)
    {
        TR_ASSIGN(const auto object, m_from.read(tip));
        if (object.type == ObjectType::Tag) {
            if (m_to.has(tip)) return {};
            TR_ASSIGN(const auto commit, m_from.peelToCommit(tip));
            TR_TRY(copyHistory(commit));
            return copyTagChain(tip);
        }
        if (object.type != ObjectType::Commit) return fail(ErrorCode::BadRepository, tip, "a ref that leads to no commit");
        return copyHistory(tip);
    }

    Status flush()
    {
        if (m_builder.count() == 0) return {};
        TR_ASSIGN(const auto image, m_builder.finish());
        TR_TRY(installPack(image, m_to.commonDirectory() / "objects", m_owner, m_now));
        m_builder = PackBuilder();
        m_to.refresh();
        return {};
    }

private:
    [[nodiscard]] bool known(const std::string& id) { return m_taken.contains(id) || m_to.has(id); }

    Status take(const std::string& id, ObjectType type)
    {
        TR_ASSIGN(const auto bytes, m_from.bytes(id, type));
        if (m_builder.add(type, bytes) != id)
            return fail(ErrorCode::BadRepository, id, "an object whose bytes do not fit its id");
        m_taken.insert(id);
        if (m_builder.sizeBytes() > kMaxPackBytes) return flush();
        return {};
    }

    Status copyTagChain(const std::string& tag)
    {
        if (known(tag)) return {};
        TR_ASSIGN(const auto object, m_from.read(tag));
        if (object.type != ObjectType::Tag) return {};
        if (object.bytes.size() < 47) return fail(ErrorCode::BadRepository, tag, "a tag without an object");
        TR_TRY(copyTagChain(object.bytes.substr(7, 40)));
        return take(tag, ObjectType::Tag);
    }

    Status copyTree(const std::string& id, int depth)
    {
        if (known(id)) return {};
        if (depth > 200) return fail(ErrorCode::Refused, id, "folders nested deeper than 200");
        TR_ASSIGN(const auto entries, m_from.tree(id));
        for (const auto& entry : entries) {
            if (entry.isSubmodule()) continue;
            if (entry.isTree())
                TR_TRY(copyTree(entry.id, depth + 1));
            else if (!known(entry.id))
                TR_TRY(take(entry.id, ObjectType::Blob));
        }
        return take(id, ObjectType::Tree);
    }

    /// Depth first without recursion: a commit is taken when all of its parents are.
    Status copyHistory(const std::string& tip)
    {
        std::vector<std::pair<std::string, bool>> stack{{tip, false}};
        while (!stack.empty()) {
            if (m_cancel.cancelled()) return CancelToken::error();
            auto [id, parentsDone] = stack.back();
            stack.pop_back();
            if (known(id)) continue;
            TR_ASSIGN(const auto commit, m_from.commit(id));
            if (!parentsDone) {
                stack.emplace_back(id, true);
                for (const auto& parent : commit.parents)
                    if (!known(parent)) stack.emplace_back(parent, false);
                continue;
            }
            TR_TRY(copyTree(commit.tree, 0));
            TR_TRY(take(id, ObjectType::Commit));
        }
        return {};
    }

    const GitStore& m_from;
    GitStore& m_to;
    const std::string& m_owner;
    UtcNs m_now;
    const CancelToken& m_cancel;
    PackBuilder m_builder;
    std::unordered_set<std::string> m_taken;
};

} // namespace

Status copyMissing(const GitStore& from, GitStore& to, const std::vector<std::string>& tips, const std::string& owner,
                   UtcNs now, const CancelToken& cancel)
{
    Copier copier(from, to, owner, now, cancel);
    for (const auto& tip : tips)
        if (!to.has(tip)) TR_TRY(copier.copyTip(tip));
    return copier.flush();
}

Status consolidate(GitStore& store, const std::string& owner, UtcNs now, std::size_t abovePacks, const CancelToken& cancel)
{
    const auto packs = store.commonDirectory() / "objects/pack";
    TR_ASSIGN(const auto before, files::namesIn(packs));
    const auto isIndex = [](const std::string& name) { return name.ends_with(".idx"); };
    if (static_cast<std::size_t>(std::ranges::count_if(before, isIndex)) <= abovePacks) return {};
    TR_ASSIGN(auto ids, store.allIds());
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    std::unordered_set<std::string> made;
    PackBuilder builder;
    const auto flush = [&]() -> Status {
        if (builder.count() == 0) return {};
        TR_ASSIGN(const auto image, builder.finish());
        TR_TRY(installPack(image, store.commonDirectory() / "objects", owner, now));
        made.insert("pack-" + image.checksum);
        builder = PackBuilder();
        return {};
    };
    for (const auto& id : ids) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const auto object, store.read(id));
        if (builder.add(object.type, object.bytes) != id)
            return fail(ErrorCode::Damaged, id, "an object of the vault does not fit its id");
        if (builder.sizeBytes() > kMaxPackBytes) TR_TRY(flush());
    }
    TR_TRY(flush());
    // Only now, when all of it is there twice, the many go: the index first, so that no pack is named that is not there.
    for (const auto& name : before) {
        const auto stem = name.substr(0, name.rfind('.'));
        if (!isIndex(name) || made.contains(stem)) continue;
        TR_TRY(files::removeFile(packs / name));
        TR_TRY(files::removeFile(packs / (stem + ".pack")));
        TR_TRY(files::removeFile(packs / (stem + ".keep")));
    }
    store.refresh();
    return {};
}

} // namespace tackroom
