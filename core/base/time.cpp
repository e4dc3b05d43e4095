// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/time.h"

#include "core/base/format.h"

#include <chrono>
#include <limits>

namespace tackroom
{

namespace
{

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayS = 86'400;

/// Reads from the front of a text; every taker answers nothing and stays where it is when it does not find what it wants.
class Scanner
{
public:
    explicit Scanner(std::string_view text) : m_text(text) {}

    [[nodiscard]] bool atEnd() const { return m_text.empty(); }
    [[nodiscard]] char peek() const { return m_text.empty() ? '\0' : m_text.front(); }
    bool take(std::string_view anyOf)
    {
        if (m_text.empty() || anyOf.find(m_text.front()) == std::string_view::npos) return false;
        m_text.remove_prefix(1);
        return true;
    }
    /// Exactly `count` digits, at most `max`.
    std::optional<int> number(std::size_t count, int max)
    {
        if (m_text.size() < count) return {};
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (m_text[i] < '0' || m_text[i] > '9') return {};
            value = value * 10 + (m_text[i] - '0');
        }
        if (value > max) return {};
        m_text.remove_prefix(count);
        return value;
    }
    /// One digit or more after the point, as nanoseconds; what is finer is dropped.
    std::optional<std::int64_t> fractionNs()
    {
        std::int64_t value = 0;
        std::int64_t unit = kSecondNs / 10;
        std::size_t count = 0;
        for (; count < m_text.size() && m_text[count] >= '0' && m_text[count] <= '9'; ++count) {
            value += (m_text[count] - '0') * unit;
            unit /= 10;
        }
        if (count == 0) return {};
        m_text.remove_prefix(count);
        return value;
    }

private:
    std::string_view m_text;
};

/// Seconds east of UTC: nothing, Z, +HH, +HHMM or +HH:MM.
std::optional<std::int64_t> readOffset(Scanner& scanner)
{
    if (scanner.atEnd() || scanner.take("Zz")) return 0;
    const bool west = scanner.peek() == '-';
    if (!scanner.take("+-")) return {};
    const auto hours = scanner.number(2, 23);
    if (!hours) return {};
    int minutes = 0;
    if (!scanner.atEnd()) {
        scanner.take(":");
        const auto given = scanner.number(2, 59);
        if (!given) return {};
        minutes = *given;
    }
    const std::int64_t seconds = *hours * 3600 + minutes * 60;
    return west ? -seconds : seconds;
}

std::optional<std::int64_t> readDay(Scanner& scanner)
{
    const auto year = scanner.number(4, 9999);
    if (!year || !scanner.take("-")) return {};
    const auto month = scanner.number(2, 12);
    if (!month || !scanner.take("-")) return {};
    const auto day = scanner.number(2, 31);
    if (!day) return {};
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return {};
    return std::chrono::sys_days(date).time_since_epoch().count();
}

struct Civil {
    int year;
    unsigned month, day;
    int hour, minute, second;
    int millisecond;
};

Civil civilOf(UtcNs time)
{
    using namespace std::chrono;
    const sys_time<nanoseconds> point{nanoseconds(time)};
    const auto day = floor<days>(point);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(point - day));
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()),
            static_cast<int>(clock.seconds().count()),
            static_cast<int>(clock.subseconds().count())};
}

/// Two units of a duration, the second left out where it is none.
std::string twoUnits(std::uint64_t big, std::string_view bigUnit, std::uint64_t small, std::string_view smallUnit)
{
    return small == 0 ? formatText("{} {}", big, bigUnit) : formatText("{} {} {} {}", big, bigUnit, small, smallUnit);
}

} // namespace

UtcNs utcNow()
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

std::optional<UtcNs> parseTime(std::string_view text)
{
    Scanner scanner(text);
    const auto day = readDay(scanner);
    if (!day || !scanner.take("Tt ")) return {};
    const auto hour = scanner.number(2, 23);
    if (!hour || !scanner.take(":")) return {};
    const auto minute = scanner.number(2, 59);
    if (!minute || !scanner.take(":")) return {};
    const auto second = scanner.number(2, 60); // 60: a leap second, which is the next minute's first one here
    if (!second) return {};
    std::int64_t fraction = 0;
    if (scanner.take(".")) {
        const auto given = scanner.fractionNs();
        if (!given) return {};
        fraction = *given;
    }
    const auto offset = readOffset(scanner);
    if (!offset || !scanner.atEnd()) return {};
    const std::int64_t seconds = *day * kDayS + *hour * 3600 + *minute * 60 + *second - *offset;
    // The years that nanoseconds in 64 bits can count: 1677 to 2262.
    constexpr std::int64_t kMostS = std::numeric_limits<std::int64_t>::max() / kSecondNs - 1;
    if (seconds > kMostS || seconds < -kMostS) return {};
    return seconds * kSecondNs + fraction;
}

std::string formatTime(UtcNs time)
{
    const Civil c = civilOf(time);
    const std::string seconds =
        formatText("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second);
    return c.millisecond == 0 ? seconds + "Z" : seconds + formatText(".{:03}Z", c.millisecond);
}

std::string formatDay(UtcNs time)
{
    const Civil c = civilOf(time);
    return formatText("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

std::string formatDuration(std::int64_t durationNs)
{
    // Unsigned, so that the most negative value has a magnitude too.
    std::uint64_t ns = static_cast<std::uint64_t>(durationNs);
    if (durationNs < 0) ns = ~ns + 1;
    const std::string sign = durationNs < 0 ? "-" : "";
    const auto rounded = [ns](std::uint64_t unit) { return ns / unit + (ns % unit >= (unit + 1) / 2 && unit > 1 ? 1 : 0); };
    if (ns == 0) return "0 ms";
    if (rounded(1'000) < 1'000) return sign + formatText("{} µs", rounded(1'000));
    if (rounded(1'000'000) < 1'000) return sign + formatText("{} ms", rounded(1'000'000));
    if (const auto tenths = rounded(100'000'000); tenths < 600) return sign + formatText("{}.{} s", tenths / 10, tenths % 10);
    const auto seconds = rounded(1'000'000'000);
    if (seconds < 3'600) return sign + twoUnits(seconds / 60, "min", seconds % 60, "s");
    const auto minutes = rounded(60'000'000'000);
    if (minutes < 48 * 60) return sign + twoUnits(minutes / 60, "h", minutes % 60, "min");
    const auto hours = rounded(3'600'000'000'000);
    return sign + twoUnits(hours / 24, "d", hours % 24, "h");
}

std::string formatCount(std::uint64_t count)
{
    std::string digits = std::to_string(count);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

} // namespace tackroom
