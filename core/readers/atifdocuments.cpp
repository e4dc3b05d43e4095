// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/atifdocuments.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>

namespace tackroom::atif
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxDocuments = 10'000;
constexpr int kMaxEmbedding = 6;
constexpr std::size_t kMaxChain = 200;

std::string_view lastOf(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool isTrajectory(Value value)
{
    const auto schema = stringOf(member(value, "schema_version"));
    return schema && schema->starts_with("ATIF-v") && isArray(member(value, "steps"));
}

/// Takes a number from the end of the text.
bool dropNumber(std::string_view& text)
{
    const auto end = text.find_last_not_of("0123456789");
    if (end == std::string_view::npos || end + 1 == text.size()) return false;
    text = text.substr(0, end + 1);
    return true;
}

} // namespace

std::string Document::nativeId() const
{
    if (sessionId.empty() || trajectoryId.empty() || trajectoryId == sessionId)
        return sessionId.empty() ? trajectoryId : sessionId;
    return sessionId + "/" + trajectoryId;
}

std::string schemaOf(Value value)
{
    if (isTrajectory(value)) return std::string(*stringOf(member(value, "schema_version")));
    simdjson::dom::object members;
    if (value.get(members) != simdjson::SUCCESS) return {};
    std::size_t seen = 0;
    for (const auto& [key, each] : members) {
        if (isTrajectory(each)) return std::string(*stringOf(member(each, "schema_version")));
        if (++seen > 32) break;
    }
    return {};
}

std::string baseSession(std::string_view session)
{
    std::string_view base = session;
    if (std::string_view cont = base; dropNumber(cont) && cont.ends_with("-cont-") && cont.size() > 6)
        return std::string(cont.substr(0, cont.size() - 6));
    if (const auto dash = base.rfind('-'); dash != std::string_view::npos) {
        constexpr std::string_view kWord = "-summarization-";
        std::string_view head = base.substr(0, dash);
        if (dropNumber(head) && head.ends_with(kWord) && head.size() > kWord.size())
            return std::string(head.substr(0, head.size() - kWord.size()));
    }
    return std::string(base);
}

bool isHarborResult(Value value)
{
    return stringOf(member(value, "trial_name")) && stringOf(member(value, "task_name")) &&
           (member(value, "verifier_result") || member(value, "agent_result"));
}

std::string Document::text() const { return file ? std::string(file->text()) : simdjson::minify(value); }

bool Documents::take(const std::string& name, JsonFile file)
{
    m_files.push_back(std::move(file));
    const Value value = m_files.back().value();
    const std::size_t before = m_documents.size();
    const std::string fileName(lastOf(name));
    if (isHarborResult(value)) {
        m_result = value;
        return true;
    }
    simdjson::dom::object members;
    if (isTrajectory(value))
        add(fileName, value, nullptr, &m_files.back(), 0);
    else if (value.get(members) == simdjson::SUCCESS)
        for (const auto& [key, each] : members)
            if (isTrajectory(each)) add(fileName, each, nullptr, nullptr, 0);
    return m_documents.size() > before;
}

void Documents::add(const std::string& fileName, Value value, const Document* parent, const JsonFile* file, int depth)
{
    if (m_documents.size() >= kMaxDocuments || depth > kMaxEmbedding) return;
    Document& document = m_documents.emplace_back();
    document.fileName = fileName;
    document.value = value;
    document.parent = parent;
    document.file = file;
    document.sessionId = textOf(member(value, "session_id"));
    document.trajectoryId = textOf(member(value, "trajectory_id"));
    if (parent) {
        m_embedded.try_emplace({parent, document.trajectoryId}, &document);
    } else {
        m_byName.try_emplace(fileName, &document);
        m_bySession.try_emplace(document.sessionId, &document);
    }
    for (const Value embedded : elementsOf(member(value, "subagent_trajectories")))
        if (isArray(member(embedded, "steps"))) add({}, embedded, &document, nullptr, depth + 1);
}

void Documents::connect()
{
    for (const Document& document : m_documents)
        for (const Value step : elementsOf(member(document.value, "steps")))
            for (const Value result : elementsOf(at(step, "observation.results")))
                for (const Value ref : elementsOf(member(result, "subagent_trajectory_ref")))
                    if (const Document* agent = subagentOf(document, ref)) m_subagents.insert(agent);
    for (const Document& head : m_documents) {
        if (m_continuations.contains(&head)) continue;
        const auto chain = chainOf(head);
        m_continuations.insert(chain.begin() + 1, chain.end());
    }
}

std::vector<const Document*> Documents::heads() const
{
    std::vector<const Document*> heads;
    for (const Document& document : m_documents)
        if (!document.parent && !m_continuations.contains(&document) && !m_subagents.contains(&document))
            heads.push_back(&document);
    // Files that refer to each other in a ring have no head: the first is as good as any.
    if (heads.empty() && !m_documents.empty()) heads.push_back(&m_documents.front());
    return heads;
}

std::vector<const Document*> Documents::chainOf(const Document& head) const
{
    std::vector<const Document*> chain{&head};
    while (chain.size() < kMaxChain) {
        const Document* next = continuationOf(*chain.back(), head, chain.size());
        if (!next || std::ranges::contains(chain, next)) break;
        chain.push_back(next);
    }
    return chain;
}

const Document* Documents::continuationOf(const Document& document, const Document& head, std::size_t number) const
{
    const auto ref = stringOf(member(document.value, "continued_trajectory_ref"));
    if (!ref || ref->empty() || document.parent) return nullptr;
    if (const auto named = m_byName.find(lastOf(*ref)); named != m_byName.end()) return named->second;
    if (head.sessionId.empty()) return nullptr;
    const auto next = m_bySession.find(formatText("{}-cont-{}", head.sessionId, number));
    return next == m_bySession.end() ? nullptr : next->second;
}

const Document* Documents::subagentOf(const Document& document, Value ref) const
{
    const std::string trajectory = textOf(member(ref, "trajectory_id"));
    const std::string path = textOf(member(ref, "trajectory_path"));
    const std::string session = textOf(member(ref, "session_id"));
    const auto other = [&](const Document* found) { return found == &document ? nullptr : found; };
    if (!trajectory.empty())
        if (const auto embedded = m_embedded.find({&document, trajectory}); embedded != m_embedded.end())
            return embedded->second;
    if (!path.empty())
        if (const auto named = m_byName.find(lastOf(path)); named != m_byName.end()) return other(named->second);
    // Since v1.7 sub-agents may share the session of their parent, so that it names nothing.
    if (session.empty() || session == document.sessionId || !trajectory.empty()) return nullptr;
    const auto found = m_bySession.find(session);
    return found == m_bySession.end() ? nullptr : other(found->second);
}

} // namespace tackroom::atif
