// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/cachelimit.h"
#include "core/workspace/limits.h"

#include <QWidget>

class QDoubleSpinBox;
class QPushButton;
class QTreeWidget;

namespace tackroom::ui
{

class Session;
class TextLabel;

/// How much the indexes take and may take, which there are, and the way to be rid of them. Nothing of it touches a store.
class CachePanel : public QWidget
{
    Q_OBJECT
public:
    explicit CachePanel(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] bool settled() const { return m_jobs == 0; }
    [[nodiscard]] QTreeWidget& indexes() const { return *m_indexes; }
    [[nodiscard]] QString said() const;

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct State {
        Limits limits;
        std::vector<CachedIndex> indexes;
    };
    void load();
    void fill(const State& state);
    void saveLimits();
    void remove(bool all);
    void showButtons();

    Session& m_session;
    QDoubleSpinBox *m_limit, *m_memory;
    TextLabel *m_size, *m_said;
    QTreeWidget* m_indexes;
    QPushButton *m_remove, *m_clear;
    Limits m_limits;
    bool m_filling = false;
    int m_jobs = 0;
};

} // namespace tackroom::ui
