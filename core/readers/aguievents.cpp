// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/aguievents.h"

#include <algorithm>
#include <array>

namespace tackroom
{

using namespace jsonvalues;

std::string agUiType(Value event)
{
    std::string type;
    const std::string_view spelled = stringOf(member(event, "type")).value_or("").substr(0, 64);
    for (const char c : spelled)
        if (c != '_' && c != '-') type += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return type;
}

bool isAgUiEvent(Value value)
{
    static constexpr auto kTypes = std::to_array<std::string_view>({"runstarted",
                                                                    "runfinished",
                                                                    "runerror",
                                                                    "stepstarted",
                                                                    "stepfinished",
                                                                    "textmessagestart",
                                                                    "textmessagecontent",
                                                                    "textmessageend",
                                                                    "textmessagechunk",
                                                                    "toolcallstart",
                                                                    "toolcallargs",
                                                                    "toolcallend",
                                                                    "toolcallchunk",
                                                                    "toolcallresult",
                                                                    "statesnapshot",
                                                                    "statedelta",
                                                                    "messagessnapshot",
                                                                    "activitysnapshot",
                                                                    "activitydelta",
                                                                    "reasoningstart",
                                                                    "reasoningend",
                                                                    "reasoningmessagestart",
                                                                    "reasoningmessagecontent",
                                                                    "reasoningmessageend",
                                                                    "reasoningmessagechunk",
                                                                    "reasoningencryptedvalue",
                                                                    "thinkingstart",
                                                                    "thinkingcontent",
                                                                    "thinkingend",
                                                                    "thinkingtextmessagestart",
                                                                    "thinkingtextmessagecontent",
                                                                    "thinkingtextmessageend"});
    const std::string type = agUiType(value);
    if (type.empty() || !std::ranges::contains(kTypes, type)) return false;
    // The words are plain ones; an id or text of the protocol has to stand beside them.
    static constexpr std::array<std::string_view, 10> kBeside{"threadId", "runId",    "messageId", "toolCallId", "delta",
                                                              "snapshot", "messages", "stepName",  "message",    "title"};
    return std::ranges::any_of(kBeside, [&](std::string_view key) { return member(value, key).has_value(); }) ||
           type.starts_with("thinking");
}

bool isAgUiRequest(Value value)
{
    return stringOf(member(value, "threadId")) && stringOf(member(value, "runId")) && isArray(member(value, "messages"));
}

} // namespace tackroom
