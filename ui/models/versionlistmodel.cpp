// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/versionlistmodel.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"

namespace tackroom::ui {

QString VersionListModel::reviewText(const Version& version)
{
    if (!version.rollsBack.empty()) {
        const QString by = version.decision ? tr(" by %1").arg(shownLine(version.decision->reviewer.name, 80)) : QString();
        return tr("takes back %1%2").arg(own(version.rollsBack), by);
    }
    switch (version.review) {
    case Version::Review::Reviewed: return version.decision ? tr("approved by %1").arg(shownLine(version.decision->reviewer.name, 80)) : tr("approved");
    case Version::Review::Unreviewed: return tr("⚠ landed without review");
    case Version::Review::NotAnArtifact: return tr("touches no harness file");
    case Version::Review::Baseline: break;
    }
    return tr("baseline");
}

void VersionListModel::setVersions(const std::vector<Version>& versions, const QString& query)
{
    beginResetModel();
    m_versions.clear();
    for (const Version& version : versions) {
        const QString text = own(version.label) + QLatin1Char(' ') + shownLine(version.title) + QLatin1Char(' ') + own(version.commit.value) + QLatin1Char(' ') +
                             reviewText(version);
        bool all = true;
        for (const QString& word : query.split(QLatin1Char(' '), Qt::SkipEmptyParts)) all = all && text.contains(word, Qt::CaseInsensitive);
        if (all) m_versions.push_back(version);
    }
    endResetModel();
}

int VersionListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_versions.size()); }

QVariant VersionListModel::data(const QModelIndex& index, int role) const
{
    const Version* version = at(index);
    if (!version) return {};
    const QString title = own(version->label) + QStringLiteral("  ") + shownLine(version->title, 200);
    QString detail = (version->live ? tr("● live · ") : QString()) + reviewText(*version) + QStringLiteral(" · ") + relativeTime(version->time);
    if (!version->rolledBackBy.empty()) detail += tr(" · taken back by %1").arg(own(version->rolledBackBy));
    switch (role) {
    case Qt::DisplayRole: return title;
    case DetailRole: return detail;
    case IsLiveRole: return version->live;
    case NeedsReviewRole: return version->review == Version::Review::Unreviewed;
    case Qt::ToolTipRole: return plainToolTip(title + QLatin1Char('\n') + exactTime(version->time) + QLatin1Char('\n') + own(version->commit.value));
    case Qt::AccessibleTextRole: return QString(title + QStringLiteral(", ") + detail);
    default: return {};
    }
}

const Version* VersionListModel::at(const QModelIndex& index) const
{
    if (!index.isValid() || index.row() >= rowCount()) return nullptr;
    return &m_versions[static_cast<std::size_t>(index.row())];
}

QModelIndex VersionListModel::indexOf(const std::string& labelOrCommit) const
{
    for (int i = 0; i < rowCount(); ++i) {
        const Version& version = m_versions[static_cast<std::size_t>(i)];
        if (version.label == labelOrCommit || version.commit.value == labelOrCommit) return index(i);
    }
    return {};
}

} // namespace tackroom::ui
