// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/textpage.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace tackroom::ui
{

/// A very long text of numbered parts (turns, stretches), some of which are in the document at a time: more are added while one
/// scrolls down, and those far above are let go (a link brings them back); a jump begins the document near its goal. So what is
/// laid out does not depend on how much there is.
class WindowPage : public TextPage
{
    Q_OBJECT
public:
    /// Parts in the document.
    struct Extent {
        std::size_t atOnce;    ///< at first, and after a jump
        std::size_t more;      ///< added at a time
        std::size_t most;      ///< then those above go
        std::size_t before;    ///< above the goal of a jump
        bool goesBack = false; ///< scrolling up to the upper edge brings those before, without the link
    };
    WindowPage(const Extent& extent, QWidget* parent);
    [[nodiscard]] std::size_t firstPart() const { return m_first; }
    [[nodiscard]] std::size_t endPart() const { return m_end; }

protected:
    [[nodiscard]] virtual std::size_t partCount() const = 0;
    /// Begins with a paragraph, or with a stretch of the one before.
    virtual void writePart(std::size_t at) = 0;
    [[nodiscard]] virtual QString beforeText(std::size_t parts) const = 0;
    [[nodiscard]] virtual QString shownText(std::size_t end) const = 0;
    /// What stands behind the last part; empty: nothing.
    [[nodiscard]] virtual QString footText() const { return {}; }
    /// Words and target of a link behind it.
    [[nodiscard]] virtual std::pair<QString, QString> footLink() const { return {}; }
    /// Other parts are in the document, or others are at its upper edge.
    virtual void moved() {}

    /// From the first part on.
    void startOver();
    /// Writes the parts from `first` on, so that the top of `anchor` stands `top` pixels below the upper edge.
    void rewrite(std::size_t first, std::size_t anchor, int top);
    /// The same parts at the same place.
    void rewriteHere();
    /// Brings a part to `top` pixels below the upper edge.
    void showPart(std::size_t at, int top);
    void goOn();
    void goBack();
    /// The part at a place of the document; -1 before the first one.
    [[nodiscard]] std::ptrdiff_t partAt(int position) const;
    [[nodiscard]] std::size_t partAtTop() const;
    [[nodiscard]] int positionOfPart(std::size_t at) const;
    /// Where what stands behind the last part begins; the end where there is none.
    [[nodiscard]] int footPosition() const;
    /// At once, if it is in the document.
    void writePartNow(std::size_t at);
    /// Whether the link was one of the page's own.
    [[nodiscard]] bool followOwnLink(const QString& target);
    void writeAgain() override;
    void written() override;

private:
    void writeParts(std::size_t until);
    void writeFoot();
    void letGo(std::size_t parts);
    void scrolled(int value);

    Extent m_extent;
    std::size_t m_first = 0, m_end = 0;
    std::vector<int> m_partMarks; ///< of those
    int m_footMark = -1;
    bool m_moving = false; ///< the document is being changed: its scroll bar says nothing of the reader
};

} // namespace tackroom::ui
