// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/result.h"

#include "core/base/safetext.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace tackroom
{

namespace
{

struct CodeEntry {
    ErrorCode code;
    std::string_view name;
    int exitCode;
};

constexpr std::array kCodes{
    CodeEntry{ErrorCode::NotFound, "not-found", 3},
    CodeEntry{ErrorCode::NotAFile, "not-a-file", 3},
    CodeEntry{ErrorCode::NotReadable, "not-readable", 3},
    CodeEntry{ErrorCode::Empty, "empty", 3},
    CodeEntry{ErrorCode::UnknownFormat, "unknown-format", 3},
    CodeEntry{ErrorCode::Damaged, "damaged", 3},
    CodeEntry{ErrorCode::Refused, "refused", 3},
    CodeEntry{ErrorCode::InvalidPatch, "invalid-patch", 3},
    CodeEntry{ErrorCode::BadRepository, "bad-repository", 3},
    CodeEntry{ErrorCode::DetachedHead, "detached-head", 3},
    CodeEntry{ErrorCode::DirtyWorkTree, "dirty-work-tree", 3},
    CodeEntry{ErrorCode::BaseGone, "base-gone", 3},
    CodeEntry{ErrorCode::Conflict, "conflict", 3},
    CodeEntry{ErrorCode::AnswerIsNo, "answer-is-no", 1},
    CodeEntry{ErrorCode::Usage, "usage", 2},
    CodeEntry{ErrorCode::Io, "io", 4},
    CodeEntry{ErrorCode::DiskFull, "disk-full", 4},
    CodeEntry{ErrorCode::Locked, "locked", 4},
    CodeEntry{ErrorCode::Timeout, "timeout", 4},
    CodeEntry{ErrorCode::Crashed, "crashed", 4},
    CodeEntry{ErrorCode::Cancelled, "cancelled", 4},
    CodeEntry{ErrorCode::Internal, "internal", 4},
};

} // namespace

std::string_view nameOf(ErrorCode code)
{
    for (const auto& entry : kCodes)
        if (entry.code == code) return entry.name;
    return "internal";
}

ErrorCode errorCodeOf(std::string_view name)
{
    for (const auto& entry : kCodes)
        if (entry.name == name) return entry.code;
    return ErrorCode::Internal;
}

int exitCodeOf(ErrorCode code)
{
    for (const auto& entry : kCodes)
        if (entry.code == code) return entry.exitCode;
    return 4;
}

std::string oneLine(const Error& error)
{
    std::string line;
    if (!error.where.empty()) line = SafeText::line(error.where).utf8();
    const std::string_view detail = error.detail.empty() ? nameOf(error.code) : std::string_view(error.detail);
    if (!line.empty()) line += ": ";
    line += SafeText::line(detail, 1000).utf8();
    if (!error.hint.empty()) line += " (" + SafeText::line(error.hint).utf8() + ")";
    return line;
}

Error errorFromErrno(int errnoValue, std::string where, std::string_view doing)
{
    ErrorCode code = ErrorCode::Io;
    switch (errnoValue) {
    case ENOSPC:
    case EFBIG:
    case EDQUOT:
        code = ErrorCode::DiskFull;
        break;
    case EACCES:
    case EPERM:
        code = ErrorCode::NotReadable;
        break;
    case ENOENT:
        code = ErrorCode::NotFound;
        break;
    case EISDIR:
        code = ErrorCode::NotAFile;
        break;
    default:
        break;
    }
    // strerrordesc_np: untranslated and safe from any thread.
    const char* words = strerrordesc_np(errnoValue);
    std::string detail(doing);
    if (!detail.empty()) detail += ": ";
    detail += words ? std::string(words) : "error " + std::to_string(errnoValue);
    return Error{code, std::move(where), std::move(detail), {}};
}

} // namespace tackroom
