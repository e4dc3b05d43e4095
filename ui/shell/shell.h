// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/shell: the one window around the pages.
///
///   mainwindow.h      pages, history of places, opening and dropping, the keys of the window
///   rail.h            the side bar with counts where something waits
///   contextbar.h      back and forward, what is open, the query box, the commands button
///   jobbar.h          the status bar: what is open, running jobs with progress and Cancel, the last news
///   commandpalette.h  Ctrl+K: every action, page, cluster, proposal, version and any address
///   cheatsheet.h      `?`: the keys of the page and of the window
