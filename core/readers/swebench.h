// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

#include <map>
#include <string>
#include <string_view>

namespace tackroom
{

/// What SWE-bench's harness (or sb-cli) says of the instances of a run: it has no traces, and its words go to the runs of the
/// files beside it. Forms, told by their keys:
///   a report        {"resolved_ids":[…],"unresolved_ids":[…],"empty_patch_ids":[…],"error_ids":[…],…}; ids that are only
///                   among incomplete_ids or submitted_ids were not judged
///   of one instance {"<instance>":{"resolved":true,"patch_successfully_applied":true,"tests_status":{…}}}
///   older results   {"resolved":[…],"generated":[…],"applied":[…],"no_generation":[…]}: generated and not resolved is not
///
/// One file says a verdict of every run whose file lies in its folder or below, and whose native id (else the name of its file
/// without endings) is the instance's; of several the one in the nearest folder, then the latest. The verdict is the score
/// `resolved`: a verifier's, 1 or 0, with the label "resolved", "unresolved", "empty patch" or "error"; SWE-bench counts all
/// but the first as not resolved.
inline constexpr std::string_view kSweBenchKind = "swe-bench";
[[nodiscard]] const FileFormat& sweBenchFormat();

class SweBenchVerdicts
{
public:
    /// Takes the verdicts of a file in the place of what it said before.
    [[nodiscard]] Status take(const std::string& name, const InputFile& file);
    void forget(const std::string& name) { m_files.erase(name); }
    [[nodiscard]] bool empty() const { return m_files.empty(); }
    /// Adds the score to a run of the file `name`.
    void mark(RunRecord& record, std::string_view name) const;

private:
    struct Said {
        std::int64_t mtimeNs = 0;
        std::map<std::string, std::string, std::less<>> labels; ///< by instance
    };
    std::map<std::string, Said> m_files;
};

/// The folder of a name ("" at the root), and whether a file lies in a folder or below.
[[nodiscard]] std::string_view folderOfName(std::string_view name);
[[nodiscard]] bool liesBelow(std::string_view name, std::string_view folder);

} // namespace tackroom
