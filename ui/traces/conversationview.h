// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/conversationturns.h"
#include "ui/traces/textpage.h"

#include <set>
#include <vector>

namespace tackroom::ui
{

/// The conversation as one document. Long parts are folded; Space or their link unfolds them. A very long conversation
/// is shown in pieces, from the start.
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

private:
    void rewrite();
    void writeTurn(std::size_t at);
    void writePart(std::size_t at, std::size_t part, int hang, bool folded);
    [[nodiscard]] bool canFold(std::size_t at) const;
    [[nodiscard]] int turnAt(int position) const;
    void toggle(std::size_t at);
    void followLink(const QUrl& target);
    void showTurn(std::size_t at);

    std::vector<Turn> m_turns;
    std::uint64_t m_omittedBytes = 0;
    std::size_t m_shown = 0;      ///< turns written
    std::vector<int> m_positions; ///< where each written turn begins
    std::set<std::size_t> m_unfolded;
};

} // namespace tackroom::ui
