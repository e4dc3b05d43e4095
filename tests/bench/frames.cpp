// SPDX-License-Identifier: GPL-3.0-or-later
// What a reviewer feels: frames while the run table scrolls through a million runs and a run of fifty thousand steps is read in
// each of its three views, beside an empty table of as many rows; and how long the window stands still while it opens,
// sorts, and shows a line of 10 MB and bodies of 100 MB. Offscreen: everything but the way from the picture to the screen.
//   bench_frames [--small] [--runs N] [--steps N] [--frames N] [--bodies]    --small: 100,000 runs, 5,000 steps; --bodies:
//   those alone
#include "core/index/runqueries.h"
#include "core/platform/directories.h"
#include "tests/bench/benchmark.h"
#include "tests/bench/framesreport.h"
#include "tests/bench/framesstore.h"
#include "ui/common/theme.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/longtext.h"
#include "ui/traces/rawview.h"
#include "ui/traces/runtableview.h"
#include "ui/traces/runview.h"
#include "ui/traces/stepsview.h"
#include "ui/traces/tracespage.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTreeView>

#include <cstdlib>
#include <cstring>
#include <format>
#include <map>

using namespace tackroom;
using namespace tackroom::ui;
using namespace tackroom::bench;
namespace fs = std::filesystem;

namespace
{

constexpr int kWidth = 1384, kHeight = 820; // what rail and bars leave of 1440 x 900

struct Options {
    FramesPlan plan;
    int frames = 600;
    bool bodiesOnly = false;
};

Options optionsOf(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        const auto number = [&](std::int64_t least) {
            return i + 1 < argc ? std::max<std::int64_t>(least, std::atoll(argv[++i])) : least;
        };
        if (word == "--small") options.plan = {100'000, 5'000};
        if (word == "--bodies") options.bodiesOnly = true;
        if (word == "--runs") options.plan.runs = number(1000);
        if (word == "--steps") options.plan.steps = number(100);
        if (word == "--frames") options.frames = static_cast<int>(number(20));
    }
    return options;
}

class FramesBench : FramesReport
{
public:
    FramesBench(MeteredApplication& application, const Options& options, FramesStore store, const fs::path& home)
        : FramesReport(application, options.frames), m_options(options), m_store(std::move(store))
    {
        Places places{m_store.cache, home / "data", home / "config"};
        for (const auto& place : {places.data, places.config}) fs::create_directories(place);
        const fs::path beside = fs::path(QCoreApplication::applicationDirPath().toStdString()) / "../../app/tackroom-reader";
        ReaderClient::Options reader;
        if (fs::exists(beside)) reader.program = fs::canonical(beside);
        m_session = std::make_unique<Session>(std::move(places), reader);
        m_page = std::make_unique<TracesPage>(*m_session);
        m_page->resize(kWidth, kHeight);
        m_page->show();
    }

    bool run()
    {
        if (!openStore()) return false;
        for (const auto* id : {&m_store.manySteps, &m_store.longLine, &m_store.largeBody, &m_store.oneBody}) findRow(*id);
        const auto read = bytesReadByThisThread();
        if (!m_options.bodiesOnly) {
            table();
            sorting();
            manySteps();
        }
        largeBodies();
        document();
        std::printf("the window's thread read %.1f kB by system calls in all of this (its own wake-ups among them)\n",
                    static_cast<double>(bytesReadByThisThread() - read) / 1e3);
        std::printf("goals not met: %d\n", missed());
        return true;
    }

private:
    // ----------------------------------------------------------------------------------------------------- the run table
    bool openStore()
    {
        forgetPeak();
        const QString path = QString::fromStdString(m_store.store.string());
        stallOf(
            std::format("opening the store of {} runs (index current; analysis, rows, first run)", m_options.plan.runs + 4),
            [&] { m_session->openStore(path); },
            [&] {
                return m_session->storeState() == Session::State::Failed ||
                       (m_session->storeState() == Session::State::Ready && m_page->settled() && m_page->run().details());
            });
        std::printf("peak memory of the window's process while it opened and analysed the store: %.0f MB\n", peakMb());
        forgetPeak();
        if (m_page->model().rowCount() < m_options.plan.runs) {
            std::fprintf(stderr, "bench_frames: %d runs are there, not %lld\n", m_page->model().rowCount(),
                         static_cast<long long>(m_options.plan.runs));
            return false;
        }
        return true;
    }

