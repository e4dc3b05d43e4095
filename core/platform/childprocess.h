// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

struct ChildOptions {
    enum class Stream : std::uint8_t {
        Null,    ///< /dev/null
        Pipe,    ///< to or from us
        Inherit, ///< ours
    };
    Stream in = Stream::Null;
    Stream out = Stream::Null;
    Stream err = Stream::Null;
    /// "NAME=value"; the whole environment. Nothing: ours.
    std::optional<std::vector<std::string>> environment = std::nullopt;
    std::filesystem::path workingDirectory = {}; ///< empty: ours
    std::uint64_t memoryBytes = 0;               ///< RLIMIT_AS; 0: no limit of its own
    std::uint64_t cpuSeconds = 0;                ///< RLIMIT_CPU; 0: no limit of its own
};

/// How a child ended.
struct ChildExit {
    int exitCode = 0; ///< where signal is 0
    int signal = 0;   ///< that killed it
    [[nodiscard]] bool ok() const { return signal == 0 && exitCode == 0; }
};

/// One child program in a process group of its own. It gets no descriptor of ours beside its three streams, no core file,
/// default signals, and dies with us (also when we are killed). Whatever it has started in its group dies with it.
/// One thread reads, one writes and waits; kill() may be called from any thread while the object lives.
class ChildProcess
{
public:
    /// argv[0] is looked for on PATH unless it holds a slash. Errors: NotFound, NotReadable (not executable), Io.
    [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& argv, const ChildOptions& options = {});
    ChildProcess(ChildProcess&&) noexcept;
    ChildProcess& operator=(ChildProcess&&) noexcept;
    ~ChildProcess(); ///< kills what still runs and takes its exit status

    [[nodiscard]] int pid() const;
    /// Our ends of the pipes, for who wants to poll them; non-blocking; -1 where there is none.
    [[nodiscard]] int inFd() const;
    [[nodiscard]] int outFd() const;
    [[nodiscard]] int errFd() const;

    /// At least one byte from the child's stdout, or 0 at its end. `timeoutMs` -1: no limit. Errors: Timeout, Io.
    [[nodiscard]] Result<std::size_t> readOut(std::span<char> buffer, int timeoutMs);
    [[nodiscard]] Result<std::size_t> readErr(std::span<char> buffer, int timeoutMs);
    /// Fills the buffer. Errors: Crashed (the stream ended before), Timeout (for the whole of it), Io.
    [[nodiscard]] Status readOutExactly(std::span<char> buffer, int timeoutMs);
    /// All of it to the child's stdin. Errors: Crashed (it reads no more), Timeout (for the whole of it), Io. No SIGPIPE.
    [[nodiscard]] Status write(std::string_view bytes, int timeoutMs);
    void closeIn();

    /// Errors: Timeout while it still runs. Afterwards the answer stays the same. -1: no limit.
    [[nodiscard]] Result<ChildExit> waitFor(int timeoutMs);
    /// SIGKILL to the whole group. Nothing happens when it has ended.
    void kill();

private:
    struct State;
    explicit ChildProcess(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

struct ChildOutput {
    int exitCode = 0;
    std::string out;
    std::string err;
};

/// Runs a program to its end: `stdinText` goes in, stdout and stderr come back. Errors: those of start; Cancelled and
/// Timeout (the group is killed), Crashed (ended by a signal), Refused (wrote more than `maxOutputBytes` to one stream; it is
/// killed). An exit code other than 0 is an answer, not an error. The streams in `options` are ignored.
[[nodiscard]] Result<ChildOutput> runProcess(const std::vector<std::string>& argv, std::string_view stdinText,
                                             const CancelToken& cancel, int timeoutMs, std::size_t maxOutputBytes,
                                             const ChildOptions& options = {});

/// Writes all bytes to a descriptor (blocking or not) without ever raising SIGPIPE. `timeoutMs` -1: no limit.
/// Errors: Crashed (the other end is closed), Timeout, DiskFull, Io.
[[nodiscard]] Status writeFully(int fd, std::string_view bytes, int timeoutMs, const std::string& where);

} // namespace tackroom
