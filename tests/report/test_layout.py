"""The report page in Chromium: its order, what it leaves out, enlarged pictures, dark mode."""

import dataclasses
import io

import numpy as np
import pytest
from conftest import ROOT, watched_page
from PIL import Image
from study_page import run

from colorization.evaluation.measures import SHOWN
from colorization.report import page as report


def test_the_sample_has_results_but_no_verdicts_and_links_to_a_published_run(page, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(report.render(run(download={"source": "sample"})), encoding="utf-8")
    page.goto(path.as_uri())
    text = page.locator("body").inner_text()
    assert "confirmed here" not in text and "lowest colour difference" in text
    assert "embedded sample" in page.locator("header").inner_text() and page.locator("td.best").count() > 0
    assert page.locator(".verdict").count() == 0 and page.locator(".claims li").count() == 3
    link = page.locator("header a").get_attribute("href")
    assert (ROOT / "report" / link).resolve() == ROOT / "results/paper-cpu/README.md" and (ROOT / link[3:]).exists()


def test_a_single_model_has_no_empty_section(page, tmp_path):
    whole = run()
    only = {"table": whole.table[whole.table.model.isin(["gray", "mean", "vae"])], "models": ("vae",), "claims": {},
            "tradeoff": {"vae": whole.tradeoff["vae"]}}  # fmt: skip
    path = tmp_path / "index.html"
    path.write_text(report.render(dataclasses.replace(whole, **only)), encoding="utf-8")
    page.goto(path.as_uri())
    sections = [section.get_attribute("id") for section in page.locator("section").all()]
    assert not {"claims", "people"} & set(sections)
    links = [link.get_attribute("href")[1:] for link in page.locator("nav a").all()]
    assert links == [name for name in sections if name != "look"]
    assert page.locator("h1").inner_text() == "Colorization: VAE, measured"
    assert "student paper" not in page.locator("body").inner_text()


def test_photographs_come_first_and_the_papers_figures_are_unfolded(page, html):
    page.goto(html)
    tops = {name: page.locator(name).first.bounding_box()["y"] for name in ("h1", ".card", "nav", "table")}
    assert sorted(tops, key=tops.get) == list(tops) and tops[".card"] < 400
    captions = [text for text in page.locator("#figures figcaption:visible").all_inner_texts() if "paper" in text]
    assert [text.split(":")[0] for text in captions] == ["Figure 4 of the paper", "Figure 7 of the paper"]


def test_the_table_shows_a_few_columns_and_the_rest_on_demand(page, html):
    page.goto(html)
    shown = page.locator("#results thead:visible")
    assert shown.count() == 2 and shown.first.locator("th").count() == 5, "scores and seeds"
    page.click("text=All measures")
    assert shown.nth(1).locator("th").count() == 1 + len(SHOWN)


@pytest.mark.parametrize("where, pictures", [(".card", 2), (".chart", 1), (".strip figure", 2)])
def test_pictures_enlarge_by_mouse_and_keyboard(page, html, where, pictures):
    page.goto(html)
    button, dialog = page.locator(f"{where} .zoom:visible").first, page.locator("#enlarged")
    assert not dialog.is_visible()
    button.click()
    assert dialog.is_visible() and dialog.locator("img").count() == pictures
    small, large = (found.bounding_box()["width"] for found in (button, dialog.locator("img").first))
    assert large > small
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert dialog.is_visible()
    page.click("#enlarged .close")
    assert not dialog.is_visible()


def test_charts_are_dark_in_the_dark_and_photographs_keep_their_colours(chromium, html):
    with watched_page(chromium, color_scheme="dark") as page:
        page.goto(html)
        filters = {kind: page.locator(f".chart.{kind} img").first.evaluate("e => getComputedStyle(e).filter")
                   for kind in ("drawn", "photographs")}  # fmt: skip
        assert "invert" in filters["drawn"] and filters["photographs"] == "none"
        chart = page.locator(".chart.drawn").first
        chart.scroll_into_view_if_needed()
        pixels = np.asarray(Image.open(io.BytesIO(chart.screenshot())).convert("L"))
        assert np.median(pixels) < 60


def test_the_page_says_who_judges():
    html = " ".join(report.render(run()).split())
    assert "own scene classifier. It starts from random weights" in html
    assert "pretrained on ImageNet is part of VAE, but not of the judge" in html
    assert "ImageNet" not in report.render(run(pretrained=()))
