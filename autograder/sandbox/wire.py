"""The wire: values and frames as bytes. The same file on both sides of the wall, so it imports nothing of ours.

A value is a tree of None, bool, int, float, str, list, tuple, dict with string keys, and tensors. Structure crosses as JSON,
tensors as safetensors. Decoding trusts nothing: caps come before allocation, and every exception becomes `WireError`.
"""

import json
import math
import struct

import torch
from safetensors.torch import load, save

READY, REQUEST, VALUE, FAULT = 0, 1, 2, 3
"""Frame tags: the guest is up | observe this | here is the answer | the student's code failed."""

HEADER = struct.Struct(">I8sB")
"""Length of the body, id of the request, tag."""

MAX_JSON, MAX_DEPTH, MAX_STRING, MAX_ITEMS = 64 * 1024, 16, 4096, 4096
MAX_TENSOR_HEADER, MAX_TENSORS, MAX_RANK = 64 * 1024, 256, 8
DTYPES = (
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
)  # fmt: skip
NAMED_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class WireError(Exception):
    """These bytes are not a value, or this value cannot be sent; the text says why."""


def encode(value, cap):
    """The value as bytes: u32 length of the JSON, JSON, safetensors. WireError when it is no value or exceeds the cap."""
    tensors = {}
    tree = to_tree(value, tensors, 0)
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False).encode("utf-8")
    if len(text) > MAX_JSON:
        raise WireError(f"more than {MAX_JSON // 1024} KiB of numbers, strings and lists: return a tensor instead")
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    if size + len(text) > cap:
        raise WireError(f"{size / 2**20:.1f} MiB of tensors, the limit is {cap / 2**20:.0f} MiB")
    return struct.pack(">I", len(text)) + text + (save(tensors) if tensors else b"")


def decode(body):
    """The value of these bytes. Raises WireError, and nothing else, whatever the bytes are."""
    try:
        return _decode(bytes(body))
    except WireError:
        raise
    except RecursionError as error:
        raise WireError("nested too deeply") from error
    except Exception as error:
        raise WireError(f"not a valid answer ({type(error).__name__})") from error


def frame(tag, request, body=b""):
    """A whole frame."""
    return HEADER.pack(len(body), request, tag) + body


def _decode(body):
    if len(body) < 4:
        raise WireError("cut short")
    (length,) = struct.unpack(">I", body[:4])
    if length > MAX_JSON or 4 + length > len(body):
        raise WireError("the structure is too large or cut short")
    tree = json.loads(body[4 : 4 + length].decode("utf-8"), parse_constant=_refuse)
    blob = body[4 + length :]
    tensors = _tensors(blob) if blob else {}
    used = set()
    value = from_tree(tree, tensors, used, 0)
    if used != set(tensors):
        raise WireError("tensors that nothing names")
    return value


def _tensors(blob):
    """The tensors of a safetensors blob: header and count are capped before the library sees the bytes."""
    if len(blob) < 8:
        raise WireError("tensors cut short")
    (header,) = struct.unpack("<Q", blob[:8])
    if header > MAX_TENSOR_HEADER or header + 8 > len(blob):
        raise WireError("the tensor header is too large or cut short")
    described = json.loads(blob[8 : 8 + header].decode("utf-8"))
    if not isinstance(described, dict) or len(described) > MAX_TENSORS:
        raise WireError("too many tensors")
    found = load(blob)
    for tensor in found.values():
        if tensor.dtype not in DTYPES or tensor.dim() > MAX_RANK:
            raise WireError(f"a tensor of dtype {tensor.dtype} and rank {tensor.dim()}")
    # A bool tensor may carry bytes other than 0 and 1, which compare equal but hash differently.
    return {name: (t != 0 if t.dtype == torch.bool else t).contiguous() for name, t in found.items()}


def to_tree(value, tensors, depth=0):
    """The JSON tree of a value; its tensors are added to `tensors` and named in the tree."""
    if depth > MAX_DEPTH:
        raise WireError(f"nested more than {MAX_DEPTH} deep")
    if isinstance(value, torch.Tensor):
        return {"$t": _keep(value, tensors)}
    if value is None or type(value) in (bool, int, str):
        return _plain(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"$f": "nan" if value != value else "inf" if value > 0 else "-inf"}
    if type(value) is list:
        return [to_tree(item, tensors, depth + 1) for item in value]
    if type(value) is tuple:
        return {"$u": [to_tree(item, tensors, depth + 1) for item in value]}
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise WireError("a dict whose keys are not all strings")
        return {"$d": [[key, to_tree(item, tensors, depth + 1)] for key, item in value.items()]}
    if hasattr(value, "__array__"):
        return {"$t": _keep(torch.as_tensor(value.__array__()), tensors)}
    raise WireError(f"a {type(value).__name__}, expected tensors, numbers, strings, lists, tuples or dicts")


def _keep(tensor, tensors):
    if len(tensors) >= MAX_TENSORS:
        raise WireError(f"more than {MAX_TENSORS} tensors")
    plain = tensor.detach()
    if plain.layout != torch.strided or plain.dtype not in DTYPES:
        raise WireError(f"a tensor of dtype {plain.dtype} and layout {plain.layout}")
    name = f"t{len(tensors)}"
    # A clone, because safetensors refuses tensors that share memory.
    tensors[name] = plain.cpu().contiguous().clone(memory_format=torch.contiguous_format)
    return name


def _plain(value):
    if type(value) is int and abs(value) > 2**53:
        raise WireError("an integer beyond 2^53")
    if type(value) is str and (len(value) > MAX_STRING or not _is_utf8(value)):
        raise WireError(f"a string of more than {MAX_STRING} characters, or with lone surrogates")
    return value


def from_tree(tree, tensors, used, depth=0):
    """The value of a tree; the names of the tensors that it uses are added to `used`."""
    if depth > MAX_DEPTH:
        raise WireError("nested too deeply")
    if tree is None or type(tree) in (bool, int, str):
        return _plain(tree)
    if type(tree) is float:
        if not math.isfinite(tree):
            raise WireError("a number that is not finite")
        return tree
    if type(tree) is list:
        _count(tree)
        return [from_tree(item, tensors, used, depth + 1) for item in tree]
    if type(tree) is not dict or len(tree) != 1:
        raise WireError("an unknown structure")
    ((kind, content),) = tree.items()
    if kind == "$f" and isinstance(content, str) and content in NAMED_FLOATS:
        return NAMED_FLOATS[content]
    if kind == "$t" and isinstance(content, str) and content in tensors and content not in used:
        used.add(content)
        return tensors[content]
    if kind == "$u" and type(content) is list:
        _count(content)
        return tuple(from_tree(item, tensors, used, depth + 1) for item in content)
    if kind == "$d" and type(content) is list:
        _count(content)
        pairs = [(key, from_tree(item, tensors, used, depth + 1)) for key, item in content]
        if not all(type(key) is str and _plain(key) == key for key, _ in pairs) or len(dict(pairs)) != len(pairs):
            raise WireError("a dict with keys that are not distinct strings")
        return dict(pairs)
    raise WireError("an unknown structure")


def _count(items):
    if len(items) > MAX_ITEMS:
        raise WireError(f"more than {MAX_ITEMS} items in one list")


def _is_utf8(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _refuse(name):
    raise WireError(f"{name} is not JSON")
