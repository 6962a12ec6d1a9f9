"""The full profile: CLIP as transformers has it, from the cache that a site provides, behind the interface of `image_text`.

Nothing is downloaded here: a file that is missing is a DataError that names it, the places looked at and the command that
fetches it. transformers is imported when it is asked for, and not before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor

from autograder.errors import DataError
from autograder.metrics.encoder import Frozen, digest_of
from autograder.metrics.full import PART, Untouched, library
from autograder.metrics.preprocess import Preprocess

CLIP_NAME = "openai/clip-vit-base-patch32"
CLIP_FILES: tuple[tuple[str, ...], ...] = (
    ("config.json",),
    ("model.safetensors", "pytorch_model.bin"),
    ("preprocessor_config.json", "processor_config.json"),
    ("tokenizer.json", "vocab.json"),
)
"""One of each. Without the tokenizer's files transformers makes an empty tokenizer, in silence: all captions become equal."""


@dataclass(frozen=True)
class Clip:
    """CLIP as transformers has it, float32, behind the interface of the image-text encoder that ships."""

    name: str
    net: Frozen = field(repr=False)
    tokenizer: Any = field(repr=False)
    processor: Any = field(repr=False)
    preprocess: Preprocess
    digest: str
    """SHA-256 over weights, the processor's settings and the tokenizer's vocabulary."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def images(self, images: Tensor) -> Tensor:
        """(N, C, H, W) uint8 -> (N, D) of unit norm."""
        return self._parts(torch.split(self.preprocess(images), PART), lambda part: self._pooled("image", self._pixels(part)))

    def texts(self, texts: Sequence[str]) -> Tensor:
        """N captions -> (N, D) of unit norm; what is beyond the model's context (77 tokens) is cut off, as is usual."""
        parts = [list(texts[start : start + PART]) for start in range(0, len(texts), PART)]
        return self._parts(parts, lambda part: self._pooled("text", self._tokens(part)))

    def _pixels(self, images: Tensor) -> Mapping[str, Tensor]:
        found: Mapping[str, Tensor] = self.processor(images=list(images), return_tensors="pt")
        return found

    def _tokens(self, texts: list[str]) -> Mapping[str, Tensor]:
        config: Any = self.net.net.config
        how = {"padding": True, "truncation": True, "max_length": config.text_config.max_position_embeddings}
        found: Mapping[str, Tensor] = self.tokenizer(texts, return_tensors="pt", **how)
        return found

    def _pooled(self, tower: str, inputs: Mapping[str, Tensor]) -> Tensor:
        call: Any = getattr(self.net.net, f"get_{tower}_features")
        found = call(**{key: value.to(self.device) for key, value in inputs.items()})
        pooled: Tensor = getattr(found, "pooler_output", found)  # a tensor before transformers 5
        return F.normalize(pooled.float(), dim=1).cpu()

    @staticmethod
    def _parts(parts: Sequence[Any], embed: Any) -> Tensor:
        with torch.inference_mode():
            return torch.cat([embed(part) for part in parts]).clone()


def clip(name: str = CLIP_NAME, device: str = "cpu") -> Clip:
    """CLIP by its name in the Hugging Face cache, or by a folder's path; DataError names the file that is missing."""
    transformers = library("transformers")
    folder = clip_folder(name)
    try:
        net = transformers.CLIPModel.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32)
        processor = transformers.CLIPImageProcessor.from_pretrained(str(folder), local_files_only=True)
        tokenizer = transformers.CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise DataError(f"clip: {folder}: cannot be loaded: {error}", hint=_clip_command(name)) from error
    settings = json.dumps(processor.to_dict(), sort_keys=True, default=str)
    preprocess = Untouched(net.config.vision_config.image_size, 3, words=settings)
    vocabulary = json.dumps(sorted(tokenizer.get_vocab().items()))
    digest = digest_of(f"clip {hashlib.sha256(vocabulary.encode()).hexdigest()}", preprocess, net.state_dict())
    return Clip(name, Frozen(net.to(device)), tokenizer, processor, preprocess, digest, torch.device(device))


def clip_folder(name: str) -> Path:
    """The model's folder, with every file that it takes; DataError otherwise."""
    folder, looked = Path(name), name
    if not folder.is_dir():
        hub = library("huggingface_hub")
        cache = library("huggingface_hub.constants").HF_HUB_CACHE
        looked = f"{name} (no such folder), {cache}/models--{name.replace('/', '--')}"
        try:
            folder = Path(hub.snapshot_download(name, local_files_only=True))
        except (OSError, ValueError) as error:  # LocalEntryNotFoundError, HFValidationError
            raise DataError(f"clip: missing {name}: looked for {looked}", hint=_clip_command(name)) from error
    for choice in CLIP_FILES:
        if not any((folder / file).is_file() for file in choice):
            raise DataError(f"clip: missing {' or '.join(choice)}: looked in {folder}", hint=_clip_command(name))
    return folder


def _clip_command(name: str) -> str:
    command = f"python -c \"from huggingface_hub import snapshot_download; snapshot_download('{name}')\""
    return f"with a network: {command}; or name the model's folder"
