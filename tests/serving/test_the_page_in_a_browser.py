"""A person draws, chooses and asks on the page, which loads nothing from elsewhere."""

import base64
import hashlib
import re

import pytest
from tests.browser import BROWSER
from tests.page import browser_page
from tests.serving.conftest import CALIBRATION, NAMES, picture, tiny_network

SAID = "document.getElementById('said').textContent"
needs_browser = pytest.mark.skipif(BROWSER is None, reason="there is no browser")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_everything_is_in_it(server, path):
    reply = server.ask(path)
    html, policy = reply.content.decode(), reply.headers["content-security-policy"]
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", html)
    assert not re.search(r"url\(|@import", html)
    assert "unsafe" not in policy
    for element in ("script", "style"):
        for content in re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{element}-src 'sha256-{digest}'" in policy
    assert not re.search(r"\son\w+=|\sstyle=", html)


@pytest.fixture
def page(tmp_path):
    with browser_page(tmp_path / "profile") as page:
        yield page


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(("mean", "ground"), [(0.1, 0), (0.9, 255)])
def test_a_drawing_is_answered(start, page, mean, ground):
    server = start(tiny_network(1, CALIBRATION, mean))
    page.open(f"http://127.0.0.1:{server.port}/")
    page.until("!document.getElementById('drawing').hidden")
    corner = "[...document.getElementById('canvas').getContext('2d').getImageData(2, 2, 1, 1).data]"
    assert page.run(corner) == [ground, ground, ground, 255]
    page.draw("#canvas", [(0.2, 0.2), (0.5, 0.2), (0.4, 0.8)])
    said = page.until(f"{SAID}.startsWith('drawing: ') && {SAID}")
    assert any(name in said for name in NAMES)
    page.until("document.querySelectorAll('.look img.seen').length === 2")
    labels = page.run("[...document.querySelectorAll('.bars .label')].map(each => each.textContent)")
    assert sorted(labels) == sorted(NAMES)
    page.run("document.getElementById('clear').click()")
    page.until("document.querySelectorAll('.card').length === 0")
    assert page.errors == []


@pytest.mark.slow
@needs_browser
def test_keys_draw_too(start, page):
    server = start(tiny_network(1))
    page.open(f"http://127.0.0.1:{server.port}/")
    page.until("!document.getElementById('drawing').hidden")
    page.run("document.getElementById('canvas').focus()")
    page.press("ArrowUp", " ", "ArrowLeft", "ArrowLeft", "ArrowDown", " ")
    page.until(f"{SAID}.startsWith('drawing: ')")
    page.press("Delete")
    page.until("document.querySelectorAll('.card').length === 0")
    assert page.errors == []


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [360, 1000])
def test_files_are_answered_and_names_are_text(server, page, tmp_path, width):
    (tmp_path / "<img src=x onerror=alert(1)>.png").write_bytes(picture())
    (tmp_path / "text.png").write_bytes(b"no picture")
    page.open(f"http://127.0.0.1:{server.port}/", width)
    page.until(f"document.getElementById('about').textContent.includes({NAMES[2]!r})")
    assert page.run("document.getElementById('drawing').hidden")
    page.choose("#files", *sorted(tmp_path.glob("*.png")))
    for kind in ("wrong", "bars"):
        page.until(f"document.querySelectorAll('.{kind}').length === 1")
    names = page.run("[...document.querySelectorAll('.name')].map(each => each.textContent)")
    assert sorted(names) == ["<img src=x onerror=alert(1)>.png", "text.png"]
    page.run("document.querySelector('.card .buttons button').click()")
    page.until("document.querySelectorAll('.look img.heat').length === 1")
    assert page.run("document.querySelectorAll('b').length") == 1  # that of the page itself
    assert page.run("document.documentElement.scrollWidth") <= width
    assert all("422" in each for each in page.errors)


_BROKEN = """(() => {
  const broken = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/\\p{L}+/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) broken.push(word[0]);
    }
  }
  return broken;
})()"""


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [320, 390, 1000])
def test_no_word_of_the_description_is_broken(server, page, width):
    page.open(f"http://127.0.0.1:{server.port}/docs", width)
    assert page.run("document.querySelectorAll('td').length") > 50
    assert page.run(_BROKEN) == []
    assert page.run("document.documentElement.scrollWidth") <= width
