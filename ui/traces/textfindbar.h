// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLineEdit;
class QToolButton;

namespace tackroom::ui
{

class TextLabel;

/// A word to find in the text beside it, which match is shown of how many, and the ways to the others.
class TextFindBar : public QWidget
{
    Q_OBJECT
public:
    explicit TextFindBar(QWidget* parent);
    /// To be typed into, with what was wanted before marked.
    void open();
    [[nodiscard]] QString wanted() const;
    void showStatus(const QString& status, bool canMove);

Q_SIGNALS:
    void wantedChanged(const QString& wanted);
    void moveWanted(int by); ///< one on or back
    void closeWanted();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QLineEdit* m_wanted;
    TextLabel* m_status;
    QToolButton *m_previous, *m_next, *m_close;
};

} // namespace tackroom::ui
