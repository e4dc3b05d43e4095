// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/spawner.h"

#include "core/platform/uniquefd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <fcntl.h>
#include <functional>
#include <future>
#include <linux/close_range.h>
#include <mutex>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tackroom::detail
{

namespace
{

/// What the child could not do, sent to the parent through a pipe that a successful exec closes.
struct ChildFailure {
    enum Step : int { Folder, Limit, Streams, Orphan, Exec } step;
    int errnoValue;
};

struct Prepared {
    const SpawnRequest* request;
    std::vector<char*> argv;
    std::vector<char*> environment;
    pid_t parent;
    int report; ///< write end, close-on-exec
};

[[noreturn]] void giveUp(int report, ChildFailure::Step step)
{
    const ChildFailure failure{step, errno};
    (void)!::write(report, &failure, sizeof failure);
    ::_exit(127);
}

void setLimit(int report, __rlimit_resource_t resource, std::uint64_t value)
{
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) giveUp(report, ChildFailure::Limit);
    // Lower than what we have ourselves, never higher.
    const rlim_t wanted = limit.rlim_max == RLIM_INFINITY ? value : std::min<rlim_t>(value, limit.rlim_max);
    limit.rlim_cur = limit.rlim_max = wanted;
    if (::setrlimit(resource, &limit) != 0) giveUp(report, ChildFailure::Limit);
}

void setLimits(const Prepared& prepared)
{
    setLimit(prepared.report, RLIMIT_CORE, 0);
    if (prepared.request->memoryBytes > 0) setLimit(prepared.report, RLIMIT_AS, prepared.request->memoryBytes);
    if (prepared.request->cpuSeconds > 0) setLimit(prepared.report, RLIMIT_CPU, prepared.request->cpuSeconds);
}

/// Descriptors 0, 1 and 2. The sources were made to lie above 2, so that none is overwritten before it is used.
void placeStreams(const Prepared& prepared)
{
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) giveUp(prepared.report, ChildFailure::Streams);
    const std::array sources{prepared.request->in, prepared.request->out, prepared.request->err};
    for (int target = 0; target < 3; ++target) {
        const int wanted = sources[static_cast<std::size_t>(target)];
        const int source = wanted < 0 ? null : wanted;
        if (source == target) {
            if (::fcntl(target, F_SETFD, 0) != 0) giveUp(prepared.report, ChildFailure::Streams);
        } else if (::dup2(source, target) < 0) {
            giveUp(prepared.report, ChildFailure::Streams);
        }
    }
}

void closeOthersOnExec()
{
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    rlimit limit{};
    const rlim_t most = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min<rlim_t>(limit.rlim_cur, 65'536) : 1'024;
    for (int fd = 3; fd < static_cast<int>(most); ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void resetSignals()
{
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr); // KILL, STOP and libc's own say no
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

/// In the child. Only async-signal-safe calls and memory that was made before the fork.
[[noreturn]] void runChild(const Prepared& prepared)
{
    ::setpgid(0, 0);
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) giveUp(prepared.report, ChildFailure::Orphan);
    // The parent may have died before that call.
    if (::getppid() != prepared.parent) giveUp(prepared.report, ChildFailure::Orphan);
    placeStreams(prepared);
    closeOthersOnExec();
    const std::string& folder = prepared.request->workingDirectory;
    if (!folder.empty() && ::chdir(folder.c_str()) != 0) giveUp(prepared.report, ChildFailure::Folder);
    setLimits(prepared);
    resetSignals();
    ::execve(prepared.request->program.c_str(), prepared.argv.data(), prepared.environment.data());
    giveUp(prepared.report, ChildFailure::Exec);
}

std::vector<char*> pointersTo(const std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str())); // execve does not write to them
    pointers.push_back(nullptr);
    return pointers;
}

std::unexpected<Error> failureOf(const ChildFailure& failure, const SpawnRequest& request)
{
    switch (failure.step) {
    case ChildFailure::Folder:
        return std::unexpected(errorFromErrno(failure.errnoValue, request.workingDirectory, "cannot enter the working folder"));
    case ChildFailure::Limit:
        return std::unexpected(errorFromErrno(failure.errnoValue, request.program, "cannot set the limits of the program"));
    case ChildFailure::Streams:
        return std::unexpected(errorFromErrno(failure.errnoValue, request.program, "cannot set up the program's streams"));
    case ChildFailure::Orphan:
        return fail(ErrorCode::Crashed, request.program, "the program was not started, for we are ending");
    case ChildFailure::Exec:
        break;
    }
    return std::unexpected(errorFromErrno(failure.errnoValue, request.program, "cannot run the program"));
}

/// On the spawner's thread.
Result<pid_t> forkAndRun(const SpawnRequest& request)
{
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        return std::unexpected(errorFromErrno(errno, request.program, "cannot make a pipe"));
    UniqueFd reading(pipe[0]);
    // Above 2, or placing the child's streams could overwrite it.
    UniqueFd writing(::fcntl(pipe[1], F_DUPFD_CLOEXEC, 3));
    ::close(pipe[1]);
    if (!writing) return std::unexpected(errorFromErrno(errno, request.program, "cannot make a pipe"));
    const Prepared prepared{&request, pointersTo(request.argv), pointersTo(request.environment), ::getpid(), writing.get()};

    const pid_t pid = ::fork();
    if (pid == 0) runChild(prepared);
    if (pid < 0) return std::unexpected(errorFromErrno(errno, request.program, "cannot start another process"));
    ::setpgid(pid, pid); // whoever comes first; an error means that the child has done it
    writing.reset();
    ChildFailure failure{};
    ssize_t got = 0;
    do got = ::read(reading.get(), &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(sizeof failure)) return pid; // closed by the exec
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return failureOf(failure, request);
}

/// The one thread that forks. It is never ended: the kernel would then kill the children.
class Spawner
{
public:
    Spawner() : m_owner(::getpid())
    {
        // The thread inherits a full mask: signals are for the other threads, and a child begins undisturbed.
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        std::thread([this] { loop(); }).detach();
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    [[nodiscard]] pid_t owner() const { return m_owner; }

    Result<pid_t> run(const SpawnRequest& request)
    {
        std::promise<Result<pid_t>> answer;
        auto future = answer.get_future();
        {
            const std::lock_guard lock(m_mutex);
            m_work.emplace_back([&] { answer.set_value(forkAndRun(request)); });
        }
        m_wake.notify_one();
        return future.get();
    }

private:
    void loop()
    {
        for (;;) {
            std::function<void()> work;
            {
                std::unique_lock lock(m_mutex);
                m_wake.wait(lock, [this] { return !m_work.empty(); });
                work = std::move(m_work.front());
                m_work.pop_front();
            }
            work();
        }
    }

    pid_t m_owner;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<std::function<void()>> m_work;
};

} // namespace

Result<pid_t> spawn(const SpawnRequest& request)
{
    static std::mutex mutex;
    static Spawner* spawner = nullptr; // left alive at exit, as its thread is
    Spawner* current = nullptr;
    {
        const std::lock_guard lock(mutex);
        // A process that was forked without exec has no such thread; it makes its own.
        if (!spawner || spawner->owner() != ::getpid()) spawner = new Spawner;
        current = spawner;
    }
    return current->run(request);
}

} // namespace tackroom::detail
