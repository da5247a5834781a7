"""The Merkle tree of the log: RFC 6962 section 2.1, in O(log n) node reads.

Only complete subtrees are stored. Node (level, index) is the hash of the 2**level leaves from
index * 2**level on; level 0 are the leaf hashes. They never change once written:

    level 2         (2,0)
    level 1     (1,0)   (1,1)
    level 0   (0,0)(0,1)(0,2)(0,3)(0,4)      five leaves; root = H((2,0), (0,4))

Where the nodes are kept is somebody else's business: every function takes a reader
`(level, index) -> 32 bytes`. Hashes are SHA-256, 32 bytes each; indexes and sizes count leaves from 0.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rtbf_ledger.errors import ProofInvalid

NodeReader: TypeAlias = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Node:
    """A complete subtree: the hash of the 2**level leaves from index * 2**level on."""

    level: int
    index: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry), 32 bytes (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right), 32 bytes (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(size: int, leaf: bytes, read: NodeReader) -> tuple[Node, ...]:
    """Return the complete subtrees that a new leaf brings to a tree of `size` leaves.

    Args:
        size: the leaves before, so also the index of the new one.
        leaf: its leaf hash, 32 bytes (see `leaf_hash`).
        read: reads a stored node; called once for each new node above the leaf.

    Returns:
        The new nodes from the leaf upward, at most 1 + log2(size + 1) of them, to be stored.
    """
    nodes = [Node(level=0, index=size, hash=leaf)]
    while (last := nodes[-1]).index % 2:
        parent = node_hash(read(last.level, last.index - 1), last.hash)
        nodes.append(Node(level=last.level + 1, index=last.index // 2, hash=parent))
    return tuple(nodes)


def memory_reader(leaves: Sequence[bytes]) -> NodeReader:
    """Return a reader over a list of leaf hashes: the stored form of a tree, held in memory.

    The reader raises KeyError for a node that is not complete yet.
    """
    stored: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return stored[level, index]

    for size, leaf in enumerate(leaves):
        stored.update({(node.level, node.index): node.hash for node in append(size, leaf, read)})
    return read


def root(size: int, read: NodeReader) -> bytes:
    """Return the root hash of the first `size` leaves, 32 bytes (RFC 6962 section 2.1).

    Raises:
        ValueError: the size is negative.
    """
    if size < 0:
        raise ValueError(f"a tree cannot have a negative size: {size}")
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """Return the audit path of a leaf in the tree of `size` leaves (RFC 6962 section 2.1.1).

    Returns:
        The sibling hashes from the leaf upward, at most ceil(log2(size)) of 32 bytes.

    Raises:
        ValueError: the leaf is not in the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, new_size: int, read: NodeReader) -> tuple[bytes, ...]:
    """Return the proof that the old tree is a prefix of the new one (RFC 6962 section 2.1.2).

    Returns:
        At most 1 + ceil(log2(new_size)) hashes; none when the old tree is empty or the same.

    Raises:
        ValueError: the old tree is larger than the new one, or a size is negative.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {new_size} leaves cannot extend one of {old_size}")
    if old_size in {0, new_size}:
        return ()
    start, end, path = 0, new_size, []
    while end > old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    if start:
        path.append(_range_hash(start, end, read))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> None:
    """Check that a leaf hash is at `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.2).

    Raises:
        ProofInvalid: it is not, or the proof has the wrong length or a hash that is not 32 bytes.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"the inclusion proof is for entry {index}, which a log of {size} does not have")
    _check_hashes(proof)
    position, last, seen = index, size - 1, leaf
    for sibling in proof:
        if not last:
            raise ProofInvalid("the inclusion proof is too long")
        if position % 2 or position == last:
            seen = node_hash(sibling, seen)
            position, last = _climb_to_left_edge(position, last)
        else:
            seen = node_hash(seen, sibling)
        position, last = position // 2, last // 2
    if last or seen != root_hash:
        raise ProofInvalid(f"the inclusion proof does not lead from entry {index} to the root hash")


def verify_consistency(
    *, old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2).

    Raises:
        ProofInvalid: it is not, or the proof has the wrong length or a hash that is not 32 bytes.
    """
    if not 0 <= old_size <= new_size:
        raise ProofInvalid(f"a log of {new_size} entries cannot extend one of {old_size}")
    _check_hashes(proof)
    if old_size in {0, new_size}:
        expected = EMPTY_ROOT if not old_size else new_root
        if proof or old_root != expected:
            raise ProofInvalid("the two logs differ, or the consistency proof is too long")
        return
    if not proof:
        raise ProofInvalid("the consistency proof is empty")
    if _replay(old_size, new_size, proof, old_root) != (old_root, new_root):
        raise ProofInvalid(f"the log of {new_size} entries does not extend the one of {old_size}")


def _replay(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Return the old and new root that a consistency proof of at least one hash leads to."""
    hashes = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    position, last = old_size - 1, new_size - 1
    while position % 2:
        position, last = position // 2, last // 2
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            raise ProofInvalid("the consistency proof is too long")
        if position % 2 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            position, last = _climb_to_left_edge(position, last)
        else:
            new = node_hash(new, sibling)
        position, last = position // 2, last // 2
    if last:
        raise ProofInvalid("the consistency proof is too short")
    return old, new


def _climb_to_left_edge(position: int, last: int) -> tuple[int, int]:
    """Skip the levels on which a node at the right edge has no sibling."""
    while position and not position % 2:
        position, last = position // 2, last // 2
    return position, last


def _check_hashes(proof: Sequence[bytes]) -> None:
    if any(len(item) != HASH_BYTES for item in proof):
        raise ProofInvalid(f"a proof is made of hashes of {HASH_BYTES} bytes")


def _split(count: int) -> int:
    """Return the largest power of two smaller than a count of 2 or more (RFC 6962 section 2.1)."""
    return int(1 << (count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, read: NodeReader) -> bytes:
    """Hash the leaves of start..end, a range the tree splits into; one read per set bit of its length."""
    left = start
    peaks = []
    for level in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> level & 1:
            peaks.append(read(level, left >> level))
            left += 1 << level
    seen = peaks.pop()
    while peaks:
        seen = node_hash(peaks.pop(), seen)
    return seen
