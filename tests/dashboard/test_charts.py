"""Pictures are well-formed, say what they show, and let nothing in."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from fleet.dashboard.charts import HEIGHT, TOP, WIDTH, Line, Picture, bars, lines, spark

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def picture(*of: Line, title: str = "Jobs", step: timedelta = timedelta(minutes=1)) -> Picture:
    count = len(of[0].values) if of else 0
    return Picture(title=title, at=[NOON + step * n for n in range(count)], step=step, lines=of)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(str(text))


def shapes(text: str, tag: str, style: str) -> list[ET.Element]:
    return [found for found in parsed(text).iter(tag) if found.get("class") == style]


def test_bars_stand_on_each_other_in_proportion() -> None:
    drawn = bars(picture(Line("done", "done", [50, 100]), Line("failed", "failed", [50, 0])))

    done, failed = shapes(drawn, "rect", "done"), shapes(drawn, "rect", "failed")
    heights = [float(rect.get("height", "0")) for rect in done if rect.get("x")]
    assert heights[1] == 2 * heights[0]
    assert len([rect for rect in failed if rect.get("x")]) == 1
    assert float(failed[0].get("y", "0")) + float(failed[0].get("height", "0")) == float(done[0].get("y", "0"))


def test_everything_lies_within_the_picture() -> None:
    drawn = bars(picture(Line("done", "done", [1, 999_999, 0, 3])))

    for rect in parsed(drawn).iter("rect"):
        if rect.get("x"):
            assert 0 <= float(rect.get("x", "0")) <= WIDTH
            assert TOP <= float(rect.get("y", "0")) <= HEIGHT


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    drawn = lines(picture(Line("run", "ran", [1, 2, None, 3, 4, None, 5])), floor=0.001)

    assert len(shapes(drawn, "polyline", "run")) == 2
    assert len(shapes(drawn, "circle", "run")) == 1


def test_on_a_scale_of_decades_ten_times_as_much_is_a_step_higher() -> None:
    drawn = lines(picture(Line("run", "ran", [0.01, 0.1, 1])), floor=0.001)

    [line] = shapes(drawn, "polyline", "run")
    first, second, third = (float(point.partition(",")[2]) for point in line.get("points", "").split())
    assert abs((first - second) - (second - third)) < 0.2


def test_a_picture_of_nothing_says_so() -> None:
    for drawn in (
        bars(picture()),
        lines(picture()),
        lines(picture(), floor=0.001),
        bars(picture(Line("done", "done", [0]))),
    ):
        assert parsed(drawn).tag == "figure"
    assert 'aria-label="Jobs: nothing"' in bars(picture())


def test_the_moment_and_its_numbers_are_said_where_the_pointer_is() -> None:
    drawn = bars(picture(Line("done", "done", [7]), Line("failed", "failed", [2])))

    assert "<title>Mar 01 12:00 UTC: done 7, failed 2</title>" in drawn


def test_a_title_is_text_whatever_it_holds() -> None:
    hostile = '"><script>alert(1)</script>'

    for drawn in (bars(picture(Line("done", hostile, [1]), title=hostile)), spark([1, 2], hostile)):
        assert "<script>" not in drawn
        assert parsed(drawn) is not None


def test_small_bars_are_as_many_as_there_is_something_to_show() -> None:
    assert spark([0, 3, 0, 1], "two").count("<rect") == 2
    assert spark([], "none").count("<rect") == 0
