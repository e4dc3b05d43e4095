// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "app/cli/arguments.h"
#include "app/cli/context.h"
#include "app/cli/output.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace tackroom::cli
{

namespace
{

/// The first Ctrl+C (or TERM) cancels, the second ends at once. One thread waits for the signals, so that cancelling may take
/// locks; it ends with this object.
class Interrupts
{
public:
    explicit Interrupts(CancelSource& source)
    {
        ::signal(SIGPIPE, SIG_IGN); // a pipe that closes early is an error of write(), as is a file that may not grow
        ::signal(SIGXFSZ, SIG_IGN);
        sigset_t set;
        ::sigemptyset(&set);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
        ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
        m_thread = std::thread([this, set, &source] {
            for (bool again = false;; again = true) {
                int signal = 0;
                if (::sigwait(&set, &signal) != 0 || m_done) return;
                if (again) ::_exit(4);
                source.cancel();
            }
        });
    }
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    ~Interrupts()
    {
        m_done = true;
        ::pthread_kill(m_thread.native_handle(), SIGTERM);
        m_thread.join();
    }

private:
    std::atomic<bool> m_done{false};
    std::thread m_thread;
};

/// One line that is written over itself, only on a terminal.
class ProgressLine
{
public:
    explicit ProgressLine(bool shown) : m_shown(shown && ::isatty(STDERR_FILENO) == 1) {}
    void report(std::string_view what, std::uint64_t done, std::uint64_t total)
    {
        if (!m_shown) return;
        const std::scoped_lock lock(m_mutex);
        const auto now = std::chrono::steady_clock::now();
        if (now - m_last < std::chrono::milliseconds(100)) return;
        m_last = now;
        const std::string line = total > 0 ? formatText("{} {} of {}", what, formatCount(done), formatCount(total))
                                           : formatText("{} {}", what, formatCount(done));
        print("\r" + safeLine(line, 70) + "\033[K");
        m_drawn = true;
    }
    void clear()
    {
        const std::scoped_lock lock(m_mutex);
        if (m_drawn) print("\r\033[K");
        m_drawn = false;
    }

private:
    static void print(const std::string& text)
    {
        [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    }
    bool m_shown;
    bool m_drawn = false;
    std::chrono::steady_clock::time_point m_last;
    std::mutex m_mutex;
};

int writeAll(int fd, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

/// Pure ASCII, so that no terminal takes a part of it for a command.
std::string document(const Json& json) { return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n"; }

int report(const Error& error, bool json)
{
    writeAll(STDERR_FILENO, "tackroom-cli: " + oneLine(error) + "\n");
    if (json) {
        const Json members = {
            {"code", nameOf(error.code)}, {"where", error.where}, {"detail", error.detail}, {"hint", error.hint}};
        writeAll(STDOUT_FILENO, document({{"error", members}}));
    }
    return exitCodeOf(error.code);
}

int print(const std::string& text, bool json, int exitCode)
{
    const int error = writeAll(STDOUT_FILENO, text);
    if (error == EPIPE) return exitCode; // the reader has seen enough
    if (error != 0) return report(errorFromErrno(error, "stdout", "cannot write the answer"), json);
    return exitCode;
}

Places placesOf(const Arguments& arguments)
{
    Places places = defaultPlaces();
    if (arguments.has("cache")) places.cache = arguments.text("cache");
    if (arguments.has("data")) places.data = arguments.text("data");
    return places;
}

int finish(Answer answer, bool json)
{
    if (answer.complaint) writeAll(STDERR_FILENO, "tackroom-cli: " + oneLine(*answer.complaint) + "\n");
    const bool inDocument = json && answer.json.is_object();
    if (inDocument && !answer.notices.empty()) answer.json["notices"] = answer.notices;
    if (inDocument) return print(document(answer.json), json, answer.exitCode);
    for (const auto& notice : answer.notices) writeAll(STDERR_FILENO, "note: " + safeLine(notice, 1000) + "\n");
    return print(json ? document(answer.json) : answer.text, json, answer.exitCode);
}

int run(const std::vector<std::string>& words)
{
    CancelSource source;
    const Interrupts interrupts(source);
    const bool json = wantsJson(words);
    auto arguments = parseArguments(words);
    if (!arguments) return report(arguments.error(), json);
    const Verb* verb = findVerb(arguments->verb());
    if (arguments->has("version")) {
        return print(json ? document({{"version", TACKROOM_VERSION}}) : std::string("tackroom-cli " TACKROOM_VERSION "\n"),
                     json, 0);
    }
    if (arguments->has("help")) return print(verb ? helpOf(*verb) : generalHelp(), json, 0);

    ProgressLine line(true);
    Context context{std::move(*arguments),
                    {},
                    source.token(),
                    Progress([&](auto what, auto done, auto total) { line.report(what, done, total); }),
                    {}};
    context.places = placesOf(context.arguments);
    auto answer = verb->run(context);
    line.clear();
    return answer ? finish(std::move(*answer), json) : report(answer.error(), json);
}

} // namespace

} // namespace tackroom::cli

int main(int argc, char** argv)
{
    // A library that throws after all (out of memory, say) must not end in a core dump without a word.
    try {
        return tackroom::cli::run({argv + 1, argv + argc});
    } catch (const std::exception& exception) {
        const tackroom::Error error{tackroom::ErrorCode::Internal, "tackroom-cli", exception.what(),
                                    "this is a mistake in Tackroom"};
        const std::string text = "tackroom-cli: " + tackroom::oneLine(error) + "\n";
        [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
        return tackroom::exitCodeOf(error.code);
    }
}
