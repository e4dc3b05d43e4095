// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/theme.h"

#include <QApplication>
#include <QIcon>
#include <QStyle>
#include <QStyleFactory>
#include <QStyleHints>

#include <BreezeIcons>

#include <cmath>

namespace tackroom::ui {

namespace {

QColor rgb(QRgb value) { return QColor(value | 0xff000000U); }

RoleColors lightRoles()
{
    return {.added = rgb(0x1a7f37), .removed = rgb(0xb3261e), .moved = rgb(0x6639ba), .failure = rgb(0xb3261e), .success = rgb(0x1a7f37), .human = rgb(0x0b5cad),
            .warning = rgb(0x8a5a00), .live = rgb(0x1a7f37), .unknown = rgb(0x5f6670), .faint = rgb(0x5f6670), .accent = rgb(0x2457c5), .line = rgb(0xdfe2e7),
            .raised = rgb(0xf6f7f9), .failureWash = rgb(0xfdecea), .warningWash = rgb(0xfff4d6), .accentWash = rgb(0xe7eefc)};
}
RoleColors darkRoles()
{
    return {.added = rgb(0x6fcf86), .removed = rgb(0xff8a80), .moved = rgb(0xc4a6ff), .failure = rgb(0xff8a80), .success = rgb(0x6fcf86), .human = rgb(0x7cb8ff),
            .warning = rgb(0xf0c05a), .live = rgb(0x6fcf86), .unknown = rgb(0xa3aab5), .faint = rgb(0xa3aab5), .accent = rgb(0x8ab4ff), .line = rgb(0x3a3f47),
            .raised = rgb(0x272b31), .failureWash = rgb(0x43262a), .warningWash = rgb(0x3f3620), .accentWash = rgb(0x25344f)};
}
RoleColors highContrastRoles()
{
    return {.added = rgb(0x7dff9a), .removed = rgb(0xff9d94), .moved = rgb(0xd7c2ff), .failure = rgb(0xff9d94), .success = rgb(0x7dff9a), .human = rgb(0x9fd0ff),
            .warning = rgb(0xffe066), .live = rgb(0x7dff9a), .unknown = rgb(0xffffff), .faint = rgb(0xe6e6e6), .accent = rgb(0xffff66), .line = rgb(0xffffff),
            .raised = rgb(0x000000), .failureWash = rgb(0x330000), .warningWash = rgb(0x332b00), .accentWash = rgb(0x003355)};
}

struct PaletteColors {
    QColor window, base, alternate, text, button, highlight, highlighted, link, disabled, mid, tip;
};

QPalette paletteOf(const PaletteColors& c)
{
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.base);
    p.setColor(QPalette::AlternateBase, c.alternate);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::Button, c.button);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.text);
    p.setColor(QPalette::Highlight, c.highlight);
    p.setColor(QPalette::HighlightedText, c.highlighted);
    p.setColor(QPalette::Accent, c.link);
    p.setColor(QPalette::Link, c.link);
    p.setColor(QPalette::LinkVisited, c.link);
    p.setColor(QPalette::ToolTipBase, c.tip);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::PlaceholderText, c.disabled);
    p.setColor(QPalette::Light, c.base);
    p.setColor(QPalette::Midlight, c.button);
    p.setColor(QPalette::Mid, c.mid);
    p.setColor(QPalette::Dark, c.mid.darker(120));
    p.setColor(QPalette::Shadow, c.mid.darker(160));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) p.setColor(QPalette::Disabled, role, c.disabled);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.mid);
    // A selection keeps its colour when another pane has the focus, a little quieter.
    p.setColor(QPalette::Inactive, QPalette::Highlight, c.highlight);
    p.setColor(QPalette::Inactive, QPalette::HighlightedText, c.highlighted);
    return p;
}

Theme resolved(Theme theme)
{
    if (theme != Theme::System) return theme;
    return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark ? Theme::Dark : Theme::Light;
}

void setPaletteAndIcons(QApplication& application, Theme theme)
{
    const QPalette palette = themePalette(theme);
    // Before the palette: widgets repaint their icons when it arrives.
    QIcon::setThemeName(isDark(palette) ? QStringLiteral("breeze-dark") : QStringLiteral("breeze"));
    application.setPalette(palette);
}

double luminance(const QColor& color)
{
    const auto part = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) + 0.0722 * part(color.blueF());
}

} // namespace

bool isDark(const QPalette& palette) { return luminance(palette.color(QPalette::Base)) < 0.18; }

const RoleColors& roleColors(const QPalette& palette)
{
    static const RoleColors light = lightRoles(), dark = darkRoles(), high = highContrastRoles();
    if (palette.color(QPalette::Base) == QColor(Qt::black)) return high;
    return isDark(palette) ? dark : light;
}

QPalette themePalette(Theme theme)
{
    switch (resolved(theme)) {
    case Theme::Dark:
        return paletteOf({.window = rgb(0x1f2226), .base = rgb(0x191c1f), .alternate = rgb(0x1e2125), .text = rgb(0xe6e8eb), .button = rgb(0x2d3138), .highlight = rgb(0x2b4a80),
                          .highlighted = rgb(0xffffff), .link = rgb(0x8ab4ff), .disabled = rgb(0x8a9099), .mid = rgb(0x3a3f47), .tip = rgb(0x2d3138)});
    case Theme::HighContrast:
        return paletteOf({.window = rgb(0x000000), .base = rgb(0x000000), .alternate = rgb(0x101010), .text = rgb(0xffffff), .button = rgb(0x000000), .highlight = rgb(0xffff66),
                          .highlighted = rgb(0x000000), .link = rgb(0xffff66), .disabled = rgb(0xd0d0d0), .mid = rgb(0xffffff), .tip = rgb(0x000000)});
    default:
        return paletteOf({.window = rgb(0xf6f7f9), .base = rgb(0xffffff), .alternate = rgb(0xfafbfc), .text = rgb(0x1d2127), .button = rgb(0xf0f1f4), .highlight = rgb(0xd3e2fd),
                          .highlighted = rgb(0x10131a), .link = rgb(0x2457c5), .disabled = rgb(0x767d88), .mid = rgb(0xd0d4da), .tip = rgb(0xffffff)});
    }
}

void applyTheme(QApplication& application, Theme theme)
{
    BreezeIcons::initIcons();
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    setPaletteAndIcons(application, theme);
    QObject::disconnect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application, nullptr);
    if (theme == Theme::System) {
        QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application,
                         [&application] { setPaletteAndIcons(application, Theme::System); });
    }
}

double contrastRatio(const QColor& a, const QColor& b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace tackroom::ui
