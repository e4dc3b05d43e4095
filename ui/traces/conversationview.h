// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/traces/conversationturns.h"
#include "ui/traces/windowpage.h"

#include <set>
#include <vector>

namespace tackroom::ui
{

/// The conversation as one document, of which some hundred turns are there at a time. Long parts are folded; Space or their
/// link unfolds them; what is longer than that is read by itself.
class ConversationView : public WindowPage
{
    Q_OBJECT
public:
    explicit ConversationView(QWidget* parent = nullptr);
    /// `keepPlace`: the same conversation, grown; what is unfolded and on screen stays.
    void setTurns(std::vector<Turn> turns, std::uint64_t omittedBytes, bool keepPlace = false);
    [[nodiscard]] const std::vector<Turn>& turns() const { return m_turns; }
    static constexpr std::size_t kAllTurns = static_cast<std::size_t>(-1);
    /// Goes to the first turn of a step (`decisive`: to the one that is marked); false where the conversation has none.
    bool showStep(const std::string& stepId);
    bool showDecisive();
    /// Unfolds or folds the turn that holds the text cursor, or the first folded one on screen.
    void toggleCurrent();

Q_SIGNALS:
    void stepPicked(const QString& stepId); ///< clicked into a turn that names its step

    /// A part of which only the beginning is here is wanted as a whole; of turn kAllTurns: everything is.
    void wholePartWanted(std::size_t turn, std::size_t part);

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    [[nodiscard]] std::size_t partCount() const override { return m_turns.size(); }
    void writePart(std::size_t at) override;
    [[nodiscard]] QString beforeText(std::size_t turns) const override;
    [[nodiscard]] QString shownText(std::size_t end) const override;
    [[nodiscard]] QString footText() const override;
    [[nodiscard]] std::pair<QString, QString> footLink() const override;

private:
    void writeTurnPart(std::size_t at, std::size_t part, int hang, bool folded);
    void writeCut(std::size_t at, std::size_t part, int hang);
    [[nodiscard]] bool canFold(std::size_t at) const;
    void toggle(std::size_t at);
    void followLink(const QUrl& target);
    void showTurn(std::size_t at);

    std::vector<Turn> m_turns;
    std::uint64_t m_omittedBytes = 0;
    std::set<std::size_t> m_unfolded;
};

} // namespace tackroom::ui
