// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/cachepanel.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

namespace
{

constexpr double kGiga = 1e9;
constexpr int kFolderRole = Qt::UserRole;

QString sizeText(std::uint64_t bytes)
{
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1, QLocale::DataSizeSIFormat);
}

QDoubleSpinBox* gigabytes(QWidget* parent, const char* name, const QString& accessible, double least, double most)
{
    auto* box = new QDoubleSpinBox(parent);
    box->setObjectName(QLatin1StringView(name));
    box->setAccessibleName(accessible);
    box->setRange(least, most);
    box->setDecimals(1);
    box->setSuffix(CachePanel::tr(" GB"));
    box->setKeyboardTracking(false); // saved when it is complete, not at each figure
    box->setMaximumWidth(box->fontMetrics().averageCharWidth() * 18);
    return box;
}

} // namespace

CachePanel::CachePanel(Session& session, QWidget* parent) : QWidget(parent), m_session(session)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kGrid);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(3 * kGrid);
    form->setVerticalSpacing(kGrid);
    column->addLayout(form);
    m_memory = gigabytes(this, "readerMemory", tr("Memory of the reader"), 0.3, 1000);
    form->addRow(tr("Memory that reading a store may take"), m_memory);
    m_limit = gigabytes(this, "cacheLimit", tr("Limit of the indexes"), 0, 100'000);
    m_limit->setSpecialValueText(tr("no limit"));
    form->addRow(tr("Disk that all indexes may take"), m_limit);
    m_size = new TextLabel({}, TextLabel::Wrapped, this);
    m_size->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    form->addRow(tr("They take now"), m_size);

    m_indexes = new QTreeWidget(this);
    m_indexes->setObjectName(QStringLiteral("indexes"));
    m_indexes->setAccessibleName(tr("Indexes"));
    m_indexes->setHeaderLabels({tr("Index of"), tr("Runs"), tr("Size"), tr("Last used")});
    m_indexes->setRootIsDecorated(false);
    m_indexes->setUniformRowHeights(true);
    m_indexes->setTextElideMode(Qt::ElideMiddle);
    m_indexes->header()->setStretchLastSection(false);
    m_indexes->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_indexes->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_indexes->setMinimumHeight(fontMetrics().height() * 9);
    column->addWidget(m_indexes);
    auto* row = new QHBoxLayout;
    m_remove = new QPushButton(tr("Remove this index"), this);
    m_remove->setObjectName(QStringLiteral("removeIndex"));
    m_clear = new QPushButton(tr("Clear now"), this);
    m_clear->setObjectName(QStringLiteral("clearCache"));
    m_clear->setToolTip(plainToolTip(tr("Removes every index but that of the open store")));
    row->addWidget(m_remove);
    row->addWidget(m_clear);
    row->addStretch(1);
    column->addLayout(row);
    m_said = new TextLabel(
        tr("An index is made again when its store is opened. Above the limit the least recently used go first, after a store "
           "was read; one in use stays. No store is ever changed."),
        TextLabel::Faint | TextLabel::Wrapped, this);
    column->addWidget(m_said);

    connect(m_limit, &QDoubleSpinBox::valueChanged, this, &CachePanel::saveLimits);
    connect(m_memory, &QDoubleSpinBox::valueChanged, this, &CachePanel::saveLimits);
    connect(m_remove, &QPushButton::clicked, this, [this] { remove(false); });
    connect(m_clear, &QPushButton::clicked, this, [this] { remove(true); });
    connect(m_indexes, &QTreeWidget::itemSelectionChanged, this, &CachePanel::showButtons);
    connect(&m_session, &Session::storeChanged, this, [this] {
        if (isVisible() && m_session.storeState() == Session::State::Ready) load();
    });
}

QString CachePanel::said() const { return m_said->whole(); }

void CachePanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    load();
}

void CachePanel::load()
{
    ++m_jobs;
    m_session.jobs().start<State>(
        {QString(), Lane::Pool, true, true}, this,
        [places = m_session.places()](const CancelToken&, const Progress&) -> Result<State> {
            State state;
            state.limits = readLimits(places);
            TR_ASSIGN(state.indexes, cachedIndexes(places.cache));
            return state;
        },
        [this](Result<State> state) {
            --m_jobs;
            if (state)
                fill(*state);
            else
                m_size->setShown(sentenceOf(state.error()));
        });
}

