"""What an order of several pictures looks like: with what is there already, and what is said of the rest."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.messages.content import Content, Unseen
from bot.messages.failures import FAILURE_TEXTS
from bot.messages.order import order_content
from bot.messages.picture import Link
from bot.messages.words import ENGLISH, Languages
from core.failures import FailureCode
from core.orders import COUNT_MAX, Estimate, Job, Order, Picture, Progress, State
from tests.jobs import NOW, job, order, picture
from tests.unit.bot.test_render import BEGUN, ENDED, LINK, UNKNOWN, buttons, components, texts

FOUR = order(count=COUNT_MAX)

WAITING: dict[str, Any] = {"state": State.QUEUED}
RUNNING: dict[str, Any] = {"state": State.RUNNING, **BEGUN}
DONE: dict[str, Any] = {"state": State.DONE, **ENDED}
CANCELLED: dict[str, Any] = {"state": State.CANCELLED, "finished_at": NOW}
REFUSED: dict[str, Any] = {"state": State.FAILED, "failure": FailureCode.REFUSED, **ENDED}
LOST: dict[str, Any] = {
    "state": State.FAILED, "failure": FailureCode.WORKER_LOST, "counted": Decimal(9), **ENDED,
}  # fmt: skip


def four(*states: dict[str, Any], of: Order = FOUR, deleted: tuple[int, ...] = ()) -> Progress:
    """An order with jobs in these states; each that is done has its picture, unless that was deleted."""
    jobs = tuple(job(number, of=of, **changes) for number, changes in enumerate(states, start=1))
    return Progress(order=of, jobs=jobs, pictures=pictures(jobs, deleted))


def pictures(jobs: tuple[Job, ...], deleted: tuple[int, ...] = ()) -> tuple[Picture, ...]:
    done = [one for one in jobs if one.state is State.DONE and one.number not in deleted]
    return tuple(picture(one.number, of=one.order) for one in done)


def show(
    progress: Progress,
    estimate: Estimate = UNKNOWN,
    *,
    previews: dict[int, bytes | Unseen] | None = None,
    links: dict[int, Link | None] | None = None,
) -> Content:
    """`previews` and `links` are by number; the others are there."""
    seen: dict[int, bytes | Unseen] = {one.id: b"%d" % one.number for one in progress.pictures}
    full: dict[int, Link | None] = {
        one.id: replace(LINK, url=f"{LINK.url}&n={one.number}") for one in progress.pictures
    }
    seen |= {progress.order.id * 16 + number: preview for number, preview in (previews or {}).items()}
    full |= {progress.order.id * 16 + number: link for number, link in (links or {}).items()}
    return order_content(progress, estimate, seen, full, ENGLISH)


def gallery(content: Content) -> list[dict[str, Any]]:
    found = [one for one in components(content)[0]["components"] if one["type"] == 12]
    assert len(found) <= 1
    return found[0]["items"] if found else []


def files(content: Content) -> dict[str, bytes]:
    return {file.name: file.content for file in content.files}


def full_sizes(content: Content) -> list[str]:
    """The numbers of those to which a link leads."""
    return re.findall(r"\[(\d)\]\(https://", texts(content))


def options(content: Content) -> list[tuple[str, str]]:
    """Of the menu, the labels and what each leads to."""
    found = json.dumps(components(content), ensure_ascii=False)
    return re.findall(r'"label": "([^"]+)", "value": "(\d+)"', found)


@pytest.mark.parametrize(
    ("price", "said"),
    [("1", "4 × 1 credit ·"), ("6.5", "4 × 6.5 credits ·"), ("40.0", "4 × 40 credits ·")],
)
def test_the_price_is_said_until_all_is_over_and_the_sum_where_it_is_another(price: str, said: str) -> None:
    asked = replace(FOUR, private=True)
    of_that = {"price": Decimal(price)}
    for states in ((WAITING, WAITING, WAITING, WAITING), (DONE, REFUSED, RUNNING, WAITING)):
        content = show(four(*({**state, **of_that} for state in states), of=asked))
        assert said in texts(content)
    counted = {**DONE, "counted": Decimal(price)}
    assert "credit" not in texts(show(four(counted, counted, counted, counted)))
    assert "2 of 4 pictures · 13 credits in all" in texts(
        show(four(*({**DONE, "counted": Decimal("6.5")},) * 2, REFUSED, CANCELLED))
    )
    assert "1 credit in all" in texts(show(four({**DONE, "counted": Decimal(1)}, REFUSED, REFUSED, REFUSED)))


def test_four_that_wait_are_one_line_and_one_cancel() -> None:
    content = show(four(WAITING, WAITING, WAITING, WAITING), Estimate(3, 40.0))
    assert "⏳ Waiting in line\nLikely done" in texts(content)
    assert "640 × 480 · made by AI with Stable Image Core · 4 × 3 credits" in texts(content)
    assert buttons(content) == ["Cancel"]
    assert "tried again" in texts(show(four(WAITING, {**WAITING, "faults": 1}, WAITING, WAITING)))


def test_what_is_there_already_is_shown_while_the_rest_is_painted() -> None:
    content = show(four(DONE, RUNNING, DONE, WAITING), Estimate(None, 9.0))
    assert f"🔄 Painting: 2 of 4\nStarted <t:{int(NOW.timestamp())}:R>, likely done <t:" in texts(content)
    assert files(content) == {"1.webp": b"1", "3.webp": b"3"}
    assert [one["media"]["url"] for one in gallery(content)] == ["attachment://1.webp", "attachment://3.webp"]
    assert {one["description"] for one in gallery(content)} == {"a red fox in the snow (made by AI)"}
    assert full_sizes(content) == ["1", "3"]
    assert buttons(content) == ["Cancel"]
    assert options(content) == []
    assert "order:cancel:1" in json.dumps(components(content))


def test_the_full_sizes_are_one_line_in_which_each_number_leads_to_its_own() -> None:
    said = texts(show(four(DONE, REFUSED, DONE, WAITING)))
    assert f"\n🔗 Full size [1]({LINK.url}&n=1) · [3]({LINK.url}&n=3)" in said


def test_the_rest_of_an_order_that_waits_again_says_so() -> None:
    said = texts(show(four(DONE, WAITING, WAITING, WAITING), Estimate(2, 9.0, stands=True)))
    assert "🔄 Painting: 1 of 4\nNumber 2 in line · Likely done" in said
    assert "Started" not in said


def test_it_is_at_work_since_the_first_of_those_that_are() -> None:
    later = {**RUNNING, "started_at": NOW.replace(hour=23)}
    assert f"<t:{int(NOW.timestamp())}:R>" in texts(show(four(later, RUNNING, later, DONE)))


def test_when_all_is_over_each_can_be_opened_and_the_order_asked_for_again() -> None:
    content = show(four(DONE, DONE, DONE, DONE))
    assert len(gallery(content)) == 4
    assert [value for _label, value in options(content)] == ["17", "18", "19", "20"]
    assert [label[:3] for label, _value in options(content)] == ["1. ", "2. ", "3. ", "4. "]
    assert full_sizes(content) == ["1", "2", "3", "4"]
    assert buttons(content) == ["Again", "Edit"]
    assert re.findall(r"order:\w+:\d+", json.dumps(components(content))) == ["order:again:1", "order:edit:1"]
    assert "picture:" not in json.dumps(components(content))
    said = texts(content)
    assert said.startswith(
        "> a red fox in the snow\n-# ✓ 640 × 480 · made by AI with Stable Image Core · 4 pictures\n"
    )
    assert "<t:" not in said
    assert "Painting" not in said


def test_what_failed_is_said_beside_the_others_once_each_with_what_it_counts() -> None:
    for last in (DONE, RUNNING):
        said = texts(show(four(REFUSED, LOST, REFUSED, last)))
        assert f"**1, 3.** ⚠️ {FAILURE_TEXTS[FailureCode.REFUSED]} Nothing was charged." in said
        assert f"**2.** ⚠️ {FAILURE_TEXTS[FailureCode.WORKER_LOST]} It counts as 9 credits" in said
        assert said.count("⚠️") == 2
    content = show(four(REFUSED, LOST, REFUSED, {**DONE, "counted": Decimal(3)}))
    # What the others cost is told beside the price of the one that came.
    assert "1 of 4 pictures · 12 credits in all" in texts(content)
    assert [value for _label, value in options(content)] == ["20"]
    assert options(content)[0][0].startswith("4. ")


def test_the_charge_of_a_reason_is_that_of_all_it_stands_for() -> None:
    assert "**1, 2.** ⚠️" in (said := texts(show(four(LOST, LOST, DONE, DONE))))
    assert "It counts as 18 credits" in said


def test_where_nothing_came_there_is_nothing_to_open() -> None:
    content = show(four(REFUSED, REFUSED, LOST, CANCELLED))
    said = texts(content)
    assert said.startswith("### ⚠️ No picture\n**1, 2.** ⚠️ Stability's content filter refused")
    assert (
        said.index("**3.** ⚠️")
        < said.index("**4.** 🚫 Cancelled. Nothing was charged.")
        < said.index("> a red")
    )
    assert said.count("⚠️") == 3
    assert (gallery(content), options(content), buttons(content)) == ([], [], ["Again", "Edit"])


def test_cancelled_half_way_what_is_there_stays() -> None:
    begun = {**CANCELLED, "started_at": NOW, "counted": Decimal(3)}
    content = show(four(DONE, DONE, begun, CANCELLED))
    assert len(gallery(content)) == 2
    assert "2 of 4 pictures" in texts(content)
    assert "**3, 4.** 🚫 Cancelled. It counts as 3 credits" in texts(content)
    assert "### 🚫" not in texts(content)
    assert buttons(content)[-2:] == ["Again", "Edit"]


def test_all_cancelled_is_said_once() -> None:
    content = show(four(CANCELLED, CANCELLED, {**CANCELLED, "counted": Decimal(3)}, CANCELLED))
    assert texts(content).startswith("### 🚫 Cancelled\nIt counts as 3 credits")
    assert texts(content).count("🚫") == 1


@pytest.mark.parametrize("last", [DONE, RUNNING])
def test_a_deleted_one_leaves_the_others(last: dict[str, Any]) -> None:
    content = show(four(DONE, DONE, DONE, last, deleted=(2,)))
    assert "**2.** 🗑️ Deleted." in texts(content)
    assert "2.webp" not in files(content)
    assert "18" not in [value for _label, value in options(content)]
    assert "2" not in buttons(content)


def test_a_deleted_one_and_a_failed_one_are_an_order_without_pictures() -> None:
    """Deleted while the last was painted, which then failed: the order is done, and nothing is left to see."""
    content = show(four(DONE, REFUSED, REFUSED, REFUSED, deleted=(1,)))
    assert "0 of 4 pictures" in texts(content)
    assert (gallery(content), options(content), buttons(content)) == ([], [], ["Again", "Edit"])


@pytest.mark.parametrize("covered", [True, False])
def test_a_spoiler_covers_each_of_them(covered: bool) -> None:
    for states in ((DONE, DONE, DONE, DONE), (DONE, DONE, RUNNING, WAITING)):
        items = gallery(show(four(*states, of=replace(FOUR, spoiler=covered))))
        assert len(items) >= 2
        assert {item.get("spoiler", False) for item in items} == {covered}


def test_a_private_order_says_so() -> None:
    assert "private" in texts(show(four(DONE, DONE, DONE, DONE, of=replace(FOUR, private=True))))
    assert "private" not in texts(show(four(DONE, DONE, DONE, DONE)))


@pytest.mark.parametrize(
    ("why", "said"), [(Unseen.EXPLICIT, "for explicit"), (Unseen.REFUSED, "did not take")]
)
def test_where_discord_takes_no_picture_none_is_shown_and_all_can_be_opened(why: Unseen, said: str) -> None:
    for states in ((DONE, DONE, DONE, REFUSED), (DONE, RUNNING, DONE, DONE)):
        whole = show(four(*states))
        assert whole.without_picture is not None
        content = whole.without_picture(why)
        assert (gallery(content), content.files) == ([], ())
        assert said in texts(content)
        assert content.without_picture is None
        assert buttons(content) == buttons(whole)
        assert options(content) == options(whole)


def test_one_whose_preview_is_gone_is_said_and_the_others_are_shown() -> None:
    whole = show(four(DONE, DONE, DONE, DONE), previews={3: Unseen.GONE})
    assert list(files(whole)) == ["1.webp", "2.webp", "4.webp"]
    assert "**3.** 🖼️ It was painted, but its small version is not there any more." in texts(whole)
    assert whole.without_picture is not None
    content = whole.without_picture(Unseen.REFUSED)
    assert "**3.** 🖼️ It was painted, but its small version" in texts(content)
    assert "did not take these pictures" in texts(content)


def test_links_that_discord_takes_for_harmful_are_left_out() -> None:
    whole = show(four(DONE, DONE, DONE, DONE))
    assert whole.without_button is None
    assert whole.without_link is not None
    content = whole.without_link()
    assert "**1, 2, 3, 4.** 🔗 Discord takes the link to its full size for harmful" in texts(content)
    assert LINK.url not in json.dumps(components(content))
    assert (content.without_button, content.without_link) == (None, None)
    assert len(gallery(content)) == 4


def test_what_has_no_full_size_now_says_why() -> None:
    progress = four(DONE, DONE, DONE, DONE)
    expired = replace(progress.pictures[3], expired_at=NOW)
    progress = replace(progress, pictures=(*progress.pictures[:3], expired))
    content = show(progress, links={1: None, 2: None, 4: None})
    assert "**1, 2.** 🕓 It is safe, and its full size follows shortly." in texts(content)
    assert "**4.** 🕓 The full size has expired." in texts(content)
    assert full_sizes(content) == ["3"]


@pytest.mark.parametrize("length", [60, 512, 513, 900, 1500, 3000])
@pytest.mark.parametrize("states", [(DONE, DONE, DONE, DONE), (DONE, LOST, REFUSED, RUNNING)])
def test_the_longest_prompt_and_links_stay_within_discords_limit(
    length: int, states: tuple[dict[str, Any], ...]
) -> None:
    link = Link("https://b.example/".ljust(length, "x"), NOW)
    nasty = order(
        count=4, prompt="*" * 2000, negative_prompt="*" * 2000, style="modeling-compound", private=True
    )
    whole = show(four(*states, of=nasty), links=dict.fromkeys((1, 2, 3, 4), link))
    contents = [whole]
    for less in (whole.without_button, whole.without_link):
        contents += [less()] if less is not None else []
    for content in contents:
        assert len(texts(content)) <= 4000
        assert json.dumps(components(content)).count('"type"') <= 40
        assert r"> \*\*\*" in texts(content)
    if length <= 512 and states.count(DONE) == 4:
        assert full_sizes(whole) == ["1", "2", "3", "4"]


def test_it_is_said_in_the_members_language() -> None:
    progress = four(DONE, REFUSED, RUNNING, WAITING)
    ids = [one.id for one in progress.pictures]
    say = Languages().of("de")
    content = order_content(progress, UNKNOWN, dict.fromkeys(ids, b"1"), dict.fromkeys(ids, LINK), say)
    assert "Wird gemalt: 1 von 4" in texts(content)
    assert "🔗 Volle Größe [1](" in texts(content)
