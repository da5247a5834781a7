"""The tree against the vectors of the certificate-transparency code and against the RFC's own definition."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtbf_ledger.errors import LedgerError, ProofInvalid
from rtbf_ledger.merkle import (
    EMPTY_ROOT,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    memory_reader,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
sizes = st.integers(min_value=1, max_value=130)


def leaves_of(size):
    """Return that many different leaf hashes."""
    return [leaf_hash(index.to_bytes(4, "big")) for index in range(size)]


def split(count):
    """Return the RFC's k: the largest power of two smaller than n."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves):
    """MTH(D[n]) as RFC 6962 section 2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index, leaves):
    """PATH(m, D[n]) as RFC 6962 section 2.1.1 writes it."""
    if len(leaves) == 1:
        return ()
    k = split(len(leaves))
    if index < k:
        return (*naive_path(index, leaves[:k]), naive_root(leaves[k:]))
    return (*naive_path(index - k, leaves[k:]), naive_root(leaves[:k]))


def naive_subproof(old, leaves, *, whole):
    """SUBPROOF(m, D[n], b) as RFC 6962 section 2.1.2 writes it."""
    if old == len(leaves):
        return () if whole else (naive_root(leaves),)
    k = split(len(leaves))
    if old <= k:
        return (*naive_subproof(old, leaves[:k], whole=whole), naive_root(leaves[k:]))
    return (*naive_subproof(old - k, leaves[k:], whole=False), naive_root(leaves[:k]))


def holds(check, *args, **kwargs):
    """Say whether a verification accepts."""
    try:
        check(*args, **kwargs)
    except ProofInvalid:
        return False
    return True


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size):
    """The reference tree has the reference roots at every size."""
    assert ROOTS[size] == root(size, memory_reader(LEAVES))


@pytest.mark.parametrize(("place", "expected"), INCLUSION.items())
def test_inclusion_proofs_are_those_of_certificate_transparency(place, expected):
    """The reference tree has the reference audit paths, and they verify."""
    index, size = place
    proof = inclusion_proof(index, size, memory_reader(LEAVES))
    assert expected == [item.hex() for item in proof]
    verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root_hash=ROOTS[size])


@pytest.mark.parametrize(("sizes", "expected"), CONSISTENCY.items())
def test_consistency_proofs_are_those_of_certificate_transparency(sizes, expected):
    """The reference tree has the reference consistency proofs, and they verify."""
    old, new = sizes
    proof = consistency_proof(old, new, memory_reader(LEAVES))
    assert expected == [item.hex() for item in proof]
    verify_consistency(old_size=old, new_size=new, proof=proof, old_root=ROOTS[old], new_root=ROOTS[new])


def test_leaf_and_node_hashes_cannot_be_taken_for_each_other():
    """Leaves and nodes are hashed under different first bytes."""
    left, right = LEAVES[:2]
    assert node_hash(left, right) != leaf_hash(left + right)
    assert hashlib.sha256(b"\x00" + b"entry").digest() == leaf_hash(b"entry")


@given(sizes)
def test_root_is_the_recursive_definition(size):
    """The stored form has the root the RFC defines."""
    leaves = leaves_of(size)
    assert naive_root(leaves) == root(size, memory_reader(leaves))


@given(st.data(), sizes)
def test_inclusion_proof_is_the_recursive_definition_and_verifies(data, size):
    """Every leaf of every tree, old sizes of a longer log included."""
    leaves = leaves_of(size + data.draw(st.integers(0, 20)))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, memory_reader(leaves))
    assert naive_path(index, leaves[:size]) == proof
    verify_inclusion(leaves[index], index=index, size=size, proof=proof, root_hash=naive_root(leaves[:size]))


@given(st.data(), sizes)
def test_consistency_proof_is_the_recursive_definition_and_verifies(data, new):
    """Every pair of sizes."""
    leaves, old = leaves_of(new), data.draw(st.integers(1, new))
    proof = consistency_proof(old, new, memory_reader(leaves))
    assert naive_subproof(old, leaves, whole=True) == proof
    roots = {"old_root": naive_root(leaves[:old]), "new_root": naive_root(leaves)}
    verify_consistency(old_size=old, new_size=new, proof=proof, **roots)


@given(st.data(), st.integers(2, 130))
def test_inclusion_of_anything_else_is_refused(data, size):
    """A proof binds its leaf to one place in one tree."""
    leaves, index = leaves_of(size), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, memory_reader(leaves))
    root_hash = naive_root(leaves)
    other = data.draw(st.integers(0, size - 1).filter(lambda drawn: drawn != index))
    for leaf, place, path in (
        (leaves[index], other, proof),
        (leaves[other], index, proof),
        (leaves[index], index, proof[:-1]),
        (leaves[index], index, (*proof, EMPTY_ROOT)),
        (leaves[index], index, (*proof[:-1], proof[-1][:-1])),
        (leaves[index], size, proof),
        (leaves[index], -1, proof),
    ):
        assert not holds(verify_inclusion, leaf, index=place, size=size, proof=path, root_hash=root_hash)


@given(st.data(), st.integers(2, 130))
def test_a_log_that_was_rewritten_is_refused(data, new):
    """Changing, dropping or adding to the proof, or rewriting an old entry, shows."""
    leaves, old = leaves_of(new), data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, new, memory_reader(leaves))
    rewritten = [leaf_hash(b"another"), *leaves[1:]]
    good = {"proof": proof, "old_root": naive_root(leaves[:old]), "new_root": naive_root(leaves)}
    for wrong in (
        {"new_root": naive_root(rewritten)},
        {"old_root": naive_root(rewritten[:old])},
        {"proof": proof[:-1]},
        {"proof": (*proof, EMPTY_ROOT)},
        {"proof": (*proof[:-1], EMPTY_ROOT)},
        {"proof": (*proof[:-1], b"short")},
        {"proof": ()},
    ):
        assert not holds(verify_consistency, old_size=old, new_size=new, **(good | wrong))


def test_empty_and_equal_trees_need_no_proof():
    """Everything extends the empty log, and a log extends itself, with no hashes at all."""
    read = memory_reader(LEAVES)
    assert () == consistency_proof(0, 8, read) == consistency_proof(8, 8, read)
    empty = {"old_size": 0, "new_size": 8, "proof": (), "new_root": ROOTS[8]}
    assert holds(verify_consistency, **empty, old_root=EMPTY_ROOT)
    assert not holds(verify_consistency, **empty, old_root=ROOTS[1])
    same = {"old_size": 8, "new_size": 8, "old_root": ROOTS[8], "new_root": ROOTS[8]}
    assert holds(verify_consistency, **same, proof=())
    assert not holds(verify_consistency, **same, proof=(ROOTS[1],))
    shrunk = {"old_size": 8, "new_size": 7, "old_root": ROOTS[8], "new_root": ROOTS[7]}
    assert not holds(verify_consistency, **shrunk, proof=())


def test_what_is_not_in_the_tree_has_no_proof():
    """Sizes and indexes outside the tree are refused before anything is read."""
    read = memory_reader([])
    with pytest.raises(ValueError, match="leaf 3 is not in a tree of 3"):
        inclusion_proof(3, 3, read)
    with pytest.raises(ValueError, match="cannot extend"):
        consistency_proof(4, 3, read)
    with pytest.raises(ValueError, match="negative"):
        root(-1, read)


@given(st.integers(0, 5000))
def test_append_creates_each_complete_subtree_once(size):
    """Over a life of appends every complete subtree is created exactly once, from the leaf upward."""
    read = memory_reader(leaves_of(size))
    nodes = append(size, leaf_hash(b"new"), read)
    complete = [(level, size >> level) for level in range(20) if (size + 1) % (1 << level) == 0]
    assert complete == [(node.level, node.index) for node in nodes]


@pytest.mark.parametrize("size", [1, 2, 3, 1023, 1024, 1025, 5000])
def test_nothing_takes_more_than_logarithmic_reads(size):
    """Append, root and both proofs read O(log n) stored nodes, and never one that is not complete."""
    stored, reads = memory_reader(leaves_of(size)), []

    def counting(level, index):
        reads.append((level, index))
        return stored(level, index)

    most = 2 * (math.ceil(math.log2(size)) + 1)
    for ask in (
        lambda: append(size, leaf_hash(b"new"), counting),
        lambda: root(size, counting),
        lambda: inclusion_proof(size // 3, size, counting),
        lambda: inclusion_proof(size - 1, size, counting),
        lambda: consistency_proof(max(1, size // 3), size, counting),
        lambda: consistency_proof(max(1, size - 1), size, counting),
    ):
        reads.clear()
        ask()
        assert len(reads) <= most


def test_a_bad_proof_is_an_error_of_the_ledger():
    """One `except LedgerError` is enough for a caller."""
    assert issubclass(ProofInvalid, LedgerError)
