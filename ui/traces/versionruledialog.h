// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/runversions.h"

#include <QDialog>
#include <QTimer>

#include <optional>

class QPlainTextEdit;
class QPushButton;
class QTreeWidget;

namespace tackroom::ui
{

class Session;
class TextLabel;
class VersionRules;

/// What tells the harness version of the runs of the open store: the keys that its runs have, to be ticked, and the terms of
/// the rule (core/traces/versionrule.h), to be written; beside them what they would change.
class VersionRuleDialog : public QDialog
{
    Q_OBJECT
public:
    VersionRuleDialog(Session& session, VersionRules& rules, QWidget* parent = nullptr);

    [[nodiscard]] QTreeWidget& keys() const { return *m_keys; }
    [[nodiscard]] QPlainTextEdit& terms() const { return *m_terms; }
    [[nodiscard]] QString previewText() const;
    [[nodiscard]] bool settled() const { return m_keysJob == 0 && m_previewJob == 0 && !m_previewSoon.isActive(); }

private:
    QWidget* buildKeys();
    QWidget* buildTerms();
    QWidget* buildButtons();
    void loadKeys(std::int64_t lookAtRuns);
    void showKeys(const VersionKeys& keys, bool ofStore);
    void tickKeys();
    void keyTicked(const QString& key, bool on);
    void mapValues();
    void addDeployments();
    void addLine(const QString& line);
    void showTerms();
    void preview();
    void showPreview(const VersionPreview& preview);
    void apply();
    void storeChanged();
    void showButtons();
    [[nodiscard]] QStringList lines() const;
    [[nodiscard]] Result<VersionRule> rule() const;

    Session& m_session;
    VersionRules& m_rules;
    QTreeWidget* m_keys;
    TextLabel *m_keysOf, *m_preview;
    QPlainTextEdit* m_terms;
    QPushButton *m_look, *m_map, *m_deployments, *m_apply, *m_none, *m_undo;
    QTimer m_previewSoon;
    QString m_store;
    quint64 m_keysJob = 0, m_previewJob = 0;
    QStringList m_shown; ///< the lines as they were set for
    bool m_filling = false, m_ofStore = false;
};

} // namespace tackroom::ui
