// SPDX-License-Identifier: GPL-3.0-or-later
/// sample
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/sample/sample.h"

namespace tackroom::cli
{

namespace
{

constexpr std::uint64_t kMaxRuns = 200'000;

Result<Answer> append(Context& context)
{
    const Arguments& arguments = context.arguments;
    TR_ASSIGN(const std::string repository, arguments.required("repo"));
    TR_ASSIGN(const std::string store, arguments.required("store"));
    TR_ASSIGN(const std::uint64_t runs, arguments.number("runs", 100, 1, kMaxRuns));
    // Without a seed each call plays other customers: the last run's time decides.
    TR_ASSIGN(const std::uint64_t seed, arguments.number("seed", static_cast<std::uint64_t>(utcNow()), 0, ~std::uint64_t{0}));
    TR_ASSIGN(const Appended added,
              appendRuns(repository, store, static_cast<int>(runs), seed, context.cancel, context.progress));
    const std::string version = added.version.empty() ? shortId(added.commit) : added.version;
    return answerOf(context,
                    {{"runs", added.runs},
                     {"failed", added.failed},
                     {"commit", added.commit},
                     {"version", added.version},
                     {"first", jsonTime(added.first)},
                     {"last", jsonTime(added.last)},
                     {"seed", seed}},
                    formatText("{} played with {}, {} of them failed. No model was used.\n", counted(added.runs, "run"),
                               safeLine(version), formatCount(static_cast<std::uint64_t>(added.failed))));
}

} // namespace

Result<Answer> runSample(Context& context)
{
    const Arguments& arguments = context.arguments;
    const bool appends = arguments.has("repo") || arguments.has("store");
    if (appends && !arguments.positions().empty())
        return fail(ErrorCode::Usage, "sample", "either DIR, or --repo and --store, not both");
    if (appends) return append(context);
    if (arguments.positions().empty())
        return fail(ErrorCode::Usage, "sample", "DIR is missing, or --repo and --store", "tackroom-cli sample --help");
    SampleOptions options;
    TR_ASSIGN(const std::uint64_t runs, arguments.number("runs", static_cast<std::uint64_t>(options.runs), 1, kMaxRuns));
    TR_ASSIGN(options.seed, arguments.number("seed", options.seed, 0, ~std::uint64_t{0}));
    options.runs = static_cast<int>(runs);
    TR_ASSIGN(const SampleMade made, makeSample(arguments.position(0), options, context.cancel, context.progress));
    return answerOf(
        context,
        {{"store", made.store.string()},
         {"harness", made.harness.string()},
         {"truth", made.truth.string()},
         {"runs", made.runs},
         {"made", made.made}},
        formatText("{}\n  store    {}\n  harness  {}\n  truth    {}\n  {}. This is a played sample; no model was used.\n",
                   made.made ? "Made the sample:" : "The sample was there already and is kept as it is:",
                   safeLine(made.store.string()), safeLine(made.harness.string()), safeLine(made.truth.string()),
                   counted(made.runs, "run")));
}

} // namespace tackroom::cli
