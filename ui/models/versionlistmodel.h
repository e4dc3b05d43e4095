// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/repository.h"

#include <QAbstractListModel>

#include <vector>

namespace tackroom::ui {

/// The line of versions, newest first.
class VersionListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { DetailRole = Qt::UserRole, IsLiveRole, NeedsReviewRole };
    using QAbstractListModel::QAbstractListModel;
    void setVersions(const std::vector<Version>& versions, const QString& query);
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] const Version* at(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOf(const std::string& labelOrCommit) const;
    [[nodiscard]] static QString reviewText(const Version& version); ///< "approved by …", "landed without review", "baseline"

private:
    std::vector<Version> m_versions;
};

} // namespace tackroom::ui
