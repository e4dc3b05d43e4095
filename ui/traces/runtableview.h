// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QTableView>

namespace tackroom::ui
{

class RunTableModel;

/// The table of runs. Until the user moves a column, task and cluster share the width that the others leave.
/// The columns are kept between openings. While the list changes, the run at the top stays at the top.
class RunTableView : public QTableView
{
    Q_OBJECT
public:
    explicit RunTableView(RunTableModel& model, QWidget* parent = nullptr);
    ~RunTableView() override;
    /// Single letters are keys of the page; they do not search (which would read every row).
    void keyboardSearch(const QString&) override {}

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void setUpColumns();
    void spreadColumns();
    void rememberPlace(bool inPlace);
    void restorePlace();

    RunTableModel& m_model;
    bool m_columnsMoved = false, m_spreading = false;
    std::int64_t m_topRun = 0;
};

} // namespace tackroom::ui
