"""The HTML page in a headless Chromium: it opens, filters, sorts, fits a phone and a printer, and loads nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from replab.judging.claim_kinds import SourceValue

from replab.report.write import write_profile
from synthetic import STUDY, made_claims, made_result, made_sample
from waiting import wait_for

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not CHROMIUM or not DRIVER:
    reason = "needs Debian's packages chromium and chromium-driver"
    pytest.skip(f"{reason}: {'chromedriver' if CHROMIUM else 'chromium'} is not installed", allow_module_level=True)
webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium, which the extra `dev` installs")

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"]
SWITCHED_OFF = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies of two reports, and a sample: pages as they are written."""
    root = tmp_path_factory.mktemp("pages")
    claims = [
        claim.model_copy(update={"id": claim.id.replace("000", "001"), "study": "another"}) for claim in made_claims()
    ]
    another = made_result(name="another", report="001", title="Another study", claims=claims[:2])
    write_profile([made_result(), another], root / "full")
    write_profile([made_sample()], root / "sample")
    write_profile([], root / "empty")
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in OPTIONS + SWITCHED_OFF:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Any, folder: Path) -> Any:
    """The page of the full profile, newly opened at 1280 pixels in light colours."""
    return opened(browser, folder / "full")


def opened(browser: Any, profile: Path, width: int = WIDTHS["desktop"], media: dict[str, Any] | None = None) -> Any:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.get("about:blank")
    browser.get_log("performance"), browser.get_log("browser")
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media or {"media": "", "features": []})
    browser.get((profile / "index.html").as_uri())
    return browser


def all_of(page: Any, selector: str) -> list[Any]:
    return page.find_elements("css selector", selector)


def one(page: Any, selector: str) -> Any:
    [element] = all_of(page, selector)
    return element


def shown(page: Any) -> list[str]:
    """The ids of the claims in view, in their order."""
    return [claim.get_attribute("id") for claim in all_of(page, "tbody.claim") if claim.is_displayed()]


def ids(*names: str) -> list[str]:
    return [f"claim-{name}" for name in names]


ALL = ids("000.relu", "000.tanh", "000.order", "000.equal", "001.relu", "001.tanh")


@pytest.mark.parametrize("profile", ["full", "sample", "empty"])
def test_the_page_opens_without_errors_and_without_a_request(browser: Any, folder: Path, profile: str) -> None:
    page = opened(browser, folder / profile)
    page.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert {url for url in sent if not url.startswith(("data:", "about:"))} == {
        (folder / profile / "index.html").as_uri()
    }
    assert page.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []


def test_the_policy_stops_what_is_not_the_pages_own(page: Any) -> None:
    page.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        "document.body.append(script, Object.assign(new Image(), {src: 'https://example.invalid/x.png'}));"
    )
    assert page.execute_script("return window.ran") is None
    assert sum("Content Security Policy" in entry["message"] for entry in page.get_log("browser")) >= 2


def choose(page: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(one(page, f".filters select[name={name}]")).select_by_visible_text(value)


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("report", "001", ALL[4:]),
        ("study", STUDY, ALL[:4]),
        ("kind", "ordering", ids("000.order")),
        ("verdict", "CONTRADICTED", ids("000.tanh", "001.tanh")),
    ],
)
def test_a_filter_leaves_the_claims_that_fit(page: Any, name: str, value: str, left: list[str]) -> None:
    assert shown(page) == ALL
    choose(page, name, value)
    assert shown(page) == left
    assert one(page, "[role=status]").text.startswith(f"{len(left)} of 6 claims shown")
    one(page, "button[type=reset]").click()
    wait_for(lambda: shown(page) == ALL)  # the form is reset after its event


def test_a_search_finds_words_of_a_claim_and_filters_add_up(page: Any) -> None:
    search = one(page, ".filters input")
    search.send_keys("RELU accuracy")
    assert shown(page) == ids("000.relu", "000.order", "001.relu")
    choose(page, "report", "000")
    assert shown(page) == ids("000.relu", "000.order")
    search.send_keys(" nowhere")
    assert shown(page) == [] and "No claim fits" in one(page, ".nothing").text
    search.send_keys("\n")
    assert page.current_url.endswith("index.html")


def test_a_verdicts_tile_and_a_studys_link_filter_the_claims(page: Any) -> None:
    tile = next(tile for tile in all_of(page, ".tiles a") if "CONTRADICTED" in tile.text)
    number = int(tile.find_element("css selector", ".count").text)
    tile.click()
    assert len(shown(page)) == number > 0
    one(page, "#study-another > summary").click()
    one(page, "#study-another a[data-study]").click()
    assert shown(page) == ALL[4:]


