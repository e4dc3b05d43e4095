// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A session of a coding agent (Claude Code, Codex) as it is put together from its lines: messages with what is known of each,
/// things that happened between them, decisions about tool calls. finish() makes the run of it, with the steps of
/// conversation.h.
#include "core/readers/fileformat.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tackroom
{

class SessionLog
{
public:
    /// What is known of a message besides its words.
    struct Facts {
        UtcNs start = 0, end = 0;
        std::string model;
        std::int64_t promptTokens = 0, completionTokens = 0;
        bool isError = false;
        std::string errorType, errorText;
        std::string chain; ///< of a sub-agent within the session; empty: the agent itself
        std::string words; ///< what was said aloud: the content without the thoughts
    };

    explicit SessionLog(bool bodies) : m_bodies(bodies) {}

    /// Its place. Texts are cut to what the index takes where no bodies are wanted.
    std::size_t add(Message message, Facts facts);
    [[nodiscard]] Message& message(std::size_t at) { return m_messages[at]; }
    [[nodiscard]] Facts& facts(std::size_t at) { return m_facts[at]; }
    [[nodiscard]] std::size_t size() const { return m_messages.size(); }
    /// More words of a message that is there.
    void addWords(std::size_t at, std::string_view words);
    /// What the model thought: in the conversation as "[thinking] …", in no answer.
    void addThought(std::size_t at, std::string_view thought);
    /// The message that made the call, and which of its calls it is.
    [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> caller(std::string_view callId) const;
    void addCall(std::size_t at, Message::ToolCall call);
    /// Something that happened after the messages so far: a compaction, an error. Ids are given by finish().
    void addStep(Step step);
    /// A decision about a tool call, or (without a call) about what the agent did last.
    void addDecision(HumanDecision decision, std::string callId);
    /// A sub-agent's part within the session, below the call whose arguments hold its prompt.
    void addChain(std::string chain, std::string name, std::string prompt);

    void finish(ParsedRun& run);

private:
    struct Chain {
        std::string id, name, prompt;
    };
    [[nodiscard]] std::string bounded(std::string text) const;
    void append(std::size_t at, std::string_view text);
    void applyFacts(ParsedRun& run) const;
    void nestChains(ParsedRun& run) const;
    void addOtherSteps(ParsedRun& run);
    void addDecisions(ParsedRun& run);

    bool m_bodies;
    std::vector<Message> m_messages;
    std::vector<Facts> m_facts;
    std::map<std::string, std::pair<std::size_t, std::size_t>, std::less<>> m_callers;
    std::vector<std::pair<std::size_t, Step>> m_others; ///< with the number of messages before it
    struct Decided {
        HumanDecision decision;
        std::string callId;
        std::size_t messages;
    };
    std::vector<Decided> m_decisions;
    std::vector<Chain> m_chains;
};

} // namespace tackroom
