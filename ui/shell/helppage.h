// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/common/page.h"

class QListWidget;
class QScrollArea;

namespace tackroom::ui {

/// The in-app help: the topics of resources/help, which are ours and written in a small part of Markdown (headings,
/// paragraphs, lists, `code`), shown as plain labels.
class HelpPage : public Page {
    Q_OBJECT
public:
    explicit HelpPage(QWidget* parent = nullptr);
    [[nodiscard]] QString address() const override;
    bool goTo(const QString& address) override;
    [[nodiscard]] QList<QWidget*> panes() const override;
    [[nodiscard]] int topicCount() const { return static_cast<int>(m_topics.size()); }

private:
    struct Topic {
        QString id, title, text;
    };
    void show(int row);
    QList<Topic> m_topics;
    QListWidget* m_list;
    QScrollArea* m_text;
};

} // namespace tackroom::ui
