// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Steps whose texts lie elsewhere. Of a store with a million of them, a string of its own for each text of each step costs more
/// than all the reading.
#include "core/readers/readers.h"

#include <span>
#include <string_view>

namespace tackroom
{

/// A Step, field by field.
struct StepView {
    StepView() = default;
    explicit StepView(const Step& step);
    [[nodiscard]] Step toStep() const;

    std::string_view nativeId, parentId, name, errorType, errorText, model, toolName, arguments, result, inputText, outputText;
    UtcNs start = 0, end = 0;
    std::int64_t promptTokens = 0, completionTokens = 0;
    StepKind kind = StepKind::Other;
    StepStatus status = StepStatus::Unset;
};
[[nodiscard]] std::vector<StepView> viewsOf(const std::vector<Step>& steps);

/// What a RunSink is too where it takes steps in this form.
class StepViewSink
{
public:
    virtual ~StepViewSink() = default;
    /// RunSink::add() of a run with these steps; the record has none. The texts are wanted until this returns.
    [[nodiscard]] virtual Status addWith(RunRecord record, std::span<const StepView> steps) = 0;
};

} // namespace tackroom
