// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tackroom
{

/// Lower-case hexadecimal digests.
[[nodiscard]] std::string sha256Hex(std::string_view bytes);
[[nodiscard]] std::string sha1Hex(std::string_view bytes);
/// XXH3, 128 bits: for identity of what is not hostile. 32 hexadecimal digits.
[[nodiscard]] std::string xxh128Hex(std::string_view bytes);
[[nodiscard]] std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed = 0);
/// RFC 9562 version 5 (SHA-1) in Tackroom's own namespace.
[[nodiscard]] std::string uuidV5(std::string_view name);

/// SHA-256 in pieces.
class Sha256
{
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void add(std::string_view bytes);
    [[nodiscard]] std::string hex(); ///< ends the digest; call once

private:
    void* m_context;
};

} // namespace tackroom
