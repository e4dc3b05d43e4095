// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/clustertreemodel.h"
#include "ui/models/steptreemodel.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{

StepItem step(std::int64_t row, std::int64_t parent, const char* id, UtcNs start, UtcNs end, StepStatus status = StepStatus::Ok)
{
    StepItem item;
    item.row = row;
    item.parentRow = parent;
    item.step.nativeId = id;
    item.step.name = id;
    item.step.kind = StepKind::Tool;
    item.step.start = start;
    item.step.end = end;
    item.step.status = status;
    return item;
}

ClusterItem cluster(const char* id, Layer layer, const char* label, std::int64_t runs)
{
    ClusterItem item;
    item.id = ClusterId(id);
    item.layer = layer;
    item.label = label;
    item.runs = runs;
    item.failingRuns = 40;
    item.perWeek = {1, 0, runs - 1};
    item.versions = {{"aaaa", "v1", 0, 100}, {"bbbb", "v2", runs, 100}};
    item.lastSeen = runs;
    return item;
}

ClusterOverview overview()
{
    ClusterOverview all;
    all.runs = 200;
    all.failingRuns = 40;
    all.clusters = {cluster("c-1", Layer::Tools, "order id with a leading #", 14),
                    cluster("c-2", Layer::Instructions, "premature hand-over", 9),
                    cluster("c-3", Layer::Tools, "time-out of issue_refund", 3)};
    return all;
}

} // namespace

class TestTreeModels : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void steps()
    {
        StepTreeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSteps({step(1, 0, "root", 100, 200), step(2, 1, "child", 125, 150, StepStatus::Error),
                        step(3, 2, "grandchild", 130, 140), step(4, 0, "second", 200, 200)});
        QCOMPARE(model.rowCount(), 2);
        const QModelIndex child = model.indexOfStep("child");
        QVERIFY(child.isValid());
        QCOMPARE(child.parent(), model.indexOfStep("root"));
        QCOMPARE(model.rowCount(child), 1);
        QCOMPARE(child.data(StepTreeModel::WaterfallStartRole).toDouble(), 0.25);
        QCOMPARE(child.data(StepTreeModel::WaterfallLengthRole).toDouble(), 0.25);
        QVERIFY(!child.siblingAtColumn(StepTreeModel::WaterfallColumn).data(Qt::AccessibleTextRole).toString().isEmpty());
        QVERIFY(child.siblingAtColumn(StepTreeModel::StatusColumn).data().toString().contains(QChar(0x2717)));
        QVERIFY(!model.indexOfStep("nobody").isValid());
        model.setDecisive("child", QStringLiteral("why"));
        QVERIFY(model.indexOfStep("child").data().toString().startsWith(QChar(0x25CE)));
        QCOMPARE(model.stepAt(child)->step.nativeId, std::string("child"));
    }

    void stepsOfAHostileStore()
    {
        StepTreeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        // Its own parent, a parent that comes later, the same row and id twice, no times, an end before the start.
        model.setSteps(
            {step(1, 1, "own", 0, 0), step(2, 3, "later", 500, 100), step(3, 2, "loop", 0, 0), step(3, 2, "loop", 0, 0)});
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.rowCount(model.indexOfStep("later")), 2);
        QVERIFY(!model.indexOfStep("own").data(StepTreeModel::WaterfallStartRole).isValid());
        model.setSteps({});
        QCOMPARE(model.rowCount(), 0);
    }

    void clusters()
    {
        ClusterTreeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setOverview(overview());
        QCOMPARE(model.rowCount(), 2);
        const QModelIndex tools = model.index(0, 0);
        QCOMPARE(tools.data().toString(), QStringLiteral("tools"));
        QCOMPARE(model.rowCount(tools), 2);
        QCOMPARE(tools.siblingAtColumn(ClusterTreeModel::RunsColumn).data().toString(), QStringLiteral("17"));
        QCOMPARE(model.clusterAt(tools), nullptr);
        const QModelIndex first = model.index(0, ClusterTreeModel::ShareColumn, tools);
        QCOMPARE(model.clusterAt(first)->id, ClusterId("c-1"));
        QCOMPARE(first.data(ClusterTreeModel::ShareRole).toDouble(), 0.35);
        QCOMPARE(first.data(Qt::AccessibleTextRole).toString(), QStringLiteral("14 of 40 failing runs (35 %, 22–50 %)"));
        QCOMPARE(model.index(0, ClusterTreeModel::VersionsColumn, tools).data().toString(), QStringLiteral("v2"));
        QCOMPARE(model.indexOf(ClusterId("c-3")).parent(), tools);
        QVERIFY(!model.indexOf(ClusterId("c-9")).isValid());
    }

    void clustersSortedAndFiltered()
    {
        ClusterTreeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setOverview(overview());
        model.sort(ClusterTreeModel::RunsColumn, Qt::AscendingOrder);
        QCOMPARE(model.index(0, 0).data().toString(), QStringLiteral("instructions"));
        QCOMPARE(model.clusterAt(model.index(0, 0, model.index(1, 0)))->id, ClusterId("c-3"));
        model.setFilter(parseClusterFilter(QStringLiteral("layer:tools REFUND")));
        QCOMPARE(model.shownClusters(), 1);
        QCOMPARE(model.rowCount(), 1);
        model.setFilter(parseClusterFilter(QStringLiteral("nothing like it")));
        QCOMPARE(model.rowCount(), 0);
        QVERIFY(model.cluster(ClusterId("c-1"))); // known, though not shown
    }

    void filterSaysWhatItDoesNotUnderstand()
    {
        const ClusterFilter filter =
            parseClusterFilter(QStringLiteral("layer:tools layer:nonsense outcome:failure \"leading #\" word"));
        QCOMPARE(filter.layers, QStringList{QStringLiteral("tools")});
        QCOMPARE(filter.words, (QStringList{QStringLiteral("leading #"), QStringLiteral("word")}));
        QCOMPARE(filter.notUnderstood, (QStringList{QStringLiteral("layer:nonsense"), QStringLiteral("outcome:failure")}));
        QVERIFY(parseClusterFilter({}).empty());
    }
};

QTEST_GUILESS_MAIN(TestTreeModels)
#include "testtreemodels.moc"
