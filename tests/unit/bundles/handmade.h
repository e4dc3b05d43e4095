// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/bundles/bundleformat.h"
#include "core/bundles/bundles.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tackroom::test
{

/// A folder that goes away with the test.
class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "bundles.XXXXXX").string();
        m_path = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        std::error_code error;
        std::filesystem::remove_all(m_path, error);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

inline void writeFile(const std::filesystem::path& path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string readAll(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Content {
    std::string path;
    std::string bytes;
    unsigned mode = 0644;
};

/// A manifest that fits these files.
BundleManifest manifestFor(const std::vector<Content>& files);
/// One entry of the archive.
std::string entry(std::string_view path, unsigned mode, std::string_view bytes);
/// The archive that a writer makes who follows the description: `manifest` as text, so that wrong ones can be made.
std::string archive(std::string_view manifest, const std::vector<std::string>& entries);
std::string archiveOf(const std::vector<Content>& files);
/// What verifyBundle() says of these bytes: "" when ok.
std::string problemOf(const Folder& folder, std::string_view bytes);

} // namespace tackroom::test
