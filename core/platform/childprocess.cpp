// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/childprocess.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/platform/spawner.h"
#include "core/platform/uniquefd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tackroom
{

namespace
{

using Clock = std::chrono::steady_clock;

/// A point in time, or never for a time-out of -1.
class Deadline
{
public:
    explicit Deadline(int timeoutMs)
        : m_never(timeoutMs < 0), m_at(Clock::now() + std::chrono::milliseconds(std::max(timeoutMs, 0)))
    {
    }

    /// For poll(): -1 for never.
    [[nodiscard]] int leftMs(int atMost = -1) const
    {
        if (m_never) return atMost;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_at - Clock::now()).count();
        const int whole = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
        return atMost < 0 ? whole : std::min(whole, atMost);
    }
    [[nodiscard]] bool over() const { return !m_never && Clock::now() >= m_at; }

private:
    bool m_never;
    Clock::time_point m_at;
};

std::unexpected<Error> errnoFailure(int errnoValue, const std::string& where, std::string_view doing)
{
    return std::unexpected(errorFromErrno(errnoValue, where, doing));
}

/// Keeps SIGPIPE of this thread's writes from ending the process; one that a write raised is taken back.
class NoSigPipe
{
public:
    NoSigPipe()
    {
        ::sigemptyset(&m_pipe);
        ::sigaddset(&m_pipe, SIGPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        m_wasPending = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &m_pipe, &m_before);
    }
    NoSigPipe(const NoSigPipe&) = delete;
    NoSigPipe& operator=(const NoSigPipe&) = delete;
    ~NoSigPipe()
    {
        const timespec now{};
        if (!m_wasPending)
            while (::sigtimedwait(&m_pipe, nullptr, &now) < 0 && errno == EINTR) {
            }
        ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }

private:
    sigset_t m_pipe{};
    sigset_t m_before{};
    bool m_wasPending = false;
};

/// One write; 0 when the descriptor takes nothing just now.
Result<std::size_t> writeSome(int fd, std::string_view bytes, const std::string& where)
{
    for (;;) {
        const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
        if (wrote >= 0) return static_cast<std::size_t>(wrote);
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        if (errno == EPIPE || errno == ECONNRESET) return fail(ErrorCode::Crashed, where, "the other side reads no more");
        return errnoFailure(errno, where, "cannot write");
    }
}

/// True: something can be done on `fd` (or it is closed or broken, which the next call tells). False: the time is over.
Result<bool> waitOn(int fd, short events, const Deadline& deadline, const std::string& where)
{
    for (;;) {
        pollfd entry{fd, events, 0};
        const int ready = ::poll(&entry, 1, deadline.leftMs());
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return errnoFailure(errno, where, "cannot wait for another process");
        if (deadline.over()) return false;
    }
}

Result<std::string> findProgram(const std::string& name)
{
    if (name.find('/') != std::string::npos) return name;
    const char* path = std::getenv("PATH");
    for (const auto folder : splitOn(path ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
        // An empty entry would mean the working folder, from which nothing is ever run.
        if (folder.empty() || folder.front() != '/') continue;
        std::string candidate = std::string(folder) + "/" + name;
        struct stat info{};
        if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return fail(ErrorCode::NotFound, name, "this program is not installed (it is not on PATH)");
}

std::vector<std::string> ownEnvironment()
{
    std::vector<std::string> entries;
    for (char** entry = environ; entry && *entry; ++entry) entries.emplace_back(*entry);
    return entries;
}

struct PipeEnds {
    UniqueFd ours;
    UniqueFd theirs; ///< above 2
};

Result<PipeEnds> makePipe(bool weWrite, const std::string& where)
{
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return errnoFailure(errno, where, "cannot make a pipe");
    UniqueFd reading(fds[0]);
    UniqueFd writing(fds[1]);
    PipeEnds ends{std::move(weWrite ? writing : reading), std::move(weWrite ? reading : writing)};
    if (ends.theirs.get() < 3) ends.theirs.reset(::fcntl(ends.theirs.get(), F_DUPFD_CLOEXEC, 3));
    if (!ends.theirs || ::fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK) != 0)
        return errnoFailure(errno, where, "cannot make a pipe");
    return ends;
}

} // namespace

struct ChildProcess::State {
    std::string name;
    pid_t pid = -1;
    UniqueFd in, out, err;
    UniqueFd pidFd;   ///< readable when the child has ended; -1 on a kernel without it
    std::mutex mutex; ///< of what follows: kill() may come from any thread, and must not hit a process id used anew
    std::optional<ChildExit> ended;

    void kill()
    {
        const std::lock_guard lock(mutex);
        if (!ended && pid > 0) ::kill(-pid, SIGKILL);
    }

    /// Nothing while it runs.
    Result<std::optional<ChildExit>> look()
    {
        const std::lock_guard lock(mutex);
        if (ended) return ended;
        siginfo_t info{};
        // First without taking it away: as long as its entry stands, the group's number cannot be used anew.
        while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
            if (errno != EINTR) return errnoFailure(errno, name, "cannot wait for the program");
        if (info.si_pid == 0) return std::nullopt;
        ::kill(-pid, SIGKILL); // what it started and left behind
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0)
            if (errno != EINTR) return errnoFailure(errno, name, "cannot wait for the program");
        ended = WIFSIGNALED(status) ? ChildExit{0, WTERMSIG(status)} : ChildExit{WEXITSTATUS(status), 0};
        return ended;
    }
};

