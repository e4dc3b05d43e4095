// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QPixmap>
#include <QWidget>

namespace tackroom::ui
{

class DiffViewPrivate;

/// The strip beside the diff that shows the whole file: where changes are, and which part is in view. A click goes there.
class OverviewRuler : public QWidget
{
public:
    OverviewRuler(DiffViewPrivate& view, QWidget* parent);
    static constexpr int kWidth = 14;
    void contentChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    void drawTicks();
    void goTo(qreal y);

    DiffViewPrivate& m_view;
    QPixmap m_ticks;
};

} // namespace tackroom::ui
