import pytest

from siguiente.course.prompting.extraction import check_extraction

TRUTH = {"producto": "mesa", "precio": 9}


@pytest.mark.parametrize(
    ("text", "valid", "right"),
    [
        (' {"producto": "mesa", "precio": 9}', 1, [1, 1]),
        ('{"precio": 9, "producto": "silla"}', 1, [0, 1]),
        ('{"producto": "mesa"}', 0, [1, 0]),
        ('{"producto": "mesa", "precio": 9, "otro": 1}', 0, [1, 1]),
        ('{"producto": "mesa", "precio": 9', 0, [0, 0]),
        ('[{"producto": "mesa", "precio": 9}]', 0, [0, 0]),
        ('{"producto": "mesa", "precio": "9"}', 1, [1, 0]),
        ("", 0, [0, 0]),
    ],
)
def test_what_counts(text, valid, right):
    found = check_extraction([TRUTH], [text])
    assert found.valid.tolist() == [valid]
    assert found.right.tolist() == [right]


def test_as_many_answers_as_texts():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        check_extraction([TRUTH], [])
