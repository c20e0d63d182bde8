"""Where Chromium is. As a command it prints the path, or says in one sentence what to install and fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
MISSING = (
    "The browser tests need Chromium and found none: install it (Debian, Ubuntu: apt install chromium; "
    "macOS: brew install --cask google-chrome), or name one with CHROMIUM=/path/to/chromium."
)

# Rendering in software is what a machine without a screen has; the rest keeps the browser from calling home.
FLAGS = (
    "--no-sandbox",
    "--enable-unsafe-swiftshader",  # WebGL in software
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
)


def find() -> str | None:
    """The path of a Chromium: the one named by CHROMIUM, the system's, or Playwright's own download."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    for name in (*NAMES, MAC):
        path = shutil.which(name)
        if path:
            return path
    return downloaded()


def downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def main() -> int:
    path = find()
    if path is None and "CHROMIUM" not in os.environ:
        print("No Chromium on this machine; trying Playwright's own download.", file=sys.stderr)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        if subprocess.run(command, stdout=sys.stderr, stderr=subprocess.DEVNULL, check=False, timeout=600).returncode == 0:
            path = downloaded()
    print(path if path else MISSING, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
