// SPDX-License-Identifier: GPL-3.0-or-later
// What is too long for the conversation, read by itself in its place.
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/statepane.h"
#include "ui/models/session.h"
#include "ui/traces/conversationview.h"
#include "ui/traces/longtext.h"
#include "ui/traces/runview.h"
#include "ui/traces/stepdocument.h"

#include <QStackedLayout>

namespace tackroom::ui
{

void RunView::buildWholePart(QWidget* parent)
{
    m_whole = new LongTextPane(tr("Back to the conversation"), parent);
    m_conversationPages->addWidget(m_whole);
    connect(m_conversation, &ConversationView::wholePartWanted, this, &RunView::readWholePart);
    connect(m_whole, &LongTextPane::closed, this, [this] {
        leaveWholePart();
        m_conversation->setFocus();
    });
}

void RunView::readWholePart(std::size_t turn, std::size_t part)
{
    if (!m_details) return;
    const bool all = turn == ConversationView::kAllTurns;
    TurnPart wanted;
    QString title = tr("The whole conversation");
    if (!all) {
        const Turn& from = m_conversation->turns()[turn];
        wanted = from.parts[part];
        title = tr("%1, whole").arg(from.role);
    }
    m_conversationState->showLoading(tr("Reading the whole text"));
    m_conversationPages->setCurrentWidget(m_conversationState);
    m_session.jobs().cancel(m_wholeJob);
    m_wholeJob = m_session.fetchBody(this, RunAddress(m_details->item.run), {}, kMostWholeBytes,
                                     [this, all, wanted, title](Result<Body> body) {
                                         m_wholeJob = 0;
                                         if (!body) return showWholePart(std::unexpected(body.error()), title);
                                         m_wholeJob = m_session.jobs().start<std::string>(
                                             {QString(), Lane::Pool, true, true}, this,
                                             [body = std::make_shared<const Body>(std::move(*body)), all,
                                              wanted](const CancelToken&, const Progress&) -> Result<std::string> {
                                                 return all ? bodyDocument(*body) : wholeText(*body, wanted);
                                             },
                                             [this, title](Result<std::string> text) {
                                                 m_wholeJob = 0;
                                                 showWholePart(std::move(text), title);
                                             });
                                     });
}

void RunView::showWholePart(Result<std::string> text, const QString& title)
{
    if (!text) {
        m_message->showWarning(tr("The whole text could not be read: %1").arg(sentenceOf(text.error())));
        return leaveWholePart();
    }
    m_whole->setText(std::make_shared<const std::string>(std::move(*text)), title, TextPage::Plain);
    m_conversationPages->setCurrentWidget(m_whole);
    m_whole->setFocus();
}

void RunView::leaveWholePart()
{
    m_session.jobs().cancel(m_wholeJob);
    const bool loading = std::exchange(m_wholeJob, 0) != 0;
    if (!loading && m_conversationPages->currentWidget() != m_whole) return;
    m_conversationPages->setCurrentWidget(m_conversation);
    m_whole->clear();
}

} // namespace tackroom::ui
