// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tackroom
{

/// What went wrong, by kind. The window turns a code into a sentence and buttons, the command line into one line and an
/// exit code (exitCodeOf). Add a code only where somebody would act differently on it.
enum class ErrorCode : std::uint8_t {
    // the input is at fault (exit code 3)
    NotFound,      ///< no such file, run, version, proposal …
    NotAFile,      ///< a directory, FIFO, socket or device where a regular file is needed
    NotReadable,   ///< permission denied
    Empty,         ///< a file of zero bytes, a store without runs tables, a repository without commits
    UnknownFormat, ///< nothing that we read
    Damaged,       ///< recognised, but broken: truncated database, malformed JSON, a bundle with a flipped byte
    Refused,       ///< recognised and refused on purpose: a hostile schema, an archive with `..`, a limit exceeded
    InvalidPatch,  ///< not a patch, or one that git would not take
    BadRepository, ///< not a repository, no commits, a damaged object
    DetachedHead,  ///< no main line can be named
    DirtyWorkTree, ///< touched paths are not clean in index and work tree
    BaseGone,      ///< the commit that a proposal was written against is not there
    Conflict,      ///< does not apply to what is there now
    // the answer is no (exit code 1)
    AnswerIsNo, ///< verify found a wrong byte, the policy forbids it, already decided
    // the caller is at fault (exit code 2)
    Usage,
    // the surroundings failed (exit code 4)
    Io,
    DiskFull,
    Locked, ///< somebody else holds the lock
    Timeout,
    Crashed, ///< a child process ended without an answer
    Cancelled,
    Internal, ///< our own mistake; says so
};

/// Untranslated. `where` is a path, table, line or ref; `detail` one sentence; `hint` the way on (may be empty).
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string where;
    std::string detail;
    std::string hint;

    friend bool operator==(const Error&, const Error&) = default;
};

template <class T> using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string where, std::string detail, std::string hint = {})
{
    return std::unexpected(Error{code, std::move(where), std::move(detail), std::move(hint)});
}

/// A stable lower-case word for a code, for --json and logs: "not-found", "dirty-work-tree" …
[[nodiscard]] std::string_view nameOf(ErrorCode code);
[[nodiscard]] ErrorCode errorCodeOf(std::string_view name); ///< Internal where unknown
/// 0 done, 1 the answer is no, 2 bad usage, 3 bad input, 4 the environment failed.
[[nodiscard]] int exitCodeOf(ErrorCode code);
/// One line for a terminal or log: `where: detail (hint)`. Foreign parts are made safe by SafeText.
[[nodiscard]] std::string oneLine(const Error& error);
/// From errno, with the system's own words: ENOSPC (EDQUOT, EFBIG) becomes DiskFull, EACCES and EPERM
/// NotReadable, ENOENT NotFound, EISDIR NotAFile, else Io.
[[nodiscard]] Error errorFromErrno(int errnoValue, std::string where, std::string_view doing);

} // namespace tackroom

/// Returns the error of a Result to the caller; the value is dropped (for Status).
#define TR_TRY(expression)                                                                                                     \
    do {                                                                                                                       \
        auto trResult_ = (expression);                                                                                         \
        if (!trResult_) return std::unexpected(std::move(trResult_).error());                                                  \
    } while (false)
#define TR_JOIN2(a, b) a##b
#define TR_JOIN(a, b) TR_JOIN2(a, b)
/// `TR_ASSIGN(auto x, f())`: the value of f(), or its error to the caller.
#define TR_ASSIGN(declaration, expression) TR_ASSIGN_(TR_JOIN(trResult_, __LINE__), declaration, expression)
#define TR_ASSIGN_(name, declaration, expression)                                                                              \
    auto name = (expression);                                                                                                  \
    if (!name) return std::unexpected(std::move(name).error());                                                                \
    declaration = std::move(*name)
