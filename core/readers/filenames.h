// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace tackroom
{

/// What stands behind the last slash of a file's or folder's name.
[[nodiscard]] std::string lastOfPath(std::string_view path);
/// The name of a file that is one run, without folders and the endings of packed files and of trajectories (.json, .traj): what
/// the run is called where the file does not say it.
[[nodiscard]] std::string stemOfFile(std::string_view path);

} // namespace tackroom
