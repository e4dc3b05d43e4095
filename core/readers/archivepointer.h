// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <archive.h>

#include <memory>

namespace tackroom
{

struct ArchiveFree {
    void operator()(archive* a) const { archive_read_free(a); }
};
/// libarchive's reader of a packed file.
using ArchivePointer = std::unique_ptr<archive, ArchiveFree>;

} // namespace tackroom
