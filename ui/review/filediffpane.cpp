// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/review/filediffpane.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QListWidget>
#include <QToolButton>

namespace tackroom::ui {

namespace {

QString changeWord(const FileChange& change)
{
    switch (change.kind) {
    case ChangeKind::Added: return FileDiffPane::tr("new");
    case ChangeKind::Removed: return FileDiffPane::tr("removed");
    case ChangeKind::Renamed: return FileDiffPane::tr("renamed");
    case ChangeKind::ModeChanged: return FileDiffPane::tr("mode");
    case ChangeKind::Modified: break;
    }
    return {};
}

} // namespace

FileDiffPane::FileDiffPane(QWidget* parent)
    : QWidget(parent), m_head(new TextLabel({}, TextLabel::Elided | TextLabel::Strong, this)), m_changes(new TextLabel({}, TextLabel::Faint, this)),
      m_list(new QListWidget(this)), m_diff(new DiffView(this)), m_state(new StatePane(this)), m_body(new QWidget(this)), m_unified(new QToolButton(this)),
      m_wrap(new QToolButton(this))
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(m_state, 1);
    outer->addWidget(m_body, 1);
    auto* column = new QVBoxLayout(m_body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    head->addWidget(m_head, 1);
    head->addWidget(m_changes);
    for (const auto& [button, command] : {std::pair{m_unified, DiffView::Command::ToggleUnified}, std::pair{m_wrap, DiffView::Command::ToggleWrap}}) {
        button->setDefaultAction(m_diff->action(command));
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setAutoRaise(true);
        head->addWidget(button);
    }
    column->addLayout(head);
    m_list->setAccessibleName(tr("Changed files"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column->addWidget(m_list);
    column->addWidget(m_diff, 1);
    m_diff->setFrameShape(QFrame::NoFrame);
    m_diff->setObjectName(QStringLiteral("diff"));
    connect(m_list, &QListWidget::currentRowChanged, this, &FileDiffPane::showFile);
    connect(m_diff, &DiffView::currentHunkChanged, this, &FileDiffPane::updateHead);
    showEmpty(tr("Nothing is chosen"), {});
}

void FileDiffPane::showLoading(const QString& text)
{
    m_body->hide();
    m_state->show();
    m_state->showLoading(text);
}

void FileDiffPane::showEmpty(const QString& title, const QString& why)
{
    m_files.clear();
    m_list->clear();
    m_diff->setContent(nullptr);
    m_body->hide();
    m_state->show();
    m_state->showEmpty(title, why);
}

void FileDiffPane::setFiles(std::vector<FileDiff> files)
{
    if (files.empty()) return showEmpty(tr("No file changes"), tr("Both sides hold the same bytes."));
    m_files = std::move(files);
    {
        const QSignalBlocker quiet(m_list);
        m_list->clear();
        for (const FileDiff& file : m_files) {
            QStringList parts{shownLine(file.change.path)};
            if (!file.kind.empty()) parts << own(file.kind);
            if (const QString word = changeWord(file.change); !word.isEmpty()) parts << word;
            parts << QStringLiteral("+%1 −%2").arg(file.change.addedLines).arg(file.change.removedLines);
            if (!file.note.empty()) parts << own(file.note);
            new QListWidgetItem(parts.join(QStringLiteral(" · ")), m_list);
        }
    }
    // One file needs no list; many get a list of at most six rows.
    m_list->setVisible(m_files.size() > 1);
    m_list->setFixedHeight(static_cast<int>(std::min<std::size_t>(m_files.size(), 6)) * (fontMetrics().height() * 16 / 10) + 4);
    m_state->hide();
    m_body->show();
    m_list->setCurrentRow(0);
    showFile(0);
}

void FileDiffPane::showFile(int row)
{
    if (row < 0 || row >= fileCount()) return;
    m_diff->setContent(m_files[static_cast<std::size_t>(row)].document);
    updateHead();
}

void FileDiffPane::stepFile(int by)
{
    const int row = m_list->currentRow() + by;
    if (row >= 0 && row < fileCount()) m_list->setCurrentRow(row);
}

void FileDiffPane::updateHead()
{
    const int row = m_list->currentRow();
    if (row < 0 || row >= fileCount()) return;
    const FileDiff& file = m_files[static_cast<std::size_t>(row)];
    m_head->setShown(shownLine(file.change.path));
    QString text = QStringLiteral("+%1 −%2").arg(file.change.addedLines).arg(file.change.removedLines);
    if (m_diff->hunkCount() > 0) text += tr(" · change %1 of %2").arg(m_diff->currentHunk() + 1).arg(m_diff->hunkCount());
    if (!file.note.empty()) text += QStringLiteral(" · ") + own(file.note);
    m_changes->setShown(text);
}

} // namespace tackroom::ui