    void table()
    {
        RunTableView& table = m_page->table();
        table.setCurrentIndex(m_page->model().index(0, 0));
        const std::string what = std::format("run table, {} runs", m_page->model().rowCount());
        const auto ours = scroll(what, table, true, true);
        ratios(what + " to the empty table", ours, emptyTable(m_page->model().rowCount(), table, true));
        (void)waitUntil([&] { return m_page->settled(); });
        stallOf(what + ", select all (Ctrl+A)", [&] { table.selectAll(); }, [&] { return m_page->settled(); });
        stallOf(what + ", one row again", [&] { table.selectRow(0); }, [&] { return m_page->settled(); });
        stallOf(
            what + ", query outcome:failure", [&] { m_page->setQuery(QStringLiteral("outcome:failure")); },
            [&] { return m_page->settled(); });
        stallOf(what + ", query cleared", [&] { m_page->setQuery({}); }, [&] { return m_page->settled(); });
        std::printf(
            "memory of the window's process with %d runs open, scrolled through: %.0f MB (peak since it was open %.0f MB)\n",
            m_page->model().rowCount(), residentMb(), peakMb());
    }

    void sorting()
    {
        RunTableView& table = m_page->table();
        const int before = setFrames(std::min(frames(), 120));
        for (const int column : {RunTableModel::TaskColumn, RunTableModel::CostColumn, RunTableModel::OutcomeColumn,
                                 RunTableModel::DurationColumn, RunTableModel::WhenColumn}) {
            const std::string name =
                m_page->model().headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().toStdString();
            stallOf(
                std::format("run table, {} runs, sorted by {}", m_page->model().rowCount(), name),
                [&] { table.sortByColumn(column, Qt::DescendingOrder); }, [&] { return m_page->settled(); });
            scroll(std::format("  after it, by {}", name), table, false, true);
        }
        setFrames(before);
        std::printf("memory of the window's process after sorting: %.0f MB (peak since it was open %.0f MB)\n", residentMb(),
                    peakMb());
    }

    // ------------------------------------------------------------------------------------------------------------- a run
    /// On this thread: nothing is measured yet.
    void findRow(const std::string& id)
    {
        auto queries = RunQueries::open(m_session->store().folder, {});
        if (!queries) return;
        if (const auto row = (*queries)->find(id)) m_rows.emplace(id, *row);
    }
    void open(const std::string& what, const std::string& id, RunView::Tab tab)
    {
        const auto row = m_rows.find(id);
        if (row == m_rows.end()) {
            std::printf("%s: NOT found\n", what.c_str());
            miss();
            return;
        }
        RunView& run = m_page->run();
        run.clear();
        run.showTab(tab);
        stallOf(what, [&] { run.showRun(row->second); }, [&] { return run.details() && run.settled(); });
    }

    void manySteps()
    {
        RunView& run = m_page->run();
        const std::string what = std::format("a run of {} steps", m_options.plan.steps);
        open(what + ", opened in Steps", m_store.manySteps, RunView::StepsTab);
        auto* tree = run.findChild<StepsView*>()->tree();
        const auto steps = scroll(what + ", Steps with the time line", *tree, true, true);
        ratios(what + ", Steps, to the empty table", steps, emptyTable(static_cast<int>(m_options.plan.steps), *tree, true));
        stallOf(what + ", Steps, all unfolded", [&] { tree->expandAll(); }, [&] { return run.settled(); });
        stallOf(what + ", Steps, next error", [&] { run.goToNextError(); }, [&] { return run.settled(); });

        open(what + ", opened in Conversation", m_store.manySteps, RunView::ConversationTab);
        auto* conversation = run.findChild<ConversationView*>();
        std::printf("  turns: %zu\n", conversation->turns().size());
        scroll(what + ", Conversation", *conversation, false, true);
        stallOf(what + ", Conversation, first error", [&] { run.goToFirstError(); }, [&] { return run.settled(); });
        for (int i = 0; i < 3; ++i)
            stallOf(what + ", Conversation, next error", [&] { run.goToNextError(); }, [&] { return run.settled(); });
        if (!conversation->turns().empty()) {
            std::string last;
            for (const Turn& turn : conversation->turns())
                if (!turn.stepId.empty()) last = turn.stepId;
            stallOf(
                what + ", Conversation, to its last turn", [&] { conversation->showStep(last); },
                [&] { return run.settled(); });
        }
        run.showTab(RunView::ConversationTab);
        scroll(what + ", Conversation, at its end", *conversation, false, true);

        open(what + ", opened in Raw", m_store.manySteps, RunView::RawTab);
        stallOf(what + ", Raw, first error", [&] { run.goToFirstError(); }, [&] { return run.settled(); });
        stallOf(what + ", Raw, next error", [&] { run.goToNextError(); }, [&] { return run.settled(); });
        if (auto* raw = run.findChild<RawView*>()->findChild<QTreeView*>(); raw && raw->isVisible())
            scroll(what + ", Raw as a tree", *raw, true, true);
        else if (auto* text = run.findChild<RawView*>()->findChild<TextPage*>(); text && text->isVisible())
            scroll(what + ", Raw as text", *text, false, true);
        else
            std::printf("  Raw: the store holds nothing of the run itself\n");
    }

