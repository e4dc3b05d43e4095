// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/proposals/promptimportpane.h"

#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStandardItemModel>
#include <QTreeView>
#include <QVBoxLayout>

namespace tackroom::ui
{

namespace
{
constexpr int kPromptRole = Qt::UserRole + 1, kVersionRole = Qt::UserRole + 2;
constexpr std::size_t kMaxShownBytes = 512 * 1024;

QString labelsText(const std::vector<std::string>& labels)
{
    QStringList out;
    for (const std::string& label : labels) out << shownLine(label, 80);
    return out.join(QStringLiteral(", "));
}

QList<QStandardItem*> rowOf(const QStringList& texts, int prompt, int version)
{
    QList<QStandardItem*> row;
    for (const QString& text : texts) {
        auto* item = new QStandardItem(text);
        item->setEditable(false);
        item->setToolTip(plainToolTip(text));
        item->setData(prompt, kPromptRole);
        item->setData(version, kVersionRole);
        row << item;
    }
    return row;
}
} // namespace

PromptImportPane::PromptImportPane(Session& session, QWidget* parent)
    : QWidget(parent),
      m_session(session),
      m_model(new QStandardItemModel(this)),
      m_list(new QTreeView(this)),
      m_preview(new QPlainTextEdit(this)),
      m_splitter(new QSplitter(this)),
      m_state(new StatePane(this)),
      m_messages(new MessageBar(this)),
      m_title(new TextLabel({}, TextLabel::Heading | TextLabel::Elided, this)),
      m_about(new TextLabel({}, TextLabel::Faint | TextLabel::Elided, this)),
      m_head(new TextLabel({}, TextLabel::Strong | TextLabel::Elided, this)),
      m_note(new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, this)),
      m_needs(new TextLabel({}, TextLabel::Faint | TextLabel::Wrapped, this)),
      m_importAll(new QPushButton(this)),
      m_importOne(new QPushButton(this))
{
    makeList();
    auto* close = new QPushButton(tr("Back to the proposals"), this);
    close->setObjectName(QStringLiteral("closePrompts"));
    connect(close, &QPushButton::clicked, this, &PromptImportPane::closed);
    auto* titles = new QVBoxLayout;
    titles->setSpacing(2);
    titles->addWidget(m_title);
    titles->addWidget(m_about);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid);
    head->addLayout(titles, 1);
    head->addWidget(close);

    m_splitter->addWidget(m_list);
    m_splitter->addWidget(makeRight());
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->setSizes({460, 900});

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(m_messages);
    column->addWidget(m_state, 1);
    column->addWidget(m_splitter, 1);
    connect(&m_session, &Session::repositoryChanged, this, &PromptImportPane::updateButtons);
    connect(&m_session, &Session::storeChanged, this, [this] {
        if (isVisible() && m_session.storePath() != m_store) reload();
    });
    showState();
}

void PromptImportPane::makeList()
{
    m_list->setModel(m_model);
    m_list->setObjectName(QStringLiteral("prompts"));
    m_list->setAccessibleName(tr("Prompts of the store and their versions"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMinimumWidth(260);
    m_list->setUniformRowHeights(true);
    m_list->setAllColumnsShowFocus(true);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &PromptImportPane::showChosen);
}

QWidget* PromptImportPane::makeRight()
{
    m_preview->setReadOnly(true);
    m_preview->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_preview->setFrameShape(QFrame::NoFrame);
    m_preview->setAccessibleName(tr("The version as a file of the harness"));
    m_preview->setObjectName(QStringLiteral("promptText"));
    m_preview->setTabChangesFocus(true);
    m_importAll->setText(tr("Import all versions"));
    m_importAll->setObjectName(QStringLiteral("importAll"));
    m_importOne->setText(tr("Import this version"));
    m_importOne->setObjectName(QStringLiteral("importOne"));
    connect(m_importAll, &QPushButton::clicked, this, &PromptImportPane::importAll);
    connect(m_importOne, &QPushButton::clicked, this, &PromptImportPane::importOne);

    auto* right = new QWidget(this);
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(kGrid * 3 / 2, 0, kGrid * 3 / 2, kGrid);
    column->setSpacing(kGrid);
    column->addWidget(m_head);
    column->addWidget(m_note);
    column->addWidget(m_preview, 1);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_needs, 1);
    buttons->addWidget(m_importOne);
    buttons->addWidget(m_importAll);
    column->addLayout(buttons);
    return right;
}

