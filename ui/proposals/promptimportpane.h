// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The prompts that the open store keeps in versions: a list, the text of one version, and the way to a proposal.
#include "core/workspace/promptimport.h"
#include "ui/models/session.h"

#include <QWidget>

class QPlainTextEdit;
class QPushButton;
class QSplitter;
class QStandardItem;
class QStandardItemModel;
class QTreeView;

namespace tackroom::ui
{

class MessageBar;
class StatePane;
class TextLabel;

class PromptImportPane : public QWidget
{
    Q_OBJECT
public:
    explicit PromptImportPane(Session& session, QWidget* parent = nullptr);
    /// Reads the list of the store that is open now.
    void reload();
    [[nodiscard]] QTreeView* list() const { return m_list; }
    [[nodiscard]] QPlainTextEdit* preview() const { return m_preview; }
    [[nodiscard]] bool settled() const { return m_listJob == 0 && m_textJob == 0 && m_importJob == 0; }
    /// Of the prompt under the cursor: all versions as one proposal, or the chosen one alone.
    void importAll();
    void importOne();

Q_SIGNALS:
    void openAddress(const QString& address);
    void closed();

private:
    struct Chosen {
        const PromptInfo* prompt = nullptr;
        const PromptVersionInfo* version = nullptr; ///< of a prompt's own row the newest one
    };
    void makeList();
    [[nodiscard]] QWidget* makeRight();
    void listRead(Result<PromptListing> listing);
    void fill();
    void addVersions(QStandardItem* parent, const PromptInfo& prompt, int row);
    void showState();
    void showChosen();
    void showText(const PromptInfo& prompt, const PromptVersionInfo& version, const Result<std::string>& text);
    void importVersions(std::optional<std::int64_t> version);
    void imported(const std::string& name, Result<PromptImported> done);
    void updateButtons();
    [[nodiscard]] Chosen chosen() const;

    Session& m_session;
    QStandardItemModel* m_model;
    QTreeView* m_list;
    QPlainTextEdit* m_preview;
    QSplitter* m_splitter;
    StatePane* m_state;
    MessageBar* m_messages;
    TextLabel *m_title, *m_about, *m_head, *m_note, *m_needs;
    QPushButton *m_importAll, *m_importOne;
    QString m_store; ///< whose list it is
    PromptListing m_listing;
    quint64 m_listJob = 0, m_textJob = 0, m_importJob = 0;
};

} // namespace tackroom::ui