    void largeBodies()
    {
        RunView& run = m_page->run();
        const struct {
            const char* what;
            const std::string& id;
        } cases[] = {{"a step with one line of 10 MB", m_store.longLine},
                     {"a run with 108 MB of bodies", m_store.largeBody},
                     {"a step with a body of 100 MB", m_store.oneBody}};
        for (const auto& each : cases) {
            const std::string what = each.what;
            open(what + ", opened in Conversation", each.id, RunView::ConversationTab);
            auto* conversation = run.findChild<ConversationView*>();
            stallOf(what + ", Conversation, unfolded", [&] { conversation->toggleCurrent(); }, [&] { return run.settled(); });
            scroll("  after it", *conversation, false, true);
            wholeTurn(what);
            stallOf(what + ", to Steps", [&] { run.showTab(RunView::StepsTab); }, [&] { return run.settled(); });
            auto* steps = run.findChild<StepsView*>();
            const RunDetails* details = run.details();
            if (details && details->steps.size() > 1)
                stallOf(
                    what + ", Steps, its step", [&] { steps->showStep(details->steps[1].step.nativeId); },
                    [&] { return run.settled(); });
            stallOf(
                what + ", Steps, whole texts",
                [&] {
                    for (QPushButton* button : steps->findChildren<QPushButton*>())
                        if (button->isVisible() && button->isEnabled() && button->text().contains(QStringLiteral("whole")))
                            button->click();
                },
                [&] { return run.settled(); });
            wholeStep(what);
            stallOf(what + ", to Raw", [&] { run.showTab(RunView::RawTab); }, [&] { return run.settled(); });
            wholeValue(what);
        }
        std::printf("memory of the window's process after the large bodies: %.0f MB (peak since it was open %.0f MB)\n",
                    residentMb(), peakMb());
    }

    // Read by itself: what is too long for its place.
    void wholeText(const std::string& what, const std::function<void()>& open)
    {
        RunView& run = m_page->run();
        LongTextPage* page = nullptr;
        stallOf(what, open, [&] { return run.settled(); });
        for (LongTextPage* each : run.findChildren<LongTextPage*>())
            if (each->isVisible()) page = each;
        if (!page || !page->text()) {
            std::printf("%s: NOT shown\n", what.c_str());
            miss();
            return;
        }
        std::printf("  %.1f MB in %zu stretches, of which %zu are in the document\n",
                    static_cast<double>(page->text()->size()) / 1e6, page->stretches(), page->endPart() - page->firstPart());
        scroll("  in it", *page, false, true);
        stallOf(
            what + ", to its end (Ctrl+End)", [&] { press(page, Qt::Key_End, Qt::ControlModifier); },
            [&] { return run.settled(); });
        const auto jumps = framesOf(application(), page->viewport(), frames(), [&](int step) {
            const auto mixed = static_cast<std::uint64_t>(step + 1) * 0x9E3779B97F4A7C15ULL;
            page->goTo((mixed >> 33) % page->stretches());
        });
        print("  in it, jumps through the whole text", jumps, true);
        for (LongTextPane* pane : run.findChildren<LongTextPane*>())
            if (pane->isVisible()) {
                findIn(*pane);
                Q_EMIT pane->closed();
            }
    }
    void findIn(LongTextPane& pane)
    {
        pane.find();
        for (const char* word : {"e", "nobody wrote this"})
            stallOf(
                std::format("  finding '{}' in it", word),
                [&] { pane.findChild<QLineEdit*>()->setText(QString::fromLatin1(word)); },
                [&] { return m_page->run().settled(); });
        pane.findChild<QLineEdit*>()->setText(QStringLiteral("er"));
        (void)waitUntil([&] { return m_page->run().settled(); });
        const auto moves = framesOf(application(), pane.page().viewport(), std::min(frames(), 200),
                                    [&](int) { press(&pane.page(), Qt::Key_F3); });
        print("  in it, from match to match (F3)", moves, true);
    }
    void wholeTurn(const std::string& what)
    {
        auto* conversation = m_page->run().findChild<ConversationView*>();
        const auto& turns = conversation->turns();
        for (std::size_t turn = 0; turn < turns.size(); ++turn)
            for (std::size_t part = 0; part < turns[turn].parts.size(); ++part)
                if (turns[turn].parts[part].omittedBytes > 0)
                    return wholeText(what + ", Conversation, the turn by itself",
                                     [&] { Q_EMIT conversation->wholePartWanted(turn, part); });
        wholeText(what + ", Conversation, all of it",
                  [&] { Q_EMIT conversation->wholePartWanted(ConversationView::kAllTurns, 0); });
    }
    void wholeStep(const std::string& what)
    {
        auto* steps = m_page->run().findChild<StepsView*>();
        for (TextPage* page : steps->findChildren<TextPage*>())
            if (page->isVisible() && page->toPlainText().contains(QStringLiteral("Read all of it")))
                return wholeText(what + ", Steps, all of it",
                                 [&] { Q_EMIT page->anchorClicked(QUrl(QStringLiteral("whole"))); });
        std::printf("%s, Steps: nothing more to read\n", what.c_str());
    }
    /// The longest text of the tree, by way of the longest of each level.
    void wholeValue(const std::string& what)
    {
        RunView& run = m_page->run();
        auto* raw = run.findChild<RawView*>();
        auto* tree = raw->findChild<QTreeView*>();
        auto* model = raw->findChild<JsonTreeModel*>();
        if (!tree->isVisible() || model->rowCount() == 0) {
            std::printf("%s: NO tree\n", what.c_str());
            miss();
            return;
        }
        QModelIndex at;
        stallOf(
            what + ", Raw, unfolded to the longest text",
            [&] {
                for (;;) {
                    tree->expand(at);
                    (void)waitUntil([&] { return run.settled(); });
                    QModelIndex longest;
                    for (int row = 0; row < model->rowCount(at); ++row)
                        if (const QModelIndex each = model->index(row, 0, at);
                            !longest.isValid() || model->pieceOf(each).bytes > model->pieceOf(longest).bytes)
                            longest = each;
                    if (!longest.isValid()) break;
                    at = longest;
                }
                tree->setCurrentIndex(at);
            },
            [&] { return run.settled(); });
        wholeText(what + ", Raw, the value by itself", [&] { raw->readValue(); });
    }

