"""The dossiers used last: looked up while others are written."""

from __future__ import annotations

import sys
import threading

from engine.kept import Kept


def test_the_one_not_used_for_longest_is_forgotten() -> None:
    kept: Kept[int] = Kept(2)
    for name, value in (("a", 1), ("b", 2)):
        kept.put(name, value)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(each) for each in "abc"] == [1, None, 3]
    kept.forget("a")
    kept.forget("a")
    assert kept.get("a") is None


def test_any_number_of_threads_may_use_it() -> None:
    kept: Kept[int] = Kept(8)
    faults: list[BaseException] = []

    def use(seed: int) -> None:
        try:
            for number in range(4_000):
                name = str((number * seed) % 17)
                kept.put(name, number)
                kept.get(name)
                kept.forget(str((number * seed + 5) % 17))
        except BaseException as fault:
            faults.append(fault)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=use, args=(seed,)) for seed in (3, 5, 7, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert faults == []
