// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/repository.h"
#include "ui/diffview/diffview.h"

#include <QWidget>

#include <optional>
#include <vector>

class QListWidget;
class QToolButton;

namespace tackroom::ui {

class StatePane;
class TextLabel;

/// One changed file, ready to be shown: whole bytes of both sides and the comparison.
struct FileDiff {
    FileChange change;
    std::string kind;                                   ///< "skill", "tool" …; may be empty
    std::shared_ptr<const DiffDocument> document;       ///< made on a worker
    std::string note;                                   ///< "conflicts with the main line"
};

class FileDiffPane : public QWidget {
    Q_OBJECT
public:
    explicit FileDiffPane(QWidget* parent = nullptr);
    void setFiles(std::vector<FileDiff> files);
    void showLoading(const QString& text);
    void showEmpty(const QString& title, const QString& why);
    [[nodiscard]] DiffView* diff() const { return m_diff; }
    [[nodiscard]] QListWidget* list() const { return m_list; }
    void stepFile(int by);
    [[nodiscard]] int fileCount() const { return static_cast<int>(m_files.size()); }
    [[nodiscard]] const std::vector<FileDiff>& files() const { return m_files; }

private:
    void showFile(int row);
    void updateHead();
    std::vector<FileDiff> m_files;
    TextLabel* m_head;
    TextLabel* m_changes;
    QListWidget* m_list;
    DiffView* m_diff;
    StatePane* m_state;
    QWidget* m_body;
    QToolButton* m_unified;
    QToolButton* m_wrap;
};

} // namespace tackroom::ui
