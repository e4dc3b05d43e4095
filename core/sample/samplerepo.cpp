// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/samplerepo.h"

#include "core/base/text.h"
#include "core/sample/embedded.h"

#include <git2.h>
#include <git2/sys/commit.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>

namespace tackroom
{
namespace
{

template <auto freeFunction> struct GitFree {
    template <class T> void operator()(T* object) const { freeFunction(object); }
};
template <class T, auto freeFunction> using Git = std::unique_ptr<T, GitFree<freeFunction>>;
using Repository = Git<git_repository, git_repository_free>;
using Odb = Git<git_odb, git_odb_free>;
using Tree = Git<git_tree, git_tree_free>;
using TreeBuilder = Git<git_treebuilder, git_treebuilder_free>;
using Commit = Git<git_commit, git_commit_free>;
using Object = Git<git_object, git_object_free>;
using Reference = Git<git_reference, git_reference_free>;
using Signature = Git<git_signature, git_signature_free>;
using Index = Git<git_index, git_index_free>;
using Config = Git<git_config, git_config_free>;

/// libgit2 counts its users; each of our calls is one.
struct LibGit {
    LibGit() { git_libgit2_init(); }
    ~LibGit() { git_libgit2_shutdown(); }
    LibGit(const LibGit&) = delete;
    LibGit& operator=(const LibGit&) = delete;
};

std::unexpected<Error> gitError(int code, const std::string& where)
{
    const git_error* last = git_error_last();
    const std::string words = last && last->message ? last->message : "git reported no reason";
    if (code == GIT_ENOTFOUND) return fail(ErrorCode::NotFound, where, words);
    if (last && last->klass == GIT_ERROR_OS && errno == ENOSPC) return fail(ErrorCode::DiskFull, where, words);
    return fail(last && last->klass == GIT_ERROR_OS ? ErrorCode::Io : ErrorCode::BadRepository, where, words);
}

#define TR_GIT(call)                                                                                                           \
    do {                                                                                                                       \
        const int trCode_ = (call);                                                                                            \
        if (trCode_ < 0) return gitError(trCode_, where);                                                                      \
    } while (false)

std::string hexOf(const git_oid& oid)
{
    char text[GIT_OID_SHA1_HEXSIZE + 1] = {};
    git_oid_tostr(text, sizeof text, &oid);
    return text;
}

/// Blobs and trees of `files`, whose paths lie below `prefix`; returns the tree of that folder.
Result<git_oid> writeTree(git_repository* repository, const std::string& where, const HarnessFiles& files,
                          const std::string& prefix)
{
    git_treebuilder* made = nullptr;
    TR_GIT(git_treebuilder_new(&made, repository, nullptr));
    const TreeBuilder builder(made);
    std::set<std::string, std::less<>> folders;
    for (auto it = files.lower_bound(prefix); it != files.end() && it->first.starts_with(prefix); ++it) {
        const std::string rest = it->first.substr(prefix.size());
        if (const auto slash = rest.find('/'); slash != std::string::npos) {
            folders.insert(rest.substr(0, slash));
            continue;
        }
        git_oid blob;
        TR_GIT(git_blob_create_from_buffer(&blob, repository, it->second.data(), it->second.size()));
        TR_GIT(git_treebuilder_insert(nullptr, builder.get(), rest.c_str(), &blob, GIT_FILEMODE_BLOB));
    }
    for (const std::string& folder : folders) {
        TR_ASSIGN(const git_oid tree, writeTree(repository, where, files, prefix + folder + "/"));
        TR_GIT(git_treebuilder_insert(nullptr, builder.get(), folder.c_str(), &tree, GIT_FILEMODE_TREE));
    }
    git_oid oid;
    TR_GIT(git_treebuilder_write(&oid, builder.get()));
    return oid;
}

Result<Signature> signatureOf(const SampleVersion& version, const std::string& where)
{
    git_signature* made = nullptr;
    TR_GIT(git_signature_new(&made, version.authorName.c_str(), version.authorMail.c_str(), version.time / 1'000'000'000, 0));
    return Signature(made);
}

Result<git_oid> writeCommit(git_repository* repository, const std::string& where, const SampleVersion& version,
                            const git_oid* parent)
{
    TR_ASSIGN(const git_oid treeId, writeTree(repository, where, version.files, ""));
    git_tree* treeMade = nullptr;
    TR_GIT(git_tree_lookup(&treeMade, repository, &treeId));
    const Tree tree(treeMade);
    Commit parentCommit;
    if (parent) {
        git_commit* made = nullptr;
        TR_GIT(git_commit_lookup(&made, repository, parent));
        parentCommit.reset(made);
    }
    TR_ASSIGN(const Signature author, signatureOf(version, where));
    const git_commit* parents[] = {parentCommit.get()};
    git_buf bytes = GIT_BUF_INIT;
    const int code = git_commit_create_buffer(&bytes, repository, author.get(), author.get(), nullptr, version.message.c_str(),
                                              tree.get(), parent ? 1 : 0, parents);
    if (code < 0) return gitError(code, where);
    const std::string commit(bytes.ptr, bytes.size);
    git_buf_dispose(&bytes);
    git_odb* odbMade = nullptr;
    TR_GIT(git_repository_odb(&odbMade, repository));
    const Odb odb(odbMade);
    git_oid oid;
    TR_GIT(git_odb_write(&oid, odb.get(), commit.data(), commit.size(), GIT_OBJECT_COMMIT));
    return oid;
}

Status setRef(git_repository* repository, const std::string& where, const std::string& name, const git_oid& oid)
{
    git_reference* made = nullptr;
    TR_GIT(git_reference_create(&made, repository, name.c_str(), &oid, 0, "sample: made"));
    git_reference_free(made);
    return {};
}

Status setTag(git_repository* repository, const std::string& where, const SampleVersion& version, const git_oid& commit)
{
    git_object* made = nullptr;
    TR_GIT(git_object_lookup(&made, repository, &commit, GIT_OBJECT_COMMIT));
    const Object target(made);
    TR_ASSIGN(const Signature tagger, signatureOf(version, where));
    const std::string name = "harness/" + version.name;
    git_oid tag;
    TR_GIT(git_tag_annotation_create(&tag, repository, name.c_str(), target.get(), tagger.get(),
                                     std::string(firstLine(version.message)).c_str()));
    return setRef(repository, where, "refs/tags/" + name, tag);
}

/// Files and index of the work tree, written by ourselves: no filter and no hook has a say in it.
Status writeWorkTree(git_repository* repository, const std::string& where, const std::filesystem::path& dir,
                     const HarnessFiles& files)
{
    git_index* made = nullptr;
    TR_GIT(git_repository_index(&made, repository));
    const Index index(made);
    for (const auto& [path, bytes] : files) {
        const std::filesystem::path file = dir / path;
        std::error_code error;
        std::filesystem::create_directories(file.parent_path(), error);
        if (error) return std::unexpected(errorFromErrno(error.value(), file.string(), "creating the folder"));
        errno = 0;
        std::ofstream out(file, std::ios::binary);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        out.close();
        struct stat status = {};
        if (!out || ::lstat(file.c_str(), &status) != 0)
            return std::unexpected(errorFromErrno(errno ? errno : EIO, file.string(), "writing"));
        git_index_entry entry = {};
        entry.mode = GIT_FILEMODE_BLOB;
        entry.path = path.c_str();
        entry.file_size = static_cast<std::uint32_t>(status.st_size);
        entry.mtime = {static_cast<std::int32_t>(status.st_mtim.tv_sec), static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
        entry.ctime = {static_cast<std::int32_t>(status.st_ctim.tv_sec), static_cast<std::uint32_t>(status.st_ctim.tv_nsec)};
        entry.dev = static_cast<std::uint32_t>(status.st_dev);
        entry.ino = static_cast<std::uint32_t>(status.st_ino);
        entry.uid = status.st_uid;
        entry.gid = status.st_gid;
        TR_GIT(git_odb_hash(&entry.id, bytes.data(), bytes.size(), GIT_OBJECT_BLOB));
        TR_GIT(git_index_add(index.get(), &entry));
    }
    TR_GIT(git_index_write(index.get()));
    return {};
}

std::string headerValue(std::string_view header, std::string_view key)
{
    for (const std::string_view line : splitOn(header, '\n'))
        if (line.starts_with(key)) return std::string(trimmed(line.substr(key.size())));
    return {};
}

Result<SampleVersion> parseCommitFile(std::string_view text, std::string name)
{
    SampleVersion version;
    version.name = std::move(name);
    const auto gap = text.find("\n\n");
    const std::string_view header = text.substr(0, gap);
    const std::string author = headerValue(header, "Author:");
    const auto open = author.find(" <"), close = author.find('>');
    const auto time = parseTime(headerValue(header, "Date:"));
    if (gap == std::string_view::npos || open == std::string::npos || close == std::string::npos || !time)
        return fail(ErrorCode::Internal, "resources/sample/" + version.name, "commit.txt lacks author, date or message");
    version.authorName = author.substr(0, open);
    version.authorMail = author.substr(open + 2, close - open - 2);
    version.time = *time;
    version.base = headerValue(header, "Base:");
    version.message = text.substr(gap + 2);
    return version;
}

Result<Reference> mainLine(git_repository* repository, const std::string& where)
{
    git_reference* made = nullptr;
    if (git_repository_head_detached(repository) == 0 && git_repository_head(&made, repository) == 0) return Reference(made);
    for (const char* name : {"refs/heads/main", "refs/heads/master"})
        if (git_reference_lookup(&made, repository, name) == 0) return Reference(made);
    return fail(ErrorCode::BadRepository, where,
                "there is no main line: HEAD names no branch with a commit, and neither main nor master is there");
}

struct TreeWalk {
    git_repository* repository;
    HarnessFiles* files;
    int problem = 0;
};

int takeBlob(const char* root, const git_tree_entry* entry, void* payload)
{
    auto* walk = static_cast<TreeWalk*>(payload);
    const auto mode = git_tree_entry_filemode(entry);
    if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB || (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE))
        return 0;
    git_blob* made = nullptr;
    if (const int code = git_blob_lookup(&made, walk->repository, git_tree_entry_id(entry)); code < 0)
        return walk->problem = code;
    const Git<git_blob, git_blob_free> blob(made);
    constexpr git_object_size_t kLargest = 1 << 20;
    const auto size = git_blob_rawsize(blob.get());
    if (size > kLargest) return 0;
    (*walk->files)[std::string(root) + git_tree_entry_name(entry)] =
        std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())), static_cast<std::size_t>(size));
    return 0;
}

struct TagSearch {
    git_repository* repository;
    git_oid commit;
    std::string best;
};

int takeTag(const char* name, git_oid*, void* payload)
{
    constexpr std::string_view kPrefix = "refs/tags/harness/";
    auto* search = static_cast<TagSearch*>(payload);
    const std::string_view full(name);
    if (!full.starts_with(kPrefix)) return 0;
    git_object* made = nullptr;
    if (git_revparse_single(&made, search->repository, (std::string(full) + "^{commit}").c_str()) < 0)
        return 0; // a tag of something else
    const Object object(made);
    if (git_oid_equal(git_object_id(object.get()), &search->commit) == 0) return 0;
    const std::string label(full.substr(kPrefix.size()));
    // Several names for one commit: the longer number, then the later letter, so v10 before v9.
    if (std::pair(label.size(), label) > std::pair(search->best.size(), search->best)) search->best = label;
    return 0;
}

} // namespace

