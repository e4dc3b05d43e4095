// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/jsonfile.h"

#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

/// How ATIF trajectories refer to each other; used by atif.cpp alone.
namespace tackroom::atif
{

/// One trajectory: a file, a member of a file, or embedded in another one.
struct Document {
    std::string fileName; ///< without folders; empty where it is embedded
    std::string sessionId, trajectoryId;
    jsonvalues::Value value;
    const Document* parent = nullptr; ///< that it is embedded in
    const JsonFile* file = nullptr;   ///< that is this and nothing else
    [[nodiscard]] std::string nativeId() const;
    /// As it is written.
    [[nodiscard]] std::string text() const;
};

/// "ATIF-v1.6" of a trajectory, or of the first one in an object of them; empty where there is none.
[[nodiscard]] std::string schemaOf(jsonvalues::Value value);
/// Without "-cont-<n>" and "-summarization-<n>-<what>" at its end.
[[nodiscard]] std::string baseSession(std::string_view session);
[[nodiscard]] bool isHarborResult(jsonvalues::Value value);

/// The trajectories that are read together.
class Documents
{
public:
    /// False where there is nothing of ATIF in it.
    bool take(const std::string& name, JsonFile file);
    /// When all are there: who continues whom, and who is whose sub-agent.
    void connect();
    /// Those that are runs of their own, in the order of their files.
    [[nodiscard]] std::vector<const Document*> heads() const;
    /// The head, and what continues it.
    [[nodiscard]] std::vector<const Document*> chainOf(const Document& head) const;
    [[nodiscard]] const Document* subagentOf(const Document& document, jsonvalues::Value ref) const;
    [[nodiscard]] std::optional<jsonvalues::Value> harborResult() const { return m_result; }

private:
    void add(const std::string& fileName, jsonvalues::Value value, const Document* parent, const JsonFile* file, int depth);
    [[nodiscard]] const Document* continuationOf(const Document& document, const Document& head, std::size_t number) const;
    std::list<Document> m_documents;
    std::list<JsonFile> m_files;
    std::optional<jsonvalues::Value> m_result;
    std::map<std::string, const Document*, std::less<>> m_byName, m_bySession;     ///< of those that are not embedded
    std::map<std::pair<const Document*, std::string>, const Document*> m_embedded; ///< by parent and trajectory id
    std::set<const Document*> m_continuations, m_subagents;
};

} // namespace tackroom::atif
