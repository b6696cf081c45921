import hashlib
from importlib.resources import files

import pytest

from siguiente.course.data.genesis import load_genesis

FOLDER = files("siguiente.course.data")
TEXT = (FOLDER / "genesis.txt").read_text(encoding="utf-8")


def test_the_text_is_the_one_of_the_package():
    assert (
        hashlib.sha256(TEXT.encode()).hexdigest()
        == "1e2583bd4e3116b2c82245b8ec2f63870170238970c21af3bc6562cd5139ba4d"
    )


def test_the_parts_are_the_book_and_do_not_overlap():
    chapters = [chapter.replace("\n", " ") for chapter in TEXT.strip().split("\n\n")]
    train, test = load_genesis("train"), load_genesis("test")
    assert sorted([*train, *test]) == sorted(chapters)
    assert test[0] == chapters[2]
    assert not set(train) & set(test)


def test_another_part_is_refused():
    with pytest.raises(ValueError, match="train, test"):
        load_genesis("dev")


def test_the_card_states_what_the_file_holds():
    card = (FOLDER / "genesis.md").read_text(encoding="utf-8")
    verses = [line for line in TEXT.split("\n") if line]
    assert f"{len(verses)} versículos" in card
    assert f"{TEXT.strip().count(chr(10) * 2) + 1} capítulos" in card
    assert f"({len(load_genesis('test'))})" in card
    assert f"otros {len(load_genesis('train'))}" in card
    assert "Dominio público" in card
