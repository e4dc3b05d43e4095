// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/page.h"

#include "ui/common/shown.h"

namespace tackroom::ui {

QAction* Page::addPageAction(QWidget* scope, const QString& id, const QString& text, const QKeySequence& key, std::function<void()> act)
{
    auto* action = new QAction(text, this);
    action->setObjectName(id);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    const QString keys = key.toString(QKeySequence::NativeText);
    action->setToolTip(plainToolTip(keys.isEmpty() ? text : text + QStringLiteral(" (") + keys + QLatin1Char(')')));
    connect(action, &QAction::triggered, this, [act = std::move(act)] { act(); });
    scope->addAction(action);
    m_pageActions.append(action);
    return action;
}

} // namespace tackroom::ui
