"""The referee: which machines make up a round, and what becomes of those that come late or are lost."""

import pytest

from image_classification.learning.elastic.driver.referee import (
    LAST_CALL,
    LOST_AFTER,
    OVER,
    Referee,
    Shortfall,
)


class Machines:
    """Machines that ask a referee, and a clock that stands still unless it is set on."""

    def __init__(self, fewest: int, most: int, wait_s: float = 100.0) -> None:
        self.now = 0.0
        self.referee = Referee(fewest, most, wait_s, first="driver", clock=lambda: self.now)

    def arrive(self, *nodes: str, after: int = 0) -> list[dict]:
        """Let machines arrive one after the other; return what they hear once all have."""
        for node in nodes:
            self.referee.arrive(node, node, after)
        return [self.referee.arrive(node, node, after) for node in nodes]

    def come(self, node: str) -> bool:
        return self.referee.alive(node)["come"]


def places(answers: list[dict]) -> list[tuple[int, int, int]]:
    return [(each["round"], each["rank"], each["nodes"]) for each in answers]


def test_the_machine_of_the_command_is_the_first_whenever_it_comes():
    machines = Machines(3, 3)

    assert places(machines.arrive("b", "a", "driver")) == [(1, 1, 3), (1, 2, 3), (1, 0, 3)]


def test_nothing_begins_before_the_fewest_are_there():
    machines = Machines(3, 4)

    assert machines.arrive("driver", "a") == [{}, {}]


def test_nothing_begins_without_the_machine_of_the_command():
    assert Machines(2, 2).arrive("a", "b", "c") == [{}, {}, {}]


def test_more_than_the_fewest_are_waited_for_a_moment():
    machines = Machines(1, 3)
    assert machines.arrive("driver", "a") == [{}, {}]
    machines.now += LAST_CALL

    assert places(machines.arrive("driver", "a")) == [(1, 0, 2), (1, 1, 2)]


def test_a_machine_that_comes_later_brings_all_to_a_new_round():
    machines = Machines(2, 3)
    machines.arrive("driver", "a")
    machines.now += LAST_CALL
    machines.arrive("driver", "a")
    assert not machines.come("a")

    assert machines.arrive("b") == [{}]
    assert machines.come("driver")
    assert machines.come("a")
    assert places(machines.arrive("driver", "a", "b", after=1)) == [(2, 0, 3), (2, 1, 3), (2, 2, 3)]
    assert not any(map(machines.come, ("driver", "a", "b")))


def test_one_too_many_waits_until_another_has_left():
    machines = Machines(2, 2)
    machines.arrive("driver", "a")
    assert machines.arrive("b") == [{"full": True}]
    assert not machines.come("driver")

    machines.referee.leave("a")
    assert machines.arrive("b") == [{}]
    assert machines.come("driver")
    machines.arrive("driver", after=1)
    assert places(machines.arrive("b", "driver", after=1)) == [(2, 1, 2), (2, 0, 2)]


def test_a_machine_that_says_nothing_is_lost():
    machines = Machines(1, 2)
    machines.arrive("driver", "a")
    for _ in range(4):
        machines.now += LOST_AFTER / 2.5
        come = machines.come("driver")

    assert come
    assert places(machines.arrive("driver", after=1)) == [(2, 0, 1)]
    assert machines.come("a")  # it was only away


def test_nobody_goes_on_while_another_one_of_the_round_is_about_to_come():
    machines = Machines(1, 3)
    machines.arrive("driver", "a", "b")

    assert machines.arrive("driver", "a", after=1) == [{}, {}]
    assert machines.come("b")
    assert places(machines.arrive("b", "driver", after=1)) == [(2, 2, 3), (2, 0, 3)]


def test_a_machine_that_has_forgotten_its_round_gets_a_new_one():
    machines = Machines(2, 2)
    machines.arrive("driver", "a")
    machines.referee.leave("driver")

    assert machines.arrive("driver") == [{}]
    assert machines.come("a")
    assert places(machines.arrive("a", after=1)) == [(2, 1, 2)]


def test_too_few_for_too_long_are_told_so():
    machines = Machines(2, 2, wait_s=5.0)
    machines.arrive("driver")
    machines.now += 5.1

    (answer,) = machines.arrive("driver")
    assert "1 machine of at least 2" in answer["closed"]
    assert machines.come("driver")


@pytest.mark.parametrize("after", [0, 1])
def test_after_the_end_everybody_hears_the_first_reason(after):
    machines = Machines(1, 1)
    machines.arrive("driver")
    machines.referee.close(OVER)
    machines.referee.close("something else")

    assert machines.arrive("driver", after=after) == [{"closed": OVER}]


def test_a_training_that_lacks_machines_says_which_are_gone_and_how():
    machines = Machines(3, 3, wait_s=50.0)
    assert machines.referee.shortfall() is None  # it has not begun: nobody is missed
    machines.arrive("driver", "a", "b")
    machines.referee.leave("b")
    assert machines.referee.shortfall() is None  # two of them are still at work
    machines.arrive("driver", "a", after=1)
    assert machines.referee.shortfall() == Shortfall(("b has left",), 1, 50.0)

    machines.now += LOST_AFTER + 1
    machines.arrive("driver", after=1)
    assert machines.referee.shortfall() == Shortfall(("b has left", "a was lost"), 2, 50.0)

    machines.arrive("c")
    assert machines.referee.shortfall() == Shortfall(("b has left", "a was lost"), 1, 50.0)
    machines.arrive("a")
    assert machines.referee.shortfall() is None


def test_what_is_over_lacks_nobody():
    machines = Machines(2, 2)
    machines.arrive("driver", "a")
    machines.referee.leave("a")
    machines.arrive("driver", after=1)
    assert machines.referee.shortfall()

    machines.referee.close(OVER)
    assert machines.referee.shortfall() is None


def test_enough_of_them_lack_nobody():
    machines = Machines(1, 2)
    machines.arrive("driver", "a")
    machines.referee.leave("a")
    machines.arrive("driver", after=1)

    assert machines.referee.shortfall() is None


def test_those_that_go_on_know_who_does_not():
    machines = Machines(1, 3)
    machines.arrive("driver", "a", "b")
    machines.now += LAST_CALL
    machines.arrive("driver", "a", "b")
    assert machines.referee.left_behind() == ()

    machines.referee.leave("a")
    machines.arrive("b", "driver", after=1)
    assert machines.referee.left_behind() == ("a has left",)
    machines.arrive("c")
    machines.arrive("driver", "b", "c", after=2)
    assert machines.referee.left_behind() == ()


def test_the_end_is_heard_by_all_but_those_that_are_gone():
    machines = Machines(2, 3)
    assert machines.referee.all_have_heard()
    machines.arrive("driver", "a", "b")
    machines.referee.close(OVER)
    assert not machines.referee.all_have_heard()

    machines.arrive("a")
    assert not machines.referee.all_have_heard()
    machines.now += LOST_AFTER + 1
    assert machines.referee.all_have_heard()
