// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/jsonfile.h"

#include "core/base/format.h"
#include "core/base/text.h"

namespace tackroom
{

struct JsonFile::Data {
    std::string bytes;
    std::string_view text;
    jsonvalues::Parser parser;
    jsonvalues::Value value;
};

Result<JsonFile> JsonFile::read(const InputFile& file)
{
    if (file.sizeBytes() > kMaxWholeJsonBytes)
        return fail(ErrorCode::Refused, file.path().string(),
                    formatText("one JSON value of more than {} MiB", kMaxWholeJsonBytes >> 20));
    auto data = std::make_unique<Data>();
    TR_ASSIGN(data->bytes, file.read(0, static_cast<std::size_t>(file.sizeBytes())));
    const std::size_t size = data->bytes.size();
    data->bytes.append(simdjson::SIMDJSON_PADDING, '\0');
    data->text = std::string_view(data->bytes).substr(0, size);
    if (data->text.starts_with("\xEF\xBB\xBF")) data->text.remove_prefix(3);
    auto value = data->parser.parse(data->text, true);
    if (!value) {
        value.error().where = file.path().string();
        return std::unexpected(value.error());
    }
    data->value = *value;
    return JsonFile(std::move(data));
}

JsonFile::JsonFile(std::unique_ptr<Data> data) : d(std::move(data)) {}
JsonFile::JsonFile(JsonFile&&) noexcept = default;
JsonFile& JsonFile::operator=(JsonFile&&) noexcept = default;
JsonFile::~JsonFile() = default;
jsonvalues::Value JsonFile::value() const { return d->value; }
std::string_view JsonFile::text() const { return d->text; }

std::vector<jsonvalues::Value> elementsOf(std::optional<jsonvalues::Value> value)
{
    std::vector<jsonvalues::Value> elements;
    simdjson::dom::array array;
    if (value && value->get(array) == simdjson::SUCCESS)
        for (const jsonvalues::Value element : array) elements.push_back(element);
    return elements;
}

std::optional<jsonvalues::Value> firstOf(jsonvalues::Value value, std::initializer_list<std::string_view> paths)
{
    for (const std::string_view path : paths)
        if (const auto found = jsonvalues::at(value, path); found && !found->is_null()) return found;
    return std::nullopt;
}

} // namespace tackroom
