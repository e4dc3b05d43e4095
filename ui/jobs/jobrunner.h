// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/jobs: work off the GUI thread. A job is `Result<T> fn(CancelToken, const Progress&)`; its result comes back by a queued
/// call and is dropped when the receiver is gone or the job was cancelled by its handle.
#include "core/base/cancel.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

class QThreadPool;

namespace tackroom::ui {

/// Where a job runs. Git jobs run one after another on one thread that lives as long as the runner.
enum class Lane { Pool, Git };

/// What the status bar shows of a running job.
struct JobView {
    quint64 id = 0;
    QString title;
    QString what;
    quint64 done = 0, total = 0;
    bool cancellable = true;
    bool quiet = false;   ///< short work that the status bar does not show
};

class JobRunner : public QObject {
    Q_OBJECT
public:
    explicit JobRunner(QObject* parent = nullptr);
    ~JobRunner() override;   ///< cancels all and waits

    struct Spec {
        QString title;             ///< translated; shown in the status bar
        Lane lane = Lane::Pool;
        bool cancellable = true;
        bool quiet = false;
    };
    /// `then` runs on the GUI thread with the result, unless `receiver` has died or the job was cancelled through cancel().
    template <class T>
    quint64 start(Spec spec, QObject* receiver, std::function<Result<T>(const CancelToken&, const Progress&)> work,
                  std::function<void(Result<T>)> then)
    {
        auto result = std::make_shared<Result<T>>(fail(ErrorCode::Internal, {}, "the job did not run"));
        return startErased(
            std::move(spec), receiver,
            [result, work = std::move(work)](const CancelToken& cancel, const Progress& progress) { *result = work(cancel, progress); },
            [result, then = std::move(then)] { then(std::move(*result)); });
    }
    /// Cancels and forgets: `then` is not called. 0 and unknown ids are ignored.
    void cancel(quint64 id);
    /// The user's Cancel: the job ends early and `then` gets the Cancelled error.
    void cancelByUser(quint64 id);
    [[nodiscard]] std::vector<JobView> running() const;
    [[nodiscard]] bool idle() const;

Q_SIGNALS:
    void changed();

private:
    quint64 startErased(Spec spec, QObject* receiver, std::function<void(const CancelToken&, const Progress&)> work, std::function<void()> then);
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace tackroom::ui
