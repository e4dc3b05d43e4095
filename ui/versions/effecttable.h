// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"

#include <QTableWidget>

namespace tackroom::ui
{

/// One row a cluster: how often it fails before and with a version, and whether the two can be told apart. Where there is
/// little room the intervals go into the tooltip, so that the cluster's name stays readable.
class EffectTable : public QTableWidget
{
    Q_OBJECT
public:
    struct Row {
        const ClusterItem* cluster;
        VersionCount was, is; ///< `was.outOf` 0: not measured
    };
    explicit EffectTable(QWidget* parent = nullptr);
    void setRows(const std::vector<Row>& rows);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitTexts();
    int m_wideWidth = 0; ///< that the figures with their intervals take
};

} // namespace tackroom::ui