// ------------------------------------------------------------------------------------------------------------ the list
void PromptImportPane::reload()
{
    for (quint64* job : {&m_listJob, &m_textJob}) {
        m_session.jobs().cancel(*job);
        *job = 0;
    }
    m_messages->clear();
    m_store = m_session.storePath();
    m_listing = {};
    m_model->clear();
    if (!m_store.isEmpty()) {
        const std::filesystem::path store = utf8(m_store);
        m_listJob = m_session.jobs().start<PromptListing>(
            {tr("Looking for prompts"), ui::Lane::Pool, true, true}, this,
            [store](const CancelToken& cancel, const Progress&) -> Result<PromptListing> {
                TR_ASSIGN(const auto reader, PromptReader::open(store, {}));
                return reader->list(cancel);
            },
            [this](Result<PromptListing> listing) { listRead(std::move(listing)); });
    }
    showState();
}

void PromptImportPane::listRead(Result<PromptListing> listing)
{
    m_listJob = 0;
    if (!listing) {
        m_messages->showError(listing.error(), {{tr("Read again"), [this] { reload(); }}});
        return showState();
    }
    m_listing = std::move(*listing);
    fill();
    showState();
    if (m_model->rowCount() > 0) m_list->setCurrentIndex(m_model->index(0, 0));
}

void PromptImportPane::fill()
{
    m_model->clear();
    m_model->setHorizontalHeaderLabels({tr("Prompt"), tr("Labels"), tr("When"), tr("Note")});
    for (int i = 0; i < static_cast<int>(m_listing.prompts.size()); ++i) {
        const PromptInfo& prompt = m_listing.prompts[static_cast<std::size_t>(i)];
        const auto row =
            rowOf({shownLine(prompt.name, 120), labelsText(prompt.labels),
                   tr("%n version(s)", nullptr, static_cast<int>(prompt.versionCount)), shownLine(prompt.description, 200)},
                  i, -1);
        m_model->appendRow(row);
        addVersions(row.first(), prompt, i);
    }
    m_list->expandAll();
    for (int column : {0, 1, 2}) m_list->resizeColumnToContents(column);
}

void PromptImportPane::addVersions(QStandardItem* parent, const PromptInfo& prompt, int row)
{
    for (int at = static_cast<int>(prompt.versions.size()) - 1; at >= 0; --at) {
        const PromptVersionInfo& version = prompt.versions[static_cast<std::size_t>(at)];
        parent->appendRow(rowOf({tr("version %1").arg(version.number), labelsText(version.labels),
                                 version.time > 0 ? relativeTime(version.time) : QString(), shownLine(version.note, 200)},
                                row, at));
    }
}

void PromptImportPane::showState()
{
    const bool any = m_listJob == 0 && !m_listing.prompts.empty();
    m_splitter->setVisible(any);
    m_state->setVisible(!any);
    const QString file = shownLine(std::filesystem::path(utf8(m_store)).filename().string(), 120);
    m_title->setShown(m_store.isEmpty() ? tr("Prompts of a store") : tr("Prompts of %1").arg(file));
    m_about->setShown(any ? tr("%1 · %n prompt(s) · each version becomes a patch set of a proposal; nothing lands by itself",
                               nullptr, static_cast<int>(m_listing.promptCount))
                                .arg(own(m_listing.registry))
                          : QString());
    updateButtons();
    if (any) return;
    if (m_listJob != 0) return m_state->showLoading(tr("Looking for prompts"));
    const std::vector<StatePane::Action> open{
        {tr("Open a trace store…"), [this] { Q_EMIT openAddress(QStringLiteral("action/open-store")); }}};
    if (m_store.isEmpty())
        return m_state->showEmpty(tr("No trace store is open"),
                                  tr("Phoenix and MLflow keep prompts in versions beside the traces. Open such a database, and "
                                     "its prompts can become proposals here."),
                                  open);
    if (m_listing.registry.empty())
        return m_state->showEmpty(tr("This store keeps no prompts"),
                                  tr("Only databases of Phoenix and MLflow have a prompt registry, and this is none, or one "
                                     "from before prompts were kept."),
                                  open);
    m_state->showEmpty(tr("No prompts"),
                       tr("The prompt registry of %1 is empty: no prompt was saved in it yet.").arg(own(m_listing.registry)),
                       open);
}

PromptImportPane::Chosen PromptImportPane::chosen() const
{
    const QModelIndex index = m_list->currentIndex();
    if (!index.isValid()) return {};
    const auto row = static_cast<std::size_t>(index.data(kPromptRole).toInt());
    if (row >= m_listing.prompts.size()) return {};
    const PromptInfo& prompt = m_listing.prompts[row];
    if (prompt.versions.empty()) return {&prompt, nullptr};
    const int at = index.data(kVersionRole).toInt();
    return {&prompt, at < 0 ? &prompt.versions.back() : &prompt.versions[static_cast<std::size_t>(at)]};
}

