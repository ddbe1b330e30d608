"""Who may be given what by two calls, after what was given to whom: the rules of pairing alone, without a service."""

from __future__ import annotations

from typing import List

import pytest
from pairing_flows import AWAY, HOME, Flow, World, alone, with_flows

from ops_center_byok_client._released_key import OWN_ADDRESS, Destination

FIVE_MINUTES = 300.0


@pytest.fixture
def world(clock: List[float]) -> World:
    return World()


async def test_a_key_given_alone_keeps_other_endpoints_from_strangers(world: World) -> None:
    await alone(lambda: world.key(HOME))
    assert await alone(lambda: world.endpoint(AWAY)) == ["endpoint"]
    assert await alone(lambda: world.endpoint(OWN_ADDRESS)) == ["endpoint"]
    assert await alone(lambda: world.endpoint(AWAY, "eve")) == ["given"]
    assert await alone(lambda: world.endpoint(HOME)) == ["given"]


async def test_each_such_key_waits_for_its_own_endpoint(world: World) -> None:
    async def body(one: Flow, other: Flow) -> None:
        await one(lambda: world.key(HOME))
        await other(lambda: world.key(HOME))
        assert await one(lambda: world.endpoint(HOME)) == "given"
        assert await alone(lambda: world.endpoint(AWAY)) == ["endpoint"]
        assert await other(lambda: world.endpoint(HOME)) == "given"
        assert await alone(lambda: world.endpoint(AWAY)) == ["given"]

    await with_flows(body)


async def test_a_key_waits_for_five_minutes_counted_anew_with_each(world: World, clock: List[float]) -> None:
    await alone(lambda: world.key(HOME))
    clock[0] += FIVE_MINUTES - 1
    await alone(lambda: world.key(HOME))
    clock[0] += FIVE_MINUTES - 1
    assert await alone(lambda: world.endpoint(AWAY)) == ["endpoint"]
    clock[0] += 1
    assert await alone(lambda: world.endpoint(AWAY)) == ["given"]


async def test_the_next_key_of_a_task_takes_the_place_of_the_one_before(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.key(HOME))
        await flow(lambda: world.key(AWAY))
        assert await alone(lambda: world.endpoint(HOME)) == ["endpoint"]
        assert await flow(lambda: world.endpoint(HOME)) == "endpoint"
        # What was withheld from it, it knows: others need not wait for it any more.
        assert await alone(lambda: world.endpoint(HOME)) == ["given"]
        assert await flow(lambda: world.endpoint(AWAY)) == "given"

    await with_flows(body)


async def test_a_task_ends_no_more_waiting_than_its_own(world: World) -> None:
    async def body(one: Flow, other: Flow) -> None:
        await one(lambda: world.key(HOME))
        await other(lambda: world.key(HOME))
        for _ in range(3):
            assert await one(lambda: world.endpoint(AWAY)) == "endpoint"
        assert await alone(lambda: world.endpoint(AWAY)) == ["endpoint"]

    await with_flows(body)


