// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// For tests of spans: spans made from JSON, and messages as one line each, to compare them.
#include "core/base/format.h"
#include "core/readers/spans.h"
#include "core/traces/traces.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tackroom::testing
{

/// A span made from JSON, with the parsers that keep it alive.
class Made
{
public:
    explicit Made(std::string name, std::string_view attributes, std::string scope = {})
    {
        span.traceId = "t";
        span.spanId = "s";
        span.name = std::move(name);
        span.scope = std::move(scope);
        span.attributes.addMembers(parse(attributes));
    }
    Made& event(std::string name, std::string_view attributes)
    {
        SpanEvent& made = span.events.emplace_back();
        made.name = std::move(name);
        made.attributes.addMembers(parse(attributes));
        return *this;
    }
    [[nodiscard]] NormalisedSpan normal(bool bodies = true) const { return normaliseSpan(span, bodies); }
    Span span;

private:
    jsonvalues::Value parse(std::string_view text)
    {
        auto& parser = m_parsers.emplace_back(std::make_unique<jsonvalues::Parser>());
        const auto value = parser->parse(text);
        EXPECT_TRUE(value) << text;
        return value.value_or(jsonvalues::Value());
    }
    std::vector<std::unique_ptr<jsonvalues::Parser>> m_parsers;
};

[[nodiscard]] inline std::string shown(const Message& message)
{
    std::string text = message.role + ": " + message.content;
    if (!message.toolCallId.empty()) text += " <" + message.toolCallId + ">";
    for (const auto& call : message.toolCalls) text += formatText(" {}:{}({})", call.id, call.name, call.arguments);
    return text;
}
[[nodiscard]] inline std::vector<std::string> shown(const std::vector<Message>& messages)
{
    std::vector<std::string> texts;
    for (const auto& message : messages) texts.push_back(shown(message));
    return texts;
}

} // namespace tackroom::testing
