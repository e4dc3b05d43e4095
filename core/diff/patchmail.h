// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/lines.h"
#include "core/diff/patch.h"

namespace tackroom
{

/// Fills author, title, description and trailers from the lines before the first file, if they are a mail as `git format-patch`
/// writes it. Refused where the mail is encoded (base64, quoted-printable), for then the patch in it is too.
[[nodiscard]] Status readMail(const Lines& lines, LineRange range, const std::string& where, Patch& patch);

/// `From 0123…: Mon Sep 17 00:00:00 2001`, with which each mail of a series begins.
[[nodiscard]] bool isMailStart(std::string_view line);

} // namespace tackroom
