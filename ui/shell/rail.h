// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

#include <vector>

class QToolButton;

namespace tackroom::ui {

class Rail : public QWidget {
    Q_OBJECT
public:
    explicit Rail(QWidget* parent = nullptr);
    /// `bottom`: below the stretch. The action is checkable; its text is the button's.
    void addEntry(QAction* action, bool bottom = false);
    void setCount(QAction* action, int count);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    class Button;
    std::vector<Button*> m_buttons;
};

} // namespace tackroom::ui
