// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/stepview.h"

namespace tackroom
{

StepView::StepView(const Step& step)
    : nativeId(step.nativeId),
      parentId(step.parentId),
      name(step.name),
      errorType(step.errorType),
      errorText(step.errorText),
      model(step.model),
      toolName(step.toolName),
      arguments(step.arguments),
      result(step.result),
      inputText(step.inputText),
      outputText(step.outputText),
      start(step.start),
      end(step.end),
      promptTokens(step.promptTokens),
      completionTokens(step.completionTokens),
      kind(step.kind),
      status(step.status)
{
}

Step StepView::toStep() const
{
    Step step;
    step.nativeId = nativeId;
    step.parentId = parentId;
    step.kind = kind;
    step.name = name;
    step.start = start;
    step.end = end;
    step.status = status;
    step.errorType = errorType;
    step.errorText = errorText;
    step.model = model;
    step.toolName = toolName;
    step.arguments = arguments;
    step.result = result;
    step.inputText = inputText;
    step.outputText = outputText;
    step.promptTokens = promptTokens;
    step.completionTokens = completionTokens;
    return step;
}

std::vector<StepView> viewsOf(const std::vector<Step>& steps) { return {steps.begin(), steps.end()}; }

} // namespace tackroom