def test_a_column_sorts_up_and_down_and_empty_cells_stay_last(page: Any) -> None:
    header = one(page, "th:has([data-sort=claimed])")
    numbers = "return [...document.querySelectorAll('tbody.claim')].map((c) => c.rows[0].cells[4].dataset.order)"
    for state in ("ascending", "descending"):
        header.find_element("css selector", "button").click()
        assert header.get_attribute("aria-sort") == state
        found = page.execute_script(numbers)
        filled = [float(order) for order in found if order]
        assert filled == sorted(filled, reverse=state == "descending") and len(filled) == 5
        assert found[-1] == ""
    one(page, "[data-sort=verdict]").click()
    verdicts = [claim.get_attribute("data-verdict") for claim in all_of(page, "tbody.claim")]
    assert verdicts == sorted(verdicts) and header.get_attribute("aria-sort") is None


def test_a_row_opens_by_a_click_and_by_the_keyboard(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    claim = one(page, "[id='claim-000.order']")
    more, button = claim.find_element("css selector", ".more"), claim.find_element("css selector", ".row button")
    assert not more.is_displayed() and button.get_attribute("aria-expanded") == "false"
    claim.find_element("css selector", ".row td:last-child").click()
    assert more.is_displayed() and button.get_attribute("aria-expanded") == "true"
    assert "How it is judged" in more.text and "Walk it back" in more.text
    for key, state in ((Keys.ENTER, False), (Keys.SPACE, True)):
        button.send_keys(key)
        assert more.is_displayed() is state
    assert button.accessible_name == claim.find_element("css selector", ".statement").text


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    reached = []
    for _ in range(60):
        page.switch_to.active_element.send_keys(Keys.TAB)
        active = page.switch_to.active_element
        reached.append(active.get_attribute("name") or active.get_attribute("data-sort") or active.text)
        width = page.execute_script("return getComputedStyle(document.activeElement).outlineWidth")
        assert float(width.removesuffix("px")) >= 2, reached[-1]
    assert {"text", "report", "study", "kind", "verdict", "statement", "ours"} <= set(reached)
    assert reached[0] == "Skip to the content" and any("relu has a test accuracy" in text for text in reached)


def test_an_address_opens_the_claim_or_study_that_it_names(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "full")
    page.get((folder / "full" / "index.html").as_uri() + "#claim-000.equal")
    assert one(page, "[id='claim-000.equal'] .more").is_displayed()
    page.execute_script("location.hash = '#study-another'")
    assert one(page, "#study-another .forest").is_displayed()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(browser: Any, folder: Path, width: int, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page = opened(browser, folder / "full", width, media)
    page.execute_script(
        "document.querySelectorAll('details').forEach((part) => { part.open = true; });"
        "document.querySelectorAll('.row button').forEach((button) => button.click());"
    )
    widths = page.execute_script(
        "const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]"
    )
    assert widths[0] == widths[1] and width - 20 <= widths[1] <= width
    background = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    colours = page.execute_script(
        "return [...document.querySelectorAll('figure svg text')].map((text) => getComputedStyle(text).fill)"
    )
    assert colours[0] == ("rgb(0, 0, 0)" if scheme == "light" else "rgb(232, 234, 237)")


def test_every_curve_keeps_its_colour_apart_from_the_paper_in_the_dark(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "full", media={"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    drawn = page.execute_script(
        "const lines = [...document.querySelectorAll('figure svg :is(use, path)[stroke]')];"
        "return lines.map((line) => getComputedStyle(line).stroke)"
    )
    assert len(set(drawn)) >= 4 and "rgb(0, 0, 0)" not in drawn


def test_a_printed_page_shows_all_evidence_and_no_controls(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "full", media={"media": "print"})
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert all(more.is_displayed() for more in all_of(page, ".more"))
    assert all(part.get_attribute("open") for part in all_of(page, "details"))
    assert not any(control.is_displayed() for control in all_of(page, "nav, .filters, [data-open-all]"))
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not any(part.get_attribute("open") for part in all_of(page, "details"))


def test_without_a_script_all_evidence_is_there(browser: Any, folder: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = opened(browser, folder / "full")
        assert all(more.is_displayed() for more in all_of(page, ".more"))
        assert not one(page, ".filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_sources_are_marked_and_named_in_the_forest_plot(browser: Any, tmp_path: Path) -> None:
    claims = made_claims()
    claims[0] = claims[0].model_copy(update={"values": [SourceValue(source="005", value=96.9)]})
    write_profile([made_result(claims=claims)], tmp_path)
    page = opened(browser, tmp_path)
    one(page, "details.study > summary").click()
    line = all_of(page, ".forest tbody tr")[0]
    places = [mark.rect for mark in line.find_elements("css selector", ".plot .claimed")]
    assert len(places) == 2 and places[0]["x"] < places[1]["x"]
    assert "report 005" in line.text