ChildProcess::ChildProcess(std::unique_ptr<State> state) : m_state(std::move(state)) {}
ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept
{
    std::swap(m_state, other.m_state);
    return *this;
}

ChildProcess::~ChildProcess()
{
    if (!m_state || m_state->pid <= 0) return;
    m_state->kill();
    (void)waitFor(-1); // SIGKILL was sent: this ends, and its answer interests nobody any more
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& argv, const ChildOptions& options)
{
    using Stream = ChildOptions::Stream;
    if (argv.empty()) return fail(ErrorCode::Internal, {}, "a program without a name");
    auto state = std::make_unique<State>();
    state->name = argv.front();
    detail::SpawnRequest request;
    TR_ASSIGN(request.program, findProgram(argv.front()));
    request.argv = argv;
    request.environment = options.environment ? *options.environment : ownEnvironment();
    request.workingDirectory = options.workingDirectory.string();
    request.memoryBytes = options.memoryBytes;
    request.cpuSeconds = options.cpuSeconds;

    const std::array streams{options.in, options.out, options.err};
    const std::array<UniqueFd*, 3> ours{&state->in, &state->out, &state->err};
    const std::array theirs{&request.in, &request.out, &request.err};
    std::array<UniqueFd, 3> childEnds;
    for (std::size_t i = 0; i < 3; ++i) {
        if (streams[i] == Stream::Null) continue;
        if (streams[i] == Stream::Inherit) {
            // A copy above 2, for ours may be closed or stand in another one's place.
            childEnds[i].reset(::fcntl(static_cast<int>(i), F_DUPFD_CLOEXEC, 3));
        } else {
            TR_ASSIGN(PipeEnds ends, makePipe(i == 0, state->name));
            *ours[i] = std::move(ends.ours);
            childEnds[i] = std::move(ends.theirs);
        }
        *theirs[i] = childEnds[i].get();
    }
    TR_ASSIGN(state->pid, detail::spawn(request));
    state->pidFd.reset(static_cast<int>(::syscall(SYS_pidfd_open, state->pid, 0U)));
    return ChildProcess(std::move(state));
}

