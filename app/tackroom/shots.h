// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/shell/mainwindow.h"

#include <QObject>
#include <QTimer>

namespace tackroom::ui {

/// Takes a screenshot of every page, light and dark, at 1440×900 and 1024×700, with what the session has open, and quits.
class Shots : public QObject {
    Q_OBJECT
public:
    Shots(MainWindow& window, Session& session, QString folder, QObject* parent = nullptr);
    void start();

private:
    struct Shot {
        QString name, address;
        QSize size;
        int theme;
    };
    void next();
    void take();

    MainWindow& m_window;
    Session& m_session;
    QString m_folder;
    std::vector<Shot> m_shots;
    std::size_t m_at = 0;
    QTimer m_poll;
    int m_quietTicks = 0, m_ticks = 0;
    bool m_opened = false;
};

} // namespace tackroom::ui
