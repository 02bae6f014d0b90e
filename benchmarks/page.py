"""How long a profile's page takes in Chromium: until its first paint, until it is read, and for a filter and a search.

usage: python benchmarks/page.py [results/full/index.html]. Needs Debian's chromium and chromium-driver, and selenium.
Medians of some loads; each load is a new tab's first. A filter is timed until the next frame is painted.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from replab.environment import processor

LOADS = 7
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"]
LOADED = """
const done = arguments[0];
const paint = () => performance.getEntriesByName("first-contentful-paint")[0];
const wait = () => paint() && document.readyState === "complete" ? done({
  "first paint": paint().startTime,
  "page read": performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
}) : setTimeout(wait, 10);
wait();
"""
CHANGED = """
const [selector, value, done] = arguments;
const field = document.querySelector(selector), started = performance.now();
field.value = value;
field.dispatchEvent(new Event("input", {bubbles: true}));
requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
"""


def browser() -> Any:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in OPTIONS:
        options.add_argument(option)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def measured(driver: Any, page: Path) -> dict[str, float]:
    """Milliseconds of one load, of a filter and of a search."""
    driver.get("about:blank")
    driver.get(page.resolve().as_uri())
    found: dict[str, float] = driver.execute_async_script(LOADED)
    for what, change in {
        "a filter by verdict": (".filters select[name=verdict]", "CONTRADICTED"),
        "a search": (".filters input", "softmax"),
    }.items():
        found[what] = driver.execute_async_script(CHANGED, *change)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, default=Path("results/full/index.html"))
    page = parser.parse_args().page
    driver = browser()
    try:
        loads = [measured(driver, page) for _ in range(LOADS)]
    finally:
        driver.quit()
    print(f"{page}, {page.stat().st_size / 1e6:.2f} MB, {processor()}: medians of {LOADS} loads\n")
    print("| what | ms | range |\n|---|--:|--:|")
    for what in loads[0]:
        times = [load[what] for load in loads]
        print(f"| {what} | {statistics.median(times):.0f} | {min(times):.0f} to {max(times):.0f} |")


if __name__ == "__main__":
    main()
