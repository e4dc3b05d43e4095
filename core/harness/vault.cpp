// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/vault.h"

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/harness/files.h"

#include <unistd.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxRegistryBytes = 16U * 1024U * 1024U;

Result<Json> readRegistry(const std::filesystem::path& path)
{
    const auto text = readFile(path, kMaxRegistryBytes);
    if (!text) {
        if (text.error().code == ErrorCode::NotFound) return Json{{"format", 1}, {"repositories", Json::object()}};
        return std::unexpected(text.error());
    }
    TR_ASSIGN(auto json, parseJson(*text, path.string()));
    if (!json.is_object() || !memberAt(json, "repositories").is_object())
        return fail(ErrorCode::Damaged, path.string(), "the registry of harness repositories is not understood",
                    "move it away; it is made anew from the repositories");
    return json;
}

} // namespace

Status makeVault(const std::filesystem::path& vault)
{
    std::error_code error;
    if (std::filesystem::exists(vault / "HEAD", error)) return {};
    TR_TRY(files::makeFolders(vault.parent_path()));
    auto fresh = vault;
    fresh += ".new";
    std::filesystem::remove_all(fresh, error);
    TR_TRY(GitStore::makeBare(fresh));
    TR_TRY(files::rename(fresh, vault));
    return files::syncFolder(vault.parent_path());
}

Result<std::string> rootOf(const GitStore& store, std::string commit, const CancelToken& cancel)
{
    for (;;) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const auto data, store.commit(commit));
        if (data.parents.empty()) return commit;
        commit = data.parents.front();
    }
}

Result<Registration> registerRepository(const std::filesystem::path& dataDirectory, const GitStore& repository,
                                        const std::string& mainBranch, const CancelToken& cancel)
{
    TR_TRY(files::makeFolders(dataDirectory));
    TR_ASSIGN(const auto lock,
              files::Lock::take(dataDirectory / "registry.lock", files::kLockMs, [&] { return cancel.cancelled(); }));
    const auto path = dataDirectory / "registry.json";
    TR_ASSIGN(auto registry, readRegistry(path));
    const std::string where = repository.commonDirectory().string();
    Registration registration;
    registration.key = xxh128Hex(where);
    registration.mainBranch = mainBranch;
    const auto vaultOf = [&](const HarnessId& id) { return dataDirectory / "vaults" / (id.value + ".git"); };
    const auto known = memberAt(memberAt(registry, "repositories"), where);
    if (known.is_object()) {
        registration.root = stringAt(known, "root");
        registration.id = HarnessId(stringAt(known, "harnessId"));
        const auto branch = stringAt(known, "mainBranch");
        TR_ASSIGN(const auto there, repository.ref("refs/heads/" + branch));
        if (there)
            registration.mainBranch = branch;
        else
            registration.notice = "The main branch was " + branch + " and is now " + mainBranch + ".";
        if (repository.has(registration.root)) {
            registration.vault = vaultOf(registration.id);
            TR_TRY(makeVault(registration.vault));
            return registration;
        }
        registration.notice = "Another repository than before lies at this place: nothing of the earlier history is in it. "
                              "The earlier one stays in the vault " +
                              vaultOf(registration.id).string() + ".";
        registration.mainBranch = mainBranch;
    }
    TR_ASSIGN(const auto tip, repository.ref("refs/heads/" + mainBranch));
    if (!tip) return fail(ErrorCode::Empty, where, "the main branch has no commits");
    TR_ASSIGN(registration.root, rootOf(repository, *tip, cancel));
    registration.id = HarnessId(uuidV5("harness " + registration.root));
    registration.vault = vaultOf(registration.id);
    TR_TRY(makeVault(registration.vault));
    registry["repositories"][where] = {{"harnessId", registration.id.value},
                                       {"root", registration.root},
                                       {"mainBranch", registration.mainBranch},
                                       {"vault", "vaults/" + registration.id.value + ".git"}};
    TR_TRY(files::replace(path, dumpJson(registry, 1) + '\n'));
    return registration;
}

} // namespace tackroom
