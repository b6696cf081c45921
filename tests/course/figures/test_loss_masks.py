from siguiente.course.figures.loss_masks import WIDE, loss_mask_strip, token_places


def test_each_token_is_drawn_once_with_its_spaces_and_line_breaks_visible():
    ax = loss_mask_strip(["de", " 5 $", "\n"], [False, True, True])
    assert [text.get_text() for text in ax.texts] == ["de", r"␣5 \$", "⏎"]


def test_the_tokens_that_count_differ_in_more_than_colour():
    ax = loss_mask_strip(["uno", "dos"], [False, True])
    one, two = ax.texts
    assert (one.get_weight(), two.get_weight()) == ("normal", "bold")
    assert one.get_bbox_patch().get_linestyle() != two.get_bbox_patch().get_linestyle()
    assert one.get_bbox_patch().get_facecolor() != two.get_bbox_patch().get_facecolor()


def test_the_legend_says_what_counts():
    ax = loss_mask_strip(["uno"], [True])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["se lee, no cuenta", "se aprende"]


def test_lines_break_between_tokens_and_are_never_too_wide():
    widths = [7, 13, 22, 5, 31, 60, 2, 44]
    places = token_places(widths)
    assert all(x + width <= WIDE for (x, _), width in zip(places, widths, strict=True))
    assert [row for _, row in places] == sorted(row for _, row in places)


def test_a_token_longer_than_a_line_has_one_of_its_own():
    assert [row for _, row in token_places([2, WIDE + 5, 2])] == [0, 1, 2]
