"""A page as a browser lays it out, where there is one."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files")


def ask(page: Path, script: str, width: int, figures: int, folder: Path, *options: str) -> Any:
    """Show a page in a frame and return what a script says of its window and document.

    Args:
        page: the file.
        script: the body of a function of `window` and `document`.
        width: of the frame, pixels.
        figures: how many drawings of plotly there are; they are waited for.
        folder: where files may be written.
        options: of the browser.
    """
    frame = folder / "frame.html"
    frame.write_text(
        f"""<iframe style="width: {width}px; height: 900px; border: 0" src="{page.as_uri()}"></iframe>
        <script>
        const wait = setInterval(() => {{
          const frame = document.querySelector("iframe").contentWindow;
          if (frame.location.protocol === "about:" || frame.document.readyState !== "complete") return;
          if (frame.document.querySelectorAll(".main-svg").length < {figures}) return;
          clearInterval(wait);
          const said = ((window, document) => {{ {script} }})(frame, frame.document);
          const place = document.createElement("pre");
          place.textContent = JSON.stringify(said);
          document.body.replaceChildren(place);
        }}, 100);
        </script>"""
    )
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(BROWSER), *_OPTIONS, "--virtual-time-budget=60000", profile, *options, "--dump-dom"]
    finished = subprocess.run(
        [*command, frame.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = re.search("<pre>(.*)</pre>", finished.stdout)
    assert found, finished.stderr
    return json.loads(html.unescape(found[1]))
