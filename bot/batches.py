"""What waits together is done together: one read, one write, one flush for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batches(Generic[T, R]):
    """
    A queue with one worker, which takes all that waits as one batch.

    Args:
        work: does a batch; gives one result an item, in order. An exception in the
            result's place goes to that item alone, one that is raised goes to all.
        most: items in a batch at most.
    """

    def __init__(
        self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | BaseException]]], most: int = 256
    ) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._some = asyncio.Event()
        self._ended = False

    async def put(self, item: T) -> R:
        """Hand an item in and wait until its batch is done; cancelled where nobody works any more."""
        if self._ended:
            raise asyncio.CancelledError
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        self._some.set()
        return await done

    async def run(self) -> None:
        """Work until cancelled; then those who wait are cancelled too."""
        try:
            while True:
                await self._some.wait()
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                if not self._waiting:
                    self._some.clear()
                await self._do(batch)
        finally:
            self._ended = True
            for _, done in self._waiting:
                done.cancel()

    async def _do(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results: Sequence[R | BaseException] = await self._work([item for item, _ in batch])
        except asyncio.CancelledError:
            for _, done in batch:
                done.cancel()
            raise
        except Exception as error:  # it is not swallowed: everyone in the batch gets it
            results = [error] * len(batch)
        for (_, done), result in zip(batch, results, strict=True):
            if done.done():  # whoever waited has gone
                continue
            if isinstance(result, BaseException):
                done.set_exception(result)
            else:
                done.set_result(result)
