// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/words.h"

#include "core/base/asciichars.h"
#include "core/base/text.h"

#include <algorithm>

namespace tackroom
{

namespace
{

bool isSmallLetter(char c) { return c >= 'a' && c <= 'z'; }
bool isCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool isBeyondAscii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// Lower case of the letters that most texts have: Latin-1, Greek, Cyrillic. The others stay as they are.
char32_t lowered(char32_t c)
{
    if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 0x20;
    if (c >= 0x400 && c <= 0x40F) return c + 0x50;
    return c;
}

std::string loweredBeyondAscii(const std::string& word)
{
    std::string out;
    for (std::size_t at = 0; at < word.size();) appendUtf8(out, lowered(nextCodePoint(word, &at)));
    return out;
}

bool hasVowel(std::string_view text) { return text.find_first_of("aeiouy") != std::string_view::npos; }

/// "stopp" → "stop"; but "call", "pass" and "buzz" stay.
void undouble(std::string& word)
{
    const std::size_t n = word.size();
    if (n >= 2 && word[n - 1] == word[n - 2] && std::string_view("lsz").find(word[n - 1]) == std::string_view::npos)
        word.pop_back();
}

void withoutPlural(std::string& word)
{
    if (word.size() <= 3 || !word.ends_with('s')) return;
    if (word.ends_with("ies") && word.size() > 4)
        word.replace(word.size() - 3, 3, "y");
    else if (word.ends_with("sses"))
        word.resize(word.size() - 2);
    else if (!word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is"))
        word.pop_back();
}

} // namespace

std::vector<std::string> textWords(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    bool figure = false, beyondAscii = false;
    const auto flush = [&] {
        if (!word.empty()) words.push_back(figure ? "0" : beyondAscii ? loweredBeyondAscii(word) : word);
        word.clear();
        figure = beyondAscii = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool digit = isAsciiDigit(c);
        if (isCapital(c) && i > 0 && isSmallLetter(text[i - 1])) flush();
        if (digit || isSmallLetter(c) || isCapital(c) || isBeyondAscii(c)) {
            figure = figure || digit;
            beyondAscii = beyondAscii || isBeyondAscii(c);
            word.push_back(isCapital(c) ? static_cast<char>(c - 'A' + 'a') : c);
        } else if (c != '\'' || word.empty() || i + 1 == text.size() ||
                   !(isSmallLetter(text[i + 1]) || isCapital(text[i + 1]))) {
            flush();
        }
    }
    flush();
    return words;
}

std::string stemmed(std::string_view whole)
{
    std::string word(whole);
    withoutPlural(word);
    if (word.ends_with("ing") && word.size() > 5 && hasVowel(std::string_view(word).substr(0, word.size() - 3))) {
        word.resize(word.size() - 3);
        undouble(word);
    } else if (word.ends_with("ed") && word.size() > 4 && hasVowel(std::string_view(word).substr(0, word.size() - 2))) {
        word.resize(word.size() - 2);
        undouble(word);
    }
    if (word.size() > 4 && word.ends_with('e')) word.pop_back();
    if (word.size() > 3 && word.ends_with('y')) word.back() = 'i';
    return word;
}

} // namespace tackroom
