// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "ui/common/shown.h"
#include "ui/traces/conversationturns.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/runexport.h"
#include "ui/traces/textpage.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>

using namespace tackroom;
using namespace tackroom::ui;

namespace
{

std::shared_ptr<const JsonDocument> documentOf(std::string text)
{
    auto document = readJsonDocument(std::make_shared<const std::string>(std::move(text)), {});
    return document ? *document : nullptr;
}

RunDetails failingRun()
{
    RunDetails details;
    details.item.run.key = RunKey("00112233445566778899aabbccddeeff");
    details.item.run.task = "I'd like my $5,000 back";
    details.item.outcome = Outcome::Failure;
    details.item.outcomeSource = OutcomeSource::Human;
    details.item.outcomeReason = "manager_decision = approved_by_hand";
    const auto step = [&](const char* id, StepKind kind, UtcNs start, StepStatus status) {
        StepItem item;
        item.row = static_cast<std::int64_t>(details.steps.size()) + 1;
        item.step.nativeId = id;
        item.step.kind = kind;
        item.step.name = id;
        item.step.start = start;
        item.step.end = start + 10;
        item.step.status = status;
        details.steps.push_back(item);
    };
    step("llm-1", StepKind::Llm, 100, StepStatus::Ok);
    step("tool-1", StepKind::Tool, 200, StepStatus::Error);
    step("llm-2", StepKind::Llm, 300, StepStatus::Ok);
    step("tool-2", StepKind::Tool, 400, StepStatus::Error);
    Signal signal;
    signal.stepId = "tool-1";
    signal.explanation = "lookup_order was given an id with a leading #";
    details.findings.push_back(signal);
    HumanDecision decision;
    decision.kind = DecisionKind::Override;
    decision.by = "manager-3";
    decision.reason = "loyal customer";
    decision.time = 350;
    details.decisions.push_back(decision);
    Score score;
    score.name = "resolved";
    score.value = 1;
    score.annotator = Annotator::Code;
    score.says = Outcome::Success;
    details.scores.push_back(score);
    return details;
}

Message message(const char* role, const char* content, const char* step)
{
    Message made;
    made.role = role;
    made.content = content;
    made.stepId = step;
    return made;
}

Body conversation()
{
    Body body;
    body.messages = {message("system", "You are a refund agent.", ""), message("user", "I'd like my $5,000 back", ""),
                     message("assistant", "", "llm-1"), message("tool", "unknown order id '#W1203'", "tool-1"),
                     message("assistant", "I am sorry.", "llm-2")};
    body.messages[2].toolCalls.push_back({"1", "lookup_order", R"({"order_id":"#W1203"})"});
    body.messages[3].name = "lookup_order";
    return body;
}

} // namespace

class TestRunTexts : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void turns()
    {
        const auto turns = turnsOf(failingRun(), conversation());
        QCOMPARE(turns.size(), std::size_t{6});
        QCOMPARE(turns[2].parts[0].text, QStringLiteral("→ lookup_order {\"order_id\":\"#W1203\"}"));
        QVERIFY(turns[3].parts[0].failed);
        QVERIFY(turns[3].parts[0].text.startsWith(QStringLiteral("← ✗ lookup_order")));
        QVERIFY(turns[3].decisive);
        QVERIFY(turns[3].parts[1].text.contains(QStringLiteral("leading #")));
        // The human decided between the second answer's beginning and the second tool call.
        QCOMPARE(turns[5].speaker, Turn::Human);
        QVERIFY(turns[5].parts[0].text.startsWith(QStringLiteral("⚑ ")));
        QVERIFY(turns[5].parts[0].text.contains(QStringLiteral("loyal customer")));
    }

    void decisiveStepWithoutItsOwnTurnIsFoundByTime()
    {
        RunDetails details = failingRun();
        Body body = conversation();
        body.messages.erase(body.messages.begin() + 3);
        const auto turns = turnsOf(details, body);
        QVERIFY(turns[2].decisive); // the call that led to it
        details.item.outcome = Outcome::Success;
        for (const Turn& turn : turnsOf(details, body)) QVERIFY(!turn.decisive);
    }

    void inputAndOutputWhereThereAreNoMessages()
    {
        Body body;
        body.input = "in";
        const auto turns = turnsOf(RunDetails(), body);
        QCOMPARE(turns.size(), std::size_t{1});
        QCOMPARE(turns[0].role, QStringLiteral("input"));
        QVERIFY(turnsOf(RunDetails(), Body()).empty());
    }

    void errorsGoRound()
    {
        const RunDetails details = failingRun();
        QCOMPARE(details.errorAfter({}), std::string("tool-1"));
        QCOMPARE(details.errorAfter("tool-1"), std::string("tool-2"));
        QCOMPARE(details.errorAfter("tool-2"), std::string("tool-1"));
        QCOMPARE(RunDetails().errorAfter({}), std::string());
        QCOMPARE(details.errorAfter("llm-2"), std::string("tool-2")); // from a step that did not fail
        QCOMPARE(details.errorBefore("tool-2"), std::string("tool-1"));
        QCOMPARE(details.errorBefore("llm-2"), std::string("tool-1"));
        QCOMPARE(details.errorBefore("tool-1"), std::string("tool-2"));
        QCOMPARE(details.errorBefore({}), std::string("tool-2"));
    }

    void outcomeSaysWhoAndAgainstWhat()
    {
        const QString text = outcomeSentence(failingRun());
        QVERIFY2(text.contains(QStringLiteral("human")), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("manager_decision = approved_by_hand")), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("resolved = 1 (program)")), qPrintable(text));
    }

    void prettyJsonAndHiddenCharacters()
    {
        QCOMPARE(prettyText(R"({"a":1})", 1000), QStringLiteral("{\"a\":1}"));
        const QString longer = prettyText("{\"a\":\"" + std::string(200, 'x') + "\"}", 1000);
        QVERIFY(longer.contains(QLatin1Char('\n')));
        QCOMPARE(prettyText("{not json", 1000), QStringLiteral("{not json"));
        const QString drawn = prettyText("safe\xE2\x80\xAEtext", 1000);
        QVERIFY(!drawn.contains(QChar(0x202E)));
        std::uint64_t omitted = 0;
        (void)prettyText(std::string(5000, 'y'), 1000, &omitted);
        QCOMPARE(omitted, std::uint64_t{4000});
    }

    void markupStaysText()
    {
        Body body;
        body.messages.push_back(message("user", "<b>bold</b><img src='file:///etc/passwd'><a href='x'>y</a>", ""));
        ConversationView view;
        view.setTurns(turnsOf(RunDetails(), body), 0);
        QVERIFY(view.toPlainText().contains(QStringLiteral("<b>bold</b><img src='file:///etc/passwd'>")));
        for (QTextBlock block = view.document()->begin(); block.isValid(); block = block.next())
            for (auto part = block.begin(); !part.atEnd(); ++part) QVERIFY(!part.fragment().charFormat().isAnchor());
    }

    void longTurnsFoldAndUnfold()
    {
        Body body = conversation();
        body.messages[1].content = "start " + std::string(9000, 'w') + " end";
        ConversationView view;
        view.resize(600, 400);
        view.setTurns(turnsOf(failingRun(), body), 0);
        QVERIFY(!view.toPlainText().contains(QStringLiteral(" end")));
        QVERIFY(view.toPlainText().contains(QStringLiteral("Show all 9,010 characters")));
        view.toggleCurrent();
        QTRY_VERIFY(view.toPlainText().contains(QStringLiteral("w end")));
        QVERIFY(view.showStep("tool-1"));
        QVERIFY(view.textCursor().block().text().contains(QStringLiteral("#W1203")));
        QVERIFY(view.showDecisive());
        QVERIFY(!view.showStep("nobody"));
    }

    void manyTurnsComeInPieces()
    {
        Body body;
        for (int i = 0; i < 1000; ++i)
            body.messages.push_back(message("user", ("message " + std::to_string(i)).c_str(), std::to_string(i).c_str()));
        ConversationView view;
        view.setTurns(turnsOf(RunDetails(), body), 0);
        QVERIFY(!view.toPlainText().contains(QStringLiteral("message 999")));
        QVERIFY(view.toPlainText().contains(QStringLiteral("300 of 1,000")));
        QVERIFY(view.showStep("999"));
        QVERIFY(view.toPlainText().contains(QStringLiteral("message 999")));
    }

    void copies()
    {
        const QString json = runAsJson(failingRun(), conversation());
        const auto parsed = parseJson(json.toStdString(), "copy");
        QVERIFY(parsed.has_value());
        QCOMPARE((*parsed)["messages"].size(), std::size_t{5});
        QCOMPARE((*parsed)["outcome"]["value"].get<std::string>(), std::string("failure"));
        Body body = conversation();
        body.messages[1].content = "````\n# not a heading";
        const QString markdown = runAsMarkdown(failingRun(), body, QStringLiteral("v4"));
        QVERIFY(markdown.startsWith(QStringLiteral("# I'd like my $5,000 back")));
        QVERIFY(markdown.contains(QStringLiteral("`````text\n````\n# not a heading\n`````")));
        QVERIFY(markdown.contains(QStringLiteral("manager\\_decision")));
    }

    void copiesMaskSecretsAndPersonalData()
    {
        RunDetails details = failingRun();
        details.item.run.userId = "jo@example.org";
        details.steps[1].step.arguments = R"({"card":"4111 1111 1111 1111","password":"hunter22"})";
        Body body;
        body.messages = {{.role = "user",
                          .name = {},
                          .content = "call +49 30 1234567",
                          .toolCalls = {{"c1", "pay", R"({"to":"a@b.io"})"}},
                          .toolCallId = {},
                          .stepId = {}}};
        QCOMPARE(maskRun(details, body), std::size_t{5});
        const QString json = runAsJson(details, body), step = stepAsMarkdown(details, details.steps[1].step);
        for (const char* secret : {"jo@example", "4111", "hunter22", "1234567", "a@b.io"}) {
            QVERIFY2(!json.contains(QLatin1StringView(secret)), secret);
            QVERIFY2(!step.contains(QLatin1StringView(secret)), secret);
        }
        QVERIFY(parseJson(utf8(json), {}));
        QVERIFY(parseJson(utf8(stepAsJson(details, details.steps[1].step)), {}));
        QVERIFY(step.contains(QStringLiteral("[masked: card number]")));
        QVERIFY(step.startsWith(QStringLiteral("## ")));
    }

    void blobsAreChips()
    {
        std::string blob = "iVBORw0KGgo";
        while (blob.size() < 4000) blob += "aB3/x+9Z";
        QCOMPARE(prettyText("see " + blob, 4096), QStringLiteral("see ⟦▣ image/png, 3 kB⟧"));
        QCOMPARE(prettyText("look\n[image]", 4096), QStringLiteral("look\n⟦▣ image⟧")); // as readers say that there was one
        QCOMPARE(prettyText("an [image] in words", 4096), QStringLiteral("an [image] in words"));
        TextPage page;
        page.begin();
        page.startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
        page.addText(prettyText("see " + blob + " here", 4096), TextPage::Plain);
        page.end();
        QVERIFY(page.toPlainText().contains(QStringLiteral("▣ image/png, 3 kB")));
        QVERIFY(!page.toPlainText().contains(QStringLiteral("⟦")));
        QVERIFY(page.toPlainText().endsWith(QStringLiteral("here")));
    }

    void aPersonsMarkIsTheDecisiveStep()
    {
        RunDetails details = failingRun();
        QCOMPARE(details.decisive()->stepId, std::string("tool-1"));
        Signal marked;
        marked.stepId = "llm-2";
        details.marked = marked;
        QCOMPARE(details.decisive()->stepId, std::string("llm-2"));
        details.item.outcome = Outcome::Success; // still a mistake
        QCOMPARE(details.decisive()->stepId, std::string("llm-2"));
    }

    void jsonTree()
    {
        JsonTreeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setDocument(documentOf(R"({"a":{"b":[1,{"c":"<i>x</i>"}]},"n":null,"e":{}})"));
        QCOMPARE(model.rowCount(), 3);
        const QModelIndex list = model.index(0, 0, model.index(0, 0));
        const QModelIndex leaf = model.index(0, 0, model.index(1, 0, list));
        QCOMPARE(model.pathOf(leaf), std::string("$.a.b[1].c"));
        QCOMPARE(model.valueOf(leaf), std::string("<i>x</i>"));
        QCOMPARE(leaf.siblingAtColumn(1).data().toString(), QStringLiteral("<i>x</i>"));
        QVERIFY(!model.hasChildren(model.index(2, 0)));
        model.setDocument({});
        QCOMPARE(model.rowCount(), 0);
    }
};

QTEST_MAIN(TestRunTexts)
#include "testruntexts.moc"
