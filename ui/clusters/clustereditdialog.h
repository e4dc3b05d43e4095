// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"

#include <QDialog>
#include <QTimer>

#include <vector>

class QCheckBox;
class QDateEdit;
class QDialogButtonBox;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QRadioButton;
class QSpinBox;
class QVBoxLayout;

namespace tackroom::ui
{

class Session;
class TextLabel;

/// Asks for what one act on a cluster needs: a name, a paragraph, another cluster, a query, how long. Enter does it.
class ClusterEditDialog : public QDialog
{
    Q_OBJECT
public:
    /// `overview` is what the page shows; both are copied.
    ClusterEditDialog(Session& session, ClusterAct act, const ClusterItem& cluster, const ClusterOverview& overview,
                      QWidget* parent);

Q_SIGNALS:
    /// What is to be written down; the dialog has closed.
    void wanted(const std::vector<tackroom::ClusterEdit>& edits, const QString& done);

private:
    void build();
    void addName();
    void addParagraph(const std::string& text);
    void addOwner(const ClusterOverview& overview);
    void addTargets(const ClusterOverview& overview);
    void addQuery();
    void addSpan();
    void fitTargets();
    void countSplit();
    void showReady();
    void keep();
    [[nodiscard]] ClusterEdit edit() const;
    [[nodiscard]] QString doneText() const;

    Session& m_session;
    ClusterAct m_act;
    ClusterItem m_cluster;
    QVBoxLayout* m_column = nullptr;
    QLineEdit *m_line = nullptr, *m_name = nullptr;
    QPlainTextEdit* m_block = nullptr;
    QListWidget* m_targets = nullptr;
    QRadioButton *m_forGood = nullptr, *m_untilDay = nullptr, *m_untilCount = nullptr, *m_untilEscalating = nullptr;
    QDateEdit* m_day = nullptr;
    QSpinBox* m_count = nullptr;
    TextLabel* m_preview = nullptr;
    QDialogButtonBox* m_buttons = nullptr;
    QTimer m_countSoon;
    quint64 m_countJob = 0;
    std::int64_t m_matching = -1; ///< runs that a split would take; -1: not known yet
};

/// "Merge into another cluster", as heading and in menus.
[[nodiscard]] QString clusterActText(ClusterAct act);

} // namespace tackroom::ui
