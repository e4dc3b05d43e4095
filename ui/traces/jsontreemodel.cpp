// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/jsontreemodel.h"

#include "core/traces/blobs.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"

#include <QLocale>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kReadAtOnce = 256 * 1024;      ///< bytes; larger ones are read off the GUI thread
constexpr std::size_t kShownLiteral = 64 * 1024;     ///< of a string, where its beginning is shown
constexpr std::size_t kMostFolded = 4 * 1024 * 1024; ///< of a string that is a blob: so that the chip tells its size
} // namespace

struct JsonTreeModel::Node {
    JsonPiece piece;
    Node* parent = nullptr;
    int row = 0;
    bool filled = false, asked = false;
    mutable QString shown; ///< once it was asked for: a value may have megabytes
    std::vector<std::unique_ptr<Node>> children;
};

Result<std::shared_ptr<const JsonDocument>> readJsonDocument(std::shared_ptr<const std::string> text, const CancelToken& cancel)
{
    auto document = std::make_shared<JsonDocument>();
    document->text = *text;
    document->source = std::move(text);
    TR_ASSIGN(document->root, jsonRoot(document->text, cancel));
    TR_ASSIGN(document->pieces, jsonPiecesIn(document->text, document->root, cancel));
    return std::shared_ptr<const JsonDocument>(std::move(document));
}

JsonTreeModel::JsonTreeModel(QObject* parent) : QAbstractItemModel(parent) {}
JsonTreeModel::~JsonTreeModel() = default;

void JsonTreeModel::setDocument(std::shared_ptr<const JsonDocument> document)
{
    beginResetModel();
    ++m_generation;
    m_reading = 0;
    m_built = 0;
    m_root.reset();
    m_document = std::move(document);
    if (m_document) {
        m_root = std::make_unique<Node>();
        m_root->piece = m_document->root;
        fill(*m_root, m_document->pieces);
    }
    endResetModel();
}

void JsonTreeModel::fill(Node& node, const std::vector<JsonPiece>& pieces) const
{
    node.filled = true;
    node.children.reserve(pieces.size());
    for (const JsonPiece& piece : pieces) {
        auto child = std::make_unique<Node>();
        child->piece = piece;
        child->parent = &node;
        child->row = static_cast<int>(node.children.size());
        node.children.push_back(std::move(child));
    }
    m_built += pieces.size();
}

bool JsonTreeModel::isLarge(const Node& node) const { return m_reader && node.piece.bytes > kReadAtOnce; }

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
    if (!node->filled && node->piece.holdsOthers() && !isLarge(*node)) {
        const auto pieces = jsonPiecesIn(m_document->text, node->piece, {});
        fill(*node, pieces ? *pieces : std::vector<JsonPiece>());
    }
    return static_cast<int>(node->children.size());
}

int JsonTreeModel::columnCount(const QModelIndex&) const { return 2; }

bool JsonTreeModel::hasChildren(const QModelIndex& parent) const
{
    const Node* node = parent.column() > 0 ? nullptr : nodeOf(parent);
    if (!node) return false;
    return node->filled ? !node->children.empty() : node->piece.holdsOthers() && node->piece.count > 0;
}

bool JsonTreeModel::canFetchMore(const QModelIndex& parent) const
{
    const Node* node = parent.column() > 0 ? nullptr : nodeOf(parent);
    return node && !node->filled && !node->asked && node->piece.holdsOthers() && isLarge(*node);
}

void JsonTreeModel::fetchMore(const QModelIndex& parent)
{
    if (!canFetchMore(parent)) return;
    Node& node = *nodeOf(parent);
    node.asked = true;
    ++m_reading;
    m_reader(m_document, node.piece, [this, &node, generation = m_generation](const Pieces& pieces) {
        if (generation != m_generation) return; // and the node is gone
        --m_reading;
        take(node, pieces);
    });
}

void JsonTreeModel::take(Node& node, const Pieces& pieces)
{
    node.filled = true;
    if (!pieces) {
        Q_EMIT unreadable(sentenceOf(pieces.error()));
        return;
    }
    if (pieces->empty()) return;
    beginInsertRows(createIndex(node.row, 0, &node), 0, static_cast<int>(pieces->size()) - 1);
    fill(node, *pieces);
    endInsertRows();
}

JsonPiece JsonTreeModel::pieceOf(const QModelIndex& index) const { return m_root ? nodeOf(index)->piece : JsonPiece(); }

