// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/patch.h"
#include "tests/unit/diff/randomtext.h"

namespace tackroom::test
{

/// A good patch with a few bytes or lines changed.
inline std::string damagedPatch(unsigned seed)
{
    RandomText random(seed * 7919 + 1);
    std::vector<FilePatch> files;
    for (unsigned i = 0; i <= random.below(2); ++i) {
        const TextPair pair = randomPair(seed * 3 + i, true, 12);
        const std::string path = "dir/file" + std::to_string(i) + ".md";
        const unsigned kind = random.below(4);
        if (kind == 0)
            files.push_back(makeFilePatch("", path, "", pair.after));
        else if (kind == 1)
            files.push_back(makeFilePatch(path, "", pair.before, ""));
        else if (kind == 2)
            files.push_back(makeFilePatch(path, path + "x", pair.before, pair.after));
        else
            files.push_back(makeFilePatch(path, path, pair.before, pair.after));
    }
    std::string text = writePatch(files);
    static const std::string kBytes("+- @\\0123,\n\"/.ab\t\r\0", 20);
    for (unsigned i = 1 + random.below(2); i > 0 && !text.empty(); --i) {
        const std::size_t at = random.below(unsigned(text.size()));
        switch (random.below(4)) {
        case 0:
            text[at] = kBytes[random.below(unsigned(kBytes.size()))];
            break;
        case 1:
            text.erase(at, 1 + random.below(3));
            break;
        case 2:
            text.insert(at, 1, kBytes[random.below(unsigned(kBytes.size()))]);
            break;
        default: { // a line twice
            const std::size_t begin = text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
            const std::size_t end = text.find('\n', begin);
            if (end != std::string::npos) text.insert(begin, text.substr(begin, end + 1 - begin));
        }
        }
    }
    return text;
}

} // namespace tackroom::test
