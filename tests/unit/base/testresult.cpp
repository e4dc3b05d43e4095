// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/result.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

Result<int> half(int value)
{
    if (value % 2 != 0) return fail(ErrorCode::AnswerIsNo, "half", "odd");
    return value / 2;
}

Result<int> quarter(int value)
{
    TR_ASSIGN(const int once, half(value));
    TR_ASSIGN(const int twice, half(once));
    return twice;
}

Status isEven(int value)
{
    TR_TRY(half(value));
    return {};
}

TEST(Result, MacrosPassValuesAndErrorsOn)
{
    EXPECT_EQ(quarter(12), 3);
    EXPECT_EQ(quarter(6).error().detail, "odd");
    EXPECT_TRUE(isEven(4));
    EXPECT_EQ(isEven(5).error().code, ErrorCode::AnswerIsNo);
}

TEST(Result, EveryCodeHasItsOwnNameAndExitCode)
{
    for (int i = 0; i <= static_cast<int>(ErrorCode::Internal); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        EXPECT_EQ(errorCodeOf(nameOf(code)), code) << nameOf(code);
        EXPECT_GE(exitCodeOf(code), 1);
        EXPECT_LE(exitCodeOf(code), 4);
    }
    EXPECT_EQ(nameOf(ErrorCode::DirtyWorkTree), "dirty-work-tree");
    EXPECT_EQ(errorCodeOf("no such word"), ErrorCode::Internal);
    EXPECT_EQ(exitCodeOf(ErrorCode::NotFound), 3);
    EXPECT_EQ(exitCodeOf(ErrorCode::Conflict), 3);
    EXPECT_EQ(exitCodeOf(ErrorCode::AnswerIsNo), 1);
    EXPECT_EQ(exitCodeOf(ErrorCode::Usage), 2);
    EXPECT_EQ(exitCodeOf(ErrorCode::DiskFull), 4);
}

TEST(Result, OneLineIsOneSafeLine)
{
    EXPECT_EQ(oneLine({ErrorCode::NotFound, "a.db", "no such file", "check the name"}), "a.db: no such file (check the name)");
    EXPECT_EQ(oneLine({ErrorCode::Cancelled, "", "cancelled", ""}), "cancelled");
    EXPECT_EQ(oneLine({ErrorCode::Locked, "x", "", ""}), "x: locked");
    EXPECT_EQ(oneLine({ErrorCode::Damaged, "bad\nname\x1b[31m", "two\nlines", ""}), "bad name␛[31m: two lines");
}

TEST(Result, ErrnoKinds)
{
    EXPECT_EQ(errorFromErrno(ENOSPC, "f", "cannot write").code, ErrorCode::DiskFull);
    EXPECT_EQ(errorFromErrno(EACCES, "f", "cannot read").code, ErrorCode::NotReadable);
    EXPECT_EQ(errorFromErrno(EIO, "f", "cannot read").code, ErrorCode::Io);
    const auto error = errorFromErrno(ENOENT, "f", "cannot open");
    EXPECT_EQ(error.code, ErrorCode::NotFound);
    EXPECT_EQ(error.where, "f");
    EXPECT_EQ(error.detail, "cannot open: No such file or directory");
}

} // namespace
} // namespace tackroom
