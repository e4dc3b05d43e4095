// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "ui/traces/windowpage.h"

#include <QTimer>
#include <QWidget>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

class QAction;
class QPushButton;
class QSlider;
class QToolButton;

namespace tackroom::ui
{

class TextFindBar;
class TextLabel;
class TextMatches;

/// What is asked of the reader where the whole of a text is wanted.
inline constexpr std::uint64_t kMostWholeBytes = std::uint64_t{512} << 20;

/// A foreign text of any length, of which some stretches are in the document: a stretch is made safe and laid out when it
/// comes into sight. Where a stretch begins is known without having read those before it.
class LongTextPage : public WindowPage
{
    Q_OBJECT
public:
    explicit LongTextPage(QWidget* parent = nullptr);
    void setText(std::shared_ptr<const std::string> text, int look); ///< null: nothing
    [[nodiscard]] const std::shared_ptr<const std::string>& text() const { return m_text; }
    [[nodiscard]] std::size_t stretches() const { return partCount(); }
    /// The first byte of a stretch: behind a line's end or a space where one is near, never within a character.
    [[nodiscard]] std::size_t beginOf(std::size_t stretch) const;
    void goTo(std::size_t stretch);
    [[nodiscard]] std::size_t stretchAtTop() const { return partAtTop(); }
    /// Marked where it is seen; null or without a word: nothing.
    void setMatches(const TextMatches* matches);
    /// Goes to the match that begins there.
    void showMatch(std::size_t offset);
    [[nodiscard]] std::optional<std::size_t> shownMatch() const { return m_shownMatch; }
    /// The first byte of what is at the upper edge, or near it.
    [[nodiscard]] std::size_t offsetAtTop() const { return m_text ? beginOf(stretchAtTop()) : 0; }
    void markMatches();

Q_SIGNALS:
    void placeChanged();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    [[nodiscard]] std::size_t partCount() const override;
    void writePart(std::size_t at) override;
    [[nodiscard]] QString beforeText(std::size_t parts) const override;
    [[nodiscard]] QString shownText(std::size_t end) const override;
    void moved() override;
    void resizeEvent(QResizeEvent* event) override;

private:
    std::shared_ptr<const std::string> m_text;
    [[nodiscard]] std::size_t stretchOf(std::size_t offset) const;
    [[nodiscard]] std::optional<Place> placeOfMatch(const std::vector<Place>& places) const;
    [[nodiscard]] std::vector<Place> matchPlaces() const;
    int m_look = Plain;
    const TextMatches* m_matches = nullptr;
    std::optional<std::size_t> m_shownMatch;
    QTimer m_markSoon;
};

/// Such a text with its name, a handle for going through it, and a way back.
class LongTextPane : public QWidget
{
    Q_OBJECT
public:
    LongTextPane(const QString& back, QWidget* parent);
    void setText(std::shared_ptr<const std::string> text, const QString& title, int look);
    /// A word in it, to be typed.
    void find();
    void clear() { setText(nullptr, {}, TextPage::Plain); }
    [[nodiscard]] LongTextPage& page() const { return *m_page; }
    [[nodiscard]] bool settled() const;

Q_SIGNALS:
    void closed();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    enum class Seek { Nothing, FromHere, Next, Previous };
    void buildBar(const QString& back);
    void buildFind();
    void showPlace();
    void findWanted(const QString& wanted);
    void leaveFind();
    void seek(Seek where);
    void goOnSeeking();
    void showFound();
    TextLabel* m_title;
    TextLabel* m_place;
    QSlider* m_slider;
    LongTextPage* m_page;
    QToolButton* m_findButton;
    TextFindBar* m_findBar;
    TextMatches* m_matches;
    QAction* m_leave = nullptr;
    bool m_hasBack;
    Seek m_seek = Seek::Nothing; ///< waits until so much is counted
    bool m_showing = false;      ///< the slider follows the page
};

} // namespace tackroom::ui
