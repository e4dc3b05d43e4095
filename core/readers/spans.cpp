// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/spans.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tackroom
{

using namespace jsonvalues;

namespace
{

constexpr int kMaxDepth = 32; ///< of objects that are flattened; what lies deeper is left out

std::string joinedPath(std::string_view prefix, std::string_view key)
{
    std::string whole;
    whole.reserve(prefix.size() + key.size() + 1);
    whole += prefix;
    whole += '.';
    whole += key;
    return whole;
}

/// The one member of an OTLP AnyValue, with its name.
struct AnyValue {
    std::string_view type;
    std::optional<Value> value;
};
AnyValue anyValueOf(Value value)
{
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return {};
    for (const auto field : object)
        if (field.key.ends_with("alue") || field.key.find("alue") != std::string_view::npos) return {field.key, field.value};
    return {};
}

bool isType(std::string_view type, std::string_view camel, std::string_view snake) { return type == camel || type == snake; }

void appendQuoted(std::string& json, std::string_view text)
{
    json += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view kHex = "0123456789abcdef";
            json += "\\u00";
            json += kHex[static_cast<unsigned char>(c) >> 4];
            json += kHex[static_cast<unsigned char>(c) & 15];
        } else
            json += c;
    }
    json += '"';
}

std::optional<Value> valuesOf(Value list)
{
    if (isArray(list)) return list;
    return member(list, "values");
}

/// An OTLP AnyValue as plain JSON.
void appendPlain(std::string& json, Value any, int depth)
{
    const auto [type, value] = anyValueOf(any);
    if (!value || depth > kMaxDepth) {
        json += "null";
        return;
    }
    if (isType(type, "arrayValue", "array_value")) {
        json += '[';
        simdjson::dom::array items;
        bool first = true;
        if (const auto values = valuesOf(*value); values && values->get(items) == simdjson::SUCCESS)
            for (const Value item : items) {
                if (!std::exchange(first, false)) json += ',';
                appendPlain(json, item, depth + 1);
            }
        json += ']';
    } else if (isType(type, "kvlistValue", "kvlist_value")) {
        json += '{';
        simdjson::dom::array items;
        bool first = true;
        if (const auto values = valuesOf(*value); values && values->get(items) == simdjson::SUCCESS)
            for (const Value item : items) {
                const auto inner = member(item, "value");
                if (!inner) continue;
                if (!std::exchange(first, false)) json += ',';
                appendQuoted(json, stringOf(member(item, "key")).value_or(""));
                json += ':';
                appendPlain(json, *inner, depth + 1);
            }
        json += '}';
    } else if (const auto text = stringOf(value);
               text && !isType(type, "stringValue", "string_value") && !isType(type, "bytesValue", "bytes_value"))
        json += *text; // numbers that OTLP writes as texts
    else
        json += simdjson::minify(*value);
}

std::optional<double> numberIn(std::string_view text)
{
    text = trimmed(text);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

} // namespace

void Span::clear()
{
    for (std::string* text : {&traceId, &spanId, &parentId, &name, &scope, &statusText}) text->clear();
    start = end = 0;
    status = StepStatus::Unset;
    attributes.clear();
    events.clear();
    resource = nullptr;
    resourceVersion = nullptr;
    isEventOnly = false;
}

const SpanAttributes::Entry* SpanAttributes::search(const AttributeKey& key) const
{
    for (std::size_t i = 0; i < m_hashes.size(); ++i)
        if (m_hashes[i] == key.hash() && m_entries[i].key == key.text()) return &m_entries[i];
    return nullptr;
}

SpanAttributes::Entry& SpanAttributes::push(const AttributeKey& key)
{
    const std::uint32_t bit = key.hash() % kSeenBits;
    m_seen[bit / 64] |= std::uint64_t{1} << (bit % 64);
    if (!key.text().empty()) m_firstLetters |= std::uint64_t{1} << (static_cast<unsigned char>(key.text().front()) % 64);
    m_hashes.push_back(key.hash());
    Entry& entry = m_entries.emplace_back();
    entry.key = key.text();
    return entry;
}

void SpanAttributes::clear()
{
    m_seen = {};
    m_firstLetters = 0;
    m_hashes.clear();
    m_entries.clear();
    m_owned.clear();
}

void SpanAttributes::add(std::string_view key, Value value) { addAt(key, value, 0); }

void SpanAttributes::addAt(std::string_view key, Value value, int depth)
{
    if (value.is_null() || depth > kMaxDepth) return;
    if (const auto text = stringOf(value)) {
        push(key).text = *text;
        return;
    }
    Entry& entry = push(key);
    entry.form = Form::Json;
    entry.value = value;
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return;
    for (const auto field : object) addAt(keep(joinedPath(key, field.key)), field.value, depth + 1);
}

void SpanAttributes::addMembers(Value object)
{
    simdjson::dom::object members;
    if (object.get(members) != simdjson::SUCCESS) return;
    for (const auto field : members) addAt(field.key, field.value, 0);
}

void SpanAttributes::addOtlp(Value keyValues) { addOtlpAt({}, keyValues, 0); }

