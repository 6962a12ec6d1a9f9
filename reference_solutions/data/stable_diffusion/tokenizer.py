"""A CLIP tokenizer for the words of this model: byte-pair merges that end with one token for each word it knows.

Other words are spelled in pieces, as by CLIP's own tokenizer. No network and no corpus: the words are the grammar's.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

from parts import LENGTH
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from autograder.data.captions import all_captions
from autograder.data.subjects import SUBJECT

END = "</w>"
Pair = tuple[str, str]


def known_words() -> list[str]:
    """Every word of the grammar, lower case, without the hyphen of `T-shirt`, which is a token of its own; and the subject's."""
    parts = {word for caption in all_captions() for word in caption.lower().replace("-", " ").split()}
    return [*sorted(parts), SUBJECT]


def merges(words: list[str]) -> list[Pair]:
    """Sennrich et al. 2016 (arXiv:1508.07909), algorithm 1, until every word is one token. Ties go by the alphabet."""
    spelled = [[*word[:-1], word[-1] + END] for word in words]
    found: list[Pair] = []
    while pairs := Counter(pair for pieces in spelled for pair in pairwise(pieces)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        found.append(best)
        spelled = [_merged(pieces, best) for pieces in spelled]
    return found


def _merged(pieces: list[str], pair: Pair) -> list[str]:
    made: list[str] = []
    for piece in pieces:
        if made and (made[-1], piece) == pair:
            made[-1] += piece
        else:
            made.append(piece)
    return made


def write(folder: Path) -> CLIPTokenizer:
    """Saves vocab.json, merges.txt and the settings; numbers are given in CLIP's order: bytes, bytes that end a word, merges."""
    letters, joined = sorted(ByteLevel.alphabet()), merges(known_words())
    pieces = [*letters, *(letter + END for letter in letters), *dict.fromkeys("".join(pair) for pair in joined)]
    vocabulary = {piece: number for number, piece in enumerate([*pieces, "<|startoftext|>", "<|endoftext|>"])}
    settings = {
        "tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "do_lower_case": True, "add_prefix_space": False,
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, joined), ""]), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(folder)


def numbers(tokenizer: CLIPTokenizer, captions: list[str]) -> list[list[int]]:
    """N captions -> N x 16 token numbers, padded to the full length as StableDiffusionPipeline does it."""
    return tokenizer(captions, padding="max_length", max_length=LENGTH, truncation=True)["input_ids"]
