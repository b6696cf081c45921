"""El reparto de las páginas entre los procesos."""

from balance import balanced


def test_the_costly_pages_are_shared_out():
    seconds = {"p1": 100, "p2": 90, "p3": 20, "p4": 10}
    order = balanced(["a", "b", "p1", "p2", "p3", "p4", "z"], seconds, sizes=[3, 3, 1], workers=2)
    batches = [order[:3], order[3:6], order[6:]]
    assert [sum(seconds.get(name, 0) for name in batch) for batch in batches] == [110, 110, 0]


def test_no_page_is_lost_when_there_are_more_than_fit():
    names = [f"p{number}" for number in range(9)]
    order = balanced(names, dict.fromkeys(names, 1.0), sizes=[3, 3, 3], workers=2)
    assert sorted(order) == names
