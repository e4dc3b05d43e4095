// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/jsonpieces.h"

#include <QAbstractItemModel>

#include <functional>
#include <memory>
#include <vector>

namespace tackroom::ui
{

/// A JSON text with what stands on its first level; the rest is read in it when it is unfolded.
struct JsonDocument {
    std::shared_ptr<const std::string> source; ///< foreign
    std::string_view text;                     ///< all of it
    JsonPiece root;
    std::vector<JsonPiece> pieces;
};
/// Worker thread: goes through the text. Errors as jsonRoot().
[[nodiscard]] Result<std::shared_ptr<const JsonDocument>> readJsonDocument(std::shared_ptr<const std::string> text,
                                                                           const CancelToken& cancel);

/// A JSON document of any size as a folding tree of names and values. What is not unfolded costs nothing; what is large is
/// read by `setReader`'s worker, and more than a thousand members stand in groups.
class JsonTreeModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    using Pieces = Result<std::vector<JsonPiece>>;
    /// Reads what stands in a large piece and answers on the GUI thread, unless the document has changed meanwhile.
    using Reader = std::function<void(std::shared_ptr<const JsonDocument>, JsonPiece, std::function<void(Pieces)>)>;

    explicit JsonTreeModel(QObject* parent = nullptr);
    ~JsonTreeModel() override;
    void setDocument(std::shared_ptr<const JsonDocument> document); ///< null: empty
    void setReader(Reader reader) { m_reader = std::move(reader); } ///< none: everything is read at once
    [[nodiscard]] const std::shared_ptr<const JsonDocument>& document() const { return m_document; }
    /// "$.attributes.llm.messages[2].content" as foreign text, not safe.
    [[nodiscard]] std::string pathOf(const QModelIndex& index) const;
    [[nodiscard]] JsonPiece pieceOf(const QModelIndex& index) const;
    /// The value: a string as it is, anything else as JSON on lines; not safe. Takes its time with a large one.
    [[nodiscard]] static std::string valueOf(const JsonDocument& document, const JsonPiece& piece);
    [[nodiscard]] std::string valueOf(const QModelIndex& index) const;
    /// Something is being read for the tree.
    [[nodiscard]] bool reading() const { return m_reading > 0; }
    /// How many lines were made until now.
    [[nodiscard]] std::size_t builtCount() const { return m_built; }

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] bool hasChildren(const QModelIndex& parent = {}) const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void unreadable(const QString& why); ///< what was unfolded is no JSON

private:
    struct Node;
    Node* nodeOf(const QModelIndex& index) const;
    void fill(Node& node, const std::vector<JsonPiece>& pieces) const;
    void take(Node& node, const Pieces& pieces);
    [[nodiscard]] bool isLarge(const Node& node) const;
    [[nodiscard]] QString nameText(const Node& node) const;
    [[nodiscard]] const QString& shownValue(const Node& node) const;
    [[nodiscard]] QString valueText(const JsonPiece& piece) const;
    [[nodiscard]] QString stringText(const JsonPiece& piece) const;

    std::shared_ptr<const JsonDocument> m_document;
    std::unique_ptr<Node> m_root;
    Reader m_reader;
    std::uint64_t m_generation = 0;
    int m_reading = 0;
    mutable std::size_t m_built = 0;
};

} // namespace tackroom::ui
