// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/safetext.h"

#include <QLabel>
#include <QString>

#include <string>
#include <string_view>

namespace tackroom::ui {

[[nodiscard]] inline QString toQString(const SafeText& text) { return QString::fromUtf8(text.utf8()); }
/// Foreign text as one safe line, cut.
[[nodiscard]] QString shownLine(std::string_view foreign, std::size_t maxBytes = 400);
/// Foreign text as a safe block of lines.
[[nodiscard]] QString shownBlock(std::string_view foreign, std::size_t maxBytes = 64 * 1024);
/// Text of our own that came from the core (labels, ids).
[[nodiscard]] inline QString own(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }
[[nodiscard]] inline std::string utf8(const QString& text) { return text.toStdString(); }

/// A QLabel that is always plain text. `faint` uses the secondary colour; `elided` cuts in the middle with the whole text as a
/// plain-text tooltip.
class TextLabel : public QLabel {
    Q_OBJECT
public:
    enum Style { Normal = 0, Faint = 1, Elided = 2, Heading = 4, Mono = 8, Wrapped = 16, Strong = 32, Selectable = 64 };
    explicit TextLabel(const QString& text = {}, int style = Normal, QWidget* parent = nullptr);
    void setShown(const QString& text);
    [[nodiscard]] QString whole() const { return m_whole; }
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    void elide();
    QString m_whole;
    int m_style;
    bool m_restyling = false;
};

/// Tooltips are rich text by default in Qt; this one never is.
[[nodiscard]] QString plainToolTip(const QString& text);

} // namespace tackroom::ui