Result<SampleHarness> sampleHarness()
{
    std::map<std::string, HarnessFiles> folders; // "v1", "proposals/x" → its files
    for (const auto& [path, bytes] : embeddedSampleFiles()) {
        const bool proposal = path.starts_with("proposals/");
        auto slash = path.find('/');
        if (proposal) slash = path.find('/', slash + 1);
        if (slash == std::string_view::npos)
            return fail(ErrorCode::Internal, std::string(path), "a sample file outside of its folder");
        folders[std::string(path.substr(0, slash))][std::string(path.substr(slash + 1))] = std::string(bytes);
    }
    SampleHarness harness;
    for (auto& [folder, files] : folders) { // proposals sort before v1: collect the versions first
        if (folder.starts_with("proposals/")) continue;
        TR_ASSIGN(SampleVersion version, parseCommitFile(files["commit.txt"], folder));
        if (!harness.versions.empty()) version.files = harness.versions.back().files;
        files.erase("commit.txt");
        for (auto& [path, bytes] : files) version.files[path] = bytes;
        harness.versions.push_back(std::move(version));
    }
    for (auto& [folder, files] : folders) {
        if (!folder.starts_with("proposals/")) continue;
        TR_ASSIGN(SampleVersion proposal, parseCommitFile(files["commit.txt"], folder.substr(folder.find('/') + 1)));
        const auto base = std::ranges::find(harness.versions, proposal.base, &SampleVersion::name);
        if (base == harness.versions.end()) return fail(ErrorCode::Internal, folder, "its base is no version of the sample");
        proposal.files = base->files;
        files.erase("commit.txt");
        for (auto& [path, bytes] : files) proposal.files[path] = bytes;
        harness.proposals.push_back(std::move(proposal));
    }
    if (harness.versions.empty()) return fail(ErrorCode::Internal, "resources/sample", "there are no versions");
    return harness;
}

