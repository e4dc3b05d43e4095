// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/json.h"
#include "core/readers/readers.h"
#include "core/traces/traces.h"

#include <QWidget>

#include <memory>
#include <string>

class QPushButton;
class QStackedWidget;
class QTreeView;

namespace tackroom::ui
{

class JsonTreeModel;
class MessageBar;
class Session;
class StatePane;
class TextLabel;
class TextPage;

/// A step (or the run) as the store holds it: a folding tree where it is JSON, else the text.
class RawView : public QWidget
{
    Q_OBJECT
public:
    explicit RawView(Session& session, QWidget* parent = nullptr);
    /// `title`: what it is of. Fetched at once; the same place again costs nothing.
    void showRaw(const RunAddress& run, const std::string& stepId, const QString& title);
    void clear();
    void toggleCurrent();
    /// Of the chosen line: "$.messages[2].content". Says so where no line is chosen.
    void copyPath();
    void copyValue();
    [[nodiscard]] bool settled() const;

private:
    struct Parsed {
        std::shared_ptr<const Json> json; ///< null: not JSON, or cut
        QString text;
        std::uint64_t omittedBytes = 0;
    };
    void fetch();
    void parse(Body body);
    void show(const Parsed& parsed);

    Session& m_session;
    TextLabel* m_title;
    QPushButton *m_copyPath, *m_copyValue;
    MessageBar* m_message;
    QStackedWidget* m_stack;
    QTreeView* m_tree;
    JsonTreeModel* m_model;
    TextPage* m_text;
    StatePane* m_state;
    RunAddress m_run;
    std::string m_stepId;
    QString m_what;
    quint64 m_job = 0;
};

} // namespace tackroom::ui
