// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/runversions.h"
#include "ui/models/session.h"

#include <QObject>

#include <functional>
#include <vector>

namespace tackroom::ui
{

/// What tells the harness version of the open store's runs (core/traces/versionrule.h), and what was set before in this
/// session.
class VersionRules : public QObject
{
    Q_OBJECT
public:
    explicit VersionRules(Session& session, QObject* parent = nullptr);
    [[nodiscard]] const VersionRule& rule() const { return m_rule; }
    /// Writes it down and has the store's runs resolved anew; the store is read where it has to be.
    void set(const VersionRule& rule);
    void undo();
    [[nodiscard]] bool canUndo() const { return !m_former.empty(); }
    [[nodiscard]] bool settled() const { return m_jobs == 0; }
    /// What may name the version: of the runs in the index, or of so many runs of the store itself.
    quint64 askKeys(QObject* receiver, std::int64_t lookAtRuns, std::function<void(Result<VersionKeys>)> then);
    quint64 preview(QObject* receiver, const VersionRule& rule, std::function<void(Result<VersionPreview>)> then);

Q_SIGNALS:
    void changed(); ///< another rule counts

private:
    void storeChanged();
    void write(const VersionRule& rule);

    Session& m_session;
    VersionRule m_rule;
    std::vector<VersionRule> m_former;
    QString m_store; ///< whose rule it is
    int m_jobs = 0;
};

} // namespace tackroom::ui
