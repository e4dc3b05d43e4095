// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The states in which a person's SQLite store may be met, each made anew by another process.
#include "tests/unit/sql/sqltesting.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tackroom::zerowrites
{

namespace fs = std::filesystem;

/// A schema with a run a number, written by the sqlite3 program.
struct Shape {
    const char* name;
    const char* schema;
    /// INSERTs of the runs from … to.
    std::string (*runs)(int from, int to);
    /// The native id of a run, and how many messages or texts it has.
    std::string (*idOf)(int number);
};
[[nodiscard]] const Shape& hermesShape();
[[nodiscard]] const Shape& phoenixShape();

/// A state while it is looked at.
struct Scene {
    fs::path folder; ///< looked at before and after, with all below it
    fs::path store;  ///< what is given to Tackroom
    const Shape* shape = nullptr;
    std::unique_ptr<sqltesting::OtherProcess> writer; ///< that lives on
    std::int64_t committed = 0;                       ///< runs that must be found
    std::string refusal;                              ///< or a piece of the one sentence that is said instead
    std::string note;                                 ///< a piece of what must be said beside the rows
    std::set<std::string> marks;                      ///< names of files in which SQLite's own marks may change

    [[nodiscard]] fs::path db() const { return folder / "store.db"; }
    void sql(const fs::path& path, const std::string& text) const;
    void make(int runs, const std::string& before = {}, const std::string& after = {});
    void live(const std::string& before, int runs, const std::string& then = {});
    void leaveStaleWal(int runs);
    void leaveHotJournal(int runs);
};

struct State {
    std::string name;
    std::function<void(Scene&)> make;
    bool needsPlainUser = false; ///< root may read and write everything
    bool isOfReading = false;    ///< of journals and writers, not of names and rights
};
[[nodiscard]] std::vector<State> storeStates();

} // namespace tackroom::zerowrites
