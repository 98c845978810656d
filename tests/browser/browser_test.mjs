// node browser_test.mjs PROGRAM FOLDER PICTURE CHAT CHAT_FOLDER: a real browser loads what `ropeway serve` gives. Exit code 0 when all is as it should be.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [program, folder, picture, chat, chat_folder] = process.argv.slice(2);
const patience = 30_000;

// The example's own configuration, on a free port, with its folder named in full.
function chat_configuration() {
  const configuration = JSON.parse(readFileSync(join(chat_folder, "ropeway.json")));
  configuration.listen = ["127.0.0.1:0"];
  configuration.routes.find((route) => route.handler === "static_files").options.root = resolve(chat_folder, "site");
  writeFileSync("chat.json", JSON.stringify(configuration));
  return "chat.json";
}

const start_server = () => start(program, ["serve", folder, "--bind", "127.0.0.1", "--port", "0"]);

async function start(executable, parameters) {
  const server = spawn(executable, [...parameters, "--ready-fd", "3"], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const ended = once(server, "exit");
  const ready = once(createInterface({ input: server.stdio[3] }), "line");
  const first = await Promise.race([ready, ended.then(([code]) => { throw new Error(`the server ended with ${code}`); })]);
  return { url: String(first[0]).replace(/\/$/, ""), stop: async () => {
    server.kill("SIGTERM");
    const last_resort = setTimeout(() => server.kill("SIGKILL"), patience);
    const [code, signal] = await ended;
    clearTimeout(last_resort);
    return code ?? signal;
  } };
}

async function loads_everything(page, url, seen) {
  await page.goto(`${url}/`, { waitUntil: "load", timeout: patience });
  assert.equal(await page.locator("#written-by-script").innerText(), "The script ran.");
  assert.equal(await page.locator("h1").evaluate((heading) => getComputedStyle(heading).color), "rgb(1, 2, 3)");
  assert.deepEqual(await page.locator("#picture").evaluate((image) => [image.complete, image.naturalWidth, image.naturalHeight]), [true, 320, 200]);
  await page.waitForFunction(() => document.getElementById("sound").readyState >= 3, null, { timeout: patience });
  assert.ok(Math.abs(await page.locator("#sound").evaluate((sound) => sound.duration) - 3) < 0.1);
  await page.waitForFunction(() => document.getElementById("video").readyState >= 1, null, { timeout: patience });
  const types = { "/": "text/html", "/style.css": "text/css", "/script.js": "text/javascript", "/picture.png": "image/png", "/sound.wav": /^audio\/(x-|vnd\.)?wave?$/, "/video.webm": "video/webm" };
  for (const [path, type] of Object.entries(types)) {
    const answer = seen.find((one) => one.path === path);
    assert.ok(answer, `${path} was not asked for`);
    assert.ok([200, 206].includes(answer.status), `${path}: ${answer.status}`);
    const essence = (answer.headers["content-type"] ?? "").split(";")[0];
    assert.ok(type instanceof RegExp ? type.test(essence) : essence === type, `${path}: ${essence}`);
  }
}

async function plays_sound(page) {
  await page.locator("#sound").evaluate((sound) => { sound.muted = true; return sound.play(); });
  await page.waitForFunction(() => document.getElementById("sound").currentTime > 0.2, null, { timeout: patience });
}

async function seeks_in_video(page, seen) {
  const before = seen.length;
  const shown = await page.locator("#video").evaluate((video) => new Promise((resolve, reject) => {
    video.onseeked = () => resolve([video.currentTime, video.duration, video.videoWidth]);
    video.onerror = () => reject(new Error(video.error.message));
    video.currentTime = 50;
  }));
  assert.deepEqual([Math.round(shown[0]), Math.round(shown[1]), shown[2]], [50, 60, 640]);
  await page.locator("#video").evaluate((video) => video.play());
  await page.waitForFunction(() => document.getElementById("video").currentTime > 50.2, null, { timeout: patience });
  const ranges = seen.slice(before).filter((one) => one.path === "/video.webm" && one.status === 206);
  assert.ok(ranges.length > 0, "the seek was not answered with 206");
  const starts = ranges.map((one) => Number(/^bytes (\d+)-\d+\/\d+$/.exec(one.headers["content-range"])?.[1]));
  assert.ok(Math.max(...starts) > 1_000_000, `the seek asked for no far range: ${starts}`);
}

async function lists_a_folder(page, url) {
  const answer = await page.goto(`${url}/gallery/`, { timeout: patience });
  assert.equal(answer.status(), 200);
  await page.screenshot({ path: picture, fullPage: true });
  const names = await page.locator("a").allInnerTexts();
  for (const name of ["a short film.webm", "grüße & <notes>.txt", "one.png", "summer holidays"]) {
    assert.ok(names.some((text) => text.trim().replace(/\/$/, "") === name), `${name} is not listed: ${names}`);
  }
  await page.locator("a", { hasText: "grüße" }).click();
  await page.waitForURL(/notes/, { timeout: patience });
  assert.match(await page.locator("body").innerText(), /Umlauts: äöü/);
}

// Passes bytes between the browser and the server, and breaks the first connection that has carried so many of them.
async function start_breaking_proxy(port, bytes_before) {
  const heads = [];
  let broken = false;
  const proxy = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    let carried = 0;
    client.on("data", (data) => { heads.push(String(data)); upstream.write(data); });
    upstream.on("data", (data) => {
      if (!client.write(data)) { upstream.pause(); client.once("drain", () => upstream.resume()); }
      carried += data.length;
      if (broken || carried < bytes_before) return;
      broken = true;
      client.resetAndDestroy();
    });
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return { url: `http://127.0.0.1:${proxy.address().port}`, heads, was_broken: () => broken, stop: () => proxy.close() };
}

// A download breaks, and a click on "Resume" in the browser's own list takes it up again.
async function resumes_a_download(page, url) {
  const proxy = await start_breaking_proxy(Number(new URL(url).port), 10_000_000);
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: patience }),
    page.goto(`${proxy.url}/large.bin`).catch(() => {}),  // it becomes a download, which is no page
  ]);
  await assert.rejects(download.path(), "the download was to break");
  assert.ok(proxy.was_broken());
  const list = await page.context().newPage();
  await list.goto("chrome://downloads/", { timeout: patience });
  await list.locator("downloads-item").first().waitFor({ timeout: patience });
  await list.locator("#more-actions").click({ timeout: patience });
  await list.locator("#pause-or-resume").click({ timeout: patience });
  await list.waitForFunction(() => {
    const item = document.querySelector("downloads-manager").shadowRoot.querySelector("downloads-item").shadowRoot;
    return !item.querySelector("#show-in-folder").hidden;  // it is complete
  }, null, { timeout: patience });
  const path = new URL(await list.locator("#fileIcon").getAttribute("src")).searchParams.get("path");
  const received = readFileSync(path);
  await list.close();
  proxy.stop();
  assert.ok(received.equals(readFileSync(join(folder, "large.bin"))), `${received.length} bytes, not those of the file`);
  const second = proxy.heads.find((head) => /^range: bytes=[1-9]/im.test(head));
  assert.ok(second, `nothing was resumed: ${proxy.heads}`);
  assert.match(second, /^if-range: "/im);
}

