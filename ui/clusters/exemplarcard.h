// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"

#include <QAbstractButton>

namespace tackroom::ui
{

class TextLabel;

/// One run of a cluster: its role among them, its task, why it is here. Click, Enter or Space opens it at its decisive step.
class ExemplarCard : public QAbstractButton
{
    Q_OBJECT
public:
    explicit ExemplarCard(const ExemplarRun& exemplar, QWidget* parent = nullptr);
    [[nodiscard]] const QString& address() const { return m_address; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QString m_address;
};

/// "typical", "counter-example" …, translated.
[[nodiscard]] QString exemplarRoleText(const std::string& role);

} // namespace tackroom::ui
