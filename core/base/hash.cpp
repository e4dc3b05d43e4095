// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace tackroom
{

namespace
{

/// Tackroom's own namespace for version 5 UUIDs: a random one, made once. Changing it would rename every harness.
constexpr std::array<unsigned char, 16> kNamespace{0x6d, 0x1f, 0x0a, 0x58, 0x9b, 0x3e, 0x4c, 0x67,
                                                   0xa2, 0x71, 0x5e, 0xd4, 0x08, 0xc3, 0xb7, 0x90};

std::string hexOf(std::span<const unsigned char> bytes)
{
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

/// libcrypto can only fail here when memory or the library itself is broken; a wrong digest must never be returned.
void require(int ok)
{
    if (ok == 1) return;
    std::fputs("tackroom: libcrypto cannot compute a digest\n", stderr);
    std::abort();
}

template <std::size_t N> std::array<unsigned char, N> digest(const EVP_MD* kind, std::string_view bytes)
{
    std::array<unsigned char, N> out{};
    unsigned int length = 0;
    require(EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, kind, nullptr));
    require(length == N ? 1 : 0);
    return out;
}

} // namespace

std::string sha256Hex(std::string_view bytes) { return hexOf(digest<32>(EVP_sha256(), bytes)); }

std::string sha1Hex(std::string_view bytes) { return hexOf(digest<20>(EVP_sha1(), bytes)); }

std::string xxh128Hex(std::string_view bytes)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    return hexOf(canonical.digest);
}

std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed) { return XXH64(bytes.data(), bytes.size(), seed); }

std::string uuidV5(std::string_view name)
{
    std::string input(reinterpret_cast<const char*>(kNamespace.data()), kNamespace.size());
    input += name;
    auto bytes = digest<20>(EVP_sha1(), input);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x50); // version 5
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80); // the RFC's variant
    std::string hex = hexOf(std::span(bytes).first(16));
    for (const std::size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
    return hex;
}

Sha256::Sha256() : m_context(EVP_MD_CTX_new())
{
    require(m_context ? 1 : 0);
    require(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(m_context), EVP_sha256(), nullptr));
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(m_context)); }

void Sha256::add(std::string_view bytes)
{
    require(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(m_context), bytes.data(), bytes.size()));
}

std::string Sha256::hex()
{
    std::array<unsigned char, 32> out{};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(m_context), out.data(), &length));
    return hexOf(out);
}

} // namespace tackroom
