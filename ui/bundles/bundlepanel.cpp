// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bundles/bundlepanel.h"

#include "core/bundles/bundles.h"
#include "ui/common/choosefile.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QDir>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSettings>

namespace tackroom::ui {

namespace {
QString folderKey() { return QStringLiteral("bundles/folder"); }

struct Exported {
    BundleMade made;
    BundleReport report;
};
} // namespace

BundlePanel::BundlePanel(Session& session, QWidget* parent)
    : QFrame(parent), m_session(session), m_title(new TextLabel({}, TextLabel::Strong, this)), m_path(new QLineEdit(this)), m_act(new QPushButton(this)),
      m_says(new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid);
    column->setSpacing(kGrid / 2);
    auto* row = new QHBoxLayout;
    row->addWidget(m_title);
    m_path->setObjectName(QStringLiteral("bundlePath"));
    m_path->setAccessibleName(tr("File of the bundle"));
    m_path->installEventFilter(this);
    row->addWidget(m_path, 1);
    auto* browseButton = new QPushButton(tr("Browse…"), this);
    connect(browseButton, &QPushButton::clicked, this, &BundlePanel::browse);
    row->addWidget(browseButton);
    m_act->setObjectName(QStringLiteral("bundleAct"));
    m_act->setAccessibleName(tr("Export or verify"));
    connect(m_act, &QPushButton::clicked, this, &BundlePanel::act);
    row->addWidget(m_act);
    auto* close = new QPushButton(tr("Close"), this);
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
    row->addWidget(close);
    column->addLayout(row);
    column->addWidget(m_says);
    connect(m_path, &QLineEdit::returnPressed, this, &BundlePanel::act);
    connect(m_path, &QLineEdit::textChanged, this, [this] { m_mayReplace = false; });
    hide();
}

void BundlePanel::openFor(const Version& version)
{
    m_verifying = false;
    m_mayReplace = false;
    m_commit = version.commit.value;
    m_label = version.label;
    const QString folder = QSettings().value(folderKey(), QDir::homePath()).toString();
    m_title->setShown(tr("Export %1 to").arg(own(version.label)));
    m_act->setText(tr("Export"));
    m_path->setText(folder + QLatin1Char('/') + shownLine(m_session.repository().name, 80) + QLatin1Char('-') + own(version.label) + QStringLiteral(".hbundle"));
    m_says->setShown(tr("One file with every file of this version and its digests. The same version always gives the same bytes. It is not signed."));
    show();
    m_path->setFocus(Qt::OtherFocusReason);
    m_path->selectAll();
}

void BundlePanel::openVerify()
{
    m_verifying = true;
    m_title->setShown(tr("Verify the bundle"));
    m_act->setText(tr("Verify"));
    m_path->clear();
    m_says->setShown(tr("Every byte is checked; nothing is written."));
    show();
    m_path->setFocus(Qt::OtherFocusReason);
}

void BundlePanel::browse()
{
    chooseFile(this, m_verifying ? Choose::File : Choose::SaveAs, m_verifying ? tr("Verify a bundle") : tr("Export a bundle"),
               tr("Harness bundles (*.hbundle);;All files (*)"), m_path->text(), [this](const QString& path) {
                   m_path->setText(path);
                   m_mayReplace = !m_verifying; // the dialog has asked already
               });
}

void BundlePanel::act()
{
    if (m_path->text().trimmed().isEmpty()) return m_says->setShown(tr("Which file?"));
    m_act->setEnabled(false);
    if (m_verifying) verifyNow();
    else exportNow();
}

void BundlePanel::exportNow()
{
    const std::filesystem::path to = utf8(m_path->text().trimmed());
    m_session.askRepository<Exported>(
        this, tr("Exporting the bundle"),
        [to, commit = m_commit, replace = m_mayReplace](HarnessRepository& repository, const CancelToken& cancel) -> Result<Exported> {
            Exported exported;
            TR_ASSIGN(exported.made, exportBundle(repository, commit, to, replace, cancel));
            TR_ASSIGN(exported.report, verifyBundle(to, cancel));
            return exported;
        },
        [this, to](Result<Exported> exported) {
            m_act->setEnabled(true);
            if (!exported) {
                std::error_code ignored;
                const bool there = std::filesystem::exists(to, ignored) && !m_mayReplace;
                m_says->setShown(sentenceOf(exported.error()) + (there ? tr(" Press Export again to replace it.") : QString()));
                m_mayReplace = there;
                return;
            }
            QSettings().setValue(folderKey(), own(to.parent_path().string()));
            const BundleMade& made = exported->made;
            m_says->setShown(exported->report.ok ? tr("✓ Exported and verified: %1 files, %2 bytes, SHA-256 %3")
                                                       .arg(countText(static_cast<std::int64_t>(made.files)), countText(static_cast<std::int64_t>(made.sizeBytes)), own(made.sha256))
                                                 : tr("✗ Written, but it does not verify: %1").arg(shownLine(exported->report.problem)));
        });
}

void BundlePanel::verifyNow()
{
    m_session.jobs().start<BundleReport>(
        {tr("Verifying the bundle"), ui::Lane::Pool, true, false}, this,
        [file = std::filesystem::path(utf8(m_path->text().trimmed()))](const CancelToken& cancel, const Progress&) { return verifyBundle(file, cancel); },
        [this](Result<BundleReport> report) {
            m_act->setEnabled(true);
            if (!report) return m_says->setShown(sentenceOf(report.error()));
            m_says->setShown(report->ok ? tr("✓ Every byte is as it was exported: %1 of %2, %3 files, SHA-256 %4. Not signed: this says nothing of who made it.")
                                              .arg(shownLine(report->version), shownLine(report->name), countText(static_cast<std::int64_t>(report->files)), own(report->sha256))
                                        : tr("✗ Do not use this bundle: %1").arg(shownLine(report->problem)));
        });
}

bool BundlePanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        hide();
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

void BundlePanel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), roleColors(palette()).raised);
    painter.fillRect(0, height() - 1, width(), 1, roleColors(palette()).line);
}

} // namespace tackroom::ui
