// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/campaign/stepper.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tackroom::test
{

namespace
{

const std::map<std::uint64_t, const char*>& changingCalls()
{
    static const std::map<std::uint64_t, const char*> calls{
#ifdef SYS_open
        {SYS_open, "open"},           {SYS_creat, "creat"},         {SYS_rename, "rename"},
        {SYS_link, "link"},           {SYS_symlink, "symlink"},     {SYS_unlink, "unlink"},
        {SYS_mkdir, "mkdir"},         {SYS_rmdir, "rmdir"},         {SYS_chmod, "chmod"},
        {SYS_chown, "chown"},
#endif
#ifdef SYS_renameat
        {SYS_renameat, "renameat"},
#endif
        {SYS_openat, "openat"},       {SYS_write, "write"},         {SYS_pwrite64, "pwrite"},
        {SYS_writev, "writev"},       {SYS_pwritev, "pwritev"},     {SYS_renameat2, "renameat2"},
        {SYS_linkat, "linkat"},       {SYS_symlinkat, "symlinkat"}, {SYS_unlinkat, "unlinkat"},
        {SYS_mkdirat, "mkdirat"},     {SYS_truncate, "truncate"},   {SYS_ftruncate, "ftruncate"},
        {SYS_fallocate, "fallocate"}, {SYS_fchmod, "fchmod"},       {SYS_fchmodat, "fchmodat"},
        {SYS_fchown, "fchown"},       {SYS_fchownat, "fchownat"},   {SYS_utimensat, "utimensat"},
        {SYS_fsync, "fsync"},         {SYS_fdatasync, "fdatasync"}, {SYS_copy_file_range, "copy_file_range"},
        {SYS_sendfile, "sendfile"},
    };
    return calls;
}

bool changesFiles(const __ptrace_syscall_info& info)
{
    const auto nr = info.entry.nr;
    if (!changingCalls().contains(nr)) return false;
    constexpr std::uint64_t kMaking = O_CREAT | O_TRUNC;
#ifdef SYS_open
    if (nr == SYS_open) return (info.entry.args[1] & kMaking) != 0;
#endif
    if (nr == SYS_openat) return (info.entry.args[2] & kMaking) != 0;
    return true;
}

bool sharedMapping(const __ptrace_syscall_info& info)
{
    return info.entry.nr == SYS_mmap && (info.entry.args[2] & PROT_WRITE) != 0 && (info.entry.args[3] & MAP_SHARED) != 0 &&
           (info.entry.args[3] & MAP_ANONYMOUS) == 0;
}

/// What fails on a full disk: making and filling, not renaming or removing.
bool needsRoom(std::uint64_t nr)
{
    const std::string name = changingCalls().at(nr);
    return name.starts_with("open") || name.contains("write") || name.contains("link") != name.contains("unlink") ||
           name.contains("mkdir") || name == "fsync";
}

#ifdef __x86_64__
void skipCall(pid_t child)
{
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    registers.orig_rax = static_cast<unsigned long long>(-1);
    ptrace(PTRACE_SETREGS, child, nullptr, &registers);
}
void setResult(pid_t child, int error)
{
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
    ptrace(PTRACE_SETREGS, child, nullptr, &registers);
}
#else
void skipCall(pid_t) {}
void setResult(pid_t, int) {}
#endif

std::string drain(int fd)
{
    std::string text;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
    return text;
}

void follow(pid_t child, Interference what, std::uint64_t at, bool lasting, int pipe, Stepped& stepped)
{
    const int error = what == Interference::IoError ? EIO : ENOSPC;
    bool failing = false;
    int signalToPass = 0;
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, child, nullptr, signalToPass) != 0) break;
        signalToPass = 0;
        int status = 0;
        if (::waitpid(child, &status, 0) < 0) break;
        if (WIFEXITED(status)) {
            stepped.exitCode = WEXITSTATUS(status);
            return;
        }
        if (WIFSIGNALED(status)) {
            stepped.killed = true;
            return;
        }
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            if (WSTOPSIG(status) != SIGTRAP) signalToPass = WSTOPSIG(status);
            continue;
        }
        __ptrace_syscall_info info{};
        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0) continue;
        if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
            if (failing) setResult(child, error);
            failing = false;
            continue;
        }
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY) continue;
        if (sharedMapping(info)) ++stepped.sharedMappings;
        // What the child says is no change of a file.
        if (!changesFiles(info) || (info.entry.nr == SYS_write && static_cast<int>(info.entry.args[0]) == pipe)) continue;
        ++stepped.calls;
        if (what == Interference::None || stepped.calls < at) continue;
        if (stepped.calls == at) {
            stepped.interfered = true;
            stepped.callName = changingCalls().at(info.entry.nr);
        }
        if (what == Interference::Kill) {
            ::kill(child, SIGKILL);
            continue;
        }
        if (stepped.calls == at || (lasting && needsRoom(info.entry.nr))) {
            skipCall(child);
            failing = true;
        }
    }
    int status = 0;
    if (::waitpid(child, &status, 0) == child && WIFSIGNALED(status)) stepped.killed = true;
}

} // namespace

Stepped runStepped(const std::function<int(int)>& work, Interference what, std::uint64_t at, bool lasting)
{
    Stepped stepped;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return stepped;
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(99);
        ::raise(SIGSTOP);
        ::_exit(work(ends[1]));
    }
    const int says = std::exchange(ends[1], -1);
    ::close(says);
    int status = 0;
    if (child > 0 && ::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
        follow(child, what, at, lasting, says, stepped);
    }
    stepped.said = drain(ends[0]);
    ::close(ends[0]);
    return stepped;
}

bool canStep()
{
    static const bool can = [] {
        const auto stepped =
            runStepped([](int pipe) { return ::rmdir("/nonexistent/x") != 0 && ::write(pipe, "x", 1) == 1 ? 0 : 1; },
                       Interference::None, 0);
        return stepped.exitCode == 0 && stepped.calls == 1 && stepped.said == "x";
    }();
    return can;
}

bool canFail()
{
    static const bool can = [] {
        const auto stepped = runStepped([](int) { return ::rmdir("/nonexistent/x") == -1 && errno == ENOSPC ? 0 : 1; },
                                        Interference::NoSpace, 1);
        return stepped.exitCode == 0 && stepped.interfered;
    }();
    return can;
}

} // namespace tackroom::test
