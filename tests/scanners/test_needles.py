"""What is made of identifiers once a batch, and never kept for another one."""

from collections.abc import Callable
from dataclasses import replace

from lineage_assets.identifiers import Sought
from scanners.residual import Made, ScanOrder
from scanners.residual.needles import needles_of


def test_the_next_asset_of_a_batch_takes_what_was_made(order: Callable[..., ScanOrder]) -> None:
    """Another asset with other keys looks for the same people; others make all of it anew."""
    people = tuple(Sought(namespace="email", value=f"p{n}@x.example", request=n) for n in range(3))
    first, made = order(people, {"mail": "email"}), Made()
    kept = made.of(first)
    assert kept is made.of(replace(first, asset="other", subjects=tuple(map(replace, people))))
    for other in (
        replace(first, subjects=people[:2]),
        replace(first, subjects=(replace(people[0], shared=True), *people[1:])),
        replace(first, hmac_keys={"training": b"k" * 32}),
    ):
        assert made.of(first) == kept
        assert made.of(other) == needles_of(other) != kept
