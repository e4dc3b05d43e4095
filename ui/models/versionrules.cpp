// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/versionrules.h"

#include "core/workspace/versionsettings.h"

namespace tackroom::ui
{

VersionRules::VersionRules(Session& session, QObject* parent) : QObject(parent), m_session(session)
{
    connect(&m_session, &Session::storeChanged, this, &VersionRules::storeChanged);
}

void VersionRules::storeChanged()
{
    if (m_session.storeState() != Session::State::Ready || m_session.storePath() == m_store) return;
    m_store = m_session.storePath();
    m_former.clear();
    m_rule = {};
    ++m_jobs;
    m_session.jobs().start<VersionRule>(
        {QString(), Lane::Pool, true, true}, this,
        [places = m_session.places(), folder = m_session.store().folder](
            const CancelToken&, const Progress&) -> Result<VersionRule> { return readVersionRule(places, folder); },
        [this, path = m_store](Result<VersionRule> rule) {
            --m_jobs;
            if (!rule || path != m_store) return;
            m_rule = std::move(*rule);
            Q_EMIT changed();
        });
}

void VersionRules::set(const VersionRule& rule)
{
    if (m_session.storeState() != Session::State::Ready || rule == m_rule) return;
    m_former.push_back(m_rule);
    write(rule);
}

void VersionRules::undo()
{
    if (m_session.storeState() != Session::State::Ready || m_former.empty()) return;
    const VersionRule former = std::move(m_former.back());
    m_former.pop_back();
    write(former);
}

void VersionRules::write(const VersionRule& rule)
{
    m_rule = rule;
    struct Written {
    };
    ++m_jobs;
    // On the git lane: two rules come into the settings in the order in which they were set.
    m_session.jobs().start<Written>(
        {QString(), Lane::Git, false, true}, this,
        [places = m_session.places(), folder = m_session.store().folder, rule](const CancelToken&,
                                                                               const Progress&) -> Result<Written> {
            TR_TRY(writeVersionRule(places, folder, rule));
            return Written{};
        },
        [this, path = m_store](Result<Written> written) {
            --m_jobs;
            if (!written) {
                Q_EMIT m_session.failureRaised(written.error());
                return;
            }
            // The reader resolves the versions; what reads just now does so under the former rule and is ended.
            if (path == m_session.storePath()) m_session.refreshStore();
        });
    Q_EMIT changed();
}

quint64 VersionRules::askKeys(QObject* receiver, std::int64_t lookAtRuns, std::function<void(Result<VersionKeys>)> then)
{
    const bool quiet = lookAtRuns <= 0;
    return m_session.jobs().start<VersionKeys>(
        {quiet ? QString() : tr("Looking for what names the version"), Lane::Pool, true, quiet}, receiver,
        [lookAtRuns, store = m_session.store().path, folder = m_session.store().folder](const CancelToken& cancel,
                                                                                        const Progress&) {
            return lookAtRuns > 0 ? askVersionKeys(store, lookAtRuns, cancel) : versionKeysOf(folder, cancel);
        },
        std::move(then));
}

quint64 VersionRules::preview(QObject* receiver, const VersionRule& rule, std::function<void(Result<VersionPreview>)> then)
{
    return m_session.jobs().start<VersionPreview>(
        {QString(), Lane::Pool, true, true}, receiver,
        [rule, folder = m_session.store().folder](const CancelToken& cancel, const Progress&) {
            return previewVersions(folder, rule, cancel);
        },
        std::move(then));
}

} // namespace tackroom::ui
