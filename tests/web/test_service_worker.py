"""The service worker of the browser's page, in node: what it answers a visit or a question with."""

import json
import subprocess

from conftest import ROOT

SCRIPT = """
const place = "https://host/try/", heard = {};
const kept = new Map(["index.html", "model/card.md", "api.js"].map((path) => [new URL(path, place).href, path]));
globalThis.self = { registration: { scope: place }, addEventListener: (name, act) => (heard[name] = act) };
const match = async (wanted) => {
  const found = kept.get(new URL(wanted.url ?? wanted, place).href.split("?")[0]);
  return found && new Response(found);
};
globalThis.caches = { open: async () => ({ match }) };
globalThis.fetch = async () => new Response("the network");
(0, eval)(`const FILES = [], VERSION = "1";${require("node:fs").readFileSync(process.argv[1], "utf8")}`);
const told = ([path, mode]) => new Promise((resolve) => {
  const respondWith = async (answer) => resolve(await (await answer).text());
  heard.fetch({ request: { method: "GET", url: place + path, mode }, respondWith });
});
Promise.all(JSON.parse(process.argv[2]).map(told)).then((all) => console.log(JSON.stringify(all)));
"""
ANSWERS = {
    ("", "navigate"): "index.html",
    ("?from=a", "navigate"): "index.html",
    ("model/card.md", "navigate"): "model/card.md",
    ("elsewhere", "navigate"): "index.html",
    ("api.js?2", "cors"): "api.js",
    ("elsewhere", "cors"): "the network",
}


def test_a_visit_gets_the_stored_file_or_else_the_page(node):
    script = ROOT / "src/colorization/web/service_worker.js"
    command = [node, "-e", SCRIPT, script, json.dumps([*ANSWERS])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert dict(zip(ANSWERS, json.loads(done.stdout))) == ANSWERS
