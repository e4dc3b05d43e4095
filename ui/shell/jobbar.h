// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/models/session.h"

#include <QWidget>

class QProgressBar;
class QToolButton;

namespace tackroom::ui {

class TextLabel;

/// The line at the foot of the window.
class JobBar : public QWidget {
    Q_OBJECT
public:
    explicit JobBar(Session& session, QWidget* parent = nullptr);
    /// What a job that ended unseen has to tell; stays until the next one.
    void tell(const QString& news);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showJobs();
    void showOpened();
    Session& m_session;
    TextLabel* m_opened;
    TextLabel* m_news;
    TextLabel* m_job;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
    quint64 m_shown = 0;
};

} // namespace tackroom::ui
