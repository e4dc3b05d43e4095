// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

#include <memory>

namespace tackroom
{

/// A look at the beginning of a file, with the parsers that keep its values alive.
class LookedFile
{
public:
    /// Refused where memory does not suffice; Io. A file that is nothing known has Shape::Other.
    [[nodiscard]] static Result<LookedFile> at(const InputFile& file, const CancelToken& cancel);
    LookedFile(LookedFile&&) noexcept;
    ~LookedFile();
    [[nodiscard]] const FileLook& look() const;

private:
    struct Data;
    explicit LookedFile(std::unique_ptr<Data> data);
    std::unique_ptr<Data> d;
};

} // namespace tackroom
