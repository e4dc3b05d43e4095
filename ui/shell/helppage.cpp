// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/helppage.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QDir>
#include <QHBoxLayout>
#include <QListWidget>
#include <QScrollArea>

namespace tackroom::ui {

HelpPage::HelpPage(QWidget* parent) : Page(parent), m_list(new QListWidget(this)), m_text(new QScrollArea(this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    m_list->setAccessibleName(tr("Help topics"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setFixedWidth(280);
    m_list->setSpacing(2);
    row->addWidget(m_list);
    m_text->setAccessibleName(tr("Help text"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setWidgetResizable(true);
    row->addWidget(m_text, 1);
    const QDir folder(QStringLiteral(":/help"));
    for (const QString& name : folder.entryList({QStringLiteral("*.md")}, QDir::Files, QDir::Name)) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::ReadOnly)) continue;
        const QString text = QString::fromUtf8(file.readAll());
        const QString title = text.section(QLatin1Char('\n'), 0, 0).mid(2);
        m_topics.append({name.section(QLatin1Char('-'), 1).chopped(3), title, text.section(QLatin1Char('\n'), 1).trimmed()});
        m_list->addItem(title);
    }
    connect(m_list, &QListWidget::currentRowChanged, this, &HelpPage::show);
    if (!m_topics.isEmpty()) m_list->setCurrentRow(0);
}

void HelpPage::show(int row)
{
    if (row < 0 || row >= topicCount()) return;
    auto* inner = new QWidget(m_text);
    auto* outer = new QHBoxLayout(inner);
    outer->setContentsMargins(4 * kGrid, 3 * kGrid, 4 * kGrid, 3 * kGrid);
    auto* page = new QWidget(inner);
    page->setMaximumWidth(720);
    outer->addWidget(page, 10);
    outer->addStretch(1);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kGrid);
    column->addWidget(new TextLabel(m_topics[row].title, TextLabel::Heading | TextLabel::Wrapped, page));
    QString text = m_topics[row].text;
    text.remove(QLatin1Char('`'));
    for (const QString& block : text.split(QStringLiteral("\n\n"), Qt::SkipEmptyParts))
        for (QString line : block.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            if (line.startsWith(QLatin1String("- "))) line = QStringLiteral("•  ") + line.mid(2);
            column->addWidget(new TextLabel(line, TextLabel::Wrapped | TextLabel::Selectable, page));
        }
    column->addStretch(1);
    m_text->setWidget(inner);
    Q_EMIT addressChanged();
}

QString HelpPage::address() const
{
    const int row = m_list->currentRow();
    return row < 0 ? QStringLiteral("help") : QStringLiteral("help/") + m_topics[row].id;
}

bool HelpPage::goTo(const QString& address)
{
    const QString id = address.section(QLatin1Char('/'), 1);
    for (int i = 0; i < topicCount(); ++i)
        if (m_topics[i].id == id) {
            m_list->setCurrentRow(i);
            return true;
        }
    return false;
}

QList<QWidget*> HelpPage::panes() const { return {m_list}; }

} // namespace tackroom::ui
