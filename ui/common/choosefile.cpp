// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/choosefile.h"

#include <QFileDialog>

namespace tackroom::ui {

void chooseFile(QWidget* parent, Choose what, const QString& title, const QString& filters, const QString& start, std::function<void(const QString&)> then)
{
    auto* dialog = new QFileDialog(parent, title, start, filters);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(what == Choose::Folder ? QFileDialog::Directory : what == Choose::File ? QFileDialog::ExistingFile : QFileDialog::AnyFile);
    if (what == Choose::Folder) dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setAcceptMode(what == Choose::SaveAs ? QFileDialog::AcceptSave : QFileDialog::AcceptOpen);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, [then = std::move(then)](const QString& path) {
        if (!path.isEmpty()) then(path);
    });
    dialog->open();
}

} // namespace tackroom::ui
