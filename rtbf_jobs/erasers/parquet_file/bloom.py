"""Split-block Bloom filters: whether a chunk may hold a value. BloomFilter.md of apache/parquet-format.

A filter that is not understood to its last bit is none: `read_filter` returns None, and the caller looks on.
"""

from dataclasses import dataclass, field

import xxhash

from rtbf_jobs.erasers.parquet_file.thrift import STRUCT, ThriftError, read_struct

NUM_BYTES, ALGORITHM, HASH, COMPRESSION = 1, 2, 3, 4
SPLIT_BLOCK = XXHASH = UNCOMPRESSED = 1
KINDS = (ALGORITHM, SPLIT_BLOCK), (HASH, XXHASH), (COMPRESSION, UNCOMPRESSED)
WORD, BLOCK, LARGEST = 4, 32, 128 << 20
LOW_32 = (1 << 32) - 1
SALTS = (
    *(0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D),
    *(0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31),
)


@dataclass(frozen=True)
class BloomFilter:
    """The blocks of a filter: 256 bits each, eight little-endian words of 32."""

    blocks: bytes = field(repr=False)

    def may_hold(self, plain: bytes) -> bool:
        """Return False only where a value, given in Parquet's PLAIN encoding, was never put in."""
        hashed = xxhash.xxh64_intdigest(plain, seed=0)
        at = ((hashed >> 32) * (len(self.blocks) // BLOCK) >> 32) * BLOCK
        for number, salt in enumerate(SALTS):
            bit = ((hashed & LOW_32) * salt & LOW_32) >> 27
            if not self.blocks[at + number * WORD + bit // 8] >> bit % 8 & 1:
                return False
        return True


def read_filter(raw: bytes) -> BloomFilter | None:
    """Return the filter that fills some bytes, header and blocks; None where it is not to be trusted.

    That is: damaged, of another length than it says, of an algorithm, hash or compression that is not known
    here, or without a single bit, which says that the chunk holds nothing at all.
    """
    try:
        header, end = read_struct(raw, 0)
    except (ThriftError, IndexError):
        return None
    blocks, size = raw[end:], header.get(NUM_BYTES)
    known = header.fields.keys() == {NUM_BYTES, ALGORITHM, HASH, COMPRESSION} and all(
        header.fields[number][0] == STRUCT and header.get(number).fields.keys() == {kind}
        for number, kind in KINDS
    )
    whole = size == len(blocks) and 0 < len(blocks) <= LARGEST and len(blocks) % BLOCK == 0
    return BloomFilter(blocks) if known and whole and any(blocks) else None
