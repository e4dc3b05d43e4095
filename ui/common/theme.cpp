// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/theme.h"

#include <QApplication>
#include <QStyle>
#include <QStyleFactory>
#include <QStyleHints>

#include <BreezeIcons>

#include <cmath>

namespace tackroom::ui {

namespace {

RoleColors lightRoles()
{
    return {.added = 0x1a7f37, .removed = 0xb3261e, .moved = 0x6639ba, .failure = 0xb3261e, .success = 0x1a7f37, .human = 0x0b5cad,
            .warning = 0x8a5a00, .live = 0x1a7f37, .unknown = 0x5f6670, .faint = 0x5f6670, .accent = 0x2457c5, .line = 0xdfe2e7,
            .raised = 0xf6f7f9, .failureWash = 0xfdecea, .warningWash = 0xfff4d6, .accentWash = 0xe7eefc};
}
RoleColors darkRoles()
{
    return {.added = 0x6fcf86, .removed = 0xff8a80, .moved = 0xc4a6ff, .failure = 0xff8a80, .success = 0x6fcf86, .human = 0x7cb8ff,
            .warning = 0xf0c05a, .live = 0x6fcf86, .unknown = 0xa3aab5, .faint = 0xa3aab5, .accent = 0x8ab4ff, .line = 0x3a3f47,
            .raised = 0x272b31, .failureWash = 0x43262a, .warningWash = 0x3f3620, .accentWash = 0x25344f};
}
RoleColors highContrastRoles()
{
    return {.added = 0x7dff9a, .removed = 0xff9d94, .moved = 0xd7c2ff, .failure = 0xff9d94, .success = 0x7dff9a, .human = 0x9fd0ff,
            .warning = 0xffe066, .live = 0x7dff9a, .unknown = 0xffffff, .faint = 0xe6e6e6, .accent = 0xffff66, .line = 0xffffff,
            .raised = 0x000000, .failureWash = 0x330000, .warningWash = 0x332b00, .accentWash = 0x003355};
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
        return paletteOf({.window = 0x1f2226, .base = 0x191c1f, .alternate = 0x1e2125, .text = 0xe6e8eb, .button = 0x2d3138, .highlight = 0x2b4a80,
                          .highlighted = 0xffffff, .link = 0x8ab4ff, .disabled = 0x8a9099, .mid = 0x3a3f47, .tip = 0x2d3138});
    case Theme::HighContrast:
        return paletteOf({.window = 0x000000, .base = 0x000000, .alternate = 0x101010, .text = 0xffffff, .button = 0x000000, .highlight = 0xffff66,
                          .highlighted = 0x000000, .link = 0xffff66, .disabled = 0xd0d0d0, .mid = 0xffffff, .tip = 0x000000});
    default:
        return paletteOf({.window = 0xf6f7f9, .base = 0xffffff, .alternate = 0xfafbfc, .text = 0x1d2127, .button = 0xf0f1f4, .highlight = 0xd3e2fd,
                          .highlighted = 0x10131a, .link = 0x2457c5, .disabled = 0x767d88, .mid = 0xd0d4da, .tip = 0xffffff});
    }
}

void applyTheme(QApplication& application, Theme theme)
{
    BreezeIcons::initIcons();
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    application.setPalette(themePalette(theme));
    QObject::disconnect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application, nullptr);
    if (theme == Theme::System) {
        QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application,
                         [&application] { application.setPalette(themePalette(Theme::System)); });
    }
}

double contrastRatio(const QColor& a, const QColor& b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace tackroom::ui
