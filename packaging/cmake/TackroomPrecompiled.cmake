# SPDX-License-Identifier: GPL-3.0-or-later
# Precompiled headers: the library headers that most files of a kind read anyway, compiled once. They took a third of a build.
# A file still includes what it uses: the sanitizer presets build without them (TACKROOM_PRECOMPILED=OFF), and so does not
# compile what forgets to.
option(TACKROOM_PRECOMPILED "Compile the libraries' headers once" ON)

set(precompiledStandard <algorithm> <array> <cstdint> <expected> <filesystem> <format> <functional> <map> <memory> <optional>
    <set> <span> <string> <string_view> <unordered_map> <utility> <vector>)
set(precompiledQt <QAbstractItemModel> <QAction> <QApplication> <QBoxLayout> <QHeaderView> <QKeyEvent> <QLabel> <QLineEdit>
    <QMenu> <QPainter> <QPushButton> <QScrollArea> <QScrollBar> <QSettings> <QSplitter> <QString> <QStyledItemDelegate>
    <QTableView> <QTimer> <QToolButton> <QTreeView>)

# An owner's headers are compiled with its flags, which have to be those of who takes them: a library's (-fPIC) or a program's.
function(tackroom_precompiled_owner kind)
    cmake_parse_arguments(arg "PROGRAM" "" "HEADERS;LINKS" ${ARGN})
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled/${kind}.cpp "int main() { return 0; }\n")
    if(arg_PROGRAM)
        add_executable(precompiled_${kind} EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled/${kind}.cpp)
    else()
        add_library(precompiled_${kind} STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled/${kind}.cpp)
    endif()
    tackroom_warnings(precompiled_${kind})
    target_link_libraries(precompiled_${kind} PRIVATE ${arg_LINKS})
    target_compile_options(precompiled_${kind} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>) # for ccache
    target_precompile_headers(precompiled_${kind} PRIVATE ${arg_HEADERS})
endfunction()

function(tackroom_precompiled target kind)
    if(TACKROOM_PRECOMPILED)
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
        target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
    endif()
endfunction()

if(TACKROOM_PRECOMPILED)
    find_package(GTest REQUIRED)
    tackroom_precompiled_owner(core HEADERS ${precompiledStandard} <nlohmann/json.hpp> LINKS nlohmann_json::nlohmann_json)
    tackroom_precompiled_owner(readers HEADERS ${precompiledStandard} <simdjson.h> LINKS simdjson::simdjson)
    tackroom_precompiled_owner(ui HEADERS ${precompiledStandard} ${precompiledQt} <nlohmann/json.hpp>
                               LINKS Qt6::Widgets nlohmann_json::nlohmann_json)
    target_compile_definitions(precompiled_ui PRIVATE ${TACKROOM_UI_DEFINITIONS})
    tackroom_precompiled_owner(test PROGRAM HEADERS ${precompiledStandard} <gmock/gmock.h> <gtest/gtest.h>
                               LINKS GTest::gtest GTest::gmock)
    target_compile_options(precompiled_test PRIVATE -O0)
    tackroom_precompiled_owner(program PROGRAM HEADERS ${precompiledStandard} <nlohmann/json.hpp>
                               LINKS nlohmann_json::nlohmann_json)
endif()
