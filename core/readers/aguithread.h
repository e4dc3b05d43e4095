// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The runs of AG-UI events and requests (agui.h says how they are mapped).
#include "core/readers/fileformat.h"

#include <memory>
#include <string>
#include <vector>

namespace tackroom
{

class AgUiThread
{
public:
    explicit AgUiThread(bool bodies);
    ~AgUiThread();
    /// A new list of events begins; what it tells of runs that are known already is left out.
    void beginList();
    void addEvent(jsonvalues::Value event, std::string_view text, const FileRange& place);
    void addRequest(jsonvalues::Value request, std::string_view text, const FileRange& place);
    [[nodiscard]] std::vector<ParsedRun> finish(bool contentKeys);

private:
    struct OneRun;
    struct Data;
    std::unique_ptr<Data> d;
};

} // namespace tackroom
