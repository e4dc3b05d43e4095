// SPDX-License-Identifier: GPL-3.0-or-later
// Copying what the run view shows: the run or one step, as Markdown or JSON, masked unless that is switched off.
#include "ui/traces/runview.h"

#include "core/traces/masking.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/traces/rawview.h"
#include "ui/traces/runexport.h"

#include <QClipboard>
#include <QGuiApplication>

namespace tackroom::ui
{

void RunView::copyAsMarkdown() { copy(true); }
void RunView::copyAsJson() { copy(false); }
void RunView::copyStepAsMarkdown() { copyStep(true); }
void RunView::copyStepAsJson() { copyStep(false); }

void RunView::sayCopied(bool markdown, std::size_t masked)
{
    QString text = markdown ? tr("Copied as Markdown.") : tr("Copied as JSON.");
    if (masked == 1) text += tr(" 1 secret or piece of personal data was masked.");
    if (masked > 1)
        text += tr(" %1 secrets and pieces of personal data were masked.").arg(countText(static_cast<std::int64_t>(masked)));
    if (!masks()) text += tr(" Nothing was masked: that is switched off in the copy menu.");
    m_message->showNews(text);
}

void RunView::copyStep(bool markdown)
{
    const StepItem* item = m_details && !m_step.empty() ? m_details->step(m_step) : nullptr;
    if (!item) {
        m_message->showNews(tr("Select a step first."));
        return;
    }
    RunDetails details;
    details.item = m_details->item;
    details.steps = {*item};
    Body none;
    const std::size_t masked = masks() ? maskRun(details, none) : 0;
    const Step& step = details.steps.front().step;
    QGuiApplication::clipboard()->setText(markdown ? stepAsMarkdown(details, step) : stepAsJson(details, step));
    sayCopied(markdown, masked);
}

void RunView::copy(bool markdown)
{
    if (!m_details) return;
    if (m_body) {
        copyText(m_body, markdown);
        return;
    }
    m_session.fetchBody(this, RunAddress(m_details->item.run), {}, kMostConversationBytes,
                        [this, markdown, row = m_row](Result<Body> body) {
                            if (row != m_row || !m_details) return;
                            if (body)
                                copyText(std::make_shared<const Body>(std::move(*body)), markdown);
                            else
                                m_message->showError(body.error());
                        });
}

void RunView::copyText(const std::shared_ptr<const Body>& from, bool markdown)
{
    struct Made {
        QString text;
        std::size_t masked = 0;
    };
    // Megabytes are masked off the GUI thread.
    const QString version = shownVersion(m_session, m_details->item.run.harnessVersion, m_details->item.versionLabel);
    m_session.jobs().start<Made>(
        {QString(), Lane::Pool, true, true}, this,
        [details = m_details, body = from, markdown, version, mask = masks()](const CancelToken&,
                                                                              const Progress&) -> Result<Made> {
            RunDetails copied = *details;
            Body texts = *body;
            Made made;
            if (mask) made.masked = maskRun(copied, texts);
            made.text = markdown ? runAsMarkdown(copied, texts, version) : runAsJson(copied, texts);
            return made;
        },
        [this, markdown](Result<Made> made) {
            if (!made) {
                m_message->showError(made.error());
                return;
            }
            QGuiApplication::clipboard()->setText(made->text);
            sayCopied(markdown, made->masked);
        });
}

void RunView::copyRawPath()
{
    showTab(RawTab);
    m_raw->copyPath();
}

} // namespace tackroom::ui
