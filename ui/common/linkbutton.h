// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QPushButton>

namespace tackroom::ui
{

/// A button that reads like a link: it goes somewhere instead of doing something. The text is foreign or ours, always plain.
class LinkButton : public QPushButton
{
    Q_OBJECT
public:
    explicit LinkButton(QWidget* parent = nullptr);
    /// Cut in the middle where there is no room; the whole is in the tooltip.
    void setLink(const QString& text);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void recolor();
    void elide();
    QString m_whole;
    bool m_recoloring = false;
};

} // namespace tackroom::ui
