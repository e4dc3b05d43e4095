// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QTextBrowser>
#include <QTextCharFormat>
#include <QTimer>

#include <vector>

namespace tackroom::ui
{

/// A read-only document that is filled with plain text only: nothing that it is given is ever read as markup. Its links are
/// our own, lead nowhere by themselves, and are reachable by Tab and Enter.
///
/// A long text is written piece by piece while the event loop goes on, and a very long line in several stretches, because the
/// layout of either in one go would be felt. What is copied is the text as it was given.
class TextPage : public QTextBrowser
{
    Q_OBJECT
public:
    explicit TextPage(QWidget* parent = nullptr);

    enum Look { Plain = 0, Mono = 1, Strong = 2, Faint = 4, Failed = 8, Accent = 16, Human = 32 };
    enum class Wash { None, Accent, Failure, Human };

    /// Starts over; nothing is shown until end().
    void begin();
    /// The beginning is there at once, the rest soon.
    void end();
    /// A new paragraph. With `hang` > 0 its text stands `hang` pixels in, and `label` hangs before it.
    void startParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove);
    /// The text before goes on: a new paragraph where it is shown, none where it is copied.
    void startStretch(int hang, Wash wash);
    void addText(const QString& text, int look);
    void addLink(const QString& text, const QString& target);
    /// Something is still to be written.
    [[nodiscard]] bool writing() const { return m_next < m_pieces.size(); }
    /// Brings the place to the upper quarter, and the text cursor there.
    void showPosition(int position);

protected:
    /// Names the beginning of the paragraph that is started next.
    int addMark();
    /// Of a mark; -1 while it is not written, or no longer there.
    [[nodiscard]] int positionOf(int mark) const;
    /// At once what is needed to see the mark `top` pixels below the upper edge, and scrolls there.
    void showMark(int mark, int top);
    void writeUpTo(int mark);
    /// How far below the upper edge a place stands.
    [[nodiscard]] int topOf(int position) const;
    /// From where to where.
    struct Place {
        int begin = 0, end = 0;
    };
    /// Where a word stands between two positions, ASCII letters folded, also over the ends of stretches.
    [[nodiscard]] std::vector<Place> placesOf(const QString& wanted, int from, int to) const;
    /// Between this and end() stands what follows; without the paragraphs from `fromMark` on (-1: all stay).
    void beginMore(int fromMark);
    /// What stands before the mark becomes one paragraph with a link; what is on screen stays where it is.
    void replaceFront(int mark, const QString& text, const QString& link, const QString& target);
    /// The same content in the colours and fonts of now.
    virtual void writeAgain();
    /// All of it is there.
    virtual void written() {}
    /// Pieces are not kept for writeAgain(): the owner can make them anew.
    void forgetPieces() { m_keepPieces = false; }
    /// How much is written before anything else may happen; less than some screens.
    void setFirstSlice(qsizetype chars) { m_firstSlice = chars; }

    void changeEvent(QEvent* event) override;
    QMimeData* createMimeDataFromSelection() const override;

private:
    struct Piece {
        enum Kind { Paragraph, Text, Link } kind;
        QString text, target;
        int hang = 0, look = 0, spaceAbove = 0, mark = -1;
        Wash wash = Wash::None;
        bool goesOn = false;
    };
    void writeSlice(qsizetype chars);
    void writeSoon();
    [[nodiscard]] qsizetype writePiece(qsizetype most);
    [[nodiscard]] qsizetype writeText(const Piece& piece, qsizetype most);
    /// With what foldBlobs() left as chips.
    void writeLine(const QString& line, const QTextCharFormat& format);
    void writeParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove);
    [[nodiscard]] QTextCharFormat formatOf(int look) const;
    [[nodiscard]] bool reaches(int mark, int top) const;
    void doSetSource(const QUrl& name, QTextDocument::ResourceType type) override;
    QVariant loadResource(int type, const QUrl& name) override;

    QTextCursor m_writer;
    int m_hang = 0;
    Wash m_wash = Wash::None;
    bool m_empty = true, m_keepPieces = true;
    std::vector<Piece> m_pieces;
    std::size_t m_next = 0; ///< piece to be written
    qsizetype m_offset = 0; ///< in its text
    std::vector<int> m_marks;
    int m_pendingMark = -1;
    qsizetype m_sliceChars, m_firstSlice;
    QTimer m_goOn;
};

} // namespace tackroom::ui
