// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/sample/player.h"

#include <filesystem>
#include <memory>
#include <string>

namespace tackroom
{

/// Writes played runs into a Phoenix database. One transaction from create() or append() to commit(); without commit()
/// nothing stays. One thread owns it; nobody else is kept from reading for longer than the commit takes.
class PhoenixStore
{
public:
    /// A new file; Io where one is there.
    [[nodiscard]] static Result<PhoenixStore> create(const std::filesystem::path& path, UtcNs createdAt);
    /// A store that create() made; any other is Refused, Locked after 5 s where somebody else writes.
    [[nodiscard]] static Result<PhoenixStore> append(const std::filesystem::path& path);

    [[nodiscard]] Status add(const PlayedRun& run);
    [[nodiscard]] Status commit();

    [[nodiscard]] std::int64_t runCount() const;
    [[nodiscard]] UtcNs lastEnd() const; ///< of the latest run at append(); 0 in a new store

    PhoenixStore(PhoenixStore&&) noexcept;
    PhoenixStore& operator=(PhoenixStore&&) noexcept;
    ~PhoenixStore();

private:
    struct Private;
    explicit PhoenixStore(std::unique_ptr<Private> data);
    std::unique_ptr<Private> d;
};

/// What the sample's project says of itself, and by which append() knows it.
inline constexpr std::string_view kSampleNote = "Played sample: seeded rules, no model was used.";

} // namespace tackroom
