// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runtablemodel.h"

#include <QAbstractItemModelTester>
#include <QItemSelectionModel>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <algorithm>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{

/// A store of `count` runs in memory that answers a little later, as the session does, and counts what it was asked.
struct FakeStore {
    std::vector<std::int64_t> runs;
    int rowAsks = 0, itemAsks = 0;
    std::size_t itemsAsked = 0, mostAsked = 0;
    std::string taskPrefix = "task ";
    bool failItems = false;

    explicit FakeStore(std::int64_t count)
    {
        for (std::int64_t i = 1; i <= count; ++i) runs.push_back(i);
    }
    RunSource source(QObject* receiver)
    {
        RunSource made;
        made.rows = [this, receiver](RunFilter filter, RunOrder, bool descending,
                                     std::function<void(Result<std::vector<RunRow>>)> then) {
            ++rowAsks;
            std::vector<RunRow> rows;
            for (const auto run : runs)
                if (filter.text.empty() || run % 2 == 0) rows.push_back(RunRow{run});
            if (descending) std::reverse(rows.begin(), rows.end());
            QTimer::singleShot(0, receiver, [rows, then] { then(rows); });
            return quint64(rowAsks);
        };
        made.items = [this, receiver](std::vector<RunRow> rows, std::function<void(Result<std::vector<RunListItem>>)> then) {
            ++itemAsks;
            itemsAsked += rows.size();
            mostAsked = std::max(mostAsked, rows.size());
            QTimer::singleShot(0, receiver, [this, rows, then] {
                if (failItems) return then(fail(ErrorCode::Io, "runs.db", "the disk is gone"));
                std::vector<RunListItem> items;
                for (const RunRow row : rows) {
                    RunListItem item;
                    item.row = row;
                    item.run.task = taskPrefix + std::to_string(row.value);
                    item.run.stepCount = row.value;
                    item.outcome = row.value % 3 == 0 ? Outcome::Failure : Outcome::Success;
                    items.push_back(item);
                }
                then(std::move(items));
            });
            return quint64(1000 + itemAsks);
        };
        made.cancel = [](quint64) {};
        return made;
    }
};

QString taskAt(const RunTableModel& model, int row) { return model.index(row, RunTableModel::TaskColumn).data().toString(); }

} // namespace

class TestRunTableModel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cellsFillLate()
    {
        FakeStore store(1000);
        RunTableModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 1000);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QCOMPARE(taskAt(model, 0), QString()); // asked for only now
        QVERIFY(!model.settled());
        QTRY_VERIFY(model.settled());
        QVERIFY(!changed.isEmpty());
        QCOMPARE(taskAt(model, 0), QStringLiteral("task 1000")); // newest first
        QCOMPARE(model.index(0, RunTableModel::StepsColumn).data().toString(), QStringLiteral("1,000"));
        QVERIFY(model.index(1, RunTableModel::OutcomeColumn).data().toString().contains(QStringLiteral("failure")));
    }

    void onlyWhatIsLookedAtIsRead()
    {
        FakeStore store(100'000);
        RunTableModel model;
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 100'000);
        for (int row = 50'000; row < 50'040; ++row) (void)taskAt(model, row);
        QTRY_VERIFY(model.settled());
        QVERIFY(store.itemsAsked <= 200);
        QCOMPARE(store.itemAsks, 1);
        QCOMPARE(taskAt(model, 50'020), QStringLiteral("task 49980"));
    }

    void scrollingThroughEverythingStaysSmall()
    {
        FakeStore store(60'000);
        RunTableModel model;
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 60'000);
        for (int row = 0; row < 60'000; ++row) (void)taskAt(model, row); // a wheel that does not stop
        QTRY_VERIFY(model.settled());
        QVERIFY(store.itemsAsked < 20'000);
        (void)taskAt(model, 59'999);
        QTRY_COMPARE(taskAt(model, 59'999), QStringLiteral("task 1"));
    }

    void selectionFollowsTheRun_data()
    {
        QTest::addColumn<int>("newCount");
        QTest::newRow("more") << 40;
        QTest::newRow("as many") << 20;
        QTest::newRow("fewer") << 12;
    }
    void selectionFollowsTheRun()
    {
        QFETCH(int, newCount);
        FakeStore store(20);
        RunTableModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 20);
        QItemSelectionModel selection(&model);
        const int place = model.positionOf(RunRow{7});
        selection.setCurrentIndex(model.index(place, 0), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);

        store = FakeStore(newCount);
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), newCount);
        QCOMPARE(model.rowAt(selection.currentIndex().row()), RunRow{7});
        QCOMPARE(selection.selectedRows().size(), 1);
        QCOMPARE(model.rowAt(selection.selectedRows().first().row()), RunRow{7});

        model.sort(RunTableModel::StepsColumn, Qt::AscendingOrder);
        QTRY_VERIFY(!model.loading());
        QCOMPARE(selection.currentIndex().row(), 6);
    }

    void aRunThatVanishesLeavesTheSelection()
    {
        FakeStore store(20);
        RunTableModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 20);
        QItemSelectionModel selection(&model);
        selection.select(model.index(model.positionOf(RunRow{7}), 0),
                         QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        RunFilter even;
        even.text = "even";
        model.setFilter(even);
        QTRY_COMPARE(model.rowCount(), 10);
        QVERIFY(selection.selectedRows().isEmpty());
    }

    void refreshShowsTheOldUntilTheNewIsThere()
    {
        FakeStore store(10);
        RunTableModel model;
        model.setSource(store.source(&model));
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 10);
        (void)taskAt(model, 0);
        QTRY_COMPARE(taskAt(model, 0), QStringLiteral("task 10"));
        store.taskPrefix = "changed ";
        model.refresh();
        QCOMPARE(taskAt(model, 0), QStringLiteral("task 10"));
        QTRY_COMPARE(taskAt(model, 0), QStringLiteral("changed 10"));
    }

    void failureIsToldOnce()
    {
        FakeStore store(10);
        store.failItems = true;
        RunTableModel model;
        model.setSource(store.source(&model));
        QSignalSpy failures(&model, &RunTableModel::failed);
        model.refresh();
        QTRY_COMPARE(model.rowCount(), 10);
        (void)taskAt(model, 0);
        QTRY_VERIFY(model.settled());
        QCOMPARE(failures.size(), 1);
        QVERIFY(taskAt(model, 0).contains(QStringLiteral("could not be read")));
        QVERIFY(model.settled()); // no endless asking
    }
};

QTEST_GUILESS_MAIN(TestRunTableModel)
#include "testruntablemodel.moc"
