// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One tackroom-reader process as its parent holds it, and the requests to it (readerframes.h). For readerclient.h and
/// textreader.h.
#include "core/base/cancel.h"
#include "core/index/readerclient.h"
#include "core/index/readerframes.h"
#include "core/platform/childprocess.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

class ReaderConnection
{
public:
    /// What is to be done with the frames before the answer. Each may be empty. An error ends the child.
    struct Receiver {
        std::function<Status(const Json&)> progress;
        std::function<Status(std::string_view)> text;
    };

    [[nodiscard]] static Result<ReaderConnection> start(const std::filesystem::path& store,
                                                        const ReaderClient::Options& options);
    /// Blocking; cancelling kills the child. After any error but one that the reader answered with, it is of no more use.
    [[nodiscard]] Result<Json> ask(const Json& request, const Receiver& receiver, const CancelToken& cancel);
    [[nodiscard]] bool usable() const { return m_usable; }

private:
    ReaderConnection(ChildProcess child, std::filesystem::path store, const ReaderClient::Options& options);
    [[nodiscard]] Result<Json> exchange(const std::string& request, const Receiver& receiver);
    [[nodiscard]] Result<std::optional<Json>> oneFrame(const Receiver& receiver, int timeoutMs);
    [[nodiscard]] std::unexpected<Error> broken(std::string_view what) const;
    [[nodiscard]] Error explain(const Error& error);

    ChildProcess m_child;
    std::filesystem::path m_store;
    int m_stallMs = 0, m_totalMs = 0;
    std::uint32_t m_request = 0;
    bool m_usable = true;
};

namespace frames
{
/// A number of things; what is no such number is none.
[[nodiscard]] std::int64_t countAt(const Json& json, std::string_view key);
} // namespace frames

} // namespace tackroom