int ChildProcess::pid() const { return m_state->pid; }
int ChildProcess::inFd() const { return m_state->in.get(); }
int ChildProcess::outFd() const { return m_state->out.get(); }
int ChildProcess::errFd() const { return m_state->err.get(); }
void ChildProcess::closeIn() { m_state->in.reset(); }
void ChildProcess::kill() { m_state->kill(); }

namespace
{

Result<std::size_t> readSome(int fd, std::span<char> buffer, const Deadline& deadline, const std::string& where)
{
    if (fd < 0) return fail(ErrorCode::Internal, where, "this stream of the program is not a pipe");
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return errnoFailure(errno, where, "cannot read from the program");
        TR_ASSIGN(const bool ready, waitOn(fd, POLLIN, deadline, where));
        if (!ready) return fail(ErrorCode::Timeout, where, "the program did not answer in time");
    }
}

} // namespace

Result<std::size_t> ChildProcess::readOut(std::span<char> buffer, int timeoutMs)
{
    return readSome(m_state->out.get(), buffer, Deadline(timeoutMs), m_state->name);
}

Result<std::size_t> ChildProcess::readErr(std::span<char> buffer, int timeoutMs)
{
    return readSome(m_state->err.get(), buffer, Deadline(timeoutMs), m_state->name);
}

Status ChildProcess::readOutExactly(std::span<char> buffer, int timeoutMs)
{
    const Deadline deadline(timeoutMs);
    while (!buffer.empty()) {
        TR_ASSIGN(const std::size_t got, readSome(m_state->out.get(), buffer, deadline, m_state->name));
        if (got == 0) return fail(ErrorCode::Crashed, m_state->name, "the program ended before it had answered");
        buffer = buffer.subspan(got);
    }
    return {};
}

Status ChildProcess::write(std::string_view bytes, int timeoutMs)
{
    if (!m_state->in) return fail(ErrorCode::Internal, m_state->name, "the program's input is not a pipe, or closed");
    return writeFully(m_state->in.get(), bytes, timeoutMs, m_state->name);
}

Result<ChildExit> ChildProcess::waitFor(int timeoutMs)
{
    const Deadline deadline(timeoutMs);
    for (;;) {
        TR_ASSIGN(const auto ended, m_state->look());
        if (ended) return *ended;
        if (deadline.over()) return fail(ErrorCode::Timeout, m_state->name, "the program still runs");
        if (m_state->pidFd)
            TR_TRY(waitOn(m_state->pidFd.get(), POLLIN, deadline, m_state->name));
        else
            std::this_thread::sleep_for(std::chrono::milliseconds(deadline.leftMs(5)));
    }
}

Status writeFully(int fd, std::string_view bytes, int timeoutMs, const std::string& where)
{
    const NoSigPipe guard;
    const Deadline deadline(timeoutMs);
    while (!bytes.empty()) {
        TR_ASSIGN(const std::size_t wrote, writeSome(fd, bytes, where));
        bytes.remove_prefix(wrote);
        if (wrote > 0) continue;
        TR_ASSIGN(const bool ready, waitOn(fd, POLLOUT, deadline, where));
        if (!ready) return fail(ErrorCode::Timeout, where, "the other side did not read in time");
    }
    return {};
}

namespace
{

/// The loop of runProcess: one poll for the three pipes, so that neither side waits for the other.
class Exchange
{
public:
    Exchange(ChildProcess& child, std::string_view input, const CancelToken& cancel, int timeoutMs, std::size_t maxOutputBytes,
             std::string name)
        : m_child(child),
          m_input(input),
          m_cancel(cancel),
          m_deadline(timeoutMs),
          m_maxOutputBytes(maxOutputBytes),
          m_name(std::move(name))
    {
        if (m_input.empty()) m_child.closeIn();
    }

