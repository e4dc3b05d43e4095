// SPDX-License-Identifier: GPL-3.0-or-later
// tackroom-reader: opens trace stores for its parent, which talks to it over stdin and stdout (core/index/readerframes.h). It
// is a process of its own because stores are hostile until proved otherwise: it may crash, hang or be killed without harm.
#include "core/index/readerserver.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace
{

/// A pipe end away from 0, 1 and 2, where a library might print into it.
int moveAway(int fd)
{
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (moved < 0) std::_Exit(4);
    const int nothing = ::open("/dev/null", O_RDWR);
    if (nothing < 0 || ::dup2(nothing, fd) < 0) std::_Exit(4);
    if (nothing > 2) ::close(nothing);
    return moved;
}

void limit(decltype(RLIMIT_CORE) which, rlim_t value)
{
    rlimit limits{};
    if (::getrlimit(which, &limits) != 0) return;
    limits.rlim_cur = limits.rlim_max = limits.rlim_max == RLIM_INFINITY || limits.rlim_max > value ? value : limits.rlim_max;
    // A limit that cannot be set leaves the one that is there, which the parent chose.
    (void)::setrlimit(which, &limits);
}

bool isPipe(int fd)
{
    struct stat st{};
    return ::fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

} // namespace

int main(int argc, char**)
{
    if (argc > 1 || !isPipe(STDIN_FILENO) || !isPipe(STDOUT_FILENO)) {
        std::fputs("tackroom-reader is started by Tackroom to read trace stores; it is of no use by itself.\n", stderr);
        return 2;
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 4;
    // Whatever else was handed down stays closed.
    (void)::close_range(3, ~0U, 0);
    const int in = moveAway(STDIN_FILENO);
    const int out = moveAway(STDOUT_FILENO);
    (void)std::signal(SIGPIPE, SIG_IGN); // a parent that is gone shows as an error of write
    (void)std::signal(SIGXFSZ, SIG_IGN); // an index that may not grow any further does too
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 256);
    return tackroom::serveReader(in, out);
}
