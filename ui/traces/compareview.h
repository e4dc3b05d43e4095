// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/judgement.h"
#include "core/traces/stepalignment.h"
#include "ui/traces/rundetails.h"

#include <QAbstractTableModel>
#include <QWidget>

#include <array>
#include <memory>

class QSplitter;
class QStackedLayout;
class QTableView;
class QVBoxLayout;

namespace tackroom::ui
{

class DiffView;
class JudgePanel;
class LinkButton;
class MessageBar;
class Session;
class StatePane;
class TextLabel;

/// Two runs and their steps, line by line beside each other.
struct ComparedRuns {
    std::array<RunDetails, 2> runs;
    std::vector<AlignedSteps> rows;
};

/// The aligned steps: left, how the two stand to each other, right.
class CompareModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { LeftColumn, SignColumn, RightColumn, kColumnCount };
    enum Role { FailedRole = Qt::UserRole + 1 };
    using QAbstractTableModel::QAbstractTableModel;
    void setRuns(std::shared_ptr<const ComparedRuns> runs);
    [[nodiscard]] const Step* step(int row, int side) const;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    [[nodiscard]] QString stepLine(int row, int side) const;
    std::shared_ptr<const ComparedRuns> m_runs;
};

/// Two runs side by side: what each was, its steps aligned, and below the texts of the chosen pair with what differs marked.
class CompareView : public QWidget
{
    Q_OBJECT
public:
    explicit CompareView(Session& session, QWidget* parent = nullptr);
    void showRuns(RunRow left, RunRow right);
    /// Reads both anew: the store has changed.
    void reload();
    void clear();
    [[nodiscard]] bool settled() const { return m_job == 0 && m_diffJob == 0; }
    [[nodiscard]] const ComparedRuns* runs() const { return m_runs.get(); }
    [[nodiscard]] QTableView& table() const { return *m_table; }
    [[nodiscard]] DiffView& diff() const { return *m_diff; }
    /// To the first or next line where the two differ.
    void goToNextDifference();
    /// The run that G, B and U judge: 0 left, 1 right. Left and Right choose it in the table of steps.
    [[nodiscard]] int side() const { return m_side; }
    void setSide(int side);
    /// Asks for the reason; the judgement is written when it is kept.
    void judge(JudgeVerdict verdict);

Q_SIGNALS:
    void readWanted(tackroom::RunRow run); ///< this one alone
    void openAddress(const QString& address);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* buildHeading(int side);
    void buildJudging(QVBoxLayout* column);
    void fillJudgement();
    void load();
    void take(Result<ComparedRuns> runs);
    void fillHeadings();
    void showPair();

    Session& m_session;
    QStackedLayout* m_pages;
    MessageBar* m_message;
    JudgePanel* m_judge;
    int m_side = 0;
    StatePane* m_state;
    QWidget* m_content;
    std::array<TextLabel*, 2> m_tasks{}, m_facts{};
    std::array<LinkButton*, 2> m_read{};
    TextLabel* m_summary;
    QSplitter* m_split;
    CompareModel* m_model;
    QTableView* m_table;
    DiffView* m_diff;
    std::array<RunRow, 2> m_rows;
    std::shared_ptr<const ComparedRuns> m_runs;
    quint64 m_job = 0, m_diffJob = 0;
};

} // namespace tackroom::ui
