// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/filelook.h"
#include "core/readers/formats.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

namespace tackroom::testing
{
namespace
{

TEST(Formats, kindsAreThereOnce)
{
    std::set<std::string> kinds;
    for (const FileFormat* format : fileFormats()) EXPECT_TRUE(kinds.insert(format->info().kind).second) << format->info().kind;
}

/// A file that two formats call their own is read by whichever stands first: there must be none.
TEST(Formats, noRealFileIsTakenByTwo)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const std::filesystem::path root(data ? data : "../shared/data");
    if (!std::filesystem::is_directory(root)) GTEST_SKIP() << "there is no folder TACKROOM_SHARED_DATA";
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file() || entry.file_size() == 0) continue;
        const auto file = InputFile::open(entry.path());
        ASSERT_TRUE(file) << entry.path();
        const auto looked = LookedFile::at(*file, {});
        if (!looked) continue;
        std::string takers;
        int count = 0;
        for (const FileFormat* format : fileFormats())
            if (format->recognise(looked->look())) {
                takers += format->info().kind + " ";
                ++count;
            }
        files += count > 0;
        EXPECT_LE(count, 1) << entry.path() << " is taken by " << takers;
        if (std::getenv("TACKROOM_LIST_FORMATS"))
            std::fprintf(stderr, "%s|%s\n", takers.c_str(), entry.path().lexically_relative(root).c_str());
    }
    EXPECT_GT(files, 150U);
}

} // namespace
} // namespace tackroom::testing
