"""Make the pictures of the README anew: `python -m tests.pictures`, after a training. It needs Chromium."""

import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / ".github" / "pictures"
REPORT = ROOT / "data" / "08_reporting" / "report.html"
# kedro-viz without its tour and its lists, in light colours
PREPARED = """<script>
localStorage.setItem("KedroViz", JSON.stringify({
  showFeatureHints: false, theme: "light", visible: {sidebar: false, miniMap: false}}));
location.replace("/?pid=training");
</script>
"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main() -> int:
    """Take the pictures; the exit code is 1 where something that they need is missing."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or not REPORT.is_file():
        missing = (
            f"a browser ({', '.join(BROWSERS)})" if browser is None else f"a report: make run ({REPORT})"
        )
        print(f"The pictures need {missing}.", file=sys.stderr)
        return 1
    photograph(browser, REPORT.as_uri(), "report.png", width=1100, height=1350)
    subprocess.run(
        [sys.executable, "-m", "kedro", "viz", "build", "--include-previews"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (ROOT / "build" / "prepared.html").write_text(PREPARED, encoding="utf-8")
    handler = partial(_Quiet, directory=str(ROOT / "build"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/prepared.html"
    photograph(browser, address, "graph.png", width=1100, height=900)
    server.shutdown()
    return 0


def photograph(browser: str, address: str, name: str, *, width: int, height: int) -> None:
    """Open a page, wait until it has drawn itself, and keep what a window of this size shows."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    options = ("--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=20000")
    subprocess.run(
        [browser, *options, f"--window-size={width},{height}", f"--screenshot={PICTURES / name}", address],
        check=True,
        capture_output=True,
        timeout=300,
    )
    print(PICTURES / name)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    sys.exit(main())