void CachePanel::fill(const State& state)
{
    m_filling = true;
    m_limits = state.limits;
    // What is being typed stays.
    if (!m_limit->hasFocus()) m_limit->setValue(static_cast<double>(m_limits.cacheBytes) / kGiga);
    if (!m_memory->hasFocus()) m_memory->setValue(static_cast<double>(m_limits.readerMemoryBytes) / kGiga);
    const QTreeWidgetItem* current = m_indexes->currentItem();
    const QString chosen = current ? current->data(0, kFolderRole).toString() : QString();
    m_indexes->clear();
    std::uint64_t bytes = 0;
    for (const CachedIndex& index : state.indexes) {
        bytes += index.bytes;
        const QString store = index.store.empty() ? tr("(never finished)") : shownLine(index.store, 300);
        auto* item =
            new QTreeWidgetItem(m_indexes, {store, countText(index.runs), sizeText(index.bytes), relativeTime(index.used)});
        item->setData(0, kFolderRole, own(index.folder.string()));
        item->setToolTip(0, plainToolTip(store));
        item->setToolTip(3, plainToolTip(exactTime(index.used)));
        for (int column : {1, 2, 3}) item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        if (own(index.folder.string()) == chosen) m_indexes->setCurrentItem(item);
    }
    m_size->setShown(
        state.indexes.size() == 1
            ? tr("%1 in 1 index").arg(sizeText(bytes))
            : tr("%1 in %2 indexes").arg(sizeText(bytes), countText(static_cast<std::int64_t>(state.indexes.size()))));
    m_filling = false;
    showButtons();
}

void CachePanel::saveLimits()
{
    if (m_filling) return;
    Limits limits = m_limits;
    limits.cacheBytes = static_cast<std::int64_t>(m_limit->value() * kGiga);
    limits.readerMemoryBytes = std::max(kLeastReaderMemoryBytes, static_cast<std::int64_t>(m_memory->value() * kGiga));
    if (limits == m_limits) return;
    m_limits = limits;
    struct Saved {
    };
    ++m_jobs;
    m_session.jobs().start<Saved>(
        {QString(), Lane::Git, false, true}, this,
        [places = m_session.places(), limits](const CancelToken&, const Progress&) -> Result<Saved> {
            TR_TRY(writeLimits(places, limits));
            return Saved{};
        },
        [this](Result<Saved> saved) {
            --m_jobs;
            m_said->setShown(saved ? tr("Saved. It counts from the next reading of a store on.") : sentenceOf(saved.error()));
        });
}

void CachePanel::remove(bool all)
{
    const QTreeWidgetItem* item = m_indexes->currentItem();
    if (!all && !item) return;
    const std::filesystem::path only = all ? std::string() : utf8(item->data(0, kFolderRole).toString());
    ++m_jobs;
    m_clear->setEnabled(false);
    m_remove->setEnabled(false);
    m_session.jobs().start<Eviction>(
        {tr("Removing indexes"), Lane::Pool, true, false}, this,
        [cache = m_session.places().cache, keep = m_session.store().folder, only](const CancelToken& cancel, const Progress&) {
            return askEviction(cache, 0, keep, only, cancel);
        },
        [this](Result<Eviction> done) {
            --m_jobs;
            if (!done) {
                m_said->setShown(sentenceOf(done.error()));
            } else {
                QString text =
                    done->removed.size() == 1
                        ? tr("1 index was removed.")
                        : tr("%1 indexes were removed.").arg(countText(static_cast<std::int64_t>(done->removed.size())));
                if (done->inUse > 0) text += tr(" What is in use stayed.");
                if (done->failed > 0)
                    text += tr(" %1 could not be removed.").arg(countText(static_cast<std::int64_t>(done->failed)));
                m_said->setShown(text);
            }
            load();
        });
}

void CachePanel::showButtons()
{
    const QTreeWidgetItem* item = m_indexes->currentItem();
    const QString open = own(m_session.store().folder.string());
    m_remove->setEnabled(item && item->data(0, kFolderRole).toString() != open);
    int others = 0;
    for (int i = 0; i < m_indexes->topLevelItemCount(); ++i)
        if (m_indexes->topLevelItem(i)->data(0, kFolderRole).toString() != open) ++others;
    m_clear->setEnabled(others > 0);
}

} // namespace tackroom::ui
