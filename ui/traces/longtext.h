// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "ui/traces/windowpage.h"

#include <QWidget>

#include <cstdint>
#include <memory>
#include <string>

class QPushButton;
class QSlider;

namespace tackroom::ui
{

class TextLabel;

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

Q_SIGNALS:
    void placeChanged();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    [[nodiscard]] std::size_t partCount() const override;
    void writePart(std::size_t at) override;
    [[nodiscard]] QString beforeText(std::size_t parts) const override;
    [[nodiscard]] QString shownText(std::size_t end) const override;
    void moved() override { Q_EMIT placeChanged(); }

private:
    std::shared_ptr<const std::string> m_text;
    int m_look = Plain;
};

/// Such a text with its name, a handle for going through it, and a way back.
class LongTextPane : public QWidget
{
    Q_OBJECT
public:
    LongTextPane(const QString& back, QWidget* parent);
    void setText(std::shared_ptr<const std::string> text, const QString& title, int look);
    void clear() { setText(nullptr, {}, TextPage::Plain); }
    [[nodiscard]] LongTextPage& page() const { return *m_page; }
    [[nodiscard]] bool settled() const { return !m_page->writing(); }

Q_SIGNALS:
    void closed();

private:
    void showPlace();
    TextLabel* m_title;
    TextLabel* m_place;
    QSlider* m_slider;
    LongTextPage* m_page;
    bool m_showing = false; ///< the slider follows the page
};

} // namespace tackroom::ui
