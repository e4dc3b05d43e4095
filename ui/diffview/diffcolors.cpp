// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffcolors.h"

#include <algorithm>
#include <cmath>

namespace tackroom::ui
{
namespace
{

constexpr double kMinContrast = 4.5;

double luminance(const QColor& color)
{
    const auto part = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) + 0.0722 * part(color.blueF());
}

QColor mixed(const QColor& a, const QColor& b, double share)
{
    const auto mix = [share](float x, float y) { return static_cast<float>(x + (y - x) * share); };
    return QColor::fromRgbF(mix(a.redF(), b.redF()), mix(a.greenF(), b.greenF()), mix(a.blueF(), b.blueF()));
}

DiffColors lightColors()
{
    DiffColors c;
    c.faint = 0x5b626c;
    c.addedWash = 0xe9f7ec, c.addedWord = 0xb9e8c4, c.addedSign = 0x11632b;
    c.removedWash = 0xfdeeed, c.removedWord = 0xfac8c3, c.removedSign = 0x9c1c16;
    c.changedTick = 0x2457c5;
    c.filler = 0xf3f4f6;
    c.fold = 0xeef2f9, c.foldText = 0x3f4a5a;
    c.chip = 0xfff1c2, c.chipText = 0x6b4500;
    c.line = 0xdfe2e7;
    return c;
}
DiffColors darkColors()
{
    DiffColors c;
    c.faint = 0xa3aab5;
    c.addedWash = 0x1a3323, c.addedWord = 0x285f3a, c.addedSign = 0x8fe3a3;
    c.removedWash = 0x3b2226, c.removedWord = 0x74333a, c.removedSign = 0xffa8a0;
    c.changedTick = 0x8ab4ff;
    c.filler = 0x24272c;
    c.fold = 0x262d38, c.foldText = 0xb9c4d6;
    c.chip = 0x4a3d14, c.chipText = 0xffe08a;
    c.line = 0x3a3f47;
    return c;
}
DiffColors highContrastColors()
{
    DiffColors c;
    c.faint = 0xf0f0f0;
    c.addedWash = 0x00260c, c.addedWord = 0x00591d, c.addedSign = 0x9dffb4;
    c.removedWash = 0x330406, c.removedWord = 0x7a0a10, c.removedSign = 0xffc2bc;
    c.changedTick = 0xffff66;
    c.filler = 0x1a1a1a;
    c.fold = 0x001a33, c.foldText = 0xffffff;
    c.chip = 0x4d4000, c.chipText = 0xffff66;
    c.line = 0xffffff;
    return c;
}

} // namespace

DiffColors DiffColors::from(const QPalette& palette)
{
    const QColor base = palette.color(QPalette::Base), text = palette.color(QPalette::Text);
    const bool dark = luminance(base) < luminance(text);
    const bool highContrast = dark && contrastRatio(base, text) > 20;
    DiffColors c = highContrast ? highContrastColors() : dark ? darkColors() : lightColors();
    c.base = base;
    c.text = text;
    c.current = palette.color(QPalette::Accent);
    if (contrastRatio(c.current, c.base) < 3) c.current = c.changedTick;
    c.selection = palette.color(QPalette::Highlight);
    c.selectionText = palette.color(QPalette::HighlightedText);
    return c;
}

QColor readableOn(const DiffColors& colors, QColor color)
{
    const auto worst = [&](const QColor& c) {
        double ratio = 21;
        for (const QColor& ground : {colors.base, colors.addedWash, colors.addedWord, colors.removedWash, colors.removedWord})
            ratio = std::min(ratio, contrastRatio(c, ground));
        return ratio;
    };
    for (int step = 0; step < 12 && worst(color) < kMinContrast; ++step) color = mixed(color, colors.text, 0.15);
    return worst(color) < kMinContrast ? colors.text : color;
}

} // namespace tackroom::ui
