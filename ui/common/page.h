// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QAction>
#include <QKeySequence>
#include <QList>
#include <QString>
#include <QWidget>

#include <functional>
#include <optional>

namespace tackroom::ui {

/// What the shell asks of a page. A place inside the page has an address such as `run/9f3c…/step/ab12`; the shell keeps the
/// history (Alt+←/→) of addresses, and the command palette takes one.
class Page : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    /// Where the page is now; empty when it shows nothing in particular.
    [[nodiscard]] virtual QString address() const { return {}; }
    /// Goes there; false where it is not of this page. May come before the page's data has arrived: remembered then.
    virtual bool goTo(const QString& address) { Q_UNUSED(address); return false; }
    /// The query box's text while this page is open.
    virtual void setQuery(const QString& query) { Q_UNUSED(query); }
    /// Field names and values for the query box, each perhaps with a tab and what stands beside it (a count); empty: nothing to
    /// complete. queryBoxChanged() tells when they have arrived.
    [[nodiscard]] virtual QStringList queryCompletions() const { return {}; }
    [[nodiscard]] virtual QString queryHint() const { return {}; }
    /// Queries with a name, offered in a menu beside the box and in the command palette; nothing: the page keeps none.
    struct QueryView {
        QString name, query;
    };
    [[nodiscard]] virtual std::optional<QList<QueryView>> queryViews() const { return std::nullopt; }
    virtual void keepQueryView(const QString& name, const QString& query) { Q_UNUSED(name); Q_UNUSED(query); }
    virtual void forgetQueryView(const QString& name) { Q_UNUSED(name); }
    /// Every action of the page with its keys, for the cheat sheet, the command palette and re-binding.
    [[nodiscard]] virtual QList<QAction*> pageActions() const { return m_pageActions; }
    /// The widget to focus when the page opens, and the panes for F6 in their order.
    [[nodiscard]] virtual QList<QWidget*> panes() const { return {}; }
    /// Everything that the page shows has arrived (screenshots and tests wait for it).
    [[nodiscard]] virtual bool settled() const { return true; }

Q_SIGNALS:
    void addressChanged();                        ///< the user moved; the shell records it
    void openAddress(const QString& address);     ///< go elsewhere: "cluster/c-…", "run/…", "proposal/…", "version/v4"
    void waitingCountChanged(int count);          ///< number on the rail; 0 hides it
    void queryNotUnderstood(const QString& what); ///< shown beneath the query box
    void queryBoxChanged();                       ///< completions or views have changed
    void queryWanted(const QString& query);       ///< the page asks for this text in the box

protected:
    /// Makes an action of this page: `id` is stable (for re-binding), `text` translated. Acts while `scope` or a child has the
    /// focus; single letters belong to a list or the diff, never to a page with text fields.
    QAction* addPageAction(QWidget* scope, const QString& id, const QString& text, const QKeySequence& key, std::function<void()> act);

private:
    QList<QAction*> m_pageActions;
};

} // namespace tackroom::ui
