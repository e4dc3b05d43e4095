// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/gitstore.h"

#include "core/base/hash.h"

#include <cerrno>
#include <charconv>
#include <git2.h>
#include <limits>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxObjectBytes = 512U * 1024U * 1024U;

/// Once a process: nothing of the user's or the system's git configuration is read.
void startLibrary()
{
    static const int started = [] {
        const int result = git_libgit2_init();
        for (const int level :
             {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
        git_libgit2_opts(GIT_OPT_SET_HOMEDIR, "/nonexistent");
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
        git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
        return result;
    }();
    (void)started;
}

/// libgit2's words are taken at once: the next call would change them.
Error gitError(int code, std::string where, std::string_view doing, ErrorCode fallback = ErrorCode::BadRepository)
{
    const git_error* last = git_error_last();
    std::string detail = std::string(doing) + " failed";
    if (last && last->message) detail += ": " + std::string(last->message);
    if (code == GIT_EOWNER)
        return {ErrorCode::Refused, std::move(where),
                "the repository belongs to another user, who could have planted things in it",
                "open a copy of your own (git clone), or change its owner"};
    return {fallback, std::move(where), std::move(detail), {}};
}

template <auto Free> struct Deleter {
    template <class T> void operator()(T* pointer) const { Free(pointer); }
};
using RepositoryHandle = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using OdbHandle = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using OdbObject = std::unique_ptr<git_odb_object, Deleter<git_odb_object_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Deleter<git_reference_free>>;

bool toOid(std::string_view hex, git_oid* oid) { return isObjectId(hex) && git_oid_fromstrn(oid, hex.data(), hex.size()) == 0; }

std::string toHex(const git_oid& oid)
{
    std::string hex(GIT_OID_SHA1_HEXSIZE, '0');
    git_oid_fmt(hex.data(), &oid);
    return hex;
}

/// "Name <mail> 1700000000 +0100"
void parseSignature(std::string_view line, std::string* name, std::string* mail, UtcNs* time)
{
    const auto close = line.rfind('>');
    const auto open = line.rfind('<', close);
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return;
    if (name) *name = std::string(line.substr(0, open > 0 ? open - 1 : 0));
    if (mail) *mail = std::string(line.substr(open + 1, close - open - 1));
    std::int64_t seconds = 0;
    auto rest = line.substr(close + 1);
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    if (std::from_chars(rest.data(), rest.data() + rest.size(), seconds).ec != std::errc{}) return;
    constexpr std::int64_t kMaxSeconds = std::numeric_limits<UtcNs>::max() / 1'000'000'000;
    if (seconds > -kMaxSeconds && seconds < kMaxSeconds) *time = seconds * 1'000'000'000;
}

} // namespace

std::string_view nameOf(ObjectType type)
{
    switch (type) {
    case ObjectType::Commit:
        return "commit";
    case ObjectType::Tree:
        return "tree";
    case ObjectType::Blob:
        return "blob";
    case ObjectType::Tag:
        return "tag";
    }
    return "object";
}

bool isObjectId(std::string_view text)
{
    return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string objectIdOf(ObjectType type, std::string_view bytes)
{
    std::string all = std::string(nameOf(type)) + ' ' + std::to_string(bytes.size());
    all.push_back('\0');
    all += bytes;
    return sha1Hex(all);
}

std::string idToRaw(std::string_view hex)
{
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string raw;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        raw.push_back(static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    return raw;
}

std::string idFromRaw(std::string_view raw20)
{
    constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (const char c : raw20) {
        hex.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
        hex.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
    }
    return hex;
}

Result<CommitData> parseCommit(std::string_view bytes, const std::string& where)
{
    CommitData data;
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        if (end == std::string_view::npos)
            return fail(ErrorCode::BadRepository, where, "a commit without an end of its header");
        const auto line = bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        if (line.empty()) break;
        if (line.starts_with("tree "))
            data.tree = line.substr(5);
        else if (line.starts_with("parent "))
            data.parents.emplace_back(line.substr(7));
        else if (line.starts_with("author "))
            parseSignature(line.substr(7), &data.authorName, &data.authorMail, &data.authorTime);
        else if (line.starts_with("committer "))
            parseSignature(line.substr(10), nullptr, nullptr, &data.commitTime);
    }
    data.message = bytes;
    bool good = isObjectId(data.tree);
    for (const auto& parent : data.parents) good = good && isObjectId(parent);
    if (!good) return fail(ErrorCode::BadRepository, where, "a commit whose tree or parent is no object id");
    return data;
}

Result<std::vector<TreeEntry>> parseTree(std::string_view bytes, const std::string& where)
{
    std::vector<TreeEntry> entries;
    while (!bytes.empty()) {
        const auto blank = bytes.find(' ');
        const auto nul = bytes.find('\0');
        if (blank == std::string_view::npos || nul == std::string_view::npos || blank > nul || bytes.size() < nul + 21)
            return fail(ErrorCode::BadRepository, where, "a tree that ends in the middle of an entry");
        TreeEntry entry;
        if (std::from_chars(bytes.data(), bytes.data() + blank, entry.mode, 8).ptr != bytes.data() + blank)
            return fail(ErrorCode::BadRepository, where, "a tree entry whose mode is no number");
        entry.name = bytes.substr(blank + 1, nul - blank - 1);
        if (entry.name.empty() || entry.name == "." || entry.name == ".." || entry.name.contains('/'))
            return fail(ErrorCode::Refused, where, "a tree entry with a name that leads out of its folder");
        entry.id = idFromRaw(bytes.substr(nul + 1, 20));
        entries.push_back(std::move(entry));
        bytes.remove_prefix(nul + 21);
    }
    return entries;
}

struct GitStore::Private {
    RepositoryHandle repository;
    OdbHandle odb;
    std::filesystem::path gitDirectory;
    std::filesystem::path commonDirectory;
};

GitStore::GitStore(std::unique_ptr<Private> data) : d(std::move(data)) {}
GitStore::GitStore(GitStore&&) noexcept = default;
GitStore& GitStore::operator=(GitStore&&) noexcept = default;
GitStore::~GitStore() = default;

Result<GitStore> GitStore::open(const std::filesystem::path& folder)
{
    startLibrary();
    auto d = std::make_unique<Private>();
    git_repository* repository = nullptr;
    int code = git_repository_open_ext(&repository, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
    if (code != 0) return std::unexpected(gitError(code, folder.string(), "opening the git repository"));
    d->repository.reset(repository);
    git_odb* odb = nullptr;
    code = git_repository_odb(&odb, repository);
    if (code != 0) return std::unexpected(gitError(code, folder.string(), "opening the repository's objects"));
    d->odb.reset(odb);
    std::error_code ignored;
    d->gitDirectory = std::filesystem::weakly_canonical(git_repository_path(repository), ignored);
    d->commonDirectory = std::filesystem::weakly_canonical(git_repository_commondir(repository), ignored);
    // canonical() of a path that ends in a slash keeps an empty last component
    if (!d->gitDirectory.has_filename()) d->gitDirectory = d->gitDirectory.parent_path();
    if (!d->commonDirectory.has_filename()) d->commonDirectory = d->commonDirectory.parent_path();
    if (git_repository_is_shallow(repository) == 1)
        return fail(ErrorCode::Refused, folder.string(), "this is a shallow clone: a part of its history is missing",
                    "git fetch --unshallow");
    return GitStore(std::move(d));
}

Status GitStore::makeBare(const std::filesystem::path& folder)
{
    startLibrary();
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKPATH;
    options.initial_head = "main";
    git_repository* repository = nullptr;
    errno = 0;
    const int code = git_repository_init_ext(&repository, folder.c_str(), &options);
    const auto kind = errno == ENOSPC ? ErrorCode::DiskFull : ErrorCode::Io;
    if (code != 0) return std::unexpected(gitError(code, folder.string(), "making a repository", kind));
    git_repository_free(repository);
    return {};
}

const std::filesystem::path& GitStore::gitDirectory() const { return d->gitDirectory; }
const std::filesystem::path& GitStore::commonDirectory() const { return d->commonDirectory; }
bool GitStore::bare() const { return git_repository_is_bare(d->repository.get()) == 1; }
bool GitStore::busy() const { return git_repository_state(d->repository.get()) != GIT_REPOSITORY_STATE_NONE; }

std::filesystem::path GitStore::workDirectory() const
{
    const char* path = git_repository_workdir(d->repository.get());
    if (!path) return {};
    std::error_code ignored;
    auto canonical = std::filesystem::weakly_canonical(path, ignored);
    return canonical.has_filename() ? canonical : canonical.parent_path();
}

bool GitStore::configBool(const char* key, bool fallback) const
{
    git_config* config = nullptr;
    if (git_repository_config_snapshot(&config, d->repository.get()) != 0) return fallback;
    int value = 0;
    const int code = git_config_get_bool(&value, config, key);
    git_config_free(config);
    return code == 0 ? value != 0 : fallback;
}

bool GitStore::has(const std::string& id) const
{
    git_oid oid;
    return toOid(id, &oid) && git_odb_exists(d->odb.get(), &oid) == 1;
}

Result<GitObject> GitStore::read(const std::string& id) const
{
    git_oid oid;
    if (!toOid(id, &oid)) return fail(ErrorCode::BadRepository, id, "this is no object id");
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    int code = git_odb_read_header(&size, &type, d->odb.get(), &oid);
    if (code != 0) return std::unexpected(gitError(code, id, "reading an object"));
    if (size > kMaxObjectBytes) return fail(ErrorCode::Refused, id, "an object of more than 512 MiB");
    git_odb_object* raw = nullptr;
    code = git_odb_read(&raw, d->odb.get(), &oid);
    if (code != 0) return std::unexpected(gitError(code, id, "reading an object"));
    const OdbObject object(raw);
    const auto read = git_odb_object_type(raw);
    if (read < GIT_OBJECT_COMMIT || read > GIT_OBJECT_TAG)
        return fail(ErrorCode::BadRepository, id, "an object of no known type");
    return GitObject{static_cast<ObjectType>(read),
                     std::string(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw))};
}

Result<std::string> GitStore::bytes(const std::string& id, ObjectType type) const
{
    TR_ASSIGN(auto object, read(id));
    if (object.type != type)
        return fail(ErrorCode::BadRepository, id,
                    "a " + std::string(nameOf(type)) + " was expected, a " + std::string(nameOf(object.type)) + " is there");
    return std::move(object.bytes);
}

Result<CommitData> GitStore::commit(const std::string& id) const
{
    TR_ASSIGN(const auto raw, bytes(id, ObjectType::Commit));
    return parseCommit(raw, id);
}

Result<std::vector<TreeEntry>> GitStore::tree(const std::string& id) const
{
    if (id.empty()) return std::vector<TreeEntry>{};
    TR_ASSIGN(const auto raw, bytes(id, ObjectType::Tree));
    return parseTree(raw, id);
}

Result<std::string> GitStore::peelToCommit(const std::string& id) const
{
    std::string current = id;
    for (int depth = 0; depth < 16; ++depth) {
        TR_ASSIGN(const auto object, read(current));
        if (object.type == ObjectType::Commit) return current;
        if (object.type != ObjectType::Tag || !object.bytes.starts_with("object ")) break;
        current = object.bytes.substr(7, 40);
    }
    return fail(ErrorCode::BadRepository, id, "a tag that leads to no commit");
}

Result<std::vector<std::string>> GitStore::allIds() const
{
    std::vector<std::string> ids;
    const auto take = [](const git_oid* id, void* to) {
        static_cast<std::vector<std::string>*>(to)->push_back(toHex(*id));
        return 0;
    };
    const int code = git_odb_foreach(d->odb.get(), take, &ids);
    if (code != 0) return std::unexpected(gitError(code, d->gitDirectory.string(), "listing the objects"));
    return ids;
}

void GitStore::refresh() { git_odb_refresh(d->odb.get()); }

Result<std::optional<std::string>> GitStore::ref(const std::string& name) const
{
    git_reference* raw = nullptr;
    int code = git_reference_lookup(&raw, d->repository.get(), name.c_str());
    if (code == GIT_ENOTFOUND) return std::nullopt;
    if (code != 0) return std::unexpected(gitError(code, name, "reading a ref"));
    ReferenceHandle reference(raw);
    if (git_reference_type(raw) == GIT_REFERENCE_SYMBOLIC) {
        git_reference* resolved = nullptr;
        code = git_reference_resolve(&resolved, raw);
        if (code == GIT_ENOTFOUND) return std::nullopt;
        if (code != 0) return std::unexpected(gitError(code, name, "reading a ref"));
        reference.reset(resolved);
    }
    return toHex(*git_reference_target(reference.get()));
}

Result<std::optional<std::string>> GitStore::symbolicTarget(const std::string& name) const
{
    git_reference* raw = nullptr;
    const int code = git_reference_lookup(&raw, d->repository.get(), name.c_str());
    if (code == GIT_ENOTFOUND) return std::nullopt;
    if (code != 0) return std::unexpected(gitError(code, name, "reading a ref"));
    const ReferenceHandle reference(raw);
    const char* target = git_reference_symbolic_target(raw);
    if (!target) return std::nullopt;
    return std::string(target);
}

Result<std::map<std::string, std::string>> GitStore::refs(std::string_view prefix) const
{
    std::map<std::string, std::string> found;
    git_reference_iterator* iterator = nullptr;
    const int code = git_reference_iterator_glob_new(&iterator, d->repository.get(), (std::string(prefix) + "*").c_str());
    if (code != 0) return std::unexpected(gitError(code, std::string(prefix), "reading refs"));
    git_reference* raw = nullptr;
    int next = 0;
    while ((next = git_reference_next(&raw, iterator)) == 0) {
        const ReferenceHandle reference(raw);
        const std::string name = git_reference_name(raw);
        if (name.starts_with(prefix) && git_reference_type(raw) == GIT_REFERENCE_DIRECT)
            found.emplace(name, toHex(*git_reference_target(raw)));
    }
    const auto error = next == GIT_ITEROVER ? Error{} : gitError(next, std::string(prefix), "reading refs");
    git_reference_iterator_free(iterator);
    if (next != GIT_ITEROVER) return std::unexpected(error);
    return found;
}

Result<bool> GitStore::descends(const std::string& commit, const std::string& ancestor) const
{
    if (commit == ancestor) return true;
    git_oid one;
    git_oid two;
    if (!toOid(commit, &one) || !toOid(ancestor, &two)) return false;
    const int code = git_graph_descendant_of(d->repository.get(), &one, &two);
    if (code < 0) return std::unexpected(gitError(code, commit, "walking the history"));
    return code == 1;
}

Result<std::string> GitStore::mergeBase(const std::string& one, const std::string& two) const
{
    git_oid first;
    git_oid second;
    git_oid base;
    if (!toOid(one, &first) || !toOid(two, &second)) return fail(ErrorCode::BadRepository, one, "this is no object id");
    const int code = git_merge_base(&base, d->repository.get(), &first, &second);
    if (code == GIT_ENOTFOUND) return std::string{};
    if (code != 0) return std::unexpected(gitError(code, one, "looking for the common history"));
    return toHex(base);
}

} // namespace tackroom
