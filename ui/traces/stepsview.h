// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/readers.h"
#include "ui/models/steptreemodel.h"
#include "ui/traces/rundetails.h"

#include <QSplitter>

#include <functional>
#include <memory>

class QPushButton;
class QStackedLayout;
class QToolButton;
class QTreeView;

namespace tackroom::ui
{

class Session;
class DiffView;
class LongTextPane;
class TextLabel;
class TextPage;

/// The steps as a tree with their time line; below, what the selected one was given and what came of it.
class StepsView : public QSplitter
{
    Q_OBJECT
public:
    explicit StepsView(Session& session, QWidget* parent = nullptr);
    void setDetails(std::shared_ptr<const RunDetails> details);
    void clear();
    /// Selects a step and opens the way to it; false where the run has none of that id.
    bool showStep(const std::string& stepId);
    void toggleCurrent();
    [[nodiscard]] std::string currentStep() const;
    [[nodiscard]] QTreeView* tree() const { return m_tree; }
    [[nodiscard]] bool settled() const;
    /// What two model calls were given, with what differs marked, in place of the texts.
    void compareInputs(const std::string& before, const std::string& after);
    [[nodiscard]] DiffView& inputDiff() const { return *m_diff; }
    [[nodiscard]] bool comparing() const;

Q_SIGNALS:
    void stepPicked(const QString& stepId); ///< by the user or by showStep()

private:
    void showCurrent();
    void writeStep(const Step& step);
    /// A text with its title, made readable.
    struct Section {
        QString title, text;
        int look = 0;
        std::uint64_t omittedBytes = 0;
    };
    static void addSection(std::vector<Section>& to, const QString& title, const std::string& text, int look);
    [[nodiscard]] static std::vector<Section> sectionsOf(const Body& body);
    void writeSection(const Section& section, bool isCut);
    void writeCut(std::uint64_t omittedBytes);
    void fetchBodies();
    void showBody(const Result<std::vector<Section>>& sections, std::uint64_t omittedBytes);
    QWidget* buildComparison(QWidget* parent);
    void fillCompareMenu();
    void fetchInput(const std::string& stepId, std::function<void(std::shared_ptr<const Body>)> then);
    void leaveComparison();
    void readWhole();

    Session& m_session;
    StepTreeModel* m_model;
    QTreeView* m_tree;
    QPushButton* m_whole;
    TextPage* m_text;
    RunAddress m_run;
    QString m_explanation; ///< of the decisive step
    std::string m_decisiveStep;
    quint64 m_bodyJob = 0, m_diffJob = 0, m_wholeJob = 0;
    QStackedLayout* m_below = nullptr;
    LongTextPane* m_wholeText = nullptr;
    QToolButton* m_compareButton = nullptr;
    TextLabel* m_compared = nullptr;
    DiffView* m_diff = nullptr;
};

} // namespace tackroom::ui
