from sandbox.discord.snowflake import Snowflakes, time_of


def test_an_id_tells_when_it_was_made() -> None:
    # The example of Discord's documentation: 2016-04-30 11:18:25.796 UTC.
    assert time_of("175928847299117063") == 1462015105.796
    made = Snowflakes(lambda: 1462015105.796).next()
    assert int(made) >> 22 == 175928847299117063 >> 22


def test_each_is_larger_than_all_before_even_if_the_clock_is_set_back() -> None:
    times = iter([2e9, 2e9, 1.9e9, 2.1e9])
    snowflakes = Snowflakes(lambda: next(times))
    made = [int(snowflakes.next()) for _ in range(4)]
    assert made == sorted(set(made))


def test_they_go_on_after_the_last_of_an_earlier_run() -> None:
    first = Snowflakes(lambda: 2e9)
    first.next()
    assert int(Snowflakes(lambda: 1.9e9, first.last).next()) == int(first.last) + 1
