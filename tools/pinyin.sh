#!/bin/sh
# pinyin.sh >src/formula/pinyin.txt: the readings of Chinese characters, one syllable a line.
#
# They are the most frequent ones (kMandarin of the Unicode Character Database), as ICU's
# transliterator knows them; uconv comes with icu-devtools. Without tones, ü written v, as people
# type it. Characters of which no reading is known are left out.
set -eu

exec python3 -c "
import subprocess, unicodedata
characters = [chr(point) for point in [0x3007, *range(0x4e00, 0xa000)]]
sounds = subprocess.run(['uconv', '-f', 'utf8', '-t', 'utf8', '-x', 'Han-Latin'],
                        input='\n'.join(characters), capture_output=True, text=True,
                        check=True).stdout.split('\n')
syllables = {}
for character, sound in zip(characters, sounds):
    sound = unicodedata.normalize('NFD', sound.strip()).replace('u\u0308', 'v')
    sound = ''.join(c for c in sound if unicodedata.category(c) != 'Mn')
    if sound.isascii() and sound.isalpha():
        syllables.setdefault(sound, []).append(character)
for sound in sorted(syllables):
    print(sound, ''.join(syllables[sound]))
"
