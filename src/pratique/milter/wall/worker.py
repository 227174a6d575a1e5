"""Follow what one worker says of one message, and believe none of it unchecked.

It was written by a process that reads what strangers wrote.  So the amount it may say is
limited, every frame must be one that we know, and a worker that breaks the rules is
killed.

    worker ended         Sighting.end == "died", with the scanner that it was in
    worker too slow      Sighting.end == "late", likewise
    worker talks nonsense  Sighting.end == "lied"

Killing is by pidfd (pidfd_open(2)): a process id may have been reused by then.
"""

import contextlib
import os
import signal
import socket
from collections.abc import Sequence

from pratique.milter.mail import Content
from pratique.milter.programs.gathering import Gathering
from pratique.milter.recipe import Making
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.line import Line
from pratique.milter.wall.said import Said
from pratique.milter.wall.sighting import Lie, Names, Sighting
from pratique.scanners import frames
from pratique.scanners.page import Page
from pratique.scanners.wall_pb2 import Answer, Inspect, Request, Rewrite

# A fork takes a millisecond; a nursery that needs ten seconds for it is stuck.
SPAWN_SECONDS = 10.0


def check_format(answer: Answer) -> None:
    """Raise NurseryLost unless the peer that says hello uses our format of facts."""
    if answer.hello.format != frames.FORMAT:
        raise NurseryLost(f"format {answer.hello.format} across the wall, not {frames.FORMAT}")


class Worker:
    """One worker, as seen from here: it sees one message at a time."""

    def __init__(self, pid: int, line: Line, pidfd: int, page: Page) -> None:
        self.pid = pid
        self.seen = 0
        self.confinement = ""
        self.names = Names()
        self._line = line
        self._pidfd = pidfd
        self._page = page

    @classmethod
    async def connect(cls, pid: int, descriptor: int, pidfd: int, page: int) -> "Worker":
        """Take over the descriptors that the nursery sent."""
        mapped = Page(page)
        return cls(pid, await Line.on(socket.socket(fileno=descriptor)), pidfd, mapped)

    async def greet(self) -> None:
        """Wait for the worker's hello: by then it has given up its rights."""
        try:
            with self._line.within(SPAWN_SECONDS):
                answer = frames.decode_answer(await self._line.frame())
        except (TimeoutError, frames.FrameError, OSError) as error:
            raise NurseryLost(f"worker {self.pid} said no hello: {error!r}") from error
        if answer.HasField("unfit"):
            raise NurseryUnfit(answer.unfit)
        check_format(answer)
        self.confinement = answer.hello.confinement

    @property
    def gone(self) -> bool:
        """True if this worker ended while it was idle, or spoke without being asked."""
        return self._line.ended or self._line.unread > 0

    async def inspect(
        self,
        content: Content,
        request: Inspect,
        seconds: float,
        most_parts: int,
        extras: Sequence[Content] = (),
    ) -> Sighting:
        """Have one message inspected; never raises for what the worker does.

        `extras` are the archives of `request.extras`.  The caller must close what the worker
        hands out.
        """
        self.seen += 1
        sighting, said = Sighting(most_parts, self.names), Said()
        gathering = Gathering(request.hand_out, request.show)
        try:
            with self._line.within(seconds):
                beside = [each.descriptor for each in (content, *extras)]
                self._say(frames.encode_inspect(request), beside)
                await self._follow(sighting, said, gathering)
            said.rest(self._page, sighting)
            sighting.finish(content)
            sighting.handed = gathering.whole()
        except TimeoutError:
            sighting.end, sighting.detail = "late", f"no answer within {seconds:g} s"
        except (frames.FrameError, Lie) as error:
            sighting.end, sighting.detail = "lied", str(error)
        except OSError:
            sighting.end, sighting.detail = "died", "the worker died"
        finally:
            gathering.close()
        if sighting.end != "done":
            # First, or it would go on writing.
            self.kill()
            said.left(self._page, sighting)
        return sighting

    def _say(self, frame: bytes, descriptors: list[int]) -> None:
        self._page.clear()
        self._line.say(frame, descriptors)

    async def _follow(self, sighting: Sighting, said: Said, gathering: Gathering) -> None:
        while True:
            body = await self._line.frame()
            answer = frames.decode_answer(body)
            match answer.WhichOneof("body"):
                case "found":
                    said.found(answer.found, len(body), sighting)
                case "handed_out":
                    # Handed-out parts have a limit of their own.
                    gathering.take(answer.handed_out)
                case "done":
                    sighting.seconds = answer.done.seconds
                    return
                case other:
                    raise frames.FrameError(f"{other} is no answer to a message")

    async def rewrite(self, content: Content, request: Rewrite, seconds: float) -> Making:
        """Have one message rewritten; never raises for what the worker does."""
        self.seen += 1
        making = Making(content)
        try:
            with self._line.within(seconds):
                self._say(frames.encode(Request(rewrite=request)), [content.descriptor])
                await self._follow_making(making)
            making.finish()
        except TimeoutError:
            making.end, making.detail = "late", f"no new content within {seconds:g} s"
        except (frames.FrameError, Lie) as error:
            making.end, making.detail = "lied", str(error)
        except OSError:
            making.end, making.detail = "died", "the worker died"
        except BaseException:
            making.discard()
            raise
        return making

    async def _follow_making(self, making: Making) -> None:
        while True:
            answer = frames.decode_answer(await self._line.frame())
            match answer.WhichOneof("body"):
                case "rewritten":
                    making.take(answer.rewritten)
                case "done":
                    return
                case other:
                    raise frames.FrameError(f"{other} is no answer to a rewrite")

    def kill(self) -> None:
        """End this worker now; a second call does nothing."""
        if self._pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self._pidfd = -1
        self._line.close()
