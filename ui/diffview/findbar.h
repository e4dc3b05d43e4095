// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLabel;
class QLineEdit;

namespace tackroom::ui
{

class DiffView;

/// The small field in the corner of the diff. Enter and Shift+Enter go on, Escape closes.
class FindBar : public QWidget
{
public:
    explicit FindBar(DiffView* view);
    void open();
    void place();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void search(bool backwards);
    void close();

    DiffView* m_view;
    QLineEdit* m_text;
    QLabel* m_answer;
};

} // namespace tackroom::ui