async def test_a_key_with_its_endpoint_is_held_against_others_too(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        assert await flow(lambda: world.both(HOME)) == "given"
        assert await alone(lambda: world.endpoint(AWAY)) == ["endpoint"]
        assert await flow(lambda: world.endpoint(AWAY)) == "endpoint"
        assert await flow(lambda: world.endpoint(HOME)) == "given"
        assert await flow(lambda: world.endpoint(HOME)) == "given"
        # That endpoint may be for the key that comes next.
        assert await alone(lambda: world.key(AWAY)) == ["key"]
        assert await flow(lambda: world.key(HOME)) == "given"
        assert await alone(lambda: world.key(AWAY)) == ["given"]

    await with_flows(body)


async def test_a_key_with_its_endpoint_takes_the_place_of_the_one_before(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.both(HOME))
        await flow(lambda: world.both(AWAY))
        assert await alone(lambda: world.endpoint(AWAY)) == ["given"]
        assert await alone(lambda: world.endpoint(HOME)) == ["endpoint"]

    await with_flows(body)


async def test_a_key_with_its_endpoint_frees_no_other_for_one_given_first(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.endpoint(HOME))
        await flow(lambda: world.both(AWAY))
        assert await flow(lambda: world.key(AWAY)) == "key"
        assert await flow(lambda: world.key(HOME)) == "given"

    await with_flows(body)


async def test_an_endpoint_given_first_keeps_other_keys_from_strangers(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.endpoint(HOME))
        assert await alone(lambda: world.key(AWAY)) == ["key"]
        assert await alone(lambda: world.key(OWN_ADDRESS)) == ["key"]
        assert await alone(lambda: world.key(HOME)) == ["given"]
        assert await flow(lambda: world.key(HOME)) == "given"
        assert await alone(lambda: world.key(AWAY)) == ["given"]

    await with_flows(body)


async def test_others_need_not_wait_for_a_task_from_which_a_key_was_withheld(world: World) -> None:
    async def body(one: Flow, other: Flow) -> None:
        await one(lambda: world.endpoint(HOME))
        await other(lambda: world.endpoint(HOME))
        for _ in range(3):
            assert await one(lambda: world.key(AWAY)) == "key"
        assert await alone(lambda: world.key(AWAY)) == ["key"]
        assert await other(lambda: world.key(HOME)) == "given"
        assert await alone(lambda: world.key(AWAY)) == ["given"]
        assert await one(lambda: world.key(AWAY)) == "key"

    await with_flows(body)


async def test_an_endpoint_gives_way_to_a_later_one(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.endpoint(HOME))
        await flow(lambda: world.endpoint(AWAY))
        assert await flow(lambda: world.key(HOME)) == "key"
        assert await flow(lambda: world.key(AWAY)) == "given"
        assert await alone(lambda: world.key(HOME)) == ["given"]

    await with_flows(body)


async def test_an_endpoint_is_paired_with_a_key_only_once(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.endpoint(HOME))
        await flow(lambda: world.key(HOME))
        await flow(lambda: world.key(AWAY))
        assert await flow(lambda: world.endpoint(HOME)) == "endpoint"
        assert await flow(lambda: world.endpoint(AWAY)) == "given"

    await with_flows(body)


async def test_what_was_given_is_nothing_any_more_after_five_minutes(world: World, clock: List[float]) -> None:
    async def body(one: Flow, other: Flow) -> None:
        await one(lambda: world.endpoint(HOME))
        await other(lambda: world.key(HOME, "eve"))
        clock[0] += FIVE_MINUTES - 1
        assert await one(lambda: world.key(AWAY)) == "key"
        assert await other(lambda: world.endpoint(AWAY, "eve")) == "endpoint"
        clock[0] += 1
        assert await one(lambda: world.key(AWAY)) == "given"
        assert await other(lambda: world.endpoint(AWAY, "eve")) == "given"

    await with_flows(body)


@pytest.mark.parametrize("key_first", [True, False])
async def test_who_was_given_both_halves_is_a_stranger_to_what_comes_next(world: World, key_first: bool) -> None:
    async def body(flow: Flow, other: Flow) -> None:
        steps = [lambda: world.key(HOME), lambda: world.endpoint(HOME)]
        for step in steps if key_first else reversed(steps):
            assert await flow(step) == "given"
        await other(lambda: world.key(AWAY))
        assert await flow(lambda: world.endpoint(HOME)) == "endpoint"

    await with_flows(body)


async def test_who_was_given_both_in_one_answer_is_not(world: World) -> None:
    async def body(flow: Flow, other: Flow) -> None:
        await flow(lambda: world.both(HOME))
        await other(lambda: world.key(AWAY))
        assert await flow(lambda: world.endpoint(HOME)) == "given"

    await with_flows(body)


async def test_a_later_endpoint_is_for_the_key_that_comes_next(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.both(HOME))
        await flow(lambda: world.endpoint(HOME))
        assert await alone(lambda: world.key(AWAY)) == ["key"]
        assert await flow(lambda: world.key(HOME)) == "given"
        assert await alone(lambda: world.key(AWAY)) == ["given"]

    await with_flows(body)


async def test_a_refused_endpoint_leaves_the_one_given_first(world: World) -> None:
    async def body(flow: Flow, _: Flow) -> None:
        await flow(lambda: world.endpoint(HOME))
        await flow(lambda: world.both(AWAY))
        assert await flow(lambda: world.endpoint(Destination(HOME.endpoint, 7))) == "endpoint"
        assert await flow(lambda: world.key(AWAY)) == "key"
        assert await flow(lambda: world.key(HOME)) == "given"

    await with_flows(body)