Result<std::vector<SampleCommit>> makeSampleRepository(const SampleHarness& harness, const std::filesystem::path& dir)
{
    const LibGit lib;
    const std::string where = dir.string();
    git_repository_init_options options;
    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags = GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    options.initial_head = "main";
    git_repository* made = nullptr;
    TR_GIT(git_repository_init_ext(&made, dir.c_str(), &options));
    const Repository repository(made);
    std::vector<SampleCommit> commits;
    std::map<std::string, git_oid> ids;
    const git_oid* parent = nullptr;
    for (const SampleVersion& version : harness.versions) {
        TR_ASSIGN(ids[version.name], writeCommit(repository.get(), where, version, parent));
        parent = &ids[version.name];
        TR_TRY(setTag(repository.get(), where, version, *parent));
        commits.push_back({version.name, hexOf(*parent), version.time});
    }
    for (const SampleVersion& proposal : harness.proposals) {
        TR_ASSIGN(const git_oid commit, writeCommit(repository.get(), where, proposal, &ids[proposal.base]));
        TR_TRY(setRef(repository.get(), where, "refs/heads/proposals/" + proposal.name, commit));
    }
    TR_TRY(setRef(repository.get(), where, "refs/heads/main", *parent));
    TR_TRY(writeWorkTree(repository.get(), where, dir, harness.versions.back().files));
    return commits;
}

Result<LiveVersion> readLiveVersion(const std::filesystem::path& repo)
{
    const LibGit lib;
    const std::string where = repo.string();
    git_repository* made = nullptr;
    TR_GIT(git_repository_open_ext(&made, repo.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr));
    const Repository repository(made);
    TR_ASSIGN(const Reference line, mainLine(repository.get(), where));
    git_object* objectMade = nullptr;
    TR_GIT(git_reference_peel(&objectMade, line.get(), GIT_OBJECT_COMMIT));
    const Object commit(objectMade);
    git_tree* treeMade = nullptr;
    TR_GIT(git_commit_tree(&treeMade, reinterpret_cast<const git_commit*>(commit.get())));
    const Tree tree(treeMade);
    LiveVersion live;
    live.commit = hexOf(*git_object_id(commit.get()));
    TreeWalk walk{repository.get(), &live.files};
    TR_GIT(git_tree_walk(tree.get(), GIT_TREEWALK_PRE, takeBlob, &walk));
    TagSearch search{repository.get(), *git_object_id(commit.get()), {}};
    TR_GIT(git_tag_foreach(repository.get(), takeTag, &search));
    live.label = search.best;
    return live;
}

} // namespace tackroom