// Two windows in a room, connected to different processes.
// A page that `ropeway dev` serves shows what was saved, without a hand on the browser.
async function reloads_pages(context) {
  const site = mkdtempSync(join(tmpdir(), "ropeway-dev-"));
  writeFileSync(join(site, "index.html"), "<!doctype html><title>dev</title><p id=p>one</p>");
  const dev = spawn(program, ["dev", site, "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(dev, "exit");
  try {
    const lines = createInterface({ input: dev.stderr })[Symbol.asyncIterator]();
    const next_url = async () => {
      for (let line; !(line = await lines.next()).done;) {
        const found = /^dev: ready at (http:[^,]*),/.exec(line.value);
        if (found) return found[1];
      }
      throw new Error("dev has ended");
    };
    const first = await next_url();
    dev.kill("SIGINT");
    await ended;
    // A second time on a port that stays, as a person has it.
    const again = spawn(program, ["dev", site, "--port", new URL(first).port], { stdio: ["ignore", "ignore", "inherit"] });
    const over = once(again, "exit");
    try {
      const page = await context.newPage();
      await page.goto(first, { waitUntil: "load", timeout: patience }).catch(() => null);
      for (const until = Date.now() + patience; !(await page.locator("#p").count());) {
        assert.ok(Date.now() < until, "dev does not serve");
        await page.goto(first, { waitUntil: "load", timeout: patience }).catch(() => null);
      }
      for (const word of ["two", "three"]) {
        writeFileSync(join(site, "index.html"), `<!doctype html><title>dev</title><p id=p>${word}</p>`);
        await page.waitForFunction((expected) => document.getElementById("p")?.textContent === expected, word, { timeout: patience });
      }
      await page.close();
    } finally {
      again.kill("SIGINT");
      await over;
    }
  } finally {
    dev.kill("SIGKILL");
    rmSync(site, { recursive: true });
  }
}

async function chats(context, url) {
  const windows = [];
  const processes = new Set();
  while (processes.size < 2) {
    assert.ok(windows.length < 24, "all windows are connected to the same process");
    const window = await context.newPage();
    await window.goto(`${url}/#attic`, { timeout: patience });
    const greeting = await window.locator("#said li").first().innerText({ timeout: patience });
    windows.push({ window, process: greeting });
    processes.add(greeting);
  }
  const one = windows[0].window;
  const other = windows.find((each) => each.process !== windows[0].process).window;
  for (const [from, to, words] of [[one, other, "Who is <there>?"], [other, one, "It is I."]]) {
    await from.locator("#words").fill(words);
    await from.locator("#words").press("Enter");
    await to.locator("#said li", { hasText: words }).waitFor({ timeout: patience });
    await from.locator("#said li", { hasText: words }).waitFor({ timeout: patience });
  }
  for (const { window } of windows) await window.close();
}

const server = await start_server();
const room = await start(chat, ["run", "--config", chat_configuration()]);
const profile = mkdtempSync(join(tmpdir(), "ropeway-browser-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1000, height: 700 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
let code = 1;
try {
  const page = await context.newPage();
  const complaints = [];
  const seen = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("response", (answer) => seen.push({ path: new URL(answer.url()).pathname, status: answer.status(), headers: answer.headers() }));

  for (const [name, test] of [
    ["a page loads with its style sheet, script, picture, sound and video", () => loads_everything(page, server.url, seen)],
    ["the sound plays", () => plays_sound(page)],
    ["a seek in the video works and is answered with a range", () => seeks_in_video(page, seen)],
    ["a folder is listed, and a name with special characters can be followed", () => lists_a_folder(page, server.url)],
    ["a large download goes on where its connection broke", () => resumes_a_download(page, server.url)],
    ["two windows chat over two processes", () => chats(context, room.url)],
    ["a page reloads when its file is saved", () => reloads_pages(context)],
    ["the console has no error", () => assert.deepEqual(complaints, [])],
  ]) {
    await test();
    console.log(`ok: ${name}`);
  }
  code = 0;
} catch (error) {
  console.error(error);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
  for (const each of [server, room]) {
    const ended = await each.stop();
    if (ended !== 0) { console.error(`a server ended with ${ended}`); code = 1; }
  }
}
process.exit(code);
