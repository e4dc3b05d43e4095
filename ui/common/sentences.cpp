// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/sentences.h"

#include "core/statistics/statistics.h"
#include "ui/common/shown.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace tackroom::ui {

namespace {

QString tr(const char* text, int n = -1) { return QCoreApplication::translate("tackroom::ui::Sentences", text, nullptr, n); }

QString kindSentence(ErrorCode code)
{
    switch (code) {
    case ErrorCode::NotFound: return tr("This cannot be found.");
    case ErrorCode::NotAFile: return tr("This is not a file.");
    case ErrorCode::NotReadable: return tr("This may not be read by you.");
    case ErrorCode::Empty: return tr("There is nothing in it.");
    case ErrorCode::UnknownFormat: return tr("Tackroom does not know this format.");
    case ErrorCode::Damaged: return tr("This is damaged.");
    case ErrorCode::Refused: return tr("This was refused because it is not safe to read.");
    case ErrorCode::InvalidPatch: return tr("This is not a patch that can be read.");
    case ErrorCode::BadRepository: return tr("This is not a git repository that can be read.");
    case ErrorCode::DetachedHead: return tr("The repository's HEAD is detached, so no main line can be named.");
    case ErrorCode::DirtyWorkTree: return tr("The work tree has changes of its own in the files concerned.");
    case ErrorCode::BaseGone: return tr("The version that this was written against is gone.");
    case ErrorCode::Conflict: return tr("This does not fit what is there now.");
    case ErrorCode::AnswerIsNo: return tr("This cannot be done.");
    case ErrorCode::Usage: return tr("Something is missing.");
    case ErrorCode::Io: return tr("Reading or writing failed.");
    case ErrorCode::DiskFull: return tr("The disk is full.");
    case ErrorCode::Locked: return tr("Another program is working on this.");
    case ErrorCode::Timeout: return tr("This took too long and was stopped.");
    case ErrorCode::Crashed: return tr("The reader process ended unexpectedly; nothing was changed.");
    case ErrorCode::Cancelled: return tr("Cancelled.");
    case ErrorCode::Internal: return tr("Tackroom made a mistake.");
    }
    return {};
}

} // namespace

QString sentenceOf(const Error& error)
{
    QString text = kindSentence(error.code);
    // The core's detail says what exactly; English, but better than leaving the person without it.
    if (!error.detail.empty()) text += QLatin1Char(' ') + shownLine(error.detail);
    if (!error.hint.empty()) text += QLatin1Char(' ') + shownLine(error.hint);
    return text;
}

QString detailsOf(const Error& error) { return shownBlock(oneLine(error)); }

QString countText(std::int64_t count) { return QString::fromStdString(formatCount(static_cast<std::uint64_t>(std::max<std::int64_t>(0, count)))); }

QString shareText(std::int64_t count, std::int64_t outOf)
{
    if (outOf <= 0) return tr("%1 runs").arg(countText(count));
    const auto interval = wilsonInterval(count, outOf);
    const auto percent = [](double share) { return QString::number(std::lround(share * 100)); };
    return tr("%1 of %2 runs (%3 %, %4–%5 %)")
        .arg(countText(count), countText(outOf), percent(static_cast<double>(count) / static_cast<double>(outOf)), percent(interval.low), percent(interval.high));
}

QString relativeTime(std::int64_t utcNs)
{
    if (utcNs <= 0) return {};
    const qint64 seconds = (utcNow() - utcNs) / 1'000'000'000;
    const auto day = QLocale().toString(QDateTime::fromMSecsSinceEpoch(utcNs / 1'000'000).date(), QLocale::ShortFormat);
    if (seconds < 0) return day;
    if (seconds < 60) return tr("just now");
    if (seconds < 3600) return tr("%n minute(s) ago", static_cast<int>(seconds / 60));
    if (seconds < 86400) return tr("%n hour(s) ago", static_cast<int>(seconds / 3600));
    if (seconds < 86400LL * 60) return tr("%n day(s) ago", static_cast<int>(seconds / 86400));
    return day;
}

QString exactTime(std::int64_t utcNs)
{
    if (utcNs <= 0) return {};
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(utcNs / 1'000'000), QStringLiteral("yyyy-MM-dd HH:mm:ss t"));
}

QString durationText(std::int64_t durationNs) { return durationNs > 0 ? own(formatDuration(durationNs)) : QString(); }

QString costText(double usd)
{
    if (usd <= 0) return {};
    return QLatin1Char('$') + QString::number(usd, 'f', usd < 0.01 ? 4 : 2);
}

QString outcomeText(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Success: return tr("✓ success");
    case Outcome::Failure: return tr("✗ failure");
    case Outcome::Unknown: break;
    }
    return tr("? unknown");
}

} // namespace tackroom::ui
