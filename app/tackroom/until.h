// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/shell/mainwindow.h"

#include <QObject>
#include <QTimer>

namespace tackroom::ui
{

/// For measuring (tests/bench/index.cpp): waits until the table of runs shows rows, or until nothing is under way any more,
/// prints how long that took from the start of the process and what memory it needed, and quits.
class Until : public QObject
{
    Q_OBJECT
public:
    enum class What { Rows, Settled };
    Until(MainWindow& window, What what, QObject* parent = nullptr);
    void start();

private:
    void look();

    MainWindow& m_window;
    What m_what;
    QTimer m_poll;
    int m_quietTicks = 0;
};

} // namespace tackroom::ui
