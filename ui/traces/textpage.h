// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QTextBrowser>
#include <QTextCharFormat>

#include <vector>

namespace tackroom::ui
{

/// A read-only document that is filled with plain text only: nothing that it is given is ever read as markup. Its links are
/// our own, lead nowhere by themselves, and are reachable by Tab and Enter.
class TextPage : public QTextBrowser
{
    Q_OBJECT
public:
    explicit TextPage(QWidget* parent = nullptr);

    enum Look { Plain = 0, Mono = 1, Strong = 2, Faint = 4, Failed = 8, Accent = 16, Human = 32 };
    enum class Wash { None, Accent, Failure, Human };

    /// Starts over; nothing is painted until end().
    void begin();
    void end();
    /// A new paragraph. With `hang` > 0 its text stands `hang` pixels in, and `label` hangs before it.
    void startParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove);
    void addText(const QString& text, int look);
    void addLink(const QString& text, const QString& target);
    [[nodiscard]] int writePosition() const;
    /// Brings the place to the upper third, and the text cursor there.
    void showPosition(int position);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Piece {
        enum Kind { Paragraph, Text, Link } kind;
        QString text, target;
        int hang = 0, look = 0, spaceAbove = 0;
        Wash wash = Wash::None;
    };
    void write(const Piece& piece);
    /// With what foldBlobs() left as chips.
    void writeLine(const QString& line, const QTextCharFormat& format);
    void writeParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove);
    /// The same content in the colours and fonts of now.
    void writeAgain();
    [[nodiscard]] QTextCharFormat formatOf(int look) const;
    void doSetSource(const QUrl& name, QTextDocument::ResourceType type) override;
    QVariant loadResource(int type, const QUrl& name) override;

    QTextCursor m_writer;
    int m_hang = 0;
    Wash m_wash = Wash::None;
    bool m_empty = true;
    std::vector<Piece> m_pieces;
};

} // namespace tackroom::ui