QString JsonTreeModel::nameText(const Node& node) const
{
    const JsonPiece& piece = node.piece;
    if (piece.kind == JsonPiece::Kind::Group)
        return tr("%1 … %2").arg(countText(static_cast<std::int64_t>(piece.first)),
                                 countText(static_cast<std::int64_t>(piece.first + piece.count - 1)));
    if (!piece.inObject)
        return QString::number(static_cast<qulonglong>(node.parent->piece.first) + static_cast<qulonglong>(node.row));
    const std::string_view name = m_document->text.substr(piece.nameAt, piece.nameBytes);
    return shownLine(decodedJsonString(cutJsonLiteral(name, 2000)), 200);
}

const QString& JsonTreeModel::shownValue(const Node& node) const
{
    if (node.shown.isNull()) node.shown = valueText(node.piece);
    if (node.shown.isNull()) node.shown = QStringLiteral("");
    return node.shown;
}

QString JsonTreeModel::valueText(const JsonPiece& piece) const
{
    const auto count = static_cast<std::int64_t>(piece.count);
    switch (piece.kind) {
    case JsonPiece::Kind::Object:
        if (!piece.isWhole) return tr("{ at least %1 members; the text ends here }").arg(countText(count));
        return count == 1 ? tr("{ 1 member }") : tr("{ %1 members }").arg(countText(count));
    case JsonPiece::Kind::List:
        if (!piece.isWhole) return tr("[ at least %1 elements; the text ends here ]").arg(countText(count));
        return count == 1 ? tr("[ 1 element ]") : tr("[ %1 elements ]").arg(countText(count));
    case JsonPiece::Kind::Group:
        return (piece.inObject ? tr("%1 members") : tr("%1 elements")).arg(countText(count));
    case JsonPiece::Kind::Text:
        return stringText(piece);
    case JsonPiece::Kind::Other:
        break;
    }
    return shownLine(m_document->text.substr(piece.at, std::min<std::size_t>(piece.bytes, 2000)), 2000);
}

/// Its beginning, and how long it is where that is all.
QString JsonTreeModel::stringText(const JsonPiece& piece) const
{
    const std::string_view literal = jsonLiteral(m_document->text, piece);
    const std::string_view begin = cutJsonLiteral(literal, kShownLiteral);
    const std::string folded = foldBlobs(decodedJsonString(begin));
    if (begin.size() == literal.size()) return shownLine(folded, 2000);
    // A blob goes on behind the cut, and its chip would tell the size of the beginning.
    if (folded.ends_with(kChipEnd) && literal.size() <= kMostFolded)
        return shownLine(foldBlobs(decodedJsonString(literal)), 2000);
    const QString size = QLocale().formattedDataSize(static_cast<qint64>(literal.size()), 1, QLocale::DataSizeSIFormat);
    if (folded.ends_with(kChipEnd) && folded.size() < 1000) return tr("data, %1").arg(size);
    return tr("(%1) %2").arg(size, shownLine(folded, 2000));
}

QVariant JsonTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Node* node = nodeOf(index);
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole)
        return index.column() == 1 ? shownValue(*node) : nameText(*node);
    if (role == Qt::ToolTipRole && index.column() == 1 && node->piece.kind == JsonPiece::Kind::Text)
        return plainToolTip(shownBlock(
            foldBlobs(decodedJsonString(cutJsonLiteral(jsonLiteral(m_document->text, node->piece), kShownLiteral))), 2000));
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
    const std::string_view text = m_document->text;
    for (const Node* node = nodeOf(index); node->parent; node = node->parent) {
        const JsonPiece& piece = node->piece;
        if (piece.kind == JsonPiece::Kind::Group) continue; // the document has no groups
        path =
            (piece.inObject ? "." + decodedJsonString(text.substr(piece.nameAt, piece.nameBytes))
                            : "[" + std::to_string(node->parent->piece.first + static_cast<std::uint64_t>(node->row)) + "]") +
            path;
    }
    return "$" + path;
}

std::string JsonTreeModel::valueOf(const JsonDocument& document, const JsonPiece& piece)
{
    const std::string_view text = document.text;
    if (piece.kind == JsonPiece::Kind::Text) return decodedJsonString(jsonLiteral(text, piece));
    const std::string_view json = text.substr(piece.at, piece.bytes);
    if (piece.kind == JsonPiece::Kind::Group) // as a document of its own
        return indentedJson((piece.inObject ? "{" : "[") + std::string(json.substr(0, json.find_last_not_of(", \n\r\t") + 1)) +
                            (piece.inObject ? "}" : "]"));
    return indentedJson(json);
}

std::string JsonTreeModel::valueOf(const QModelIndex& index) const
{
    return index.isValid() && m_root ? valueOf(*m_document, nodeOf(index)->piece) : std::string();
}

} // namespace tackroom::ui
