# SPDX-License-Identifier: GPL-3.0-or-later
# resources/sample as a C++ source of the library core_sample. Two uses: included by core/CMakeLists.txt it sets up the
# build step; run as a script (cmake -P) it is that step.
if(CMAKE_SCRIPT_MODE_FILE)
    file(GLOB_RECURSE files RELATIVE ${IN} ${IN}/v*/* ${IN}/proposals/*)
    list(SORT files)
    set(data "")
    set(table "")
    set(index 0)
    foreach(file IN LISTS files)
        file(READ ${IN}/${file} hex HEX)
        string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
        string(APPEND data "constexpr char kFile${index}[] = {${bytes}'\\0'};\n")
        string(APPEND table "    {\"${file}\", {kFile${index}, sizeof kFile${index} - 1}},\n")
        math(EXPR index "${index} + 1")
    endforeach()
    file(WRITE ${OUT} "// Made by core/sample/embed.cmake from resources/sample.\n#include \"core/sample/embedded.h\"\n\nnamespace tackroom {\nnamespace {\n${data}constexpr EmbeddedFile kFiles[] = {\n${table}};\n} // namespace\nstd::span<const EmbeddedFile> embeddedSampleFiles() { return kFiles; }\n} // namespace tackroom\n")
else()
    file(GLOB_RECURSE sampleFiles CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/resources/sample/*)
    set(sampleSource ${CMAKE_BINARY_DIR}/generated/embeddedsample.cpp)
    add_custom_command(OUTPUT ${sampleSource}
        COMMAND ${CMAKE_COMMAND} -DIN=${CMAKE_SOURCE_DIR}/resources/sample -DOUT=${sampleSource} -P ${CMAKE_SOURCE_DIR}/core/sample/embed.cmake
        DEPENDS ${sampleFiles} ${CMAKE_SOURCE_DIR}/core/sample/embed.cmake
        COMMENT "Embedding resources/sample" VERBATIM)
    target_sources(core_sample PRIVATE ${sampleSource})
endif()
