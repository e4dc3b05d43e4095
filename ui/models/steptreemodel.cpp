// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/steptreemodel.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"

#include <QCoreApplication>

#include <algorithm>

namespace tackroom::ui
{

QString stepKindText(StepKind kind)
{
    const auto said = [](const char* word) { return QCoreApplication::translate("StepKind", word); };
    switch (kind) {
    case StepKind::Agent:
        return said(QT_TRANSLATE_NOOP("StepKind", "agent"));
    case StepKind::Llm:
        return said(QT_TRANSLATE_NOOP("StepKind", "model"));
    case StepKind::Tool:
        return said(QT_TRANSLATE_NOOP("StepKind", "tool"));
    case StepKind::Retriever:
        return said(QT_TRANSLATE_NOOP("StepKind", "retriever"));
    case StepKind::Guardrail:
        return said(QT_TRANSLATE_NOOP("StepKind", "guardrail"));
    case StepKind::Evaluator:
        return said(QT_TRANSLATE_NOOP("StepKind", "evaluator"));
    case StepKind::Human:
        return said(QT_TRANSLATE_NOOP("StepKind", "human"));
    case StepKind::Chain:
        return said(QT_TRANSLATE_NOOP("StepKind", "chain"));
    case StepKind::Embedding:
        return said(QT_TRANSLATE_NOOP("StepKind", "embedding"));
    case StepKind::Reranker:
        return said(QT_TRANSLATE_NOOP("StepKind", "reranker"));
    case StepKind::Other:
        break;
    }
    return said(QT_TRANSLATE_NOOP("StepKind", "other"));
}

QString stepStatusText(StepStatus status)
{
    switch (status) {
    case StepStatus::Error:
        return QCoreApplication::translate("StepStatus", "✗ error");
    case StepStatus::Ok:
        return QCoreApplication::translate("StepStatus", "✓ ok");
    case StepStatus::Unset:
        break;
    }
    return {};
}

QString stepTitle(const Step& step)
{
    const QString name = shownLine(step.name, 160), tool = shownLine(step.toolName, 160);
    if (name.isEmpty()) return tool.isEmpty() ? shownLine(step.nativeId, 80) : tool;
    if (tool.isEmpty() || name.contains(tool)) return name;
    return QString(name + QStringLiteral(" → ") + tool);
}

void StepTreeModel::setSteps(std::vector<StepItem> steps)
{
    shareSteps(std::make_shared<const std::vector<StepItem>>(std::move(steps)));
}

void StepTreeModel::shareSteps(std::shared_ptr<const std::vector<StepItem>> steps)
{
    beginResetModel();
    m_steps = std::move(steps);
    m_places.assign(m_steps->size(), {});
    m_roots.clear();
    m_byId.clear();
    m_decisive.clear();
    m_explanation.clear();
    m_start = m_end = 0;
    std::unordered_map<std::int64_t, int> byRow;
    byRow.reserve(m_steps->size());
    m_byId.reserve(m_steps->size());
    for (std::size_t i = 0; i < m_steps->size(); ++i) {
        const StepItem& item = (*m_steps)[i];
        const int at = static_cast<int>(i);
        const auto parent = item.parentRow ? byRow.find(item.parentRow) : byRow.end();
        m_places[i].parent = parent == byRow.end() ? -1 : parent->second;
        auto& siblings = parent == byRow.end() ? m_roots : m_places[static_cast<std::size_t>(parent->second)].children;
        m_places[i].row = static_cast<int>(siblings.size());
        siblings.push_back(at);
        byRow.emplace(item.row, at);
        m_byId.emplace(item.step.nativeId, at);
        if (item.step.start > 0 && (m_start == 0 || item.step.start < m_start)) m_start = item.step.start;
        m_end = std::max({m_end, item.step.start, item.step.end});
    }
    endResetModel();
}

void StepTreeModel::setDecisive(const std::string& stepId, const QString& explanation)
{
    const QModelIndex before = indexOfStep(m_decisive);
    m_decisive = stepId;
    m_explanation = explanation;
    for (const QModelIndex& changed : {before, indexOfStep(m_decisive)}) {
        if (changed.isValid()) Q_EMIT dataChanged(changed, changed.siblingAtColumn(kColumnCount - 1));
    }
}

const StepItem* StepTreeModel::stepAt(const QModelIndex& index) const
{
    return index.isValid() && index.model() == this ? &(*m_steps)[index.internalId()] : nullptr;
}

QModelIndex StepTreeModel::indexOfStep(const std::string& stepId) const
{
    const auto found = stepId.empty() ? m_byId.end() : m_byId.find(stepId);
    if (found == m_byId.end()) return {};
    return createIndex(m_places[static_cast<std::size_t>(found->second)].row, 0, static_cast<quintptr>(found->second));
}

QModelIndex StepTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (row < 0 || column < 0 || column >= kColumnCount || (parent.isValid() && parent.column() != 0)) return {};
    const auto& siblings = parent.isValid() ? m_places[parent.internalId()].children : m_roots;
    if (row >= static_cast<int>(siblings.size())) return {};
    return createIndex(row, column, static_cast<quintptr>(siblings[static_cast<std::size_t>(row)]));
}

