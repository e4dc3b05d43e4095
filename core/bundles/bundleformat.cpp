// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bundles/bundleformat.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/diff/patch.h"

#include <openssl/evp.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

namespace tackroom
{

namespace
{

constexpr std::string_view kManifestName = "manifest.json";
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kPrefixBytes = 155;

bool isHex(std::string_view text, std::size_t digits)
{
    return text.size() == digits &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::unexpected<Error> wrong(std::string detail)
{
    return fail(ErrorCode::Damaged, std::string(kManifestName), std::move(detail));
}

/// What file systems that fold case and compose characters make of a path.
std::string folded(std::string_view path)
{
    auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(path.data(), static_cast<int32_t>(path.size())));
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    text.foldCase();
    if (U_SUCCESS(status)) {
        const icu::UnicodeString composed = nfc->normalize(text, status);
        if (U_SUCCESS(status)) text = composed;
    }
    std::string out;
    text.toUTF8String(out);
    return out;
}

void putField(std::string& header, std::size_t at, std::string_view text)
{
    std::memcpy(header.data() + at, text.data(), text.size());
}

/// Where name begins in a path that is too long for the name field; npos where it cannot be cut.
std::size_t nameStart(std::string_view path)
{
    if (path.size() <= kNameBytes) return 0;
    const std::size_t slash = path.find('/', path.size() - kNameBytes - 1);
    if (slash == std::string_view::npos || slash == 0 || slash > kPrefixBytes || slash + 1 == path.size())
        return std::string_view::npos;
    return slash + 1;
}

Status checkTexts(const BundleManifest& m)
{
    if (!isHex(m.commit, 40)) return wrong("`commit` is not a commit id");
    if (!isHex(m.tree, 40)) return wrong("`tree` is not a tree id");
    if (!m.parent.empty() && !isHex(m.parent, 40)) return wrong("`parent` is not a commit id");
    if (m.version.empty()) return wrong("`version` is empty");
    if (m.decision && !parseTime(m.decision->time)) return wrong("the time of the decision is not a time");
    for (const auto& file : m.files)
        if (!isHex(file.sha256, 64)) return wrong(formatText("the SHA-256 of {} is not one", file.path));
    for (const auto& entry : m.omitted)
        if (!isHex(entry.object, 40)) return wrong(formatText("the object of {} is not one", entry.path));
    return {};
}

Result<BundleManifest> fieldsOf(const Json& json)
{
    BundleManifest m;
    m.name = stringAt(json, "name");
    m.harnessId = stringAt(json, "harnessId");
    m.version = stringAt(json, "version");
    m.commit = stringAt(json, "commit");
    m.tree = stringAt(json, "tree");
    m.parent = stringAt(json, "parent");
    if (const Json& d = memberAt(json, "decision"); d.is_object())
        m.decision = {stringAt(d, "kind"), stringAt(d, "proposal"), stringAt(d, "reason"), stringAt(d, "reviewer"),
                      stringAt(d, "time")};
    for (const Json& f : memberAt(json, "files")) {
        const std::string mode = stringAt(f, "mode");
        if (mode != "0644" && mode != "0755") return wrong(formatText("{} has the mode '{}'", stringAt(f, "path"), mode));
        const std::int64_t size = intAt(f, "size", -1);
        if (size < 0) return wrong(formatText("{} has no size", stringAt(f, "path")));
        m.files.push_back(
            {stringAt(f, "path"), mode == "0755" ? 0755U : 0644U, static_cast<std::uint64_t>(size), stringAt(f, "sha256")});
    }
    for (const Json& o : memberAt(json, "omitted")) {
        const std::string mode = stringAt(o, "mode");
        if (mode != "120000" && mode != "160000") return wrong(formatText("{} has the mode '{}'", stringAt(o, "path"), mode));
        m.omitted.push_back({stringAt(o, "path"), mode == "120000" ? 0120000U : 0160000U, stringAt(o, "object")});
    }
    return m;
}

/// The id of the tree of the leaves whose paths begin with `depth` bytes in common. They are sorted by path.
std::string treeOf(std::span<const TreeLeaf> leaves, std::size_t depth)
{
    // git sorts folders as if their names ended in '/'.
    std::map<std::string, std::pair<std::string, std::string>> entries; // sort key -> mode and name, object
    for (std::size_t i = 0; i < leaves.size();) {
        const std::string_view rest = std::string_view(leaves[i].path).substr(depth);
        const std::size_t slash = rest.find('/');
        if (slash == std::string_view::npos) {
            entries[std::string(rest)] = {formatText("{:o} {}", leaves[i].gitMode, rest), leaves[i].object};
            ++i;
            continue;
        }
        const std::string_view folder = rest.substr(0, slash + 1);
        std::size_t end = i;
        while (end < leaves.size() && std::string_view(leaves[end].path).substr(depth).starts_with(folder)) ++end;
        entries[std::string(folder)] = {formatText("40000 {}", folder.substr(0, slash)),
                                        treeOf(leaves.subspan(i, end - i), depth + slash + 1)};
        i = end;
    }
    std::string body;
    for (const auto& [key, entry] : entries) {
        body += entry.first;
        body += '\0';
        for (std::size_t i = 0; i + 1 < entry.second.size(); i += 2) {
            const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
            body += static_cast<char>(digit(entry.second[i]) * 16 + digit(entry.second[i + 1]));
        }
    }
    return sha1Hex(formatText("tree {}", body.size()) + '\0' + body);
}

} // namespace

std::string manifestText(const BundleManifest& m)
{
    // nlohmann::json, unlike ordered_json, keeps the keys of an object sorted by bytes.
    using Sorted = nlohmann::json;
    Sorted json = {{"schema", kBundleSchema},   {"name", m.name},      {"harnessId", m.harnessId},
                   {"version", m.version},      {"commit", m.commit},  {"tree", m.tree},
                   {"parent", m.parent},        {"decision", nullptr}, {"files", Sorted::array()},
                   {"omitted", Sorted::array()}};
    if (m.decision)
        json["decision"] = {{"kind", m.decision->kind},
                            {"proposal", m.decision->proposal},
                            {"reason", m.decision->reason},
                            {"reviewer", m.decision->reviewer},
                            {"time", m.decision->time}};
    for (const auto& file : m.files)
        json["files"].push_back({{"path", file.path},
                                 {"mode", formatText("{:04o}", file.mode)},
                                 {"size", file.sizeBytes},
                                 {"sha256", file.sha256}});
    for (const auto& entry : m.omitted)
        json["omitted"].push_back(
            {{"path", entry.path}, {"mode", formatText("{:o}", entry.gitMode)}, {"object", entry.object}});
    return json.dump(-1, ' ', false, Sorted::error_handler_t::replace);
}

Result<BundleManifest> parseManifestText(std::string_view text)
{
    auto json = parseJson(text, std::string(kManifestName));
    if (!json) return wrong(json.error().detail);
    if (!json->is_object()) return wrong("it is not a JSON object");
    if (stringAt(*json, "schema") != kBundleSchema) return wrong(formatText("its schema is not {}", kBundleSchema));
    if (!memberAt(*json, "files").is_array()) return wrong("it has no list of files");
    if (!memberAt(*json, "omitted").is_array()) return wrong("it has no list of what was omitted");
    TR_ASSIGN(BundleManifest manifest, fieldsOf(*json));
    TR_TRY(checkTexts(manifest));
    TR_TRY(checkBundlePaths(manifest));
    if (manifestText(manifest) != text)
        return wrong("it is not written in the canonical form, or has members that this schema does not know");
    return manifest;
}

Status checkBundlePaths(const BundleManifest& m)
{
    const std::string where(kManifestName);
    if (m.files.size() + m.omitted.size() > kMaxBundleFiles)
        return fail(ErrorCode::Refused, where, formatText("there are more than {} files", kMaxBundleFiles));
    const auto byPath = [](const auto& a, const auto& b) { return a.path < b.path; };
    if (!std::ranges::is_sorted(m.files, byPath) || !std::ranges::is_sorted(m.omitted, byPath))
        return fail(ErrorCode::Refused, where, "the files are not sorted by their paths");

    std::map<std::string, std::string> names; // folded -> as written
    std::vector<std::string> paths;
    for (const auto& file : m.files) paths.push_back(file.path);
    for (const auto& entry : m.omitted) paths.push_back(entry.path);
    for (const auto& path : paths) {
        if (auto ok = checkPatchPath(path); !ok)
            return fail(ErrorCode::Refused, path,
                        ok.error().detail.empty() ? "this path cannot be unpacked safely" : ok.error().detail);
        if (!isUtf8(path)) return fail(ErrorCode::Refused, path, "the path is not well-formed UTF-8");
        const auto [at, isNew] = names.emplace(folded(path), path);
        if (!isNew)
            return fail(ErrorCode::Refused, path,
                        at->second == path ? "the path occurs twice"
                                           : formatText("the path differs only in case from {}", at->second));
    }
    std::map<std::string, std::string> folders; // folded -> as written: "Skills/a" and "skills/b" become one folder elsewhere
    for (const auto& path : paths) {
        for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
            const std::string folder = path.substr(0, slash);
            const std::string key = folded(folder);
            if (names.contains(key))
                return fail(ErrorCode::Refused, path, formatText("{} is a file and a folder", names.at(key)));
            const auto [at, isNew] = folders.emplace(key, folder);
            if (!isNew && at->second != folder)
                return fail(ErrorCode::Refused, path, formatText("its folder differs only in case from {}", at->second));
        }
    }
    return {};
}