    Result<ChildOutput> run()
    {
        const auto guard = m_cancel.onCancel([this] { m_child.kill(); });
        for (;;) {
            if (m_cancel.cancelled()) return CancelToken::error();
            if (m_deadline.over()) return fail(ErrorCode::Timeout, m_name, "the program did not end in time and was stopped");
            TR_ASSIGN(const auto ended, endedNow());
            // With both streams closed only its end is left, which no descriptor here tells.
            TR_TRY(pump(ended ? 0 : m_outOpen || m_errOpen ? 50 : 2));
            // What it started may keep the pipes open for ever; the program's own end is what counts.
            if (ended && !m_moved) return finish(*ended);
        }
    }

private:
    Result<std::optional<ChildExit>> endedNow()
    {
        auto ended = m_child.waitFor(0);
        if (ended) return *ended;
        if (ended.error().code == ErrorCode::Timeout) return std::nullopt;
        return std::unexpected(std::move(ended).error());
    }

    Status pump(int timeoutMs)
    {
        m_moved = false;
        std::array<pollfd, 3> entries{pollfd{m_child.inFd(), POLLOUT, 0}, pollfd{m_outOpen ? m_child.outFd() : -1, POLLIN, 0},
                                      pollfd{m_errOpen ? m_child.errFd() : -1, POLLIN, 0}};
        if (::poll(entries.data(), entries.size(), m_deadline.leftMs(timeoutMs)) < 0 && errno != EINTR)
            return errnoFailure(errno, m_name, "cannot wait for the program");
        if (entries[0].revents != 0) TR_TRY(feed());
        if (entries[1].revents != 0) TR_TRY(drain(m_child.outFd(), m_output.out, m_outOpen));
        if (entries[2].revents != 0) TR_TRY(drain(m_child.errFd(), m_output.err, m_errOpen));
        return {};
    }

    Status feed()
    {
        const auto wrote = writeSome(m_child.inFd(), m_input, m_name);
        // A program that does not want its whole input is no failure; its exit code tells.
        if (!wrote && wrote.error().code != ErrorCode::Crashed) return std::unexpected(wrote.error());
        if (wrote) m_input.remove_prefix(*wrote);
        if (!wrote || m_input.empty()) m_child.closeIn();
        return {};
    }

    Status drain(int fd, std::string& into, bool& open)
    {
        std::array<char, 65'536> buffer;
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
        if (got < 0) return errnoFailure(errno, m_name, "cannot read from the program");
        open = got > 0;
        m_moved = m_moved || got > 0;
        into.append(buffer.data(), static_cast<std::size_t>(got));
        if (into.size() > m_maxOutputBytes)
            return fail(ErrorCode::Refused, m_name,
                        formatText("the program wrote more than {} bytes and was stopped", m_maxOutputBytes));
        return {};
    }

    Result<ChildOutput> finish(const ChildExit& ended)
    {
        if (m_cancel.cancelled()) return CancelToken::error();
        if (ended.signal != 0)
            return fail(ErrorCode::Crashed, m_name, formatText("the program was ended by signal {}", ended.signal));
        m_output.exitCode = ended.exitCode;
        return std::move(m_output);
    }

    ChildProcess& m_child;
    std::string_view m_input;
    CancelToken m_cancel;
    Deadline m_deadline;
    std::size_t m_maxOutputBytes;
    std::string m_name;
    ChildOutput m_output;
    NoSigPipe m_noSigPipe;
    bool m_outOpen = true;
    bool m_errOpen = true;
    bool m_moved = false;
};

} // namespace

Result<ChildOutput> runProcess(const std::vector<std::string>& argv, std::string_view stdinText, const CancelToken& cancel,
                               int timeoutMs, std::size_t maxOutputBytes, const ChildOptions& options)
{
    if (cancel.cancelled()) return CancelToken::error();
    ChildOptions own = options;
    own.in = own.out = own.err = ChildOptions::Stream::Pipe;
    TR_ASSIGN(ChildProcess child, ChildProcess::start(argv, own));
    return Exchange(child, stdinText, cancel, timeoutMs, maxOutputBytes, argv.front()).run();
}

} // namespace tackroom