QModelIndex StepTreeModel::parent(const QModelIndex& index) const
{
    if (!index.isValid()) return {};
    const int parent = m_places[index.internalId()].parent;
    if (parent < 0) return {};
    return createIndex(m_places[static_cast<std::size_t>(parent)].row, 0, static_cast<quintptr>(parent));
}

int StepTreeModel::rowCount(const QModelIndex& parent) const
{
    if (parent.column() > 0) return 0;
    return static_cast<int>(parent.isValid() ? m_places[parent.internalId()].children.size() : m_roots.size());
}

int StepTreeModel::columnCount(const QModelIndex&) const { return kColumnCount; }

QString StepTreeModel::timeSentence(const Step& step) const
{
    if (step.start <= 0 || m_end <= m_start) return tr("The store keeps no times of this step.");
    const QString offset = durationText(step.start - m_start), length = durationText(step.end - step.start);
    if (offset.isEmpty()) return length.isEmpty() ? tr("at the start") : tr("at the start, for %1").arg(length);
    return length.isEmpty() ? tr("%1 after the start").arg(offset) : tr("%1 after the start, for %2").arg(offset, length);
}

QString StepTreeModel::textOf(std::size_t at, int column) const
{
    const Step& step = (*m_steps)[at].step;
    switch (column) {
    case NameColumn: {
        const bool decisive = !m_decisive.empty() && step.nativeId == m_decisive;
        return decisive ? QString(QStringLiteral("◎ ") + stepTitle(step)) : stepTitle(step);
    }
    case KindColumn:
        return stepKindText(step.kind);
    case StatusColumn:
        return stepStatusText(step.status);
    case DurationColumn:
        return durationText(step.end - step.start);
    default:
        return {};
    }
}

QVariant StepTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const std::size_t at = index.internalId();
    const Step& step = (*m_steps)[at].step;
    const bool decisive = !m_decisive.empty() && step.nativeId == m_decisive;
    const bool timed = step.start > 0 && m_end > m_start;
    const auto span = static_cast<double>(m_end - m_start);
    switch (role) {
    case Qt::DisplayRole:
        return textOf(at, index.column());
    case Qt::ToolTipRole: {
        if (index.column() == WaterfallColumn || index.column() == DurationColumn) return plainToolTip(timeSentence(step));
        if (step.status == StepStatus::Error && !step.errorText.empty()) return plainToolTip(shownBlock(step.errorText, 600));
        return plainToolTip(decisive ? m_explanation : stepTitle(step));
    }
    case Qt::AccessibleTextRole:
        if (index.column() == WaterfallColumn) return timeSentence(step);
        if (index.column() == NameColumn && decisive) return tr("decisive step: %1").arg(stepTitle(step));
        return textOf(at, index.column());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(
            Qt::Alignment((index.column() == DurationColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    case StepIdRole:
        return own(step.nativeId);
    case StatusRole:
        return static_cast<int>(step.status);
    case KindRole:
        return static_cast<int>(step.kind);
    case DecisiveRole:
        return decisive;
    case WaterfallStartRole:
        return timed ? QVariant(static_cast<double>(step.start - m_start) / span) : QVariant();
    case WaterfallLengthRole:
        return timed ? QVariant(static_cast<double>(std::max<std::int64_t>(0, step.end - step.start)) / span) : QVariant();
    default:
        return {};
    }
}

QVariant StepTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(
            Qt::Alignment((section == DurationColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case NameColumn:
        return tr("Step");
    case KindColumn:
        return tr("Kind");
    case StatusColumn:
        return tr("Status");
    case DurationColumn:
        return tr("Duration");
    case WaterfallColumn:
        return tr("Time line");
    default:
        return {};
    }
}

} // namespace tackroom::ui