// ------------------------------------------------------------------------------------------------------------ one version
void PromptImportPane::showChosen()
{
    m_session.jobs().cancel(m_textJob);
    m_textJob = 0;
    const Chosen now = chosen();
    updateButtons();
    m_preview->clear();
    m_note->setShown({});
    m_head->setShown(now.prompt && !now.version ? tr("This prompt has no version.") : QString());
    if (!now.version) return;
    const std::filesystem::path store = utf8(m_store);
    m_textJob = m_session.jobs().start<std::string>(
        {QString(), ui::Lane::Pool, true, true}, this,
        [store, name = now.prompt->name, number = now.version->number](const CancelToken& cancel,
                                                                       const Progress&) -> Result<std::string> {
            TR_ASSIGN(const auto reader, PromptReader::open(store, {}));
            return reader->file(name, number, cancel);
        },
        [this, prompt = *now.prompt, version = *now.version](Result<std::string> text) {
            m_textJob = 0;
            showText(prompt, version, text);
        });
}

void PromptImportPane::showText(const PromptInfo& prompt, const PromptVersionInfo& version, const Result<std::string>& text)
{
    QStringList head{shownLine(prompt.name, 120), tr("version %1").arg(version.number)};
    if (!version.author.empty()) head << tr("by %1").arg(shownLine(version.author, 120));
    if (!version.model.empty()) head << shownLine(version.model, 80);
    head << tr("as %1").arg(shownLine(promptPathOf(prompt.name)));
    m_head->setShown(head.join(QStringLiteral(" · ")));
    m_note->setShown(shownBlock(version.note, 2000));
    m_note->setVisible(!version.note.empty());
    if (!text) return m_preview->setPlainText(sentenceOf(text.error()));
    const SafeText safe = SafeText::block(*text, kMaxShownBytes);
    m_preview->setPlainText(toQString(safe));
    if (safe.omittedBytes() > 0)
        m_messages->showWarning(tr("%1 bytes more are not shown here; they are imported all the same.")
                                    .arg(countText(static_cast<std::int64_t>(safe.omittedBytes()))));
}

void PromptImportPane::updateButtons()
{
    const bool ready = m_session.repositoryState() == Session::State::Ready;
    const bool can = ready && chosen().version && m_importJob == 0;
    m_importAll->setEnabled(can);
    m_importOne->setEnabled(can);
    m_needs->setShown(m_importJob != 0 ? tr("Importing…")
                      : ready          ? QString()
                                       : tr("Before this can be imported: an open harness repository (Ctrl+Shift+O)."));
}

void PromptImportPane::importAll() { importVersions(std::nullopt); }

void PromptImportPane::importOne()
{
    if (const Chosen now = chosen(); now.version) importVersions(now.version->number);
}

void PromptImportPane::importVersions(std::optional<std::int64_t> version)
{
    const Chosen now = chosen();
    if (!m_importAll->isEnabled() || !now.prompt) return;
    m_messages->clear();
    const std::filesystem::path store = utf8(m_store);
    m_importJob = m_session.askRepository<PromptImported>(
        this, tr("Importing the prompt"),
        [store, listing = m_listing, name = now.prompt->name, version](HarnessRepository& repository,
                                                                       const CancelToken& cancel) -> Result<PromptImported> {
            TR_ASSIGN(const auto reader, PromptReader::open(store, {}));
            TR_ASSIGN(const PromptImport import, readPromptImport(*reader, listing, store, name, version, cancel, {}));
            return importPrompt(repository, import, cancel);
        },
        [this, name = now.prompt->name](Result<PromptImported> done) { imported(name, std::move(done)); });
    updateButtons();
}

void PromptImportPane::imported(const std::string& name, Result<PromptImported> done)
{
    m_importJob = 0;
    updateButtons();
    if (!done) return m_messages->showError(done.error());
    if (!done->proposal)
        return m_messages->showNews(tr("Already contained: %1 on the main line is version %2 of %3.")
                                        .arg(shownLine(done->path))
                                        .arg(done->contained)
                                        .arg(shownLine(name, 120)));
    m_session.refreshRepository();
    QString news = done->patchSets > 0 ? tr("%n patch set(s) of %1 are ready to be reviewed; nothing has landed.", nullptr,
                                            static_cast<int>(done->patchSets))
                                             .arg(shownLine(done->path))
                                       : tr("This proposal was there already, with all these versions.");
    if (done->leftOut > 0)
        news += QLatin1Char(' ') + tr("%n older version(s) were left out.", nullptr, static_cast<int>(done->leftOut));
    Q_EMIT m_session.newsRaised(news);
    Q_EMIT openAddress(QStringLiteral("proposal/") + own(done->proposal->id.value));
}

} // namespace tackroom::ui
