"""Images of several requests are classified at once."""

import asyncio

import pytest
import torch
from tests.serving.conftest import in_background, picture

from image_classification.inference.predictor import Answers
from image_classification.serving.batching import Batcher

SUM, COUNT = "image_classification_batch_images_sum", "image_classification_batch_images_count"


@pytest.mark.parametrize(("size", "batches"), [(32, 2), (3, 4)])
def test_what_comes_while_the_network_is_busy_is_one_batch(waiting_server, size, batches):
    server, network = waiting_server(batch_size=size)
    replies = [in_background(lambda: server.send(picture()))]
    assert network.has_begun.wait(60)
    replies += [in_background(lambda: server.send(picture(seed=1))) for _ in range(7)]
    server.until("image_classification_images_waiting", 7)
    network.may_go.set()
    assert {reply().status for reply in replies} == {200}
    assert (server.number(SUM), server.number(COUNT)) == (8, batches)


def test_the_images_of_one_request_are_gathered_too(server):
    before = server.number(SUM), server.number(COUNT)
    server.send(*[picture()] * 10)
    assert server.number(SUM) - before[0] == 10
    assert server.number(COUNT) - before[1] <= 10


def network(images):
    if (images == 13).any():
        raise RuntimeError("unlucky")
    return Answers(images.float().mean(dim=(2, 3)).numpy(), None, None)


def image(value):
    return torch.full((1, 2, 2), value, dtype=torch.uint8)


async def answered(batcher, values):
    task = asyncio.create_task(batcher.run())
    found = await asyncio.gather(*(batcher.answer(image(each)) for each in values), return_exceptions=True)
    task.cancel()
    batcher.close()
    return found


@pytest.mark.parametrize("count", [1, 4, 5, 11])
@pytest.mark.parametrize("wait", [0.0, 0.005])
def test_batches_are_as_full_as_can_be(count, wait):
    sizes = []
    found = asyncio.run(answered(Batcher(network, 4, wait, sizes.append), range(count)))
    assert [each.probabilities.item() for each in found] == list(range(count))
    assert sizes == [4] * (count // 4) + [count % 4] * (count % 4 > 0)


def test_an_error_is_that_of_its_batch_alone():
    found = asyncio.run(answered(Batcher(network, 2, 0.0), [1, 2, 13, 4, 5]))
    assert [isinstance(each, RuntimeError) for each in found] == [False, False, True, True, False]


def test_an_image_that_is_alone_waits_for_nobody():
    """It would wait for an hour if it waited."""
    (found,) = asyncio.run(answered(Batcher(network, 4, 3600.0), [7]))
    assert found.probabilities.item() == 7


def test_it_waits_for_one_that_is_being_decoded():
    sizes = []

    async def both():
        batcher = Batcher(network, 2, 3600.0, sizes.append)
        with batcher.coming():
            first = asyncio.create_task(answered(batcher, [1]))
            while not batcher.waiting:
                await asyncio.sleep(0)
            second = asyncio.create_task(batcher.answer(image(2)))
            await asyncio.gather(first, second)

    asyncio.run(both())
    assert sizes == [2]
