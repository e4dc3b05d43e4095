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
    /// `shown` on the button, `whole` in the tooltip.
    void setLink(const QString& shown, const QString& whole);

protected:
    void changeEvent(QEvent* event) override;

private:
    void recolor();
    bool m_recoloring = false;
};

} // namespace tackroom::ui
