// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/common/theme.h"

#include <QColor>
#include <QPalette>

namespace tackroom::ui
{

/// The colours of a diff. Each change also carries a sign, and each changed word an underline: colour is never the only cue.
/// Text on any of the grounds has a contrast of at least 4.5 : 1 (a test checks).
struct DiffColors {
    QColor base, text, faint;               ///< ground, text, line numbers
    QColor addedWash, addedWord, addedSign; ///< the row, the words in it, "+" and underline
    QColor removedWash, removedWord, removedSign;
    QColor changedTick; ///< of the overview ruler, for what has both sides
    QColor filler;      ///< where the other side has a line and this one does not
    QColor fold, foldText;
    QColor current; ///< the bar beside the current change
    QColor selection, selectionText;
    QColor chip, chipText; ///< a hidden character, drawn
    QColor line;           ///< between the sides

    /// Light, dark or high contrast, by what the palette's base and text are.
    [[nodiscard]] static DiffColors from(const QPalette& palette);
};

/// `color`, moved towards the text colour until it can be read on every ground of the diff.
[[nodiscard]] QColor readableOn(const DiffColors& colors, QColor color);

} // namespace tackroom::ui
