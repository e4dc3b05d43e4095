// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QTableView>

#include <array>
#include <map>
#include <vector>

class QMenu;

namespace tackroom::ui
{

class RunTableModel;

/// The table of runs. Until the user moves a column, task and cluster share the width that the others leave; where that is
/// little, the less important ones are left out. The user chooses columns in the menu of the header. All of it is kept between
/// openings. While the list changes, the run at the top stays at the top.
class RunTableView : public QTableView
{
    Q_OBJECT
public:
    using Widths = std::array<int, 9>; ///< of the columns
    explicit RunTableView(RunTableModel& model, QWidget* parent = nullptr);
    ~RunTableView() override;
    /// Single letters are keys of the page; they do not search (which would read every row).
    void keyboardSearch(const QString&) override {}
    /// Nothing is done with all runs at once, and choosing a million of them would be felt.
    void selectAll() override {}
    /// The chosen rows, at most so many.
    [[nodiscard]] std::vector<int> selectedPositions(std::size_t most) const;
    /// Chooses one row, whatever keys are held down.
    void choose(int position);
    /// Which columns are shown, beneath the header: for the key and for the mouse.
    void chooseColumns();
    /// Shown or hidden whatever the width is.
    void chooseColumn(int column, bool shown);
    /// Whether any run has a cost; else its column is shown only where it was chosen.
    void setCostKnown(bool known);
    /// By the width again: which columns there are, their places and widths.
    void fitColumns();

Q_SIGNALS:
    void versionRuleWanted(); ///< from the menu of the version column's head

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void setUpColumns();
    void sizeColumns();
    void restoreColumns();
    void spreadColumns();
    void hideByWidth();
    void fillColumnMenu(QMenu& menu);
    void rememberPlace(bool inPlace);
    void restorePlace();

    RunTableModel& m_model;
    bool m_columnsMoved = false, m_spreading = false, m_costKnown = true;
    Widths m_usual{};
    std::map<int, bool> m_chosen; ///< columns that the user has shown or hidden
    std::int64_t m_topRun = 0;
};

} // namespace tackroom::ui