Result<std::string> tarHeader(std::string_view path, unsigned mode, std::uint64_t sizeBytes)
{
    const std::size_t name = nameStart(path);
    if (name == std::string_view::npos || path.empty())
        return fail(ErrorCode::Refused, std::string(path), "the path is too long for a bundle",
                    "a name may have 100 bytes, the folders before it 155");
    if (sizeBytes > kMaxBundleBytes)
        return fail(ErrorCode::Refused, std::string(path), "the file is larger than a bundle may be (1 GiB)");
    std::string header(kBlockBytes, '\0');
    putField(header, 0, path.substr(name));
    putField(header, 100, formatText("{:07o}", mode));
    putField(header, 108, "0000000");
    putField(header, 116, "0000000");
    putField(header, 124, formatText("{:011o}", sizeBytes));
    putField(header, 136, "00000000000");
    putField(header, 148, "        ");
    putField(header, 156, "0");
    putField(header, 257, "ustar");
    putField(header, 263, "00");
    putField(header, 329, "0000000");
    putField(header, 337, "0000000");
    if (name > 0) putField(header, 345, path.substr(0, name - 1));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    putField(header, 148, formatText("{:06o}", sum));
    header[154] = '\0';
    header[155] = ' ';
    return header;
}

std::size_t tarPadding(std::uint64_t sizeBytes) { return (kBlockBytes - sizeBytes % kBlockBytes) % kBlockBytes; }

std::string gitTreeId(std::vector<TreeLeaf> leaves)
{
    std::ranges::sort(leaves, {}, &TreeLeaf::path);
    return treeOf(leaves, 0);
}

GitBlobHash::GitBlobHash(std::uint64_t sizeBytes) : m_context(EVP_MD_CTX_new())
{
    EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(m_context), EVP_sha1(), nullptr);
    add(formatText("blob {}", sizeBytes) + '\0');
}

GitBlobHash::~GitBlobHash() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(m_context)); }

void GitBlobHash::add(std::string_view bytes)
{
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(m_context), bytes.data(), bytes.size());
}

std::string GitBlobHash::hex()
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(m_context), digest, &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) out += formatText("{:02x}", digest[i]);
    return out;
}

std::string gitBlobId(std::string_view bytes)
{
    GitBlobHash hash(bytes.size());
    hash.add(bytes);
    return hash.hex();
}

} // namespace tackroom
