// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/runqueries.h"

#include <QAbstractItemModel>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tackroom::ui
{

/// The steps of one run as a tree, with where and how long each stands on the run's time line.
class StepTreeModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Column { NameColumn, KindColumn, StatusColumn, DurationColumn, WaterfallColumn, kColumnCount };
    enum Role {
        StepIdRole = Qt::UserRole + 1,
        StatusRole,          ///< StepStatus as int
        KindRole,            ///< StepKind as int
        DecisiveRole,        ///< bool
        WaterfallStartRole,  ///< 0..1 of the run's time; invalid where the step has no times
        WaterfallLengthRole, ///< 0..1
    };
    explicit StepTreeModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

    /// In tree order. A parent that does not stand before its child does not count: the child becomes a root.
    void setSteps(std::vector<StepItem> steps);
    /// Shared with whoever has them: a run may have tens of thousands.
    void shareSteps(std::shared_ptr<const std::vector<StepItem>> steps);
    /// Marks a step; empty: none.
    void setDecisive(const std::string& stepId, const QString& explanation);
    [[nodiscard]] const StepItem* stepAt(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOfStep(const std::string& stepId) const;
    [[nodiscard]] const std::vector<StepItem>& steps() const { return *m_steps; }

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Place {
        int parent = -1; ///< position in m_steps
        int row = 0;     ///< among its siblings
        std::vector<int> children;
    };
    [[nodiscard]] QString textOf(std::size_t at, int column) const;
    [[nodiscard]] QString timeSentence(const Step& step) const;

    std::shared_ptr<const std::vector<StepItem>> m_steps = std::make_shared<const std::vector<StepItem>>();
    std::vector<Place> m_places;
    std::vector<int> m_roots;
    std::unordered_map<std::string, int> m_byId;
    UtcNs m_start = 0, m_end = 0;
    std::string m_decisive;
    QString m_explanation;
};

/// "agent", "tool" …, translated.
[[nodiscard]] QString stepKindText(StepKind kind);
/// "✗ error", "✓ ok", "" — word and shape.
[[nodiscard]] QString stepStatusText(StepStatus status);
/// The step's name, with the tool where it is another.
[[nodiscard]] QString stepTitle(const Step& step);

} // namespace tackroom::ui
