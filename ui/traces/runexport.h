// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/rundetails.h"

#include <QString>

namespace tackroom::ui
{

/// One run for an issue or a mail: heading, facts, scores, decisions, conversation. Hidden characters are drawn.
[[nodiscard]] QString runAsMarkdown(const RunDetails& details, const Body& body, const QString& version);
/// {run, outcome, scores[], decisions[], findings[], steps[], messages[]} as the index and the store hold it.
[[nodiscard]] QString runAsJson(const RunDetails& details, const Body& body);

/// One step, from what the index keeps of it.
[[nodiscard]] QString stepAsMarkdown(const RunDetails& details, const Step& step);
[[nodiscard]] QString stepAsJson(const RunDetails& details, const Step& step);
/// Secrets and personal data in all texts of both, in place (core/traces/masking.h); how many.
[[nodiscard]] std::size_t maskRun(RunDetails& details, Body& body);

} // namespace tackroom::ui
