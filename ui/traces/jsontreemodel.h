// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/json.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

namespace tackroom::ui
{

/// A JSON document as a folding tree of names and values. What is not unfolded costs nothing.
class JsonTreeModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    explicit JsonTreeModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}
    void setJson(std::shared_ptr<const Json> json); ///< null: empty
    /// "$.attributes.llm.messages[2].content" as foreign text, not safe.
    [[nodiscard]] std::string pathOf(const QModelIndex& index) const;
    /// The value: a string as it is, anything else as JSON; not safe.
    [[nodiscard]] std::string valueOf(const QModelIndex& index) const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] bool hasChildren(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Node {
        const Json* value = nullptr;
        Node* parent = nullptr;
        int row = 0;
        std::string key; ///< of an object's member; empty in a list
        bool filled = false;
        mutable QString shown; ///< once it was asked for: a value may have megabytes
        std::vector<std::unique_ptr<Node>> children;
    };
    Node* nodeOf(const QModelIndex& index) const;
    static void fill(Node& node);
    [[nodiscard]] static const QString& shownValue(const Node& node);
    [[nodiscard]] static QString valueText(const Json& value);

    std::shared_ptr<const Json> m_json;
    std::unique_ptr<Node> m_root;
};

} // namespace tackroom::ui
