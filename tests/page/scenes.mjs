// What a user does on the page, and what then holds; for test_scenes.py: node scenes.mjs FOLDER [SCENE …], a line of JSON.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { opened, pause } from "./dom.mjs";

const [folder, ...wanted] = process.argv.slice(2);
const refused = (error, status = 400) => Response.json({ error }, { status });
let pages = 0;

// A function that imports modules of a page of its own: what they remember is theirs alone.
function page() {
  const place = path.join(folder, `${++pages}`);
  fs.cpSync(path.join(folder, "page"), place, { recursive: true });
  return (name) => import(pathToFileURL(path.join(place, `${name}.js`)));
}

// The page with photographs on it.
async function started(scene, ...names) {
  const [world, module] = [opened(scene), page()];
  await module("page");
  await pause(5);
  if (names.length) await world.drop(...names);
  await pause(10);
  return { ...world, module };
}

const numbers = (calls) => calls.map(({ path }) => path.split("/")[2]);

const scenes = {
  async a_removed_photograph_is_not_in_the_zip() {
    const scene = {};
    const { $, calls, asked, module } = await started(scene, "a.jpg", "b.jpg", "c.jpg");
    const { photos } = await module("thumbs");
    const gone = new Set();
    scene.reply = ({ method, path }) => {
      const number = path.split("/")[2];
      if (gone.has(number)) return refused("gone", 410);
      if (method === "DELETE") gone.add(number);
      if (path !== "api/photos/p1/finish") return undefined;
      photos[1].item.firstChild.onclick();
      $("remove-photo").onclick();
      return undefined;
    };
    await $("zip").onclick();
    const others = asked("/finish").map(({ body }) => body.others);
    const uploads = calls.filter(({ path }) => path.startsWith("api/photos?")).length;
    return [numbers(asked("/finish")), others, asked("api/zip")[0].body.photos, uploads, $("status").textContent];
  },
  async a_removed_photograph_is_not_sent_again() {
    const scene = {};
    const { calls, module } = await started(scene, "a.jpg");
    const [api, { photos }] = [await module("api"), await module("thumbs")];
    const [photo] = photos;
    await api.removed(photo);
    scene.reply = () => refused("gone", 410);
    calls.length = 0;
    const told = await api.before(photo, 9).catch((error) => error.message);
    return [told, calls.length];
  },
  async one_that_fails_does_not_keep_the_others_from_the_zip() {
    const reply = ({ path }) => (path === "api/photos/p2/finish" ? refused("too large") : undefined);
    const { $, asked, errors } = await started({ reply }, "a.jpg", "b.jpg", "c.jpg");
    await $("zip").onclick();
    return [asked("api/zip")[0].body.photos, errors(), $("status").textContent];
  },
  async a_held_arrow_key_asks_once_at_a_time() {
    const scene = {};
    const { $, asked, module } = await started(scene, "a.jpg");
    const photo = (await module("stage")).onStage();
    $("middle").onclick();
    await pause(5);
    scene.reply = ({ path }) => (path.endsWith("/palette") ? pause(20).then(() => undefined) : undefined);
    const before = asked("/palette").length;
    const key = (repeat) => photo.hints[0].mark.onkeydown({ key: "ArrowRight", repeat, preventDefault() {} });
    for (let i = 0; i < 30; i++) key(i > 0);
    await pause(5);
    const first = asked("/palette").length - before;
    await pause(60);
    return [first, asked("/palette").length - before, asked("/palette").at(-1).body.x];
  },
  async a_choice_is_not_overtaken_by_a_moved_hint() {
    const scene = {};
    const { $, asked, module } = await started(scene, "a.jpg");
    $("middle").onclick();
    await pause(5);
    const [hint] = (await module("stage")).onStage().hints;
    let first = true;
    const slow = () => (first ? ((first = false), pause(20).then(() => undefined)) : undefined);
    scene.reply = ({ path }) => (path.endsWith("/palette") ? slow() : undefined);
    const before = asked("/palette").length;
    for (let i = 0; i < 3; i++) hint.mark.onkeydown({ key: "ArrowRight", preventDefault() {} });
    hint.mark.onclick();
    await pause(40);
    return asked("/palette").length - before;
  },
  async the_comparison_is_of_the_last_wish() {
    const scene = {};
    const { $, asked, urls } = await started(scene, "a.jpg");
    scene.reply = ({ body }) =>
      body?.model === "vae" ? pause(body.vividness === 0 ? 40 : 5).then(() => undefined) : undefined;
    $("other").value = "vae";
    for (let i = 0; i < 30; i++) {
      $("vividness").value = i / 10;
      $("vividness").oninput();
    }
    await pause(5);
    const first = asked("/preview").filter(({ body }) => body.model === "vae").length;
    await pause(100);
    return [first, await urls.get($("before").src).text()];
  },
  async the_number_can_be_typed() {
    const { $, module } = await started({}, "a.jpg");
    const { settings } = await module("stage");
    const typed = (text) => {
      $("number").value = text;
      $("number").oninput();
      return $("number").value;
    };
    const found = [typed("1.0"), typed("1.05"), $("vividness").value, typed("15"), settings.vividness];
    $("number").onchange();
    return [...found, $("number").value];
  },
  async the_comparison_follows_every_choice() {
    const { $, asked } = await started({}, "a.jpg");
    $("other").value = "vae";
    await $("other").onchange();
    const looks = [];
    const changes = [
      () => [($("negative").checked = true), $("negative").onchange()],
      () => [($("detail").checked = true), $("detail").onchange()],
      () => $("models").children[1].children[0].onchange(),
    ];
    for (const change of changes) {
      const before = asked("/preview").length;
      change();
      await pause(10);
      const { body } = asked("/preview").slice(before).find(({ body }) => body.like.length === 0 && body.model === "vae");
      looks.push([asked("/preview").length - before, body.negative, body.detail, body.vividness]);
    }
    return looks;
  },
  async a_thumbnail_is_not_of_old_settings() {
    const scene = {};
    const { $, asked, module } = await started(scene, "a.jpg");
    const { photos } = await module("thumbs");
    let release;
    scene.reply = ({ path }) =>
      path === "api/photos/p2/preview" ? new Promise((resolve) => (release = () => resolve(undefined))) : undefined;
    await $("files").onchange({ target: { files: [new File(["b"], "b.jpg")], value: "" } });
    await pause(5);
    photos[0].item.firstChild.onclick();
    release();
    await pause(10);
    $("vividness").value = 2;
    photos[1].state = "waiting";
    (await module("stage")).colourRest();
    await pause(5);
    $("vividness").oninput();
    await pause(5);
    const before = photos[1].state;
    release();
    await pause(5);
    release();
    await pause(10);
    return [before, photos[1].state, asked("p2/preview").at(-1).body.vividness];
  },
  async an_error_goes_when_it_is_mended() {
    const scene = { reply: ({ path }) => (path.endsWith("/preview") ? refused("boom") : undefined) };
    const { $, errors } = await started(scene, "a.jpg");
    const first = errors();
    scene.reply = undefined;
    $("detail").onchange();
    await pause(10);
    return [first, errors()];
  },
  async errors_of_two_drops_stay() {
    const scene = {
      reply: ({ path }) => (/bad/.test(path) ? refused(`${path.split("name=")[1]}: no image`) : pause(3).then(() => undefined)),
    };
    const { drop, errors, calls } = await started(scene);
    await Promise.all([drop("bad1.jpg", "slow.jpg"), drop("ok.jpg", "bad2.jpg")]);
    const order = calls.filter(({ path }) => path.startsWith("api/photos?")).map(({ path }) => path.split("name=")[1]);
    return [errors(), order];
  },
  async a_file_that_vanished_is_told() {
    fs.writeFileSync(path.join(folder, "x.jpg"), "abc");
    const file = await fs.openAsBlob(path.join(folder, "x.jpg"));
    fs.unlinkSync(path.join(folder, "x.jpg"));
    Object.defineProperty(file, "name", { value: "x.jpg" });
    const { drop, errors } = await started({});
    await drop(file);
    return errors();
  },
  async hints_that_cannot_be_checked_are_not_blamed() {
    const scene = {};
    const { $, errors } = await started(scene, "a.jpg");
    const load = async (text) => {
      await $("load").onchange({ target: { files: [new File([text], "h.json")] } });
      return errors()[0];
    };
    const bad = [await load("no JSON"), await load("{}"), await load('{"hints": [{"x": 1, "y": 1}]}')];
    scene.reply = () => Promise.reject(new TypeError("fetch failed"));
    return [...bad, await load('{"hints": [{"x": 1, "y": 1, "color": "red"}]}')];
  },
  async a_photograph_may_come_before_the_models() {
    let release;
    const models = new Promise((resolve) => (release = resolve));
    const { drop, errors, module } = await started({ reply: ({ path }) => (path === "api/models" ? models : undefined) });
    const dropped = drop("a.jpg");
    await pause(5);
    release();
    await dropped;
    return [errors(), (await module("thumbs")).photos.length];
  },
  async the_only_photograph_may_be_removed_while_it_is_coloured() {
    const scene = {};
    const { $, errors } = await started(scene, "a.jpg");
    scene.reply = ({ path }) => (path.endsWith("/preview") ? pause(10).then(() => undefined) : undefined);
    $("vividness").value = 2;
    $("vividness").oninput();
    $("vividness").oninput();
    await $("remove-photo").onclick();
    await pause(30);
    return [errors(), $("status").textContent];
  },
  async a_page_whose_first_question_failed_asks_again() {
    const scene = { reply: ({ path }) => (path === "api/models" ? Promise.reject(new TypeError("fetch failed")) : undefined) };
    const { drop, errors, module } = await started(scene);
    const before = errors();
    scene.reply = undefined;
    await drop("a.jpg");
    await pause(20);
    return [before, errors(), (await module("thumbs")).photos.length];
  },
  async what_is_asked_about_a_removed_photograph_is_no_error() {
    const scene = {};
    const { $, errors } = await started(scene, "a.jpg");
    let gone = false;
    scene.reply = ({ method, path }) => {
      if (method === "DELETE") gone = true;
      else if (/preview|palette/.test(path)) return pause(10).then(() => (gone ? refused("gone", 410) : undefined));
    };
    $("other").value = "vae";
    $("other").onchange();
    $("middle").onclick();
    await pause(1);
    await $("remove-photo").onclick();
    await pause(40);
    return [errors(), $("status").textContent];
  },
  async pictures_and_references_are_let_go() {
    const { $, urls, calls, module } = await started({}, "a.jpg", "b.jpg");
    const { photos } = await module("thumbs");
    const before = urls.size;
    for (let i = 0; i < 6; i++) {
      photos[i % 2].item.firstChild.onclick();
      await pause(5);
    }
    const after = urls.size;
    $("reference").onchange({ target: { files: [new File(["c"], "c.jpg")], value: "" } });
    await pause(10);
    await $("remove-photo").onclick();
    await pause(5);
    await $("remove-photo").onclick();
    await pause(5);
    const deleted = calls.filter(({ method }) => method === "DELETE");
    return [after - before, urls.size, numbers(deleted).sort()];
  },
  async the_hints_of_a_film_have_marks_on_a_photograph() {
    const { $ } = await started({}, "a.jpg");
    const text = '{"hints": [{"x": 5, "y": 5, "color": "red", "frame": 5}]}';
    await $("load").onchange({ target: { files: [new File([text], "h.json")] } });
    return [$("list").children.length, $("marks").children.length];
  },
  async an_exact_colour_may_come_late() {
    const { $, module } = await started({}, "a.jpg");
    $("middle").onclick();
    await pause(5);
    $("done").onclick();
    $("exact").oninput({ target: { value: "#112233" } });
    return (await module("stage")).onStage().hints.length;
  },
};

const found = {};
for (const [name, scene] of Object.entries(scenes)) {
  if (wanted.length && !wanted.includes(name)) continue;
  found[name] = await scene().catch((error) => `failed: ${error.stack}`);
}
console.log(JSON.stringify(found));
process.exit();
