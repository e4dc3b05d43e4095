// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/traces/traces.h"

#include <cstddef>
#include <string>
#include <vector>

namespace tackroom
{

/// Messages that were looked at and are not kept: an ingest makes some millions of them.
class SpareMessages
{
public:
    /// An empty one.
    Message take()
    {
        if (m_messages.empty()) return {};
        Message message = std::move(m_messages.back());
        m_messages.pop_back();
        for (std::string* text : {&message.role, &message.name, &message.content, &message.toolCallId, &message.stepId})
            text->clear();
        message.toolCalls.clear();
        return message;
    }
    /// The list is empty afterwards.
    void giveBack(std::vector<Message>& messages)
    {
        for (Message& message : messages)
            if (m_messages.size() < kMost && bytesOf(message) <= kMostBytes) m_messages.push_back(std::move(message));
        messages.clear();
    }

private:
    static std::size_t bytesOf(const Message& message)
    {
        return message.role.capacity() + message.name.capacity() + message.content.capacity() + message.toolCallId.capacity() +
               message.stepId.capacity();
    }
    static constexpr std::size_t kMost = 16, kMostBytes = std::size_t{16} << 10;
    std::vector<Message> m_messages;
};
/// Those of this thread.
inline SpareMessages& spareMessages()
{
    thread_local SpareMessages spares;
    return spares;
}

} // namespace tackroom
