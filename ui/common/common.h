// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/common: what every page is made of. Nothing here knows of stores or repositories.
///
///   theme.h       light, dark and high-contrast palettes, and colours by role
///   shown.h       the way from foreign text to a QString: always through SafeText
///   sentences.h   Error codes as translated sentences with a way on; counts and intervals as people read them
///   messagebar.h  failures and news inside a page, instead of a modal box
///   statepane.h   the designed states of a pane: empty, loading, failed
///   page.h        what the window's shell asks of a page
