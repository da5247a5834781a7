"""What was pruned and what was touched, by the names that people and machines are told."""

from collections.abc import Mapping

from rtbf_jobs.erasers.parquet_file.prune import Looked

TOUCHED = "row_groups_touched"
NAMES = {
    Looked.INDEX: "row_groups_pruned_by_index",
    Looked.STATISTICS: "row_groups_pruned_by_statistics",
    Looked.BLOOM: "row_groups_pruned_by_bloom_filter",
    Looked.PAGE_INDEX: "row_groups_pruned_by_page_index",
    Looked.DICTIONARY: "row_groups_pruned_by_dictionary",
    Looked.KEYS: "row_groups_searched",
}


def group_counts(looked: Mapping[Looked, int], touched: int) -> dict[str, int]:
    """Return how many row groups were ruled out by what, searched, and touched; what is zero is left out."""
    counts = {NAMES[told]: count for told, count in looked.items()} | {TOUCHED: touched}
    return {name: count for name, count in counts.items() if count}
