// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/jobbar.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

namespace tackroom::ui {

JobBar::JobBar(Session& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_opened(new TextLabel({}, TextLabel::Elided | TextLabel::Faint, this)),
      m_news(new TextLabel({}, TextLabel::Elided, this)), m_job(new TextLabel({}, TextLabel::Normal, this)), m_progress(new QProgressBar(this)),
      m_cancel(new QToolButton(this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kGrid, 3, kGrid, 3);
    row->setSpacing(kGrid);
    row->addWidget(m_opened, 3);
    row->addWidget(m_news, 2);
    row->addWidget(m_job);
    m_progress->setFixedWidth(120);
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(fontMetrics().height());
    m_progress->setAccessibleName(tr("Progress of the running job"));
    row->addWidget(m_progress);
    m_cancel->setText(tr("Cancel"));
    m_cancel->setAutoRaise(true);
    m_cancel->setAccessibleName(tr("Cancel the running job"));
    row->addWidget(m_cancel);
    setMinimumHeight(m_cancel->sizeHint().height() + 6);
    connect(m_cancel, &QToolButton::clicked, this, [this] { m_session.jobs().cancelByUser(m_shown); });
    connect(&session.jobs(), &JobRunner::changed, this, &JobBar::showJobs);
    connect(&session, &Session::storeChanged, this, &JobBar::showOpened);
    connect(&session, &Session::repositoryChanged, this, &JobBar::showOpened);
    showJobs();
    showOpened();
}

void JobBar::tell(const QString& news) { m_news->setShown(news); }

void JobBar::showJobs()
{
    const std::vector<JobView> jobs = m_session.jobs().running();
    const bool any = !jobs.empty();
    m_job->setVisible(any);
    m_progress->setVisible(any);
    m_cancel->setVisible(any);
    if (!any) return;
    const JobView& job = jobs.front();
    m_shown = job.id;
    QString text = job.title;
    if (job.total > 0) text += QStringLiteral(" · %1 %").arg(100 * job.done / job.total);
    else if (job.done > 0) text += tr(" · %1 so far").arg(countText(static_cast<std::int64_t>(job.done)));
    if (jobs.size() > 1) text += tr(" · and %n more", nullptr, static_cast<int>(jobs.size() - 1));
    m_job->setShown(text);
    m_progress->setRange(0, job.total > 0 ? 1000 : 0);
    if (job.total > 0) m_progress->setValue(static_cast<int>(1000 * job.done / job.total));
    m_cancel->setVisible(job.cancellable);
}

void JobBar::showOpened()
{
    QStringList parts;
    switch (m_session.storeState()) {
    case Session::State::None: parts << tr("no trace store"); break;
    case Session::State::Opening: parts << tr("reading %1").arg(shownLine(std::filesystem::path(utf8(m_session.storePath())).filename().string())); break;
    case Session::State::Failed: parts << tr("the trace store could not be read"); break;
    case Session::State::Reading: parts << tr("at least %1 runs").arg(countText(m_session.storeCounts().runs)) << tr("read-only"); break;
    case Session::State::Ready: {
        const RunCounts& counts = m_session.storeCounts();
        QString text = tr("%1 runs, %2 failing").arg(countText(counts.runs), countText(counts.failures));
        if (counts.unreadable > 0) text += tr(", %1 parts unreadable").arg(countText(counts.unreadable));
        parts << text << tr("read-only");
        if (m_session.isSample()) parts << tr("played sample, no model was used");
        break;
    }
    }
    if (m_session.repositoryState() == Session::State::Ready) {
        const auto& versions = m_session.versions();
        const auto live = std::ranges::find_if(versions, &Version::live);
        parts << (live == versions.end() ? shownLine(m_session.repository().name)
                                         : tr("%1 @ %2").arg(shownLine(m_session.repository().name), own(live->label)));
    }
    m_opened->setShown(parts.join(QStringLiteral(" · ")));
}

void JobBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(0, 0, width(), 1, roleColors(palette()).line);
}

} // namespace tackroom::ui
