import pytest
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.prompting.label_scores import TWEET_TEMPLATES
from siguiente.prompting.templates import Template


@given(value=st.text())
def test_any_text_fits_in_a_field_unchanged(value):
    assert Template("antes <x> después").fill({"x": value}) == f"antes {value} después"


def test_what_fills_a_field_is_not_read_again():
    template = Template("<a>-<b>")
    assert template.fill({"a": "<b>", "b": "{a}"}) == "<b>-{a}"
    with pytest.raises(KeyError):
        "{tweet}".format(**{"otra": "llave"})


@pytest.mark.parametrize("values", [{}, {"a": "1"}, {"a": "1", "b": "2", "c": "3"}])
def test_missing_and_extra_fields_are_named(values):
    with pytest.raises(ValueError, match=r"pide los campos \(a, b\)"):
        Template("<a> <b>").fill(values)


def test_there_are_twelve_templates_and_only_the_second_form_lists_the_categories():
    assert len({template.name for template in TWEET_TEMPLATES}) == 12
    for template in TWEET_TEMPLATES:
        assert template.free.fields == template.listed.fields == {"usuario", "tweet"}
        assert "RETAIL" in template.listed.text
        assert "RETAIL" not in template.free.text
        assert not template.listed.text.endswith(" ")
