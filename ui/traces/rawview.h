// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/readers.h"
#include "core/traces/traces.h"

#include <QWidget>

#include <functional>
#include <memory>
#include <string>

class QPushButton;
class QStackedWidget;
class QTreeView;

namespace tackroom::ui
{

struct JsonDocument;

class JsonTreeModel;
class LongTextPane;
class MessageBar;
class Session;
class StatePane;
class TextLabel;

/// A step (or the run) as the store holds it: a folding tree where it is JSON, else the text; of any size. A value of the tree
/// can be read by itself.
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
    /// The chosen line's value, whole; again: back to the tree.
    void readValue();
    [[nodiscard]] bool settled() const;

private:
    /// One of both; neither: the store holds nothing.
    struct Parsed {
        std::shared_ptr<const JsonDocument> json;
        std::shared_ptr<const std::string> text;
        std::uint64_t omittedBytes = 0;
    };
    void buildTree();
    void buildActions();
    void fetch();
    void parse(Body body);
    void show(const Parsed& parsed);
    void leaveValue();
    void lineChosen();
    [[nodiscard]] bool onLine() const;
    /// The chosen line's value, made and turned into what is wanted off the GUI thread where it is large.
    template <class Wanted> void withValue(std::function<Wanted(std::string)> make, std::function<void(Wanted)> then);

    Session& m_session;
    TextLabel* m_title;
    QPushButton *m_readValue, *m_copyPath, *m_copyValue;
    MessageBar* m_message;
    QStackedWidget* m_stack;
    QTreeView* m_tree;
    JsonTreeModel* m_model;
    LongTextPane *m_text, *m_value;
    StatePane* m_state;
    RunAddress m_run;
    std::string m_stepId;
    QString m_what;
    quint64 m_job = 0, m_valueJob = 0;
};

} // namespace tackroom::ui
