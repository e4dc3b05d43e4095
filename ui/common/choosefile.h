// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QString>

#include <functional>

class QWidget;

namespace tackroom::ui {

enum class Choose { File, Folder, SaveAs };
/// The system's file dialog without a nested event loop; `then` gets the chosen path and is not called when dismissed.
void chooseFile(QWidget* parent, Choose what, const QString& title, const QString& filters, const QString& start, std::function<void(const QString&)> then);

} // namespace tackroom::ui
