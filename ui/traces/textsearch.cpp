// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/textsearch.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"
#include "ui/traces/textpage.h"

#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace tackroom::ui
{

namespace
{

constexpr int kLookMs = 300;
constexpr std::size_t kMostMatches = 200;
constexpr const char* kMatchLink = "match/";

QString placeText(const std::string& place)
{
    if (place == "system") return TextSearch::tr("system prompt");
    if (place == "user") return TextSearch::tr("user");
    if (place == "assistant") return TextSearch::tr("agent");
    if (place == "tool") return TextSearch::tr("tool result");
    if (place == "arguments") return TextSearch::tr("tool call");
    if (place == "input") return TextSearch::tr("input");
    if (place == "output") return TextSearch::tr("output");
    if (place == "error") return TextSearch::tr("error");
    if (place == "judge") return TextSearch::tr("explanation of a score");
    if (place == "decision") return TextSearch::tr("human decision");
    if (place == "step") return TextSearch::tr("step");
    return shownLine(place, 40);
}

/// One line of safe text, with the spaces at its ends that part it from its neighbours.
QString pieceOf(std::string_view text)
{
    if (text.empty()) return {};
    const auto isSpace = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
    QString piece = shownLine(text, 600);
    if (piece.isEmpty()) return QStringLiteral(" ");
    if (isSpace(text.front())) piece.prepend(QLatin1Char(' '));
    if (isSpace(text.back())) piece.append(QLatin1Char(' '));
    return piece;
}

} // namespace

struct TextSearch::Arrived {
    std::mutex mutex;
    std::vector<std::pair<RunRow, std::string>> hits;
    std::uint64_t done = 0, total = 0;
};

TextSearch::TextSearch(Session& session, QWidget* parent) : QFrame(parent), m_session(session)
{
    setAccessibleName(tr("Search in the texts of runs"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    column->setSpacing(kGrid / 2);
    m_status = new TextLabel({}, TextLabel::Wrapped, this);
    column->addWidget(m_status);
    m_progress = new QProgressBar(this);
    m_progress->setAccessibleName(tr("How much has been searched"));
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(kGrid);
    column->addWidget(m_progress);
    auto* row = new QHBoxLayout;
    row->setSpacing(kGrid / 2);
    m_all = new QPushButton(this);
    m_all->setObjectName(QStringLiteral("searchAll"));
    m_stop = new QPushButton(tr("Stop"), this);
    m_stop->setObjectName(QStringLiteral("stopSearch"));
    m_place = new TextLabel({}, TextLabel::Faint, this);
    const auto arrow = [this](Qt::ArrowType type, const QString& name) {
        auto* button = new QToolButton(this);
        button->setArrowType(type);
        button->setAutoRaise(true);
        button->setAccessibleName(name);
        button->setToolTip(name);
        return button;
    };
    m_previous = arrow(Qt::UpArrow, tr("Previous match in this run (Shift+F3)"));
    m_next = arrow(Qt::DownArrow, tr("Next match in this run (F3)"));
    row->addWidget(m_all);
    row->addWidget(m_stop);
    row->addStretch(1);
    column->addLayout(row);
    auto* places = new QHBoxLayout;
    places->setSpacing(kGrid / 2);
    places->addWidget(m_place);
    places->addWidget(m_previous);
    places->addWidget(m_next);
    places->addStretch(1);
    column->addLayout(places);
    m_list = new TextPage(this);
    m_list->setAccessibleName(tr("Matches in this run"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setFixedHeight(fontMetrics().height() * 6);
    column->addWidget(m_list);

    connect(m_all, &QPushButton::clicked, this, &TextSearch::searchEverything);
    connect(m_stop, &QPushButton::clicked, this, &TextSearch::stop);
    connect(m_previous, &QToolButton::clicked, this, [this] { goToMatch(-1); });
    connect(m_next, &QToolButton::clicked, this, [this] { goToMatch(1); });
    connect(m_list, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) {
        const QString text = url.toString();
        if (!text.startsWith(QLatin1StringView(kMatchLink))) return;
        m_current = text.mid(static_cast<qsizetype>(std::string_view(kMatchLink).size())).toInt() - 1;
        goToMatch(1);
    });
    m_lookSoon.setInterval(kLookMs);
    connect(&m_lookSoon, &QTimer::timeout, this, &TextSearch::takeArrived);
    connect(&session, &Session::storeChanged, this, &TextSearch::storeChanged);
    connect(&session, &Session::outcomesChanged, this, &TextSearch::storeChanged);
    storeChanged();
    fill();
}

// ------------------------------------------------------------------------------------------------------- the full-text index
void TextSearch::storeChanged()
{
    if (m_storePath != m_session.storePath()) {
        m_storePath = m_session.storePath();
        for (quint64* job : {&m_fillJob, &m_coverageJob, &m_matchJob}) m_session.jobs().cancel(std::exchange(*job, 0));
        m_coverage = {};
        m_covered = m_fillAgain = false;
        m_fillProblem.clear();
        m_row = {};
        forgetFound();
        loadMatches(false);
    }
    if (m_session.storeState() == Session::State::Ready) fillIndex();
    fill();
}

void TextSearch::fillIndex()
{
    if (m_fillJob) {
        m_fillAgain = true;
        return;
    }
    m_fillAgain = false;
    m_fillJob = m_session.jobs().start<TextCoverage>(
        {tr("Reading texts to search in"), Lane::Pool, true, false}, this,
        [folder = m_session.store().folder, store = m_session.store().path,
         reader = m_session.readerOptions()](const CancelToken& cancel, const Progress& progress) -> Result<TextCoverage> {
            TextIndexOptions options;
            options.reader = reader;
            auto done = updateTextIndex(folder, store, options, cancel, progress);
            // Another window fills it: what is there so far will do.
            if (done || done.error().code != ErrorCode::Locked) return done;
            TR_ASSIGN(const auto index, TextIndex::open(folder, cancel));
            return index->coverage();
        },
        [this](Result<TextCoverage> done) {
            m_fillJob = 0;
            m_fillProblem.clear();
            if (done) {
                const bool isNew = !m_covered || *done != m_coverage;
                m_coverage = *done;
                m_covered = true;
                if (isNew && hasWords()) Q_EMIT filterChanged();
            } else if (done.error().code != ErrorCode::Cancelled) {
                m_fillProblem = oneLine(done.error());
            }
            if (m_fillAgain) fillIndex();
            fill();
        });
    lookAtCoverage();
}

/// What is there while more comes.
void TextSearch::lookAtCoverage()
{
    if (m_coverageJob || m_covered) return;
    m_coverageJob = m_session.jobs().start<TextCoverage>(
        {QString(), Lane::Pool, true, true}, this,
        [folder = m_session.store().folder](const CancelToken& cancel, const Progress&) -> Result<TextCoverage> {
            TR_ASSIGN(const auto index, TextIndex::open(folder, cancel));
            return index->coverage();
        },
        [this](Result<TextCoverage> coverage) {
            m_coverageJob = 0;
            if (coverage && !m_covered) m_coverage = *coverage;
            fill();
        });
}

// ---------------------------------------------------------------------------------------------------------------- the query
void TextSearch::setQuery(const RunFilter& filter)
{
    const std::vector<std::string> words = textWordsOf(filter);
    m_filter = filter;
    RunFilter wanted = filter;
    std::erase_if(wanted.fields, [](const RunCondition& condition) { return condition.negated; });
    m_wanted = textWordsOf(wanted);
    if (std::set(words.begin(), words.end()) != std::set(m_words.begin(), m_words.end())) {
        m_words = words;
        forgetFound();
        loadMatches(false);
        if (hasWords() && m_session.storeState() == Session::State::Ready) lookAtCoverage();
    }
    fill();
}

RunFilter TextSearch::filter() const { return m_found.empty() ? m_filter : withFound(m_filter, m_found); }

void TextSearch::forgetFound()
{
    m_session.jobs().cancel(std::exchange(m_searchJob, 0));
    m_lookSoon.stop();
    m_arrived.reset();
    m_found.clear();
    m_foundRuns = 0;
    m_everything = false;
    m_report = {};
    m_searchProblem.clear();
}

// --------------------------------------------------------------------------------------------------------------- everything
void TextSearch::searchEverything()
{
    if (!hasWords() || m_searchJob || m_everything || m_session.storeState() != Session::State::Ready) return;
    forgetFound();
    m_arrived = std::make_shared<Arrived>();
    m_searchJob = m_session.jobs().start<EverywhereReport>(
        {tr("Searching all runs"), Lane::Pool, true, false}, this,
        [folder = m_session.store().folder, store = m_session.store().path, reader = m_session.readerOptions(), words = m_words,
         arrived = m_arrived](const CancelToken& cancel, const Progress& progress) {
            const auto found = [&](RunRow row, TextHit hit) {
                const std::lock_guard lock(arrived->mutex);
                arrived->hits.emplace_back(row, std::move(hit.word));
            };
            const Progress both([&](std::string_view what, std::uint64_t done, std::uint64_t total) {
                progress.report(what, done, total);
                const std::lock_guard lock(arrived->mutex);
                arrived->done = done;
                arrived->total = total;
            });
            return searchEverywhere(folder, store, reader, words, found, cancel, both);
        },
        [this](Result<EverywhereReport> report) {
            m_searchJob = 0;
            m_lookSoon.stop();
            if (report) {
                m_everything = true;
                m_report = *report;
            } else if (report.error().code != ErrorCode::Cancelled) {
                m_searchProblem = oneLine(report.error());
            }
            takeArrived();
            fill();
        });
    m_lookSoon.start();
    fill();
}

void TextSearch::stop()
{
    // The user's cancel: what was found so far stays.
    m_session.jobs().cancelByUser(m_searchJob);
}

void TextSearch::takeArrived()
{
    if (!m_arrived) return;
    std::vector<std::pair<RunRow, std::string>> hits;
    {
        const std::lock_guard lock(m_arrived->mutex);
        hits.swap(m_arrived->hits);
        const bool known = m_arrived->total > 0;
        m_progress->setRange(0, known ? 1000 : 0);
        if (known) m_progress->setValue(static_cast<int>(m_arrived->done * 1000 / m_arrived->total));
    }
    for (auto& [row, word] : hits) m_found[word].push_back(row);
    m_foundRuns += static_cast<std::int64_t>(hits.size());
    fill();
    if (!hits.empty()) Q_EMIT filterChanged();
}

// --------------------------------------------------------------------------------------------------- the run that is shown
void TextSearch::showRun(RunRow row, bool jump)
{
    if (row == m_row) return;
    m_row = row;
    loadMatches(jump);
}

void TextSearch::loadMatches(bool jump)
{
    m_session.jobs().cancel(std::exchange(m_matchJob, 0));
    m_matches.clear();
    m_current = -1;
    if (m_row.value == 0 || m_wanted.empty() || m_session.storeState() != Session::State::Ready) return showMatches();
    m_matchJob = m_session.jobs().start<std::vector<TextHit>>(
        {QString(), Lane::Pool, true, true}, this,
        [folder = m_session.store().folder, store = m_session.store().path, reader = m_session.readerOptions(), row = m_row,
         words = m_wanted](const CancelToken& cancel, const Progress&) {
            return hitsInRun(folder, store, reader, row, words, kMostMatches, cancel);
        },
        [this, jump](Result<std::vector<TextHit>> hits) {
            m_matchJob = 0;
            if (hits) m_matches = std::move(*hits);
            showMatches();
            if (!jump) return;
            const auto first = std::ranges::find_if(m_matches, [](const TextHit& hit) { return !hit.stepId.empty(); });
            if (first == m_matches.end()) return;
            m_current = static_cast<int>(first - m_matches.begin()) - 1;
            goToMatch(1);
        });
    showMatches();
}

void TextSearch::showMatches()
{
    m_list->begin();
    int number = 0;
    for (const TextHit& hit : m_matches) {
        m_list->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid / 4);
        m_list->addLink(placeText(hit.place), QString(QLatin1StringView(kMatchLink) + QString::number(number++)));
        m_list->addText(QStringLiteral("  "), TextPage::Plain);
        std::size_t at = 0;
        for (const auto& [from, bytes] : hit.marks) {
            if (from < at || from + bytes > hit.snippet.size()) continue;
            m_list->addText(pieceOf(std::string_view(hit.snippet).substr(at, from - at)), TextPage::Plain);
            m_list->addText(pieceOf(std::string_view(hit.snippet).substr(from, bytes)), TextPage::Strong | TextPage::Accent);
            at = from + bytes;
        }
        m_list->addText(pieceOf(std::string_view(hit.snippet).substr(at)), TextPage::Plain);
    }
    m_list->end();
    m_list->moveCursor(QTextCursor::Start);
    fill();
}

void TextSearch::goToMatch(int by)
{
    const int count = static_cast<int>(m_matches.size());
    if (count == 0) return;
    m_current = ((m_current + by) % count + count) % count;
    fill();
    const TextHit& hit = m_matches[static_cast<std::size_t>(m_current)];
    if (!hit.stepId.empty()) Q_EMIT stepWanted(m_row, hit.stepId);
}

// --------------------------------------------------------------------------------------------------------------- what is seen
QString TextSearch::statusText() const
{
    if (m_searchJob)
        return tr("Searching the texts of all %1 runs, the newest first: %2 found so far.")
            .arg(countText(m_session.storeCounts().runs), countText(m_foundRuns));
    if (m_everything) {
        QString said = m_report.unreadable == 0
                           ? tr("Searched the texts of all %1 runs.").arg(countText(m_report.runs))
                           : tr("Searched the texts of %1 of %2 runs; the others could not be read.")
                                 .arg(countText(m_report.runs - m_report.unreadable), countText(m_report.runs));
        for (const ScanLoss& loss : m_report.losses)
            said += QLatin1Char(' ') + tr("Of %1, %2.").arg(shownLine(loss.where), shownLine(loss.why));
        return said;
    }
    if (!m_searchProblem.empty()) return tr("Not all runs could be searched: %1").arg(shownLine(m_searchProblem));
    if (!m_fillProblem.empty()) return tr("The texts of runs could not be read: %1").arg(shownLine(m_fillProblem));
    if (!m_covered && m_coverage.wanted == 0) return tr("The texts of failing and judged runs are being read.");
    QString text = tr("Words were looked for in the texts of %1 of %2 failing and judged runs.")
                       .arg(countText(m_coverage.searched), countText(m_coverage.wanted));
    if (m_fillJob && !m_covered) text += QLatin1Char(' ') + tr("More are being read.");
    if (m_coverage.full) text += QLatin1Char(' ') + tr("Older ones are left out: the index has reached its limit.");
    if (m_coverage.cut > 0)
        text += QLatin1Char(' ') + tr("The texts of %1 were too long, and were cut.").arg(countText(m_coverage.cut));
    return text;
}

void TextSearch::fill()
{
    setVisible(hasWords() && m_session.storeShown());
    m_status->setShown(statusText());
    m_all->setText(tr("Search all %1 runs (Ctrl+Shift+F)").arg(countText(m_session.storeCounts().runs)));
    m_all->setVisible(!m_searchJob && !m_everything);
    m_all->setEnabled(m_session.storeState() == Session::State::Ready);
    m_stop->setVisible(m_searchJob != 0);
    m_progress->setVisible(m_searchJob != 0);
    const bool any = !m_matches.empty();
    m_list->setVisible(any);
    m_previous->setVisible(any);
    m_next->setVisible(any);
    m_place->setVisible(any);
    if (!any) return;
    const QString of = m_matches.size() >= kMostMatches ? tr("at least %1").arg(countText(kMostMatches))
                                                        : countText(static_cast<std::int64_t>(m_matches.size()));
    m_place->setShown(m_current < 0 ? tr("%1 matches in this run").arg(of)
                                    : tr("match %1 of %2 in this run").arg(countText(m_current + 1), of));
}

bool TextSearch::settled() const
{
    if (m_session.storeState() != Session::State::Ready || !hasWords()) return m_matchJob == 0;
    return m_fillJob == 0 && m_coverageJob == 0 && m_searchJob == 0 && m_matchJob == 0;
}

void TextSearch::paintEvent(QPaintEvent* event)
{
    QFrame::paintEvent(event);
    QPainter(this).fillRect(0, 0, width(), 1, roleColors(palette()).line);
}

} // namespace tackroom::ui
