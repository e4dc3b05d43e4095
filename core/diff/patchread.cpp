// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/lines.h"
#include "core/diff/patch.h"
#include "core/diff/patchmail.h"
#include "core/diff/patchpath.h"

#include "core/base/safetext.h"
#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

namespace tackroom
{
namespace
{

constexpr std::size_t kMaxPatchBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxFiles = 10'000;
constexpr std::string_view kDevNull = "/dev/null";

/// Takes a number off the front.
template <class Number> bool takeNumber(std::string_view& text, Number& number, int base = 10)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end == text.data()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool takePrefix(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// A name as it stands in the patch, with what is known about its first component.
struct RawNames {
    std::string oldName, newName;
    bool known = false;
};

/// `a/`, `b/` and what git's diff.mnemonicPrefix writes. Names that both carry the same one have none: `a/` is then a folder.
bool isPrefixed(std::string_view oldName, std::string_view newName)
{
    constexpr std::string_view kMarks = "abciow12";
    const auto marked = [&](std::string_view name) {
        return name.size() > 2 && name[1] == '/' && kMarks.find(name[0]) != std::string_view::npos;
    };
    return marked(oldName) && marked(newName) && oldName[0] != newName[0];
}

class Reader
{
public:
    Reader(std::string_view bytes, std::string where) : m_lines(bytes), m_where(std::move(where)) {}

    Result<Patch> read()
    {
        Patch patch;
        std::uint32_t proseBegin = 0;
        while (m_at < m_lines.count()) {
            const std::string_view line = here();
            if (isMailStart(line)) {
                ++patch.mails;
                if (patch.files.empty()) proseBegin = m_at;
            }
            if (line.starts_with("diff --cc ") || line.starts_with("diff --combined ") || line.starts_with("@@@"))
                return refuse("This is a combined diff of a merge, which says of no single version what it changes.");
            if (line.starts_with("@@ -")) return invalid("A hunk stands here without the name of its file.");
            const bool git = line.starts_with("diff --git ");
            if (!git && !isPlainHeader()) {
                ++m_at;
                continue;
            }
            if (patch.files.empty()) TR_TRY(readMail(m_lines, {LineNo{proseBegin}, LineNo{m_at}}, m_where, patch));
            FilePatch file;
            file.patchLine = m_at + 1;
            TR_TRY(git ? readGitFile(file) : readPlainFile(file));
            TR_TRY(checkFile(file));
            patch.files.push_back(std::move(file));
            if (patch.files.size() > kMaxFiles) return refuse("The patch changes more than 10,000 files.");
        }
        if (patch.files.empty())
            return fail(ErrorCode::InvalidPatch, m_where,
                        "There is no patch in it: no line begins with \"diff --git\" or \"---\" and \"+++\".");
        if (patch.mails == 0 && (!patch.title.empty() || !patch.authorMail.empty())) patch.mails = 1;
        return patch;
    }

private:
    [[nodiscard]] std::string at(std::uint64_t line) const { return m_where + ":" + std::to_string(line); }
    [[nodiscard]] std::unexpected<Error> invalid(std::string detail) const
    {
        return fail(ErrorCode::InvalidPatch, at(m_at + 1), std::move(detail));
    }
    [[nodiscard]] std::unexpected<Error> refuse(std::string detail) const
    {
        return fail(ErrorCode::Refused, at(m_at + 1), std::move(detail));
    }
    [[nodiscard]] std::string_view here() const { return m_lines.text(LineNo{m_at}); }
    [[nodiscard]] std::string_view text(std::uint32_t line) const
    {
        return line < m_lines.count() ? m_lines.text(LineNo{line}) : std::string_view{};
    }

    [[nodiscard]] bool isPlainHeader() const
    {
        return here().starts_with("--- ") && text(m_at + 1).starts_with("+++ ") && text(m_at + 2).starts_with("@@ -");
    }

    /// The two names of `diff --git a/x b/x`. Unquoted names hold blanks too, so only the same name twice can be told apart.
    [[nodiscard]] static RawNames namesOfGitLine(std::string_view rest)
    {
        RawNames names;
        if (rest.starts_with('"')) {
            auto first = takeQuotedPath(&rest);
            if (!first || !takePrefix(rest, " ")) return names;
            names.oldName = *first;
            if (!rest.starts_with('"')) {
                names.newName = std::string(rest);
            } else {
                auto second = takeQuotedPath(&rest);
                if (!second || !rest.empty()) return names;
                names.newName = *second;
            }
            names.known = true;
            return names;
        }
        if (rest.ends_with('"')) {
            const std::size_t quote = rest.find(" \"");
            if (quote == std::string_view::npos) return names;
            names.oldName = std::string(rest.substr(0, quote));
            rest.remove_prefix(quote + 1);
            auto second = takeQuotedPath(&rest);
            if (!second || !rest.empty()) return names;
            names.newName = *second;
            names.known = true;
            return names;
        }
        // "a/x b/x" has the same length left and right of the blank in the middle.
        if (rest.size() % 2 == 0) return names;
        const std::string_view first = rest.substr(0, rest.size() / 2), second = rest.substr(rest.size() / 2 + 1);
        if (rest[rest.size() / 2] != ' ') return names;
        if (first != second && !(isPrefixed(first, second) && first.substr(2) == second.substr(2))) return names;
        names = {std::string(first), std::string(second), true};
        return names;
    }

    /// `--- name`: quoted, or up to a tab.
    [[nodiscard]] Result<std::string> nameOfSide(std::string_view rest) const
    {
        if (rest.starts_with('"')) {
            auto name = takeQuotedPath(&rest);
            if (!name) return invalid("The quotes of this name are broken.");
            return *name;
        }
        return std::string(rest.substr(0, rest.find('\t')));
    }

    Status readMode(std::string_view rest, std::uint32_t& mode) const
    {
        if (!takeNumber(rest, mode, 8) || !trimmed(rest).empty()) return invalid("This is no file mode.");
        if (mode == 0160000) return refuse("The patch changes a submodule.");
        if (mode != 0100644 && mode != 0100755 && mode != 0120000 && mode != 0100664)
            return invalid("This file mode is not one of git's.");
        return {};
    }

    Status readIndex(std::string_view rest, FilePatch& file) const
    {
        const std::size_t dots = rest.find("..");
        if (dots == std::string_view::npos) return invalid("The index line is malformed.");
        const std::string_view oldId = rest.substr(0, dots);
        const std::string_view tail = rest.substr(dots + 2);
        const std::size_t blank = tail.find(' ');
        const std::string_view newId = tail.substr(0, blank);
        const auto isId = [](std::string_view id) {
            return !id.empty() && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
        };
        if (!isId(oldId) || !isId(newId)) return invalid("The index line is malformed.");
        const auto kept = [](std::string_view id) {
            return id.find_first_not_of('0') == std::string_view::npos ? std::string() : std::string(id);
        };
        file.oldBlobId = kept(oldId);
        file.newBlobId = kept(newId);
        if (blank == std::string_view::npos) return {};
        std::uint32_t mode = 0;
        TR_TRY(readMode(tail.substr(blank + 1), mode));
        if (file.oldMode == 0) file.oldMode = mode;
        if (file.newMode == 0) file.newMode = mode;
        return {};
    }

    /// One extended header line; false where it is none.
    Result<bool> readExtended(std::string_view line, FilePatch& file, RawNames& moved)
    {
        if (takePrefix(line, "old mode "))
            TR_TRY(readMode(line, file.oldMode));
        else if (takePrefix(line, "new mode "))
            TR_TRY(readMode(line, file.newMode));
        else if (takePrefix(line, "new file mode ")) {
            file.change = PatchChange::Add;
            TR_TRY(readMode(line, file.newMode));
        } else if (takePrefix(line, "deleted file mode ")) {
            file.change = PatchChange::Delete;
            TR_TRY(readMode(line, file.oldMode));
        } else if (takePrefix(line, "rename from ") || takePrefix(line, "rename old ")) {
            file.change = PatchChange::Rename;
            TR_ASSIGN(moved.oldName, nameOfSide(line));
        } else if (takePrefix(line, "rename to ") || takePrefix(line, "rename new ")) {
            TR_ASSIGN(moved.newName, nameOfSide(line));
        } else if (takePrefix(line, "copy from ")) {
            file.change = PatchChange::Copy;
            TR_ASSIGN(moved.oldName, nameOfSide(line));
        } else if (takePrefix(line, "copy to ")) {
            TR_ASSIGN(moved.newName, nameOfSide(line));
        } else if (takePrefix(line, "similarity index ")) {
            if (!takeNumber(line, file.similarityPercent) || file.similarityPercent < 0 || file.similarityPercent > 100)
                return invalid("This similarity is not between 0 and 100 %.");
        } else if (takePrefix(line, "dissimilarity index ")) {
            // Says nothing that the hunks do not say.
        } else if (takePrefix(line, "index "))
            TR_TRY(readIndex(line, file));
        else
            return false;
        return true;
    }

    Status readGitFile(FilePatch& file)
    {
        RawNames names = namesOfGitLine(here().substr(std::string_view("diff --git ").size()));
        RawNames moved;
        for (++m_at; m_at < m_lines.count(); ++m_at) {
            const std::string_view line = here();
            if (line.starts_with("GIT binary patch") || (line.starts_with("Binary files ") && line.ends_with(" differ")))
                return refuse("The patch changes a binary file; only text can be reviewed line by line.");
            TR_ASSIGN(const bool extended, readExtended(line, file, moved));
            if (!extended) break;
        }
        moved.known = !moved.oldName.empty() && !moved.newName.empty();
        const bool moves = file.change == PatchChange::Rename || file.change == PatchChange::Copy;
        if (moves != moved.known) return invalid("A rename or copy needs both of its names.");
        if (m_at < m_lines.count() && here().starts_with("--- ") && text(m_at + 1).starts_with("+++ ")) {
            TR_TRY(checkSides(file, names, moved));
            m_at += 2;
            TR_TRY(readHunks(file));
        }
        if (moves) {
            file.oldPath = moved.oldName;
            file.newPath = moved.newName;
        } else {
            if (!names.known)
                return fail(ErrorCode::InvalidPatch, at(file.patchLine), "The name of the file cannot be told from this line.");
            const std::size_t strip = isPrefixed(names.oldName, names.newName) ? 2 : 0;
            const std::string oldPath = names.oldName.substr(strip), newPath = names.newName.substr(strip);
            if (oldPath != newPath)
                return fail(ErrorCode::InvalidPatch, at(file.patchLine),
                            "The two names of this file differ although it is not renamed.");
            if (file.change != PatchChange::Add) file.oldPath = oldPath;
            if (file.change != PatchChange::Delete) file.newPath = newPath;
        }
        return {};
    }

    /// The names of `---` and `+++` must be those of `diff --git`, or /dev/null on the side where the file is not.
    Status checkSides(const FilePatch& file, RawNames& names, const RawNames& moved)
    {
        TR_ASSIGN(const std::string oldName, nameOfSide(here().substr(4)));
        TR_ASSIGN(const std::string newName, nameOfSide(text(m_at + 1).substr(4)));
        if ((oldName == kDevNull) != (file.change == PatchChange::Add) ||
            (newName == kDevNull) != (file.change == PatchChange::Delete))
            return invalid("The names here do not fit with whether the file is new or deleted.");
        if (moved.known) { // these two names have no prefix
            const std::size_t strip = isPrefixed(oldName, newName) ? 2 : 0;
            if (oldName.substr(strip) != moved.oldName || newName.substr(strip) != moved.newName)
                return invalid("The names here are not those of the rename or copy.");
            return {};
        }
        if (!names.known) {
            if (oldName == kDevNull || newName == kDevNull) return invalid("The name of the file cannot be told.");
            names = {oldName, newName, true};
        }
        if ((oldName != kDevNull && oldName != names.oldName) || (newName != kDevNull && newName != names.newName))
            return invalid("The names here are not those of the diff --git line.");
        return {};
    }

    static std::string_view afterFirstPart(std::string_view name)
    {
        const std::size_t slash = name.find('/');
        return slash == std::string_view::npos ? name : name.substr(slash + 1);
    }

    Status readPlainFile(FilePatch& file)
    {
        const std::string_view oldLine = here().substr(4), newLine = text(m_at + 1).substr(4);
        TR_ASSIGN(std::string oldName, nameOfSide(oldLine));
        TR_ASSIGN(std::string newName, nameOfSide(newLine));
        m_at += 2;
        TR_TRY(readHunks(file));
        // diff -N gives the epoch as the time of a file that is not there.
        const auto isEpoch = [](std::string_view line) {
            return line.find("\t1970-01-01 ") != std::string_view::npos || line.find("\t1969-12-31 ") != std::string_view::npos;
        };
        const PatchHunk& first = file.hunks.front();
        const bool one = file.hunks.size() == 1;
        const bool adds = oldName == kDevNull || (one && first.oldCount == 0 && first.oldStart == 0 && isEpoch(oldLine));
        const bool deletes = newName == kDevNull || (one && first.newCount == 0 && first.newStart == 0 && isEpoch(newLine));
        if (adds && deletes) return fail(ErrorCode::InvalidPatch, at(file.patchLine), "The file is on neither side.");
        const bool bothNamed = oldName != kDevNull && newName != kDevNull;
        if (bothNamed ? afterFirstPart(oldName) == afterFirstPart(newName) && oldName != newName : true) {
            const std::string_view given = bothNamed || oldName == kDevNull ? newName : oldName;
            const bool marked = bothNamed || given.starts_with("a/") || given.starts_with("b/");
            const std::string name(marked ? afterFirstPart(given) : given);
            oldName = newName = name;
        }
        file.change = adds ? PatchChange::Add : deletes ? PatchChange::Delete : PatchChange::Modify;
        if (!adds) file.oldPath = newName; // `diff file.orig file` means file
        if (!deletes) file.newPath = newName;
        return {};
    }

    Status readHunks(FilePatch& file)
    {
        if (m_at >= m_lines.count() || !here().starts_with("@@ -"))
            return invalid("A hunk is missing here: a line that begins with \"@@ -\".");
        std::uint64_t oldEnd = 0, newEnd = 0;
        while (m_at < m_lines.count() && here().starts_with("@@ -")) {
            PatchHunk hunk;
            TR_TRY(readHunk(hunk));
            const std::uint64_t oldBegin = hunk.oldCount == 0 ? hunk.oldStart + 1 : hunk.oldStart;
            const std::uint64_t newBegin = hunk.newCount == 0 ? hunk.newStart + 1 : hunk.newStart;
            if (oldBegin < oldEnd || newBegin < newEnd)
                return fail(ErrorCode::InvalidPatch, at(hunk.patchLine),
                            "This hunk stands before the end of the one before it.");
            oldEnd = oldBegin + hunk.oldCount;
            newEnd = newBegin + hunk.newCount;
            file.hunks.push_back(std::move(hunk));
        }
        if (m_at >= m_lines.count()) return {};
        const std::string_view line = here();
        const bool signature = line == "-- " || line == "--";
        const bool nextFile = isPlainHeader();
        if (!signature && !nextFile &&
            (line.starts_with('+') || line.starts_with('-') || line.starts_with(' ') || line.starts_with('\\')))
            return invalid("The hunk has more lines than its header says.");
        return {};
    }

    Status readRange(std::string_view& rest, std::uint64_t& start, std::uint64_t& count) const
    {
        count = 1;
        constexpr std::uint64_t kLimit = std::numeric_limits<std::uint32_t>::max() - 2;
        if (!takeNumber(rest, start)) return invalid("The hunk's header is malformed.");
        if (takePrefix(rest, ",") && !takeNumber(rest, count)) return invalid("The hunk's header is malformed.");
        if (start > kLimit || count > kLimit) return refuse("The hunk's line numbers are too large.");
        if (start == 0 && count != 0) return invalid("The hunk begins at line 0, which is none.");
        return {};
    }

    Status readHunk(PatchHunk& hunk)
    {
        hunk.patchLine = m_at + 1;
        std::string_view rest = here().substr(4);
        TR_TRY(readRange(rest, hunk.oldStart, hunk.oldCount));
        if (!takePrefix(rest, " +")) return invalid("The hunk's header is malformed.");
        TR_TRY(readRange(rest, hunk.newStart, hunk.newCount));
        if (!takePrefix(rest, " @@")) return invalid("The hunk's header is malformed.");
        takePrefix(rest, " ");
        hunk.section = std::string(rest);
        ++m_at;
        std::uint64_t oldLeft = hunk.oldCount, newLeft = hunk.newCount;
        bool oldEnded = false, newEnded = false, changes = false;
        while (oldLeft > 0 || newLeft > 0) {
            if (m_at >= m_lines.count()) return invalid("The patch ends in the middle of a hunk.");
            PatchLine line;
            TR_TRY(readHunkLine(line));
            const bool onOld = line.kind != PatchLineKind::Added, onNew = line.kind != PatchLineKind::Removed;
            if ((onOld && oldLeft == 0) || (onNew && newLeft == 0))
                return invalid("The hunk has other lines than its header says.");
            if ((onOld && oldEnded) || (onNew && newEnded))
                return invalid("A line follows the one that is said to end the file.");
            oldLeft -= onOld;
            newLeft -= onNew;
            changes |= line.kind != PatchLineKind::Context;
            ++m_at;
            if (m_at < m_lines.count() && here().starts_with("\\ ")) {
                line.text.pop_back(); // the LF alone: a CR before it is text
                oldEnded |= onOld;
                newEnded |= onNew;
                ++m_at;
            }
            hunk.lines.push_back(std::move(line));
        }
        if (!changes) return fail(ErrorCode::InvalidPatch, at(hunk.patchLine), "This hunk changes nothing.");
        return {};
    }

    Status readHunkLine(PatchLine& line) const
    {
        std::string_view bytes = m_lines.line(LineNo{m_at});
        if (!bytes.ends_with('\n')) return invalid("The patch ends in the middle of a line.");
        if (bytes == "\n") { // some mailers and editors drop the blank of an empty context line
            line.text = "\n";
            return {};
        }
        const char mark = bytes.front();
        if (mark != ' ' && mark != '+' && mark != '-')
            return invalid("A line of a hunk must begin with a blank, \"+\" or \"-\".");
        line.kind = static_cast<PatchLineKind>(mark);
        line.text = std::string(bytes.substr(1));
        return {};
    }

    Status checkFile(const FilePatch& file)
    {
        const std::string where = at(file.patchLine);
        for (const std::string* path : {&file.oldPath, &file.newPath})
            if (!path->empty()) TR_TRY(checkPatchPath(*path, where));
        if (file.oldPath.empty() && file.newPath.empty()) return fail(ErrorCode::Refused, where, "An empty path is refused.");
        const bool modeChanges = file.oldMode != file.newMode && file.oldMode != 0 && file.newMode != 0;
        if (file.change == PatchChange::Modify && file.hunks.empty() && !modeChanges)
            return fail(ErrorCode::InvalidPatch, where, "Nothing is changed in this file; was the patch cut off?");
        for (const PatchHunk& hunk : file.hunks) {
            if (file.change == PatchChange::Add && (hunk.oldCount != 0 || hunk.oldStart != 0 || file.hunks.size() > 1))
                return fail(ErrorCode::InvalidPatch, at(hunk.patchLine),
                            "The file is said to be new, but the hunk has old lines.");
            if (file.change == PatchChange::Delete && (hunk.newCount != 0 || hunk.newStart != 0 || file.hunks.size() > 1))
                return fail(ErrorCode::InvalidPatch, at(hunk.patchLine),
                            "The file is said to be deleted, but lines of it are left.");
        }
        if (file.change == PatchChange::Modify && m_gone.contains(file.oldPath))
            return fail(ErrorCode::InvalidPatch, where, "The patch changes a file that it deletes or renames before.");
        if (!m_touched.insert(file.path()).second)
            return fail(ErrorCode::Refused, where, "The patch changes the same file twice.",
                        "Make one commit of the series and save that.");
        if ((file.change == PatchChange::Rename || file.change == PatchChange::Delete) && !m_gone.insert(file.oldPath).second)
            return fail(ErrorCode::InvalidPatch, where, "The patch takes the same file away twice.");
        return {};
    }

    Lines m_lines;
    std::string m_where;
    std::uint32_t m_at = 0;
    std::set<std::string> m_touched, m_gone;
};

} // namespace

Result<Patch> parsePatch(std::string_view bytes, std::string where)
{
    if (bytes.empty()) return fail(ErrorCode::Empty, std::move(where), "The patch is empty.");
    if (bytes.size() > kMaxPatchBytes) return fail(ErrorCode::Refused, std::move(where), "The patch is larger than 64 MiB.");
    return Reader(bytes, std::move(where)).read();
}

} // namespace tackroom
