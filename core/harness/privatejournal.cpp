// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/privatejournal.h"

#include "core/base/hash.h"
#include "core/harness/files.h"
#include "core/harness/gitstore.h"
#include "core/harness/journalstore.h"
#include "core/harness/pack.h"
#include "core/harness/refs.h"
#include "core/harness/vault.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kManyPacks = 50;

std::filesystem::path privateVaultOf(const std::filesystem::path& dataDirectory)
{
    return std::filesystem::absolute(dataDirectory).lexically_normal() / "vaults" / "private.git";
}

} // namespace

Result<std::vector<JournalEntry>> readPrivateJournal(const std::filesystem::path& dataDirectory)
{
    const auto folder = privateVaultOf(dataDirectory);
    std::error_code error;
    if (!std::filesystem::exists(folder / "HEAD", error)) return std::vector<JournalEntry>{};
    TR_ASSIGN(const GitStore vault, GitStore::open(folder));
    TR_ASSIGN(const auto tip, vault.ref(kJournalRef));
    JournalReader reader;
    return reader.entries(vault, tip.value_or(""));
}

Result<std::vector<JournalEntry>> appendPrivateJournal(const std::filesystem::path& dataDirectory,
                                                       std::vector<JournalEntry> entries, const CancelToken& cancel)
{
    if (entries.empty()) return entries;
    for (JournalEntry& entry : entries) {
        TR_TRY(parseReviewer(toString(entry.reviewer)));
        if (entry.time == 0) entry.time = utcNow();
    }
    const auto folder = privateVaultOf(dataDirectory);
    const std::string owner = xxh128Hex(folder.string()).substr(0, 12);
    TR_TRY(files::makeFolders(folder.parent_path()));
    TR_ASSIGN(const auto lock,
              files::Lock::take(folder.parent_path() / "private.lock", files::kLockMs, [&] { return cancel.cancelled(); }));
    TR_TRY(makeVault(folder));
    // What a kill left: private files and half-made packs.
    TR_TRY(sweepLocks(folder, owner));
    TR_TRY(sweepPacks(folder / "objects", owner, utcNow()));
    TR_ASSIGN(GitStore vault, GitStore::open(folder));
    TR_ASSIGN(const auto tip, vault.ref(kJournalRef));
    JournalReader reader;
    TR_ASSIGN(const auto before, reader.entries(vault, tip.value_or("")));
    const auto lamport = before.empty() ? 0 : std::ranges::max(before, {}, &JournalEntry::lamport).lamport;
    PackBuilder pack;
    JournalBatch made = makeBatch(std::move(entries), tip.value_or(""), lamport, pack);
    TR_ASSIGN(const auto image, pack.finish());
    TR_TRY(installPack(image, folder / "objects", owner, utcNow()));
    TR_TRY(moveRef(folder, owner, kJournalRef, tip, made.commit));
    vault.refresh();
    // The entries are on the disk; packs that could not be put together are put together the next time.
    (void)consolidate(vault, owner, utcNow(), kManyPacks, cancel);
    return std::move(made.entries);
}

} // namespace tackroom
