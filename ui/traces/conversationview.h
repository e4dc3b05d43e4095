// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/conversationturns.h"
#include "ui/traces/textpage.h"

#include <set>
#include <vector>

namespace tackroom::ui
{

/// The conversation as one document. Long parts are folded; Space or their link unfolds them. Of a very long conversation some
/// hundred turns are in the document at a time: more are added while one scrolls down, and those far above are let go (a link
/// brings them back); a jump begins the document near its goal.
class ConversationView : public TextPage
{
    Q_OBJECT
public:
    explicit ConversationView(QWidget* parent = nullptr);
    /// `keepPlace`: the same conversation, grown; what is unfolded and on screen stays.
    void setTurns(std::vector<Turn> turns, std::uint64_t omittedBytes, bool keepPlace = false);
    [[nodiscard]] const std::vector<Turn>& turns() const { return m_turns; }
    /// Goes to the first turn of a step (`decisive`: to the one that is marked); false where the conversation has none.
    bool showStep(const std::string& stepId);
    bool showDecisive();
    /// Unfolds or folds the turn that holds the text cursor, or the first folded one on screen.
    void toggleCurrent();

Q_SIGNALS:
    void stepPicked(const QString& stepId); ///< clicked into a turn that names its step

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void writeAgain() override;
    void written() override;

private:
    /// Writes the turns from `first` on, so that the top of `anchor` stands `top` pixels below the upper edge.
    void rewrite(std::size_t first, std::size_t anchor, int top);
    /// The same turns at the same place.
    void rewriteHere();
    void writeTurn(std::size_t at);
    void writePart(std::size_t at, std::size_t part, int hang, bool folded);
    void writeTurns(std::size_t until);
    void writeFoot();
    void goOn();
    void goBack();
    void scrolled(int value);
    [[nodiscard]] bool canFold(std::size_t at) const;
    /// The turn at a place of the document; -1 before the first one.
    [[nodiscard]] std::ptrdiff_t turnAt(int position) const;
    [[nodiscard]] int positionOfTurn(std::size_t at) const;
    void toggle(std::size_t at);
    void followLink(const QUrl& target);
    void showTurn(std::size_t at);

    std::vector<Turn> m_turns;
    std::uint64_t m_omittedBytes = 0;
    std::size_t m_first = 0, m_end = 0; ///< turns in the document
    std::vector<int> m_turnMarks;       ///< of those
    int m_footMark = -1;
    bool m_moving = false; ///< the document is being changed: its scroll bar says nothing of the reader
    std::set<std::size_t> m_unfolded;
};

} // namespace tackroom::ui