void SpanAttributes::addOtlpAt(std::string_view prefix, Value keyValues, int depth)
{
    simdjson::dom::array items;
    if (depth > kMaxDepth || keyValues.get(items) != simdjson::SUCCESS) return;
    for (const Value item : items) {
        simdjson::dom::object fields;
        if (item.get(fields) != simdjson::SUCCESS) continue;
        std::optional<Value> key, value;
        for (const auto field : fields) {
            if (!key && field.key == "key") key = field.value;
            if (!value && field.key == "value") value = field.value;
        }
        const auto name = stringOf(key);
        if (!name || !value) continue;
        addOtlpValue(prefix.empty() ? *name : keep(joinedPath(prefix, *name)), *value, depth);
    }
}

void SpanAttributes::addOtlpValue(std::string_view key, Value value, int depth)
{
    const auto [type, inner] = anyValueOf(value);
    if (!inner || inner->is_null()) return;
    if (const auto text = stringOf(inner)) {
        push(key).text = *text;
        return;
    }
    Entry& entry = push(key);
    const bool isList = isType(type, "kvlistValue", "kvlist_value");
    entry.form = isList || isType(type, "arrayValue", "array_value") ? Form::Otlp : Form::Json;
    entry.value = entry.form == Form::Otlp ? value : *inner;
    if (!isList) return;
    if (const auto values = valuesOf(*inner)) addOtlpAt(key, *values, depth + 1);
}

void SpanAttributes::addOtlpBody(Value anyValue)
{
    const auto [type, inner] = anyValueOf(anyValue);
    if (!inner) return;
    if (const auto values = valuesOf(*inner); values && isType(type, "kvlistValue", "kvlist_value"))
        addOtlpAt({}, *values, 0);
    else
        addOtlpValue("content", anyValue, 0);
}

void SpanAttributes::addText(std::string_view key, std::string_view text) { push(key).text = text; }

void SpanAttributes::addNumber(std::string_view key, double number)
{
    if (!std::isfinite(number)) return;
    Entry& entry = push(key);
    entry.form = Form::Number;
    entry.number = number;
}

void SpanAttributes::addOwned(std::string key, std::string text)
{
    const std::string_view kept = keep(std::move(key));
    push(kept).text = keep(std::move(text));
}

void SpanAttributes::addEncoded(std::string_view key, std::string_view json)
{
    const std::string_view bare = trimmed(json);
    if (bare == "null") return;
    if (bare.starts_with('"')) {
        thread_local Parser parser;
        if (const auto value = parser.parse(bare))
            if (const auto text = stringOf(*value)) {
                push(key).text = keep(std::string(*text));
                return;
            }
    }
    addText(key, json);
}

std::string SpanAttributes::textOf(const Entry& entry)
{
    switch (entry.form) {
    case Form::Text:
        return std::string(entry.text);
    case Form::Number: {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, entry.number).ptr;
        return {digits, end};
    }
    case Form::Json:
        return jsonvalues::textOf(entry.value);
    case Form::Otlp: {
        std::string json;
        appendPlain(json, entry.value, 0);
        return json;
    }
    }
    return {};
}

std::string SpanAttributes::text(const AttributeKey& key) const
{
    const Entry* entry = find(key);
    return entry ? textOf(*entry) : std::string();
}

std::optional<std::string_view> SpanAttributes::view(const AttributeKey& key) const
{
    const Entry* entry = find(key);
    if (!entry || entry->form != Form::Text) return std::nullopt;
    return entry->text;
}

std::string SpanAttributes::firstText(std::initializer_list<AttributeKey> keys) const
{
    for (const AttributeKey& key : keys)
        if (const Entry* entry = find(key))
            if (std::string text = textOf(*entry); !text.empty()) return text;
    return {};
}

std::optional<Value> SpanAttributes::json(const AttributeKey& key) const
{
    const Entry* entry = find(key);
    if (!entry || entry->form != Form::Json || !(entry->value.is_array() || entry->value.is_object())) return std::nullopt;
    return entry->value;
}

std::optional<double> SpanAttributes::number(const AttributeKey& key) const
{
    const Entry* entry = find(key);
    if (!entry) return std::nullopt;
    if (entry->form == Form::Number) return entry->number;
    if (entry->form == Form::Text) return numberIn(entry->text);
    return entry->form == Form::Json ? numberOf(entry->value) : std::nullopt;
}

std::int64_t SpanAttributes::integer(const AttributeKey& key) const
{
    const Entry* entry = find(key);
    if (!entry) return 0;
    if (entry->form == Form::Json) return integerOf(entry->value);
    if (entry->form == Form::Text) {
        const std::string_view text = trimmed(entry->text);
        std::int64_t whole = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
        if (error == std::errc() && end == text.data() + text.size()) return whole;
    }
    const auto real = number(key);
    return real && std::abs(*real) < 9e15 ? static_cast<std::int64_t>(*real) : 0;
}

std::int64_t SpanAttributes::firstInteger(std::initializer_list<AttributeKey> keys) const
{
    for (const AttributeKey& key : keys)
        if (has(key)) return integer(key);
    return 0;
}

bool SpanAttributes::hasPrefix(std::string_view prefix) const
{
    return mayBegin(prefix) &&
           std::ranges::any_of(m_entries, [&](const Entry& entry) { return entry.key.starts_with(prefix); });
}

std::vector<std::string_view> SpanAttributes::keysBelow(std::string_view prefix) const
{
    std::vector<std::string_view> keys;
    for (const Entry& entry : m_entries)
        if (entry.key.starts_with(prefix)) keys.push_back(entry.key);
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    return keys;
}

} // namespace tackroom
