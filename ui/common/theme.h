// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QColor>
#include <QPalette>

class QApplication;

namespace tackroom::ui {

enum class Theme { System, Light, Dark, HighContrast };

/// Colours by role; never the only cue. Text roles have a contrast of at least 4.5 : 1 against the palette's base (a test checks).
struct RoleColors {
    QColor added, removed, moved;      ///< text of signs and counts
    QColor failure, success, human, warning, live, unknown;
    QColor faint;                      ///< secondary text
    QColor accent;
    QColor line;                       ///< separators
    QColor raised;                     ///< cards and bars, a little off the base
    QColor failureWash, warningWash, accentWash;
};
[[nodiscard]] const RoleColors& roleColors(const QPalette& palette);
[[nodiscard]] bool isDark(const QPalette& palette);
[[nodiscard]] QPalette themePalette(Theme theme);
/// Fusion style with our own palette; System follows the desktop's colour scheme and its changes.
void applyTheme(QApplication& application, Theme theme);
/// WCAG 2.1 contrast ratio.
[[nodiscard]] double contrastRatio(const QColor& a, const QColor& b);
/// The spacing grid.
inline constexpr int kGrid = 8;

} // namespace tackroom::ui
