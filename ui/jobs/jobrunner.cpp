// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/jobrunner.h"

#include <QMetaObject>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>
#include <map>

namespace tackroom::ui {

struct JobRunner::Private {
    struct Job {
        JobView view;
        CancelSource cancel;
        bool forgotten = false;
    };
    std::map<quint64, std::shared_ptr<Job>> jobs;
    quint64 nextId = 1;
    QThreadPool pool, git;
    QTimer changedSoon; ///< progress comes in hundreds; the status bar is told ten times a second
};

JobRunner::JobRunner(QObject* parent) : QObject(parent), d(std::make_unique<Private>())
{
    d->pool.setMaxThreadCount(
        std::max(4, QThread::idealThreadCount())); // long jobs wait for the reader; a question finds a thread all the same
    d->git.setMaxThreadCount(1);
    d->git.setExpiryTimeout(-1); // libgit2 objects of the lane belong to one thread
    d->changedSoon.setSingleShot(true);
    d->changedSoon.setInterval(100);
    connect(&d->changedSoon, &QTimer::timeout, this, &JobRunner::changed);
}

JobRunner::~JobRunner()
{
    for (auto& [id, job] : d->jobs) {
        job->forgotten = true;
        job->cancel.cancel();
    }
    d->pool.waitForDone();
    d->git.waitForDone();
}

quint64 JobRunner::startErased(Spec spec, QObject* receiver, std::function<void(const CancelToken&, const Progress&)> work, std::function<void()> then)
{
    const quint64 id = d->nextId++;
    auto job = std::make_shared<Private::Job>();
    job->view = {.id = id, .title = spec.title, .what = {}, .done = 0, .total = 0, .cancellable = spec.cancellable, .quiet = spec.quiet};
    d->jobs[id] = job;
    const QPointer<QObject> guard(receiver);
    const CancelToken token = job->cancel.token();

    const Progress progress([this, id](std::string_view what, std::uint64_t done, std::uint64_t total) {
        QMetaObject::invokeMethod(
            this,
            [this, id, what = QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size())), done, total] {
                const auto it = d->jobs.find(id);
                if (it == d->jobs.end()) return;
                it->second->view.what = what;
                it->second->view.done = done;
                it->second->view.total = total;
                if (!d->changedSoon.isActive()) d->changedSoon.start();
            },
            Qt::QueuedConnection);
    });

    (spec.lane == Lane::Git ? d->git : d->pool).start([this, id, guard, token, progress, work = std::move(work), then = std::move(then)]() mutable {
        work(token, progress);
        QMetaObject::invokeMethod(
            this,
            [this, id, guard, then = std::move(then)] {
                const auto it = d->jobs.find(id);
                if (it == d->jobs.end()) return;
                const bool wanted = !it->second->forgotten;
                d->jobs.erase(it);
                Q_EMIT changed();
                if (wanted && guard) then();
            },
            Qt::QueuedConnection);
    });
    if (!spec.quiet) Q_EMIT changed();
    return id;
}

void JobRunner::cancel(quint64 id)
{
    const auto it = d->jobs.find(id);
    if (it == d->jobs.end()) return;
    it->second->forgotten = true;
    it->second->cancel.cancel();
}

void JobRunner::cancelByUser(quint64 id)
{
    const auto it = d->jobs.find(id);
    if (it != d->jobs.end()) it->second->cancel.cancel();
}

std::vector<JobView> JobRunner::running() const
{
    std::vector<JobView> views;
    for (const auto& [id, job] : d->jobs)
        if (!job->forgotten && !job->view.quiet) views.push_back(job->view);
    return views;
}

bool JobRunner::idle() const
{
    return std::ranges::all_of(d->jobs, [](const auto& entry) { return entry.second->forgotten; });
}

} // namespace tackroom::ui
