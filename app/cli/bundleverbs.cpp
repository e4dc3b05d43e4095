// SPDX-License-Identifier: GPL-3.0-or-later
/// export, verify
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/bundles/bundles.h"

namespace tackroom::cli
{

Result<Answer> runExport(Context& context)
{
    TR_ASSIGN(const std::string to, context.arguments.required("to"));
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const BundleMade made,
              exportBundle(*repository, context.arguments.position(1), to, context.arguments.has("replace"), context.cancel));
    std::string text = formatText("{}: {} of {} ({}), {}, not signed\n  sha256 {}\n", safeLine(made.path.string()),
                                  counted(static_cast<std::int64_t>(made.files), "file"), safeLine(made.version),
                                  shortId(made.commit.value), sizeText(made.sizeBytes), made.sha256);
    for (const auto& path : made.omitted) text += formatText("  not carried, being a link or submodule: {}\n", safeLine(path));
    return answerOf(context,
                    {{"path", made.path.string()},
                     {"version", made.version},
                     {"commit", made.commit.value},
                     {"files", made.files},
                     {"omitted", made.omitted},
                     {"sizeBytes", made.sizeBytes},
                     {"sha256", made.sha256}},
                    std::move(text));
}

Result<Answer> runVerify(Context& context)
{
    const std::string path = context.arguments.position(0);
    TR_ASSIGN(const BundleReport report, verifyBundle(path, context.cancel));
    Json json = {{"ok", report.ok},           {"problem", report.problem},     {"name", report.name},
                 {"version", report.version}, {"harnessId", report.harnessId}, {"commit", report.commit},
                 {"tree", report.tree},       {"parent", report.parent},       {"reviewer", report.reviewer},
                 {"reason", report.reason},   {"signed", report.isSigned},     {"files", report.files},
                 {"omitted", report.omitted}, {"sizeBytes", report.sizeBytes}, {"sha256", report.sha256},
                 {"contents", Json::array()}};
    for (const auto& file : report.contents)
        json["contents"].push_back({{"path", file.path},
                                    {"mode", formatText("{:04o}", file.mode)},
                                    {"sizeBytes", file.sizeBytes},
                                    {"sha256", file.sha256}});
    if (!report.ok) {
        // The document is on stdout either way; the one line on stderr is for people and scripts without --json.
        context.notices.clear();
        Answer answer = answerOf(context, std::move(json), {});
        answer.exitCode = exitCodeOf(ErrorCode::AnswerIsNo);
        answer.complaint = fail(ErrorCode::AnswerIsNo, path, report.problem).error();
        return answer;
    }
    std::string text = formatText("{}: whole, {} of {} {} ({}), {}, not signed\n", safeLine(path),
                                  counted(static_cast<std::int64_t>(report.files), "file"), safeLine(report.name),
                                  safeLine(report.version), shortId(report.commit), sizeText(report.sizeBytes));
    text += report.reviewer.empty()
                ? std::string("  a baseline: from before the first review\n")
                : formatText("  approved by {}: {}\n", safeLine(report.reviewer), safeLine(report.reason, 600));
    return answerOf(context, std::move(json), std::move(text));
}

} // namespace tackroom::cli