    void document()
    {
        RunView& run = m_page->run();
        const std::string what = std::format("one JSON document of {} steps", m_options.plan.steps);
        run.showTab(RunView::RawTab);
        stallOf(
            what + ", opened in Raw", [&] { m_session->openStore(QString::fromStdString(m_store.document.string())); },
            [&] {
                return m_session->storeState() == Session::State::Failed ||
                       (m_session->storeState() == Session::State::Ready && m_page->settled() && run.details());
            });
        auto* tree = run.findChild<RawView*>()->findChild<QTreeView*>();
        if (!tree || !tree->isVisible() || !tree->model()) {
            std::printf("%s: NO tree\n", what.c_str());
            miss();
            return;
        }
        stallOf(what + ", Raw, all unfolded", [&] { tree->expandToDepth(2); }, [&] { return run.settled(); });
        scroll(what + ", Raw as a tree", *tree, true, true);
        stallOf(what + ", to Conversation", [&] { run.showTab(RunView::ConversationTab); }, [&] { return run.settled(); });
        auto* conversation = run.findChild<ConversationView*>();
        std::printf("  turns: %zu\n", conversation->turns().size());
        scroll(what + ", Conversation", *conversation, false, true);
        stallOf(
            what + ", Conversation, to its end (Ctrl+End)",
            [&] {
                QKeyEvent end(QEvent::KeyPress, Qt::Key_End, Qt::ControlModifier);
                QCoreApplication::sendEvent(conversation, &end);
            },
            [&] { return run.settled(); });
        stallOf(what + ", to Steps", [&] { run.showTab(RunView::StepsTab); }, [&] { return run.settled(); });
    }

    Options m_options;
    FramesStore m_store;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<TracesPage> m_page;
    std::map<std::string, RunRow> m_rows;
};

Result<FramesStore> storeOf(const Options& options, const fs::path& folder)
{
    Result<FramesStore> store = fail(ErrorCode::Internal, {}, "not run");
    const double seconds = secondsOf([&] { store = makeFramesStore(folder, options.plan); });
    if (store)
        std::printf("made a store of %lld runs and its index in %.1f s\n", static_cast<long long>(options.plan.runs + 4),
                    seconds);
    return store;
}

} // namespace

int main(int argc, char** argv)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    MeteredApplication application(argc, argv);
    const Options options = optionsOf(argc, argv);
    auto folder = TemporaryFolder::make("tackroom-bench-frames");
    if (!folder) {
        std::fprintf(stderr, "bench_frames: %s\n", oneLine(folder.error()).c_str());
        return 4;
    }
    QCoreApplication::setOrganizationName(QStringLiteral("tackroom-bench"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope,
                       QString::fromStdString((folder->path() / "settings").string()));
    applyTheme(application, Theme::Light);
    auto store = storeOf(options, folder->path());
    if (!store) {
        std::fprintf(stderr, "bench_frames: %s\n", oneLine(store.error()).c_str());
        return 4;
    }
    FramesBench bench(application, options, std::move(*store), folder->path());
    return bench.run() ? 0 : 4;
}
