"""The HTML page in a headless Chromium: it opens, filters, fits a phone and a printer, and loads nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from replab.__main__ import main
from replab.judging.claims_file import ClaimsFile
from replab.judging.questions import claims_about
from replab.report.write import write_profile, write_study
from synthetic import STUDY, made_file, made_result, made_sample, made_statements
from test_judge_claims import claims_file
from test_judge_command import table_of_runs
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
    text = json.dumps([made_statements()[:2], "another"]).replace("000.", "001.").replace(f'"{STUDY}"', '"another"')
    content = {"report": "001", "title": "Another report", "source": "made up", "statements": json.loads(text)[0]}
    file = ClaimsFile.model_validate(content)
    results = [
        made_result(),
        made_result(name="another", report="001", title="Another study", claims=claims_about(file, "another")),
    ]
    for result in results:
        write_study(result, root / "full" / result.name)
    write_profile(results, root / "full", {"000": made_file(), "001": file})
    write_study(made_sample(), root / "sample" / STUDY)
    write_profile([made_sample()], root / "sample")
    write_profile([], root / "empty")
    write_judged(root)
    return root


def write_judged(root: Path) -> None:
    """The page of `replab judge` about two statements and a question."""
    claims, out = claims_file(root), root / "judged"
    assert main(["judge", str(table_of_runs(root)), "--claims", str(claims), "--output", str(out)]) == 0


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
    """The ids of the statements in view, in their order."""
    found = [one for one in all_of(page, "details.statement") if one.is_displayed()]
    return [one.get_attribute("id").removeprefix("statement-") for one in found]


OWN = ["000.relu", "000.tanh", "000.order", "000.equal", "000.left", "000.wide"]
ALL = [*OWN, "001.relu", "001.tanh"]


@pytest.mark.parametrize("profile", ["full", "sample", "empty", "judged"])
def test_the_page_opens_without_errors_and_without_a_request(browser: Any, folder: Path, profile: str) -> None:
    page = opened(browser, folder / profile)
    page.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    outside = {url for url in sent if not url.startswith(("data:", "about:", (folder / profile).as_uri()))}
    assert (folder / profile / "index.html").as_uri() in sent and not outside


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
        ("report", "001", ALL[6:]),
        ("study", STUDY, [name for name in OWN if name != "000.left"]),
        ("verdict", "CONTRADICTED", ["000.tanh", "000.equal", "001.tanh"]),
    ],
)
def test_a_filter_leaves_the_statements_that_fit(page: Any, name: str, value: str, left: list[str]) -> None:
    assert shown(page) == ALL
    choose(page, name, value)
    assert shown(page) == left
    assert one(page, "[role=status]").text.startswith(f"{len(left)} of {len(ALL)} statements")
    one(page, "button[type=reset]").click()
    wait_for(lambda: shown(page) == ALL)  # the form is reset after its event


def test_a_search_finds_words_of_a_statement_and_filters_add_up(page: Any) -> None:
    search = one(page, ".filters input")
    search.send_keys("WIDE better")
    assert shown(page) == ["000.order", "000.equal", "000.wide"]
    choose(page, "verdict", "SUPPORTED")
    assert shown(page) == ["000.wide"]
    search.send_keys(" nowhere")
    assert shown(page) == [] and "No statement fits" in one(page, ".nothing").text
    search.send_keys("\n")
    assert page.current_url.endswith("index.html")


def test_the_page_of_judge_is_filtered_and_searched_like_that_of_a_profile(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "judged")
    assert shown(page) == ["paper.level", "paper.order", "paper.diverges"]
    choose(page, "verdict", "CONTRADICTED")
    assert shown(page) == ["paper.order"] and one(page, "[role=status]").text.startswith("1 of 3 statements")
    one(page, "button[type=reset]").click()
    wait_for(lambda: len(shown(page)) == 3)
    one(page, ".filters input").send_keys("reaches 92.0")
    assert shown(page) == ["paper.level"]
    page.find_element("css selector", ".tiles a[data-show=CONTRADICTED]").click()
    assert shown(page) == ["paper.order"]


def test_the_pictures_of_the_page_of_judge_are_drawn(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "judged")
    sizes = page.execute_script("return [...document.images].map((image) => [image.complete, image.naturalWidth])")
    assert len(sizes) == 2 and all(complete and width > 100 for complete, width in sizes)


def test_a_verdicts_tile_filters_the_statements(page: Any) -> None:
    tile = next(tile for tile in all_of(page, ".tiles a") if "CONTRADICTED" in tile.text)
    number = int(tile.find_element("css selector", ".count").text)
    tile.click()
    assert len(shown(page)) == number == 3


def test_a_statement_opens_by_a_click_and_by_the_keyboard(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    statement = one(page, "[id='statement-000.order']")
    summary = statement.find_element("css selector", "summary")
    parts = statement.find_element("css selector", ".parts")
    assert not parts.is_displayed()
    summary.click()
    assert parts.is_displayed() and "Why." in statement.text
    for key, state in ((Keys.ENTER, False), (Keys.SPACE, True)):
        summary.send_keys(key)
        assert parts.is_displayed() is state


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    reached = []
    for _ in range(60):
        page.switch_to.active_element.send_keys(Keys.TAB)
        active = page.switch_to.active_element
        reached.append(active.get_attribute("name") or active.text)
        width = page.execute_script("return getComputedStyle(document.activeElement).outlineWidth")
        assert float(width.removesuffix("px")) >= 2, reached[-1]
    assert {"text", "report", "study", "verdict"} <= set(reached)
    assert reached[0] == "Skip to the content" and any("Relu is right on 93.1 %." in text for text in reached)


def test_an_address_opens_the_statement_or_study_that_it_names(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "full")
    page.get((folder / "full" / "index.html").as_uri() + "#statement-000.equal")
    assert one(page, "[id='statement-000.equal'] .parts").is_displayed()
    page.execute_script("location.hash = '#study-another'")
    wait_for(lambda: all_of(page, "#study-another img")[0].is_displayed())


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("profile", ["full", "judged"])
def test_nothing_is_wider_than_the_screen(browser: Any, folder: Path, width: int, scheme: str, profile: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page = opened(browser, folder / profile, width, media)
    page.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; });")
    widths = page.execute_script(
        "const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]"
    )
    assert widths[0] == widths[1] and width - 20 <= widths[1] <= width
    background = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("profile", ["full", "judged"])
def test_on_a_phone_the_parts_of_a_statement_are_read_without_scrolling_sideways(
    browser: Any, folder: Path, profile: str
) -> None:
    page = opened(browser, folder / profile, WIDTHS["phone"])
    page.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; });")
    script = "return [...document.querySelectorAll('.parts')].map((one) => [one.scrollWidth, innerWidth])"
    tables = page.execute_script(script)
    assert tables and all(width < screen for width, screen in tables)
    label = "return getComputedStyle(document.querySelector('.parts .ours'), '::before').content"
    assert page.execute_script(label) == '"our runs: "'


def test_a_printed_page_shows_all_evidence_and_no_controls(browser: Any, folder: Path) -> None:
    page = opened(browser, folder / "full", media={"media": "print"})
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert all(parts.is_displayed() for parts in all_of(page, ".statement .parts"))
    assert all(part.get_attribute("open") for part in all_of(page, "details"))
    assert not any(control.is_displayed() for control in all_of(page, "nav, .filters, [data-open-all]"))
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not any(part.get_attribute("open") for part in all_of(page, "details"))


def test_without_a_script_every_statement_can_be_opened(browser: Any, folder: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = opened(browser, folder / "full")
        one(page, "[id='statement-000.order'] summary").click()
        assert one(page, "[id='statement-000.order'] .parts").is_displayed()
        assert not one(page, ".filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
