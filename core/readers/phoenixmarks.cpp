// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixmarks.h"

#include "core/base/json.h"

namespace tackroom
{

std::string PhoenixMarks::toText() const
{
    Json json = {{"version", 1},
                 {"trace", trace},
                 {"span", span},
                 {"cost", cost},
                 {"annotation", annotation},
                 {"traceCount", traceCount},
                 {"spanCount", spanCount},
                 {"annotationCount", annotationCount},
                 {"lastTraceId", lastTraceId},
                 {"annotatedAt", annotatedAt}};
    return dumpJson(json);
}

std::optional<PhoenixMarks> PhoenixMarks::fromText(const std::string& text)
{
    const auto json = parseJson(text, "cursor");
    if (!json || intAt(*json, "version") != 1) return std::nullopt;
    PhoenixMarks marks;
    marks.trace = intAt(*json, "trace");
    marks.span = intAt(*json, "span");
    marks.cost = intAt(*json, "cost");
    marks.traceCount = intAt(*json, "traceCount");
    marks.spanCount = intAt(*json, "spanCount");
    const Json& ids = memberAt(*json, "annotation");
    const Json& counts = memberAt(*json, "annotationCount");
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i) {
        if (ids.is_array() && i < ids.size() && ids[i].is_number_integer()) marks.annotation[i] = ids[i].get<std::int64_t>();
        if (counts.is_array() && i < counts.size() && counts[i].is_number_integer())
            marks.annotationCount[i] = counts[i].get<std::int64_t>();
    }
    marks.lastTraceId = stringAt(*json, "lastTraceId");
    marks.annotatedAt = stringAt(*json, "annotatedAt");
    return marks;
}

} // namespace tackroom
