// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QFrame>
#include <QPointer>

#include <functional>
#include <vector>

class QLineEdit;
class QListWidget;

namespace tackroom::ui {

/// Ctrl+K. A child of the window, not a dialog: Escape or a click elsewhere closes it.
class CommandPalette : public QFrame {
    Q_OBJECT
public:
    struct Entry {
        QString text;      ///< what is looked for and shown
        QString kind;      ///< "action", "page", "cluster", "proposal", "version"
        QString keys;
        std::function<void()> act;
    };
    explicit CommandPalette(QWidget* window);
    /// `typed` is asked for entries of the text itself (an address that was pasted).
    void open(std::vector<Entry> entries, std::function<std::vector<Entry>(const QString&)> typed);
    /// How well `text` answers `query`: 0 not at all; every word of the query has to occur, beginnings of words count more.
    [[nodiscard]] static int score(const QString& text, const QString& query);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void filter();
    void act();
    void dismiss();
    QLineEdit* m_line;
    QListWidget* m_list;
    std::vector<Entry> m_entries, m_shown;
    std::function<std::vector<Entry>(const QString&)> m_typed;
    QPointer<QWidget> m_before;
};

} // namespace tackroom::ui
