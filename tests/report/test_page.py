"""The report page in Chromium: by keyboard, on a phone, in dark mode, offline."""

import dataclasses
import re

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import watched_page
from study_page import DIFFERENCES, HOSTILE, LABELS, run

from colorization.core.params import PAPER
from colorization.report import page as report
from colorization.report import tables
from tools import markdown


def test_it_opens_offline_without_a_fault_and_the_slider_moves(page, html):
    page.goto(html)
    slider = page.locator(".compare input").first
    before = slider.evaluate("e => getComputedStyle(e.parentElement.querySelector('.left')).clipPath")
    slider.focus()
    page.keyboard.press("End")
    after = slider.evaluate("e => getComputedStyle(e.parentElement.querySelector('.left')).clipPath")
    assert before != after and slider.input_value() == "100"
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    assert 15 <= int(slider.input_value()) <= 35


def test_the_left_and_the_right_picture_can_be_chosen(page, html):
    page.goto(html)
    right = page.locator(".card img.right").first
    first = right.get_attribute("src")
    page.select_option("#right", "gan")
    assert right.get_attribute("src") != first and right.get_attribute("alt").endswith("GAN")
    assert page.locator(".score").first.inner_text().startswith("GAN: ΔE")
    page.select_option("#right", "original")
    page.select_option("#left", "vae")
    assert page.locator(".score").first.inner_text().startswith("VAE: ΔE")


def test_a_source_can_be_chosen(page, html):
    page.goto(html)
    page.click("text=4 more photographs")
    rows = page.locator("#categories tbody tr:visible")
    assert rows.count() == 4
    page.select_option("#look select.source", "one")
    assert rows.count() == 2 and "one/sea" in rows.last.inner_text()
    assert page.locator(".card:visible").count() == 6 and page.locator(".card").count() == 12
    page.select_option("#categories select.source", "")
    assert rows.count() == 4 and page.locator(".card:visible").count() == 12


def test_a_source_that_the_browser_restores_counts(page, tmp_path):
    text = report.render(run())
    assert "<option>one</option>" in text
    (tmp_path / "index.html").write_text(text.replace("<option>one</option>", "<option selected>one</option>"))
    page.goto((tmp_path / "index.html").as_uri())
    page.click("text=4 more photographs")
    assert page.locator("#categories tbody tr:visible").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_passes_the_accessibility_check(chromium, html, scheme, width):
    with watched_page(chromium, color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        page.goto(html)
        found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert not found, [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing hangs out of the page"
        assert page.evaluate("[...document.images].every(i => i.alt.trim())")


def test_the_page_prints(page, html, tmp_path):
    page.goto(html)
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible() and page.locator("table").first.is_visible()
    assert len(page.pdf(format="A4")) > 10_000


def test_names_from_files_stay_text(page, html):
    page.goto(html)
    assert HOSTILE in page.locator("#categories").inner_text()
    assert HOSTILE in page.locator("pre").text_content()


def test_the_numbers_on_the_page_equal_the_tables():
    html = report.render(run())
    assert "{{" not in html and "{%" not in html
    assert re.search(r"<strong>VAE</strong>:\s+5\.00", html), "the best model by ΔE"
    assert "1 are confirmed here, 1 refuted and\n1 left undecided" in html
    cells = tables.results_table(run().table, run().differences)
    assert [row["cells"][0]["best"] for row in cells["rows"]] == [False] * 4 + [True]
    assert "fid" in cells["columns"] and cells["rows"][0]["cells"][-1]["interval"] == ""
    without = tables.results_table(run().table.drop(columns=["recognised", "scene_frechet"]), run().differences)
    assert "recognised" not in without["columns"]
    assert tables.number(-0.5, ".1f") == "−0.5" and tables.number(float("nan"), ".1f") == "–"


def test_models_that_do_not_differ_significantly_are_best_together():
    pairs = [("delta_e", "gan", "vae", 1.0, 0.1, 2.1, 0.2), ("delta_e", "resnet", "vae", 2.0, 1.0, 3.0, 0.01)]
    near = pd.DataFrame(pairs, columns=DIFFERENCES)
    assert tables.clear_of_zero(near).to_list() == [False, True], "by Holm's correction, not by the interval alone"
    cells = tables.results_table(run().table, near)["rows"]
    assert [row["cells"][0]["best"] for row in cells] == [False, False, False, True, True]
    assert re.search(r"5\.00, tied with GAN \(95 %", report.render(run(differences=near)))


def test_the_page_names_the_setting_closest_to_the_originals_colour():
    curves = tables.joined(run().tradeoff)
    rows = tables.vivid_rows(curves)
    assert [(row["model"], row["setting"]) for row in rows] == [(name, 1.5) for name in PAPER]
    html = report.render(run())
    assert html.count("<td>saturation</td><td>1.5</td>") == len(PAPER) and "+0.90" in html
    assert "| ResNet | saturation | 1.5 | 0.90 <sub>0.90–0.90</sub> |" in markdown.vivid(curves, LABELS)


def test_the_answers_of_people_are_reported():
    asked = {"participants": 2, "excluded": 1, "catch": {"trials": 8, "failed": 3},
             "models": {"gan": {"trials": 12, "fooled": 4,
                                "rate": 1 / 3, "rate_low": 0.14, "rate_high": 0.61}}}  # fmt: skip
    html = report.render(run(people=asked))
    assert "33 % <small>14–61</small>" in html and re.search(r"3\s+of 8 such trials", html)
    nobody = asked | {"models": {"gan": {"trials": 0, "fooled": 0, "rate": None, "rate_low": None, "rate_high": None}}}
    assert "None" not in report.render(run(people=nobody))


def test_a_missing_table_is_an_error_not_a_gap():
    with pytest.raises(Exception, match="used"):
        report.render(dataclasses.replace(run(), audit={}))


def test_hints_are_a_section_if_a_model_takes_them():
    shown = report.render(run())
    assert shown.count('href="#hints"') == 1 == shown.count('<section id="hints"')
    rows = tables.hint_rows(run().hints)
    assert [(row["model"], row["count"]) for row in rows] == [("vae", 0), ("vae", 5)]
    assert [cell["value"] for cell in rows[0]["cells"]] == [9.0, 7.0, 8.0, -1.0]
    assert "hints" not in re.findall(r'(?:id|href)="#?(\w+)"', report.render(run(hints={})))
