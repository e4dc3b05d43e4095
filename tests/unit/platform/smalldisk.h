// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Running a piece of a test in a child process whose disk is small. Its answer is the exit code.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tackroom::testing
{

inline constexpr int kNoSmallDisk = 77;

inline int exitCodeOf(pid_t pid)
{
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A tmpfs of `sizeBytes` over `folder`, seen by the child alone; kNoSmallDisk where the system does not let us.
inline int onSmallDisk(const std::filesystem::path& folder, std::size_t sizeBytes, const std::function<int()>& what)
{
    const pid_t pid = ::fork();
    if (pid != 0) return exitCodeOf(pid);
    const auto uid = ::geteuid();
    const auto gid = ::getegid();
    if (::unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(kNoSmallDisk);
    const auto put = [](const char* file, const std::string& text) {
        const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) ::_exit(kNoSmallDisk);
        ::close(fd);
    };
    if (uid != 0) {
        put("/proc/self/setgroups", "deny");
        put("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
        put("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(kNoSmallDisk);
    const std::string options = "size=" + std::to_string(sizeBytes);
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) ::_exit(kNoSmallDisk);
    ::_exit(what());
}

/// No file may grow beyond `sizeBytes` in the child.
inline int withSmallFiles(std::size_t sizeBytes, const std::function<int()>& what)
{
    const pid_t pid = ::fork();
    if (pid != 0) return exitCodeOf(pid);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{sizeBytes, sizeBytes};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(kNoSmallDisk);
    ::_exit(what());
}

} // namespace tackroom::testing
