from __future__ import annotations

import pytest

from benchmarks.scale import FINAL, plan, simulate


def test_a_plan_grows_with_its_passages_and_names_what_limits_it() -> None:
    small, large = plan(1_000_000, 10_000_000, rate=1), plan(1_000_000_000, 10_000_000, rate=20)
    assert (small.shards, large.shards) == (1, 100)
    assert large.disk == pytest.approx(1000 * small.disk)
    assert (small.limit, large.limit) == ("reading answers", "searching")
    assert large.count > small.count


def test_who_asks_alone_waits_for_the_work_and_a_crowd_for_one_another() -> None:
    alone = simulate(1_000_000, 1_000_000, rate=0.05, seconds=20_000)
    assert alone["answered, median s"] == pytest.approx(FINAL / 2 + 0.1, abs=0.1)
    split, whole = (simulate(10**9, shard, rate=1, seconds=600) for shard in (10**7, 10**8))
    assert split["found, median s"] < whole["found, median s"]
