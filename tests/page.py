"""A page in a browser that does what it is told, over the protocol of its developers' tools."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser import BROWSER

Point = tuple[float, float]


class Page:
    """A page: https://chromedevtools.github.io/devtools-protocol/."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, os.fdopen(answers, "rb")
        self._number, self._session, self._rest = 0, "", b""
        self.errors: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """Have the browser do something; return what it answers."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        asked |= {"sessionId": self._session} if self._session else {}
        os.write(self._commands, json.dumps(asked).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            if said["method"] in {"Log.entryAdded", "Runtime.exceptionThrown"}:
                self.errors.append(json.dumps(said["params"]))

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            self._rest += self._answers.read1(65536)
        said, _, self._rest = self._rest.partition(b"\0")
        return json.loads(said)

    def open(self, address: str, width: int = 1000, height: int = 900) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self("Emulation.setDeviceMetricsOverride", **size)
        self("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Return the value of an expression."""
        return self("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)[
            "result"
        ].get("value")

    def until(self, script: str) -> Any:
        """Ask until an expression is true; what never is ends with the time of the test."""
        while not (value := self.run(script)):
            pass
        return value

    def draw(self, element: str, points: Sequence[Point]) -> None:
        """Draw a stroke on an element, by the mouse; points in parts of its width and height."""
        sides = "(box => [box.left, box.top, box.width, box.height])"
        box = self.run(f"{sides}(document.querySelector('{element}').getBoundingClientRect())")
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*points, points[-1]], strict=True):
            place = {"x": box[0] + x * box[2], "y": box[1] + y * box[3]}
            self("Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1, **place)

    def press(self, *keys: str) -> None:
        for key in keys:
            for kind in ("keyDown", "keyUp"):
                self("Input.dispatchKeyEvent", type=kind, key=key)

    def choose(self, element: str, *files: Path) -> None:
        """Choose files in a field for them."""
        root = self("DOM.getDocument")["root"]["nodeId"]
        node = self("DOM.querySelector", nodeId=root, selector=element)["nodeId"]
        self("DOM.setFileInputFiles", nodeId=node, files=list(map(str, files)))


@contextmanager
def browser_page(folder: Path) -> Iterator[Page]:
    """Have a browser with a page in the block; folder: where it keeps what it needs."""
    (commands, to_browser), (from_browser, answers) = os.pipe(), os.pipe()
    options = f"--headless --no-sandbox --disable-gpu --remote-debugging-pipe --user-data-dir='{folder}'"
    command = f"exec {BROWSER} {options} 3<&{commands} 4>&{answers}"
    with subprocess.Popen(
        ["bash", "-c", command], pass_fds=(commands, answers), stderr=subprocess.DEVNULL
    ) as process:
        os.close(commands)
        os.close(answers)
        try:
            yield Page(to_browser, from_browser)
        finally:
            process.kill()
            os.close(to_browser)
