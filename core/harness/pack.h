// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/harness/gitstore.h"

#include <filesystem>
#include <string>
#include <unordered_set>
#include <vector>

/// Git packs made in memory and put into a repository so that all of their objects are there, or none.
namespace tackroom
{

/// A pack with its index, ready to be written to any number of repositories.
struct PackImage {
    std::string pack;
    std::string index;
    std::string checksum; ///< names the files: pack-<checksum>.pack
    std::vector<std::string> ids;
};

/// Collects objects. Children before their parents, so that the first n objects are complete in themselves for every n.
class PackBuilder
{
public:
    /// The object's id. An object that is in already is not taken again.
    std::string add(ObjectType type, std::string_view bytes);
    [[nodiscard]] std::size_t count() const { return m_ids.size(); }
    [[nodiscard]] std::size_t sizeBytes() const { return m_body.size(); }
    /// Internal where the compressor fails.
    [[nodiscard]] Result<PackImage> finish() const;

private:
    struct Place {
        std::string id;
        std::uint32_t crc = 0;
        std::uint64_t offset = 0;
    };
    std::vector<Place> m_places;
    std::unordered_set<std::string> m_ids;
    std::string m_body;
    bool m_broken = false;
};

/// Writes pack and index into a folder of their own beneath `objects`, syncs them, makes `pack-….keep` (so that a collector of
/// the repository leaves the pack alone) and renames them in, the index last. `owner` marks what is ours.
[[nodiscard]] Status installPack(const PackImage& image, const std::filesystem::path& objects, const std::string& owner,
                                 UtcNs now);
/// Takes away what a killed installPack() of the same owner left, and `.keep` files of ours older than 14 days before `now`.
/// Call only under the owner's lock.
[[nodiscard]] Status sweepPacks(const std::filesystem::path& objects, const std::string& owner, UtcNs now);

/// Copies what `tips` need and `to` lacks. An object that is there counts as complete, for every pack comes whole and in order.
[[nodiscard]] Status copyMissing(const GitStore& from, GitStore& to, const std::vector<std::string>& tips,
                                 const std::string& owner, UtcNs now, const CancelToken& cancel);
/// Makes one pack of many: only in a repository that is ours, under its lock.
[[nodiscard]] Status consolidate(GitStore& store, const std::string& owner, UtcNs now, std::size_t abovePacks,
                                 const CancelToken& cancel);

} // namespace tackroom
