// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Texts of which is known what they are about: each subject has words of its own, and all share how people ask.
struct GeneratedTexts {
    std::vector<std::string> texts;
    std::vector<std::uint32_t> subjects;

    [[nodiscard]] std::vector<std::string_view> views() const { return {texts.begin(), texts.end()}; }
};

inline GeneratedTexts generatedTexts(std::uint32_t subjects, std::uint32_t textsEach, std::uint64_t seed = 1)
{
    static const std::vector<std::string> kAsks = {
        "please",    "can you", "i want to",      "how do i", "i need to", "is it possible to",
        "could you", "help me", "tell me how to", "hey"};
    static const std::vector<std::string> kEnds = {"today",     "now",   "for my wife", "",        "",
                                                   "this week", "again", "thanks",      "quickly", "on my phone"};
    static const std::string kConsonants = "bcdfghklmnprstvz", kVowels = "aeiou";
    std::uint64_t state = seed;
    const auto random = [&](std::size_t below) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::size_t>((state >> 33U) % below);
    };
    const auto word = [&] {
        std::string out;
        for (std::size_t i = 0, n = 2 + random(2); i < n; ++i) {
            out += kConsonants[random(kConsonants.size())];
            out += kVowels[random(kVowels.size())];
        }
        return out + kConsonants[random(kConsonants.size())];
    };
    GeneratedTexts out;
    for (std::uint32_t subject = 0; subject < subjects; ++subject) {
        std::vector<std::string> own(7);
        for (std::string& w : own) w = word();
        for (std::uint32_t i = 0; i < textsEach; ++i) {
            std::string text = kAsks[random(kAsks.size())];
            for (int k = 0; k < 4; ++k) text += " " + own[random(own.size())];
            text += " " + kEnds[random(kEnds.size())];
            out.texts.push_back(text);
            out.subjects.push_back(subject);
        }
    }
    return out;
}
