/** Every page in a real browser, on real data: it shows, it stays true, and nothing is wrong with it. */

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { openScene, until } from "./scene.mjs";

const FIRST_VIEW_BYTES_MAX = 200_000;

const PROGRAM = process.env.ADJUTANT_PROGRAM ?? new URL("../../target/debug/adjutant", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SHOTS = new URL("../test-results/", import.meta.url).pathname;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
];

let scene;
let profile;
let browser;
let page;
const wrong = [];
const requests = [];

before(async () => {
  await mkdir(SHOTS, { recursive: true });
  scene = await openScene(PROGRAM);
  profile = await mkdtemp(join(tmpdir(), "adjutant-chromium-"));
  browser = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: FLAGS, headless: true, reducedMotion: "reduce" });
  page = await browser.newPage();
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`page: ${error}`));
  page.on("request", (request) => requests.push(request.url()));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
});

after(async () => {
  await browser?.close();
  if (profile) await rm(profile, { recursive: true, force: true });
  await scene?.close();
});

/** Nothing is being read any more. */
async function settled() {
  await page.waitForLoadState("load");
  await page.waitForFunction(() => document.querySelector("h1, .problem") !== null && document.querySelector(".waiting") === null, undefined, { timeout: 120_000 });
  assert.deepEqual(await page.locator(".problem").allTextContents(), [], page.url());
}

async function look(name, path) {
  for (const view of LOOKS) {
    await page.setViewportSize(view.viewport);
    await page.emulateMedia({ colorScheme: view.colorScheme });
    await page.goto(`${scene.address}${path}`);
    await settled();
    await page.screenshot({ path: join(SHOTS, `${name}-${view.name}.png`), fullPage: true });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wider <= 0, `${name} in ${view.name} is ${wider} px wider than the screen`);
    await axe(`${name} in ${view.name}`);
  }
  await page.setViewportSize(LOOKS[0].viewport);
  await page.emulateMedia({ colorScheme: "light" });
}

async function axe(what) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" | ")}`), [], what);
}

async function heading() {
  return (await page.locator("h1").first().textContent()).trim();
}

test("the link opens the dashboard once, small and fast", async () => {
  const sizes = new Map();
  page.on("response", async (response) => {
    const length = Number(response.headers()["content-length"] ?? 0);
    sizes.set(response.url(), length);
  });
  await page.setViewportSize(LOOKS[0].viewport);
  await page.goto(scene.link);
  await settled();
  const ready = await page.evaluate(() => Math.round(performance.now()));
  const assets = [...sizes].filter(([url]) => !url.includes("/api/"));
  const bytes = assets.reduce((sum, [, length]) => sum + length, 0);
  console.log(`first view: ${bytes} bytes compressed, everything shown ${ready} ms after the visit began`);
  assert.ok(bytes > 10_000 && bytes <= FIRST_VIEW_BYTES_MAX, `${bytes} bytes`);
  assert.equal(await heading(), "Today");
  const again = await page.request.get(scene.link, { maxRedirects: 0, headers: { cookie: "" } });
  assert.equal(again.status(), 401);
});

test("a page is shown although changes come faster than answers", async () => {
  const tasks = (url) => url.pathname === "/api/v1/tasks";
  await page.route(tasks, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  let isOver = false;
  const changes = (async () => {
    while (!isOver) await scene.adjutant("task", "claim", "--renew", "--agent", "ada");
  })();
  await page.goto(`${scene.address}/`);
  await settled();
  isOver = true;
  await changes;
  await page.unrouteAll({ behavior: "wait" });
});

test("every page shows, and nothing serious is wrong with it", async () => {
  const [decision] = JSON.parse(await (await page.request.get(`${scene.address}/api/v1/decisions?gate=release&limit=1`)).text());
  const [evidence] = JSON.parse(await (await page.request.get(`${scene.address}/api/v1/evidence?subject=candidate`)).text());
  const [incident] = JSON.parse(await (await page.request.get(`${scene.address}/api/v1/incidents`)).text());
  const artifact = `/evidence/${evidence.sha256}?run=${evidence.run}&file=${evidence.file}&at=${encodeURIComponent("#L2-40:latency_ms")}`;
  const pages = {
    today: "/",
    work: "/work",
    dependencies: "/work?view=graph",
    conflicts: "/work?view=conflicts",
    task: "/work?task=T-1",
    gates: "/gates",
    gate: "/gates/release",
    rollouts: "/rollouts",
    rollout: "/rollouts/shop",
    incidents: "/incidents",
    incident: `/incidents/${incident.id}`,
    evidence: "/evidence",
    artifact,
    reports: "/reports",
    report: `/reports/${decision.record}`,
  };
  for (const [name, path] of Object.entries(pages)) await look(name, path);
});

test("what is filed elsewhere appears without a reload", async () => {
  await page.goto(`${scene.address}/work`);
  await settled();
  await page.locator("aside .live", { hasText: "Live" }).waitFor();
  await scene.file("late.md", "# Count what nobody found\n\n## Goal\nKnow it.\n");
  await scene.adjutant("task", "add", "--draft", "--from", "late.md");
  await page.locator(".card", { hasText: "Count what nobody found" }).waitFor();
});

test("every page is reached with the keyboard", async () => {
  await page.goto(scene.address);
  await settled();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  for (const name of ["Work", "Gates", "Rollouts", "Incidents", "Evidence", "Reports"]) {
    await page.locator("nav").getByRole("link", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
    await settled();
    assert.equal(await heading(), name);
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  }
  await page.goto(`${scene.address}/work?task=T-1`);
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("a number leads to its artifact at its place", async () => {
  await page.goto(`${scene.address}/gates/release`);
  await settled();
  await page.locator(".criteria .cite").first().click();
  await settled();
  assert.match(await page.locator(".verdict-line").textContent(), /Digest holds/);
  assert.ok((await page.locator(".excerpt .meant").count()) > 0);
  const [evidence] = JSON.parse(await (await page.request.get(`${scene.address}/api/v1/evidence`)).text());
  await page.goto(`${scene.address}/evidence`);
  await settled();
  await page.getByLabel("Open a citation").fill(`120 ms @ ${evidence.run} (${evidence.file}#L2-101:latency_ms)`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/evidence\/[0-9a-f]{64}/);
  await settled();
  assert.equal(await page.locator(".excerpt .meant").count(), 100);
});

test("a report is verified where it is read", async () => {
  await page.goto(`${scene.address}/reports`);
  await settled();
  await page.locator("main table a").first().click();
  await page.getByRole("button", { name: "Verify every digit" }).click();
  await page.locator(".verdict-line .badge", { hasText: "Verified" }).waitFor({ timeout: 120_000 });
});

test("a rollout is aborted once it is confirmed, with the reason", async () => {
  await page.goto(`${scene.address}/rollouts/shop`);
  await settled();
  await page.getByRole("button", { name: "Abort" }).click();
  await page.getByLabel("Because").fill("support is called");
  await page.getByRole("dialog").getByRole("button", { name: "Abort" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await until(async () => JSON.parse(await (await page.request.get(`${scene.address}/api/v1/rollouts/shop`)).text()).phase === "aborted");
  await page.locator(".verdict-line .badge", { hasText: "aborted" }).waitFor();
  await page.locator(".log", { hasText: "support is called" }).waitFor();
});

test("nothing was refused by the policy, no script failed, no other host was asked", () => {
  assert.deepEqual(wrong, []);
  const elsewhere = requests.filter((url) => !url.startsWith(scene.address) && !url.startsWith("data:"));
  assert.deepEqual(elsewhere, []);
});
