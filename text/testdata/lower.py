#!/usr/bin/env python3
"""Writes lower.json: what Python's str.lower does with each code point, alone and beside a sigma.

    python3 lower.py > lower.json

Python lower-cases a capital sigma at the end of a word to U+03C2: where a cased letter comes before
it and none after it, with case-ignorable characters between them. Both classes are found here by
what str.lower does, not by the names of Unicode's tables. Lists are ranges, first and last code
point. Nothing but Python is needed.
"""
import json
import sys
import unicodedata

SIGMA, FINAL = '\u03a3', '\u03c2'
POINTS = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]  # without surrogates


def final(before, after=''):
    return (before + SIGMA + after).lower()[len(before.lower())] == FINAL


def ranges(points):
    out = []
    for c in points:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def mappings():
    """[first, last, step, difference] of those that become one code point; the rest as strings"""
    runs, others = [], {}
    for c in POINTS:
        low = chr(c).lower()
        if chr(c) == low:
            continue
        if len(low) > 1:
            others[f'{c:04x}'] = low
            continue
        difference = ord(low) - c
        if runs and runs[-1][3] == difference and c - runs[-1][1] in (1, 2):
            first, last, step, _ = runs[-1]
            if first == last or c - last == step:
                runs[-1] = [first, c, c - last, difference]
                continue
        runs.append([c, c, 1, difference])
    return runs, others


ignorable = [c for c in POINTS if final('a' + chr(c)) and not final(chr(c))]
cased = [c for c in POINTS if final(chr(c))]
assert cased == [c for c in POINTS if not final('a', chr(c))]  # the same from the other side
runs, others = mappings()
json.dump({
    'unicode': unicodedata.unidata_version,
    'assigned': ranges(c for c in POINTS if unicodedata.category(chr(c)) != 'Cn'),
    'ignorable': ranges(ignorable), 'cased': ranges(cased), 'lower': runs, 'others': others,
}, sys.stdout, separators=(',', ':'))
print()
