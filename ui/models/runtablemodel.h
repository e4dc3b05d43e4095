// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/runqueries.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <array>
#include <functional>
#include <list>
#include <unordered_map>
#include <vector>

namespace tackroom::ui
{

class Session;

/// How the run table asks for its content; answers come later, on the GUI thread. In the program this is the session.
struct RunSource {
    std::function<quint64(RunFilter, RunOrder, bool descending, std::function<void(Result<std::vector<RunRow>>)>)> rows;
    std::function<quint64(std::vector<RunRow>, std::function<void(Result<std::vector<RunListItem>>)>)> items;
    std::function<void(quint64)> cancel;
    std::function<QString(const Run&, const std::string& versionLabel)> versionText;
};
/// `receiver`: whoever gets the answers; none comes after its end.
[[nodiscard]] RunSource runSourceOf(Session& session, QObject* receiver);
/// The version of a run as it is shown: the open repository's label, else the index's own ("v4", a short commit id). Safe.
[[nodiscard]] QString shownVersion(const Session& session, const std::string& harnessVersion, const std::string& versionLabel);

/// The run table: row numbers of all runs (8 bytes each), the cells of the rows that were looked at. A cell that is not there
/// yet is empty and fills later, in place. A new order or a refresh moves the persistent indexes, so that selection and
/// current row stay with their runs.
class RunTableModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        OutcomeColumn,
        TaskColumn,
        ClusterColumn,
        VersionColumn,
        StepsColumn,
        ErrorsColumn,
        DurationColumn,
        CostColumn,
        WhenColumn,
        kColumnCount
    };
    enum Role { OutcomeRole = Qt::UserRole + 1, ErrorsRole };

    explicit RunTableModel(QObject* parent = nullptr);
    /// Once, before anything is asked.
    void setSource(RunSource source) { m_source = std::move(source); }

    void setFilter(RunFilter filter);
    [[nodiscard]] const RunFilter& filter() const { return m_filter; }
    /// Asks again; what is shown stays until the answer is there.
    void refresh();
    void clear();
    /// The versions are called otherwise: the repository has changed.
    void versionsChanged();

    [[nodiscard]] RunRow rowAt(int position) const;
    /// Where a run stands; -1 where it is not among the rows. Looks through all of them.
    [[nodiscard]] int positionOf(RunRow row) const;
    /// Nothing where it has not arrived yet (it is then asked for).
    [[nodiscard]] const RunListItem* itemAt(int position) const;
    /// Rows have been asked for and are not there.
    [[nodiscard]] bool loading() const { return m_rowsJob != 0; }
    /// Nothing is under way.
    [[nodiscard]] bool settled() const { return m_rowsJob == 0 && m_itemsJob == 0 && m_wanted.empty(); }
    [[nodiscard]] RunOrder order() const { return m_order; }
    [[nodiscard]] bool descending() const { return m_descending; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

Q_SIGNALS:
    /// Just before. `inPlace`: the same question as before (a refresh), so that a view may keep its scroll place.
    void rowsAboutToChange(bool inPlace);
    void rowsArrived();
    void failed(const tackroom::Error& error);

private:
    struct Entry {
        RunListItem item;
        bool there = false; ///< false: it could not be read
        int generation = 0;
        mutable std::array<QString, kColumnCount> texts; ///< once they were asked for
        mutable std::int64_t textsMinute = -1;           ///< then: "3 minutes ago" does not stay true
        std::list<std::int64_t>::iterator age;
    };
    void askRows();
    void takeRows(std::vector<RunRow> rows, bool inPlace);
    void permute(std::vector<RunRow> rows);
    void want(int position) const;
    void askItems();
    void takeItems(const std::vector<int>& positions, const std::vector<RunRow>& asked, Result<std::vector<RunListItem>> items);
    void keep(std::int64_t row, Entry entry);
    [[nodiscard]] const Entry* entryAt(int position) const;
    [[nodiscard]] const QString& shownText(const Entry& entry, int column) const;
    [[nodiscard]] QString textOf(const RunListItem& item, int column) const;
    [[nodiscard]] QVariant toolTipOf(const RunListItem& item, int column) const;

    RunSource m_source;
    RunFilter m_filter;
    RunOrder m_order = RunOrder::Start;
    bool m_descending = true;
    std::vector<RunRow> m_rows;
    int m_generation = 0;
    quint64 m_rowsJob = 0, m_itemsJob = 0;
    bool m_otherQuestion = true;       ///< filter or order have changed since the rows came
    int m_rowsAsk = 0, m_itemsAsk = 0; ///< number of the ask, so that an answer to an older one is dropped
    mutable std::vector<int> m_wanted; ///< positions, the latest at the end
    mutable QTimer m_askSoon;
    std::unordered_map<std::int64_t, Entry> m_items;
    mutable std::list<std::int64_t> m_ages; ///< row numbers, the freshest in front
};

} // namespace tackroom::ui
