// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/jsontreemodel.h"

#include "core/base/text.h"
#include "core/traces/blobs.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"

namespace tackroom::ui
{

void JsonTreeModel::setJson(std::shared_ptr<const Json> json)
{
    beginResetModel();
    m_json = std::move(json);
    m_root.reset();
    if (m_json) {
        m_root = std::make_unique<Node>();
        m_root->value = m_json.get();
    }
    endResetModel();
}

void JsonTreeModel::fill(Node& node)
{
    if (node.filled) return;
    node.filled = true;
    const auto add = [&](const std::string& key, const Json& value) {
        auto child = std::make_unique<Node>();
        child->value = &value;
        child->parent = &node;
        child->row = static_cast<int>(node.children.size());
        child->key = key;
        node.children.push_back(std::move(child));
    };
    if (node.value->is_object()) {
        for (const auto& [key, value] : node.value->items()) add(key, value);
    } else if (node.value->is_array()) {
        for (const Json& value : *node.value) add({}, value);
    }
}

JsonTreeModel::Node* JsonTreeModel::nodeOf(const QModelIndex& index) const
{
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : m_root.get();
}

QModelIndex JsonTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (row < 0 || column < 0 || column > 1 || row >= rowCount(parent)) return {};
    return createIndex(row, column, nodeOf(parent)->children[static_cast<std::size_t>(row)].get());
}

QModelIndex JsonTreeModel::parent(const QModelIndex& index) const
{
    if (!index.isValid()) return {};
    Node* above = nodeOf(index)->parent;
    return !above || above == m_root.get() ? QModelIndex() : createIndex(above->row, 0, above);
}

int JsonTreeModel::rowCount(const QModelIndex& parent) const
{
    Node* node = parent.column() > 0 ? nullptr : nodeOf(parent);
    if (!node) return 0;
    fill(*node);
    return static_cast<int>(node->children.size());
}

int JsonTreeModel::columnCount(const QModelIndex&) const { return 2; }

bool JsonTreeModel::hasChildren(const QModelIndex& parent) const
{
    const Node* node = parent.column() > 0 ? nullptr : nodeOf(parent);
    return node && node->value->is_structured() && !node->value->empty();
}

const QString& JsonTreeModel::shownValue(const Node& node)
{
    if (node.shown.isNull()) node.shown = valueText(*node.value);
    if (node.shown.isNull()) node.shown = QStringLiteral("");
    return node.shown;
}

QString JsonTreeModel::valueText(const Json& value)
{
    const auto size = static_cast<std::int64_t>(value.size());
    if (value.is_object()) return size == 1 ? tr("{ 1 member }") : tr("{ %1 members }").arg(countText(size));
    if (value.is_array()) return size == 1 ? tr("[ 1 element ]") : tr("[ %1 elements ]").arg(countText(size));
    if (value.is_string()) return shownLine(foldBlobs(value.get_ref<const std::string&>()), 2000);
    return own(dumpJson(value));
}

QVariant JsonTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Node* node = nodeOf(index);
    const bool inList = node->parent && node->parent->value->is_array();
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole) {
        if (index.column() == 1) return shownValue(*node);
        return inList ? QString::number(node->row) : shownLine(node->key, 200);
    }
    if (role == Qt::ToolTipRole && index.column() == 1 && node->value->is_string())
        return plainToolTip(shownBlock(foldBlobs(cutUtf8(node->value->get_ref<const std::string&>(), 64 * 1024)), 2000));
    return {};
}

QVariant JsonTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return section == 0 ? tr("Name") : tr("Value");
}

std::string JsonTreeModel::pathOf(const QModelIndex& index) const
{
    if (!index.isValid()) return "$";
    std::string path;
    for (const Node* node = nodeOf(index); node->parent; node = node->parent) {
        const bool inList = node->parent->value->is_array();
        path = (inList ? "[" + std::to_string(node->row) + "]" : "." + node->key) + path;
    }
    return "$" + path;
}

std::string JsonTreeModel::valueOf(const QModelIndex& index) const
{
    if (!index.isValid() || !m_root) return {};
    const Json& value = *nodeOf(index)->value;
    return value.is_string() ? value.get<std::string>() : dumpJson(value, 2);
}

} // namespace tackroom::ui
